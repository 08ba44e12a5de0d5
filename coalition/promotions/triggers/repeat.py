"""A repeated purchase within some days (seed 001, golden R4: 14 days of 24 hours, to the second)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import DAY, Case, Counting, Failed, Setting
from coalition.promotions.part import Part
from coalition.promotions.triggers.counting import since_latest
from tenants.translations import N_


class Repeat(Part):
    """Pays for a purchase at most `days` × 24 hours from the latest one before it; each is the "one before" once.

    A purchase that became known late stands as far from the latest one as one that follows it: the order in which
    sources tell takes nothing from the member.
    """

    kind: Annotated[Literal["repeat"], named(repeat=N_("A repeated purchase"))] = "repeat"
    days: Annotated[int, Asks(N_("At most after, days"))] = Field(ge=1, le=366)

    def counts(self) -> tuple[object, ...]:
        """The time of the purchase before."""
        return ("repeat",)

    def compile(self, setting: Setting) -> Counting:
        """The distance in time, told in whole days begun when it is too long."""

        def counting(case: Case, promotion: int) -> Failed | None:
            since = since_latest(case, promotion)
            if since is None:
                return Failed("repeat", self.days)
            gap = abs(since)
            return None if gap <= self.days * DAY else Failed("repeat", self.days, -(-gap // DAY))

        return counting
