"""A new level (seed 001: who buys more is drawn to the next level of taking part)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import EVER, Case, Counters, Counting, Failed, Setting, slot_of
from coalition.promotions.part import Part
from tenants.translations import N_

_PAID = 1


class TierReached(Part):
    """Pays for the purchase that lifts the member to the `level` or above it: once, or `again` in each of its windows.

    The points that it gives itself lift nobody.
    """

    kind: Annotated[Literal["tier_reached"], named(tier_reached=N_("A new level"))] = "tier_reached"
    level: Annotated[str, Asks(N_("Level"), of="tier")] = Field(min_length=1, max_length=32)
    again: Annotated[bool, Asks(N_("Again in every window of the levels"))] = False

    def counts(self) -> tuple[object, ...]:
        """Whether the level was reached."""
        return ("tier_reached", self.level, self.again)

    def is_over(self, counters: Counters, promotion: int) -> bool:
        """The level was reached, where once is all."""
        return not self.again and bool(counters.get((EVER, slot_of(promotion, _PAID)), 0))

    def compile(self, setting: Setting) -> Counting:
        """The level before the purchase and after it, with what the other promotions gave."""
        wanted, climb = setting.tiers.get(self.level), setting.climb
        codes = {number: code for code, number in setting.tiers.items()}

        def counting(case: Case, promotion: int) -> Failed | None:
            if wanted is None or climb is None:
                return Failed("tier_reached", self.level)
            given = sum(points for _, points in case.given)
            reached, window = climb(case.facts, case.line, case.day, given, case.booked)
            if wanted not in reached:
                held = reached[-1] if reached else case.facts.tier
                return Failed("tier_reached", self.level, codes.get(held))
            period, slot = window if self.again else EVER, slot_of(promotion, _PAID)
            if case.count(period, slot):
                return Failed("once", 1, 1)
            case.set(period, slot, 1)
            return None

        return counting
