"""Valuing purchases anew when something known of them has changed: only the differences are posted.

What a member's purchases give is a function of all of them, net of their returns, in the order they were booked. So a
return can change what another purchase gave: the fifth is now the fourth. Counters end as the replay ends.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.granting import Due, keep_grants
from coalition.ledger.models import Lot
from coalition.ledger.post import Book, Cause
from coalition.ledger.queries import lots_by_id
from coalition.programmes.models import Programme
from coalition.promotions.awards import WRITTEN_OFF, Award, explained
from coalition.promotions.budgets import under
from coalition.promotions.case import Facts, Line, Receipt
from coalition.promotions.engine import Past, replay, without_purchases
from coalition.promotions.explain import entries
from coalition.promotions.index import Index, Pool, microseconds
from coalition.promotions.periods import month_of
from coalition.promotions.queries import outlets_by_code
from coalition.promotions.validity import Validity
from coalition.transactions import models, waiting
from coalition.transactions.giving import give
from coalition.transactions.lines import award_id
from coalition.transactions.models import Purchase, PurchaseReturn, Revaluation
from coalition.transactions.receipts import less, receipt_of
from coalition.transactions.standing import Dated, held, kept_back, paid, written_off
from tenants.runtime import clock
from tenants.runtime.db import tenant_of


class Booked(NamedTuple):
    """A purchase with what is left of it and of its receipt, and what is noted of it since it was booked."""

    purchase: Purchase
    net: int
    noted: Revaluation | None
    receipt: Receipt | None

    @property
    def standing(self) -> list[int]:
        """The reason that stands for what it gives."""
        return self.purchase.reason if self.noted is None else self.noted.reason

    @property
    def written_off(self) -> list[int]:
        """What corrections had to leave of it, as it is in proportion to what is left of the purchase."""
        return written_off(self.noted.written_off, self.net) if self.noted else []

    @property
    def stands(self) -> Dated:
        """When it was booked, with the reason that stands."""
        return microseconds(self.purchase.booked_at), self.standing

    @property
    def left(self) -> Dated:
        """The same with what corrections had to leave."""
        return microseconds(self.purchase.booked_at), self.written_off


def booked_purchases(session: Session, member_id: UUID, only: Collection[UUID] | None = None) -> list[Booked]:
    """A member's purchases in the order they were booked: all, or those named."""
    tenant_id = tenant_of(session)
    query = (
        select(Purchase, Revaluation, models.Receipt.document)
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
            purchase, noted, receipt_of(document, outlets) if document else None, backs.get(purchase.id, [])
        )
        for purchase, noted, document in rows
    ]


def _booked(
    purchase: Purchase, noted: Revaluation | None, receipt: Receipt | None, backs: Sequence[PurchaseReturn]
) -> Booked:
    net = purchase.amount - sum(back.amount for back in backs)
    if receipt is not None and backs:
        returned = [item for back in backs if back.receipt for item in receipt_of(back.receipt, {}).items]
        receipt = less(receipt, returned, purchase.amount, net)
    return Booked(purchase, net, noted, receipt)


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
    history, whole = concerned(session, index, facts, changed)
    sheets = {period for period, _ in facts.counters} if whole else set[int]()
    reserve = kept_back(index, (booked.left for booked in history))
    run = replaying(programme, index, facts, history, reserve, whole=whole)
    awards = under(session, index.purses, run, held(index, facts, (booked.stands for booked in history)))
    moves: list[_Move] = []
    dues: list[Due] = []
    rows: dict[UUID, Revaluation] = {}
    for booked, given in zip(history, awards, strict=True):
        reason = explained(given) + booked.written_off
        if reason != booked.standing:
            moves += _moves(index, booked, reason)
            dues += dues_of(index, booked, reason)
            rows[booked.purchase.id] = noted_of(session, booked)
            rows[booked.purchase.id].reason = reason
    for move in sorted(moves, key=lambda move: move.points > 0):  # what is taken comes first
        _post(programme, index, book, cause, move, rows[move.purchase.id])
    session.flush()
    keep_grants(session, programme, dues)
    return {(facts.member_id, period) for period in sheets | facts.touched}


def concerned(
    session: Session, index: Index, facts: Facts, changed: Collection[UUID]
) -> tuple[list[Booked], bool]:
    """The purchases to be replayed when some have changed, and whether these are all, because something is counted."""
    history = booked_purchases(session, facts.member_id, changed)
    if not history or (index.tiers is None and not any(_in_a_row(index, one.purchase) for one in history)):
        return history, False
    return booked_purchases(session, facts.member_id), True


