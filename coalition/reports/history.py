"""A member's history: every change of points, newest first, with what caused it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.claims.models import Claim
from coalition.ledger.models import Account, Lot, Purpose, Transfer
from coalition.ledger.queries import transfers_of
from coalition.offers.queries import MyOrder, orders_by_id
from coalition.partners.models import Merchant, Outlet, Partner
from coalition.promotions import explain
from coalition.promotions.document import Document
from coalition.promotions.queries import versions_by_id
from coalition.redemption.models import Redemption, Reward
from coalition.transactions.by_hand.queries import outlets_by_cause
from coalition.transactions.corrections.models import Correction
from coalition.transactions.corrections.queries import corrections_by_cause
from coalition.transactions.models import Occasion, Purchase, PurchaseReturn, Revaluation
from coalition.transactions.of_orders.queries import orders_of_sales
from coalition.transactions.two_channels.queries import other_tellings
from tenants.runtime.db import tenant_of

# Moves between a member's own accounts that say nothing new to her.
_QUIET = {Purpose.ACTIVATE, Purpose.CAPTURE}
Groups = dict[tuple[int, UUID], list[Transfer]]
"""Transfers by purpose and cause: each makes one entry."""


@dataclass(frozen=True)
class Entry:
    """One line of the history. `points` are signed; `waits_until` is set while they cannot be spent yet.

    `kind` is purchase, occasion, return, correction, claim, redemption, cancelled, expired, lapsed, debt, adjusted,
    imported, order or order_back; the rows it was caused by come along, as far as there are any. Points that wait for
    a condition wait until 9999-12-31. `corrected` are the wrong terms and the right ones; `corrected_by` are points
    that corrections have given to a purchase since, or taken: entries of their own tell them, too. `told_twice` is the
    purchase as the other channel told it, where both have. `by_hand` is the outlet at which a partner's person entered
    the purchase or the return.
    """

    id: UUID
    at: datetime
    kind: str
    points: int
    waits_until: date | None = None
    purchase: Purchase | None = None
    merchant: str = ""
    partner: Partner | None = None
    occasion: Occasion | None = None
    documents: tuple[tuple[Document, int, int, int, int], ...] = ()  # document, base, points, cut, step
    told_twice: Purchase | None = None
    ordered: tuple[MyOrder, str] | None = None  # the same sale as an order, and which pays: "order" or "sale"
    returned: PurchaseReturn | None = None
    correction: Correction | None = None
    corrected: tuple[Document | None, Document] | None = None
    corrected_by: int = 0
    by_hand: Outlet | None = None
    redemption: Redemption | None = None
    reward: Reward | None = None
    claim: Claim | None = None
    order: MyOrder | None = None


CALLED = {
    Purpose.AWARD: "purchase",
    Purpose.OCCASION: "occasion",
    Purpose.RETURN: "return",
    Purpose.HOLD: "redemption",
    Purpose.RELEASE: "cancelled",
    Purpose.CANCEL: "cancelled",
    Purpose.EXPIRE: "expired",
    Purpose.LAPSE: "lapsed",
    Purpose.REPAY: "debt",
    Purpose.ADJUST: "adjusted",
    Purpose.IMPORT: "imported",
    Purpose.CORRECTION: "correction",
    Purpose.CLAIM: "claim",
    Purpose.ORDER: "order",
    Purpose.ORDER_BACK: "order_back",
}
"""What a transfer of the purpose is called, for members and for the staff."""


def history(
    session: Session, member_id: UUID, *, before: UUID | None = None, limit: int = 20
) -> tuple[list[Entry], UUID | None]:
    """`limit` entries, with all else of the last one's moment, and the cursor of the next page, or None at the end."""
    groups, cursor = _grouped(session, member_id, before, limit)
    entries = [_entry(moves) for moves in groups.values()]
    return _corrections(session, _furnished(session, member_id, entries, groups), groups), cursor


def furnished(session: Session, member_id: UUID, entries: Sequence[Entry], groups: Groups) -> list[Entry]:
    """The entries, each of the group at its place, with the rows that caused them; a group may have no transfers."""
    return _corrections(session, _furnished(session, member_id, entries, groups), groups)


def signed(transfer: Transfer) -> int:
    """What the member gained by a transfer."""
    return _signed(transfer)


def _grouped(
    session: Session, member_id: UUID, before: UUID | None, limit: int
) -> tuple[Groups, UUID | None]:
    """Transfers by what they were for, and where they end.

    Those of one cause have one moment, but so may others, and then their ids are mixed: a moment is never parted.
    """
    groups: Groups = {}
    cursor = before
    while portion := transfers_of(session, member_id, before=cursor, limit=limit * 4):
        for transfer in portion:
            quiet = transfer.purpose in _QUIET
            if cursor and not quiet and len(groups) >= limit and _moment(transfer.id) != _moment(cursor):
                return groups, cursor
            cursor = transfer.id
            if not quiet:
                groups.setdefault((transfer.purpose, transfer.cause_id), []).append(transfer)
    return groups, None


def _moment(transfer_id: UUID) -> int:
    """The millisecond that an id begins with (`tenants.runtime.ids`)."""
    return transfer_id.int >> 80


def _entry(moves: Sequence[Transfer]) -> Entry:
    first = moves[0]
    purpose = Purpose(first.purpose)
    return Entry(first.id, first.occurred_at, CALLED[purpose], sum(map(_signed, moves)))


