"""A formatter bound to its reader: one language, one programme's terms, one day. Templates ask it for every number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from tenants.branding import formats
from tenants.runtime import clock


@dataclass(frozen=True)
class Words:
    """How this reader is told numbers, points, money and dates. `forms` are the point's words in `lang`.

    `exchange` says what points are worth: (units of points, minor units of money).
    """

    lang: str
    forms: Sequence[str]
    scale: int
    currency: str
    zone: str
    today: date
    exchange: tuple[int, int] = (1, 100)

    @property
    def exponent(self) -> int:
        """Digits of the currency's minor unit."""
        return formats.precision(self.currency)

    @property
    def symbol(self) -> str:
        """What stands for the currency, for the label of a field."""
        return formats.currency_symbol(self.currency, self.lang)

    def points(self, units: int, *, signed: bool = False) -> str:
        """Points with their word."""
        return formats.points(units, scale=self.scale, forms=self.forms, lang=self.lang, signed=signed)

    def point_word(self, units: int) -> str:
        """The word alone."""
        return formats.point_word(units, scale=self.scale, forms=self.forms, lang=self.lang)

    def count(self, units: int) -> int:
        """The number that decides the form of the words around: a fraction counts as two."""
        whole, fraction = divmod(abs(units), 10**self.scale)
        return 2 if fraction else whole

    def amount(self, units: int, *, signed: bool = False) -> str:
        """Points without their word, where a column or a heading has it."""
        return formats.amount(units, self.scale, self.lang, signed=signed)

    def number(self, value: int) -> str:
        """A count of anything."""
        return formats.number(value, self.lang)

    def money(self, minor: int) -> str:
        """Money of the programme's currency."""
        return formats.money(minor, self.currency, self.lang)

    def worth(self, units: int) -> str:
        """What so many points are worth in money, a part of its smallest coin left out."""
        points, minor = self.exchange
        return self.money(units * minor // points)

    def points_written(self, written: Decimal) -> str:
        """Points as a document writes them; in a draft they may have more digits than the programme's have."""
        words = self._finer(written)
        return words.points(int(written.scaleb(words.scale)))

    def amount_written(self, written: Decimal) -> str:
        """As `points_written`, without their word."""
        words = self._finer(written)
        return words.amount(int(written.scaleb(words.scale)))

    def money_written(self, written: Decimal) -> str:
        """Money as a document writes it; in a draft it may have more digits than the currency has."""
        digits = max(self.exponent, formats.digits_of(written))
        return formats.money(int(written.scaleb(digits)), self.currency, self.lang, exponent=digits)

    def _finer(self, written: Decimal) -> Self:
        """The same words, of a scale in which the number is whole."""
        digits = formats.digits_of(written)
        return self if digits <= self.scale else replace(self, scale=digits)

    def percent(self, hundredths: int) -> str:
        """A percentage, from hundredths of a percent."""
        return formats.percent(hundredths, self.lang)

    def percent_written(self, written: Decimal) -> str:
        """A percentage with all its digits."""
        return formats.percent_written(written, self.lang)

    def day(self, on: date) -> str:
        """A day in words, its year only when it is not this year's."""
        return formats.day(on, self.lang, self.today)

    def short_day(self, on: date) -> str:
        """A day in few letters."""
        return formats.short_day(on, self.lang, self.today)

    def heading_day(self, on: date) -> str:
        """A day as the heading of a group."""
        return formats.heading_day(on, self.lang, self.today)

    def moment(self, at: datetime) -> str:
        """A day and time on the programme's clock."""
        return formats.moment(at, self.lang, self.zone, self.today)

    def written_day(self, on: date) -> str:
        """A day as papers have it, read in another year too."""
        return formats.day(on, self.lang)

    def written(self, at: datetime) -> str:
        """A day and time as papers have it."""
        return formats.moment(at, self.lang, self.zone)

    def clock_time(self, at: datetime) -> str:
        """The time on the programme's clock."""
        return formats.clock_time(at, self.zone)

    def day_of(self, at: datetime) -> date:
        """The programme's calendar day of a moment."""
        return at.astimezone(clock.zone(self.zone)).date()

    def days_until(self, on: date) -> int:
        """How many days from today to `on`."""
        return (on - self.today).days
