"""What every condition is made of."""

from typing import Annotated, ClassVar

from pydantic import Field

from coalition.promotions.part import Part

Code = Annotated[str, Field(min_length=1, max_length=64)]
Codes = Annotated[tuple[Code, ...], Field(min_length=1, max_length=1000)]


class Requirement(Part):
    """What must hold of a purchase. `several`: a document can name more than one of the kind, and all must hold."""

    several: ClassVar[bool] = False

    def empty(self) -> tuple[str, str] | None:
        """The field to be filled in and why, of a condition that asks for nothing."""
        return None
