"""Writes of the ledger that people ask for: opening balances. All else is posted by the rooms that know the cause."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.ledger.models import Purpose, Transfer
from coalition.ledger.post import Cause, day_start, open_book
from coalition.ledger.queries import transfers_for
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict
from tenants.runtime.ids import derived_id


def load_opening_lot(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    zone: str,
    points: int,
    funder_id: int,
    expires_on: date,
    as_of: date,
    source: str,
) -> Transfer:
    """Bring a lot of an older programme along, as it stood on a day, with its own last day (golden R7).

    `source` names it there ("old-crm/4711"): the same source twice is Conflict("opening_lot_known").
    """
    actor.must(Permission.DESK_LEDGER_ADJUST)
    book = open_book(session, member_id=member_id, zone=zone)
    opened_at = day_start(as_of, zone)
    cause = Cause(Purpose.IMPORT, derived_id(opened_at, "opening", member_id, source), opened_at)
    if transfers_for(session, member_id, cause.id):
        raise Conflict("opening_lot_known", source=source)
    return book.earn(
        cause,
        points,
        funder_id=funder_id,
        active_on=book.today,
        expires_on=expires_on,
    )
