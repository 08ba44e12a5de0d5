"""What a backtest replays: the live set with the document in it, and members with all their purchases."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.backtests.models import Backtest, BacktestSlice
from coalition.programmes.models import Programme
from coalition.promotions.case import Item, Known, Line, Outlet, Receipt
from coalition.promotions.document import Document
from coalition.promotions.engine import Past
from coalition.promotions.explain import entries
from coalition.promotions.gives import Giving
from coalition.promotions.index import LONG_AGO, Index, Published, Rule
from coalition.promotions.periods import month_of
from coalition.promotions.profiles import known_of
from coalition.promotions.queries import (
    compiled,
    index_of,
    outlets_by_code,
    promotions_by_code,
    published_versions,
)
from coalition.transactions.days import business_days, day_of
from coalition.transactions.receipts import less, receipt_of
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

DRAFT = 1 << 40  # the version number of the document that is tried: the newest, as it would be
Unit = tuple[Giving, int]
"""What an award is of; benefits differ by their numbers."""
POINTS: Unit = (Giving.POINTS, 0)
_ROWS = text("""
    select p.member_id, m.account_opened_on, p.occurred_at, p.booked_at, p.amount, coalesce(b.amount, 0) as returned,
        p.kind, coalesce(p.partner_id, 0) as partner, coalesce(p.mcc, -1) as mcc, p.segments,
        coalesce(v.reason, p.reason) as reason, r.document as receipt, b.receipts as returned_goods
    from purchase p
    join member m on m.tenant_id = :tenant and m.id = p.member_id and m.programme_id = :programme
    left join revaluation v on v.tenant_id = :tenant and v.member_id = p.member_id and v.purchase_id = p.id
    left join receipt r on r.tenant_id = :tenant and r.member_id = p.member_id and r.purchase_id = p.id
    left join (
        select member_id, purchase_id, sum(amount)::bigint as amount,
            jsonb_agg(receipt) filter (where receipt is not null) as receipts
        from purchase_return
        where tenant_id = :tenant and state = 'applied' and member_id >= :first
            and (cast(:end as uuid) is null or member_id < :end)
        group by member_id, purchase_id
    ) b on b.member_id = p.member_id and b.purchase_id = p.id
    where p.tenant_id = :tenant and p.member_id >= :first and (cast(:end as uuid) is null or p.member_id < :end)
    order by p.member_id, p.booked_at, p.occurred_at, p.key
""")


class Kept(NamedTuple):
    """A member with her purchases, as they are replayed, and the reason of what each has given."""

    member_id: UUID
    opened_on: date | None
    known: Sequence[Known]
    purchases: list[Past]
    given: list[list[int]]


@dataclass(frozen=True)
class Trial:
    """What purchases are replayed with, and what is live; `documents` are those of what takes money off, by version.

    `tried` is the document's rule, None where the live set is replayed as it is. `seats` are the promotions that have
    places for members, by the purse of the places; of those of the document, `seated` have one.
    """

    index: Index
    live: Index
    tried: Rule | None
    documents: Mapping[int, Document]
    seats: Mapping[int, int]
    seated: Collection[UUID] = ()

    def seating(self, members: Collection[UUID]) -> "Trial":
        """The same with places of the document for these members."""
        return replace(self, seated=members)

    def rooms(self, member: "Kept") -> dict[int, int]:
        """The places that there are for a member: of what is live she has those that she really got."""
        if not self.seats:
            return {}
        had = {
            self.live.rules[version].promotion
            for reason in member.given
            for version, _base, points, *_ in entries(reason)
            if points and version in self.live.rules
        }
        rooms = {purse: int(promotion in had) for purse, promotion in self.seats.items()}
        if self.tried is not None and self.tried.seats:
            rooms[self.tried.seats] = int(member.member_id in self.seated)
        return rooms

    @property
    def unit(self) -> Unit:
        """What the document gives."""
        return unit_of(self.tried) if self.tried else POINTS


def unit_of(rule: Rule) -> Unit:
    """What a rule gives."""
    return (rule.giving, rule.benefit)


def trial_of(session: Session, programme: Programme, backtest: Backtest) -> Trial:
    """The live set with the document in it, or the document alone; without a document the live set."""
    published = [] if backtest.alone else published_versions(session, programme)
    numbers = promotions_by_code(session, programme)
    number = numbers.get(backtest.code) or max(numbers.values(), default=0) + 1
    if backtest.document is not None:
        since = _start_of(backtest.first_day, programme.zone)
        until = _start_of(backtest.last_day + timedelta(days=1), programme.zone)
        document = Document.model_validate(backtest.document)
        published = [one for one in published if one.promotion != number or one.starts_at < since]
        published = [
            one._replace(ends_at=min(one.ends_at or since, since)) if one.promotion == number else one
            for one in published
        ]
        published.append(Published(DRAFT, number, since, until, LONG_AGO, document))
    index = compiled(session, programme, published, number=0)
    # A till names what took money off by its code, and so does one that is imagined.
    index.setting = index.setting._replace(promotions={**numbers, backtest.code: number})
    return Trial(
        index,
        index_of(session, programme),
        index.rules.get(DRAFT),
        {one.version: one.document for one in published if one.document.gives.giving is Giving.DISCOUNT},
        {rule.seats: rule.promotion for rule in index.rules.values() if rule.seats},
    )


def kept_by(session: Session, programme: Programme, index: Index, part: BacktestSlice) -> list[Kept]:
    """The slice's members with all their purchases, net of returns."""
    rows = session.execute(
        _ROWS,
        {
            "tenant": tenant_of(session),
            "programme": programme.id,
            "first": part.first_member,
            "end": part.end_member,
        },
    ).all()
    at, booked = (_microseconds([row[place] for row in rows]) for place in (2, 3))
    days = [day_of(number) for number in business_days(at, programme.zone).tolist()]
    outlets = outlets_by_code(session) if any(row.receipt for row in rows) else {}
    known = known_of(session, index, {row.member_id for row in rows})
    members: list[Kept] = []
    places = zip(rows, at.tolist(), booked.tolist(), days, strict=True)
    for member_id, group in groupby(places, key=lambda place: place[0].member_id):
        mine = list(group)
        purchases = [_past(row, moment, since, day, outlets) for row, moment, since, day in mine]
        given = [row.reason for row, *_ in mine]
        members.append(
            Kept(member_id, mine[0][0].account_opened_on, known.get(member_id, ()), purchases, given)
        )
    return members


def _past(row: Any, at: int, booked: int, day: date, outlets: dict[str, Outlet]) -> Past:
    net = row.amount - row.returned
    line = Line(at, month_of(day), row.kind, net, row.partner, row.mcc)
    return Past(line, day, booked, row.segments, _receipt(row, net, outlets) if row.receipt else None)


def _receipt(row: Any, net: int, outlets: dict[str, Outlet]) -> Receipt:
    receipt = receipt_of(row.receipt, outlets)
    if not row.returned:
        return receipt
    returned: Iterator[Item] = (
        item for document in row.returned_goods or () for item in receipt_of(document, {}).items
    )
    return less(receipt, returned, row.amount, net)


def _microseconds(moments: list[datetime]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([moment.replace(tzinfo=None) for moment in moments], "datetime64[us]").astype(np.int64)


def _start_of(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), clock.zone(zone))
