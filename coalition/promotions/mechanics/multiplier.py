"""The points of other promotions once more, or half as much again (seed 001: double points on some days)."""

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from coalition.promotions.case import Case, Failed, Setting, Special, Worth
from coalition.promotions.mechanics.base import Arithmetic


class Multiplier(Arithmetic):
    """What makes the points of the promotions `of` (of all others, if none is named) `times` as many.

    It adds times − 1 of what they gave for the purchase after their limits, the remainder lost. What other
    multipliers add is not multiplied.
    """

    late: ClassVar[bool] = True

    kind: Literal["multiplier"] = "multiplier"
    times: Decimal = Field(gt=1, le=100, max_digits=5, decimal_places=2)
    of: tuple[str, ...] = ()

    def compile(self, setting: Setting) -> Special:
        """Only what is on top of the points that are given already."""
        extra = int((self.times - 1) * 100)
        named = frozenset(setting.promotions[code] for code in self.of if code in setting.promotions)

        def worth(case: Case, amount: int, promotion: int) -> Worth | Failed:
            given = sum(points for number, points in case.given if not self.of or number in named)
            return Worth(given, given * extra // 100) if given > 0 else Failed("given", 1, 0)

        return worth
