"""Facts of many members at once, from a file: attributes and rights, each stated only where it is news."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import BinaryIO, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.ledger.bulk import hold_off
from coalition.members.facts import NAME_MAX, VALUE_MAX, Key, following, newest_facts
from coalition.members.handles import HandleRow, read_handles
from coalition.members.models import FactKind
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.approvals.papers import digest_of, digest_of_lines, keep_paper, open_paper
from tenants.audit import record
from tenants.runtime.db import tried
from tenants.runtime.tables import day_of, excerpt
from tenants.runtime.tables.rows import BaseReject

COLUMNS = ("kind", "name", "value", "until")
_KINDS = {"attribute": FactKind.ATTRIBUTE, "entitlement": FactKind.ENTITLEMENT}
_AT_ONCE = 1_000


@dataclass(frozen=True)
class FactsBrought:
    """What came of a file: facts that were news, facts known before, and rows left out with the reason."""

    stated: int
    known: int
    rejects: Sequence[BaseReject]
    meant: str = field(default="", compare=False)
    """A digest of whose facts they are and what they say: a handle may mean another member tomorrow."""


class _Fact(NamedTuple):
    line_no: int
    key: Key
    value: str
    until: date | None


def try_facts(session: Session, actor: Actor, *, programme_id: int, stream: BinaryIO) -> FactsBrought:
    """What `bring_facts` would state; nothing is changed."""
    actor.must(right_to("facts", None))
    return _tried(session, programme_id, stream)[1]


def ask_for_facts(
    session: Session, actor: Actor, *, programme_id: int, stream: BinaryIO
) -> tuple[Approval | None, FactsBrought]:
    """Ask for the facts of a file, which another person signs; it is kept, sealed, until then. None where none is news.

    Raises what `bring_facts` and `approvals.ask` raise.
    """
    actor.must(right_to("facts", None))
    change, found = _tried(session, programme_id, stream)
    if not found.stated:
        return None, found
    keep_paper(session, stream)
    return approvals.ask(session, actor, change), found


def bring_asked_facts(session: Session, actor: Actor, *, approval_id: UUID) -> FactsBrought:
    """State the facts that another person asked for; raises what `bring_facts` raises."""
    actor.must(right_to("facts", approval_id))
    told = approvals.facts_of(approvals.approval_by_id(session, approval_id))["after"]
    return bring_facts(
        session,
        actor,
        programme_id=told["programme"],
        stream=open_paper(session, told["sha256"]),
        approval_id=approval_id,
    )


def bring_facts(
    session: Session, actor: Actor, *, programme_id: int, stream: BinaryIO, approval_id: UUID | None = None
) -> FactsBrought:
    """State the facts of a CSV or XLSX file with the columns handle, kind, name, value and until.

    `until` is the last day of a right, empty for one without end. A fact that stands in the file twice, and not the
    same, is taken from its first row. A person of the staff signs what another one asked for. Raises Refusal for a file
    that is no such table at all, and what `approvals.signed` raises: also where other facts of it are news by now.
    """
    actor.must(right_to("facts", approval_id))
    found = _stated(session, programme_id, stream)
    approvals.signed(session, actor, _change(programme_id, stream, found), approval_id)
    told = {"stated": found.stated, "known": found.known, "rejected": len(found.rejects)}
    record(session, actor, "facts.bring", f"programme {programme_id}", after=told)
    return found


def _tried(session: Session, programme_id: int, stream: BinaryIO) -> tuple[Change, FactsBrought]:
    """What it would do, learnt by doing it and taking it back."""
    with tried(session):
        found = _stated(session, programme_id, stream)
    return _change(programme_id, stream, found), found


def _change(programme_id: int, stream: BinaryIO, found: FactsBrought) -> Change:
    after = {
        "programme": programme_id,
        "sha256": digest_of(stream),
        "stated": found.stated,
        "rejected": len(found.rejects),
        "meant": found.meant,
    }
    return Change("facts", f"programme {programme_id}", {"known": found.known}, after)


def _stated(session: Session, programme_id: int, stream: BinaryIO) -> FactsBrought:
    facts: dict[Key, _Fact] = {}
    rejects: list[BaseReject] = []
    for row in read_handles(session, programme_id, stream, COLUMNS):
        found = row if isinstance(row, BaseReject) else _fact(row)
        if isinstance(found, BaseReject):
            rejects.append(found)
        elif (before := facts.setdefault(found.key, found))[2:] != found[2:]:
            name = f"{found.key[2]}={found.value}"
            rejects.append(
                BaseReject(found.line_no, "fact_repeated", "name", excerpt(f"{before.line_no}: {name}"))
            )
    ordered = iter(sorted(facts.values(), key=lambda fact: (fact.key[0], fact.line_no)))
    stated = 0
    while some := list(islice(ordered, _AT_ONCE)):
        stated += _state(session, some)
    meant = digest_of_lines(f"{fact.key} {fact.value} {fact.until}" for fact in facts.values())
    return FactsBrought(stated, len(facts) - stated, rejects, meant)


def _state(session: Session, some: Sequence[_Fact]) -> int:
    """State what is news of some members, in their order; returns how many facts that were."""
    members = {fact.key[0] for fact in some}
    hold_off(session, members)
    newest = newest_facts(session, members, {fact.key[1:] for fact in some})
    news = [
        following(session, known, *fact.key, fact.value, fact.until)
        for fact in some
        if (known := newest.get(fact.key)) is None or (known.value, known.until) != (fact.value, fact.until)
    ]
    session.add_all(news)
    session.flush()
    return len(news)


def _fact(row: HandleRow) -> _Fact | BaseReject:
    cells = {column: row.cells[column].strip() for column in COLUMNS}
    kind = _KINDS.get(cells["kind"].casefold())
    name, value, until = cells["name"], cells["value"], cells["until"]

    def refused(code: str, column: str) -> BaseReject:
        return BaseReject(row.line_no, code, column, excerpt(cells[column]))

    if kind is None:
        return refused("fact_kind", "kind")
    if not 0 < len(name) <= NAME_MAX:
        return refused("fact_name", "name")
    if len(value) > VALUE_MAX or (kind is FactKind.ATTRIBUTE and not value):
        return refused("fact_value", "value")
    if kind is FactKind.ATTRIBUTE and until:
        return refused("fact_until", "until")
    last = day_of(until)
    if until and last is None:
        return refused("bad_day", "until")
    member_id: UUID = row.member_id
    return _Fact(row.line_no, (member_id, kind, name), value, last)