def replaying(
    programme: Programme,
    index: Index,
    facts: Facts,
    history: Sequence[Booked],
    reserve: Mapping[int, int],
    *,
    whole: bool,
) -> Callable[[dict[int, int]], list[list[Award]]]:
    """What gives the purchases' awards anew with the rooms that budgets leave; the reserve is not given again.

    Counters begin anew where all purchases are replayed, and stay as they are where nothing is counted.
    """
    past = [past_of(programme, booked) for booked in history]
    begin = without_purchases(index, facts.counters) if whole else facts.counters

    def run(rooms: dict[int, int]) -> list[list[Award]]:
        for purse, points in reserve.items():
            rooms[purse] -= points
        facts.counters, facts.rooms = dict(begin), rooms
        return list(replay(index, facts, past))

    return run


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
    old, new = paid(index, booked.standing), paid(index, reason)
    bases = {version: base for version, base, *_, cut_by in entries(reason) if cut_by != WRITTEN_OFF}
    return [
        _Move(booked.purchase, version, pool, points, bases.get(version, 0))
        for version, pool in sorted({*old, *new})
        if (points := new.get((version, pool), 0) - old.get((version, pool), 0))
    ]


def dues_of(index: Index, booked: Booked, reason: Sequence[int]) -> Iterator[Due]:
    """What the purchase grants beside points by this reason, and what it does no longer."""
    sale = booked.purchase
    old, new = (
        {version: points for version, _, points, *_ in entries(one) if index.rules[version].benefit}
        for one in (booked.standing, reason)
    )
    for version in sorted({*old, *new}):
        benefit = index.rules[version].benefit
        yield Due(sale.member_id, sale.id, sale.occurred_at, version, benefit, new.get(version, 0))


def noted_of(session: Session, booked: Booked) -> Revaluation:
    """The row that holds what stands for the purchase now, a new one if there is none."""
    if booked.noted is not None:
        return booked.noted
    row = Revaluation(
        tenant_id=booked.purchase.tenant_id,
        member_id=booked.purchase.member_id,
        purchase_id=booked.purchase.id,
        lots=[],
        written_off=[],
        corrected=[],
    )
    session.add(row)
    return row


def _post(
    programme: Programme, index: Index, book: Book, cause: Cause, move: _Move, row: Revaluation
) -> None:
    sale, paid_by = move.purchase, index.pools[move.pool]
    # The same return can come and go and come again; the balance's version tells the times apart.
    part = (sale.id, move.version, move.pool, book.balance.version)
    reason = [move.version, move.base, abs(move.points), 0, 0]
    if move.points < 0:
        known = {lot.id for lot in book.lots}
        over = lots_by_id(book.session, book.balance.member_id, [lot for lot in row.lots if lot not in known])
        first = lots_of(sale, paid_by, index.pools, [*book.lots, *over], row.lots)
        take_more(index, book, cause, move.pool, -move.points, first, reason, part)
        return
    give_more(programme, index, book, cause, move.purchase, move.pool, move.points, reason, part, row)


def take_more(
    index: Index,
    book: Book,
    cause: Cause,
    pool: int,
    points: int,
    first: Sequence[UUID],
    reason: list[int],
    part: object,
) -> None:
    """Take points of a pool back, from these lots first; of points that wait also what they went on as."""
    paid_by = index.pools[pool]
    if paid_by.condition:
        first = waiting.recall(index, book, paid_by, first, points)
    first = list(dict.fromkeys(first))
    book.take_back(cause, points, funder_id=paid_by.funder_id, first=first, reason=reason, part=part)


def give_more(
    programme: Programme,
    index: Index,
    book: Book,
    cause: Cause,
    sale: Purchase,
    pool: int,
    points: int,
    reason: list[int],
    part: object,
    row: Revaluation,
) -> UUID:
    """Give more points for a purchase: a lot of its own, whose days count from the purchase's; returns the lot."""
    earned = give(
        programme, index, book, cause, pool, points, since=sale.occurred_at, part=part, reason=reason
    )
    row.lots = [*row.lots, earned.id]
    return earned.id


def lots_of(
    sale: Purchase, paid_by: Pool, pools: Collection[Pool], lots: Iterable[Lot], later: Collection[UUID]
) -> list[UUID]:
    """The lots that a purchase gave, first those of the pool that gets its points back: nobody else's is touched.

    `later` are those of earlier valuations: of the same funder they come next, the newest first, and before others of
    his those that live as long as the pool's points do.
    """
    named = {lot.id: lot for lot in lots if lot.id in later}
    newest = [named[lot] for lot in reversed(list(later)) if lot in named]
    own = [lot for lot in newest if lot.funder_id == paid_by.funder_id]
    lives = {pool.valid for pool in pools if pool.valid is not None}
    others = [award_id(sale.key, sale.occurred_at, pool) for pool in pools if pool != paid_by]
    return [
        award_id(sale.key, sale.occurred_at, paid_by),
        *(lot.id for lot in sorted(own, key=lambda lot: not _lives_as(paid_by, lives, lot))),
        *others,
        *(lot.id for lot in newest if lot.funder_id != paid_by.funder_id),
    ]


def _lives_as(pool: Pool, lives: Iterable[Validity], lot: Lot) -> bool:
    """Whether a lot's last day is one that the pool's points have; `lives` are those that promotions name."""
    if lot.active_on == date.max:
        return pool.condition > 0
    found = [one for one in lives if one.last_day(lot.active_on) == lot.expires_on]
    return pool.valid in found if pool.valid is not None else not found
