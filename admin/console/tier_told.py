"""A change of levels as it is asked about: what was, what would be, and which promotions it concerns."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.promotion_told import title_of
from coalition import money
from coalition.promotions.conditions.tier import Tier
from coalition.promotions.document import Document
from coalition.promotions.overview import Stage, promotions
from coalition.promotions.tiers import Level, TierTerms
from coalition.promotions.triggers.tier_reached import TierReached
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.translations import N_

CHOICES = {
    "measure": (
        ("turnover", N_("the sum of purchases")),
        ("purchases", N_("the number of purchases")),
        ("points", N_("points given for purchases")),
    ),
    "window": (
        ("ever", N_("over all time")),
        ("year", N_("of the calendar year")),
        ("quarter", N_("of the quarter")),
        ("month", N_("of the month")),
        ("week", N_("of the week")),
        ("day", N_("of the day")),
    ),
    "downgrade": (
        ("at_once", N_("with the new period, at once")),
        ("next", N_("one period later")),
        ("never", N_("never")),
    ),
}
NAMES = {
    "measure": N_("Levels go by"),
    "window": N_("Period"),
    "downgrade": N_("A level that is no longer reached is lost"),
}


def changes(older: TierTerms | None, newer: TierTerms, w: Words) -> list[str]:
    """What would be another than it is, one sentence each."""
    return list(_changes(older, newer, w))


def digits(measure: str, w: Words) -> int:
    """Digits that a bound has after the point, by what levels go by."""
    return {"turnover": w.exponent, "points": w.scale}.get(measure, 0)


def named_by(session: Session, codes: Sequence[str], lang: str) -> list[tuple[str, str]]:
    """Promotions that are live, scheduled or paused and name one of the levels: code and title."""
    now, found = clock.now(), []
    for one in promotions(session):
        held = [
            version.document
            for version in one.versions
            if one.stage_of(version, now) in (Stage.LIVE, Stage.SCHEDULED, Stage.PAUSED)
        ]
        if any(_levels_of(Document.model_validate(document)) & set(codes) for document in held):
            found.append((one.code, title_of(one, now, lang)))
    return found


def ended(older: TierTerms | None, newer: TierTerms) -> list[str]:
    """Codes of levels that there would be no more."""
    return [code for code in (older.numbers() if older else ()) if code not in newer.numbers()]


def _levels_of(document: Document) -> set[str]:
    named = {code for one in document.where if isinstance(one, Tier) for code in one.any_of}
    return named | ({document.trigger.level} if isinstance(document.trigger, TierReached) else set())


def _changes(older: TierTerms | None, newer: TierTerms, w: Words) -> Iterator[str]:
    for field, name in NAMES.items():
        words = dict(CHOICES[field])
        was, new = (str(getattr(one, field)) if one else "" for one in (older, newer))
        if not was:
            yield f"{_(name)}: {_(words[new])}"
        elif was != new:
            yield f"{_(name)}: {_(words[was])} → {_(words[new])}"
    known = {level.code: level for level in older.levels} if older else {}
    for level in newer.levels:
        yield from _level(known.get(level.code), level, older, newer, w)
    for code in ended(older, newer):
        gone = known[code]
        yield _(
            "The level “%(name)s” ends: its members get the level that their purchases reach",
            name=_name(gone, w),
        )


def _level(
    was: Level | None, level: Level, older: TierTerms | None, newer: TierTerms, w: Words
) -> Iterator[str]:
    name, above = _name(level, w), _bound(level.above, newer, w)
    if was is None or older is None:
        yield _("New level “%(name)s” (%(code)s): above %(bound)s", name=name, code=level.code, bound=above)
        return
    for old, new, said in (
        (was.ru, level.ru, N_("The level %(code)s in Russian: “%(old)s” → “%(new)s”")),
        (was.en, level.en, N_("The level %(code)s in English: “%(old)s” → “%(new)s”")),
    ):
        if old != new:
            yield _(said, code=level.code, old=old, new=new)
    if was.above != level.above:
        before = _bound(was.above, older, w)
        yield _("The level “%(name)s”: above %(old)s → above %(new)s", name=name, old=before, new=above)


def _name(level: Level, w: Words) -> str:
    return level.ru if w.lang == "ru" else level.en


def _bound(above: Decimal, terms: TierTerms, w: Words) -> str:
    units = money.in_units(above, digits(terms.measure, w))
    match terms.measure:
        case "turnover":
            return w.money(units)
        case "points":
            return w.points(units)
    return w.number(units)
