"""What every part of a promotion document is made of."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from coalition.promotions.case import Counters
from coalition.promotions.periods import Span


class Unfit(ValueError):
    """What a part says of one of its fields when they do not go together: `field` is the one to be put right.

    What is wrong with a value, whatever its field, is of the field "". With a `kind` faces say it with its `facts`.
    """

    def __init__(self, field: str, why: str, kind: str = "", **facts: object) -> None:
        super().__init__(why)
        self.field, self.kind, self.facts = field, kind, facts


class Part(BaseModel):
    """A piece of a promotion document: frozen, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    personal: ClassVar[bool] = False  # whether it asks for the member's profile
    of_purchase: ClassVar[bool] = True  # whether it has a meaning for purchases only

    def counts(self) -> tuple[object, ...]:
        """What its own counters count, where it has any: another version may not read them as something else."""
        return ()

    def sums(self) -> list[tuple[str, Decimal]]:
        """Every sum of money in it, with its field."""
        return []

    def looks_back(self) -> tuple[Span, ...]:
        """The periods whose counters this part looks at; those kept for ever are always at hand."""
        return ()

    def is_over(self, counters: Counters, promotion: int) -> bool:
        """Whether a trigger has paid the member for the last time, as her counters stand; most pay again and again."""
        return False


DASH = r"\s*[-–—−]\s*"
"""What parts the two ends of a range, as people and their programs write it."""


def mcc_of(code: str) -> str:
    """The MCC, if it is one; ValueError."""
    if not (len(code) == 4 and code.isascii() and code.isdigit()):
        raise Unfit("", f"an MCC is four digits, not {code!r}", "mcc", code=code)
    return code


Mcc = Annotated[str, AfterValidator(mcc_of)]
"""A merchant category code as documents write it."""

Money = Annotated[Decimal, Field(gt=0, le=1_000_000_000_000, decimal_places=2)]
"""A sum of money as documents write it."""