def _signed(transfer: Transfer) -> int:
    """What the member gained: debt paid is a loss of points she could spend, and so is what was taken as debt.

    What had burnt before it was taken is nothing to her.
    """
    if transfer.from_account == Account.EXPIRED and transfer.to_account == Account.ISSUED:
        return 0
    if transfer.to_account in (Account.AVAILABLE, Account.PENDING):
        return transfer.points
    return -transfer.points


def _furnished(
    session: Session,
    member_id: UUID,
    entries: Sequence[Entry],
    groups: Groups,
) -> list[Entry]:
    causes = [cause for _, cause in groups]
    backs = {row.id: row for row in _rows(session, PurchaseReturn, member_id, causes)}
    sold = [*causes, *(back.purchase_id for back in backs.values() if back.purchase_id)]
    purchases = {row.id: row for row in _rows(session, Purchase, member_id, sold)}
    changed = _changed(session, member_id, purchases)
    others = other_tellings(session, member_id, purchases) if purchases else {}
    occasions = {row.id: row for row in _rows(session, Occasion, member_id, causes)}
    redemptions = {row.id: row for row in _rows(session, Redemption, member_id, causes)}
    claims = {row.id: row for row in _rows(session, Claim, member_id, causes)}
    of_orders = [cause for purpose, cause in groups if purpose in (Purpose.ORDER, Purpose.ORDER_BACK)]
    of_orders += [back.same_order for back in backs.values() if back.same_order]
    orders = orders_by_id(session, member_id, of_orders)
    ordered = orders_of_sales(session, member_id, purchases) if purchases else {}
    waiting = {
        row.id: row for row in _rows(session, Lot, member_id, [t.id for ts in groups.values() for t in ts])
    }
    sellers = [*purchases.values(), *backs.values()]
    by_hand = outlets_by_cause(session, [member_id], [row.id for row in sellers]) if sellers else {}
    merchants = _numbered(session, Merchant, {row.merchant_id for row in sellers})
    partners = _numbered(session, Partner, {row.partner_id for row in sellers if row.partner_id})
    rewards = _numbered(session, Reward, {row.reward_id for row in redemptions.values()})
    explained = [*purchases.values(), *occasions.values()]
    documents = versions_by_id(session, {version for row in explained for version in row.reason[::5]})
    furnished = []
    for entry, ((_, cause), moves) in zip(entries, groups.items(), strict=True):
        back = backs.get(cause)
        purchase = purchases.get(cause) or (
            purchases.get(back.purchase_id) if back and back.purchase_id else None
        )
        redemption, earned = redemptions.get(cause), purchase or occasions.get(cause)
        lots = [waiting[move.id] for move in moves if move.id in waiting]
        seller = purchase or back
        furnished.append(
            replace(
                entry,
                waits_until=max(
                    (lot.active_on for lot in lots if lot.pending and lot.remaining), default=None
                ),
                purchase=purchase,
                corrected_by=changed.get(cause, 0),
                told_twice=others[purchase.id][0] if purchase and purchase.id in others else None,
                ordered=ordered.get(purchase.id) if purchase else None,
                occasion=occasions.get(cause),
                returned=back,
                merchant=merchants[seller.merchant_id].name if seller else "",
                partner=partners.get(seller.partner_id) if seller and seller.partner_id else None,
                redemption=redemption,
                reward=rewards[redemption.reward_id] if redemption else None,
                claim=claims.get(cause),
                order=orders.get(back.same_order if back and back.same_order else cause),
                by_hand=by_hand.get(back.id if back else cause),
                documents=tuple(
                    (documents[version], base, points, cut, step)
                    for version, base, points, cut, step, _ in explain.entries(earned.reason)
                )
                if earned
                else (),
            )
        )
    return furnished


def _corrections(session: Session, entries: list[Entry], groups: Groups) -> list[Entry]:
    """The entries with the corrections that caused some of them."""
    causes = [cause for purpose, cause in groups if purpose == Purpose.CORRECTION]
    found = corrections_by_cause(session, causes) if causes else {}
    wrong = versions_by_id(session, {one.replaces for one in found.values() if one.replaces})
    furnished = []
    for entry, (purpose, cause) in zip(entries, groups, strict=True):
        if purpose == Purpose.CORRECTION:
            one = found[cause]
            terms = (wrong.get(one.replaces or 0), Document.model_validate(one.document))
            entry = replace(entry, correction=one, corrected=terms)
        furnished.append(entry)
    return furnished


def _changed(session: Session, member_id: UUID, purchases: Collection[UUID]) -> dict[UUID, int]:
    """What corrections have changed of each purchase, in points."""
    rows = session.execute(
        select(Revaluation.purchase_id, Revaluation.corrected).where(
            Revaluation.tenant_id == tenant_of(session),
            Revaluation.member_id == member_id,
            Revaluation.purchase_id.in_(purchases),
        )
    )
    return {number: sum(corrected[3::4]) for number, corrected in rows}


def _rows(session: Session, model: Any, member_id: UUID, ids: Iterable[UUID]) -> Sequence[Any]:
    """A member's rows of any of the tables that have such a key."""
    query = select(model).where(
        model.tenant_id == tenant_of(session), model.member_id == member_id, model.id.in_(set(ids))
    )
    return session.scalars(query).all()


def _numbered(session: Session, model: Any, ids: Collection[int]) -> dict[int, Any]:
    """The tenant's rows of any numbered table."""
    query = select(model).where(model.tenant_id == tenant_of(session), model.id.in_(ids))
    return {row.id: row for row in session.scalars(query)}
