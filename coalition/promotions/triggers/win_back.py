"""The first purchase after a silence (seed 001: members who stayed away are called back)."""

from typing import Literal

from pydantic import Field

from coalition.promotions.case import DAY, Case, Counting, Failed, Setting
from coalition.promotions.part import Part
from coalition.promotions.triggers.counting import since_latest


class WinBack(Part):
    """Pays for a purchase after at least `silent_days` × 24 hours without one that meets the conditions.

    The very first purchase ends no silence, and neither does one that became known late.
    """

    kind: Literal["win_back"] = "win_back"
    silent_days: int = Field(ge=1, le=3660)

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
