"""Keeping the bits true: one statement finds who joins and who leaves a segment, slices of members are then written.

A slice locks its members' balances in their order, as whoever books does, so no booking sees half of it; purchases
keep the bits of their day. Whatever is done twice is done once: a bit that is right is not written.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from coalition.ledger.bulk import hold_off
from coalition.members.models import Member, Segment
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.segments.definition import Definition
from coalition.segments.models import SegmentTerms
from coalition.segments.sizing import belonging, scope_of
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, every, job

MEMBERS_PER_SLICE = 2_000


@job("segments.daily", bulk=True)
def refresh_due(session: Session) -> None:
    """Ask for the refresh of every segment that was last refreshed on a business day that is over."""
    rows = session.execute(
        select(SegmentTerms, Programme.zone)
        .join(
            Programme,
            (Programme.tenant_id == SegmentTerms.tenant_id) & (Programme.id == SegmentTerms.programme_id),
        )
        .join(Segment, (Segment.tenant_id == SegmentTerms.tenant_id) & (Segment.bit == SegmentTerms.bit))
        .where(SegmentTerms.tenant_id == tenant_of(session), Segment.retired_at.is_(None))
        .order_by(SegmentTerms.bit)
    )
    for terms, zone in rows:
        done = terms.refreshed_at and clock.business_day(zone, terms.refreshed_at)
        if not terms.document["imported"] and done != clock.business_day(zone):
            ask(session, "segments.refresh", bit=terms.bit)


@job("segments.count", bulk=True)
def count_client_base(session: Session) -> None:
    """Count the segments that came with the client base: nobody looks at a page that counts all members."""
    rows = session.scalars(
        select(Segment)
        .outerjoin(
            SegmentTerms, (SegmentTerms.tenant_id == Segment.tenant_id) & (SegmentTerms.bit == Segment.bit)
        )
        .where(Segment.tenant_id == tenant_of(session), SegmentTerms.bit.is_(None))
        .order_by(Segment.bit)
    ).all()
    if not rows:
        return
    counts = (func.count().filter(Member.segments.op("&")(1 << row.bit) != 0) for row in rows)
    found = session.execute(select(*counts).where(Member.tenant_id == tenant_of(session))).one()
    for row, size in zip(rows, found, strict=True):
        row.size, row.counted_at = size, clock.now()


@job("segments.refresh", bulk=True)
def refresh(session: Session, bit: int) -> None:
    """Find who joins and who leaves the segment today, and have both written."""
    terms = locked_terms(session, bit)
    segment = session.get_one(Segment, (tenant_of(session), bit))
    definition = Definition.model_validate(terms.document)
    if definition.imported or segment.retired_at is not None:
        return
    scope = scope_of(session, programme_by_id(session, terms.programme_id))
    has = Member.segments.op("&")(1 << bit) != 0
    query, belongs = belonging(scope, definition, Member.id, has)
    rows = session.execute(query.where(belongs != has).order_by(Member.id)).all()
    write(session, terms, [one for one, had in rows if not had], [one for one, had in rows if had])


@job("segments.slice", bulk=True)
def write_slice(session: Session, bit: int, run: int, joined: Sequence[str], gone: Sequence[str]) -> None:
    """Write one slice's bits; nothing of a run that another one has followed."""
    terms = locked_terms(session, bit)
    if terms.run != run:
        return
    hold_off(session, [UUID(one) for one in (*joined, *gone)])
    _mark(session, "segments | :mask", bit, joined)
    _mark(session, "segments & ~ cast(:mask as bigint)", bit, gone)
    terms.slices_left -= 1
    _settled(session, terms)


def write(session: Session, terms: SegmentTerms, joined: Iterable[UUID], gone: Iterable[UUID]) -> None:
    """Begin a run, with its size and its slices; the terms are locked, so that no older slice is being written."""
    joined, gone = sorted(joined), sorted(gone)
    terms.run += 1
    terms.refreshed_at = clock.now()
    terms.size = members_with(session, terms.bit) + len(joined) - len(gone)
    terms.joined, terms.gone = len(joined), len(gone)
    moves = sorted([*((one, True) for one in joined), *((one, False) for one in gone)])
    parts = [moves[start : start + MEMBERS_PER_SLICE] for start in range(0, len(moves), MEMBERS_PER_SLICE)]
    terms.slices_left = len(parts)
    for part in parts:
        ask(
            session,
            "segments.slice",
            bit=terms.bit,
            run=terms.run,
            joined=[str(one) for one, joins in part if joins],
            gone=[str(one) for one, joins in part if not joins],
        )
    _settled(session, terms)


def locked_terms(session: Session, bit: int) -> SegmentTerms:
    """The terms, locked until the transaction ends: of a segment one run at a time."""
    return session.get_one(
        SegmentTerms, (tenant_of(session), bit), with_for_update=True, populate_existing=True
    )


def members_with(session: Session, bit: int) -> int:
    """How many members are marked with the bit."""
    found = session.execute(
        text("select count(*) from member where tenant_id = :tenant and segments & :mask <> 0"),
        {"tenant": tenant_of(session), "mask": 1 << bit},
    )
    return int(found.scalar_one())


def _mark(session: Session, bits: str, bit: int, members: Sequence[str]) -> None:
    session.execute(
        text(
            f"update member set segments = {bits}"  # noqa: S608  one of the two above
            " where tenant_id = :tenant and id = any(cast(:members as uuid[]))"
        ),
        {"tenant": tenant_of(session), "mask": 1 << bit, "members": list(members)},
    )


def _settled(session: Session, terms: SegmentTerms) -> None:
    """Once a list is written whole, segments that look at it are refreshed."""
    if terms.slices_left or not terms.document["imported"]:
        return
    code = session.get_one(Segment, (terms.tenant_id, terms.bit)).code
    for other in session.scalars(select(SegmentTerms).where(SegmentTerms.tenant_id == terms.tenant_id)):
        if code in Definition.model_validate(other.document).lists():
            ask(session, "segments.refresh", bit=other.bit)


every(3600, "segments.daily")
every(3600, "segments.count")
