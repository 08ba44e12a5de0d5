"""The text of a promotion version: one validated document, data and not code."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from coalition.promotions.mechanics import Mechanic
from coalition.promotions.mechanics.base import Part


class Kind(StrEnum):
    """Operations a promotion can be for, by the names of `OperationKind`."""

    PURCHASE = "purchase"
    SERVICE = "service"
    TRANSFER_OWN = "transfer_own"


class Titles(Part):
    """What members read, in both languages."""

    ru: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=120)


class Conditions(Part):
    """All that are given must hold; MCCs are four digits, partners and segments are codes."""

    kinds: tuple[Kind, ...] = (Kind.PURCHASE,)
    partners: tuple[str, ...] = ()
    mcc: tuple[str, ...] = ()
    excluded_mcc: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()  # any of them
    amount_from: Decimal | None = Field(default=None, gt=0, decimal_places=2)

    @model_validator(mode="after")
    def _codes(self) -> "Conditions":
        for code in (*self.mcc, *self.excluded_mcc):
            if not (len(code) == 4 and code.isascii() and code.isdigit()):
                raise ValueError(f"an MCC is four digits, not {code!r}")
        return self


class Limits(Part):
    """What one member can get: from one purchase, in a calendar month of the programme's zone."""

    per_purchase: Decimal | None = Field(default=None, gt=0, decimal_places=2)
    per_month: Decimal | None = Field(default=None, gt=0, decimal_places=2)


class Funder(Part):
    """A participant and its share of the cost; shares of all funders are weights."""

    participant: str
    share: int = Field(gt=0, le=100)


class Document(Part):
    """A promotion's terms. `once` pays for the first purchase that fits, and never again unless it is returned."""

    title: Titles
    category: str = Field(default="", max_length=32)
    icon: str = Field(default="percent", max_length=32)
    once: bool = False
    conditions: Conditions = Conditions()
    mechanic: Mechanic
    limits: Limits = Limits()
    activation_delay_days: int | None = Field(default=None, ge=0, le=366)
    funding: tuple[Funder, ...] = Field(min_length=1)
    schema_version: Literal[1] = 1

    @model_validator(mode="after")
    def _funding(self) -> "Document":
        if sum(funder.share for funder in self.funding) != 100:
            raise ValueError("the funders' shares make 100")
        if self.limits.per_month is not None and len(self.funding) > 2:
            # Shares of a growing total rise for each of two funders; of three, one's can fall by a unit.
            raise ValueError("a promotion with a limit per month has at most two funders")
        if self.once and self.limits.per_month is not None:
            raise ValueError("what is given once has no monthly limit")
        return self
