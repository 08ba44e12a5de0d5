"""Posting a chunk: lines of whole members become purchases, awards and counters, in one transaction.

The engine runs under the balance locks of all the chunk's members, so nothing online moves a counter meanwhile. Lines
that are already known are duplicates: assumed to be none, which costs nothing, and looked for when that proves wrong.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert
from sqlalchemy.orm import Session

from coalition.benefits.granting import Due, keep_grants
from coalition.ledger.bulk import Awards, Locked, lock_balances, post_awards
from coalition.ledger.post import open_books
from coalition.programmes.models import Programme
from coalition.promotions.awards import Award, by_pool, explained
from coalition.promotions.budgets import under
from coalition.promotions.case import Facts, Line, moment_of
from coalition.promotions.counters import load_counters, save_counters
from coalition.promotions.engine import evaluate
from coalition.promotions.index import Index, microseconds
from coalition.promotions.kinds import OperationKind
from coalition.promotions.periods import month_of
from coalition.promotions.profiles import known_of
from coalition.promotions.queries import index_of
from coalition.transactions import models, returns, waiting
from coalition.transactions.days import business_days, day_number, day_of
from coalition.transactions.lines import Lines, award_ids, uuid_tail
from coalition.transactions.of_orders.finding import has_pairs
from coalition.transactions.of_orders.settling import settle_orders
from coalition.transactions.receipts import NO_RECEIPTS, Receipts, kept
from coalition.transactions.referrals.jobs import ask_for
from coalition.transactions.spans import span_of
from coalition.transactions.two_channels.finding import find_twice
from coalition.transactions.two_channels.settling import settle, undo
from coalition.transactions.two_channels.terms import same_sale_terms
from tenants.runtime import clock
from tenants.runtime.copying import Arrays, Column, copy_rows, raw
from tenants.runtime.db import tenant_of

_PROBES = 16


class _KnownAfterAll(Exception):
    """A sale that nobody had looked for is there already; raised to undo the attempt."""


@dataclass
class Outcome:
    """What became of the lines: their numbers in the file, and the points that each gave (0 for returns)."""

    posted: NDArray[np.int64]
    points: NDArray[np.int64]
    duplicate: NDArray[np.int64]
    promotions_number: int


@dataclass
class _Found:
    """The engine's finding for a chunk: explanations per line, and points per (line, pool)."""

    segments: list[int] = field(default_factory=list)
    reasons: list[int] = field(default_factory=list)
    reason_counts: list[int] = field(default_factory=list)
    award_line: list[int] = field(default_factory=list)
    award_pool: list[int] = field(default_factory=list)
    award_points: list[int] = field(default_factory=list)
    granted: list[tuple[int, int, int, int]] = field(default_factory=list)  # line, version, benefit, pieces
    counters: dict[UUID, dict[tuple[int, int], int]] = field(default_factory=dict)
    changed: set[tuple[UUID, int]] = field(default_factory=set)


def post_lines(
    session: Session,
    programme: Programme,
    lines: Lines,
    *,
    file_id: int | None,
    receipts: Receipts = NO_RECEIPTS,
) -> Outcome:
    """Post the lines of some whole members, sorted by member and time; what is known already is a duplicate.

    By the programme's terms a sale that the other channel has told takes its place, or gives nothing.
    """
    lines, repeated = first_of_each(lines)
    locked = lock_balances(session, _members(lines))
    index = index_of(session, programme, hold=True)
    back = lines.kind == OperationKind.REFUND
    sales, refunds = lines.only(~back), lines.only(back)
    booked_at = max(clock.now(), index.published_at)  # clocks differ: what a version gave, it was there for
    terms = same_sale_terms(programme)
    known = _known(session, sales, every=terms is not None)
    twice = find_twice(session, programme, terms, sales.only(~known), file_id=file_id, receipts=receipts)
    undone = undo(session, programme, index, twice.same)
    posted, given = _post_sales(
        session, programme, index, locked, sales.only(~known), booked_at, file_id, receipts, twice.lost
    )
    if posted is None:  # somebody else's line came between: now look at each
        known = find_known(session, "purchase", sales)
        posted, given = _post_sales(
            session, programme, index, locked, sales.only(~known), booked_at, file_id, receipts, twice.lost
        )
        assert posted is not None, "the members are locked and every key was looked up"
    settle(session, programme, twice, undone, booked_at)
    fresh = returns.insert_returns(
        session, programme, refunds, booked_at=booked_at, file_id=file_id, receipts=receipts
    )
    returns.settle_returns(
        session, programme, index, sales=posted, fresh=refunds.only(fresh), also=twice.members
    )
    _repay(session, programme, {row.member_id for row in locked if row.debt} | twice.members)
    members = [row.member_id for row in locked]
    if programme.same_order is not None or has_pairs(session, members):
        settle_orders(session, programme, index, members)
    waiting.look(session, programme, index, members)
    ask_for(session, index, members)
    return Outcome(
        posted=np.concatenate([posted.line, refunds.line[fresh]]),
        points=np.concatenate([given, np.zeros(int(fresh.sum()), np.int64)]),
        duplicate=np.concatenate([repeated, sales.line[known], refunds.line[~fresh]]),
        promotions_number=index.number,
    )


