"""Returns: found their purchase, they change what it earned; without one they wait, then follow the programme's policy.

Whenever something new is known of a member who has returns, the matching is worked out afresh. What her purchases give
is then valued anew (`revaluing`) from their net amounts, and only the differences are posted: so partial returns add up
to a full one, and the order of files does not matter.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger.bulk import touch_balances
from coalition.ledger.models import Purpose
from coalition.ledger.post import Book, Cause
from coalition.programmes.models import Programme
from coalition.promotions.case import Facts, Receipt
from coalition.promotions.counters import save_counters
from coalition.promotions.index import Index
from coalition.redemption import tills
from coalition.redemption.models import Redemption
from coalition.transactions import models
from coalition.transactions.corrections.valuing import being_posted, correct
from coalition.transactions.lines import NOBODY, Lines, uuid_tail
from coalition.transactions.matching import Back, Sale, match
from coalition.transactions.models import Purchase, PurchaseReturn
from coalition.transactions.moved import note_booked, note_moved
from coalition.transactions.opening import opened
from coalition.transactions.receipts import Receipts, kept, points_left, quantities, receipt_of
from coalition.transactions.revaluing import revalue
from coalition.transactions.two_channels.alike import Return, counted
from tenants.runtime import clock
from tenants.runtime.db import tenant_of


def insert_returns(
    session: Session,
    programme: Programme,
    refunds: Lines,
    *,
    booked_at: datetime,
    file_id: int | None,
    receipts: Receipts,
) -> NDArray[np.bool_]:
    """Store returns that are not known yet, waiting; the answer marks which were new."""
    if not len(refunds):
        return np.zeros(0, bool)
    ids = uuid_tail(refunds.key, refunds.at, 0)
    wait_until = clock.business_day(programme.zone, booked_at) + timedelta(days=programme.return_wait_days)
    rows = [
        {
            "tenant_id": tenant_of(session),
            "member_id": _uuid(refunds.member[i]),
            "id": _uuid(ids[i]),
            "key": _uuid(refunds.key[i]),
            "original_key": _uuid(refunds.original[i]) if bytes(refunds.original[i]) != NOBODY else None,
            "occurred_at": _moment(int(refunds.at[i])),
            "booked_at": booked_at,
            "amount": int(refunds.amount[i]),
            "merchant_id": int(refunds.merchant[i]),
            "partner_id": int(refunds.partner[i]) or None,
            "mcc": int(refunds.mcc[i]) if refunds.mcc[i] >= 0 else None,
            "file_id": file_id,
            "line": int(refunds.line[i]),
            "state": "waiting",
            "wait_until": wait_until,
            "receipt": kept(receipts[bytes(refunds.key[i])]) if bytes(refunds.key[i]) in receipts else None,
        }
        for i in range(len(refunds))
    ]
    touch_balances(session, {_uuid(m) for m in np.unique(refunds.member)})
    new = set(
        session.scalars(insert(PurchaseReturn).on_conflict_do_nothing().returning(PurchaseReturn.key), rows)
    )
    note_booked(session, new)
    return np.array([row["key"] in new for row in rows], bool)


@dataclass
class _Case:
    """One member's returns with the purchases that they could undo; `payers` are by the sale that stands back.

    `marks` are the rows by which sales stand back for orders.
    """

    book: Book
    facts: Facts
    sales: dict[UUID, Purchase]
    receipts: dict[UUID, Receipt]
    backs: list[PurchaseReturn]
    payers: dict[UUID, UUID]
    marks: list[PurchaseReturn]

    def payer(self, sale: UUID) -> UUID:
        """The sale that gives what this one would: another one, where that is the same sale."""
        return self.payers.get(sale, sale)

    def told_twice(self, sale: Purchase) -> bool:
        """Whether both channels told the sale."""
        return sale.id in self.payers or sale.id in self.payers.values()


def settle_returns(
    session: Session,
    programme: Programme,
    index: Index,
    *,
    sales: Lines,
    fresh: Lines,
    also: Collection[UUID] = (),
) -> None:
    """Match anew for members with fresh returns, or with sales that an older return could undo, and for some more."""
    settle_of(
        session,
        programme,
        index,
        {_uuid(m) for m in np.unique(fresh.member)} | _awaited(session, sales) | {*also},
    )


def settle_of(session: Session, programme: Programme, index: Index, members: Collection[UUID]) -> None:
    """Match the returns of these members anew. The caller holds their balance locks."""
    if not members:
        return
    changed: set[tuple[UUID, int]] = set()
    cases = _cases(session, programme, index, members)
    corrections = being_posted(session, programme)
    for case in cases:
        for correction in corrections:
            changed |= correct(session, programme, index, correction, case.book, case.facts)
        changed |= _settle(session, programme, index, case)
    save_counters(session, {case.facts.member_id: case.facts.counters for case in cases}, changed)


def _awaited(session: Session, sales: Lines) -> set[UUID]:
    """Members with a stored return that one of these sales, at its merchant or named by it, could belong to."""
    if not len(sales):
        return set()
    rows = session.execute(
        select(PurchaseReturn.member_id, PurchaseReturn.merchant_id, PurchaseReturn.original_key).where(
            PurchaseReturn.tenant_id == tenant_of(session),
            PurchaseReturn.member_id.in_([_uuid(m) for m in np.unique(sales.member)]),
            ~PurchaseReturn.told_again,
        )
    ).all()
    if not rows:
        return set()
    at_merchant = {
        (bytes(member), merchant)
        for member, merchant in zip(sales.member, sales.merchant.tolist(), strict=True)
    }
    keys = {bytes(key) for key in sales.key}
    return {
        member
        for member, merchant, original in rows
        if (member.bytes, merchant) in at_merchant or (original is not None and original.bytes in keys)
    }


def _cases(session: Session, programme: Programme, index: Index, members: Collection[UUID]) -> list[_Case]:
    tenant_id = tenant_of(session)
    backs: dict[UUID, list[PurchaseReturn]] = {}
    marks: dict[UUID, list[PurchaseReturn]] = {}
    payers: dict[UUID, dict[UUID, UUID]] = {}
    for back in session.scalars(
        select(PurchaseReturn)
        .where(PurchaseReturn.tenant_id == tenant_id, PurchaseReturn.member_id.in_(members))
        .execution_options(populate_existing=True)
    ):
        if back.same_order is not None:
            marks.setdefault(back.member_id, []).append(back)
        elif back.same_as is None:
            backs.setdefault(back.member_id, []).append(back)
        elif back.purchase_id is not None:
            payers.setdefault(back.member_id, {})[back.purchase_id] = back.same_as
    everything = [back for several in backs.values() for back in several]
    originals = [back.original_key for back in everything if back.original_key]
    sales: dict[UUID, dict[UUID, Purchase]] = {}
    for sale in session.scalars(
        select(Purchase).where(
            Purchase.tenant_id == tenant_id,
            Purchase.member_id.in_(backs),
            or_(
                Purchase.merchant_id.in_({back.merchant_id for back in everything}),
                Purchase.key.in_(originals),
                Purchase.id.in_([one for pairs in payers.values() for pair in pairs.items() for one in pair]),
            ),
        )
    ):
        sales.setdefault(sale.member_id, {})[sale.id] = sale
    receipts = _receipts(session, backs) if any(back.receipt for back in everything) else {}
    return [
        _Case(
            *one,
            sales.get(member, {}),
            receipts,
            backs[member],
            payers.get(member, {}),
            marks.get(member, []),
        )
        for member, one in opened(session, programme, index, backs).items()
    ]


def _receipts(session: Session, members: Collection[UUID]) -> dict[UUID, Receipt]:
    """The receipts of members' purchases, where goods were brought back."""
    rows = session.execute(
        select(models.Receipt.purchase_id, models.Receipt.document).where(
            models.Receipt.tenant_id == tenant_of(session), models.Receipt.member_id.in_(members)
        )
    )
    return {purchase: receipt_of(document, {}) for purchase, document in rows}


