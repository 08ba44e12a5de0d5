"""Tiers: what a member has bought in a window decides her level (seed 001, golden T1 and T2). Pure.

Bands meet without a gap: a level begins just above its bound. The purchase that crosses a bound still counts at the
level held before it. What counts is net of returns, like everything that is replayed.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import Field, field_validator

from coalition.promotions.case import EVER, Counters, Facts, Line, Setting, slot_of
from coalition.promotions.kinds import OperationKind
from coalition.promotions.moments import microseconds
from coalition.promotions.part import Part
from coalition.promotions.periods import Span, period_in

_SLOT, _MOST = slot_of(0, 1), slot_of(0, 2)  # promotions are numbered from 1
COUNTED = _SLOT
"""Where a member's counters hold what her level goes by."""


class Level(Part):
    """A tier, held by whoever is above its bound: money for turnover, points for points, a count for purchases."""

    code: str = Field(min_length=1, max_length=32)
    ru: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=60)
    above: Decimal = Field(ge=0, decimal_places=2)


class TierTerms(Part):
    """A programme's tiers, lowest first; the first is everybody's.

    `window` is the calendar period that is looked at. `downgrade` says when a level that is no longer reached is lost:
    "at_once" with the new window, "next" one window later, "never".
    """

    measure: Literal["turnover", "purchases", "points"] = "turnover"
    window: Span = Span.EVER
    downgrade: Literal["at_once", "next", "never"] = "next"
    levels: tuple[Level, ...] = Field(min_length=2, max_length=10)

    @field_validator("levels")
    @classmethod
    def _rising(cls, levels: tuple[Level, ...]) -> tuple[Level, ...]:
        bounds = [level.above for level in levels]
        if bounds != sorted(set(bounds)) or bounds[0] != 0:
            raise ValueError("the first level is above 0, and each next above more")
        if len({level.code for level in levels}) < len(levels):
            raise ValueError("every level has a code of its own")
        return levels

    def numbers(self) -> dict[str, int]:
        """The levels by code."""
        return {level.code: number for number, level in enumerate(self.levels)}

    def compile(self, setting: Setting) -> "Tiers":
        """The terms as the engine reads them; `setting.tiers` numbers the levels."""
        scale = {"turnover": setting.units.exponent, "purchases": 0, "points": setting.units.scale}
        return Tiers(
            self,
            [int(level.above.scaleb(scale[self.measure])) for level in self.levels],
            [setting.tiers[level.code] for level in self.levels],
        )

    def counts_as(self, older: "TierTerms") -> bool:
        """Whether members' counters mean under these terms what they meant under older ones."""
        kept = (
            self.downgrade != "never" or older.downgrade == "never"
        )  # who is never to fall has a counter of her own
        return (self.measure, self.window) == (older.measure, older.window) and kept


class TierHistory(NamedTuple):
    """Terms that followed each other, the oldest first: each holds for what is booked since its moment."""

    versions: tuple[tuple[datetime, TierTerms | None], ...]

    @property
    def newest(self) -> datetime:
        """When the terms were changed last."""
        return self.versions[-1][0]

    def numbers(self) -> dict[str, int]:
        """Levels by code: those of the newest terms first, so that theirs are the numbers that pages show."""
        found: dict[str, int] = {}
        for _, terms in reversed(self.versions):
            for code in terms.numbers() if terms else ():
                found.setdefault(code, len(found))
        return found

    def compile(self, setting: Setting) -> "TiersInTime":
        """The terms as the engine reads them."""
        return TiersInTime(
            [
                (microseconds(since), terms.compile(setting) if terms else None)
                for since, terms in self.versions
            ]
        )


Climb = tuple[list[int], int]
"""Numbers of levels, the lowest first, and a window's."""


