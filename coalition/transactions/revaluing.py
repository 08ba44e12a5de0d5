"""Valuing purchases anew when something known of them has changed: only the differences are posted.

What a member's purchases give is a function of all of them, net of their returns, in the order they were booked. So a
return can change what another purchase gave: the fifth is now the fourth. Counters end as the replay ends.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.granting import Due, keep_grants
from coalition.ledger.post import Book, Cause
from coalition.programmes.models import Programme
from coalition.promotions.awards import Award, drawn, explained, parts_of
from coalition.promotions.budgets import under
from coalition.promotions.case import EVER, Facts, Line, Receipt, seat_of
from coalition.promotions.engine import Past, replay, without_purchases
from coalition.promotions.index import Index, Pool, microseconds
from coalition.promotions.periods import month_of
from coalition.promotions.queries import outlets_by_code
from coalition.transactions import models, waiting
from coalition.transactions.lines import award_id
from coalition.transactions.models import Purchase, PurchaseReturn, Revaluation
from coalition.transactions.receipts import less, receipt_of
from coalition.transactions.spans import span_of
from tenants.runtime import clock
from tenants.runtime.db import tenant_of


class Booked(NamedTuple):
    """A purchase with what is left of it, the reason that stands for what it gives, and what is left of its receipt."""

    purchase: Purchase
    net: int
    standing: list[int]
    receipt: Receipt | None


def booked_purchases(session: Session, member_id: UUID, only: Collection[UUID] | None = None) -> list[Booked]:
    """A member's purchases in the order they were booked: all, or those named."""
    tenant_id = tenant_of(session)
    query = (
        select(Purchase, Revaluation.reason, models.Receipt.document)
        .outerjoin(
            Revaluation,
            (Revaluation.tenant_id == tenant_id)
            & (Revaluation.member_id == Purchase.member_id)
            & (Revaluation.purchase_id == Purchase.id),
        )
        .outerjoin(
            models.Receipt,
            (models.Receipt.tenant_id == tenant_id)
            & (models.Receipt.member_id == Purchase.member_id)
            & (models.Receipt.purchase_id == Purchase.id),
        )
        .where(Purchase.tenant_id == tenant_id, Purchase.member_id == member_id)
        .order_by(Purchase.booked_at, Purchase.occurred_at, Purchase.key)
    )
    if only is not None:
        query = query.where(Purchase.id.in_(only))
    rows = session.execute(query).all()
    backs: dict[UUID, list[PurchaseReturn]] = {}
    for back in session.scalars(
        select(PurchaseReturn).where(
            PurchaseReturn.tenant_id == tenant_id,
            PurchaseReturn.member_id == member_id,
            PurchaseReturn.state == "applied",
        )
    ):
        assert back.purchase_id is not None, "an applied return has its purchase"
        backs.setdefault(back.purchase_id, []).append(back)
    outlets = outlets_by_code(session) if any(document for *_, document in rows) else {}
    return [
        _booked(
            purchase, reason, receipt_of(document, outlets) if document else None, backs.get(purchase.id, [])
        )
        for purchase, reason, document in rows
    ]


def _booked(
    purchase: Purchase, reason: list[int] | None, receipt: Receipt | None, backs: Sequence[PurchaseReturn]
) -> Booked:
    net = purchase.amount - sum(back.amount for back in backs)
    if receipt is not None and backs:
        returned = [item for back in backs if back.receipt for item in receipt_of(back.receipt, {}).items]
        receipt = less(receipt, returned, purchase.amount, net)
    return Booked(purchase, net, purchase.reason if reason is None else reason, receipt)


def line_of(zone: str, sale: Purchase | PurchaseReturn, kind: int, amount: int) -> tuple[Line, date]:
    """A stored sale as the engine reads it, and its business day in the zone."""
    day = clock.business_day(zone, sale.occurred_at)
    mcc = -1 if sale.mcc is None else sale.mcc
    return Line(microseconds(sale.occurred_at), month_of(day), kind, amount, sale.partner_id or 0, mcc), day


def past_of(programme: Programme, booked: Booked) -> Past:
    """A stored purchase as the engine replays it."""
    purchase = booked.purchase
    line, day = line_of(programme.zone, purchase, purchase.kind, booked.net)
    return Past(line, day, microseconds(purchase.booked_at), purchase.segments, booked.receipt)


def revalue(
    session: Session,
    programme: Programme,
    index: Index,
    book: Book,
    facts: Facts,
    cause: Cause,
    changed: Collection[UUID],
) -> set[tuple[UUID, int]]:
    """Post what follows from the changed net amounts of some purchases; returns the counter sheets that changed.

    The book is locked, and `facts.counters` hold all of the member's sheets: they end as the replay ends.
    """
    history = booked_purchases(session, facts.member_id, changed)
    sheets: set[int] = set()
    if index.tiers is not None or any(_in_a_row(index, booked.purchase) for booked in history):
        history = booked_purchases(session, facts.member_id)
        sheets = {period for period, _ in facts.counters}
    awards = _replayed(session, programme, index, facts, history)
    moves: list[_Move] = []
    dues: list[Due] = []
    rows: dict[UUID, Revaluation] = {}
    for booked, given in zip(history, awards, strict=True):
        reason = explained(given)
        if reason != booked.standing:
            moves += _moves(index, booked, reason)
            dues += _dues(index, booked, reason)
            rows[booked.purchase.id] = _kept(session, booked.purchase, reason)
    for move in sorted(moves, key=lambda move: move.points > 0):  # what is taken comes first
        _post(programme, index, book, cause, move, rows[move.purchase.id])
    session.flush()
    keep_grants(session, programme, dues)
    return {(facts.member_id, period) for period in sheets | facts.touched}