def _settle(session: Session, programme: Programme, index: Index, case: _Case) -> set[tuple[UUID, int]]:
    """Bring one member's purchases to the net amounts of a fresh matching; returns the counter sheets that changed."""
    paid = tills.paid_for(
        session, case.facts.member_id, [s.key for s in case.sales.values() if s.file_id is None]
    )
    stays = {b.id: _stays_with(b, case, paid) for b in case.backs}
    matched = match(
        [
            Sale(
                s.id,
                s.key,
                s.occurred_at,
                s.amount,
                s.merchant_id,
                _goods(case.receipts.get(s.id)),
                s.file_id is None if case.told_twice(s) else None,
            )
            for s in case.sales.values()
        ],
        [
            Back(
                b.id,
                b.key,
                stays[b.id] or b.original_key,
                b.occurred_at,
                b.amount,
                b.merchant_id,
                _goods(receipt_of(b.receipt, {}) if b.receipt else None),
                stays[b.id] is not None,
                b.file_id is None,
            )
            for b in case.backs
            if b.state not in ("by_terms", "let_be")  # those are decided
        ],
        window_days=programme.return_window_days,
    )
    placed = _counted_once(case, matched)
    moved = [b for b in case.backs if (b.purchase_id, b.state == "same") != placed.get(b.id, _NOWHERE)]
    touched = {sale for b in moved for sale in (b.purchase_id, placed.get(b.id, _NOWHERE)[0]) if sale}
    for back in case.backs:
        sale, again = placed.get(back.id, _NOWHERE)
        if sale is not None:
            back.purchase_id, back.state = sale, "same" if again else "applied"
        elif back.purchase_id is not None:
            back.purchase_id, back.state = None, "waiting"
    if not touched:
        return set()
    note_moved(session, moved)
    _leave_to_orders(session, case)
    session.flush()
    latest = max(moved, key=lambda back: (back.occurred_at, back.id))
    for number in sorted(case.sales):
        if case.payer(number) in touched and case.sales[number].key in paid:
            _give_points_back(programme, case, case.sales[number], paid[case.sales[number].key], latest)
    cause = Cause(Purpose.RETURN, latest.id, latest.occurred_at)
    return revalue(session, programme, index, case.book, case.facts, cause, touched)


