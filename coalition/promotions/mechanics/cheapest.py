"""The cheapest of every so many pieces as a gift (seed 001, golden C2 said by the size of the group)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.base import Goods
from coalition.promotions.case import Setting, Special
from coalition.promotions.mechanics.base import Arithmetic, Share
from coalition.promotions.mechanics.pieces import Gifts
from tenants.translations import N_


class Cheapest(Arithmetic):
    """Of every `of` pieces of the goods, by descending price, the cheapest is given back at `rate` of its price.

    The price comes back in points, at the programme's exchange. Only whole pieces count, and only full groups.
    """

    kind: Annotated[Literal["cheapest"], named(cheapest=N_("The cheapest piece comes back"))] = "cheapest"
    of: Annotated[int, Asks(N_("Of every, pieces"))] = Field(ge=2, le=1000)
    goods: Annotated[Goods, Asks(N_("Which goods"), help=N_("None named: all of the receipt"))] = Goods()
    rate: Annotated[Share, Asks(N_("Of their price, %"))] = Decimal(100)

    def compile(self, setting: Setting) -> Special:
        """Rounds in which all but one are bought."""
        return Gifts(self.goods, self.of - 1, 1, int(self.rate * 100)).compile(setting)
