"""Whether a document can be a promotion's terms: everything that is wrong with it, field by field."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError, create_model
from pydantic_core import ErrorDetails
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.promotions.case import Setting
from coalition.promotions.categories import written_out
from coalition.promotions.document import Document
from coalition.promotions.index import Codes
from coalition.promotions.moments import OLDEST
from coalition.promotions.naming import codes_named
from coalition.promotions.part import Part, Unfit
from coalition.promotions.queries import codes_of, setting_of
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
CODE_SAID = "a code is small Latin letters, digits and hyphens, 64 at most"
_Fields = create_model(  # a document that is not asked whether its parts go together
    "_Fields", __base__=Part, **{name: (one.annotation, one) for name, one in Document.model_fields.items()}
)  # type: ignore[call-overload]
_STAND_IN = {
    "title": {"ru": "-", "en": "-"},
    "mechanic": {"kind": "percent", "rate": "1"},
    "funding": [{"participant": "-", "share": 100}],
}
"""Of what a document must have, parts of which nothing can be said."""
_ALONE = {"title", "category", "icon", "limits", "funding"}
"""Parts without which the others mean what they meant."""


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
    found = unfit(Document, document)
    found += _apart(document, found)
    named = {one.field for one in found}
    read = as_far_as_sound(document, found)
    return [
        *found,
        *(one for one in _unknown(document, codes) if one.field not in named),
        *(_empty(read) if read is not None else ()),
        *(_twice(read) if read is not None else ()),
        *(_unmet(read, setting) if read is not None and setting is not None else ()),
    ]


def as_far_as_sound(document: Any, found: Sequence[Flaw] | None = None) -> Document | None:
    """What can be read of a document; parts with a flaw count as not written. Nothing where what it gives is unclear.

    `found` are its own flaws, where they are known already. What is read serves to ask what else is wrong, no more.
    """
    if found is None:
        found = unfit(Document, document)
    if not found:
        return Document.model_validate(document)
    if not isinstance(document, dict):
        return None
    bad = {one.field.split(".")[0] for one in found}
    if "gives" in bad:
        return None
    if bad & {"activation", "activation_delay_days"}:
        bad.add("valid")  # whether its last day is late enough depends on the wait
    return Document.model_construct(**dict(_Fields.model_validate(_STAND_IN | _without(document, bad))))


def _without(document: dict[str, Any], bad: Collection[str]) -> dict[str, Any]:
    return {name: document[name] for name in document if name in Document.model_fields and name not in bad}


def _apart(document: Any, found: Sequence[Flaw]) -> list[Flaw]:
    """What parts do not go together, which a document with a flaw in one field does not say of the others.

    It is asked only where nothing is wrong with the parts that others depend on.
    """
    bad = {one.field.split(".")[0] for one in found}
    if not found or "" in bad or not bad & Document.model_fields.keys() <= _ALONE:
        return []
    return unfit(Document, _STAND_IN | _without(document, bad))


def period_flaws(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> list[Flaw]:
    """What is wrong with the days of a version: it starts when it is published where it names no start.

    A start may be past, but not the whole of it: then nothing could be given any more.
    """
    if starts_at is not None and starts_at < OLDEST:
        return [Flaw("starts_at", "start_too_old", "the start comes before the year 2000", {})]
    if ends_at is None or max(starts_at or now, now) < ends_at:
        return []
    if starts_at is None or starts_at < ends_at:
        return [Flaw("ends_at", "end_in_past", "the end is over already", {})]
    return [Flaw("ends_at", "end_before_start", "the end comes after the start", {})]


def budget_flaws(document: Document, setting: Setting | None = None) -> list[Flaw]:
    """A budget that not even one award fits in, where that is the same for every purchase.

    One in money is asked only with a setting, which knows what points are worth.
    """
    least, amount = document.mechanic.least_award(), document.conditions.amount_from
    if least is None and setting is not None and amount is not None:
        least = rate_gives(document, amount, setting)
    if least is None or (document.lane is not None and document.lane.percent is not None):
        return []
    field, budget, taken = taken_of_budget(document, least, setting)
    if budget is None or budget >= taken:
        return []
    return [Flaw(field, "budget_below_award", f"one award alone takes {taken} of it", {"least": taken})]


def taken_of_budget(
    document: Document, award: Decimal, setting: Setting | None
) -> tuple[str, Decimal | None, Decimal]:
    """The field of the budget, the budget, and what an award takes of it after the limits of one member."""
    limits = document.limits
    award = min(filter(None, (award, limits.per_purchase, *(most for _, most in limits.by_span()))))
    if limits.budget_money is None or setting is None:
        return "limits.budget", limits.budget, award
    points, minor = setting.exchange
    worth = -(-setting.points(award) * minor // points)  # the least money that buys them
    return "limits.budget_money", limits.budget_money, setting.money(worth)


def rate_gives(document: Document, amount: Decimal, setting: Setting) -> Decimal | None:
    """What one rate gives for a purchase, before any limit; nothing for other mechanics, or where not all counts."""
    if document.base is not None or document.mechanic.kind != "percent":
        return None
    scale = document.gives.setting(setting).units.scale
    given = (document.mechanic.rate * amount).scaleb(-2).quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR)
    return given or None


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
        found = [_flaw(document, one) for one in error.errors(include_url=False, include_input=False)]
        inner = [one.field for one in found]
        return [  # entries with a flaw do not count as entries, so their list is called too short, which is noise
            one
            for one in found
            if one.kind != "too_short" or not any(field.startswith(f"{one.field}.") for field in inner)
        ]
    if any("\0" in text for text in _texts(document)):
        return [Flaw("", "nul", "the character NUL stands in it", {})]
    return []


def _unknown(document: Any, codes: Codes | None) -> Iterator[Flaw]:
    """Codes that stand for nothing, or for what is retired; without codes that is not asked."""
    if codes is None:
        return
    retired = {"conditions.segments": codes.retired, "gives.code": codes.retired_benefits}
    for field, wanted, known in codes_named(document, codes):
        for code in wanted:
            if code not in known:
                yield Flaw(field, "unknown_code", f"there is no {code}", {"code": code})
            elif code in retired.get(field, ()):
                yield Flaw(field, "retired_code", f"{code} is retired", {"code": code})
            elif field.startswith("funding.") and code in codes.left:
                yield Flaw(field, "payer_left", f"{code} has left the coalition", {"code": code})


def _empty(document: Document) -> Iterator[Flaw]:
    """Conditions that ask for nothing. What is published already may have some, so the parts do not refuse them."""
    for number, condition in enumerate(document.where):
        if (said := condition.empty()) is not None:
            yield Flaw(f"where.{number}.{said[0]}", "value_error", said[1], {})


def _twice(document: Document) -> Iterator[Flaw]:
    """Payers that stand above already. What is published already may have some, so they are read as they are."""
    named = [funder.participant for funder in document.funding]
    for number, code in enumerate(named):
        if code in named[:number]:
            why = f"{code} pays already: its shares are one share"
            yield Flaw(f"funding.{number}.participant", "payer_twice", why, {"code": code})


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


def _flaw(document: Any, error: ErrorDetails) -> Flaw:
    """What the error says, at the field of which it speaks: a part may name one of its own."""
    place, kind, facts = _path(document, error["loc"]), error["type"], dict(error.get("ctx", {}))
    if isinstance(inner := facts.get("error"), Unfit):
        place = ".".join(filter(None, (place, inner.field)))
        kind, facts = inner.kind or kind, inner.facts
    return Flaw(place, kind, _plain(error["msg"]), facts)


def _path(document: Any, steps: Sequence[int | str]) -> str:
    """Where a flaw is, as its writer counts: the validator also names the kind of a part it has chosen."""
    path, here, chosen = [], document, False
    for step in steps:
        if not chosen and isinstance(here, dict) and here.get("kind") == step:
            chosen = True  # a field of the part may have the kind's own name, and comes after it
            continue
        chosen = False
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