def _known(session: Session, sales: Lines, *, every: bool) -> NDArray[np.bool_]:
    """Which sales are there already: looked for at a few places first, unless `every` one matters."""
    known = find_known(session, "purchase", sales, probes=None if every else _PROBES)
    return find_known(session, "purchase", sales) if known.any() and not every else known


def _post_sales(
    session: Session,
    programme: Programme,
    index: Index,
    locked: Sequence[Locked],
    sales: Lines,
    booked_at: datetime,
    file_id: int | None,
    receipts: Receipts,
    lost: frozenset[bytes],
) -> tuple[Lines | None, NDArray[np.int64]]:
    """Write new sales and their awards; (None, ...) and nothing written when one of them is known after all.

    Those whose keys are `lost` give nothing.
    """
    if not len(sales):
        return sales, np.zeros(0, np.int64)
    days = business_days(sales.at, programme.zone)
    ids = uuid_tail(sales.key, sales.at, 0)
    try:
        with session.begin_nested():  # undone with what was claimed of budgets
            found = under(
                session,
                index.purses,
                lambda rooms: _run(session, index, locked, sales, days, booked_at, receipts, lost, rooms),
            )
            if _insert_purchases(session, sales, ids, found, booked_at, file_id) < len(sales):
                raise _KnownAfterAll
    except _KnownAfterAll:
        return None, np.zeros(0, np.int64)
    _keep_receipts(session, sales, ids, receipts)
    booked_on = clock.business_day(programme.zone, booked_at)
    awards = _awards(programme, index, sales, ids, days, found, booked_on)
    post_awards(session, awards, today=day_number(booked_on), booked_at=booked_at)
    if index.conditional:
        waiting.note_awards(session, index, awards, found.award_pool)
    keep_grants(session, programme, _granted(sales, ids, found))
    moved = {UUID(bytes=bytes(member)) for member in np.unique(awards.member)}
    save_counters(session, found.counters, found.changed, moved=moved)
    given = np.zeros(len(sales), np.int64)
    np.add.at(given, np.array(found.award_line, np.int64), np.array(found.award_points, np.int64))
    return sales, given


def _run(
    session: Session,
    index: Index,
    locked: Sequence[Locked],
    sales: Lines,
    days: NDArray[np.int64],
    booked_at: datetime,
    receipts: Receipts,
    lost: frozenset[bytes],
    rooms: dict[int, int],
) -> _Found:
    """Run the engine over the sales, member by member, in the order of their time."""
    found, booked = _Found(), microseconds(booked_at)
    periods = {int(day): month_of(day_of(int(day))) for day in np.unique(days)}
    found.counters = load_counters(
        session, [row.member_id for row in locked], index.periods(day_of(int(day)) for day in np.unique(days))
    )
    members = {row.member_id.bytes: row for row in locked}
    known = known_of(session, index, [row.member_id for row in locked])
    owners, keys = sales.member.tobytes(), sales.key.tobytes()
    facts, owner = Facts(UUID(int=0), 0, None), b""
    columns = (sales.at, days, sales.kind, sales.amount, sales.partner, sales.mcc)
    for i, (at, day, kind, amount, partner, mcc) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        if owners[i * 16 : i * 16 + 16] != owner:
            found.changed |= {(facts.member_id, period) for period in facts.touched}
            owner = owners[i * 16 : i * 16 + 16]
            row = members[owner]
            counters = found.counters.setdefault(row.member_id, {})
            facts = Facts(
                row.member_id,
                row.segments,
                row.opened_on,
                counters,
                rooms=rooms,
                known=known.get(row.member_id, ()),
            )
        receipt = receipts.get(keys[i * 16 : i * 16 + 16]) if receipts else None
        if lost and keys[i * 16 : i * 16 + 16] in lost:
            amount = 0
        line = Line(at, periods[day], kind, amount, partner, mcc)
        awards = evaluate(index, facts, line, day_of(day), receipt, booked=booked) if amount else []
        found.segments.append(facts.segments)
        found.reason_counts.append(5 * len(awards))
        if awards:
            found.reasons += explained(awards)
            _split(found, i, awards)
            if index.benefits:
                found.granted += [
                    (i, award.rule.version, award.rule.benefit, award.points)
                    for award in awards
                    if award.rule.benefit and award.points
                ]
    found.changed |= {(facts.member_id, period) for period in facts.touched}
    return found


def _split(found: _Found, line: int, awards: Sequence[Award]) -> None:
    """Add a line's points to the pools that pay them."""
    for pool, points in by_pool(awards).items():
        found.award_line.append(line)
        found.award_pool.append(pool)
        found.award_points.append(points)


