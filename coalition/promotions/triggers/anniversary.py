"""Years in the programme or with the bank (seed 000: points by the time with the bank)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger, once_a_year
from tenants.translations import N_


class Anniversary(OccasionTrigger):
    """Pays every year on the day of joining or of opening the account, or only when it is one of so many `years`.

    29 February is kept on 28 February in common years.
    """

    kind: Annotated[Literal["anniversary"], named(anniversary=N_("An anniversary"))] = "anniversary"
    of: Annotated[
        Literal["enrolment", "account"],
        Asks(
            N_("Since when"),
            choices={"enrolment": N_("joined the programme"), "account": N_("the account was opened")},
        ),
    ]
    years: Annotated[
        tuple[Annotated[int, Field(ge=1, le=100)], ...],
        Asks(N_("Only these years"), help=N_("Several with commas between them. Empty: every year")),
    ] = Field(default=(), max_length=50)

    def compile(self, setting: Setting) -> Counting:
        """The right day and number of years, and the year since the last one."""
        years = frozenset(self.years)

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            told = case.occasion.data
            if told.get("of") != self.of or (years and told.get("years") not in years):
                return Failed("occasion")
            return once_a_year(case, promotion)

        return counting
