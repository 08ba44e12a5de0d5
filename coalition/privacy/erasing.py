"""The erasure of a member: everything that tells who she is goes, and the ledger stays, of nobody.

It is asked for by one person of the staff and signed by another. It is refused while points are set aside, money is on
its way to her or a claim of hers is open.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session

from coalition.claims.attaching import drop_folder
from coalition.claims.models import ClaimFile
from coalition.ledger.post import open_book
from coalition.ledger.queries import balance_of
from coalition.members.queries import member_by_id, person_of
from coalition.messages.actions import forget_texts
from coalition.messages.models import PHONE as TEXT_PHONE
from coalition.messages.models import TextMessage
from coalition.privacy.actions import ERASED, locked
from coalition.privacy.copying import drop_copy, end_copies, of_member
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.plan import BLANK, LEDGER, NOTHING_SEALED, PERSON, SEALED, WORDS
from coalition.privacy.queries import hold_person, in_the_way, request_by_id
from coalition.privacy.terms import points_left
from coalition.programmes.queries import programme_by_id
from coalition.reports.exports.jobs import end_files_of_members
from coalition.settlement.queries import legal_of
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.roles import roles_of
from tenants.runtime import clock
from tenants.runtime.db import Base, tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.jobs import ask, job
from tenants.vault import vault_of

KIND = "erasure"


def ask_for_erasure(session: Session, actor: Actor, *, request_id: UUID) -> Approval:
    """Ask another person to sign the erasure that a member asked for; Refusal("erasure_in_the_way")."""
    actor.must(right_to(KIND, None))
    return approvals.ask(session, actor, _change(_ready(session, request_id)))


def erase(
    session: Session, actor: Actor, *, request_id: UUID, approval_id: UUID | None = None
) -> PrivacyRequest:
    """Erase the person of a member, with the signature of another one than who asked for it.

    Raises Conflict("privacy_request_ended"), Refusal("erasure_in_the_way") or what `approvals.signed` raises.
    """
    actor.must(right_to(KIND, approval_id))
    found = _ready(session, request_id)
    approvals.signed(session, actor, _change(found), approval_id)
    member_id, balance = found.member_id, balance_of(session, found.member_id)
    _forget_files(session, member_id)
    _forget_texts(session, member_id)
    end_files_of_members(session)
    report: dict[str, Any] = {
        "erased": {name: count for name in PERSON if (count := _remove(session, name, member_id))},
        "blanked": {name: count for name in WORDS if (count := _blank(session, name, member_id))},
        "kept": {name: count for name in LEDGER if (count := _count(session, name, member_id))},
        "points": points_left(balance),
    }
    asked_by = None if approval_id is None else approvals.approval_by_id(session, approval_id).author_id
    report |= {
        "asked_by": str(asked_by) if asked_by else None,
        "roles": {
            str(one): [role.code for role in roles_of(session, one)] for one in (asked_by, actor.id) if one
        },
        "operator": _operator(session, found.member_id),
    }
    found.state, found.ended_at, found.ended_by, found.report = "done", clock.now(), actor.id, report
    session.flush()
    session.expire_all()  # what was read of the person is not there any more
    rows = sum((*report["erased"].values(), *report["blanked"].values()))
    told = {"request": found.number, "rows": rows, "points": report["points"]}
    record(session, actor, "privacy.erase", f"member {member_id}", after=told)
    return found


def _operator(session: Session, member_id: UUID) -> dict[str, str]:
    """The legal entity that answers for the data, as it is known at the moment of the act."""
    legal = legal_of(session, member_by_id(session, member_id).programme_id)
    told = {"name": legal.name, "inn": legal.inn, "address": legal.address}
    return {name: value for name, value in told.items() if value}


def _ready(session: Session, request_id: UUID) -> PrivacyRequest:
    """The open request, with nothing in the way of what it asks for, nor able to come until this transaction ends.

    The balance is locked first, as by whoever posts: nobody spends between the look and the erasure.
    """
    member = member_by_id(session, request_by_id(session, request_id).member_id)
    open_book(session, member_id=member.id, zone=programme_by_id(session, member.programme_id).zone)
    hold_person(session, member.id)
    found = locked(session, request_id, KIND)
    if in_the_way(session, found.member_id):
        raise Refusal("erasure_in_the_way")
    return found


def _change(request: PrivacyRequest) -> Change:
    """What is signed: this request, about this member."""
    told = {"request": str(request.id), "number": request.number, "member": str(request.member_id)}
    return Change(KIND, f"request {request.id}", {"erased": False}, {"erased": True, **told})


@job("privacy.forget_files", bulk=True)
def forget_files(session: Session, claims: Sequence[str], copies: Sequence[str]) -> None:
    """Remove what lies in the files store, now that its rows are gone."""
    for claim_id in claims:
        drop_folder(session, UUID(claim_id))
    for request_id in copies:
        drop_copy(session, UUID(request_id))


def _forget_files(session: Session, member_id: UUID) -> None:
    """Have the files removed once all of this holds: what is given up must not have lost its files."""
    claims = session.scalars(
        select(ClaimFile.claim_id)
        .where(ClaimFile.tenant_id == tenant_of(session), ClaimFile.member_id == member_id)
        .distinct()
    )
    ask(
        session,
        "privacy.forget_files",
        claims=[str(claim_id) for claim_id in claims],
        copies=[str(request_id) for request_id in _end_copies(session, member_id)],
    )


def _end_copies(session: Session, member_id: UUID) -> Sequence[UUID]:
    """All copies of the member, of which from now on none is made or handed out."""
    own = (
        PrivacyRequest.tenant_id == tenant_of(session),
        PrivacyRequest.member_id == member_id,
        PrivacyRequest.kind == "copy",
    )
    session.execute(
        update(PrivacyRequest)
        .where(*own, PrivacyRequest.state == "open")
        .values(state="refused", reason=ERASED, ended_at=clock.now())
    )
    end_copies(session, member_id)
    return session.scalars(select(PrivacyRequest.id).where(*own)).all()


def _forget_texts(session: Session, member_id: UUID) -> None:
    """Texts that wait for the gateway, for the member or to her phone; those that were sent hold nothing already."""
    hers = TextMessage.member_id == member_id
    if (phone := person_of(session, member_id).phone) is not None:
        hers |= TextMessage.phone == vault_of(session).digest(TEXT_PHONE, phone)
    forget_texts(session, hers)


def _remove(session: Session, name: str, member_id: UUID) -> int:
    table = Base.metadata.tables[name]
    gone = delete(table).where(*of_member(session, table, member_id))
    return int(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def _blank(session: Session, name: str, member_id: UUID) -> int:
    """Empty the columns of a table's rows that tell of the person; a card works no more."""
    table, count = Base.metadata.tables[name], 0
    own = of_member(session, table, member_id)
    for row in session.execute(select(table).where(*own)).mappings().all():
        key = [column == row[column.name] for column in table.primary_key.columns]
        values = {column: _blanked(session, table, column, row) for column in BLANK[name]}
        if name == "card" and row["blocked_at"] is None:
            values["blocked_at"] = clock.now()
        session.execute(update(table).where(table.c.tenant_id == tenant_of(session), *key).values(values))
        count += 1
    return count


def _blanked(session: Session, table: Table, column: str, row: Any) -> Any:
    value = BLANK[table.name][column]
    if value is not NOTHING_SEALED:
        return value
    place, *names = SEALED[table.name, column]
    return vault_of(session).seal("", place, *(row[name] for name in names))


def _count(session: Session, name: str, member_id: UUID) -> int:
    table = Base.metadata.tables.get(name)
    if table is None:  # of an extension that is not there
        return 0
    return int(
        session.scalar(select(func.count()).select_from(table).where(*of_member(session, table, member_id)))
        or 0
    )
