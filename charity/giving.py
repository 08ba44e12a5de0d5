"""Giving again and again: on a day of each month, and of each purchase what is left over a round number.

Every gift is an ordinary redemption whose request names what it is for, so a schedule that is killed, late or done
twice gives nothing twice; and it is whole or none.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from charity.kind import DonationTerms
from charity.models import Fund, GivingRule, RoundUp
from charity.queries import fund_by_id, gathering, giving_rules, set_aside
from coalition.ledger.models import Lot, Purpose, Transfer
from coalition.ledger.post import open_book
from coalition.members.queries import member_by_id
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.queries import index_of
from coalition.redemption.actions import redeem
from coalition.redemption.models import Redemption, Reward
from coalition.transactions.models import Purchase
from coalition.transactions.revaluing import booked_purchases
from coalition.transactions.standing import paid
from tenants.actor import SYSTEM, Actor
from tenants.parts import Part, is_on, require
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.jobs import ask, every, job

ROUND_TO = (10, 50, 100)
"""To a multiple of how many whole points a purchase is rounded."""
LAST_DAY = 28
"""Every month has it."""
AT_ONCE, PURCHASES_AT_ONCE = 500, 500


def begin_giving(
    session: Session, actor: Actor, *, member_id: UUID, fund_id: int, kind: str, points: int, day: int = 0
) -> GivingRule:
    """Let a member give to a fund again and again, in place of what she gave in that way before.

    "monthly" gives so many points (of the programme's units) on a day of the month, from the next one on; "round" the
    remainder of each later purchase to so many. Raises NotFound("fund_unknown"), NotFound("part_off"),
    Refusal("points_too_few"), "points_too_many", "giving_points", "giving_day".
    """
    actor.must(Permission.CABINET_REDEMPTION_MAKE, member_id=member_id)
    require(session, Part.CHARITY)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    fund, today = fund_by_id(session, fund_id), clock.business_day(programme.zone)
    terms = _terms(session, fund)
    if not session.get_one(Reward, (fund.tenant_id, fund.reward_id)).offered:
        raise NotFound("fund_unknown")
    if kind == "monthly":
        if not 1 <= day <= LAST_DAY:
            raise Refusal("giving_day")
        if points < terms.points_min:
            raise Refusal("points_too_few", least=terms.points_min)
        if points > terms.points_max:
            raise Refusal("points_too_many", most=terms.points_max)
    elif kind != "round" or points not in [to * 10**programme.scale for to in ROUND_TO]:
        raise Refusal("giving_points")
    open_book(session, member_id=member_id, zone=programme.zone)  # who decides twice at once does so in turn
    for rule in giving_rules(session, member_id):
        if rule.kind == kind:
            _stop(session, rule)
    session.flush()  # one of each kind
    rule = GivingRule(
        tenant_id=tenant_of(session),
        member_id=member_id,
        id=new_id(),
        fund_id=fund_id,
        kind=kind,
        points=points,
        day=day if kind == "monthly" else None,
        next_on=next_day(day, today) if kind == "monthly" else None,
        started_at=clock.now(),
    )
    session.add(rule)
    return rule


def stop_giving(session: Session, actor: Actor, *, member_id: UUID, rule_id: UUID) -> None:
    """Give no more by a rule; what was set aside and not given yet stays hers. NotFound("giving_unknown")."""
    actor.must(Permission.CABINET_REDEMPTION_MAKE, member_id=member_id)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    open_book(
        session, member_id=member_id, zone=programme.zone
    )  # what is being given meanwhile is given before
    rule = session.get(GivingRule, (tenant_of(session), member_id, rule_id), populate_existing=True)
    if rule is None or rule.stopped_at is not None:
        raise NotFound("giving_unknown")
    _stop(session, rule)


def _stop(session: Session, rule: GivingRule) -> None:
    rule.stopped_at = clock.now()
    if rule.kind == "round":
        session.execute(
            delete(RoundUp).where(
                RoundUp.tenant_id == rule.tenant_id,
                RoundUp.member_id == rule.member_id,
                RoundUp.donation_id.is_(None),
            )
        )


def next_day(day: int, after: date) -> date:
    """The first such day of a month after this one. Pure."""
    if day > after.day:
        return after.replace(day=day)
    return (after.replace(day=1) + timedelta(days=32)).replace(day=day)


def remainder(points: int, to: int) -> int:
    """What of a purchase's points is over a multiple of so many. Pure."""
    return max(points, 0) % to


def within(rows: Sequence[RoundUp], most: int) -> list[RoundUp]:
    """The first of them that are no more than so many points together. Pure."""
    taken, points = [], 0
    for row in rows:
        points += row.points
        if points > most:
            break
        taken.append(row)
    return taken


@job("charity.give")
def give(session: Session, *, after: str | None = None) -> None:
    """Ask for each member whose rules were not looked at today, so many at once, and go on with those after them."""
    if not is_on(session, Part.CHARITY):
        return
    programme = session.scalars(
        select(Programme).where(Programme.tenant_id == tenant_of(session)).order_by(Programme.id).limit(1)
    ).first()
    if programme is None:
        return
    due = _due(session, clock.business_day(programme.zone), UUID(after) if after else UUID(int=0))
    for member_id in due:
        ask(session, "charity.give_of", member_id=member_id)
    if len(due) == AT_ONCE:
        ask(session, "charity.give", after=due[-1])


def _due(session: Session, today: date, after: UUID) -> Sequence[UUID]:
    return session.scalars(
        select(GivingRule.member_id)
        .where(
            GivingRule.tenant_id == tenant_of(session),
            GivingRule.member_id > after,
            GivingRule.stopped_at.is_(None),
            or_(GivingRule.looked_on.is_(None), GivingRule.looked_on < today),
            or_(GivingRule.next_on.is_(None), GivingRule.next_on <= today),
        )
        .distinct()
        .order_by(GivingRule.member_id)
        .limit(AT_ONCE)
    ).all()


@job("charity.give_of")
def give_of(session: Session, *, member_id: str) -> None:
    """Give what a member's rules give today. Again on the same day gives nothing more."""
    if not is_on(session, Part.CHARITY):
        return
    number = UUID(member_id)
    programme = programme_by_id(session, member_by_id(session, number).programme_id)
    today = clock.business_day(programme.zone)
    open_book(session, member_id=number, zone=programme.zone)  # one after another, and after who stops them
    for rule in giving_rules(session, number):
        session.refresh(rule)
        if rule.looked_on is not None and rule.looked_on >= today:
            continue
        rule.looked_on = today
        if rule.kind == "round":
            _give_rounded(session, programme, rule, today)
        elif rule.next_on is not None and rule.next_on <= today:
            _give_monthly(session, rule, today)


def _give_monthly(session: Session, rule: GivingRule, today: date) -> None:
    """The gift of the day that has come; of days that were missed there is one."""
    assert rule.day is not None, "a monthly rule has its day"
    due = rule.next_on
    rule.next_on, rule.last_on = next_day(rule.day, today), today
    given = _gift(session, rule, rule.points, f"giving:{rule.id}:{due}", today)
    rule.last_points = rule.points
    if isinstance(given, Refusal):
        rule.outcome = given.code
    else:
        rule.outcome = "given"


def _give_rounded(session: Session, programme: Programme, rule: GivingRule, today: date) -> None:
    """Count what purchases left, and give it, as soon as that is as much as the fund takes at least."""
    _note_purchases(session, programme, rule, today)
    terms = _terms(session, fund_by_id(session, rule.fund_id))
    rows = within(set_aside(session, rule.member_id, rule.fund_id), terms.points_max)
    points = sum(row.points for row in rows)
    if points < terms.points_min:
        return
    given = _gift(
        session, rule, points, f"round:{rows[0].purchase_id}:{rows[-1].purchase_id}:{points}", today
    )
    rule.last_on, rule.last_points = today, points
    if isinstance(given, Refusal):
        rule.outcome = given.code
        return
    rule.outcome = "given"
    session.flush()  # rows refer to the donation
    for row in rows:
        row.donation_id = given.id


def _note_purchases(session: Session, programme: Programme, rule: GivingRule, today: date) -> None:
    """Count, once, what each purchase since the rule began left whose points can be spent."""
    noted = select(RoundUp.purchase_id).where(
        RoundUp.tenant_id == rule.tenant_id, RoundUp.member_id == rule.member_id
    )
    fresh = session.scalars(
        select(Purchase.id)
        .where(
            Purchase.tenant_id == rule.tenant_id,
            Purchase.member_id == rule.member_id,
            Purchase.booked_at >= rule.started_at,
            Purchase.id.not_in(noted),
        )
        .order_by(Purchase.id)
        .limit(PURCHASES_AT_ONCE)
    ).all()
    if not fresh:
        return
    index, wait = index_of(session, programme), _waiting(session, rule.member_id, fresh)
    for booked in booked_purchases(session, rule.member_id, fresh):
        number = booked.purchase.id
        if number in wait or wait & {*(booked.noted.lots if booked.noted else ())}:
            continue
        points = sum(paid(index, booked.standing).values())
        session.add(
            RoundUp(
                tenant_id=rule.tenant_id,
                member_id=rule.member_id,
                purchase_id=number,
                fund_id=rule.fund_id,
                points=remainder(points, rule.points),
                noted_on=today,
            )
        )
    session.flush()  # what is set aside is read from the table


def _waiting(session: Session, member_id: UUID, purchases: Sequence[UUID]) -> set[UUID]:
    """Purchases some of whose points wait, and lots that do."""
    tenant_id = tenant_of(session)
    pending = session.scalars(
        select(Lot.id).where(
            Lot.tenant_id == tenant_id, Lot.member_id == member_id, Lot.pending, Lot.remaining > 0
        )
    ).all()
    awards = session.scalars(
        select(Transfer.cause_id).where(
            Transfer.tenant_id == tenant_id,
            Transfer.member_id == member_id,
            Transfer.cause_id.in_(purchases),
            Transfer.purpose == Purpose.AWARD,
            Transfer.id.in_(pending),
        )
    ).all()
    return {*pending, *awards}


def _gift(session: Session, rule: GivingRule, points: int, request: str, today: date) -> Redemption | Refusal:
    """The gift, or why there is none; then nothing was changed."""
    fund = fund_by_id(session, rule.fund_id)
    campaign = gathering(session, fund.id, today)
    if campaign is None:
        return Refusal("campaign_over")
    reward = session.get_one(Reward, (fund.tenant_id, fund.reward_id))
    try:
        with session.begin_nested():
            return redeem(
                session,
                SYSTEM,
                member_id=rule.member_id,
                reward_code=reward.code,
                choice={"points": points, "campaign": campaign.id},
                request_id=request,
            )
    except Refusal as no:
        return no


def _terms(session: Session, fund: Fund) -> DonationTerms:
    return DonationTerms.model_validate(session.get_one(Reward, (fund.tenant_id, fund.reward_id)).terms)


every(3600, "charity.give")
