"""Who brought whom: each member's own code for friends, the browsers she is known by, and the one who brought her.

What it gives is not decided here but in `coalition.transactions.referrals`.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger.bulk import hold_off
from coalition.members.codes import canonical, new_code
from coalition.members.models import Handle, HandleKind, Member, MemberDevice, Referral, ReferralCode
from coalition.members.queries import member_by_id, person_of
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.vault import vault_of


def code_of(session: Session, member_id: UUID) -> str:
    """The member's own code, made when it is first asked for."""
    tenant_id = tenant_of(session)
    known = session.get(ReferralCode, (tenant_id, member_id))
    if known is None:
        row = insert(ReferralCode).values(tenant_id=tenant_id, member_id=member_id, code=new_code())
        session.execute(row.on_conflict_do_nothing(index_elements=["tenant_id", "member_id"]))
        known = session.get_one(ReferralCode, (tenant_id, member_id))
    return known.code


def seen_on(session: Session, member_id: UUID, device: str) -> None:
    """Note the browser that a member came with; only a keyed digest of its cookie is kept."""
    row = insert(MemberDevice).values(
        tenant_id=tenant_of(session),
        member_id=member_id,
        digest=_device(session, device),
        since=clock.now(),
    )
    session.execute(row.on_conflict_do_nothing())


def brought_by(session: Session, member_id: UUID) -> Referral | None:
    """Who brought the member, if somebody did."""
    return session.get(Referral, (tenant_of(session), member_id))


def brought(session: Session, referrers: Collection[UUID]) -> Sequence[Referral]:
    """Everybody whom these members brought, in the order of their ids."""
    return session.scalars(
        select(Referral)
        .where(Referral.tenant_id == tenant_of(session), Referral.referrer_id.in_(referrers))
        .order_by(Referral.member_id)
    ).all()


def bring(session: Session, friend: Member, code: str, device: str = "") -> Referral:
    """Note who brought a member, for an action that has checked who may. Said once, it stays.

    Raises NotFound("referral_unknown"), Conflict("referral_known"), Refusal("referral_self") for the same person by
    phone, e-mail, card or browser, Refusal("referral_newer") for somebody who came after her.
    """
    tenant_id = tenant_of(session)
    referrer = _of_code(session, code)
    if referrer is None or referrer.programme_id != friend.programme_id:
        raise NotFound("referral_unknown")
    hold_off(session, [friend.id])
    if brought_by(session, friend.id) is not None:
        raise Conflict("referral_known")
    here = _device(session, device) if device else None
    if _same_person(session, referrer.id, friend.id, here):
        raise Refusal("referral_self")
    theirs = brought_by(session, referrer.id)
    if referrer.enrolled_at > friend.enrolled_at or (theirs and theirs.referrer_id == friend.id):
        raise Refusal("referral_newer")
    referral = Referral(
        tenant_id=tenant_id, member_id=friend.id, referrer_id=referrer.id, at=clock.now(), device=here
    )
    session.add(referral)
    session.flush()  # who brings her at the same moment meets its key
    return referral


def _of_code(session: Session, code: str) -> Member | None:
    member_id = session.scalars(
        select(ReferralCode.member_id).where(
            ReferralCode.tenant_id == tenant_of(session), ReferralCode.code == canonical(code)
        )
    ).one_or_none()
    return member_by_id(session, member_id) if member_id else None


def _same_person(session: Session, one: UUID, other: UUID, here: UUID | None) -> bool:
    if one == other:
        return True
    mine, theirs = (_marks(session, member_id) for member_id in (one, other))
    return not mine.isdisjoint(theirs | ({here} if here else set()))


def _marks(session: Session, member_id: UUID) -> set[UUID]:
    """Everything that tells a person: digests of what finds her, of phone and e-mail as stated, of her browsers."""
    tenant_id, vault = tenant_of(session), vault_of(session)
    found = set(
        session.scalars(
            select(Handle.digest).where(Handle.tenant_id == tenant_id, Handle.member_id == member_id)
        )
    )
    found |= set(
        session.scalars(
            select(MemberDevice.digest).where(
                MemberDevice.tenant_id == tenant_id, MemberDevice.member_id == member_id
            )
        )
    )
    try:
        person = person_of(session, member_id)
    except NotFound:
        return found
    if person.phone:
        found.add(vault.digest(HandleKind.PHONE.name, person.phone))
    if person.email:
        found.add(vault.digest(HandleKind.EMAIL.name, person.email))
    return found


def _device(session: Session, device: str) -> UUID:
    return vault_of(session).digest("DEVICE", device)
