"""A correction worked out for members, and posted to them, from their stored purchases."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.granting import keep_grants
from coalition.ledger.models import Lot, Purpose
from coalition.ledger.post import Book, Cause, day_start
from coalition.ledger.queries import burnt, lots_by_id
from coalition.members.models import Member
from coalition.programmes.models import Programme
from coalition.promotions.awards import WRITTEN_OFF, Award
from coalition.promotions.budgets import release, under
from coalition.promotions.case import Facts
from coalition.promotions.document import Document
from coalition.promotions.explain import entries
from coalition.promotions.index import FAR, LONG_AGO, Index, Published
from coalition.promotions.queries import compiled, published_versions
from coalition.promotions.timeline import in_force
from coalition.transactions import waiting
from coalition.transactions.corrections.models import CorrectedMember, Correction
from coalition.transactions.corrections.plan import Change, Move, Plan, planned, told
from coalition.transactions.corrections.purse import Purse, Standing
from coalition.transactions.corrections.tally import Tally
from coalition.transactions.done import Done, Span
from coalition.transactions.models import Purchase
from coalition.transactions.revaluing import (
    Booked,
    concerned,
    dues_of,
    give_more,
    noted_of,
    replaying,
    take_more,
)
from coalition.transactions.spans import span_of
from coalition.transactions.standing import held, kept_back
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

UNSIGNED = 1 << 40  # the number of the correcting version while it is not signed: the newest, as it would be
Sheets = set[tuple[UUID, int]]


def moments_of(correction: Correction, zone: str) -> tuple[datetime, datetime]:
    """The moments from which and until which it holds."""
    return day_start(correction.first_day, zone), day_start(correction.last_day + timedelta(days=1), zone)


def index_with(session: Session, programme: Programme, correction: Correction) -> Index:
    """The programme's index as it would be with the correction."""
    starts_at, ends_at = moments_of(correction, programme.zone)
    document = Document.model_validate(correction.document)
    version = Published(
        UNSIGNED, correction.promotion_id, starts_at, ends_at, LONG_AGO, document, correcting=True
    )
    return compiled(
        session, programme, in_force([*published_versions(session, programme), version]), number=0
    )


def buyers(
    session: Session, correction: Correction, zone: str, first: UUID, end: UUID | None
) -> Sequence[UUID]:
    """Members of the range who bought something in the span."""
    bought = (
        _within(session, correction, zone, Purchase.member_id)
        .join(Member, (Member.tenant_id == Purchase.tenant_id) & (Member.id == Purchase.member_id))
        .where(Member.programme_id == correction.programme_id, Purchase.member_id >= first)
    )
    if end is not None:
        bought = bought.where(Purchase.member_id < end)
    return session.scalars(bought.distinct().order_by(Purchase.member_id)).all()


def _within(session: Session, correction: Correction, zone: str, column: Any) -> Any:
    starts_at, ends_at = moments_of(correction, zone)
    return select(column).where(
        Purchase.tenant_id == tenant_of(session),
        Purchase.occurred_at >= starts_at,
        Purchase.occurred_at < ends_at,
    )


Run = Callable[[dict[int, int]], list[list[Award]]]


class _Worked(NamedTuple):
    """A plan, its figures, what it set aside of budgets and does not need, and the counter sheets that have moved."""

    plan: Plan
    tally: Tally
    spare: dict[int, int]
    sheets: Sheets


def preview(
    session: Session,
    programme: Programme,
    index: Index,
    correction: Correction,
    facts: Facts,
    lots: Sequence[Lot],
) -> Tally:
    """What the correction would change for a member; nothing is locked or written, and budgets are not asked."""
    purse = _purse(session, programme, index, facts.member_id, lots, clock.business_day(programme.zone))

    def every(run: Run, _has: dict[int, int]) -> list[list[Award]]:
        return run(dict.fromkeys(index.purses, FAR))

    return _worked(session, programme, index, correction, facts, purse, every).tally


