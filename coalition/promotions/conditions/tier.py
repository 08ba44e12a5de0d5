"""Which of the programme's levels the member holds (seed 001, golden T1 and T2)."""

from typing import Annotated, ClassVar, Literal

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Codes, Requirement
from tenants.translations import N_


class Tier(Requirement):
    """The level held before the purchase is one of those named; the purchase that crosses a bound counts below it."""

    of_purchase: ClassVar[bool] = False
    kind: Annotated[Literal["tier"], named(tier=N_("Level of the member"))] = "tier"
    any_of: Annotated[Codes, Asks(N_("Any of these levels"), of="tier")]

    def compile(self, setting: Setting) -> Check:
        """The held level's number among those of the codes; a level that the programme gave up is held by nobody."""
        wanted = frozenset(setting.tiers[code] for code in self.any_of if code in setting.tiers)
        codes = {level: code for code, level in setting.tiers.items()}
        named = ", ".join(self.any_of)

        def check(case: Case) -> Failed | None:
            held = case.facts.tier
            return None if held in wanted else Failed("tier", named, codes.get(held))

        return check
