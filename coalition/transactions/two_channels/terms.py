"""The programme's terms: who pays for a sale that both a till and the bank's file tell, and what makes it the same."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy.orm import Session

from coalition.programmes.kept import kept_as
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission

MINUTES_OF_A_DAY = 24 * 60


class SameSaleTerms(BaseModel):
    """Who pays: the "first" one that is known, the "till", or the "bank".

    Within so many `minutes` equal sums are certainly the same sale; within so many `days` a person says so, and of sums
    that differ by up to `tolerance_percent`. Further apart nothing is looked at.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pays: Literal["first", "till", "bank"]
    days: int = Field(default=3, ge=1, le=31)
    minutes: int = Field(default=30, ge=1, le=2880)
    tolerance_percent: int = Field(default=0, ge=0, le=50)

    @field_validator("minutes")
    @classmethod
    def _within_the_days(cls, minutes: int, info: ValidationInfo) -> int:
        if minutes > info.data.get("days", 31) * MINUTES_OF_A_DAY:
            raise ValueError("more than the days hold")
        return minutes

    def till_pays(self, *, till_first: bool) -> bool:
        """Whether the till's telling pays; `till_first` where it was known first."""
        return till_first if self.pays == "first" else self.pays == "till"


def same_sale_terms(programme: Programme) -> SameSaleTerms | None:
    """The programme's terms; nothing where both pay."""
    return None if programme.same_sale is None else SameSaleTerms.model_validate(programme.same_sale)


def set_same_sale_terms(
    session: Session, actor: Actor, *, programme_id: int, terms: dict[str, Any] | None
) -> None:
    """Let one of two channels pay from now on, or (nothing) both; what is settled stays.

    Raises Refusal("same_sale_terms", field=..., why=...).
    """
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    programme = programme_by_id(session, programme_id)
    before, programme.same_sale = (
        programme.same_sale,
        kept_as(SameSaleTerms, terms, refusal="same_sale_terms"),
    )
    session.flush()  # what is posted next reads the row
    subject = f"programme {programme.code}"
    record(session, actor, "same_sale.terms", subject, before=before, after=programme.same_sale)
