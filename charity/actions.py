"""Writes of charity: admit a fund, begin a campaign, keep documents. Giving is `redemption.actions.redeem`."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from charity.models import Campaign, Fund, FundDocument
from charity.queries import fund_by_id
from coalition.papers import Brought, fitting, shown_name
from coalition.partners.queries import participant_by_id
from coalition.redemption.actions import add_reward
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import next_numbers

DOCUMENTS_MOST = 20
GOAL_MOST = 10**12


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
    own: int | None = None,
) -> Fund:
    """Take a fund into the programme; giving to it becomes a reward of the kind donation.

    `participant_id` is who passes the money on, `own` the fund's own participant, whose people see its gifts.
    """
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
        participant_id=own,
    )
    session.add(fund)
    session.flush()  # campaigns refer to it
    record(session, actor, "fund.admit", f"fund {code}", after={"name": name, "participant": participant_id})
    return fund


def begin_campaign(
    session: Session,
    actor: Actor,
    *,
    fund_id: int,
    name: dict[str, str],
    goal: int,
    ends_on: date,
    starts_on: date | None = None,
) -> Campaign:
    """Let a fund gather for something: a goal in points, a last day, and a first one if that is to come.

    Raises NotFound("fund_unknown"), Refusal("campaign_goal"), "campaign_days" or "campaign_name".
    """
    actor.must(Permission.DESK_FUND_EDIT)
    fund = fund_by_id(session, fund_id)
    if not 0 < goal <= GOAL_MOST:
        raise Refusal("campaign_goal")
    if starts_on is not None and starts_on > ends_on:
        raise Refusal("campaign_days")
    if not any(said.strip() for said in name.values()):
        raise Refusal("campaign_name")
    campaign = Campaign(
        tenant_id=tenant_of(session),
        id=next_numbers(session, "campaign"),
        fund_id=fund_id,
        name=name,
        goal=goal,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    session.add(campaign)
    told = {"name": name, "goal": goal, "last_day": ends_on.isoformat()}
    record(session, actor, "fund.campaign", f"fund {fund.code}", after=told)
    return campaign


def belong(session: Session, actor: Actor, *, fund_id: int, participant_id: int | None) -> Fund:
    """Say which participant a fund is, so that its people see its gifts; nothing: none."""
    actor.must(Permission.DESK_FUND_EDIT)
    fund = fund_by_id(session, fund_id)
    if participant_id is not None:
        participant_by_id(session, participant_id)
    before, fund.participant_id = fund.participant_id, participant_id
    told = {"participant": participant_id}
    record(session, actor, "fund.belong", f"fund {fund.code}", before={"participant": before}, after=told)
    return fund


def add_document(session: Session, actor: Actor, *, fund_id: int, name: str, content: bytes) -> FundDocument:
    """Keep a document of a fund, for everybody to read: PDF, JPEG or PNG by what is in it.

    Raises NotFound("fund_unknown"), Refusal("attachment_large"), "attachment_type", "documents_many".
    """
    actor.must(Permission.DESK_FUND_EDIT)
    fund = fund_by_id(session, fund_id)
    number = next_numbers(session, "fund_document")  # of two at once the second waits, and counts the first
    kind = fitting(Brought(name, content))
    own = (FundDocument.tenant_id == fund.tenant_id, FundDocument.fund_id == fund.id)
    if (session.scalar(select(func.count()).select_from(FundDocument).where(*own)) or 0) >= DOCUMENTS_MOST:
        raise Refusal("documents_many")
    document = FundDocument(
        tenant_id=fund.tenant_id,
        fund_id=fund.id,
        id=number,
        name=shown_name(name),
        kind=kind,
        size=len(content),
        content=content,
        added_at=clock.now(),
    )
    session.add(document)
    record(session, actor, "fund.document", f"fund {fund.code}", after={"name": document.name})
    return document


def remove_document(session: Session, actor: Actor, *, fund_id: int, document_id: int) -> None:
    """Keep a document no longer; NotFound("document_unknown")."""
    actor.must(Permission.DESK_FUND_EDIT)
    fund = fund_by_id(session, fund_id)
    document = session.get(FundDocument, (fund.tenant_id, fund.id, document_id))
    if document is None:
        raise NotFound("document_unknown")
    session.delete(document)
    record(session, actor, "fund.document_end", f"fund {fund.code}", before={"name": document.name})
