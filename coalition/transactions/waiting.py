"""Points that wait for a condition: noted with their lot, looked at whenever their member buys or something happens.

What counts is what happened after the award and until the end of its last day, net of returns, however late it becomes
known. A condition that is met stays met: a purchase that helped to meet it and is returned later changes nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from coalition.ledger import conditional
from coalition.ledger.bulk import Awards
from coalition.ledger.models import Lot, Transfer
from coalition.ledger.post import Book, open_books
from coalition.programmes.models import Programme
from coalition.promotions.activation import Activation
from coalition.promotions.case import moment_of
from coalition.promotions.index import Index, Pool
from coalition.transactions.days import day_of
from coalition.transactions.done import Done, Span
from coalition.transactions.models import WaitingLot
from coalition.transactions.spans import last_day_of
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
        book, done = books[member_id], Done.of(session, member_id)
        for row in rows:
            activation = _activation(index, row)
            if done.so_far(activation, _span(row, programme)) >= activation.goal(index.setting.units):
                _meet(programme, index, book, row)


def meet(programme: Programme, index: Index, book: Book, lot_id: UUID) -> Sequence[UUID]:
    """Activate a lot that was just given and whose condition was met before; returns the lots it went on as."""
    session, key = book.session, (book.balance.tenant_id, book.balance.member_id, lot_id)
    _meet(programme, index, book, session.get_one(WaitingLot, key))
    return conditional.successors(session, book.balance.member_id, [lot_id]).get(lot_id, ())


def recall(index: Index, book: Book, pool: Pool, lots: Sequence[UUID], points: int) -> list[UUID]:
    """Make ready what is to be taken back of a pool whose points wait; returns the lots to take them from.

    Lots of other versions of the promotion are its own, too: after a correction they stand for those of its version.
    """
    session = book.session
    rows = session.execute(
        select(WaitingLot.lot_id, WaitingLot.version).where(
            WaitingLot.tenant_id == book.balance.tenant_id,
            WaitingLot.member_id == book.balance.member_id,
            WaitingLot.lot_id.in_(lots),
        )
    ).all()
    own = {lot for lot, version in rows if of_one_promotion(index, version, pool.condition)}
    return conditional.recall(book, lots, own, points)


def of_one_promotion(index: Index, version: int, other: int) -> bool:
    """Whether both versions are of the same promotion."""
    return other in index.rules and index.rules[version].promotion == index.rules[other].promotion


class Waited(NamedTuple):
    """A lot that waits or has waited: for which version, what of it has lapsed, and as which lots it went on."""

    version: int
    lapsed: int
    after: Sequence[UUID]
    is_met: bool = False


def waited(session: Session, index: Index, member_id: UUID) -> dict[UUID, Waited]:
    """All such lots of a member."""
    if not index.conditional:
        return {}
    rows = session.execute(
        select(WaitingLot.lot_id, WaitingLot.version, WaitingLot.met_at).where(
            WaitingLot.tenant_id == tenant_of(session), WaitingLot.member_id == member_id
        )
    ).all()
    lots = [lot for lot, *_ in rows]
    gone = conditional.lapsed(session, member_id, lots)
    after = conditional.successors(session, member_id, lots)
    return {
        lot: Waited(version, gone.get(lot, 0), after.get(lot, ()), met_at is not None)
        for lot, version, met_at in rows
    }


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
    done = Done.of(session, member_id) if left else Done([], [])
    found: dict[tuple[int, Activation, date, datetime], Wait] = {}
    for row in rows:
        if row.lot_id in left:
            activation, promotion = _activation(index, row), index.rules[row.version].promotion
            key, points = (promotion, activation, row.expires_on, row.since), left[row.lot_id]
            # One award can have several payers, and a correction can have added to it.
            points += found[key].points if key in found else 0
            so_far = done.so_far(activation, _span(row, programme))
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


def _meet(programme: Programme, index: Index, book: Book, row: WaitingLot) -> None:
    row.met_at = book.booked_at
    lot = next(lot for lot in book.lots if lot.id == row.lot_id)
    last = last_day_of(programme, _pool(index, row), book.today)
    conditional.meet(book, lot, at=book.booked_at, expires_on=last)


def _span(row: WaitingLot, programme: Programme) -> Span:
    return Span(row.since, row.expires_on, programme.zone)


def _activation(index: Index, row: WaitingLot) -> Activation:
    activation = index.rules[row.version].waits
    assert activation is not None, "only versions that wait have such lots"
    return activation


def _pool(index: Index, row: WaitingLot) -> Pool:
    """One of the version's pools: all of them have the same terms but for who pays."""
    return index.pools[index.rules[row.version].pools[0][0]]
