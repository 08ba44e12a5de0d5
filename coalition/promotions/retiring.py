"""Retiring a benefit: no promotion can grant it from then on. What members have of it stays theirs, to the last day.

It stands here and not with benefits, because promotions are asked: whatever grants it has to be paused or over first.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.benefits.models import Benefit
from coalition.benefits.queries import benefit_by_code
from coalition.promotions.actions import raise_number
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal


def retire_benefit(session: Session, actor: Actor, *, code: str) -> Benefit:
    """Let nothing grant the benefit any more, for good; retired already, it stays as it is.

    Codes and tickets of it are used and drawn as before, and units are exchanged where a promotion says so. Purchases
    of the time in which it was granted still bring it, whenever they become known.
    Raises Refusal("benefit_in_use", promotions=...) while a promotion that is live or scheduled grants it, or
    NotFound("benefit_unknown").
    """
    actor.must(Permission.DESK_BENEFIT_EDIT)
    raise_number(session)  # first: a version that is being published meanwhile is there, or is refused
    benefit = benefit_by_code(session, code)
    session.refresh(benefit, with_for_update=True)
    if benefit.retired_at is not None:
        return benefit
    if promotions := granting_promotions(session).get(code):
        raise Refusal("benefit_in_use", promotions=", ".join(promotions))
    benefit.retired_at, benefit.retired_by = clock.now(), actor.id
    record(session, actor, "benefit.retire", f"benefit {code}", after={"retired_at": benefit.retired_at})
    return benefit


def granting_promotions(session: Session) -> dict[str, list[str]]:
    """Codes of promotions by the benefits that they grant: of those that are live or scheduled."""
    rows = session.execute(
        text("""
            select distinct v.document -> 'gives' ->> 'code' as benefit, p.code from promotion p
            join promotion_version v on v.tenant_id = :tenant and v.promotion_id = p.id
            where p.tenant_id = :tenant and v.document -> 'gives' ->> 'kind' = 'benefit'
                and (v.ends_at is null or (v.ends_at > :now and v.ends_at > v.starts_at))
            order by 1, 2
        """),
        {"tenant": tenant_of(session), "now": clock.now()},
    )
    found: dict[str, list[str]] = {}
    for benefit, promotion in rows:
        found.setdefault(benefit, []).append(promotion)
    return found
