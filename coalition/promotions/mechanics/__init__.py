"""The kinds of arithmetic a promotion can use: one file each, one line here.

A mechanic compiles to `Linear`, which the engine computes in its loop, or to a function of the case (`Special`).
"""

from typing import Annotated

from pydantic import Field

from coalition.promotions.mechanics.bands import Bands
from coalition.promotions.mechanics.both_sides import BothSides
from coalition.promotions.mechanics.buy_get import BuyGet
from coalition.promotions.mechanics.by_payment import ByPayment
from coalition.promotions.mechanics.category_of_month import CategoryOfMonth
from coalition.promotions.mechanics.cheapest import Cheapest
from coalition.promotions.mechanics.fixed import Fixed
from coalition.promotions.mechanics.ladder import Ladder
from coalition.promotions.mechanics.multiplier import Multiplier
from coalition.promotions.mechanics.per_step import PerStep
from coalition.promotions.mechanics.per_unit import PerUnit
from coalition.promotions.mechanics.percent import Percent
from coalition.promotions.mechanics.tenure import Tenure

Mechanic = Annotated[
    Percent
    | PerStep
    | Fixed
    | Tenure
    | Bands
    | BothSides
    | Ladder
    | Multiplier
    | PerUnit
    | BuyGet
    | Cheapest
    | ByPayment
    | CategoryOfMonth,
    Field(discriminator="kind"),
]
