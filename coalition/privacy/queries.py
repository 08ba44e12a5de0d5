"""Reads of requests about personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.claims.models import Claim
from coalition.ledger.queries import balance_of
from coalition.members.models import Member, MemberPerson
from coalition.privacy.models import PrivacyRequest
from coalition.redemption.models import Payout, Redemption
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@dataclass(frozen=True)
class InTheWay:
    """What an erasure waits for: points set aside, redemptions and payouts on their way, claims that are not over."""

    held: int
    redemptions: int
    payouts: int
    claims: int

    def __bool__(self) -> bool:
        return any((self.held, self.redemptions, self.payouts, self.claims))


def request_by_id(session: Session, request_id: UUID) -> PrivacyRequest:
    """A request of the tenant's; NotFound("privacy_request_unknown")."""
    found = session.scalars(
        select(PrivacyRequest).where(
            PrivacyRequest.tenant_id == tenant_of(session), PrivacyRequest.id == request_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound("privacy_request_unknown")
    return found


def requests_of(session: Session, member_id: UUID) -> Sequence[PrivacyRequest]:
    """What a member has asked for, the newest first."""
    return session.scalars(
        select(PrivacyRequest)
        .where(PrivacyRequest.tenant_id == tenant_of(session), PrivacyRequest.member_id == member_id)
        .order_by(PrivacyRequest.id.desc())
    ).all()


def hold_person(session: Session, member_id: UUID, *, whole: bool = True) -> bool:
    """Whether the person of a member is there, and stays as she is until this transaction ends.

    A copy and an erasure both begin with it, so that one waits for the other. With `whole` rows that refer to the
    member are waited for and kept waiting, too: those of a purchase do not wait for a copy.
    """
    tenant_id = tenant_of(session)
    held = select(Member.id).where(Member.tenant_id == tenant_id, Member.id == member_id)
    session.execute(held.with_for_update(key_share=not whole))
    asked = select(MemberPerson.member_id).where(
        MemberPerson.tenant_id == tenant_id, MemberPerson.member_id == member_id
    )
    return session.scalar(asked) is not None


def in_the_way(session: Session, member_id: UUID) -> InTheWay:
    """What of the member's has to come to its end before her data can be erased."""
    tenant_id = tenant_of(session)

    def count(model: type[Redemption] | type[Payout] | type[Claim], where: object) -> int:
        asked = select(func.count()).where(model.tenant_id == tenant_id, model.member_id == member_id, where)  # type: ignore[arg-type]
        return int(session.scalar(asked) or 0)

    return InTheWay(
        held=balance_of(session, member_id).held,
        redemptions=count(Redemption, Redemption.state == "held"),
        payouts=count(Payout, Payout.state.in_(("waiting", "sent"))),
        claims=count(Claim, Claim.ended_at.is_(None)),
    )
