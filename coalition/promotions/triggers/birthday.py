"""The member's birthday (seed 001, golden F2: from 3 days before to 3 days after, once a year)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger, once_a_year
from tenants.translations import N_


class Birthday(OccasionTrigger):
    """Pays on the first day of the window on which the member is known, and not again within 365 days.

    29 February is kept on 28 February in common years.
    """

    kind: Annotated[Literal["birthday"], named(birthday=N_("A birthday"))] = "birthday"
    days_before: Annotated[int, Asks(N_("Days before it"))] = Field(default=0, ge=0, le=90)
    days_after: Annotated[int, Asks(N_("Or after it, days"))] = Field(default=0, ge=0, le=90)

    def compile(self, setting: Setting) -> Counting:
        """The business day in the window around the birthday, and the year since the last one."""

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            about = case.occasion.about
            if about is None:
                return Failed("occasion")
            late = (case.day - about).days
            if not -self.days_before <= late <= self.days_after:
                return Failed("occasion")
            return once_a_year(case, promotion)

        return counting
