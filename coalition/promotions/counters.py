"""Members' counter sheets: read under the balance's lock, written back in the same transaction."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.ledger.bulk import touch_balances
from coalition.promotions.case import Counters
from tenants.runtime.copying import Arrays, Column, copy_rows, raw
from tenants.runtime.db import tenant_of


def load_counters(
    session: Session, members: Collection[UUID], periods: Collection[int] | None = None
) -> dict[UUID, Counters]:
    """Counters of the members, of the named periods or all. The caller holds the members' balance locks."""
    found: dict[UUID, Counters] = {}
    rows = session.execute(
        text(
            "select member_id, period, slots, counts from counter_sheet"
            " where tenant_id = :tenant and member_id = any(:members)"
            " and (cast(:periods as integer[]) is null or period = any(:periods))"
        ),
        {
            "tenant": tenant_of(session),
            "members": list(members),
            "periods": None if periods is None else list(periods),
        },
    )
    for member_id, period, slots, counted in rows:
        counters = found.setdefault(member_id, {})
        for slot, value in zip(slots, counted, strict=True):
            counters[period, slot] = value
    return found


def save_counters(
    session: Session,
    counters: Mapping[UUID, Counters],
    changed: Iterable[tuple[UUID, int]],
    *,
    moved: Iterable[UUID] = (),
) -> None:
    """Write the sheets (member, period) that changed, whole; who has read them sees it by the balance's version.

    The balances that have `moved` in this transaction show it already.
    """
    sheets = sorted(set(changed))
    if not sheets:
        return
    slots: list[int] = []
    values: list[int] = []
    counts: list[int] = []
    for member_id, period in sheets:
        places = sorted(
            (slot, value) for (when, slot), value in counters[member_id].items() if when == period
        )
        counts.append(len(places))
        slots += [slot for slot, _ in places]
        values += [value for _, value in places]
    lengths = np.array(counts, np.int64)
    cursor = raw(session).cursor()
    copy_rows(
        cursor,
        "new_counter_sheet",
        [
            Column("member_id", "uuid", np.frombuffer(b"".join(m.bytes for m, _ in sheets), "V16")),
            Column("period", "int4", np.array([period for _, period in sheets], np.int64)),
        ],
        [
            Arrays("slots", lengths, np.array(slots, np.int64)),
            Arrays("counts", lengths, np.array(values, np.int64)),
        ],
    )
    cursor.execute(
        "insert into counter_sheet (tenant_id, member_id, period, slots, counts)"
        " select %s, member_id, period, slots, counts from new_counter_sheet"
        " on conflict (tenant_id, member_id, period)"
        " do update set slots = excluded.slots, counts = excluded.counts",
        (tenant_of(session),),
    )
    cursor.execute("truncate new_counter_sheet")
    touch_balances(session, {member_id for member_id, _ in sheets} - set(moved))
