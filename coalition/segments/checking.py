"""Whether a document can define a segment: everything that is wrong with it, field by field."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import Segment
from coalition.partners.queries import partners_by_code
from coalition.promotions.checking import Flaw, unfit
from coalition.segments.definition import Definition
from coalition.segments.models import SegmentTerms
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal


class Known(NamedTuple):
    """The codes that a definition can name: partners, and segments that are lists."""

    partners: Mapping[str, int]
    lists: Mapping[str, int]


def known_codes(session: Session) -> Known:
    """What the tenant has. A segment that came with the client base and has no definition is a list, too."""
    tenant_id = tenant_of(session)
    rows = session.execute(
        select(Segment.code, Segment.bit, SegmentTerms.document)
        .outerjoin(
            SegmentTerms, (SegmentTerms.tenant_id == Segment.tenant_id) & (SegmentTerms.bit == Segment.bit)
        )
        .where(Segment.tenant_id == tenant_id, Segment.retired_at.is_(None))
        .order_by(Segment.code)
    )
    lists = {code: bit for code, bit, document in rows if document is None or document["imported"]}
    return Known(partners_by_code(session), lists)


def flaws(document: Any, known: Known | None = None) -> Sequence[Flaw]:
    """Everything that is wrong; without known codes it is not asked whether partners and lists exist."""
    if found := unfit(Definition, document):
        return found
    if known is None:
        return []
    return [
        Flaw(f"{place}.{number}.{field}", "unknown_code", f"there is no {code}", {"code": code})
        for place, number, criterion in Definition.model_validate(document).criteria()
        for field, codes in criterion.names().items()
        for code in codes
        if code not in (known.partners if field == "partners" else known.lists)
    ]


def checked_definition(session: Session, document: Any) -> Definition:
    """The definition that the tenant can meet; Refusal("segment_invalid", field=..., why=...) says its first flaw."""
    if found := flaws(document, known_codes(session)):
        raise Refusal("segment_invalid", field=found[0].field, why=found[0].why)
    return Definition.model_validate(document)
