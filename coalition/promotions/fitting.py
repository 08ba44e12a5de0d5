"""What is wrong with a version beyond its own words: its dates and points, and what other promotions have said."""

from datetime import datetime

from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.promotions.checking import Flaw, validity_flaws
from coalition.promotions.document import Document
from coalition.promotions.events import declared_otherwise


def flaws_in_time(
    session: Session,
    programme: Programme,
    *,
    code: str,
    document: Document,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> list[Flaw]:
    """Of a document that is sound in itself: points that nobody could spend, events declared otherwise elsewhere."""
    return [
        *validity_flaws(document, programme, starts_at, ends_at, now),
        *declared_otherwise(
            session, programme, code=code, document=document, starts_at=starts_at or now, ends_at=ends_at
        ),
    ]
