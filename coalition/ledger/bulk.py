"""Many members' awards at once, as sets: the same rows that `post` writes, for files.

The caller holds the balance locks (`lock_balances`), in member order, which is the order of every lock in the house.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Purpose
from tenants.runtime.copying import Column, copy_rows, raw
from tenants.runtime.db import tenant_of


class Locked(NamedTuple):
    """What a chunk needs of a member, read in the statement that locks her balance."""

    member_id: UUID
    segments: int
    opened_on: date | None
    debt: int


@dataclass(frozen=True)
class Awards:
    """One transfer and one lot each: columns of equal length, sorted by member."""

    member: NDArray[np.void]
    id: NDArray[np.void]
    cause: NDArray[np.void]
    occurred_us: NDArray[np.int64]
    points: NDArray[np.int64]
    funder: NDArray[np.int64]
    active_day: NDArray[np.int64]
    last_day: NDArray[np.int64]


def lock_balances(session: Session, members: Collection[UUID]) -> list[Locked]:
    """Lock the balances of the members in member order and read what the engine asks of them."""
    rows = session.execute(
        text(
            "select b.member_id, m.segments, m.account_opened_on, b.debt"
            " from balance b join member m on m.tenant_id = b.tenant_id and m.id = b.member_id"
            " where b.tenant_id = :tenant and m.tenant_id = :tenant and b.member_id = any(:members)"
            " order by b.member_id for no key update of b"
        ),
        {"tenant": tenant_of(session), "members": list(members)},
    )
    return [Locked(*row) for row in rows]


def hold_off(session: Session, members: Collection[UUID]) -> None:
    """Lock the members for who changes what is known of them: what is being booked meanwhile is booked before.

    Whoever booked by what it read before the lock reads again.
    """
    lock_balances(session, members)
    touch_balances(session, members)


def touch_balances(session: Session, members: Collection[UUID]) -> None:
    """Tell whoever has read these members without a lock, and means to book by it, that something has changed."""
    if not members:
        return
    session.execute(
        text(
            "update balance set version = version + 1 where tenant_id = :tenant and member_id = any(:members)"
        ),
        {"tenant": tenant_of(session), "members": list(members)},
    )


def post_awards(session: Session, awards: Awards, *, today: int, booked_at: datetime) -> None:
    """Write the awards' transfers and lots and raise the balances; `today` is the business day, days since 1970."""
    if not len(awards.id):
        return
    tenant_id, cursor = tenant_of(session), raw(session).cursor()
    copy_rows(
        cursor,
        "new_award",
        [
            Column("member_id", "uuid", awards.member),
            Column("id", "uuid", awards.id),
            Column("cause_id", "uuid", awards.cause),
            Column("occurred_at", "timestamptz", awards.occurred_us),
            Column("points", "int8", awards.points),
            Column("funder_id", "int4", awards.funder),
            Column("active_on", "date", awards.active_day),
            Column("expires_on", "date", awards.last_day),
            Column(
                "to_account", "int2", np.where(awards.active_day > today, Account.PENDING, Account.AVAILABLE)
            ),
        ],
    )
    cursor.execute(
        "insert into transfer (tenant_id, member_id, id, cause_id, occurred_at, booked_at, points, funder_id,"
        " from_account, to_account, purpose)"
        " select %s, member_id, id, cause_id, occurred_at, %s, points, funder_id, %s, to_account, %s from new_award",
        (tenant_id, booked_at, Account.ISSUED, Purpose.AWARD),
    )
    cursor.execute(
        "insert into lot (tenant_id, member_id, expires_on, id, points, remaining, funder_id, active_on, pending)"
        " select %s, member_id, expires_on, id, points, points, funder_id, active_on, to_account = %s from new_award",
        (tenant_id, Account.PENDING),
    )
    cursor.execute(
        "update balance b set available = b.available + s.available, pending = b.pending + s.pending,"
        " version = b.version + 1"
        " from (select member_id, coalesce(sum(points) filter (where to_account = %(available)s), 0) as available,"
        "       coalesce(sum(points) filter (where to_account <> %(available)s), 0) as pending"
        "       from new_award group by member_id) s"
        " where b.tenant_id = %(tenant)s and b.member_id = s.member_id",
        {"tenant": tenant_id, "available": Account.AVAILABLE},
    )
    cursor.execute("truncate new_award")


def uuids(values: Sequence[UUID]) -> NDArray[np.void]:
    """UUIDs as a numpy column of sixteen raw bytes."""
    return np.frombuffer(b"".join(value.bytes for value in values), "V16")
