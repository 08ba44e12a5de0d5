"""Stating what promotions may ask of a member: attributes, rights, accepted promotions, entered promo codes."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger.bulk import lock_balances
from coalition.members.models import FactKind, MemberFact
from coalition.members.queries import member_by_id
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

NAME_MAX, VALUE_MAX = 64, 200


def state_fact(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    kind: FactKind,
    name: str,
    value: str = "",
    until: date | None = None,
) -> None:
    """Note a fact from now on; purchases that are booked already are valued by what was known then.

    Raises Refusal("fact_invalid") for a name or value that is empty or too long, NotFound("member_unknown").
    """
    actor.must(Permission.DESK_MEMBER_ENROL)
    if not 0 < len(name) <= NAME_MAX or len(value) > VALUE_MAX or (kind is FactKind.ATTRIBUTE and not value):
        raise Refusal("fact_invalid", name=name)
    note_fact(session, member_id, kind, name, value, until)


def note_fact(
    session: Session,
    member_id: UUID,
    kind: FactKind,
    name: str,
    value: str = "",
    until: date | None = None,
) -> None:
    """Note a fact for an action that has checked who may; promotions are accepted, and codes entered, once."""
    member_by_id(session, member_id)
    lock_balances(session, [member_id])  # what is being booked meanwhile is booked before this moment
    known = select(MemberFact.since).where(
        MemberFact.tenant_id == tenant_of(session),
        MemberFact.member_id == member_id,
        MemberFact.kind == kind,
        MemberFact.name == name,
    )
    if kind in (FactKind.OPT_IN, FactKind.PROMO_CODE) and session.scalars(known.limit(1)).first():
        return  # the first time holds
    session.execute(
        insert(MemberFact)
        .values(
            tenant_id=tenant_of(session),
            member_id=member_id,
            kind=kind,
            name=name,
            since=clock.now(),
            value=value,
            until=until,
        )
        .on_conflict_do_nothing()
    )
