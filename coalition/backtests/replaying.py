"""Replays members against an index, each from her first purchase on, and tallies the days that are asked for."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.backtests.models import Backtest, BacktestSlice
from coalition.backtests.tally import Tally
from coalition.programmes.models import Programme
from coalition.promotions.awards import WRITTEN_OFF, Award, parts_of, points_of
from coalition.promotions.case import Facts, Item, Known, Line, Outlet, Receipt
from coalition.promotions.document import Document
from coalition.promotions.engine import Past, replay
from coalition.promotions.explain import entries
from coalition.promotions.gives import Giving
from coalition.promotions.index import LONG_AGO, Index, Published
from coalition.promotions.periods import month_of
from coalition.promotions.profiles import known_of
from coalition.promotions.queries import compiled, outlets_by_code, promotions_by_code, published_versions
from coalition.transactions.days import business_days, day_of
from coalition.transactions.receipts import less, receipt_of
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

DRAFT = 1 << 40  # the version number of the document that is tried: the newest, as it would be
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


def index_for(session: Session, programme: Programme, backtest: Backtest) -> Index:
    """The live set with the document in it, or the document alone; without a document the live set."""
    published = [] if backtest.alone else published_versions(session, programme)
    if backtest.document is not None:
        numbers = promotions_by_code(session, programme)
        number = numbers.get(backtest.code) or max(numbers.values(), default=0) + 1
        since = _start_of(backtest.first_day, programme.zone)
        until = _start_of(backtest.last_day + timedelta(days=1), programme.zone)
        document = Document.model_validate(backtest.document)
        published = [one for one in published if one.promotion != number or one.starts_at < since]
        published = [
            one._replace(ends_at=min(one.ends_at or since, since)) if one.promotion == number else one
            for one in published
        ]
        published.append(Published(DRAFT, number, since, until, LONG_AGO, document))
    return compiled(session, programme, published, number=0)


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


def tally(index: Index, backtest: Backtest, members: Iterable[Kept]) -> Tally:
    """What the replay of these members adds up to."""
    found = Tally()
    for member in members:
        facts = Facts(member.member_id, 0, member.opened_on, known=member.known)
        bought = reached = cut = False
        was, would = found.whole
        awarded = replay(index, facts, member.purchases)
        for past, awards, given in zip(member.purchases, awarded, member.given, strict=True):
            if backtest.first_day <= past.day <= backtest.last_day:
                bought = True
                points, lost = _count(found, index, past, awards, given, facts.tier)
                reached, cut = reached or points > 0, cut or lost > 0
        found.bought += bought
        found.reached += reached
        found.cut_members += cut
        found.compared(found.whole[1] - would - found.whole[0] + was)
    return found


def _count(
    found: Tally, index: Index, past: Past, awards: list[Award], given: list[int], tier: int
) -> tuple[int, int]:
    """Add one purchase; returns what the document that is tried would have given, and what its limits would cut."""
    was = [
        (rule, points, base if cut_by == WRITTEN_OFF else None)
        for version, base, points, _cut, _step, cut_by in entries(given)
        if (rule := index.rules.get(version)) is None or rule.giving is Giving.POINTS
    ]
    before, would = sum(points for _, points, _ in was), points_of(awards)
    found.purchases += 1
    found.amount += past.line.amount
    found.whole[0] += before
    found.whole[1] += would
    found.add("days", past.day.isoformat(), before, would)
    found.add("partners", past.line.partner, before, would)
    found.add("tiers", tier, before, would)
    for bit in range(past.segments.bit_length()):
        if past.segments >> bit & 1:
            found.add("segments", bit, before, would)
    for rule, points, loser in was:
        if rule is not None:
            found.add("promotions", rule.promotion, points, 0)
            if loser is not None:  # what a correction wrote off is that payer's alone
                found.add("funders", loser, points, 0)
                continue
            for pool, part in parts_of(rule, 0, points):
                found.add("funders", index.pools[pool].funder_id, part, 0)
    tried = cut = 0
    for award in awards:
        if award.rule.giving is Giving.POINTS:
            found.add("promotions", award.rule.promotion, 0, award.points)
        for pool, part in parts_of(award.rule, 0, award.points):
            found.add("funders", index.pools[pool].funder_id, 0, part)
        if award.rule.version == DRAFT:
            tried, cut = tried + award.points, cut + award.cut
            found.awards += award.points > 0
    if tried or cut:
        found.points += tried
        found.cut += cut
        found.tried(past.day.isoformat(), tried, cut)
    if tried:
        found.paid_for(past.day.isoformat(), past.line.amount)
    return tried, cut


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
