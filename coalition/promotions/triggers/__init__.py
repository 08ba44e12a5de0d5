"""When a purchase is one that pays: one file each, one line here.

A trigger compiles to nothing when every purchase pays, or to a function that counts the purchase and says whether it is
one. It is asked after the promotion's conditions, so it counts only purchases that meet them.
"""

from typing import Annotated

from pydantic import Field

from coalition.promotions.triggers.nth import Nth
from coalition.promotions.triggers.purchase import Purchase

Trigger = Annotated[Purchase | Nth, Field(discriminator="kind")]
