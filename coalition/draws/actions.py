"""Opening a draw; `transactions.drawing` draws."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from coalition.benefits.queries import benefit_by_code
from coalition.draws.checking import NAMES, PRIZES, refusals
from coalition.draws.lots import commitment
from coalition.draws.models import Draw
from coalition.draws.queries import SEED_PLACE
from tenants.actor import Actor
from tenants.audit import record
from tenants.parts import Part, require
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import next_numbers
from tenants.vault import vault_of


def open_draw(
    session: Session,
    actor: Actor,
    *,
    code: str,
    ticket: str,
    name: dict[str, str],
    prizes: list[dict[str, Any]],
    closes_at: datetime,
) -> Draw:
    """Promise a draw among the tickets of a benefit that are earned before it closes; its seed is chosen now.

    Raises the first of what `checking.refusals` finds.
    """
    actor.must(Permission.DESK_PROMOTION_PUBLISH)
    require(session, Part.DRAWS)
    number, seed = (
        next_numbers(session, "draw"),
        secrets.token_bytes(32),
    )  # nobody else takes a code, or tickets
    for no in refusals(session, code=code, ticket=ticket, name=name, prizes=prizes, closes_at=closes_at):
        raise no
    benefit = benefit_by_code(session, ticket)
    draw = Draw(
        tenant_id=tenant_of(session),
        id=number,
        programme_id=benefit.programme_id,
        benefit_id=benefit.id,
        code=code,
        name=NAMES.validate_python(name).model_dump(),
        prizes=[prize.model_dump() for prize in PRIZES.validate_python(prizes)],
        closes_at=closes_at,
        commitment=commitment(seed),
        sealed_seed=vault_of(session).seal(seed.hex(), SEED_PLACE, number),
    )
    session.add(draw)
    session.flush()  # wins refer to it
    told = {"ticket": ticket, "closes_at": closes_at, "prizes": draw.prizes}
    record(session, actor, "draw.open", f"draw {code}", after=told)
    return draw
