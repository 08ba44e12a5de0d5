"""What decides who belongs to a segment: one file each, one line here.

A criterion compiles to a query of the members for whom it holds, of a whole programme at once;
`coalition.segments.sizing` puts the queries of a definition together.
"""

from typing import Annotated

from pydantic import Field

from coalition.segments.criteria.balance import Balance
from coalition.segments.criteria.burning import Burning
from coalition.segments.criteria.facts import Attribute, Entitlement
from coalition.segments.criteria.last_purchase import LastPurchase
from coalition.segments.criteria.listed import Listed
from coalition.segments.criteria.purchases import Purchases
from coalition.segments.criteria.rfm import Rfm
from coalition.segments.criteria.tenure import Tenure

CRITERIA = (Purchases, LastPurchase, Rfm, Balance, Burning, Attribute, Entitlement, Tenure, Listed)
"""In the order in which people are offered them."""

AnyCriterion = Annotated[
    Purchases | LastPurchase | Rfm | Balance | Burning | Attribute | Entitlement | Tenure | Listed,
    Field(discriminator="kind"),
]
