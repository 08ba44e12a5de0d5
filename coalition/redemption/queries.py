"""Reads of redemption."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.redemption.models import Certificate, Payout, Redemption, Reward
from tenants.parts import Part, is_on
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.vault import vault_of

PARTS = {"donation": Part.CHARITY}
"""Kinds of rewards that belong to a part of the product which can be switched off."""


def reward_by_code(session: Session, code: str) -> Reward:
    """A reward that is offered; NotFound("reward_unknown")."""
    reward = session.scalars(
        select(Reward).where(Reward.tenant_id == tenant_of(session), Reward.code == code, Reward.offered)
    ).one_or_none()
    if reward is None or not _has_part(session, reward.kind):
        raise NotFound("reward_unknown")
    return reward


def _has_part(session: Session, kind: str) -> bool:
    """Whether the tenant has the part of the product that the kind belongs to, if it belongs to one."""
    part = PARTS.get(kind)
    return part is None or is_on(session, part)


def rewards(session: Session, kind: str) -> Sequence[Reward]:
    """The rewards of a kind that are offered, in the order of the showcase; none where its part is switched off."""
    if not _has_part(session, kind):
        return []
    return session.scalars(
        select(Reward)
        .where(Reward.tenant_id == tenant_of(session), Reward.kind == kind, Reward.offered)
        .order_by(Reward.place, Reward.id)
    ).all()


def rewards_by_id(session: Session) -> dict[int, Reward]:
    """Every reward of the tenant, offered or not: a history names them all."""
    return {r.id: r for r in session.scalars(select(Reward).where(Reward.tenant_id == tenant_of(session)))}


def reward_of_any_state(session: Session, code: str) -> Reward:
    """A reward, offered or not; NotFound("reward_unknown")."""
    reward = session.scalars(
        select(Reward).where(Reward.tenant_id == tenant_of(session), Reward.code == code)
    ).one_or_none()
    if reward is None:
        raise NotFound("reward_unknown")
    return reward


def rewards_running_low(session: Session, day: date) -> Sequence[Reward]:
    """Offered rewards with fewer codes left than their bound, in the order of the showcase."""
    enough = select(Certificate.digest).where(
        Certificate.tenant_id == Reward.tenant_id,
        Certificate.reward_id == Reward.id,
        Certificate.redemption_id.is_(None),
        Certificate.valid_to >= day,
    )
    return session.scalars(
        select(Reward)
        .where(
            Reward.tenant_id == tenant_of(session),
            Reward.offered,
            Reward.alert_below.is_not(None),
            ~enough.offset(Reward.alert_below - 1).limit(1).exists(),
        )
        .order_by(Reward.place, Reward.id)
    ).all()


def expired_stock(session: Session, day: date) -> dict[int, int]:
    """How many codes nobody took before their last day was over, by reward."""
    rows = session.execute(
        select(Certificate.reward_id, func.count())
        .where(
            Certificate.tenant_id == tenant_of(session),
            Certificate.redemption_id.is_(None),
            Certificate.valid_to < day,
        )
        .group_by(Certificate.reward_id)
    )
    return dict(rows.all())


def stock_days(session: Session, day: date, reward_id: int) -> Sequence[tuple[date, int]]:
    """How many codes of a reward are left by their last day, the first to end first."""
    rows = session.execute(
        select(Certificate.valid_to, func.count())
        .where(
            Certificate.tenant_id == tenant_of(session),
            Certificate.reward_id == reward_id,
            Certificate.redemption_id.is_(None),
            Certificate.valid_to >= day,
        )
        .group_by(Certificate.valid_to)
        .order_by(Certificate.valid_to)
    )
    return [(last, count) for last, count in rows]


def stock(session: Session, programme: Programme) -> dict[int, int]:
    """How many certificate codes are left, by reward."""
    rows = session.execute(
        select(Certificate.reward_id, func.count())
        .where(
            Certificate.tenant_id == tenant_of(session),
            Certificate.redemption_id.is_(None),
            Certificate.valid_to >= clock.business_day(programme.zone),
        )
        .group_by(Certificate.reward_id)
    )
    return dict(rows.all())


def redemption_by_id(
    session: Session, member_id: UUID, redemption_id: UUID, *, lock: bool = False
) -> Redemption:
    """A member's redemption; NotFound("redemption_unknown")."""
    found = session.get(
        Redemption,
        (tenant_of(session), member_id, redemption_id),
        with_for_update=lock,
        populate_existing=lock,
    )
    if found is None:
        raise NotFound("redemption_unknown")
    return found


def redemptions_of(session: Session, member_id: UUID, *, limit: int = 100) -> Sequence[Redemption]:
    """A member's redemptions, newest first."""
    return session.scalars(
        select(Redemption)
        .where(Redemption.tenant_id == tenant_of(session), Redemption.member_id == member_id)
        .order_by(Redemption.id.desc())
        .limit(limit)
    ).all()


def certificate_of(session: Session, redemption: Redemption) -> tuple[Certificate, str]:
    """The certificate that a redemption took, with its code opened."""
    found = session.scalars(
        select(Certificate).where(
            Certificate.tenant_id == tenant_of(session),
            Certificate.member_id == redemption.member_id,
            Certificate.redemption_id == redemption.id,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("certificate_unknown")
    code = vault_of(session).open(found.sealed, "certificate.sealed", found.reward_id, found.digest)
    return found, code


def payout_of(session: Session, redemption: Redemption) -> Payout | None:
    """The money owed for a redemption, if it owes any."""
    return session.get(Payout, (tenant_of(session), redemption.member_id, redemption.id))
