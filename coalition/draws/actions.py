"""Opening a draw, and drawing."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from itertools import chain, repeat
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from coalition.benefits.models import GrantUse
from coalition.benefits.queries import benefit_by_code
from coalition.draws.checking import NAMES, PRIZES, refusals
from coalition.draws.lots import Entry, commitment, entries_digest, winners
from coalition.draws.models import Draw, DrawWin
from coalition.draws.queries import SEED_PLACE, draw_by_code, entries_open, seed_of, wins_of
from coalition.ledger.bulk import lock_balances
from coalition.programmes.queries import programme_by_id
from coalition.transactions.occasions import Happened, note_occasions
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
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
    return draw


def draw_lots(session: Session, actor: Actor, *, code: str) -> Draw:
    """Draw, once: every ticket is used up, every win is noted as an occasion. Drawn already, it is that draw.

    Raises Refusal("draw_open", closes_at=...) before it has closed, Refusal("draw_without_tickets").
    """
    actor.must(Permission.DESK_PROMOTION_PUBLISH)
    draw = draw_by_code(session, code)
    session.refresh(draw, with_for_update=True)
    if draw.drawn_at is not None:
        return draw
    now = clock.now()
    if now < draw.closes_at:
        raise Refusal("draw_open", closes_at=draw.closes_at)
    # Under the balances' locks no return takes a ticket back while it is drawn from.
    lock_balances(session, sorted({entry.member_id for entry in entries_open(session, draw)}))
    entries = entries_open(session, draw, lock=True)
    if not entries:
        raise Refusal("draw_without_tickets")
    _use_up(session, draw, entries, now)
    prizes = list(chain.from_iterable(repeat(prize["code"], prize["count"]) for prize in draw.prizes))
    lots = winners(seed_of(session, draw), entries, len(prizes))
    session.add_all(
        DrawWin(
            tenant_id=draw.tenant_id,
            member_id=lot.member_id,
            draw_id=draw.id,
            place=lot.place,
            ticket=lot.ticket,
            prize=prizes[lot.place],
        )
        for lot in lots
    )
    draw.drawn_at, draw.tickets = now, sum(entry.tickets for entry in entries)
    draw.entries_digest = entries_digest(entries)
    session.flush()
    note_occasions(
        session,
        programme_by_id(session, draw.programme_id),
        [
            Happened(win.member_id, "prize", f"{draw.code}:{win.place}", now, {"prize": win.prize}, draw.code)
            for win in wins_of(session, draw.id)
        ],
    )
    return draw


def _use_up(session: Session, draw: Draw, entries: Sequence[Entry], now: datetime) -> None:
    """Every ticket that takes part is used: what a return lowers later is not what was drawn from."""
    session.execute(
        insert(GrantUse),
        [
            {
                "tenant_id": draw.tenant_id,
                "member_id": entry.member_id,
                "id": entry.grant_id,
                "grant_id": entry.grant_id,
                "request": draw.request,
                "quantity": entry.tickets,
                "at": now,
            }
            for entry in entries
        ],
    )
    session.execute(
        text(
            "update benefit_grant g set used = g.used + e.tickets"
            " from unnest(cast(:members as uuid[]), cast(:grants as uuid[]), cast(:tickets as bigint[]))"
            " as e (member_id, id, tickets)"
            " where g.tenant_id = :tenant and g.member_id = e.member_id and g.id = e.id"
        ),
        {
            "tenant": draw.tenant_id,
            "members": [entry.member_id for entry in entries],
            "grants": [entry.grant_id for entry in entries],
            "tickets": [entry.tickets for entry in entries],
        },
    )
