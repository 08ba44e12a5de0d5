"""One member's points, locked: the only way a balance changes one transfer at a time.

`open_books` locks the balance rows, brings lots up to the business day (activation, expiry) and hands out Books; their
methods add transfers, use lots and keep the balances equal to both. Files post many members at once through
`coalition.ledger.bulk`, under the same lock and with the same rows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Balance, Lot, LotUse, Purpose, Transfer
from coalition.ledger.queries import burnt
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import derived_id

_FIELDS = {
    Account.AVAILABLE: "available",
    Account.PENDING: "pending",
    Account.HELD: "held",
    Account.DEBT: "debt",
}


@dataclass(frozen=True)
class Cause:
    """Why something is posted: what kind of thing, which one, and when it happened."""

    purpose: Purpose
    id: UUID
    occurred_at: datetime


@dataclass
class Book:
    """A member's balance and open lots, locked until the transaction ends."""

    session: Session
    balance: Balance
    lots: list[Lot]
    zone: str
    today: date
    booked_at: datetime = field(default_factory=clock.now)

    @property
    def spendable(self) -> list[Lot]:
        """Lots to spend from, in the order they are spent: earliest expiry, then earliest earned."""
        return sorted((lot for lot in self.lots if lot.remaining and not lot.pending), key=_spending_order)

    def earn(
        self,
        cause: Cause,
        points: int,
        *,
        funder_id: int,
        active_on: date,
        expires_on: date,
        reason: list[int] | None = None,
        source: Account = Account.ISSUED,
        part: object = "",
    ) -> Transfer:
        """Give points as a new lot, pending until `active_on`; debt is paid first.

        A cause that gives several lots tells them apart by `part`; the same part twice is refused by the key.
        """
        pending = active_on > self.today
        target = Account.PENDING if pending else Account.AVAILABLE
        transfer = self.move(source, target, points, cause, funder_id=funder_id, reason=reason, part=part)
        self.new_lot(transfer, points, funder_id, active_on, expires_on, pending=pending)
        self.repay_debt(cause)
        return transfer

    def take_back(
        self,
        cause: Cause,
        points: int,
        *,
        funder_id: int | None,
        first: Sequence[UUID] = (),
        reason: list[int] | None = None,
        target: Account = Account.ISSUED,
        part: object = "",
    ) -> None:
        """Take points back: from the lots named `first`, in that order, then from what is spendable; else as debt.

        What of the named lots has burnt is taken from there: nobody owes points that she has lost already.
        """
        named = {lot.id: lot for lot in self.lots}
        own = [named[lot_id] for lot_id in first if lot_id in named]
        if first and (own[0].remaining if own and own[0].id == first[0] else 0) < points:
            lost = self._take_burnt(cause, points, first, named, target, funder_id, reason, part)
            points -= lost
            reason = None if lost else reason
        uses = _choose([*own, *(lot for lot in self.spendable if lot not in own)], points)
        waiting = [(lot, used) for lot, used in uses if lot.pending]
        taken = [(lot, used) for lot, used in uses if not lot.pending]
        owed = points - _total(uses)
        for source, uses, amount in (
            (Account.PENDING, waiting, _total(waiting)),
            (Account.AVAILABLE, taken, _total(taken)),
            (Account.DEBT, [], owed),
        ):
            if amount:
                self.move(
                    source, target, amount, cause, funder_id=funder_id, reason=reason, uses=uses, part=part
                )
                reason = None  # the explanation stands once, on the first part

    def _take_burnt(
        self,
        cause: Cause,
        points: int,
        first: Sequence[UUID],
        named: Mapping[UUID, Lot],
        target: Account,
        funder_id: int | None,
        reason: list[int] | None,
        part: object,
    ) -> int:
        """Take back what has burnt of lots, each after what is left of it; returns how many points that were."""
        lost, taken = burnt(self.session, self.balance.member_id, first), 0
        for number in first:
            points -= min(points, named[number].remaining if number in named else 0)
            for expiry, left in lost.get(number, ()):
                if again := min(points, left):
                    self.move(
                        Account.EXPIRED,
                        target,
                        again,
                        cause,
                        funder_id=funder_id,
                        reason=None if taken else reason,
                        reverses=expiry,
                        part=(part, expiry),
                    )
                    points, taken = points - again, taken + again
        return taken

    def spend(self, cause: Cause, points: int, target: Account) -> Transfer:
        """Move available points to `target` from the lots that burn first; Refusal("not_enough_points")."""
        if points > self.balance.available:
            raise Refusal("not_enough_points", available=self.balance.available, asked=points)
        return self.move(
            Account.AVAILABLE, target, points, cause, uses=_choose(self.spendable, points), part=""
        )

    def pass_on(self, cause: Cause, points: int, source: Account, target: Account) -> Transfer:
        """Move points that are already out of their lots, as from held to redeemed."""
        return self.move(source, target, points, cause, part="")

    def put_back(
        self, cause: Cause, source: Account, spent: UUID, uses: Sequence[tuple[Lot, int]]
    ) -> Transfer:
        """Return points from `source` to lots that the transfer `spent` took them from."""
        transfer = self.move(
            source,
            Account.AVAILABLE,
            _total(uses),
            cause,
            reverses=spent,
            uses=[(lot, -used) for lot, used in uses],
            part=(spent, self.balance.version),  # one return can give back what several sales had spent
        )
        self.settle()  # some of the lots may have burnt meanwhile
        self.repay_debt(cause)
        return transfer

    def renew(
        self, cause: Cause, source: Account, spent: UUID, lot: Lot, points: int, expires_on: date
    ) -> None:
        """Return points that the transfer `spent` took from a lot whose last day has passed as a new lot."""
        transfer = self.move(
            source,
            Account.AVAILABLE,
            points,
            cause,
            funder_id=lot.funder_id,
            reverses=spent,
            part=(spent, lot.id, self.balance.version),
        )
        self.new_lot(transfer, points, lot.funder_id, self.today, expires_on, pending=False)
        self.repay_debt(cause)

    def uses_of(self, transfer_id: UUID) -> list[tuple[Lot, int]]:
        """What a transfer took from lots, in the order in which it took them."""
        uses = [(self._lot(use), use.points) for use in self._uses(transfer_id)]
        return sorted(uses, key=lambda use: _spending_order(use[0]))

    def settle(self) -> None:
        """Activate, expire and let lapse what the business day has reached; debt is paid from what became available."""
        # In the order of their days, so that debt is paid by what came first, however late this is done.
        for lot in sorted(self.lots, key=lambda lot: (lot.active_on, lot.expires_on, lot.id)):
            if lot.pending and lot.active_on <= self.today:
                lot.pending = False
                if lot.remaining:
                    cause = Cause(Purpose.ACTIVATE, lot.id, day_start(lot.active_on, self.zone))
                    self.move(
                        Account.PENDING,
                        Account.AVAILABLE,
                        lot.remaining,
                        cause,
                        funder_id=lot.funder_id,
                        part="",
                    )
                    self.repay_debt(cause)
            if (
                lot.remaining and lot.expires_on < self.today
            ):  # of pending ones, only what waits for a condition
                purpose = Purpose.LAPSE if lot.pending else Purpose.EXPIRE
                cause = Cause(purpose, lot.id, day_start(lot.expires_on + timedelta(days=1), self.zone))
                self.move(
                    Account.PENDING if lot.pending else Account.AVAILABLE,
                    Account.EXPIRED,
                    lot.remaining,
                    cause,
                    funder_id=lot.funder_id,
                    uses=[(lot, lot.remaining)],
                    part=self.balance.version,  # a lot can burn again after a cancellation gave points back
                )

    def repay_debt(self, cause: Cause | None = None) -> None:
        """Pay as much of the debt as is available."""
        cause = cause or Cause(Purpose.REPAY, self.balance.member_id, self.booked_at)
        owed = min(self.balance.debt, self.balance.available)
        if owed:
            repay = Cause(Purpose.REPAY, cause.id, cause.occurred_at)
            self.move(
                Account.AVAILABLE,
                Account.DEBT,
                owed,
                repay,
                uses=_choose(self.spendable, owed),
                part=self.balance.version,
            )

    def move(
        self,
        source: Account,
        target: Account,
        points: int,
        cause: Cause,
        *,
        funder_id: int | None = None,
        reason: list[int] | None = None,
        reverses: UUID | None = None,
        uses: Sequence[tuple[Lot, int]] = (),
        part: object,
    ) -> Transfer:
        """One transfer with the uses of lots that it makes, for the ledger's own room."""
        balance = self.balance
        balance.version += 1
        for account, change in ((source, -points), (target, points)):
            if account in _FIELDS:
                change = -change if account is Account.DEBT else change
                setattr(balance, _FIELDS[account], getattr(balance, _FIELDS[account]) + change)
        transfer = Transfer(
            tenant_id=balance.tenant_id,
            member_id=balance.member_id,
            id=derived_id(cause.occurred_at, cause.id, cause.purpose, source, target, funder_id, part),
            cause_id=cause.id,
            reverses=reverses,
            occurred_at=cause.occurred_at,
            booked_at=self.booked_at,
            points=points,
            funder_id=funder_id,
            from_account=source,
            to_account=target,
            purpose=cause.purpose,
            reason=reason,
        )
        self.session.add(transfer)
        for lot, used in uses:
            lot.remaining -= used
            self.session.add(LotUse(transfer=transfer, lot=lot, points=used))
        return transfer

    def new_lot(
        self, by: Transfer, points: int, funder_id: int, active_on: date, expires_on: date, *, pending: bool
    ) -> None:
        """The lot of a transfer that gives one."""
        lot = Lot(
            tenant_id=by.tenant_id,
            member_id=by.member_id,
            expires_on=expires_on,
            id=by.id,
            points=points,
            remaining=points,
            funder_id=funder_id,
            active_on=active_on,
            pending=pending,
        )
        self.session.add(lot)
        self.lots.append(lot)

    def _uses(self, transfer_id: UUID) -> Sequence[LotUse]:
        return self.session.scalars(
            select(LotUse).where(
                LotUse.tenant_id == self.balance.tenant_id,
                LotUse.member_id == self.balance.member_id,
                LotUse.transfer_id == transfer_id,
            )
        ).all()

    def _lot(self, use: LotUse) -> Lot:
        key = (use.tenant_id, use.member_id, use.expires_on, use.lot_id)
        lot = self.session.get_one(Lot, key)
        if lot not in self.lots:
            self.lots.append(lot)
        return lot


