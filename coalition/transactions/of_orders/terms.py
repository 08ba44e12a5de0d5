"""The programme's terms: who pays for an order of which a till or the bank's file tells the payment, too."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy.orm import Session

from coalition.programmes.kept import kept_as
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission


class OrderTerms(BaseModel):
    """Who pays: the "order", the "sale" that a till or the bank tells, or whichever is worth the "greater" points.

    Both lie at most so many `days` apart. Sums that differ by up to `tolerance_percent` of the sale are the same; of
    those that differ by up to `asked_percent` a person is asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pays: Literal["order", "sale", "greater"]
    days: int = Field(default=3, ge=1, le=31)
    tolerance_percent: int = Field(default=0, ge=0, le=50)
    asked_percent: int = Field(default=0, ge=0, le=50, validate_default=True)

    @field_validator("asked_percent")
    @classmethod
    def _no_less_than_certain(cls, percent: int, info: ValidationInfo) -> int:
        least: int = info.data.get("tolerance_percent", 0)
        return max(percent, least)


def order_terms(programme: Programme) -> OrderTerms | None:
    """The programme's terms; nothing where both pay."""
    return None if programme.same_order is None else OrderTerms.model_validate(programme.same_order)


def set_order_terms(
    session: Session, actor: Actor, *, programme_id: int, terms: dict[str, Any] | None
) -> None:
    """Let one of the two pay from now on, or (nothing) both; pairs that are settled stay pairs.

    Raises Refusal("same_order_terms", field=..., why=...).
    """
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    programme = programme_by_id(session, programme_id)
    before, programme.same_order = (
        programme.same_order,
        kept_as(OrderTerms, terms, refusal="same_order_terms"),
    )
    session.flush()  # what is posted next reads the row
    subject = f"programme {programme.code}"
    record(session, actor, "same_order.terms", subject, before=before, after=programme.same_order)
