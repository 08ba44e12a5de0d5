"""Points by whole years with the bank (seed 000, golden W1: up to 1 year 50, 1 to 3 years 75, over 3 years 100)."""

from calendar import isleap
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Setting, Special, Worth
from coalition.promotions.mechanics.base import Arithmetic
from coalition.promotions.part import Part
from tenants.translations import N_


class Band(Part):
    """From `years` whole years on: `points`."""

    years: Annotated[int, Asks(N_("From, years"))] = Field(ge=0, le=100)
    points: Annotated[Decimal, Asks(N_("Gives"), unit="points")] = Field(gt=0, le=1_000_000, decimal_places=2)


class Tenure(Arithmetic):
    """Points of the band that the member's account has reached on the day; an anniversary counts as reached."""

    of_purchase: ClassVar[bool] = False
    counts_pieces: ClassVar[bool] = True
    kind: Annotated[Literal["tenure"], named(tenure=N_("By years with the bank"))] = "tenure"
    bands: Annotated[tuple[Band, ...], Asks(N_("Steps by years"), help=N_("The first begins at 0"))] = Field(
        min_length=1
    )

    @field_validator("bands")
    @classmethod
    def _rising(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        years = [band.years for band in bands]
        if years != sorted(set(years)) or years[0] != 0:
            raise ValueError("bands start at 0 years and rise")
        return bands

    def awards(self) -> list[tuple[str, Decimal]]:
        """Those of every band."""
        return [(f"bands.{number}.points", band.points) for number, band in enumerate(self.bands)]

    def compile(self, setting: Setting) -> Special:
        """A function of the account's opening day and the purchase's business day."""
        bands = [(band.years, setting.points(band.points)) for band in self.bands]

        def worth(case: Case, amount: int, promotion: int) -> Worth:
            opened_on, day = case.facts.opened_on, case.day
            if opened_on is None or opened_on > day:
                return Worth(0, 0)
            years = whole_years(opened_on, day)
            return Worth(years, max((least, given) for least, given in bands if least <= years)[1])

        return worth


def whole_years(since: date, day: date) -> int:
    """Anniversaries reached by `day`; one of 29 February is kept on 28 February in common years (golden F2)."""
    moved = (since.month, since.day) == (2, 29) and not isleap(day.year)
    reached = (day.month, day.day) >= ((2, 28) if moved else (since.month, since.day))
    return day.year - since.year - (not reached)
