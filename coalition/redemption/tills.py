"""Points that pay a part of a sale: set aside, taken when the sale is booked, given back when goods come back.

Whoever calls has the member's book open and has asked the actor; the sale itself is booked by `transactions.tills`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger import holds
from coalition.ledger.models import Purpose
from coalition.ledger.post import Book, Cause
from coalition.programmes.models import Programme
from coalition.redemption.actions import HELD_FOR, STATES
from coalition.redemption.kinds.cheque import Cheque
from coalition.redemption.models import Redemption, Reward
from coalition.redemption.paying import Payable, over_until
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import new_id, next_numbers

NAME = {"ru": "Оплата баллами на кассе", "en": "Paid with points at a till"}


def set_aside(
    session: Session,
    book: Book,
    *,
    sale_key: UUID | None,
    participant_id: int,
    paid: Payable,
    by_line: Sequence[int],
    lasts: timedelta = HELD_FOR,
    request: UUID | None = None,
) -> Redemption:
    """Hold the points for a sale, or for the bearer of a voucher; Refusal("not_enough_points") changes nothing."""
    made = Redemption(
        tenant_id=book.balance.tenant_id,
        member_id=book.balance.member_id,
        id=new_id(),
        request=request or new_id(),
        reward_id=_reward(session, participant_id).id,
        points=paid.points,
        minor=paid.minor,
        state="held",
        made_at=clock.now(),
        choice={"by_line": list(by_line)},
        sale_key=sale_key,
    )
    holds.hold(book, hold_id=made.id, points=paid.points, expires_at=made.made_at + lasts)
    session.add(made)
    session.flush()
    return made


def take(book: Book, held: Redemption, *, minor: int, by_line: Sequence[int]) -> None:
    """Spend what was set aside: the sale is booked in this transaction."""
    holds.capture(book, hold_id=held.id)
    held.state, held.ended_at = STATES[held.state, "do"], clock.now()
    held.minor, held.choice = minor, held.choice | {"by_line": list(by_line)}


def keep(book: Book, held: Redemption, points: int, sale_key: UUID) -> None:
    """Hold for the sale so many of the points that are set aside: what is too much is free again."""
    holds.shrink(book, hold_id=held.id, points=points)
    held.points, held.sale_key = points, sale_key


def let_go(book: Book, held: Redemption) -> None:
    """Give back what was set aside for a sale that does not take place."""
    holds.release(book, hold_id=held.id)
    held.state, held.ended_at = STATES[held.state, "refuse"], clock.now()


def give_back(
    programme: Programme, book: Book, paid: Redemption, *, left: int, return_id: UUID, at: datetime
) -> None:
    """Leave so many of its points spent: the others come back, by the programme's terms of what has burnt."""
    stands = paid.points - paid.points_back
    if left >= stands:
        return
    holds.cancel_part(
        book,
        hold_id=paid.id,
        cause=Cause(Purpose.CANCEL, return_id, at),
        stands=stands,
        left=left,
        over_until=over_until(programme, book.today),
    )
    paid.points_back = paid.points - left
    if left == 0:
        paid.state, paid.ended_at = STATES[paid.state, "cancel"], clock.now()


def held_for(session: Session, member_id: UUID, sale_key: UUID) -> Redemption | None:
    """What is set aside for the sale now, if anything is."""
    return session.scalars(
        select(Redemption).where(
            Redemption.tenant_id == tenant_of(session),
            Redemption.member_id == member_id,
            Redemption.sale_key == sale_key,
            Redemption.state == "held",
        )
    ).one_or_none()


def asked_by(session: Session, member_id: UUID, request: UUID) -> Redemption | None:
    """What a request has set aside before."""
    return session.scalars(
        select(Redemption).where(
            Redemption.tenant_id == tenant_of(session),
            Redemption.member_id == member_id,
            Redemption.request == request,
        )
    ).one_or_none()


def vouched(session: Session, member_id: UUID, redemption_id: UUID) -> Redemption | None:
    """What is set aside for the bearer of a voucher, if it still is."""
    found = session.get(Redemption, (tenant_of(session), member_id, redemption_id), populate_existing=True)
    return found if found is not None and found.sale_key is None and found.state == "held" else None


def paid_for(session: Session, member_id: UUID, sale_keys: Collection[UUID]) -> dict[UUID, Redemption]:
    """What pays a part of these sales, by their keys, whether it was given back since or not."""
    if not sale_keys:
        return {}
    rows = session.scalars(
        select(Redemption).where(
            Redemption.tenant_id == tenant_of(session),
            Redemption.member_id == member_id,
            Redemption.sale_key.in_(sale_keys),
            Redemption.state.in_(("done", "cancelled")),
        )
    )
    return {row.sale_key: row for row in rows if row.sale_key is not None}


def _reward(session: Session, participant_id: int) -> Reward:
    """The reward under which a participant's tills take points, made when it takes them first."""
    tenant_id, code = tenant_of(session), f"{Cheque.code}-{participant_id}"
    by_code = select(Reward).where(Reward.tenant_id == tenant_id, Reward.code == code)
    found = session.scalars(by_code).one_or_none()
    if found is None:
        row = insert(Reward).values(
            tenant_id=tenant_id, id=next_numbers(session, "reward"), code=code, kind=Cheque.code, name=NAME,
            about={"ru": "", "en": ""}, terms={}, participant_id=participant_id, offered=False, place=0,
        )  # fmt: skip
        session.execute(row.on_conflict_do_nothing())
        found = session.scalars(by_code).one()
    return found