def _leave_to_orders(session: Session, case: _Case) -> None:
    """A sale that stands back for an order does so with what its returns have left of it."""
    for mark in case.marks:
        sale = case.sales.get(mark.purchase_id) if mark.purchase_id else None
        if sale is not None and mark.state == "applied":
            mark.amount = sale.amount - sum(
                back.amount for back in case.backs if back.purchase_id == sale.id and back.state == "applied"
            )
            note_moved(session, [mark])


_Placed = tuple[UUID | None, bool]
"""The purchase of a return, and whether the other channel has told that return already."""
_NOWHERE: _Placed = (None, False)


def _counted_once(case: _Case, matched: Mapping[UUID, UUID | None]) -> dict[UUID, _Placed]:
    """Where each return belongs: those of a sale that both channels told to the one that pays, and each once."""
    placed: dict[UUID, _Placed] = {back: (sale, False) for back, sale in matched.items()}
    for other, winner in case.payers.items():
        told: dict[UUID, list[Return]] = {winner: [], other: []}
        for back in sorted(case.backs, key=lambda back: (back.occurred_at, back.key)):
            sale = matched.get(back.id)
            if sale in told:
                told[sale].append(Return(back.id, back.amount))
        count, too_much = counted((case.sales[winner].amount, told[winner]), told[other])
        for back_id in (one.id for several in told.values() for one in several):
            placed[back_id] = _NOWHERE if back_id in too_much else (winner, back_id not in count)
    return placed


def _stays_with(back: PurchaseReturn, case: _Case, paid: Mapping[UUID, Redemption]) -> UUID | None:
    """The sale that a return stays with, because points came back by it; not so where both channels told the sale."""
    sale = case.sales.get(back.purchase_id) if back.purchase_id else None
    return sale.key if sale is not None and sale.key in paid and not case.told_twice(sale) else None


def _give_points_back(
    programme: Programme, case: _Case, sale: Purchase, paid: Redemption, by: PurchaseReturn
) -> None:
    """Give back the points that paid for what came back.

    Points that paid for some lines of a sale that both channels told come back by the till's returns alone: the bank's
    tell no goods, and what has come back is not spent again.
    """
    receipt = case.receipts.get(sale.id)
    by_line = paid.choice["by_line"]
    of_till = bool(by_line) and case.told_twice(sale)
    backs = [
        (back.amount, _goods(receipt_of(back.receipt, {}) if back.receipt else None))
        for back in case.backs
        if back.purchase_id == case.payer(sale.id)
        and (back.file_id is None if of_till else back.state == "applied")
    ]
    left = points_left(
        paid.points,
        by_line if receipt else (),
        receipt.items if receipt else (),
        sale.amount,
        backs,
    )
    tills.give_back(programme, case.book, paid, left=left, return_id=by.id, at=by.occurred_at)


def _goods(receipt: Receipt | None) -> dict[str, int]:
    return quantities(receipt.items) if receipt else {}


def _uuid(value: np.void) -> UUID:
    return UUID(bytes=value.tobytes())


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
