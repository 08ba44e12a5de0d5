"""Enrolling the clients of a file: tried first, and at the desk signed by another person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.actions import enrol
from coalition.members.importing import BaseMapping, BaseRow, read_base
from coalition.programmes.queries import programme_by_id
from tenants.actor import SYSTEM, Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.approvals.papers import digest_of, digest_of_lines, keep_paper, open_paper
from tenants.audit import record
from tenants.runtime.db import tried
from tenants.runtime.errors import Refusal
from tenants.runtime.tables import DAY_FORMATS
from tenants.runtime.tables.rows import BaseReject

ROWS_MAX = 2_000
"""Of one file at the desk: a larger base comes by `coalition members import`."""
NAME_MAX = 120
COLUMNS = ("name", "phone", "email", "born_on", "cards")


@dataclass(frozen=True)
class Enrolled:
    """What came of a file: how many joined, and rows left out with the reason."""

    count: int
    rejects: Sequence[BaseReject]
    meant: str = field(default="", compare=False)
    """A digest of which rows join: who is taken by another member tomorrow would be left out."""
    paper: str = field(default="", compare=False)
    """By what digest the file is kept."""


def desk_mapping(region: str) -> BaseMapping:
    """How a file is read at the desk; `region` is whose phones are written without a country code."""
    return BaseMapping(
        name=("name",),
        phone="phone",
        email="email",
        born_on="born_on",
        cards="cards",
        delimiter=None,
        encoding=None,
        date_formats=DAY_FORMATS,
        region=region,
    )


def try_members(
    session: Session, actor: Actor, *, programme_id: int, stream: BinaryIO, region: str
) -> Enrolled:
    """Whom `enrol_asked` would enrol; nothing is changed. Raises Refusal for a file that is no such table at all.

    Where somebody would join, the file is kept, sealed, as `ask_for_members` does, so that it can be asked for.
    """
    actor.must(right_to("members", None))
    change, found = _tried(session, programme_id, stream, region)
    if not found.count:
        return found
    keep_paper(session, stream)
    return replace(found, paper=change.after["sha256"])


def ask_for_members(
    session: Session, actor: Actor, *, programme_id: int, stream: BinaryIO, region: str, name: str
) -> tuple[Approval | None, Enrolled]:
    """Ask for the clients of a file to be enrolled, which another person signs; None where nobody would join.

    The file is kept, sealed, until then. Raises what `try_members` and `approvals.ask` raise.
    """
    actor.must(right_to("members", None))
    change, found = _tried(session, programme_id, stream, region, name[:NAME_MAX])
    if not found.count:
        return None, found
    keep_paper(session, stream)
    return approvals.ask(session, actor, change), found


def enrol_asked(session: Session, actor: Actor, *, approval_id: UUID) -> Enrolled:
    """Enrol whom another person asked for; raises what `approvals.signed` does, also where others would join by now."""
    actor.must(right_to("members", approval_id))
    told = approvals.facts_of(approvals.approval_by_id(session, approval_id))["after"]
    programme_id, stream = told["programme"], open_paper(session, told["sha256"])
    found = _enrolled(session, programme_id, stream, told["region"])
    approvals.signed(
        session,
        actor,
        _change(programme_id, stream, told["region"], found, told.get("name", "")),
        approval_id,
    )
    said = {"joined": found.count, "rejected": len(found.rejects)}
    record(session, actor, "members.enrol", f"programme {programme_id}", after=said)
    return found


def enrol_rows(
    session: Session, programme_id: int, rows: Iterable[BaseRow | BaseReject]
) -> tuple[list[int], list[BaseReject]]:
    """Enrol each row in a savepoint, for an action that has checked who may; lines that joined, and rows left out."""
    joined: list[int] = []
    rejects: list[BaseReject] = []
    for row in rows:
        rejected = row if isinstance(row, BaseReject) else _enrol(session, programme_id, row)
        if rejected is None:
            joined.append(row.line_no)
        else:
            rejects.append(rejected)
    return joined, rejects


def _enrol(session: Session, programme_id: int, row: BaseRow) -> BaseReject | None:
    """One row; one that is refused leaves nothing behind."""
    try:
        with session.begin_nested():
            enrol(
                session,
                SYSTEM,
                programme_id=programme_id,
                person=row.person,
                cards=row.cards,
                segments=row.segments,
                account_opened_on=row.account_opened_on,
                referral_code=row.referral_code,
                joined_on=row.joined_on,
            )
    except Refusal as refusal:
        return BaseReject(row.line_no, refusal.code, str(refusal.facts.get("kind", "")), "")
    return None


def asked_rows(session: Session, approval: Approval) -> tuple[Sequence[BaseRow], Enrolled]:
    """Who would join by now of what is asked for, in the order of the file, and rows left out; from the kept file.

    Raises Conflict("approval_differs") where the file is gone.
    """
    told = approvals.facts_of(approval)["after"]
    stream = open_paper(session, told["sha256"])
    with tried(session):
        found = _enrolled(session, told["programme"], stream, told["region"])
    left_out = {one.line_no for one in found.rejects}
    stream.seek(0)
    rows = (one for one in read_base(stream, desk_mapping(told["region"])) if isinstance(one, BaseRow))
    return [one for one in rows if one.line_no not in left_out], found


def _tried(
    session: Session, programme_id: int, stream: BinaryIO, region: str, name: str = ""
) -> tuple[Change, Enrolled]:
    """What it would do, learnt by doing it and taking it back."""
    with tried(session):
        found = _enrolled(session, programme_id, stream, region)
    return _change(programme_id, stream, region, found, name), found


def _enrolled(session: Session, programme_id: int, stream: BinaryIO, region: str) -> Enrolled:
    programme_by_id(session, programme_id)
    rows = list(_few(read_base(stream, desk_mapping(region))))
    joined, rejects = enrol_rows(session, programme_id, rows)
    return Enrolled(len(joined), rejects, digest_of_lines(map(str, joined)))


def _few(rows: Iterable[BaseRow | BaseReject]) -> Iterable[BaseRow | BaseReject]:
    count = 0
    for count, row in enumerate(rows, 1):
        if count > ROWS_MAX:
            raise Refusal("members_many", most=ROWS_MAX)
        yield row
    if not count:
        raise Refusal("rows_none")


def _change(programme_id: int, stream: BinaryIO, region: str, found: Enrolled, name: str) -> Change:
    after = {
        "name": name,
        "programme": programme_id,
        "region": region,
        "sha256": digest_of(stream),
        "joined": found.count,
        "rejected": len(found.rejects),
        "meant": found.meant,
    }
    return Change("members", f"programme {programme_id}", None, after)
