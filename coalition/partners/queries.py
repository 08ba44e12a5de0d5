"""Reads of partners."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.partners.models import Merchant, Outlet, Participant, Partner, Terminal
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.ids import next_numbers


def participants_by_code(session: Session) -> dict[str, int]:
    """Numbers of the tenant's participants."""
    rows = session.execute(
        select(Participant.code, Participant.id).where(Participant.tenant_id == tenant_of(session))
    )
    return dict(rows.all())


def all_participants(session: Session) -> Sequence[Participant]:
    """The tenant's participants, by code."""
    return session.scalars(
        select(Participant).where(Participant.tenant_id == tenant_of(session)).order_by(Participant.code)
    ).all()


def participant_by_id(session: Session, participant_id: int) -> Participant:
    """The tenant's participant; NotFound("participant_unknown")."""
    found = session.get(Participant, (tenant_of(session), participant_id))
    if found is None:
        raise NotFound("participant_unknown")
    return found


def participant_here(session: Session, participant_id: int) -> Participant:
    """One that has not left, and does not meanwhile; NotFound("participant_unknown"), Conflict("participant_left")."""
    found = participant_by_id(session, participant_id)
    session.refresh(found, with_for_update={"read": True})
    if found.left_at is not None:
        raise Conflict("participant_left")
    return found


def company_here(session: Session, participant_id: int | None) -> Participant | None:
    """For whom people of a participant begin something new; None for those who are nobody's in particular.

    As `participant_here`; who has left is told so: Conflict("company_left").
    """
    if participant_id is None:
        return None
    try:
        return participant_here(session, participant_id)
    except Conflict:
        raise Conflict("company_left") from None


def participants_that_left(session: Session) -> frozenset[str]:
    """The codes of those at whose expense nothing new is given."""
    gone = select(Participant.code).where(
        Participant.tenant_id == tenant_of(session), Participant.left_at.is_not(None)
    )
    return frozenset(session.scalars(gone))


def partners_by_code(session: Session) -> dict[str, int]:
    """Numbers of the tenant's partners."""
    rows = session.execute(select(Partner.code, Partner.id).where(Partner.tenant_id == tenant_of(session)))
    return dict(rows.all())


def partner_by_code(session: Session, code: str) -> Partner:
    """The tenant's partner; NotFound("partner_unknown")."""
    found = session.scalars(
        select(Partner).where(Partner.tenant_id == tenant_of(session), Partner.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound("partner_unknown")
    return found


def partners_by_terminal(session: Session) -> dict[tuple[str, str], int]:
    """Partner numbers by (MID, TID)."""
    rows = session.execute(
        select(Terminal.mid, Terminal.tid, Terminal.partner_id).where(
            Terminal.tenant_id == tenant_of(session)
        )
    )
    return {(mid, tid): partner for mid, tid, partner in rows}


def all_outlets(session: Session) -> Sequence[Outlet]:
    """The tenant's places of sale."""
    return session.scalars(
        select(Outlet).where(Outlet.tenant_id == tenant_of(session)).order_by(Outlet.id)
    ).all()


def outlets_of_participant(session: Session, owner_id: int) -> Sequence[Outlet]:
    """The open places of sale of the partners of a participant."""
    return session.scalars(
        select(Outlet)
        .join(Partner, (Partner.tenant_id == Outlet.tenant_id) & (Partner.id == Outlet.partner_id))
        .where(
            Outlet.tenant_id == tenant_of(session),
            Partner.participant_id == owner_id,
            Outlet.closed_at.is_(None),
        )
        .order_by(Outlet.id)
    ).all()


def all_partners(session: Session) -> Sequence[Partner]:
    """The tenant's partners, for the showcase."""
    return session.scalars(
        select(Partner).where(Partner.tenant_id == tenant_of(session)).order_by(Partner.id)
    ).all()


def partners_of(session: Session, participant_id: int) -> Sequence[Partner]:
    """A participant's partners, open and closed."""
    return session.scalars(
        select(Partner)
        .where(Partner.tenant_id == tenant_of(session), Partner.participant_id == participant_id)
        .order_by(Partner.id)
    ).all()


def merchants_by_name(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Numbers of sellers by the name a source gave, made for those not seen before."""
    tenant_id, wanted = tenant_of(session), sorted(set(names))
    found = _merchants(session, wanted)
    new = [name for name in wanted if name not in found]
    if new:
        first = next_numbers(session, "merchant", len(new))
        session.execute(
            insert(Merchant).on_conflict_do_nothing(),
            [{"tenant_id": tenant_id, "id": first + i, "name": name} for i, name in enumerate(new)],
        )
        found |= _merchants(session, new)
    return found


def _merchants(session: Session, names: list[str]) -> dict[str, int]:
    rows = session.execute(
        select(Merchant.name, Merchant.id).where(
            Merchant.tenant_id == tenant_of(session), Merchant.name == func.any(names)
        )
    )
    return dict(rows.all())


def partner_by_id(session: Session, partner_id: int) -> Partner:
    """The tenant's partner, open or closed; NotFound("partner_unknown")."""
    found = session.get(Partner, (tenant_of(session), partner_id))
    if found is None:
        raise NotFound("partner_unknown")
    return found


def outlet_by_id(session: Session, outlet_id: int) -> Outlet:
    """The tenant's place of sale, open or closed; NotFound("outlet_unknown")."""
    found = session.get(Outlet, (tenant_of(session), outlet_id))
    if found is None:
        raise NotFound("outlet_unknown")
    return found


def places_count(session: Session) -> dict[int, tuple[int, int]]:
    """How many open outlets and how many terminals each partner has."""
    outlets, terminals = (
        dict(
            session.execute(
                select(table.partner_id, func.count())
                .where(table.tenant_id == tenant_of(session), *where)
                .group_by(table.partner_id)
            ).all()
        )
        for table, where in ((Outlet, (Outlet.closed_at.is_(None),)), (Terminal, ()))
    )
    return {number: (outlets.get(number, 0), terminals.get(number, 0)) for number in outlets | terminals}


def terminals_of(session: Session, partner_id: int, *, limit: int = 200) -> Sequence[Terminal]:
    """A partner's terminals, by MID and TID."""
    return session.scalars(
        select(Terminal)
        .where(Terminal.tenant_id == tenant_of(session), Terminal.partner_id == partner_id)
        .order_by(Terminal.mid, Terminal.tid)
        .limit(limit)
    ).all()


def outlet_by_code(session: Session, code: str) -> Outlet:
    """The tenant's place of sale, open or closed; NotFound("outlet_unknown")."""
    found = session.scalars(
        select(Outlet).where(Outlet.tenant_id == tenant_of(session), Outlet.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound("outlet_unknown")
    return found
