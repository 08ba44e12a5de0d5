"""The first purchase after a silence (seed 001: members who stayed away are called back)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import DAY, Case, Counting, Failed, Setting
from coalition.promotions.part import Part
from coalition.promotions.triggers.counting import since_latest
from tenants.translations import N_


class WinBack(Part):
    """Pays for a purchase after at least `silent_days` × 24 hours without one that meets the conditions.

    The very first purchase ends no silence, and neither does one that became known late.
    """

    kind: Annotated[Literal["win_back"], named(win_back=N_("A purchase after a silence"))] = "win_back"
    silent_days: Annotated[int, Asks(N_("Without purchases, days"))] = Field(ge=1, le=3660)

    def counts(self) -> tuple[object, ...]:
        """The time of the latest purchase."""
        return ("win_back",)

    def compile(self, setting: Setting) -> Counting:
        """The time since the latest purchase, told in whole days when it is too short."""

        def counting(case: Case, promotion: int) -> Failed | None:
            since = since_latest(case, promotion)
            if since is None:
                return Failed("win_back", self.silent_days)
            silent = max(since, 0)
            enough = silent >= self.silent_days * DAY
            return None if enough else Failed("win_back", self.silent_days, silent // DAY)

        return counting