def open_books(
    session: Session, *, members: Collection[UUID], zone: str, whole: bool = False
) -> dict[UUID, Book]:
    """Lock members' balances, in member order, and hand out their books, settled to the business day.

    With `whole` the books know spent lots too. Members that are not there are not in the answer.
    """
    if not members:
        return {}
    tenant_id, today = tenant_of(session), clock.business_day(zone)
    balances = session.scalars(
        select(Balance)
        .where(Balance.tenant_id == tenant_id, Balance.member_id.in_(members))
        .order_by(Balance.member_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    books = {balance.member_id: Book(session, balance, [], zone, today) for balance in balances}
    lots = select(Lot).where(Lot.tenant_id == tenant_id, Lot.member_id.in_(members))
    if not whole:
        lots = lots.where(Lot.remaining > 0)
    for lot in session.scalars(lots.execution_options(populate_existing=True)):
        books[lot.member_id].lots.append(lot)
    for book in books.values():
        book.settle()
    return books


def open_book(session: Session, *, member_id: UUID, zone: str) -> Book:
    """One member's book; NotFound("member_unknown")."""
    books = open_books(session, members=[member_id], zone=zone)
    if not books:
        raise NotFound("member_unknown")
    return books[member_id]


def day_start(day: date, zone: str) -> datetime:
    """The first moment of a business day in its zone."""
    return datetime.combine(day, time(), clock.zone(zone))


def _spending_order(lot: Lot) -> tuple[date, UUID]:
    return lot.expires_on, lot.id


def _choose(lots: Sequence[Lot], points: int) -> list[tuple[Lot, int]]:
    """As much of `points` as the lots hold, taken in their order."""
    uses = []
    for lot in lots:
        used = min(lot.remaining, points)
        if used > 0:
            uses.append((lot, used))
            points -= used
    return uses


def _total(uses: Sequence[tuple[Lot, int]]) -> int:
    return sum(points for _, points in uses)