def correct(
    session: Session,
    programme: Programme,
    index: Index,
    correction: Correction,
    book: Book,
    facts: Facts,
) -> Sheets:
    """Post what the correction changes for a member; returns the counter sheets that changed.

    The book is locked, and `facts.counters` hold all of the member's sheets: they end as the replay ends.
    """

    def claiming(run: Run, has: dict[int, int]) -> list[list[Award]]:
        return under(session, index.purses, run, has)

    owed = book.balance.debt
    purse = _purse(session, programme, index, facts.member_id, book.lots, book.today)
    plan, tally, spare, sheets = _worked(session, programme, index, correction, facts, purse, claiming)
    for promotion, points in spare.items():
        release(session, promotion, points)
    _post(session, programme, index, correction, book, plan)
    tally.debt = max(book.balance.debt - owed, 0)
    tally.owing = int(tally.debt > 0)
    if tally.members or tally.short:
        row = member_of(session, correction, facts.member_id)
        row.posted = vars(tally if row.posted is None else Tally(**row.posted).again(tally))
    session.flush()
    return sheets


def _purse(
    session: Session, programme: Programme, index: Index, member_id: UUID, lots: Sequence[Lot], today: date
) -> Purse:
    """What a member has, with what has burnt or waited: that can be taken back, too."""
    lost, waited = burnt(session, member_id), waiting.waited(session, index, member_id)
    known = {lot.id for lot in lots}
    over = lots_by_id(session, member_id, {*lost, *waited} - known)
    points = {number: sum(left for _, left in parts) for number, parts in lost.items()}
    done: list[Done] = []

    def would_stand(booked: Booked, version: int) -> Standing:
        done[:] = done or [Done.of(session, member_id)]
        return _would_stand(programme, index, done[0], booked, version, today)

    return Purse([*lots, *over], today, waited, points, would_stand)


def _would_stand(
    programme: Programme, index: Index, done: Done, booked: Booked, version: int, today: date
) -> Standing:
    """How points that wait would stand by now, had the version given them when the purchase was booked."""
    activation, sale = index.rules[version].waits, booked.purchase
    assert activation is not None, "asked of versions whose points wait"
    pool = index.pools[index.rules[version].pools[0][0]]
    _, last = span_of(programme, index, pool, clock.business_day(programme.zone, sale.occurred_at), today)
    goal = activation.goal(index.setting.units)
    if done.ever_met(activation, Span(sale.occurred_at, last, programme.zone), goal, sale.booked_at):
        return Standing.MET
    return Standing.LAPSED if last < today else Standing.WAITS


def being_posted(session: Session, programme: Programme) -> Sequence[Correction]:
    """Corrections of the programme that are signed and not posted to everybody yet.

    Who posts something else to a member whose turn has not come corrects her first, so that it starts from what stands.
    """
    return session.scalars(
        select(Correction)
        .where(
            Correction.tenant_id == tenant_of(session),
            Correction.programme_id == programme.id,
            Correction.state == "approved",
        )
        .order_by(Correction.id)
    ).all()


def member_of(session: Session, correction: Correction, member_id: UUID) -> CorrectedMember:
    """The row that keeps what the correction is to a member."""
    row = session.get(CorrectedMember, (correction.tenant_id, member_id, correction.id))
    if row is None:
        row = CorrectedMember(
            tenant_id=correction.tenant_id, member_id=member_id, correction_id=correction.id
        )
        session.add(row)
    return row


