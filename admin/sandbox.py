"""Opening a sandbox: a tenant beside another one, with its terms and its look, and with nobody and nothing of its own.

Terms keep their numbers, which documents of promotions and rewards name. Left where they are: members and all that is
theirs, files and their profiles, clients, staff, codes of certificates, what payers have paid in, and drafts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from charity.models import Campaign, Fund
from coalition.benefits.models import Benefit
from coalition.draws.actions import open_draw
from coalition.draws.models import Draw
from coalition.members.models import Segment
from coalition.partners.models import Outlet, Participant, Partner, Terminal
from coalition.programmes.models import Programme
from coalition.promotions.budgets import add_room
from coalition.promotions.index import SEATS
from coalition.promotions.models import (
    Holiday,
    OwnCategory,
    ProgrammeTiers,
    Promotion,
    PromotionClock,
    PromotionVersion,
)
from coalition.redemption.models import Reward
from coalition.segments.models import SegmentTerms
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.hosts import sound
from tenants.models import Branding, Sandbox, Tenant
from tenants.runtime import clock
from tenants.runtime.db import TenantBase, tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.models import Numbering
from tenants.sandbox import is_sandbox

COPIED: tuple[type[TenantBase], ...] = (
    Branding,
    Participant,
    Programme,
    ProgrammeTiers,
    Partner,
    Outlet,
    Terminal,
    Holiday,
    OwnCategory,
    Segment,
    SegmentTerms,
    Benefit,
    Promotion,
    PromotionVersion,
    PromotionClock,
    Reward,
    Fund,
    Campaign,
)
"""Tables that hold terms, parents before children."""
COUNTED = (
    *(
        "programme",
        "participant",
        "partner",
        "outlet",
        "segment",
        "benefit",
        "promotion",
        "promotion_version",
    ),
    *("reward", "fund", "campaign"),
)
"""Series from which what is copied has its numbers."""
LEFT: Mapping[str, Sequence[str]] = {
    "programme": ("webhooks",),
    "benefit": ("retired_by",),
    "promotion_version": ("draft_id",),
    "segment_terms": ("run", "slices_left", "refreshed_at", "size", "joined", "gone"),
}
"""Columns that tell of members, staff or endpoints."""
_SLUG = re.compile("[a-z][a-z0-9-]{1,31}")


@dataclass(frozen=True)
class Terms:
    """What a sandbox begins with, as rows without their tenant."""

    rows: Sequence[tuple[type[TenantBase], Sequence[Mapping[str, Any]]]]
    numbers: Mapping[str, int]
    draws: Sequence[Mapping[str, Any]]


def terms_of(session: Session) -> Terms:
    """The terms of the session's tenant; Refusal("sandbox_of_sandbox")."""
    if is_sandbox(session):
        raise Refusal("sandbox_of_sandbox")
    tenant_id = tenant_of(session)
    numbers = select(Numbering.series, Numbering.last).where(
        Numbering.tenant_id == tenant_id, Numbering.series.in_(COUNTED)
    )
    # Children first: what is added meanwhile then never lacks what it refers to.
    rows = [(model, _rows(session, model)) for model in reversed(COPIED)]
    return Terms(
        rows[::-1],
        dict(session.execute(numbers).all()),  # type: ignore[arg-type]
        [_draw(draw, ticket) for draw, ticket in session.execute(_open_draws(tenant_id))],
    )


def open_sandbox(session: Session, terms: Terms, *, terms_of: str, slug: str, host: str) -> Tenant:
    """Open the sandbox; the session, which is nobody's so far, acts as it from here on.

    Raises Conflict("tenant_exists"), Conflict("host_taken"), Refusal("slug_invalid") or Refusal("host_invalid").
    """
    name = host.lower()
    if not _SLUG.fullmatch(slug):
        raise Refusal("slug_invalid", slug=slug)
    if not sound(name):
        raise Refusal("host_invalid", host=host)
    tenant = open_tenant(session, slug=slug, hosts=[name])
    session.add(Sandbox(tenant_id=tenant.id, terms_of=terms_of))
    for model, rows in terms.rows:
        session.add_all(model(tenant_id=tenant.id, **row) for row in rows)
        session.flush()  # rows of the next table refer to these
    session.add_all(
        Numbering(tenant_id=tenant.id, series=series, last=last) for series, last in terms.numbers.items()
    )
    session.flush()  # draws take the next number
    _fill_budgets(session, tenant.id)
    for draw in terms.draws:
        open_draw(session, SYSTEM, **draw)
    return tenant


def _rows(session: Session, model: type[TenantBase]) -> list[dict[str, Any]]:
    """The tenant's rows; what is null is left out, because a null of JSON is another one."""
    left = {"tenant_id", *LEFT.get(model.__tablename__, ())}
    columns = [column for column in model.__table__.columns if column.name not in left]
    query = select(*columns).where(model.tenant_id == tenant_of(session))
    return [
        {name: value for name, value in row._mapping.items() if value is not None}
        for row in session.execute(query)
    ]


def _open_draws(tenant_id: int) -> Any:
    return (
        select(Draw, Benefit.code)
        .join(Benefit, (Benefit.tenant_id == Draw.tenant_id) & (Benefit.id == Draw.benefit_id))
        .where(Draw.tenant_id == tenant_id, Draw.closes_at > clock.now())
        .order_by(Draw.id)
    )


def _draw(draw: Draw, ticket: str) -> dict[str, Any]:
    """A draw as it is promised anew: by a seed of its own."""
    return {
        "code": draw.code, "ticket": ticket, "name": draw.name, "prizes": draw.prizes,
        "closes_at": draw.closes_at,
    }  # fmt: skip


def _fill_budgets(session: Session, tenant_id: int) -> None:
    """Nobody has earned anything here: every budget and every place is free."""
    for one in session.scalars(select(Promotion).where(Promotion.tenant_id == tenant_id)):
        if one.budget is not None:
            add_room(session, one.id, one.budget)
        if one.seats is not None:
            add_room(session, SEATS + one.id, one.seats)
