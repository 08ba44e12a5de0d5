"""A prize won in a draw (seed 003: game units and draws)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger
from tenants.translations import N_


class Prize(OccasionTrigger):
    """Pays who wins the `prize` of the draw of that code."""

    kind: Annotated[Literal["prize"], named(prize=N_("A prize is won"))] = "prize"
    draw: Annotated[str, Asks(N_("Draw"), of="draw")] = Field(min_length=1, max_length=64)
    prize: Annotated[str, Asks(N_("Prize"), of="prize")] = Field(min_length=1, max_length=64)

    def compile(self, setting: Setting) -> Counting:
        """The draw and the prize."""
        wanted = (self.draw, self.prize)

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            won = (case.occasion.name, case.occasion.data.get("prize"))
            return None if won == wanted else Failed("occasion", wanted, won)

        return counting
