"""Of an order and a sale that are one, one pays: what that comes to, and how it comes to be undone.

Everything follows from what is known of a member at this moment: her orders by their networks' last words, her sales,
and what people have said. Whatever becomes known is followed by the same look, and only differences are posted.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Purpose
from coalition.ledger.post import Cause
from coalition.offers.models import Click, Order
from coalition.offers.settling import settle_order
from coalition.offers.worth import Terms, points_for
from coalition.programmes.models import Programme
from coalition.promotions.counters import save_counters
from coalition.promotions.index import Index
from coalition.transactions.corrections.valuing import being_posted, correct
from coalition.transactions.models import Purchase, PurchaseReturn
from coalition.transactions.moved import note_moved
from coalition.transactions.of_orders.alike import paired, sale_worth, who_pays
from coalition.transactions.of_orders.finding import Known, known_of
from coalition.transactions.of_orders.models import OrderSale
from coalition.transactions.of_orders.terms import OrderTerms, order_terms
from coalition.transactions.opening import opened
from coalition.transactions.revaluing import revalue
from coalition.transactions.standing import paid
from coalition.transactions.standing_back import row_of
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import digest

Pair = tuple[UUID, UUID]
Pays = dict[Pair, str]
"""By order and sale that are one: which of them pays."""


def settle_orders(
    session: Session, programme: Programme, index: Index, members: Collection[UUID]
) -> set[UUID]:
    """Let one pay of each order and sale of these members that are one; whose points that has moved.

    The caller holds the members' balance locks, and has posted whatever is new.
    """
    session.flush()  # what is known is read from the tables
    terms, moved = order_terms(programme), set[UUID]()
    for member_id, known in known_of(session, terms, members).items():
        worths = _worths(session, known)
        pays = _pairs(session, member_id, known, terms, index, worths)
        marks = _marked(session, programme, known, pays)
        orders = _stood_back(known, pays)
        if marks or orders:
            session.flush()  # what stands is read from the tables
            _post(session, programme, index, member_id, marks, orders, worths)
            moved.add(member_id)
    session.flush()
    return moved


def _worths(session: Session, known: Known) -> dict[UUID, Terms]:
    """The terms of the orders' clicks."""
    clicks = {order.click_id: number for number, order in known.orders.items()}
    rows = session.scalars(
        select(Click).where(Click.tenant_id == tenant_of(session), Click.id.in_(clicks))
    ).all()
    by_click = {click.id: Terms.model_validate(click.terms) for click in rows}
    return {number: by_click[order.click_id] for number, order in known.orders.items()}


def _pairs(
    session: Session,
    member_id: UUID,
    known: Known,
    terms: OrderTerms | None,
    index: Index,
    worths: dict[UUID, Terms],
) -> Pays:
    """Bring the rows of pairs and of doubts to what is known; which pays of those that are one."""
    same, doubts = paired(known.edges(), known.decided())
    pays: Pays = {}
    for pair in same.items():
        row = known.rows.get(pair) or _row(session, member_id, known, pair)
        row.why = row.why if row.decision else None
        row.rule = row.rule or _rule(known, pair, terms)
        order, sale = known.orders[pair[0]], known.sales[pair[1]]
        points = points_for(order.commission, worths[order.id])
        row.pays = pays[pair] = who_pays(row.rule, points, _worth(index, known, sale))
    for pair, why in doubts.items():
        row = known.rows.get(pair) or _row(session, member_id, known, pair)
        row.why, row.rule, row.pays = why, None, None
    for pair, row in list(known.rows.items()):
        if pair in pays or pair in doubts:
            continue
        row.pays = None
        if row.why is not None and row.decision is None:
            session.delete(row)  # there is nothing to ask any more
    return pays


def _rule(known: Known, pair: Pair, terms: OrderTerms | None) -> str:
    """Who pays of a pair that has no row with a rule yet: as of its other telling, or by the terms."""
    told = [row.rule for (order, sale), row in known.rows.items() if order == pair[0] and row.rule
            and known.payers.get(sale, sale) == pair[1]]  # fmt: skip
    if told and told[0]:
        return told[0]
    assert terms is not None, "without terms nothing new is found"
    return terms.pays


def _row(session: Session, member_id: UUID, known: Known, pair: Pair) -> OrderSale:
    row = OrderSale(
        tenant_id=tenant_of(session),
        member_id=member_id,
        order_id=pair[0],
        sale_id=pair[1],
        found_at=clock.now(),
    )
    session.add(row)
    known.rows[pair] = row
    return row


def _worth(index: Index, known: Known, sale: Purchase) -> int:
    booked = sum(paid(index, sale.reason).values())
    return sale_worth(booked, sale.amount - known.returned.get(sale.id, 0), sale.amount)


def _marked(session: Session, programme: Programme, known: Known, pays: Pays) -> list[PurchaseReturn]:
    """Let the sales stand back for whose orders pay, and no others; what has changed, those that stand back first."""
    changed = []
    for pair, mark in known.marks.items():
        if mark.state == "applied" and pays.get(pair) != "order":
            mark.state = "same"
            changed.append(mark)
    for pair in (pair for pair, who in pays.items() if who == "order"):
        sale, stands = known.sales[pair[1]], known.marks.get(pair)
        if stands is not None and stands.state == "applied":
            continue
        mark = stands or _mark(session, programme, sale, pair[0])
        mark.state, mark.amount = "applied", sale.amount - known.returned.get(sale.id, 0)
        changed.insert(0, mark)
    note_moved(session, (mark for mark in changed if mark in known.marks.values()))
    return changed


def _mark(session: Session, programme: Programme, sale: Purchase, order_id: UUID) -> PurchaseReturn:
    """The row by which a sale stands back for an order."""
    row = row_of(programme, sale, digest("stands back", sale.key, order_id), order_id=order_id)
    session.add(row)
    return row


def _stood_back(known: Known, pays: Pays) -> list[Order]:
    """Let the orders stand back whose sales pay, and no others; those of which that is new."""
    back = {order for (order, _), who in pays.items() if who == "sale"}
    changed = [order for order in known.orders.values() if order.stands_back != (order.id in back)]
    for order in changed:
        order.stands_back = order.id in back
    return changed


def _post(
    session: Session,
    programme: Programme,
    index: Index,
    member_id: UUID,
    marks: list[PurchaseReturn],
    orders: list[Order],
    worths: dict[UUID, Terms],
) -> None:
    book, facts = opened(session, programme, index, [member_id])[member_id]
    changed: set[tuple[UUID, int]] = set()
    for correction in being_posted(session, programme):
        changed |= correct(session, programme, index, correction, book, facts)
    for mark in marks:
        assert mark.purchase_id is not None, "it stands for a sale"
        cause = Cause(Purpose.RETURN, mark.id, mark.occurred_at)
        changed |= revalue(session, programme, index, book, facts, cause, {mark.purchase_id})
    save_counters(session, {member_id: facts.counters}, changed)
    for order in orders:
        settle_order(session, book, programme, order, worths[order.id])
    book.repay_debt()
