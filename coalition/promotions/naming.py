"""Which codes of a tenant's things a document names, read as it was written: its other flaws hide none."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple, get_args

from coalition.promotions.conditions.place import Place
from coalition.promotions.conditions.tier import Tier
from coalition.promotions.gives import GivesBenefit
from coalition.promotions.index import Codes
from coalition.promotions.mechanics.multiplier import Multiplier
from coalition.promotions.part import Part
from coalition.promotions.triggers.exchange import Exchange
from coalition.promotions.triggers.prize import Prize
from coalition.promotions.triggers.tier_reached import TierReached

_PLACES = get_args(Place.model_fields["kind"].annotation)


class Named(NamedTuple):
    """The codes in one field, and those that there are."""

    field: str
    wanted: tuple[str, ...]
    known: Collection[str]


def codes_named(document: Any, codes: Codes) -> Iterator[Named]:
    """Every field of a document that names codes."""
    conditions, trigger = _in(document, "conditions"), _in(document, "trigger")
    yield Named("conditions.partners", _texts(_in(conditions, "partners")), codes.partners)
    yield from _categories(_list(_in(conditions, "categories")), codes)
    yield Named("conditions.segments", _texts(_in(conditions, "segments")), codes.segments)
    for number, funder in enumerate(_list(_in(document, "funding"))):
        yield Named(f"funding.{number}.participant", _texts(_in(funder, "participant")), codes.participants)
    yield Named("mechanic.of", _of(_in(document, "mechanic"), Multiplier, "of"), codes.promotions)
    yield Named("gives.code", _of(_in(document, "gives"), GivesBenefit, "code"), codes.benefits)
    yield Named("trigger.level", _of(trigger, TierReached, "level"), codes.tiers)
    yield Named("trigger.units", _of(trigger, Exchange, "units"), codes.benefits)
    draws = _of(trigger, Prize, "draw")
    yield Named("trigger.draw", draws, codes.prizes)
    for draw in draws:
        if draw in codes.prizes:
            yield Named("trigger.prize", _of(trigger, Prize, "prize"), codes.prizes[draw])
    for number, condition in enumerate(_list(_in(document, "where"))):
        yield Named(f"where.{number}.any_of", _of(condition, Tier, "any_of"), codes.tiers)
        if (kind := _in(condition, "kind")) in _PLACES:
            known = codes.places.get(kind, frozenset())
            yield Named(f"where.{number}.codes", _texts(_in(condition, "codes")), known)


def _categories(named: Sequence[Any], codes: Codes) -> Iterator[Named]:
    """Categories that are codes alone, and the partners of those that are written out."""
    for number, one in enumerate(named):
        partners = _texts(_in(one, "partners"))
        if partners or _in(one, "mcc"):
            yield Named(f"conditions.categories.{number}.partners", partners, codes.partners)
        else:
            code = one if isinstance(one, str) else _in(one, "code")
            yield Named(f"conditions.categories.{number}", _texts(code), codes.categories)


def _of(part: Any, kind: type[Part], name: str) -> tuple[str, ...]:
    """The texts in a field of a part that is of this kind."""
    return _texts(_in(part, name)) if _in(part, "kind") == kind.model_fields["kind"].default else ()


def _in(part: Any, name: str) -> Any:
    return part.get(name) if isinstance(part, dict) else None


def _list(value: Any) -> list[Any] | tuple[Any, ...]:
    return value if isinstance(value, list | tuple) else []


def _texts(value: Any) -> tuple[str, ...]:
    """The one text, or those of a list."""
    return (value,) if isinstance(value, str) else tuple(one for one in _list(value) if isinstance(one, str))