class Tiers:
    """Compiled terms: which level a member holds, and what a purchase adds."""

    def __init__(self, terms: TierTerms, bounds: list[int], numbers: list[int]) -> None:
        self.terms = terms
        self.bounds = bounds
        self.numbers = numbers

    def held(self, counters: Counters, day: date, booked: int) -> int:
        """The number of the level on the day."""
        return self.numbers[self._rank(counters, day)]

    def _rank(self, counters: Counters, day: date) -> int:
        """The level's place among the terms' levels."""
        if self.terms.downgrade == "never":
            reached = counters.get((EVER, _MOST), 0)
        else:
            reached = max(counters.get((period, _SLOT), 0) for period in self.periods(day))
        return max(i for i, bound in enumerate(self.bounds) if reached > bound or i == 0)

    def standing(self, counters: Counters, day: date) -> tuple[int, int]:
        """The place of the level that is held on the day, and what counts in its window so far."""
        window = period_in(self.terms.window, day)
        return self._rank(counters, day), counters.get((window, _SLOT), 0)

    def climb(self, facts: Facts, line: Line, day: date, points: int, booked: int) -> Climb:
        """The levels above which a purchase lifts that gives so many points, and the number of its window."""
        period = period_in(self.terms.window, day)
        counters = dict(facts.counters)
        before = self._rank(counters, day)
        self._add(counters, period, line, points)
        return self.numbers[before + 1 : self._rank(counters, day) + 1], period

    def periods(self, day: date) -> list[int]:
        """The windows that decide the level on the day."""
        window = self.terms.window
        days = [day]
        if self.terms.downgrade == "next" and window is not Span.EVER:
            days.append(date.fromordinal(_first(window, day) - 1))
        return [period_in(window, one) for one in days]

    def count(self, facts: Facts, line: Line, day: date, points: int, booked: int) -> None:
        """Add what the purchase brings to the window's measure."""
        facts.touched |= self._add(facts.counters, period_in(self.terms.window, day), line, points)

    def _add(self, counters: Counters, period: int, line: Line, points: int) -> set[int]:
        """Move the window's measure on; returns the periods whose counters have moved.

        Turnover and numbers are of purchases: who draws cash, pays a fee or moves her own money has bought nothing.
        """
        measure = self.terms.measure
        if measure != "points" and line.kind != OperationKind.PURCHASE:
            return set()
        step = line.amount if measure == "turnover" else points if measure == "points" else 1
        reached = counters[period, _SLOT] = counters.get((period, _SLOT), 0) + step
        if self.terms.downgrade == "never" and reached > counters.get((EVER, _MOST), 0):
            counters[EVER, _MOST] = reached
            return {period, EVER}
        return {period}


class TiersInTime:
    """Compiled terms that followed each other: a purchase is under those of its booking (microseconds since 1970)."""

    def __init__(self, versions: list[tuple[int, Tiers | None]]) -> None:
        self.versions = versions

    def held(self, counters: Counters, day: date, booked: int) -> int:
        """The number of the level on the day; 0 where there were no levels."""
        terms = self._at(booked)
        return terms.held(counters, day, booked) if terms is not None else 0

    def periods(self, day: date) -> list[int]:
        """The windows that any of the terms looks at on the day."""
        return [period for _, terms in self.versions if terms is not None for period in terms.periods(day)]

    def count(self, facts: Facts, line: Line, day: date, points: int, booked: int) -> None:
        """Add what the purchase brings; before there were levels, nothing was counted."""
        terms = self._at(booked)
        if terms is not None:
            terms.count(facts, line, day, points, booked)

    def climb(self, facts: Facts, line: Line, day: date, points: int, booked: int) -> Climb:
        """The levels above which a purchase lifts; none where there are none."""
        terms = self._at(booked)
        return terms.climb(facts, line, day, points, booked) if terms is not None else ([], EVER)

    def _at(self, booked: int) -> Tiers | None:
        return next((terms for since, terms in reversed(self.versions) if since <= booked), None)


def _first(span: Span, day: date) -> int:
    """The ordinal of the period's first day."""
    match span:
        case Span.DAY:
            return day.toordinal()
        case Span.WEEK:
            return day.toordinal() - day.weekday()
        case Span.MONTH:
            return day.replace(day=1).toordinal()
        case Span.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1).toordinal()
        case Span.YEAR | Span.EVER:
            return day.replace(month=1, day=1).toordinal()
