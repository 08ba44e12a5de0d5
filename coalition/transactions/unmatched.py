"""Lines that waited for a card: posted when a member has it, if they are within the programme's window."""

from collections import Counter
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from coalition.members.models import Handle, HandleKind, Member
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.transactions.lines import Lines
from coalition.transactions.models import InboundFile, UnmatchedLine
from coalition.transactions.posting import post_lines
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, every, job

LINES_PER_JOB = 5_000


@job("purchases.post_unmatched", bulk=True)
def post_unmatched(session: Session) -> None:
    """Post what waited for cards that members have now; asks for another round while there may be more."""
    rows = session.execute(
        select(UnmatchedLine, Member.id, InboundFile.programme_id)
        .join(
            Handle,
            and_(
                Handle.tenant_id == UnmatchedLine.tenant_id,
                Handle.kind == HandleKind.CARD_TOKEN,
                Handle.digest == UnmatchedLine.card,
            ),
        )
        .join(Member, and_(Member.tenant_id == Handle.tenant_id, Member.id == Handle.member_id))
        .join(
            InboundFile,
            and_(InboundFile.tenant_id == UnmatchedLine.tenant_id, InboundFile.id == UnmatchedLine.file_id),
        )
        .join(
            Programme,
            and_(Programme.tenant_id == Member.tenant_id, Programme.id == Member.programme_id),
        )
        .where(
            UnmatchedLine.tenant_id == tenant_of(session),
            UnmatchedLine.matched_at.is_(None),
            InboundFile.programme_id == Member.programme_id,
            InboundFile.state
            == "done",  # until then its result could not reconcile; its end asks for this job
            UnmatchedLine.occurred_at
            >= clock.now() - func.make_interval(0, 0, 0, Programme.match_window_days),
        )
        .order_by(Member.id, UnmatchedLine.occurred_at, UnmatchedLine.key)
        .limit(LINES_PER_JOB)
        .with_for_update(of=UnmatchedLine)
    ).all()
    groups: dict[tuple[UUID, int], list[UnmatchedLine]] = {}
    for line, member_id, _ in rows:
        groups.setdefault((member_id, line.file_id), []).append(line)
    programmes = {number: programme_by_id(session, number) for number in {row[2] for row in rows}}
    of_file = {line.file_id: programmes[number] for line, _, number in rows}
    counts: dict[int, Counter[str]] = {}
    for (member_id, file_id), lines in sorted(groups.items(), key=lambda group: group[0]):
        outcome = post_lines(session, of_file[file_id], Lines.of_unmatched(lines, member_id), file_id=file_id)
        for row in lines:
            row.matched_at = clock.now()
        found = {"posted": len(outcome.posted), "duplicate": len(outcome.duplicate)}
        counts.setdefault(file_id, Counter()).update(
            {**found, "unmatched": -len(lines), "points": int(outcome.points.sum())}
        )
    for file_id in sorted(counts):  # last and in order, so that the files' rows are locked briefly
        _count(session, file_id, counts[file_id])
    if len(rows) == LINES_PER_JOB:
        ask(session, "purchases.post_unmatched")


def _count(session: Session, file_id: int, more: Counter[str]) -> None:
    columns = InboundFile.__table__.c
    session.execute(
        update(InboundFile)
        .where(InboundFile.tenant_id == tenant_of(session), InboundFile.id == file_id)
        .values({name: columns[name] + count for name, count in more.items()})
        .execution_options(synchronize_session=False)
    )


every(3600, "purchases.post_unmatched")  # a card may have been linked while its file was being posted
