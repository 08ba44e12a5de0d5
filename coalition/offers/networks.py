"""Kinds of networks: how each is read and asked. Adapters add theirs, one file each, in `partner_portal.aggregator`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from coalition.offers.told import Adapter, Hint
from tenants.runtime.errors import NotFound


class NetworkKind(Protocol):
    """A kind of network: its code, and the names of its secrets and options."""

    @property
    def code(self) -> str:
        """The adapter's code."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """What it needs to be let in."""
        ...

    @property
    def options(self) -> Sequence[str]:
        """What else is said of it."""
        ...

    @property
    def fields(self) -> Sequence[str]:
        """What of a postback is kept; no address, no browser, nothing of a person."""
        ...

    @property
    def takes_lost(self) -> bool:
        """Whether it can be asked about an order that it does not know."""
        ...

    def check(self, options: Mapping[str, Any]) -> None:
        """Refusal("network_option", option=..., why=...) for options that it cannot be asked by; all are there."""
        ...

    def link(self, address: str, token: str, options: Mapping[str, Any]) -> str:
        """A shop's address with our click's word in it."""
        ...

    def hint(self, said: Mapping[str, str], options: Mapping[str, Any]) -> Hint:
        """What a postback says; what cannot be read is left out."""
        ...

    def ask(self, address: str, secrets: Mapping[str, str], options: Mapping[str, Any]) -> Adapter:
        """The network at an address, to be asked."""
        ...


_kinds: dict[str, NetworkKind] = {}


def add_kind(kind: NetworkKind) -> None:
    """Let networks be of this kind."""
    assert kind.code not in _kinds, f"two kinds of networks are called {kind.code}"
    _kinds[kind.code] = kind


def fields() -> frozenset[str]:
    """Everything that any kind reads of a postback: nothing else of one is kept."""
    return frozenset(field for kind in _kinds.values() for field in kind.fields)


def kinds() -> Mapping[str, NetworkKind]:
    """Every kind by its code."""
    return _kinds


def kind_of(code: str) -> NetworkKind:
    """The kind of that code; NotFound("network_kind_unknown")."""
    if code not in _kinds:
        raise NotFound("network_kind_unknown", known=", ".join(sorted(_kinds)) or "none yet")
    return _kinds[code]
