"""A prize won in a draw (seed 003: game units and draws)."""

from typing import Literal

from pydantic import Field

from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger


class Prize(OccasionTrigger):
    """Pays who wins the `prize` of the draw of that code."""

    kind: Literal["prize"] = "prize"
    draw: str = Field(min_length=1, max_length=64)
    prize: str = Field(min_length=1, max_length=64)

    def compile(self, setting: Setting) -> Counting:
        """The draw and the prize."""
        wanted = (self.draw, self.prize)

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            won = (case.occasion.name, case.occasion.data.get("prize"))
            return None if won == wanted else Failed("occasion", wanted, won)

        return counting
