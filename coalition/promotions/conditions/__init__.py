"""What must hold of a purchase beyond its partner, category and amount: one file each, one line here.

A condition compiles to a check of the case. Checks stand in the order in which the document names them, and the first
that fails is the one that is told. They move no counter.
"""

from typing import Annotated

from pydantic import Field

from coalition.promotions.conditions.amount_below import AmountBelow
from coalition.promotions.conditions.attribute import Attribute
from coalition.promotions.conditions.channel import Channel
from coalition.promotions.conditions.entitlement import Entitlement
from coalition.promotions.conditions.goods import Goods
from coalition.promotions.conditions.hours import Hours
from coalition.promotions.conditions.items import Items
from coalition.promotions.conditions.opt_in import OptIn
from coalition.promotions.conditions.payment import Payment
from coalition.promotions.conditions.place import Place
from coalition.promotions.conditions.tier import Tier
from coalition.promotions.conditions.without_spending import WithoutSpending

Condition = Annotated[
    AmountBelow
    | Attribute
    | Channel
    | Entitlement
    | Goods
    | Hours
    | Items
    | OptIn
    | Payment
    | Place
    | Tier
    | WithoutSpending,
    Field(discriminator="kind"),
]