def _awards(
    programme: Programme,
    index: Index,
    sales: Lines,
    ids: NDArray[np.void],
    days: NDArray[np.int64],
    found: _Found,
    booked_on: date,
) -> Awards:
    """Points per (purchase, pool) as one transfer and one lot each, with their days."""
    line, pool = np.array(found.award_line, np.int64), np.array(found.award_pool, np.int64)
    active: dict[tuple[int, int], tuple[int, int]] = {}
    for day, number in {(int(day), int(number)) for day, number in zip(days[line], pool, strict=True)}:
        first, last = span_of(programme, index, index.pools[number], day_of(day), booked_on)
        active[day, number] = (day_number(first), day_number(last))
    spans = [active[day, number] for day, number in zip(days[line].tolist(), pool.tolist(), strict=True)]
    return Awards(
        member=sales.member[line],
        id=award_ids(sales.key[line], sales.at[line], index.pools, pool),
        cause=ids[line],
        occurred_us=sales.at[line],
        points=np.array(found.award_points, np.int64),
        funder=np.array([p.funder_id for p in index.pools], np.int64)[pool],
        active_day=np.array([span[0] for span in spans], np.int64),
        last_day=np.array([span[1] for span in spans], np.int64),
    )


def _granted(sales: Lines, ids: NDArray[np.void], found: _Found) -> Iterator[Due]:
    """What the lines grant beside points."""
    for line, version, benefit, pieces in found.granted:
        at = moment_of(int(sales.at[line]))
        member, cause = UUID(bytes=bytes(sales.member[line])), UUID(bytes=bytes(ids[line]))
        yield Due(member, cause, at, version, benefit, pieces)


def _insert_purchases(
    session: Session,
    sales: Lines,
    ids: NDArray[np.void],
    found: _Found,
    booked_at: datetime,
    file_id: int | None,
) -> int:
    """Insert what is not there yet; returns how many rows were new."""
    cursor = raw(session).cursor()
    copy_rows(
        cursor,
        "new_purchase",
        [
            Column("member_id", "uuid", sales.member),
            Column("id", "uuid", ids),
            Column("key", "uuid", sales.key),
            Column("occurred_at", "timestamptz", sales.at),
            Column("amount", "int8", sales.amount),
            Column("merchant_id", "int4", sales.merchant),
            Column("partner_id", "int4", sales.partner),
            Column("line", "int4", sales.line),
            Column("kind", "int2", sales.kind),
            Column("mcc", "int2", sales.mcc),
            Column("segments", "int8", np.array(found.segments, np.int64)),
        ],
        [Arrays("reason", np.array(found.reason_counts, np.int64), np.array(found.reasons, np.int64))],
    )
    cursor.execute(
        "insert into purchase (tenant_id, member_id, id, key, occurred_at, booked_at, amount, merchant_id,"
        " partner_id, file_id, line, kind, mcc, segments, reason)"
        " select %s, member_id, id, key, occurred_at, %s, amount, merchant_id,"
        " nullif(partner_id, 0), %s, line, kind, nullif(mcc, -1), segments, reason from new_purchase"
        " on conflict do nothing",
        (tenant_of(session), booked_at, file_id),
    )
    inserted = cursor.rowcount
    cursor.execute("truncate new_purchase")
    return inserted


def _keep_receipts(session: Session, sales: Lines, ids: NDArray[np.void], receipts: Receipts) -> None:
    rows = [
        {
            "tenant_id": tenant_of(session),
            "member_id": UUID(bytes=bytes(member)),
            "purchase_id": UUID(bytes=bytes(number)),
            "document": kept(receipts[bytes(key)]),
        }
        for member, number, key in zip(sales.member, ids, sales.key, strict=True)
        if bytes(key) in receipts
    ]
    if rows:
        session.execute(insert(models.Receipt), rows)


def find_known(session: Session, table: str, lines: Lines, *, probes: int | None = None) -> NDArray[np.bool_]:
    """Which lines the table has already, by key; with `probes` only so many of them are looked at."""
    count = len(lines)
    if not count:
        return np.zeros(0, bool)
    step = max(1, count // probes) if probes else 1
    asked = np.arange(0, count, step)
    cursor = raw(session).cursor()
    copy_rows(cursor, "asked_key", [Column("key", "uuid", lines.key[asked]), Column("place", "int4", asked)])
    # The limit keeps this a look-up by the key's index for each line: a join may be planned as a scan of the whole
    # table, the more so while a first load has left it without statistics.
    rows = cursor.execute(
        f"select a.place from asked_key a cross join lateral"  # noqa: S608
        f" (select from {table} k where k.tenant_id = %s and k.key = a.key limit 1) known",
        (tenant_of(session),),
    ).fetchall()
    cursor.execute("truncate asked_key")
    known = np.zeros(count, bool)
    known[[place for (place,) in rows]] = True
    return known


def first_of_each(lines: Lines) -> tuple[Lines, NDArray[np.int64]]:
    """Lines whose key is not an earlier line's, in their order, and the numbers of the others."""
    order = np.unique(lines.key, return_index=True)[1]
    first = np.zeros(len(lines), bool)
    first[order] = True
    return lines.only(first), lines.line[~first]


def _members(lines: Lines) -> list[UUID]:
    return [UUID(bytes=bytes(value)) for value in np.unique(lines.member)]


def _repay(session: Session, programme: Programme, owing: Collection[UUID]) -> None:
    """Pay debts that members had before this chunk's awards from what these made available."""
    for book in open_books(session, members=owing, zone=programme.zone).values():
        book.repay_debt()
