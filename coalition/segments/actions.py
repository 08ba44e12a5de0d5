"""Writes of segments: define one, bring a list, retire one. Nothing is ever deleted: purchases keep the bits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.actions import segment_mask
from coalition.members.handles import HandleRow, read_handles
from coalition.members.models import Member, Segment
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import raise_number
from coalition.promotions.checking import CODE, CODE_SAID
from coalition.segments.checking import checked_definition
from coalition.segments.definition import Definition
from coalition.segments.models import SegmentTerms
from coalition.segments.queries import naming_promotions
from coalition.segments.refreshing import locked_terms, write
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.approvals.papers import digest_of, digest_of_lines, keep_paper, open_paper
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of, tried
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import next_numbers
from tenants.runtime.jobs import ask
from tenants.runtime.tables.rows import BaseReject

CODE_CHARS_MAX = 32


@dataclass(frozen=True)
class Brought:
    """What came of a list: rows whose member was found, rows left out with the reason, and who joined and left."""

    found: int
    rejects: Sequence[BaseReject]
    joined: int
    gone: int


def save_segment(
    session: Session, actor: Actor, *, programme_id: int, code: str, document: Any, revision: int = 0
) -> SegmentTerms:
    """Define a segment, or define it anew, and have it refreshed at once; it names the revision that was seen.

    A segment that came with the client base can be defined, too: from then on its criteria decide. Raises
    Refusal("segment_invalid", field=..., why=...), Conflict("segment_changed"), Refusal("segment_retired"), or
    Refusal("segment_listed", segments=...) where others look at it as at a list.
    """
    actor.must(Permission.DESK_SEGMENT_EDIT)
    definition = checked_definition(session, document)
    terms = _terms(session, programme_id, code, definition, revision)
    if not definition.imported:
        ask(session, "segments.refresh", bit=terms.bit)
    record(session, actor, "segment.save", f"segment {code}", after={"revision": terms.revision})
    return terms


def ask_for_list(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    code: str,
    title: str,
    stream: BinaryIO,
    replace: bool,
    revision: int = 0,
) -> tuple[Approval, Sequence[BaseReject]]:
    """Ask for a list of members, which another person signs; the file is kept, sealed, until then.

    Returns what was asked, and the rows that mean nobody. Raises what `bring_list` and `approvals.ask` raise.
    """
    actor.must(right_to("segment_list", None))
    with tried(session):  # what it would do is learnt by doing it
        change, brought, _ = _listed(session, programme_id, code, title, stream, replace, revision)
    keep_paper(session, stream)
    return approvals.ask(session, actor, change), brought.rejects


def bring_asked_list(session: Session, actor: Actor, *, approval_id: UUID) -> Brought:
    """Make the segment the list that another person asked for; raises what `bring_list` raises."""
    actor.must(right_to("segment_list", approval_id))
    told = approvals.facts_of(approvals.approval_by_id(session, approval_id))["after"]
    return bring_list(
        session,
        actor,
        programme_id=told["programme"],
        code=told["code"],
        title=told["title"],
        stream=open_paper(session, told["sha256"]),
        replace=told["replace"],
        revision=told["revision"],
        approval_id=approval_id,
    )


def bring_list(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    code: str,
    title: str,
    stream: BinaryIO,
    replace: bool,
    revision: int = 0,
    approval_id: UUID | None = None,
) -> Brought:
    """Make the segment the list of members in a file, or with `replace` off add them; jobs write the bits.

    A person of the staff signs what another one asked for. Raises Refusal for a file that is no table with a column
    `handle`, and what `save_segment` and `approvals.signed` raise: also where the file means other members by now.
    """
    actor.must(right_to("segment_list", approval_id))
    change, brought, terms = _listed(session, programme_id, code, title, stream, replace, revision)
    approvals.signed(session, actor, change, approval_id)
    told = {"revision": terms.revision, "joined": terms.joined, "gone": terms.gone}
    record(session, actor, "segment.list", f"segment {code}", after=told)
    return brought


def _listed(
    session: Session, programme_id: int, code: str, title: str, stream: BinaryIO, replace: bool, revision: int
) -> tuple[Change, Brought, SegmentTerms]:
    """The list in the segment's terms, for jobs to write; what that changes, and what came of the file."""
    definition = checked_definition(session, {"title": title, "imported": True})
    rows = list(read_handles(session, programme_id, stream))
    wanted = {row.member_id for row in rows if isinstance(row, HandleRow)}
    terms = _terms(session, programme_id, code, definition, revision)
    having = set(
        session.scalars(
            select(Member.id).where(
                Member.tenant_id == tenant_of(session),
                Member.programme_id == programme_id,
                Member.segments.op("&")(1 << terms.bit) != 0,
            )
        )
    )
    joined, gone = wanted - having, having - wanted if replace else set()
    write(session, terms, joined, gone)
    rejects = [row for row in rows if isinstance(row, BaseReject)]
    brought = Brought(len(rows) - len(rejects), rejects, terms.joined, terms.gone)
    after = {
        "programme": programme_id,
        "code": code,
        "title": title,
        "replace": replace,
        "revision": revision,
        "sha256": digest_of(stream),
        "found": brought.found,
        "joined": terms.joined,
        "gone": terms.gone,
        "rejected": len(rejects),
        "meant": digest_of_lines([*(f"+{one}" for one in joined), *(f"-{one}" for one in gone)]),
    }
    return Change("segment_list", f"segment {code}", {"members": len(having)}, after), brought, terms


