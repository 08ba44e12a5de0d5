"""Points for goods by the piece or the kilogram (seed 003, golden N3: it needs the receipt's lines)."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.base import Goods
from coalition.promotions.case import Case, Failed, Setting, Special, Worth
from coalition.promotions.mechanics.base import Arithmetic
from coalition.promotions.mechanics.pieces import WHOLE, bought
from tenants.translations import N_


class PerUnit(Arithmetic):
    """`points` for each whole `per` of the quantity of the goods on the receipt, whatever they cost.

    The base of an explanation is the quantity, in thousandths.
    """

    counts_pieces: ClassVar[bool] = True
    kind: Annotated[Literal["per_unit"], named(per_unit=N_("For goods by the piece or kilogram"))] = (
        "per_unit"
    )
    points: Annotated[Decimal, Asks(N_("Gives"), unit="points")] = Field(gt=0, le=1_000_000, decimal_places=2)
    goods: Annotated[Goods, Asks(N_("Which goods"), help=N_("None named: all of the receipt"))] = Goods()
    per: Annotated[Decimal, Asks(N_("For every, pieces or kilograms"))] = Field(
        default=Decimal(1), gt=0, le=1_000_000, decimal_places=3
    )

    def awards(self) -> list[tuple[str, Decimal]]:
        """The one number."""
        return [("points", self.points)]

    def compile(self, setting: Setting) -> Special:
        """All lines together, then whole steps."""
        fits, points, per = self.goods.match(), setting.points(self.points), int(self.per * WHOLE)

        def worth(case: Case, amount: int, promotion: int) -> Worth | Failed:
            items = bought(case, fits, amount)
            if isinstance(items, Failed):
                return items
            quantity = sum(item.quantity for item in items)
            if quantity < per:
                return Failed("quantity", per, quantity)
            return Worth(quantity, quantity // per * points)

        return worth
