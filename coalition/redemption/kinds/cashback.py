"""Cashback: points to money on the member's card, paid by the bank from a register (seed 000, golden D1)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.redemption.kinds.base import Price, whole_number, worth
from coalition.redemption.models import Payout, Redemption, Reward
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

PAYEE = "cashback"


class CashbackTerms(BaseModel):
    """Least and most points of one cashback, and how many days the bank takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points_min: int = Field(gt=0)
    points_max: int = Field(gt=0)
    days: int = Field(ge=0, le=60)


class Cashback:
    """The choice is {"points": whole units}; they pay out at the programme's value of a point."""

    code = "cashback"

    def check_terms(self, terms: dict[str, Any]) -> dict[str, Any]:
        """See CashbackTerms."""
        return CashbackTerms.model_validate(terms).model_dump()

    def price(self, session: Session, programme: Programme, reward: Reward, choice: dict[str, Any]) -> Price:
        """As `worth` says, between the terms' least and most."""
        terms = CashbackTerms.model_validate(reward.terms)
        points = whole_number(choice, "points")
        return worth(programme, points, least=terms.points_min, most=terms.points_max)

    def fulfil(self, session: Session, programme: Programme, reward: Reward, redemption: Redemption) -> bool:
        """Owe the money; the next register takes it along."""
        session.add(
            Payout(
                tenant_id=tenant_of(session),
                member_id=redemption.member_id,
                id=redemption.id,
                payee=PAYEE,
                minor=redemption.minor,
            )
        )
        return True

    def undo(self, session: Session, reward: Reward, redemption: Redemption) -> None:
        """Possible until the money is in a register, and again when the bank has returned it."""
        owed = session.get_one(
            Payout, (redemption.tenant_id, redemption.member_id, redemption.id), with_for_update=True
        )
        if owed.state == "waiting":
            session.delete(owed)
        elif owed.state != "returned":
            raise Refusal("payout_on_its_way")