def _replayed(
    session: Session, programme: Programme, index: Index, facts: Facts, history: Sequence[Booked]
) -> list[list[Award]]:
    """The purchases' awards anew. What they had of hard budgets is theirs again; for more, the budgets are asked."""
    past = [past_of(programme, booked) for booked in history]

    def run(rooms: dict[int, int]) -> list[list[Award]]:
        facts.counters, facts.rooms = without_purchases(index, facts.counters), rooms
        return list(replay(index, facts, past))

    return under(session, index.purses, run, _held(index, facts, history))


def _held(index: Index, facts: Facts, history: Sequence[Booked]) -> dict[int, int]:
    """What the purchases have of each hard bound, and the member's places among the first."""
    rooms = dict.fromkeys(index.purses, 0)
    for booked in history:
        at = microseconds(booked.purchase.booked_at)
        for version, (points, _) in _points(booked.standing).items():
            rule = index.rules[version]
            for purse, taken in drawn(rule, points, at):
                rooms[purse] += taken
            if rule.seats and points:
                rooms[rule.seats] = facts.counters.get((EVER, seat_of(rule.promotion)), 0)
    return rooms


def _in_a_row(index: Index, purchase: Purchase) -> bool:
    """Whether a promotion at the seller looks at more than one purchase."""
    mcc = -1 if purchase.mcc is None else purchase.mcc
    return any(rule.replayed for rule in index.of(purchase.partner_id or 0, mcc))


class _Move(NamedTuple):
    """Points of one version and pool that a purchase gives more (or, negative, less)."""

    purchase: Purchase
    version: int
    pool: int
    points: int
    base: int


def _moves(index: Index, booked: Booked, reason: Sequence[int]) -> list[_Move]:
    old, new = _points(booked.standing), _points(reason)
    return [
        _Move(booked.purchase, version, pool, points, new.get(version, (0, 0))[1])
        for version in sorted({*old, *new})
        for pool, points in parts_of(
            index.rules[version], old.get(version, (0, 0))[0], new.get(version, (0, 0))[0]
        )
    ]


def _dues(index: Index, booked: Booked, reason: Sequence[int]) -> Iterator[Due]:
    """What the purchase grants beside points now, and what it does no longer."""
    sale, new = booked.purchase, _points(reason)
    for version in sorted({*_points(booked.standing), *new}):
        benefit = index.rules[version].benefit
        if benefit:
            pieces, _ = new.get(version, (0, 0))
            yield Due(sale.member_id, sale.id, sale.occurred_at, version, benefit, pieces)


def _points(reason: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Version -> (points, base)."""
    return {reason[i]: (reason[i + 2], reason[i + 1]) for i in range(0, len(reason), 5)}


def _kept(session: Session, purchase: Purchase, reason: list[int]) -> Revaluation:
    """The purchase's row with the reason that stands now."""
    row = session.get(Revaluation, (purchase.tenant_id, purchase.member_id, purchase.id))
    if row is None:
        row = Revaluation(
            tenant_id=purchase.tenant_id, member_id=purchase.member_id, purchase_id=purchase.id, lots=[]
        )
        session.add(row)
    row.reason = reason
    return row


def _post(
    programme: Programme, index: Index, book: Book, cause: Cause, move: _Move, row: Revaluation
) -> None:
    sale, paid = move.purchase, index.pools[move.pool]
    # The same return can come and go and come again; the balance's version tells the times apart.
    part = (sale.id, move.version, move.pool, book.balance.version)
    reason = [move.version, move.base, abs(move.points), 0, 0]
    if move.points < 0:
        first = _lots_of(sale, paid, index.pools, book, row.lots)
        if paid.condition:
            first = waiting.recall(book, paid, first, -move.points)
        book.take_back(
            cause,
            -move.points,
            funder_id=paid.funder_id,
            first=first,
            reason=reason,
            part=part,
        )
        return
    day = clock.business_day(programme.zone, sale.occurred_at)
    active, last = span_of(programme, index, paid, day, book.today)
    earned = book.earn(
        cause,
        move.points,
        funder_id=paid.funder_id,
        active_on=active,
        expires_on=last,
        reason=reason,
        part=part,
    )
    if paid.condition:
        waiting.note(book, earned, paid, last, sale.occurred_at)
    row.lots = [*row.lots, earned.id]


def _lots_of(
    sale: Purchase, paid: Pool, pools: Iterable[Pool], book: Book, later: Collection[UUID]
) -> list[UUID]:
    """The lots that a purchase gave, first those of the pool that gets its points back: nobody else's is touched.

    `later` are those of earlier valuations: of the same funder they come next, the newest first.
    """
    funders = {lot.id: lot.funder_id for lot in book.lots if lot.id in later}
    newest = [lot for lot in reversed(list(later)) if lot in funders]
    others = [award_id(sale.key, sale.occurred_at, pool) for pool in pools if pool != paid]
    return [
        award_id(sale.key, sale.occurred_at, paid),
        *(lot for lot in newest if funders[lot] == paid.funder_id),
        *others,
        *(lot for lot in newest if funders[lot] != paid.funder_id),
    ]
