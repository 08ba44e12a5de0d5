"""What a piece of a benefit is worth in uses, and until when. Pure."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coalition import money
from coalition.benefits.models import BenefitKind
from coalition.programmes.terms import NEVER
from tenants.runtime.errors import Refusal


class Terms(BaseModel):
    """`face` is a certificate's money a piece, `uses` a privilege's times a piece (none: as often as one likes).

    A grant can be used for `valid_days` days, the day it is granted included, and not after `valid_to`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    face: Decimal | None = Field(default=None, gt=0, le=10_000_000, decimal_places=2)
    uses: int | None = Field(default=None, ge=1, le=10_000)
    valid_days: int | None = Field(default=None, ge=1, le=3660)
    valid_to: date | None = None

    def last_day(self, granted_on: date) -> date:
        """The last day a grant of that day can be used."""
        ends = [NEVER if self.valid_to is None else self.valid_to]
        if self.valid_days is not None:
            ends.append(granted_on + timedelta(days=self.valid_days - 1))
        return min(ends)

    def piece(self, kind: BenefitKind, exponent: int) -> int:
        """What one piece adds to a grant: minor units of a certificate, times of a privilege, else one."""
        if kind is BenefitKind.CERTIFICATE:
            assert self.face is not None, "a certificate has a face value"
            return money.in_units(self.face, exponent)
        return self.uses or 1


def unfit(kind: BenefitKind, terms: dict[str, Any], today: date) -> list[Refusal]:
    """Everything for which a benefit of the kind cannot have these terms, each with its field.

    "benefit_terms" for what the kind does not have or lacks, "benefit_past" for a last day that is over, and
    "benefit_value" for what no benefit can have, with the validator's `kind` of it and `facts`.
    """
    try:
        found = Terms.model_validate(terms)
    except ValidationError as error:
        return [
            Refusal(
                "benefit_value",
                field=".".join(map(str, one["loc"])),
                kind=one["type"],
                facts=dict(one.get("ctx", {})),
            )
            for one in error.errors(include_url=False, include_input=False)
        ]
    refused = []
    if (found.face is not None) != (kind is BenefitKind.CERTIFICATE):
        refused.append(Refusal("benefit_terms", field="face"))
    if found.uses is not None and kind is not BenefitKind.PRIVILEGE:
        refused.append(Refusal("benefit_terms", field="uses"))
    if found.valid_to is not None and found.valid_to < today:
        refused.append(Refusal("benefit_past", field="valid_to", today=today))
    return refused


def is_endless(kind: BenefitKind, terms: Terms) -> bool:
    """Whether using a grant leaves as much of it."""
    return kind is BenefitKind.PRIVILEGE and terms.uses is None
