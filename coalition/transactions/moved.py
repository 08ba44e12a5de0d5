"""Returns that move to another sale, or away from one, after they were booked: whoever counts them counts again."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.transactions.models import MovedReturn, PurchaseReturn
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import new_id

_BOOKED = "returns_booked"


def note_booked(session: Session, keys: Iterable[UUID]) -> None:
    """These are booked by this transaction: nobody has counted them where it moves them."""
    session.info.setdefault(_BOOKED, set()).update(keys)


def note_moved(session: Session, backs: Iterable[PurchaseReturn]) -> None:
    """These move by this transaction: to another sale or none, or to be told twice or once."""
    booked = session.info.get(_BOOKED, ())
    session.add_all(
        MovedReturn(tenant_id=tenant_of(session), id=new_id(), member_id=back.member_id, return_id=back.id)
        for back in backs
        if back.key not in booked
    )
