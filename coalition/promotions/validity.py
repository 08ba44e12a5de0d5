"""How long what a promotion gives can be spent, where it says so itself; else the programme's terms do. Pure."""

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from coalition.programmes.asks import Asks
from coalition.promotions.part import Part
from tenants.translations import N_


class Validity(Part):
    """So many `days` after the first day on which the points can be spent, or `until` a day: both last days included.

    Counted as a programme's are: points that can be spent from 1 March for 30 days burn at the end of 31 March.
    """

    days: Annotated[int | None, Asks(N_("Days after the first on which they can be spent"))] = Field(
        default=None, ge=1, le=3660
    )
    until: Annotated[date | None, Asks(N_("Or until this day"))] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Validity":
        if (self.days is None) == (self.until is None):
            raise ValueError("points live for some days or until a day, one of them")
        return self

    def last_day(self, active: date) -> date | None:
        """The last day of points that can be spent from `active` on; None where that is after the day they live until.

        They would be dead when they come, so the programme's terms hold for them.
        """
        if self.days is not None:
            return active + timedelta(days=self.days)
        assert self.until is not None, "it has the one or the other"
        return self.until if active <= self.until else None

    @property
    def identity(self) -> tuple[int, int]:
        """The days and the number of the day, 0 for what is not named."""
        return self.days or 0, self.until.toordinal() if self.until else 0
