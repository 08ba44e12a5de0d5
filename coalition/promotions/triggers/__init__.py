"""When a purchase is one that pays: one file each, one line here.

A trigger compiles to nothing when every purchase pays, or to a function that counts the purchase and says whether it is
one. It is asked after the promotion's conditions, so it counts only purchases that meet them.
"""

from typing import Annotated

from pydantic import Field

from coalition.promotions.triggers.first import FirstPurchases
from coalition.promotions.triggers.mission import Mission
from coalition.promotions.triggers.nth import Nth
from coalition.promotions.triggers.promo_code import PromoCode
from coalition.promotions.triggers.purchase import Purchase
from coalition.promotions.triggers.repeat import Repeat
from coalition.promotions.triggers.streak import Streak
from coalition.promotions.triggers.win_back import WinBack

Trigger = Annotated[
    Purchase | Nth | FirstPurchases | Mission | PromoCode | Repeat | Streak | WinBack,
    Field(discriminator="kind"),
]
