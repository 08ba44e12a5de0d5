"""What a kind of redemption is."""

from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from coalition import money
from coalition.programmes.models import Programme
from coalition.redemption.models import Redemption, Reward
from tenants.runtime.errors import Refusal


class Price(NamedTuple):
    """What a choice costs in points, and the money (minor units) that it is worth or pays out."""

    points: int
    minor: int


def whole_number(choice: dict[str, Any], name: str) -> int:
    """A whole number that a member chose; Refusal("choice_invalid") for anything else."""
    value = choice.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal("choice_invalid", field=name)
    return value


def worth(programme: Programme, points: int, *, least: int, most: int) -> Price:
    """Points at the programme's value of a point.

    Refusal("points_too_few"), Refusal("points_too_many"), or Refusal("worth_nothing").
    """
    if points < least:
        raise Refusal("points_too_few", least=least)
    if points > most:
        raise Refusal("points_too_many", most=most)
    minor = money.worth(points, programme.value_minor, programme.value_points)
    if minor == 0:
        raise Refusal("worth_nothing", points=points)
    return Price(points, minor)


class Kind(Protocol):
    """One kind. Every method runs in the caller's transaction."""

    code: str

    def check_terms(self, terms: dict[str, Any]) -> dict[str, Any]:
        """The reward's terms, validated; pydantic's ValidationError says what is wrong."""

    def price(self, session: Session, programme: Programme, reward: Reward, choice: dict[str, Any]) -> Price:
        """The price of a member's choice; a Refusal when it cannot be had. No effect."""

    def fulfil(self, session: Session, programme: Programme, reward: Reward, redemption: Redemption) -> bool:
        """Do what the points were spent for. True: done, capture now. False: a job will tell."""

    def undo(self, session: Session, reward: Reward, redemption: Redemption) -> None:
        """Take back what `fulfil` did, or raise a Refusal when the terms do not allow it any more."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind; a code is used once."""
    assert kind.code not in _kinds, f"two kinds are called {kind.code}"
    _kinds[kind.code] = kind


def kind_of(code: str) -> Kind:
    """The kind of that code; a programming error when there is none."""
    return _kinds[code]
