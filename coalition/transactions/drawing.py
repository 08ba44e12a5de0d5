"""Drawing: every ticket is used up, and what is won is an occasion, for which promotions give."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain, repeat

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from coalition.benefits.models import GrantUse
from coalition.draws.lots import Entry, entries_digest, winners
from coalition.draws.models import Draw, DrawWin
from coalition.draws.queries import draw_by_code, entries_open, seed_of, wins_of
from coalition.ledger.bulk import lock_balances
from coalition.programmes.queries import programme_by_id
from coalition.transactions.occasions import Happened, note_occasions
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Refusal


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
    told = {"tickets": draw.tickets, "prizes": len(lots), "digest": draw.entries_digest.hex()}
    record(session, actor, "draw.draw", f"draw {code}", after=told)
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
