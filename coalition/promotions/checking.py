"""Whether a document can be a promotion's terms: everything that is wrong with it, field by field."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.promotions.case import Setting
from coalition.promotions.categories import written_out
from coalition.promotions.conditions.place import Place
from coalition.promotions.conditions.tier import Tier
from coalition.promotions.document import Document
from coalition.promotions.gives import GivesBenefit
from coalition.promotions.index import Codes
from coalition.promotions.mechanics.multiplier import Multiplier
from coalition.promotions.moments import OLDEST
from coalition.promotions.queries import codes_of, setting_of
from coalition.promotions.triggers.exchange import Exchange
from coalition.promotions.triggers.prize import Prize
from coalition.promotions.triggers.tier_reached import TierReached
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
CODE_SAID = "a code is small Latin letters, digits and hyphens, 64 at most"


class Flaw(NamedTuple):
    """What is wrong in one field: the kind as faces know it, the reason in plain English, and the bounds it names."""

    field: str
    kind: str
    why: str
    facts: dict[str, Any]


def checked_document(session: Session, programme: Programme, document: dict[str, Any]) -> Document:
    """The document that the programme can meet, with what its categories mean now written out.

    Refusal("document_invalid", field=..., why=...) says its first flaw.
    """
    codes = codes_of(session)
    require_none(flaws(document, codes, setting_of(session, programme)))
    return Document.model_validate(written_out(document, codes.categories))


def require_none(found: Sequence[Flaw]) -> None:
    """Refusal("document_invalid", field=..., why=..., kind=..., bounds=...) of the first flaw, where there are any."""
    for field, kind, why, bounds in found:
        raise Refusal("document_invalid", field=field, why=why, kind=kind, bounds=bounds)


def flaws(document: Any, codes: Codes | None = None, setting: Setting | None = None) -> Sequence[Flaw]:
    """Everything that is wrong with a document.

    Without codes it is not asked whether partners and others exist, without a setting not whether its numbers are
    whole in the programme's units.
    """
    if found := unfit(Document, document):
        return found
    read = Document.model_validate(document)
    return [
        *(_unknown(read, codes) if codes is not None else ()),
        *(_unmet(read, setting) if setting is not None else ()),
    ]


def period_flaws(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> list[Flaw]:
    """What is wrong with the days of a version: it starts when it is published where it names no start."""
    if starts_at is not None and starts_at < OLDEST:
        return [Flaw("starts_at", "start_too_old", "the start comes before the year 2000", {})]
    if ends_at is None or (starts_at or now) < ends_at:
        return []
    if starts_at is None:
        return [Flaw("ends_at", "end_in_past", "the end is over already", {})]
    return [Flaw("ends_at", "end_before_start", "the end comes after the start", {})]


def validity_flaws(
    document: Document,
    programme: Programme,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> list[Flaw]:
    """What is wrong with the last day of a version's points, on the programme's clock.

    It is over, or comes before the version starts, or the version goes on so long that what it gives on its own last
    day could only be spent later, after the wait.
    """
    until = document.valid.until if document.valid is not None else None
    if until is None:
        return []
    place, zone, wait = "valid.until", programme.zone, document.activation_delay_days
    if document.activation is not None:
        wait = document.activation.within_days
    elif wait is None:
        wait = programme.activation_delay_days
    if until < clock.business_day(zone, now):
        return [Flaw(place, "valid_in_past", "the last day of the points is over already", {})]
    if starts_at is not None and until < clock.business_day(zone, starts_at):
        return [Flaw(place, "valid_before_start", "the last day of the points comes before the start", {})]
    given = None if ends_at is None else clock.business_day(zone, ends_at - timedelta(microseconds=1))
    if given is None or until < given + timedelta(days=wait):
        return [Flaw(place, "valid_too_short", "some points could only be spent after their last day", {})]
    return []


def unfit(model: type[BaseModel], document: Any) -> list[Flaw]:
    """Everything for which a model refuses a document."""
    try:
        model.model_validate(document)
    except ValidationError as error:
        found = [
            Flaw(_path(document, one["loc"]), one["type"], _plain(one["msg"]), dict(one.get("ctx", {})))
            for one in error.errors(include_url=False, include_input=False)
        ]
        inner = [one.field for one in found]
        return [  # entries with a flaw do not count as entries, so their list is called too short, which is noise
            one
            for one in found
            if one.kind != "too_short" or not any(field.startswith(f"{one.field}.") for field in inner)
        ]
    if any("\0" in text for text in _texts(document)):
        return [Flaw("", "nul", "the character NUL stands in it", {})]
    return []


def _unknown(document: Document, codes: Codes) -> Iterator[Flaw]:
    named = document.mechanic.of if isinstance(document.mechanic, Multiplier) else ()
    granted = (document.gives.code,) if isinstance(document.gives, GivesBenefit) else ()
    retired = {"conditions.segments": codes.retired, "gives.code": codes.retired_benefits}
    for field, wanted, known in (
        ("conditions.partners", document.conditions.partners, codes.partners),
        ("conditions.segments", document.conditions.segments, codes.segments),
        *_named_by_categories(document, codes),
        *(
            (f"funding.{number}.participant", (funder.participant,), codes.participants)
            for number, funder in enumerate(document.funding)
        ),
        ("mechanic.of", named, codes.promotions),
        ("gives.code", granted, codes.benefits),
        *_named_in_trigger(document, codes),
        *_named_in_conditions(document, codes),
    ):
        for code in wanted:
            if code not in known:
                yield Flaw(field, "unknown_code", f"there is no {code}", {"code": code})
            elif code in retired.get(field, ()):
                yield Flaw(field, "retired_code", f"{code} is retired", {"code": code})


def _unmet(document: Document, setting: Setting) -> Iterator[Flaw]:
    """Numbers of which the programme has no such small parts."""
    setting = document.gives.setting(setting)
    points, money = setting.units
    found = [_too_fine(*one, points, "whole_points", "points are whole here") for one in document.written()]
    found += [_too_fine(*one, money, "whole_money", "money is whole here") for one in document.sums()]
    yield from filter(None, found)
    if not any(found):
        try:
            document.mechanic.compile(setting)
        except ValueError as error:
            yield Flaw("mechanic", "value_error", str(error), {})


def _too_fine(field: str, written: Decimal, digits: int, kind: str, why: str) -> Flaw | None:
    if not written.scaleb(digits) % 1:
        return None
    if not digits:
        return Flaw(field, kind, f"{why}, and {written} is not", {})
    why = f"no more than {digits} digits stand after the point here"
    return Flaw(field, "decimal_max_places", why, {"decimal_places": digits})


def _named_by_categories(
    document: Document, codes: Codes
) -> Iterator[tuple[str, tuple[str, ...], Collection[str]]]:
    """Categories that are codes alone, and the partners of those that are written out."""
    for number, category in enumerate(document.conditions.categories):
        if category.means_something:
            yield f"conditions.categories.{number}.partners", category.partners, codes.partners
        else:
            yield f"conditions.categories.{number}", (category.code,), codes.categories


def _named_in_trigger(
    document: Document, codes: Codes
) -> Iterator[tuple[str, tuple[str, ...], Collection[str]]]:
    match document.trigger:
        case TierReached(level=level):
            yield "trigger.level", (level,), codes.tiers
        case Exchange(units=units):
            yield "trigger.units", (units,), codes.benefits
        case Prize(draw=draw, prize=prize):
            yield "trigger.draw", (draw,), codes.prizes
            if draw in codes.prizes:
                yield "trigger.prize", (prize,), codes.prizes[draw]


def _named_in_conditions(
    document: Document, codes: Codes
) -> Iterator[tuple[str, tuple[str, ...], Collection[str]]]:
    for number, condition in enumerate(document.where):
        if isinstance(condition, Place):
            yield f"where.{number}.codes", condition.codes, codes.places.get(condition.kind, ())
        elif isinstance(condition, Tier):
            yield f"where.{number}.any_of", condition.any_of, codes.tiers


def _path(document: Any, steps: Sequence[int | str]) -> str:
    """Where a flaw is, as its writer counts: the validator also names the kind of a part it has chosen."""
    path, here = [], document
    for step in steps:
        if isinstance(here, dict) and here.get("kind") == step and step not in here:
            continue
        path.append(str(step))
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
    return ".".join(path)


def _plain(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
