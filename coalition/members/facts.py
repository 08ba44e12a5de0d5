"""Stating what promotions may ask of a member: attributes, rights, accepted promotions, entered promo codes."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from coalition.ledger.bulk import hold_off
from coalition.members.models import FactKind, MemberFact
from coalition.members.queries import member_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

NAME_MAX, VALUE_MAX = 64, 200
Key = tuple[UUID, FactKind, str]
"""Member, kind and name: of each the newest statement holds."""
_ONCE = (FactKind.OPT_IN, FactKind.PROMO_CODE)


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
    record(session, actor, "facts.state", f"member {member_id}", after={"kind": str(kind), "fact": name})


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
    hold_off(session, [member_id])
    known = newest_facts(session, [member_id], [(kind, name)]).get((member_id, kind, name))
    if known is not None and (kind in _ONCE or (known.value, known.until) == (value, until)):
        return  # the first time holds, and what is known already is no news
    session.add(following(session, known, member_id, kind, name, value, until))
    session.flush()  # who asks for facts in this transaction asks the table


def newest_facts(
    session: Session, members: Collection[UUID], names: Collection[tuple[FactKind, str]]
) -> dict[Key, MemberFact]:
    """What was stated last of these members under each of the names."""
    rows = session.scalars(
        select(MemberFact)
        .ext(distinct_on(MemberFact.member_id, MemberFact.kind, MemberFact.name))
        .where(
            MemberFact.tenant_id == tenant_of(session),
            MemberFact.member_id.in_(members),
            tuple_(MemberFact.kind, MemberFact.name).in_([(str(kind), name) for kind, name in names]),
        )
        .order_by(
            MemberFact.member_id,
            MemberFact.kind,
            MemberFact.name,
            MemberFact.since.desc(),
            MemberFact.ordinal.desc(),
        )
    )
    return {(row.member_id, FactKind(row.kind), row.name): row for row in rows}


def following(
    session: Session,
    known: MemberFact | None,
    member_id: UUID,
    kind: FactKind,
    name: str,
    value: str,
    until: date | None,
) -> MemberFact:
    """The fact that follows what is known, however the clocks of hosts differ: its moment is never before that one's.

    At the same moment it stands behind it.
    """
    since = clock.now() if known is None else max(clock.now(), known.since)
    return MemberFact(
        tenant_id=tenant_of(session),
        member_id=member_id,
        kind=str(kind),
        name=name,
        since=since,
        ordinal=known.ordinal + 1 if known is not None and known.since == since else 0,
        value=value,
        until=until,
    )
