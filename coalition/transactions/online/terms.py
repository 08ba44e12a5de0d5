"""The terms that this process knows: a programme's row with its compiled promotions, as they were last read."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, literal_column, select

from coalition.programmes.models import Programme
from coalition.promotions.index import Index
from coalition.promotions.queries import index_of
from tenants.runtime import db


@dataclass(frozen=True)
class Terms:
    """`row` is the transaction that wrote the programme's row (PostgreSQL's xmin): another one, other terms.

    `beside` is for what a face makes of them and would make again for every sale; it ends with them.
    """

    row: str
    programme: Programme
    index: Index
    beside: dict[Hashable, Any] = field(default_factory=dict)

    def are(self, row: str, number: int) -> bool:
        """Whether they are those of this row, with the promotions of this number."""
        return self.row == row and self.index.number == number


_known: dict[tuple[int, int], Terms] = {}


def known_terms(tenant_id: int, programme_id: int) -> Terms:
    """What this process knows; whoever uses it compares what the database has meanwhile."""
    return _known.get((tenant_id, programme_id)) or fresh_terms(tenant_id, programme_id)


def fresh_terms(tenant_id: int, programme_id: int) -> Terms:
    """The terms as they are now."""
    with db.transaction(tenant_id) as session:
        programme, row = session.execute(
            select(Programme, literal_column("programme.xmin::text", String)).where(
                Programme.tenant_id == tenant_id, Programme.id == programme_id
            )
        ).one()
        found = Terms(row, programme, index_of(session, programme))
        session.expunge(programme)
    _known[tenant_id, programme_id] = found
    return found


def forget() -> None:
    """Know nothing, as at the start."""
    _known.clear()
