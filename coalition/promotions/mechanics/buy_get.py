"""Buy some, and get some more as a gift (seed 001, golden C2: 200, 150, 120 and 90 give 150 and 90 back)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.base import Goods
from coalition.promotions.case import Setting, Special
from coalition.promotions.mechanics.base import Arithmetic, Share
from coalition.promotions.mechanics.pieces import Gifts
from tenants.translations import N_


class BuyGet(Arithmetic):
    """For every `buy` pieces of the goods up to `get` more, the cheaper ones, are given back at `rate` of their price.

    The price comes back in points, at the programme's exchange. Only whole pieces count.
    """

    kind: Annotated[Literal["buy_get"], named(buy_get=N_("Buy some, get some back"))] = "buy_get"
    buy: Annotated[int, Asks(N_("Buys, pieces"))] = Field(default=1, ge=1, le=1000)
    get: Annotated[int, Asks(N_("Gets back, pieces"))] = Field(default=1, ge=1, le=1000)
    goods: Annotated[Goods, Asks(N_("Which goods"), help=N_("None named: all of the receipt"))] = Goods()
    rate: Annotated[Share, Asks(N_("Of their price, %"))] = Decimal(100)

    def compile(self, setting: Setting) -> Special:
        """Rounds of buy + get, the dearest pieces first."""
        return Gifts(self.goods, self.buy, self.get, int(self.rate * 100)).compile(setting)
