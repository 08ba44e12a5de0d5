"""When a promotion pays: one file each, one line here.

A trigger compiles to nothing when every purchase (or occasion) pays, or to a function that counts it and says whether
it is one. It is asked after the promotion's conditions, so it counts only purchases that meet them.

Most are for purchases; those of `occasion.OccasionTrigger` are for what happens without one.
"""

from typing import Annotated

from pydantic import Field

from coalition.promotions.triggers.anniversary import Anniversary
from coalition.promotions.triggers.birthday import Birthday
from coalition.promotions.triggers.card_activation import CardActivation
from coalition.promotions.triggers.enrolment import Enrolment
from coalition.promotions.triggers.event import Event
from coalition.promotions.triggers.exchange import Exchange
from coalition.promotions.triggers.first import FirstPurchases
from coalition.promotions.triggers.holiday import Holiday
from coalition.promotions.triggers.mission import Mission
from coalition.promotions.triggers.nth import Nth
from coalition.promotions.triggers.prize import Prize
from coalition.promotions.triggers.profile_completed import ProfileCompleted
from coalition.promotions.triggers.promo_code import PromoCode
from coalition.promotions.triggers.purchase import Purchase
from coalition.promotions.triggers.referral import Referral
from coalition.promotions.triggers.repeat import Repeat
from coalition.promotions.triggers.streak import Streak
from coalition.promotions.triggers.tier_reached import TierReached
from coalition.promotions.triggers.win_back import WinBack

Occasional = (
    Anniversary
    | Birthday
    | CardActivation
    | Enrolment
    | Event
    | Exchange
    | Holiday
    | Prize
    | ProfileCompleted
    | Referral
)

Trigger = Annotated[
    Purchase
    | Nth
    | FirstPurchases
    | Mission
    | PromoCode
    | Repeat
    | Streak
    | TierReached
    | WinBack
    | Occasional,
    Field(discriminator="kind"),
]
