"""A field's value as a form sends it, made into what a document holds; numbers as programs write them. Pure."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from coalition.promotions.checking import Flaw
from coalition.promotions.mechanics.base import RATE_MOST
from coalition.promotions.part import DASH
from coalition.promotions.templates.model import Field, Shape

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_SPAN = re.compile(rf"(\d{{1,2}}:\d\d){DASH}(\d{{1,2}}:\d\d)", re.ASCII)
_DAYS = re.compile(rf"([1-7])(?:{DASH}([1-7]))?", re.ASCII)
_MOST_CHARACTERS = 120
# the least, the most, and how many digits may stand after the point
BOUNDS: dict[Shape, tuple[Decimal, Decimal, int]] = {
    Shape.POINTS: (Decimal("0.01"), Decimal(1_000_000), 2),
    Shape.MONEY: (Decimal("0.01"), Decimal(1_000_000_000), 2),
    Shape.PERCENT: (Decimal("0.01"), RATE_MOST, 2),  # of shares the document knows that they are 100 at most
    Shape.FACTOR: (Decimal("1.01"), Decimal(100), 2),
    Shape.QUANTITY: (Decimal("0.001"), Decimal(1_000_000), 3),
    Shape.COUNT: (Decimal(1), Decimal(1_000), 0),
    Shape.DAYS: (Decimal(1), Decimal(366), 0),
    Shape.MINUTES: (Decimal(1), Decimal(366 * 24 * 60), 0),
}

Written = str | Sequence[str]


def read(field: Field, written: Written) -> Any | Flaw:
    """The value for the document, None for an optional one left empty, or what is wrong with it."""
    parts = [written] if isinstance(written, str) else list(written)
    entries = codes_in(written)
    if not entries:
        return None if field.optional else _flaw(field, "missing", "this field is missing")
    text = ",".join(parts).strip()
    match field.kind:
        case Shape.CODES:
            return list(dict.fromkeys(entries))
        case Shape.HOURS:
            return _hours(field, entries)
        case Shape.WEEKDAYS:
            return _weekdays(field, entries)
        case Shape.CHOICE:
            return _choice(field, text)
        case Shape.CODE | Shape.TEXT:
            if len(text) <= _MOST_CHARACTERS:
                return text
            why = f"it has no more than {_MOST_CHARACTERS} characters"
            return _flaw(field, "string_too_long", why, max_length=_MOST_CHARACTERS)
        case _:
            return _number(field, text)


def codes_in(written: Written) -> list[str]:
    """What stands between the commas, of one text or of several."""
    parts = [written] if isinstance(written, str) else written
    return [entry.strip() for part in parts for entry in part.split(",") if entry.strip()]


def _number(field: Field, text: str) -> Any | Flaw:
    """Text of a decimal, or an int where no digit may stand after the point."""
    if not _NUMBER.fullmatch(text):
        return _flaw(field, "decimal_parsing", "a number is expected")
    least, most, places = BOUNDS[field.kind]
    least = least if field.least is None else field.least
    most = most if field.most is None else field.most
    number = Decimal(text)
    if number < least:
        return _flaw(field, "greater_than_equal", f"it is {least} or more", ge=least)
    if number > most:
        return _flaw(field, "less_than_equal", f"it is {most} or less", le=most)
    if number != round(number, places):
        if not places:
            return _flaw(field, "int_type", "a whole number is expected")
        why = f"no more than {places} digits stand after the point here"
        return _flaw(field, "decimal_max_places", why, decimal_places=places)
    return (
        str(number.normalize() + 0)
        if places and number % 1
        else (str(int(number)) if places else int(number))
    )


def _hours(field: Field, entries: Sequence[str]) -> Any | Flaw:
    found = [_SPAN.fullmatch(entry) for entry in entries]
    if not all(found):
        return _flaw(field, "hours_format", "hours are written like 10:00-13:00, 15:00-17:00")
    return [{"start": one[1].zfill(5), "end": one[2].zfill(5)} for one in found if one]


def _weekdays(field: Field, entries: Sequence[str]) -> Any | Flaw:
    days: set[int] = set()
    for entry in entries:
        found = _DAYS.fullmatch(entry)
        if not found or (found[2] and found[2] < found[1]):
            return _flaw(field, "weekdays_format", "weekdays are written like 1-5, 7: 1 is Monday")
        days.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return sorted(days)


def _choice(field: Field, text: str) -> Any | Flaw:
    values = [option.value for option in field.options]
    if text in values:
        return text
    expected = ", ".join(values)
    return _flaw(field, "enum", f"it is one of these: {expected}", expected=expected)


def _flaw(field: Field, kind: str, why: str, **facts: Any) -> Flaw:
    return Flaw(field.name, kind, why, facts)
