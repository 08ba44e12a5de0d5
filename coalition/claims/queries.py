"""Reads of claims. A member's reach ends at her own; who of the staff may see them is asked at the door."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, case, cast, extract, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from coalition.claims.models import Claim, ClaimDecision, ClaimEvent, ClaimFile
from coalition.claims.states import DECIDED, OPEN, State
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.roles import holders, roles, together
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound

SHOWN = 100
VIEWS = ("mine", "all", "overdue", "member", "partner", "signing", "answered")
"""Parts of the queue by name."""


def claim_by_number(session: Session, number: int) -> Claim:
    """The tenant's claim of that number; NotFound("claim_unknown")."""
    found = session.scalars(
        select(Claim).where(Claim.tenant_id == tenant_of(session), Claim.number == number)
    ).one_or_none()
    if found is None:
        raise NotFound("claim_unknown")
    return found


def claim_of(session: Session, member_id: UUID, claim_id: UUID) -> Claim:
    """A member's claim; NotFound("claim_unknown")."""
    found = session.get(Claim, (tenant_of(session), member_id, claim_id))
    if found is None:
        raise NotFound("claim_unknown")
    return found


def claims_of(session: Session, member_id: UUID) -> Sequence[Claim]:
    """A member's claims, newest first."""
    return session.scalars(
        select(Claim)
        .where(Claim.tenant_id == tenant_of(session), Claim.member_id == member_id)
        .order_by(Claim.id.desc())
        .limit(SHOWN)
    ).all()


def events_of(session: Session, claim: Claim) -> Sequence[ClaimEvent]:
    """A claim's history, oldest first."""
    return session.scalars(_of(session, ClaimEvent, claim).order_by(ClaimEvent.number)).all()


def files_of(session: Session, claim: Claim) -> Sequence[ClaimFile]:
    """A claim's files, in the order in which they came."""
    return session.scalars(_of(session, ClaimFile, claim).order_by(ClaimFile.at, ClaimFile.id)).all()


def decisions_of(session: Session, claim: Claim) -> Sequence[ClaimDecision]:
    """What was decided and what is proposed, oldest first; what was dropped is left out."""
    query = _of(session, ClaimDecision, claim).where(ClaimDecision.state != "dropped")
    return session.scalars(query.order_by(ClaimDecision.opening, ClaimDecision.id)).all()


def granted_for(session: Session, claim: Claim) -> int:
    """Points that claims have granted for the claim's purchase or redemption; without one, those of the claim."""
    if claim.purchase_id is not None:
        same = Claim.purchase_id == claim.purchase_id
    elif claim.redemption_id is not None:
        same = Claim.redemption_id == claim.redemption_id
    else:
        same = Claim.id == claim.id
    granted = session.scalar(
        select(func.coalesce(func.sum(ClaimDecision.given), 0))
        .join(Claim, (Claim.member_id == ClaimDecision.member_id) & (Claim.id == ClaimDecision.claim_id))
        .where(
            ClaimDecision.tenant_id == tenant_of(session),
            Claim.tenant_id == tenant_of(session),
            ClaimDecision.member_id == claim.member_id,
            ClaimDecision.state == "done",
            ClaimDecision.way == "grant",
            same,
        )
    )
    return int(granted or 0)


def queue(session: Session, view: str, staff_id: UUID | None) -> Sequence[Claim]:
    """A part of the queue: what has least time left first, what waits for the member last.

    "mine" are one's own and nobody's; "answered" those of the last week, newest first.
    """
    query = select(Claim).where(Claim.tenant_id == tenant_of(session), _in_view(view, staff_id))
    if view == "answered":
        query = query.order_by(Claim.ended_at.desc(), Claim.number.desc())
    else:
        query = query.order_by(Claim.due_at.asc().nulls_last(), Claim.number)
    return session.scalars(query.limit(SHOWN)).all()


def counts(session: Session, staff_id: UUID | None) -> dict[str, int]:
    """How many claims each part of the queue has."""
    columns = [func.count().filter(_in_view(view, staff_id)) for view in VIEWS]
    row = session.execute(select(*columns).where(Claim.tenant_id == tenant_of(session))).one()
    return dict(zip(VIEWS, map(int, row), strict=True))


