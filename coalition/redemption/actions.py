"""Writes of redemption: quote, redeem, cancel; rewards and their pools."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger import holds
from coalition.ledger.models import Hold, Lot
from coalition.ledger.post import open_book
from coalition.members.queries import member_by_id
from coalition.partners.queries import participant_here
from coalition.programmes.queries import programme_by_id
from coalition.redemption import pricing
from coalition.redemption.kinds import kind_of
from coalition.redemption.models import Certificate, Redemption, Reward
from coalition.redemption.queries import redemption_by_id, reward_by_code, reward_of_any_state
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.kinds import right_to
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import digest, new_id, next_numbers
from tenants.runtime.jobs import every, job
from tenants.vault import vault_of

HELD_FOR = timedelta(minutes=15)
OVERDUE_PER_JOB = 200

# {(state, event): state}; anything else is a Conflict.
STATES = {("held", "do"): "done", ("held", "refuse"): "refused", ("done", "cancel"): "cancelled"}


@dataclass(frozen=True)
class Quote:
    """What a redemption would cost and take, without any effect."""

    points: int
    minor: int
    available: int
    left: int
    lots: tuple[tuple[date, int], ...]  # what is spent first: last day and points


def quote(
    session: Session, actor: Actor, *, member_id: UUID, reward_code: str, choice: dict[str, Any]
) -> Quote:
    """Price a choice and say which points it would take; Refusal when it cannot be had or paid."""
    actor.must(Permission.CABINET_REDEMPTION_MAKE, member_id=member_id)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    reward = reward_by_code(session, reward_code)
    price = kind_of(reward.kind).price(session, programme, reward, choice)
    book = open_book(session, member_id=member_id, zone=programme.zone)
    available = book.balance.available
    if price.points > available:
        raise Refusal("not_enough_points", available=available, asked=price.points)
    return Quote(
        price.points, price.minor, available, available - price.points, _first(book.spendable, price.points)
    )


def redeem(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    reward_code: str,
    choice: dict[str, Any],
    request_id: str,
    agreed: int | None = None,
) -> Redemption:
    """Spend points on a reward. The same request again is the same redemption.

    With `agreed`, the points that somebody agreed to, another price is Refusal("price_changed", points=...). Raises
    Refusal("not_enough_points"), NotFound("reward_unknown"), and the kind's refusals; then nothing is changed.
    """
    actor.must(Permission.CABINET_REDEMPTION_MAKE, member_id=member_id)
    tenant_id = tenant_of(session)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    book = open_book(session, member_id=member_id, zone=programme.zone)
    request = UUID(bytes=digest("redeem", request_id))
    known = session.scalars(
        select(Redemption).where(
            Redemption.tenant_id == tenant_id,
            Redemption.member_id == member_id,
            Redemption.request == request,
        )
    ).one_or_none()
    if known is not None:
        asked = session.get_one(Reward, (tenant_id, known.reward_id))  # it may be offered no more
        if (asked.code, known.choice) != (reward_code, choice):
            raise Conflict("request_reused")
        return known
    reward = reward_by_code(session, reward_code)
    kind = kind_of(reward.kind)
    price = kind.price(session, programme, reward, choice)
    if agreed is not None and price.points != agreed:
        raise Refusal("price_changed", points=price.points)
    redemption = Redemption(
        tenant_id=tenant_id,
        member_id=member_id,
        id=new_id(),
        request=request,
        reward_id=reward.id,
        points=price.points,
        minor=price.minor,
        state="held",
        made_at=clock.now(),
        choice=choice,
    )
    holds.hold(book, hold_id=redemption.id, points=price.points, expires_at=redemption.made_at + HELD_FOR)
    session.add(redemption)
    session.flush()  # what the kind writes refers to it
    if kind.fulfil(session, programme, reward, redemption):
        holds.capture(book, hold_id=redemption.id)
        redemption.state, redemption.ended_at = STATES[redemption.state, "do"], clock.now()
    return redemption


def cancel(session: Session, actor: Actor, *, member_id: UUID, redemption_id: UUID) -> Redemption:
    """Undo a redemption, where its terms still allow: the points return to the very lots they came from."""
    actor.must(Permission.CABINET_REDEMPTION_MAKE, member_id=member_id)
    return undo(session, member_id, redemption_id)


def undo(session: Session, member_id: UUID, redemption_id: UUID) -> Redemption:
    """Cancel for whoever has asked the actor already: `cancel`, and a payout that the bank returns."""
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    book = open_book(session, member_id=member_id, zone=programme.zone)
    redemption = redemption_by_id(session, member_id, redemption_id, lock=True)
    after = STATES.get((redemption.state, "cancel"))
    if after is None:
        raise Conflict("redemption_ended", state=redemption.state)
    reward = session.get_one(Reward, (redemption.tenant_id, redemption.reward_id))
    kind_of(reward.kind).undo(session, reward, redemption)
    holds.cancel(book, hold_id=redemption.id)
    redemption.state, redemption.ended_at = after, clock.now()
    return redemption


@job("redemption.release")
def release_overdue(session: Session) -> None:
    """Give back the points of redemptions that nobody fulfilled in time."""
    overdue = session.execute(
        select(Hold.member_id, Hold.id)
        .where(Hold.tenant_id == tenant_of(session), Hold.state == "open", Hold.expires_at <= clock.now())
        .order_by(Hold.member_id)
        .limit(OVERDUE_PER_JOB)
    ).all()
    for member_id, redemption_id in overdue:
        programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
        book = open_book(session, member_id=member_id, zone=programme.zone)
        redemption = redemption_by_id(session, member_id, redemption_id, lock=True)
        after = STATES.get((redemption.state, "refuse"))
        if after is not None:  # else it was fulfilled while this job waited for the book
            holds.release(book, hold_id=redemption_id)
            redemption.state, redemption.ended_at = after, clock.now()


def add_reward(
    session: Session,
    actor: Actor,
    *,
    code: str,
    kind: str,
    name: dict[str, str],
    about: dict[str, str],
    terms: dict[str, Any],
    participant_id: int,
    place: int = 0,
    approval_id: UUID | None = None,
) -> Reward:
    """Offer a reward, with the signature of another person than who asked for it; the kind validates its terms.

    Raises Conflict("reward_known") where there is one of that code, what `participant_here` raises and what
    `approvals.signed` raises.
    """
    actor.must(right_to(pricing.NEW, approval_id))
    number = next_numbers(session, "reward")  # of two at once the second waits, and sees the first
    pricing.require_unknown(session, code)
    participant_here(session, participant_id)
    terms = kind_of(kind).check_terms(terms)
    change = pricing.new_reward(code, kind, name, about, terms, participant_id)
    approvals.signed(session, actor, change, approval_id)
    reward = Reward(
        tenant_id=tenant_of(session),
        id=number,
        code=code,
        kind=kind,
        name=name,
        about=about,
        terms=terms,
        participant_id=participant_id,
        place=place,
    )
    session.add(reward)
    session.flush()  # codes and redemptions refer to it
    told = {"kind": kind, "name": name, "about": about, "terms": reward.terms}
    record(session, actor, "reward.add", f"reward {code}", after=told)
    return reward


def load_certificates(
    session: Session, actor: Actor, *, reward_code: str, codes: Sequence[str], valid_to: date
) -> int:
    """Add codes to a reward's pool, sealed; a code that is there already is left out. Returns how many were new."""
    actor.must(Permission.DESK_REWARD_EDIT)
    reward, vault = reward_of_any_state(session, reward_code), vault_of(session)
    digests = {code: vault.digest("certificate", code) for code in codes}
    rows = [
        {
            "tenant_id": reward.tenant_id,
            "reward_id": reward.id,
            "digest": found,
            "sealed": vault.seal(code, "certificate.sealed", reward.id, found),
            "valid_to": valid_to,
        }
        for code, found in digests.items()
    ]
    if not rows:
        return 0
    new = session.scalars(insert(Certificate).on_conflict_do_nothing().returning(Certificate.digest), rows)
    if count := len(new.all()):
        told = {"count": count, "last_day": valid_to.isoformat()}
        record(session, actor, "certificate.load", f"reward {reward_code}", after=told)
    return count


def _first(lots: Sequence[Lot], points: int) -> tuple[tuple[date, int], ...]:
    taken: dict[date, int] = {}
    for lot in lots:
        used = min(lot.remaining, points)
        if used:
            taken[lot.expires_on] = taken.get(lot.expires_on, 0) + used
            points -= used
    return tuple(taken.items())


every(300, "redemption.release")
