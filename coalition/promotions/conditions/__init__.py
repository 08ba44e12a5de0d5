"""What must hold of a purchase beyond its partner, category and amount: one file each, one line here.

A condition compiles to a check of the case. Checks stand in the order in which the document names them, and the first
that fails is the one that is told. They move no counter.
"""

from typing import Annotated

from pydantic import Field

from coalition.promotions.conditions.hours import Hours

Condition = Annotated[Hours, Field()]
