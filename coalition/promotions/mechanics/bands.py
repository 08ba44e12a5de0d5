"""Rates that rise with the sum (seed 002, golden P1: 5 % to 10,000, 10 % above; seed 001, golden R5 and T2)."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Setting, Special, Worth, slot_of
from coalition.promotions.mechanics.base import STEP_MOST, Arithmetic, fraction
from coalition.promotions.part import Part
from coalition.promotions.periods import SPANS, Span, period_in
from tenants.translations import N_

_PLACE = 4


class Band(Part):
    """Sums of `at_least` so much money and less than the next band's: `rate` percent, which may be none."""

    at_least: Annotated[Decimal, Asks(N_("Sum from"), unit="money")] = Field(
        ge=0, le=1_000_000_000, decimal_places=2
    )
    rate: Annotated[Decimal, Asks(N_("Rate, %"))] = Field(ge=0, le=1000, max_digits=6, decimal_places=2)


class Bands(Arithmetic):
    """Percent by the band of the cheque, or of the member's turnover under this promotion in a period.

    "marginal" gives each part of the sum the rate of its own band: of turnover, what the purchase adds to the points of
    the whole, so that a purchase in parts gives the same. "whole" gives one rate on the whole amount: the band's that
    the cheque is in, or that the turnover had reached before it. The step of an explanation is that turnover.
    """

    kind: Annotated[Literal["bands"], named(bands=N_("Rates that rise with the sum"))] = "bands"
    by: Annotated[
        Literal["cheque", "turnover"],
        Asks(
            N_("Goes by"), choices={"cheque": N_("the purchase"), "turnover": N_("all purchases of a period")}
        ),
    ] = "cheque"
    span: Annotated[Span | None, Asks(N_("Period of the turnover"), choices=SPANS)] = None
    mode: Annotated[
        Literal["marginal", "whole"],
        Asks(
            N_("A rate holds for"),
            choices={"marginal": N_("its own part of the sum"), "whole": N_("the whole amount")},
        ),
    ]
    bands: Annotated[tuple[Band, ...], Asks(N_("Steps by the sum"), help=N_("The first begins at 0"))] = (
        Field(min_length=2, max_length=20)
    )

    @model_validator(mode="after")
    def _meets(self) -> Self:
        bounds = [band.at_least for band in self.bands]
        if bounds != sorted(set(bounds)) or bounds[0] != 0:
            raise ValueError("bands start at 0 and rise")
        if not any(band.rate for band in self.bands):
            raise ValueError("one band at least has a rate above 0")
        if (self.by == "turnover") != (self.span is not None):
            raise ValueError("bands of turnover name its period, bands of the cheque have none")
        return self

    def sums(self) -> list[tuple[str, Decimal]]:
        """Where each band begins."""
        return [(f"bands.{number}.at_least", band.at_least) for number, band in enumerate(self.bands)]

    def percents(self) -> list[tuple[str, Decimal]]:
        """The rate of each band."""
        return [(f"bands.{number}.rate", band.rate) for number, band in enumerate(self.bands)]

    def looks_back(self) -> tuple[Span, ...]:
        """The period whose turnover counts."""
        return () if self.span is None else (self.span,)

    def counts(self) -> tuple[object, ...]:
        """Turnover, where it goes by that."""
        return ("turnover", self.span) if self.by == "turnover" else ()

    def compile(self, setting: Setting) -> Special:
        """Exact sums, floored once."""
        points_of, span = self._points(setting), self.span

        def worth(case: Case, amount: int, promotion: int) -> Worth:
            if amount <= 0:
                return Worth(0, 0)
            if span is None:
                return Worth(amount, points_of(0, amount))
            period, slot = period_in(span, case.day), slot_of(promotion, _PLACE)
            before = case.count(period, slot)
            case.set(period, slot, before + amount)
            return Worth(amount, points_of(before, amount), min(before, STEP_MOST))

        return worth

    def _points(self, setting: Setting) -> Callable[[int, int], int]:
        """Points by the turnover before and the amount."""
        floors = [setting.minor(band.at_least) for band in self.bands]
        rates, divisors = zip(*(fraction(band.rate, setting) for band in self.bands), strict=True)
        if self.mode == "marginal":
            return _marginal(floors, rates, divisors[0])
        return _whole(floors, rates, divisors[0], of_cheque=self.by == "cheque")


def _marginal(floors: Sequence[int], rates: Sequence[int], divisor: int) -> Callable[[int, int], int]:
    rises = [rates[0], *(rate - below for below, rate in pairwise(rates))]

    def total(amount: int) -> int:
        over = ((amount - floor, rise) for floor, rise in zip(floors, rises, strict=True))
        return sum(part * rise for part, rise in over if part > 0) // divisor

    return lambda before, amount: total(before + amount) - total(before)


def _whole(
    floors: Sequence[int], rates: Sequence[int], divisor: int, *, of_cheque: bool
) -> Callable[[int, int], int]:
    def points(before: int, amount: int) -> int:
        band = bisect_right(floors, amount if of_cheque else before) - 1
        return amount * rates[band] // divisor

    return points