def retire_segment(session: Session, actor: Actor, *, code: str) -> Segment:
    """Let nobody name the segment any more: it is not refreshed, and its bit is never another's.

    Raises Refusal("segment_in_use", promotions=...) while a promotion that is live, scheduled or paused names it,
    Refusal("segment_listed", segments=...) while another segment does, NotFound("segment_unknown").
    """
    actor.must(Permission.DESK_SEGMENT_EDIT)
    raise_number(session)  # first: a version that is being published meanwhile is there, or is refused
    segment = _segment(session, code)
    if segment is None:
        raise NotFound("segment_unknown")
    if promotions := naming_promotions(session).get(code):
        raise Refusal("segment_in_use", promotions=", ".join(promotions))
    _require_unlisted(session, code)
    if segment.retired_at is None:
        segment.retired_at = clock.now()
        record(session, actor, "segment.retire", f"segment {code}", after={"retired_at": segment.retired_at})
    return segment


def _terms(
    session: Session, programme_id: int, code: str, definition: Definition, revision: int
) -> SegmentTerms:
    """The segment's row, locked, with this definition in it; a code that is new gets the next bit."""
    tenant_id = tenant_of(session)
    next_numbers(session, "segment")  # from here on nobody else takes a bit
    segment = _segment(session, code)
    if segment is None:
        if not CODE.fullmatch(code) or len(code) > CODE_CHARS_MAX:
            raise Refusal("segment_invalid", field="code", why=CODE_SAID)
        segment_mask(session, [code])
        session.flush()  # the terms refer to it
        segment = _segment(session, code)
        assert segment is not None, "it was made above"
    if segment.retired_at is not None:
        raise Refusal("segment_retired")
    known = session.get(SegmentTerms, (tenant_id, segment.bit))
    if known is None:
        terms = SegmentTerms(
            tenant_id=tenant_id, bit=segment.bit, programme_id=programme_by_id(session, programme_id).id,
            document={}, revision=0, saved_at=clock.now(), run=0, slices_left=0, size=0, joined=0, gone=0,
        )  # fmt: skip
        session.add(terms)
    else:
        terms = locked_terms(session, segment.bit)
    if terms.revision != revision:
        raise Conflict("segment_changed")
    if terms.programme_id != programme_id:
        raise Refusal("segment_of_another_programme")
    if not definition.imported:
        _require_unlisted(session, code)
    terms.document, terms.revision = definition.model_dump(mode="json"), revision + 1
    terms.saved_at = clock.now()
    session.flush()  # what is asked for next reads it
    return terms


def _segment(session: Session, code: str) -> Segment | None:
    return session.scalars(
        select(Segment).where(Segment.tenant_id == tenant_of(session), Segment.code == code)
    ).one_or_none()


def _require_unlisted(session: Session, code: str) -> None:
    """Refusal("segment_listed", segments=...) while another segment that is not retired looks at it as at a list."""
    rows = session.execute(
        select(Segment.code, SegmentTerms.document)
        .join(SegmentTerms, (SegmentTerms.tenant_id == Segment.tenant_id) & (SegmentTerms.bit == Segment.bit))
        .where(Segment.tenant_id == tenant_of(session), Segment.retired_at.is_(None))
        .order_by(Segment.code)
    )
    others = [
        other for other, document in rows if document and code in Definition.model_validate(document).lists()
    ]
    if others:
        raise Refusal("segment_listed", segments=", ".join(others))
