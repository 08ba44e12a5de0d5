"""Which of the programme's levels the member holds (seed 001, golden T1 and T2)."""

from typing import ClassVar, Literal

from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Codes, Requirement


class Tier(Requirement):
    """The level held before the purchase is one of those named; the purchase that crosses a bound counts below it."""

    of_purchase: ClassVar[bool] = False
    kind: Literal["tier"] = "tier"
    any_of: Codes

    def compile(self, setting: Setting) -> Check:
        """The held level's number among those of the codes; a level that the programme gave up is held by nobody."""
        wanted = frozenset(setting.tiers[code] for code in self.any_of if code in setting.tiers)
        codes = {level: code for code, level in setting.tiers.items()}
        named = ", ".join(self.any_of)

        def check(case: Case) -> Failed | None:
            held = case.facts.tier
            return None if held in wanted else Failed("tier", named, codes.get(held))

        return check
