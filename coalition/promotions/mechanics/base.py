"""What every mechanic is made of."""

from typing import ClassVar

from coalition.promotions.part import Part


class Arithmetic(Part):
    """How many points. `late` mechanics look at what the other promotions gave, and are asked after them."""

    late: ClassVar[bool] = False
