"""Points that wait for a condition: noted with their lot, looked at whenever their member buys or something happens.

What counts is what happened after the award and until the end of its last day, net of returns, however late it becomes
known. A condition that is met stays met: a purchase that helped to meet it and is returned later changes nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from coalition.ledger import conditional
from coalition.ledger.bulk import Awards
from coalition.ledger.models import Lot, Transfer
from coalition.ledger.post import Book, open_books
from coalition.programmes.models import Programme
from coalition.promotions.activation import Activation, AfterEvent, AfterTurnover
from coalition.promotions.case import moment_of
from coalition.promotions.index import Index, Pool
from coalition.promotions.kinds import OperationKind
from coalition.transactions.days import day_of
from coalition.transactions.models import Occasion, Purchase, PurchaseReturn, WaitingLot
from coalition.transactions.spans import last_day_of
from tenants.runtime import clock
from tenants.runtime.db import tenant_of


@dataclass(frozen=True)
class Wait:
    """Points of one version that wait: until when, for what, and how much of it there is."""

    points: int
    last_day: date
    activation: Activation
    wanted: int
    so_far: int


def note(book: Book, earned: Transfer, pool: Pool, last_day: date, since: datetime) -> None:
    """Note that a lot which was just earned waits for its version's condition."""
    book.session.add(
        WaitingLot(
            tenant_id=earned.tenant_id,
            member_id=earned.member_id,
            lot_id=earned.id,
            expires_on=last_day,
            version=pool.condition,
            since=since,
        )
    )


def note_awards(session: Session, index: Index, awards: Awards, pools: Sequence[int]) -> None:
    """Note the same of a chunk's awards, as far as they wait; `pools` are theirs, in their order."""
    rows = [
        {
            "tenant_id": tenant_of(session),
            "member_id": UUID(bytes=bytes(awards.member[i])),
            "lot_id": UUID(bytes=bytes(awards.id[i])),
            "expires_on": day_of(int(awards.last_day[i])),
            "version": index.pools[pool].condition,
            "since": moment_of(int(awards.occurred_us[i])),
        }
        for i, pool in enumerate(pools)
        if index.pools[pool].condition
    ]
    if rows:
        session.execute(insert(WaitingLot), rows)


def look(session: Session, programme: Programme, index: Index, members: Collection[UUID]) -> None:
    """Activate what waits of these members and has met its condition. The caller holds their balance locks."""
    if not index.conditional:
        return
    waiting = _unmet(session, members)
    if not waiting:
        return
    books = open_books(session, members=waiting, zone=programme.zone, whole=True)
    for member_id, rows in sorted(waiting.items()):
        book, done = books[member_id], _Done.of(session, member_id)
        lots = {lot.id: lot for lot in book.lots}
        for row in rows:
            activation = _activation(index, row)
            if done.so_far(activation, row, programme.zone) >= activation.goal(index.setting.units):
                row.met_at = book.booked_at
                last = last_day_of(programme, _pool(index, row), book.today)
                conditional.meet(book, lots[row.lot_id], at=book.booked_at, expires_on=last)


def recall(book: Book, pool: Pool, lots: Sequence[UUID], points: int) -> list[UUID]:
    """Make ready what is to be taken back of a pool whose points wait; returns the lots to take them from."""
    session = book.session
    own = session.scalars(
        select(WaitingLot.lot_id).where(
            WaitingLot.tenant_id == book.balance.tenant_id,
            WaitingLot.member_id == book.balance.member_id,
            WaitingLot.lot_id.in_(lots),
            WaitingLot.version == pool.condition,
        )
    ).all()
    return conditional.recall(book, lots, set(own), points)


class Waited(NamedTuple):
    """A lot that waits or has waited: for which version, what of it has lapsed, and as which lots it went on."""

    version: int
    lapsed: int
    after: Sequence[UUID]


def waited(session: Session, index: Index, member_id: UUID) -> dict[UUID, Waited]:
    """All such lots of a member."""
    if not index.conditional:
        return {}
    versions = dict(
        session.execute(
            select(WaitingLot.lot_id, WaitingLot.version).where(
                WaitingLot.tenant_id == tenant_of(session), WaitingLot.member_id == member_id
            )
        ).all()
    )
    gone = conditional.lapsed(session, member_id, versions)
    after = conditional.successors(session, member_id, versions)
    return {lot: Waited(version, gone.get(lot, 0), after.get(lot, ())) for lot, version in versions.items()}


