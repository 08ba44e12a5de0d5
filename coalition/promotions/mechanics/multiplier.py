"""The points of other promotions once more, or half as much again (seed 001: double points on some days)."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Failed, Setting, Special, Worth
from coalition.promotions.mechanics.base import Arithmetic
from tenants.translations import N_


class Multiplier(Arithmetic):
    """What makes the points of the promotions `of` (of all others, if none is named) `times` as many.

    It adds times − 1 of what they gave for the purchase after their limits, the remainder lost. What other
    multipliers add is not multiplied.
    """

    late: ClassVar[bool] = True

    kind: Annotated[
        Literal["multiplier"], named(multiplier=N_("Points of other promotions times as many"))
    ] = "multiplier"
    times: Annotated[Decimal, Asks(N_("How many times as many"))] = Field(
        gt=1, le=100, max_digits=5, decimal_places=2
    )
    of: Annotated[
        tuple[str, ...],
        Asks(N_("Of these promotions"), help=N_("None ticked: of all others"), of="promotion"),
    ] = ()

    def compile(self, setting: Setting) -> Special:
        """Only what is on top of the points that are given already."""
        extra = int((self.times - 1) * 100)
        named = frozenset(setting.promotions[code] for code in self.of if code in setting.promotions)

        def worth(case: Case, amount: int, promotion: int) -> Worth | Failed:
            given = sum(points for number, points in case.given if not self.of or number in named)
            return Worth(given, given * extra // 100) if given > 0 else Failed("given", 1, 0)

        return worth
