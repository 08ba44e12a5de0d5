"""The jobs of a correction: one slice of members each, previewed or posted, in one transaction."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Lot
from coalition.ledger.post import open_books
from coalition.members.models import Member
from coalition.programmes.queries import programme_by_id
from coalition.promotions.counters import load_counters, save_counters
from coalition.promotions.profiles import facts_of
from coalition.promotions.queries import index_of
from coalition.transactions import waiting
from coalition.transactions.corrections.actions import end_preview, finish, slices_of
from coalition.transactions.corrections.models import CorrectedMember, Correction, CorrectionSlice
from coalition.transactions.corrections.tally import Tally, total_of
from coalition.transactions.corrections.valuing import buyers, correct, index_with, member_of, preview
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import job


@job("corrections.preview", bulk=True)
def preview_slice(session: Session, correction_id: int, number: int) -> None:
    """Work out what the correction would change for a slice; done once."""
    part, correction = _slice(session, correction_id, number)
    if part.preview is not None or correction.state != "asked":
        return
    programme = programme_by_id(session, correction.programme_id)
    index = index_with(session, programme, correction)
    members = buyers(session, correction, programme.zone, part.first_member, part.end_member)
    counters = load_counters(session, members)
    facts = facts_of(session, index, _members(session, members), counters)
    lots, total = _lots(session, members), Tally()
    for member in members:
        tally = preview(session, programme, index, correction, facts[member], lots.get(member, ()))
        if tally.members:
            member_of(session, correction, member).preview = vars(tally)
            total = total.merged(tally)
    part.preview = vars(total)
    end_preview(session, correction_id)


@job("corrections.post", bulk=True)
def post_slice(session: Session, correction_id: int, number: int, turn: int) -> None:
    """Post the correction to a slice; each turn is done once."""
    part, correction = _slice(session, correction_id, number)
    if part.rounds != turn:
        return
    programme = programme_by_id(session, correction.programme_id)
    members = buyers(session, correction, programme.zone, part.first_member, part.end_member)
    waits = index_of(session, programme).conditional
    books = open_books(session, members=members, zone=programme.zone, whole=waits)
    index = index_of(session, programme, hold=True)  # after the balances, as whatever is posted
    counters = load_counters(session, members)
    facts = facts_of(session, index, _members(session, members), counters)
    changed: set[tuple[UUID, int]] = set()
    for member, book in sorted(books.items()):
        changed |= correct(session, programme, index, correction, book, facts[member])
    save_counters(session, {member: facts[member].counters for member in books}, changed)
    waiting.look(session, programme, index, books)
    part.posted, part.rounds = vars(_posted(session, part)), turn + 1
    finish(session, correction_id)


def due_slices(session: Session, correction_id: int) -> list[tuple[int, int]]:
    """(number, turn) of slices that are still to be posted: all once, then those again that a budget has cut."""
    parts = slices_of(session, correction_id)
    first = [(part.number, 0) for part in parts if not part.rounds]
    return first or [
        (part.number, 1) for part in parts if part.rounds == 1 and part.posted and part.posted["short"]
    ]


def _slice(session: Session, correction_id: int, number: int) -> tuple[CorrectionSlice, Correction]:
    part = session.get_one(
        CorrectionSlice,
        (tenant_of(session), correction_id, number),
        with_for_update=True,
        populate_existing=True,
    )
    return part, session.get_one(Correction, (part.tenant_id, correction_id))


def _members(session: Session, members: Collection[UUID]) -> Sequence[Member]:
    return session.scalars(
        select(Member).where(Member.tenant_id == tenant_of(session), Member.id.in_(members))
    ).all()


def _lots(session: Session, members: Collection[UUID]) -> dict[UUID, list[Lot]]:
    """The members' open lots, in the order they are spent."""
    found: dict[UUID, list[Lot]] = {}
    for lot in session.scalars(
        select(Lot)
        .where(Lot.tenant_id == tenant_of(session), Lot.member_id.in_(members), Lot.remaining > 0)
        .order_by(Lot.expires_on, Lot.id)
    ):
        found.setdefault(lot.member_id, []).append(lot)
    return found


def _posted(session: Session, part: CorrectionSlice) -> Tally:
    """What all members of the slice have got, those too who had it before their turn."""
    rows = select(CorrectedMember.posted).where(
        CorrectedMember.tenant_id == part.tenant_id,
        CorrectedMember.correction_id == part.correction_id,
        CorrectedMember.member_id >= part.first_member,
    )
    if part.end_member is not None:
        rows = rows.where(CorrectedMember.member_id < part.end_member)
    return total_of(session.scalars(rows))
