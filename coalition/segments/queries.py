"""Reads of segments: what there is, how large, and which promotions name it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from coalition.members.models import Segment
from coalition.segments.definition import Definition
from coalition.segments.models import SegmentTerms
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@dataclass(frozen=True)
class Found:
    """A segment with its terms, which one of the client base does not have, its size, and who names it.

    The size is what was counted at `counted_at`: with the last refresh, and of the client base's once in an hour.
    """

    code: str
    bit: int
    retired_at: datetime | None
    terms: SegmentTerms | None
    size: int | None
    counted_at: datetime | None
    promotions: Sequence[str]

    @property
    def definition(self) -> Definition | None:
        """The definition, read."""
        return Definition.model_validate(self.terms.document) if self.terms else None

    @property
    def title(self) -> str:
        """What it is called: by its code where it has no name."""
        return str(self.terms.document["title"]) if self.terms else self.code


def all_segments(session: Session) -> Sequence[Found]:
    """Every segment of the tenant, by code, those that are retired last."""
    tenant_id, named = tenant_of(session), naming_promotions(session)
    rows = session.execute(
        select(Segment, SegmentTerms)
        .outerjoin(
            SegmentTerms, (SegmentTerms.tenant_id == Segment.tenant_id) & (SegmentTerms.bit == Segment.bit)
        )
        .where(Segment.tenant_id == tenant_id)
        .order_by(Segment.retired_at.is_not(None), Segment.code)
    ).all()
    return [
        Found(
            row.code,
            row.bit,
            row.retired_at,
            terms,
            terms.size if terms else row.size,
            terms.refreshed_at if terms else row.counted_at,
            named.get(row.code, ()),
        )
        for row, terms in rows
    ]


def segment_titles(session: Session) -> dict[str, str]:
    """What every segment is called, by its code; those that are retired, too."""
    rows = session.execute(
        select(Segment.code, SegmentTerms.document)
        .outerjoin(
            SegmentTerms, (SegmentTerms.tenant_id == Segment.tenant_id) & (SegmentTerms.bit == Segment.bit)
        )
        .where(Segment.tenant_id == tenant_of(session))
    )
    return {code: str(document["title"]) if document else code for code, document in rows}


def segment_by_code(session: Session, code: str) -> Found:
    """One segment; NotFound("segment_unknown")."""
    found = next((one for one in all_segments(session) if one.code == code), None)
    if found is None:
        raise NotFound("segment_unknown")
    return found


def naming_promotions(session: Session) -> dict[str, list[str]]:
    """Codes of promotions by the segments that they name: of those that are live, scheduled or paused."""
    rows = session.execute(
        text("""
            select distinct named.segment, p.code from promotion p
            join promotion_version v on v.tenant_id = :tenant and v.promotion_id = p.id
            cross join lateral jsonb_array_elements_text(v.document -> 'conditions' -> 'segments') named(segment)
            where p.tenant_id = :tenant and (v.ends_at is null or v.ends_at = p.paused_at
                or (v.ends_at > :now and v.ends_at > v.starts_at))
            order by 1, 2
        """),
        {"tenant": tenant_of(session), "now": clock.now()},
    )
    found: dict[str, list[str]] = {}
    for segment, code in rows:
        found.setdefault(segment, []).append(code)
    return found
