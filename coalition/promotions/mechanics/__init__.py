"""The kinds of arithmetic a promotion can use: one file each, one line here.

A mechanic compiles to `Linear`, which the engine computes in its loop, or to a function of the case (`Special`).
"""

from typing import Annotated

from pydantic import Field

from coalition.promotions.mechanics.fixed import Fixed
from coalition.promotions.mechanics.per_step import PerStep
from coalition.promotions.mechanics.percent import Percent
from coalition.promotions.mechanics.tenure import Tenure

Mechanic = Annotated[Percent | PerStep | Fixed | Tenure, Field(discriminator="kind")]
