"""Reads of members. A member's own reach ends at her own row; the door passes her id from her sign-in."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import Consent, Handle, HandleKind, Member, MemberFact, MemberPerson, Segment
from coalition.members.person import PLACE, Person
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound
from tenants.vault import vault_of


def member_by_id(session: Session, member_id: UUID) -> Member:
    """A member of this tenant; NotFound("member_unknown")."""
    member = session.get(Member, (tenant_of(session), member_id))
    if member is None:
        raise NotFound("member_unknown")
    return member


def members_of(session: Session, programme_id: int, members: Collection[UUID]) -> set[UUID]:
    """Those of the members who are in the programme."""
    return set(
        session.scalars(
            select(Member.id).where(
                Member.tenant_id == tenant_of(session),
                Member.programme_id == programme_id,
                Member.id.in_(members),
            )
        )
    )


def facts_of_members(session: Session, members: Collection[UUID]) -> dict[UUID, list[MemberFact]]:
    """The dated facts of members, oldest first; members without any are left out."""
    found: dict[UUID, list[MemberFact]] = {}
    for fact in session.scalars(
        select(MemberFact)
        .where(MemberFact.tenant_id == tenant_of(session), MemberFact.member_id.in_(members))
        .order_by(MemberFact.since, MemberFact.ordinal, MemberFact.kind, MemberFact.name)
    ):
        found.setdefault(fact.member_id, []).append(fact)
    return found


def member_by_handle(session: Session, value: str) -> Member:
    """The member whom a card token, card number, phone (E.164) or e-mail finds; NotFound("member_unknown")."""
    return member_by_id(session, handle_of(session, value).member_id)


def handle_of(session: Session, value: str) -> Handle:
    """The handle itself, which knows what kind it is; NotFound("member_unknown")."""
    vault, value = vault_of(session), value.strip()
    for kind in HandleKind:
        told = value.lower() if kind is HandleKind.EMAIL else value
        found = session.get(Handle, (tenant_of(session), kind, vault.digest(kind.name, told)))
        if found is not None:
            return found
    raise NotFound("member_unknown")


def member_by_phone(session: Session, phone: str) -> Member | None:
    """The member with this phone (E.164), if there is one. One statement either way, so its time tells nothing."""
    return session.scalars(
        select(Member)
        .join(Handle, (Handle.tenant_id == Member.tenant_id) & (Handle.member_id == Member.id))
        .where(
            Handle.tenant_id == tenant_of(session),
            Handle.kind == HandleKind.PHONE,
            Handle.digest == vault_of(session).digest(HandleKind.PHONE.name, phone),
        )
    ).one_or_none()


def person_of(session: Session, member_id: UUID) -> Person:
    """The member's personal data, opened; NotFound("person_erased") when it is gone."""
    row = session.get(MemberPerson, (tenant_of(session), member_id))
    if row is None:
        raise NotFound("person_erased")
    return Person.unpacked(vault_of(session).open(row.sealed, PLACE, member_id))


def has_person(session: Session, member_id: UUID) -> bool:
    """Whether the member's personal data is there still."""
    return session.get(MemberPerson, (tenant_of(session), member_id)) is not None


def require_person(session: Session, member_id: UUID) -> MemberPerson:
    """Who is written about; an erasure waits for this transaction.

    Raises NotFound("member_unknown"), or Conflict("member_erased") where nobody is there any more.
    """
    tenant_id = tenant_of(session)
    held = select(Member.id).where(Member.tenant_id == tenant_id, Member.id == member_id)
    if session.scalar(held.with_for_update(read=True, key_share=True)) is None:
        raise NotFound("member_unknown")
    found = session.get(MemberPerson, (tenant_id, member_id), populate_existing=True)
    if found is None:
        raise Conflict("member_erased")
    return found


def birthdays_of(session: Session, members: Collection[UUID]) -> dict[UUID, date]:
    """The birthdays of members, opened; those that are not known or erased are left out."""
    vault, found = vault_of(session), {}
    for row in session.scalars(
        select(MemberPerson).where(
            MemberPerson.tenant_id == tenant_of(session), MemberPerson.member_id.in_(members)
        )
    ):
        born_on = Person.unpacked(vault.open(row.sealed, PLACE, row.member_id)).born_on
        if born_on is not None:
            found[row.member_id] = born_on
    return found


def handles_of(session: Session, member_id: UUID) -> Sequence[Handle]:
    """What finds the member."""
    return session.scalars(
        select(Handle)
        .where(Handle.tenant_id == tenant_of(session), Handle.member_id == member_id)
        .order_by(Handle.kind, Handle.linked_at)
    ).all()


def consents_of(session: Session, member_id: UUID) -> dict[str, bool]:
    """The newest word of the member on each topic."""
    rows = session.scalars(
        select(Consent)
        .where(Consent.tenant_id == tenant_of(session), Consent.member_id == member_id)
        .order_by(Consent.at, Consent.id)
    )
    return {row.topic: row.given for row in rows}


def retired_segments(session: Session) -> frozenset[str]:
    """The codes of segments that nothing new may name."""
    return frozenset(
        session.scalars(
            select(Segment.code).where(
                Segment.tenant_id == tenant_of(session), Segment.retired_at.is_not(None)
            )
        )
    )


def segments_by_code(session: Session) -> dict[str, int]:
    """Bit numbers of the tenant's segments."""
    rows = session.execute(select(Segment.code, Segment.bit).where(Segment.tenant_id == tenant_of(session)))
    return dict(rows.all())


def member_slices(session: Session, programme_id: int, size: int) -> list[tuple[UUID, UUID | None]]:
    """The programme's members in ranges of so many: the first one, and the one before whom the range ends."""
    ids = session.scalars(
        select(Member.id)
        .where(Member.tenant_id == tenant_of(session), Member.programme_id == programme_id)
        .order_by(Member.id)
    ).all()
    bounds = list(ids[::size])
    return list(zip(bounds, [*bounds[1:], None], strict=bool(bounds)))