def officers(session: Session) -> Sequence[Staff]:
    """Who may have a claim in hand, by name."""
    known, held = roles(session), holders(session)
    may = {
        number
        for number, codes in held.items()
        if Permission.DESK_CLAIM_DECIDE in together(known[code] for code in codes if code in known)
    }
    return session.scalars(
        select(Staff)
        .where(Staff.tenant_id == tenant_of(session), Staff.active, Staff.id.in_(may))
        .order_by(Staff.name, Staff.id)
    ).all()


class Figures(NamedTuple):
    """Claims of one kind, reason or partner: counts, points granted, the median time from opening to answer."""

    key: Any
    claims: int
    open: int
    overdue: int
    granted: int
    median_seconds: int | None


def figures(session: Session, by: str, since: datetime) -> Sequence[Figures]:
    """Claims opened since a moment, by "kind", "reason" (of the last answer, or its way) or "partner", most first."""
    reason = case((ClaimDecision.way == "refuse", ClaimDecision.reason), else_=ClaimDecision.way)
    last = (
        select(
            ClaimDecision.member_id,
            ClaimDecision.claim_id,
            func.sum(ClaimDecision.given).label("given"),
            func.max(ClaimDecision.done_at).label("done_at"),
            func.array_agg(aggregate_order_by(reason, ClaimDecision.opening.desc()))[1].label("reason"),
        )
        .where(ClaimDecision.tenant_id == tenant_of(session), ClaimDecision.state == "done")
        .group_by(ClaimDecision.member_id, ClaimDecision.claim_id)
        .subquery()
    )
    key = {"kind": Claim.kind, "reason": last.c.reason, "partner": Claim.partner_id}[by]
    took = extract("epoch", last.c.done_at - Claim.opened_at)
    rows = session.execute(
        select(
            key,
            func.count(),
            func.count().filter(Claim.state.in_(OPEN)),
            func.count().filter(Claim.overdue_at.is_not(None)),
            func.coalesce(func.sum(last.c.given), 0),
            cast(func.percentile_disc(0.5).within_group(took), Integer),
        )
        .outerjoin(last, (last.c.member_id == Claim.member_id) & (last.c.claim_id == Claim.id))
        .where(Claim.tenant_id == tenant_of(session), Claim.opened_at >= since)
        .group_by(key)
        .order_by(func.count().desc(), key)
    )
    return [Figures(row[0], row[1], row[2], row[3], int(row[4]), row[5]) for row in rows]


class Answered(NamedTuple):
    """How the last month's answers came: all of them, those within their term, and their median time."""

    answers: int
    in_time: int
    median_seconds: int | None


def answered(session: Session) -> Answered:
    """The answers of the last thirty days."""
    took = extract("epoch", Claim.decided_at - Claim.opened_at)
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Claim.overdue_at.is_(None)),
            cast(func.percentile_disc(0.5).within_group(took), Integer),
        ).where(Claim.tenant_id == tenant_of(session), Claim.decided_at >= clock.now() - timedelta(days=30))
    ).one()
    return Answered(*row)


def _in_view(view: str, staff_id: UUID | None) -> ColumnElement[bool]:
    match view:
        case "mine":
            mine = Claim.owner_id == staff_id if staff_id else Claim.owner_id.is_(None)
            return Claim.state.in_(OPEN) & (mine | Claim.owner_id.is_(None))
        case "overdue":
            return Claim.due_at <= clock.now()
        case "member":
            return Claim.state == State.ASKED_MEMBER
        case "partner":
            return Claim.state == State.ASKED_PARTNER
        case "signing":
            return Claim.state == State.SIGNING
        case "answered":
            return Claim.state.in_((*DECIDED, State.CLOSED)) & (
                Claim.ended_at >= clock.now() - timedelta(days=7)
            )
    return Claim.state.in_(OPEN)


def _of(session: Session, model: type[Any], claim: Claim) -> Select[Any]:
    return select(model).where(
        model.tenant_id == tenant_of(session),
        model.member_id == claim.member_id,
        model.claim_id == claim.id,
    )
