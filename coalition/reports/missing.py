"""A purchase that a member asks for and that is not there: what is known that is near it, and what it would give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.post import day_start
from coalition.members.models import Handle, HandleKind
from coalition.members.queries import member_by_id
from coalition.partners.models import Merchant
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.transactions.dry_run import Answer, dry_run
from coalition.transactions.models import InboundFile, Purchase, UnmatchedLine
from coalition.transactions.recording import Told
from tenants.actor import SYSTEM, Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import milliseconds

DAYS_BEFORE, DAYS_AFTER = 1, 4
"""Around the day that she names: banks book a purchase some days later."""
FILES_AFTER = timedelta(days=10)
_ROWS = 20


@dataclass(frozen=True)
class Clues:
    """What is known near the day: her purchases, lines of her cards that nobody was given, and files.

    `files` came in the days after it and have rejected lines; `last_file_at` is when anything came last.
    """

    purchases: Sequence[tuple[Purchase, str]]
    unmatched: Sequence[tuple[UnmatchedLine, str]]
    files: Sequence[InboundFile]
    last_file_at: datetime | None


def clues(session: Session, programme: Programme, *, member_id: UUID, day: date, amount: int | None) -> Clues:
    """Look around the day; purchases of about that sum (minor units) come first."""
    first = day_start(day - timedelta(days=DAYS_BEFORE), programme.zone)
    after = day_start(day + timedelta(days=DAYS_AFTER), programme.zone)
    tenant_id = tenant_of(session)
    lowest, highest = (UUID(int=milliseconds(at) << 80) for at in (first, after))
    bought = session.execute(
        select(Purchase, Merchant.name)
        .join(Merchant, (Merchant.tenant_id == Purchase.tenant_id) & (Merchant.id == Purchase.merchant_id))
        .where(
            Purchase.tenant_id == tenant_id,
            Purchase.member_id == member_id,
            Purchase.id >= lowest,
            Purchase.id < highest,
        )
        .order_by(Purchase.id)
        .limit(_ROWS)
    ).all()
    near = sorted(bought, key=lambda row: abs(row[0].amount - amount) if amount is not None else 0)
    return Clues(
        [(purchase, name) for purchase, name in near],
        _unmatched(session, member_id, first, after),
        _rejecting(session, programme, day),
        session.scalar(
            select(InboundFile.received_at)
            .where(InboundFile.tenant_id == tenant_id, InboundFile.programme_id == programme.id)
            .order_by(InboundFile.id.desc())
            .limit(1)
        ),
    )


def _unmatched(
    session: Session, member_id: UUID, first: datetime, after: datetime
) -> Sequence[tuple[UnmatchedLine, str]]:
    """Lines of her cards that came before she was a member, or too long before the card was linked."""
    tenant_id = tenant_of(session)
    cards = session.scalars(
        select(Handle.digest).where(
            Handle.tenant_id == tenant_id,
            Handle.member_id == member_id,
            Handle.kind == HandleKind.CARD_TOKEN,
        )
    ).all()
    rows = session.execute(
        select(UnmatchedLine, Merchant.name)
        .join(
            Merchant,
            (Merchant.tenant_id == UnmatchedLine.tenant_id) & (Merchant.id == UnmatchedLine.merchant_id),
        )
        .where(
            UnmatchedLine.tenant_id == tenant_id,
            UnmatchedLine.card.in_(cards),
            UnmatchedLine.matched_at.is_(None),
            UnmatchedLine.occurred_at >= first,
            UnmatchedLine.occurred_at < after,
        )
        .order_by(UnmatchedLine.occurred_at)
        .limit(_ROWS)
    )
    return [(line, name) for line, name in rows]


def _rejecting(session: Session, programme: Programme, day: date) -> Sequence[InboundFile]:
    """Files of the days after that have rejected lines: hers may be one of them."""
    came = day_start(day, programme.zone)
    return session.scalars(
        select(InboundFile)
        .where(
            InboundFile.tenant_id == tenant_of(session),
            InboundFile.programme_id == programme.id,
            InboundFile.received_at >= came,
            InboundFile.received_at < came + FILES_AFTER,
            InboundFile.rejected > 0,
        )
        .order_by(InboundFile.id)
        .limit(_ROWS)
    ).all()


def would_give(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    day: date,
    amount: int,
    partner: str | None,
    mcc: int | None,
) -> Answer:
    """What a purchase of that day would give her, as the engine would book it now; nothing is booked.

    Raises Refusal("in_the_future"), "amount_invalid", "partner_unknown".
    """
    actor.must(Permission.DESK_MEMBER_READ)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    noon = min(day_start(day, programme.zone) + timedelta(hours=12), clock.now())
    at = noon if day <= clock.business_day(programme.zone) else day_start(day, programme.zone)
    told = Told("try", member_id, at, amount, "?", partner=partner, mcc=mcc)
    return dry_run(session, SYSTEM, programme_id=programme.id, told=told)