def waits_of(session: Session, programme: Programme, index: Index, member_id: UUID) -> list[Wait]:
    """What of a member's points waits for a condition, the earliest last day first."""
    rows = _unmet(session, [member_id]).get(member_id, [])
    left = dict(
        session.execute(
            select(Lot.id, Lot.remaining).where(
                Lot.tenant_id == tenant_of(session),
                Lot.member_id == member_id,
                Lot.pending,
                Lot.remaining > 0,
                Lot.id.in_([row.lot_id for row in rows]),
            )
        ).all()
    )
    done = _Done.of(session, member_id) if left else _Done([], [])
    found: dict[tuple[int, date, datetime], Wait] = {}
    for row in rows:
        if row.lot_id in left:
            activation = _activation(index, row)
            key, points = (row.version, row.expires_on, row.since), left[row.lot_id]
            points += found[key].points if key in found else 0  # one award can have several payers
            so_far = done.so_far(activation, row, programme.zone)
            found[key] = Wait(
                points, row.expires_on, activation, activation.goal(index.setting.units), so_far
            )
    return sorted(found.values(), key=lambda wait: wait.last_day)


def _unmet(session: Session, members: Iterable[UUID]) -> dict[UUID, list[WaitingLot]]:
    found: dict[UUID, list[WaitingLot]] = {}
    for row in session.scalars(
        select(WaitingLot)
        .where(
            WaitingLot.tenant_id == tenant_of(session),
            WaitingLot.member_id.in_(list(members)),
            WaitingLot.met_at.is_(None),
        )
        .order_by(WaitingLot.member_id, WaitingLot.expires_on, WaitingLot.lot_id)
    ):
        found.setdefault(row.member_id, []).append(row)
    return found


def _activation(index: Index, row: WaitingLot) -> Activation:
    activation = index.rules[row.version].waits
    assert activation is not None, "only versions that wait have such lots"
    return activation


def _pool(index: Index, row: WaitingLot) -> Pool:
    """One of the version's pools: all of them have the same terms but for who pays."""
    return index.pools[index.rules[row.version].pools[0][0]]


@dataclass(frozen=True)
class _Done:
    """What a member has done that can meet conditions: purchases with what is left of them, and events by name."""

    bought: list[tuple[datetime, int]]
    events: list[tuple[datetime, str]]

    @classmethod
    def of(cls, session: Session, member_id: UUID) -> "_Done":
        """All that is known."""
        tenant_id, returned = tenant_of(session), defaultdict[UUID | None, int](int)
        returned |= dict(
            session.execute(
                select(PurchaseReturn.purchase_id, func.sum(PurchaseReturn.amount))
                .where(
                    PurchaseReturn.tenant_id == tenant_id,
                    PurchaseReturn.member_id == member_id,
                    PurchaseReturn.state == "applied",
                )
                .group_by(PurchaseReturn.purchase_id)
            ).all()
        )
        bought = session.execute(
            select(Purchase.id, Purchase.occurred_at, Purchase.amount).where(
                Purchase.tenant_id == tenant_id,
                Purchase.member_id == member_id,
                Purchase.kind == OperationKind.PURCHASE,
            )
        )
        events = session.execute(
            select(Occasion.occurred_at, Occasion.data["name"].astext).where(
                Occasion.tenant_id == tenant_id, Occasion.member_id == member_id, Occasion.kind == "event"
            )
        )
        left = [(at, amount - int(returned[number])) for number, at, amount in bought]
        return cls([(at, amount) for at, amount in left if amount > 0], [(at, name) for at, name in events])

    def so_far(self, activation: Activation, row: WaitingLot, zone: str) -> int:
        """How much of the condition is met, between the award and the end of the last day."""
        condition = activation.condition
        if isinstance(condition, AfterEvent):
            return sum(
                name == condition.name and row.since <= at and clock.business_day(zone, at) <= row.expires_on
                for at, name in self.events
            )
        bought = [
            amount
            for at, amount in self.bought
            if row.since < at and clock.business_day(zone, at) <= row.expires_on
        ]
        return sum(bought) if isinstance(condition, AfterTurnover) else len(bought)
