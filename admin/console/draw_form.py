"""The form of a draw: what was typed, and everything that is wrong with it, each at its field."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from tenants.runtime.errors import Refusal

PRIZES = 5  # kinds of prizes that the form has rows for
_BEFORE, _AFTER = ("name_ru", "name_en", "ticket", "closes_at"), ("code",)
_PARTS = {"name.ru": "ru", "name.en": "en", "code": "prize", "count": "count"}
"""The fields of a prize's row, by what they are in a draw."""


def names() -> list[str]:
    """Every field, from the top of the form down."""
    prizes = (f"{part}_{row}" for row in range(1, PRIZES + 1) for part in _PARTS.values())
    return [*_BEFORE, *prizes, *_AFTER]


def rows(form: Mapping[str, str]) -> list[int]:
    """The rows of prizes that say something, or the first."""
    said = [row for row in range(1, PRIZES + 1) if any(form[f"{part}_{row}"] for part in _PARTS.values())]
    return said or [1]


def prizes(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the rows say; a number that is none is 0, which no prize can have."""
    return [
        {
            "code": form[f"prize_{row}"],
            "name": {"ru": form[f"ru_{row}"], "en": form[f"en_{row}"]},
            "count": _count(form[f"count_{row}"] or "1"),
        }
        for row in rows(form)
    ]


def wrong(refused: Iterable[Refusal], form: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the field of the form, with the prize that it is about."""
    found: dict[str, str] = {}
    for no in refused:
        field, said = _told(no, rows(form))
        found.setdefault(field, said)
    return {name: found[name] for name in names() if name in found}


def _told(no: Refusal, said: list[int]) -> tuple[str, str]:
    field, is_known = str(no.facts.get("field", "code")), no.code in ("draw_known", "draw_prize_known")
    match field.split("."):
        case ["prizes", number, *part] if number.isdecimal():
            row = said[int(number)]
            return f"{_PARTS['.'.join(part)]}_{row}", _of_prize(".".join(part), row, is_known)
        case ["prizes", *_rest]:
            return "count_1", _("The prizes are 1 to 10,000 in all")
        case ["name", "ru"]:
            return "name_ru", _("Write the name in Russian, 120 letters at most")
        case ["name", *_rest]:
            return "name_en", _("Write the name in English, 120 letters at most")
        case ["closes_at"]:
            return field, _("Choose a day and a time that lie ahead")
        case ["ticket"] if is_known:
            return field, _("These tickets have a draw already. Choose others")
        case ["ticket"]:
            return field, _("Choose the tickets that are drawn from")
    if is_known:
        return "code", _("There is a draw of this code already")
    return "code", _("The code of the draw is small Latin letters, digits and hyphens, 64 at most")


def _of_prize(part: str, row: int, is_known: bool) -> str:
    match part:
        case "name.ru":
            return _("Prize %(number)s: write the name in Russian, 120 letters at most", number=row)
        case "name.en":
            return _("Prize %(number)s: write the name in English, 120 letters at most", number=row)
        case "count":
            return _("Prize %(number)s: how many is a whole number from 1 to 10,000", number=row)
    if is_known:
        return _("Prize %(number)s: another prize has this code", number=row)
    return _("Prize %(number)s: the code is small Latin letters, digits and hyphens, 64 at most", number=row)


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0
