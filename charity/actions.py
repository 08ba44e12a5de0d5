"""Writes of charity: admit a fund, begin a campaign. Giving is `coalition.redemption.actions.redeem`."""

from datetime import date

from sqlalchemy.orm import Session

from charity.models import Campaign, Fund
from coalition.redemption.actions import add_reward
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import next_numbers


def admit_fund(
    session: Session,
    actor: Actor,
    *,
    code: str,
    name: dict[str, str],
    about: dict[str, str],
    participant_id: int,
    points_min: int,
    points_max: int,
    place: int = 0,
) -> Fund:
    """Take a fund into the programme; giving to it becomes a reward of the kind donation."""
    actor.must(Permission.DESK_FUND_EDIT)
    reward = add_reward(
        session,
        actor,
        code=f"fund-{code}",
        kind="donation",
        name=name,
        about=about,
        terms={"points_min": points_min, "points_max": points_max},
        participant_id=participant_id,
        place=place,
    )
    fund = Fund(
        tenant_id=tenant_of(session),
        id=next_numbers(session, "fund"),
        code=code,
        name=name,
        about=about,
        reward_id=reward.id,
    )
    session.add(fund)
    session.flush()  # campaigns refer to it
    record(session, actor, "fund.admit", f"fund {code}", after={"name": name, "participant": participant_id})
    return fund


def begin_campaign(
    session: Session, actor: Actor, *, fund_id: int, name: dict[str, str], goal: int, ends_on: date
) -> Campaign:
    """Let a fund gather for something: a goal in points and a last day."""
    actor.must(Permission.DESK_FUND_EDIT)
    campaign = Campaign(
        tenant_id=tenant_of(session),
        id=next_numbers(session, "campaign"),
        fund_id=fund_id,
        name=name,
        goal=goal,
        ends_on=ends_on,
    )
    session.add(campaign)
    told = {"fund": fund_id, "name": name, "goal": goal, "last_day": ends_on}
    record(session, actor, "campaign.begin", f"campaign {campaign.id}", after=told)
    return campaign
