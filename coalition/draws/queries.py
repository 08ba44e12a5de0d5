"""Reads of draws, and the proof that one was drawn as it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from coalition.benefits.models import Grant, GrantUse
from coalition.draws.lots import Entry, commitment, entries_digest, winners
from coalition.draws.models import Draw, DrawWin
from coalition.programmes.queries import programme_by_id
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.vault import vault_of

SEED_PLACE = "draw.sealed_seed"


@dataclass(frozen=True)
class Proof:
    """A draw drawn again from its seed and its tickets."""

    seed: bytes
    seed_holds: bool  # it is the one that was promised
    entries_hold: bool  # the tickets are those that were drawn from
    winners_hold: bool
    tickets: int
    wins: Sequence[DrawWin]

    @property
    def holds(self) -> bool:
        """Whether all of it does."""
        return self.seed_holds and self.entries_hold and self.winners_hold


def draws(session: Session) -> Sequence[Draw]:
    """All of the tenant's, the newest first."""
    return session.scalars(
        select(Draw).where(Draw.tenant_id == tenant_of(session)).order_by(Draw.id.desc())
    ).all()


def draw_by_code(session: Session, code: str) -> Draw:
    """One of them; NotFound("draw_unknown")."""
    found = session.scalars(
        select(Draw).where(Draw.tenant_id == tenant_of(session), Draw.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound("draw_unknown")
    return found


def prizes_by_draw(session: Session) -> dict[str, frozenset[str]]:
    """The codes of the prizes of each of the tenant's draws, by its code."""
    return {draw.code: frozenset(prize["code"] for prize in draw.prizes) for draw in draws(session)}


def wins_of(session: Session, draw_id: int) -> Sequence[DrawWin]:
    """What was won, in the order of drawing."""
    return session.scalars(
        select(DrawWin)
        .where(DrawWin.tenant_id == tenant_of(session), DrawWin.draw_id == draw_id)
        .order_by(DrawWin.place)
    ).all()


def member_wins(session: Session, member_id: UUID) -> Sequence[tuple[DrawWin, Draw]]:
    """What a member has won, the newest first."""
    rows = session.execute(
        select(DrawWin, Draw)
        .join(Draw, (Draw.tenant_id == DrawWin.tenant_id) & (Draw.id == DrawWin.draw_id))
        .where(DrawWin.tenant_id == tenant_of(session), DrawWin.member_id == member_id)
        .order_by(Draw.drawn_at.desc(), DrawWin.place)
    )
    return [(win, draw) for win, draw in rows]


def entries_open(session: Session, draw: Draw, *, lock: bool = False) -> list[Entry]:
    """The tickets that stand, were earned before the close and are valid on its day, in the order of drawing."""
    query = (
        select(Grant.id, Grant.member_id, Grant.quantity - Grant.used)
        .where(Grant.tenant_id == tenant_of(session), _takes_part(session, draw))
        .order_by(Grant.id)
    )
    return [Entry(*row) for row in session.execute(query.with_for_update() if lock else query)]


def tickets_of(session: Session, draw: Draw) -> int:
    """How many tickets were drawn from, or take part so far."""
    if draw.tickets is not None:
        return draw.tickets
    query = select(func.coalesce(func.sum(Grant.quantity - Grant.used), 0))
    found = query.where(Grant.tenant_id == tenant_of(session), _takes_part(session, draw))
    return int(session.scalars(found).one())


def _takes_part(session: Session, draw: Draw) -> ColumnElement[bool]:
    zone = programme_by_id(session, draw.programme_id).zone
    return and_(
        Grant.benefit_id == draw.benefit_id,
        Grant.quantity > Grant.used,
        Grant.granted_at < draw.closes_at,
        Grant.last_day >= clock.business_day(zone, draw.closes_at),
    )


def entries_drawn(session: Session, draw: Draw) -> list[Entry]:
    """The tickets that were drawn from, by the uses that were noted then."""
    rows = session.execute(
        select(GrantUse.grant_id, GrantUse.member_id, GrantUse.quantity)
        .join(
            Grant,
            (Grant.tenant_id == GrantUse.tenant_id)
            & (Grant.member_id == GrantUse.member_id)
            & (Grant.id == GrantUse.grant_id),
        )
        .where(
            GrantUse.tenant_id == tenant_of(session),
            GrantUse.request == draw.request,
            Grant.benefit_id == draw.benefit_id,
        )
        .order_by(GrantUse.grant_id)
    )
    return [Entry(*row) for row in rows]


def seed_of(session: Session, draw: Draw) -> bytes:
    """The seed, opened."""
    return bytes.fromhex(vault_of(session).open(draw.sealed_seed, SEED_PLACE, draw.id))


def proof_of(session: Session, draw: Draw) -> Proof:
    """Draw it once more; Refusal("draw_not_drawn") before it was."""
    if draw.drawn_at is None:
        raise Refusal("draw_not_drawn", closes_at=draw.closes_at)
    seed, entries, wins = seed_of(session, draw), entries_drawn(session, draw), wins_of(session, draw.id)
    drawn = winners(seed, entries, sum(prize["count"] for prize in draw.prizes))
    return Proof(
        seed=seed,
        seed_holds=commitment(seed) == draw.commitment,
        entries_hold=entries_digest(entries) == draw.entries_digest
        and sum(entry.tickets for entry in entries) == draw.tickets,
        winners_hold=[(lot.place, lot.ticket, lot.member_id) for lot in drawn]
        == [(win.place, win.ticket, win.member_id) for win in wins],
        tickets=sum(entry.tickets for entry in entries),
        wins=wins,
    )