def _worked(
    session: Session,
    programme: Programme,
    index: Index,
    correction: Correction,
    facts: Facts,
    purse: Purse,
    ask: Callable[[Run, dict[int, int]], list[list[Award]]],
) -> _Worked:
    """Replay and plan. A write-off stays in its promotion's budget, so it is set aside before anything is given."""
    mine = _within(session, correction, programme.zone, Purchase.id).where(
        Purchase.member_id == facts.member_id
    )
    within: Collection[UUID] = set(session.scalars(mine))
    history, whole = concerned(session, index, facts, within)
    sheets = {period for period, _ in facts.counters} if whole else set[int]()
    before = held(index, facts, (booked.stands for booked in history))
    has = before
    reserve = kept_back(index, (booked.left for booked in history if booked.purchase.id not in within))
    while True:
        awards = ask(replaying(programme, index, facts, history, reserve, whole=whole), has)
        plan = planned(index, history, awards, within, purse, debt=correction.debt == "allowed")
        kept = plan.written_off(index)
        if all(kept[promotion] <= points for promotion, points in reserve.items()):
            break
        has = {p: points - kept[p] + reserve[p] for p, points in held(index, facts, plan.reasons).items()}
        reserve = {p: max(points, kept[p]) for p, points in reserve.items()}
    after = held(index, facts, plan.reasons)
    needs = {promotion: after[promotion] - before[promotion] for promotion in after}
    spare = {promotion: points - kept[promotion] for promotion, points in reserve.items()}
    moved = {(facts.member_id, period) for period in sheets | facts.touched}
    return _Worked(plan, told(index, plan, programme.zone, needs), spare, moved)


def _post(
    session: Session, programme: Programme, index: Index, correction: Correction, book: Book, plan: Plan
) -> None:
    """What is given comes first, because it covers what is taken."""
    assert correction.approved_at is not None, "only what is signed is posted"
    cause = Cause(Purpose.CORRECTION, correction.cause, correction.approved_at)
    rows = [noted_of(session, change.booked) for change in plan.changes]
    dues = [due for change in plan.changes for due in dues_of(index, change.booked, change.reason)]
    for change, row in zip(plan.changes, rows, strict=True):
        row.corrected = [*row.corrected, *_noted(index, correction, change)]
        row.reason, row.written_off = change.reason, change.written_off
    fresh: list[UUID] = []
    for change, row in zip(plan.changes, rows, strict=True):
        for move in change.moves:
            if move.points > 0:
                part, reason = _named(change, move.pool, book), [move.version, 0, move.points, 0, 0]
                sale = change.booked.purchase
                lot = give_more(
                    programme, index, book, cause, sale, move.pool, move.points, reason, part, row
                )
                fresh += _to_spend(programme, index, book, move, lot)
    for change in plan.changes:
        for move in change.moves:
            if move.points < 0:
                _take(index, book, cause, change, move, fresh)
    book.settle()  # what has lapsed already
    keep_grants(session, programme, dues)


def _to_spend(programme: Programme, index: Index, book: Book, move: Move, lot: UUID) -> Sequence[UUID]:
    """The lots of points just given that cover what is taken."""
    if not index.pools[move.pool].condition:
        return [lot]
    return waiting.meet(programme, index, book, lot) if move.spendable else ()


def _take(index: Index, book: Book, cause: Cause, change: Change, move: Move, fresh: Sequence[UUID]) -> None:
    first, reason = [*move.lots, *fresh], [move.version, 0, -move.points, 0, 0]
    take_more(index, book, cause, move.pool, -move.points, first, reason, _named(change, move.pool, book))


def _named(change: Change, pool: int, book: Book) -> tuple[object, ...]:
    """A correction can go over a member twice; the balance's version tells the times apart."""
    return change.booked.purchase.id, pool, book.balance.version


def _noted(index: Index, correction: Correction, change: Change) -> list[int]:
    """What is kept of the change for its explanation; nothing where the purchase gives the same by the same terms."""
    before, after = (_giving(index, correction, reason) for reason in (change.booked.standing, change.reason))
    if before == after and not change.points:
        return []
    return [correction.id, before, after, change.points]


def _giving(index: Index, correction: Correction, reason: Sequence[int]) -> int:
    """The version of the corrected promotion that gives something by this reason; 0 for none."""
    for version, _base, points, _cut, _step, cut_by in entries(reason):
        if points and cut_by != WRITTEN_OFF and index.rules[version].promotion == correction.promotion_id:
            return version
    return 0
