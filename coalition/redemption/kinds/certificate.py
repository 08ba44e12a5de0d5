"""Gift certificates: codes from a pool, kept sealed, each given once (seed 000)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.redemption.kinds.base import Price
from coalition.redemption.models import Certificate, Redemption, Reward
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal


class CertificateTerms(BaseModel):
    """Price in points, face value in minor units of money."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: int = Field(gt=0)
    minor: int = Field(gt=0)


class CertificateKind:
    """The choice is empty; the code given is the pool's that expires first."""

    code = "certificate"

    def check_terms(self, terms: dict[str, Any]) -> dict[str, Any]:
        """See CertificateTerms."""
        return CertificateTerms.model_validate(terms).model_dump()

    def price(self, session: Session, programme: Programme, reward: Reward, choice: dict[str, Any]) -> Price:
        """Refusal("sold_out") when no code is left."""
        terms = CertificateTerms.model_validate(reward.terms)
        if session.scalars(_free(session, programme, reward).limit(1)).first() is None:
            raise Refusal("sold_out")
        return Price(terms.points, terms.minor)

    def fulfil(self, session: Session, programme: Programme, reward: Reward, redemption: Redemption) -> bool:
        """Take a code. Locked codes are somebody else's: skip them, so buyers do not queue and none is sold twice."""
        code = session.scalars(
            _free(session, programme, reward).limit(1).with_for_update(skip_locked=True)
        ).first()
        if code is None:
            raise Refusal("sold_out")
        session.flush()  # the code refers to the redemption
        code.member_id, code.redemption_id = redemption.member_id, redemption.id
        return True

    def undo(self, session: Session, reward: Reward, redemption: Redemption) -> None:
        """A code that somebody has seen cannot be given back."""
        raise Refusal("certificate_given")


def _free(session: Session, programme: Programme, reward: Reward) -> Select[Certificate]:
    return (
        select(Certificate)
        .where(
            Certificate.tenant_id == tenant_of(session),
            Certificate.reward_id == reward.id,
            Certificate.redemption_id.is_(None),
            Certificate.valid_to >= clock.business_day(programme.zone),
        )
        .order_by(Certificate.valid_to, Certificate.digest)
    )
