"""Game units given for something else: only where a promotion says so (seed 003, golden N4)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger
from tenants.translations import N_


class Exchange(OccasionTrigger):
    """Pays for `quantity` of the game units of that code, once for each time they are given."""

    kind: Annotated[Literal["exchange"], named(exchange=N_("Game units are given"))] = "exchange"
    units: Annotated[str, Asks(N_("Which units"), of="benefit")] = Field(min_length=1, max_length=64)
    quantity: Annotated[int, Asks(N_("How many"))] = Field(ge=1, le=1_000_000_000)

    def compile(self, setting: Setting) -> Counting:
        """The units and how many."""
        wanted = (self.units, self.quantity)

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            given = (case.occasion.name, case.occasion.data.get("quantity"))
            return None if given == wanted else Failed("occasion", wanted, given)

        return counting
