"""Reads of tickets. A participant's reach ends at its own; `whose` is None for the programme's people."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.tickets.models import Ticket, TicketLetter
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.vault import vault_of


def ticket_by_id(session: Session, ticket_id: int, whose: int | None) -> Ticket:
    """A ticket; NotFound("ticket_unknown"), also for another participant's."""
    found = session.get(Ticket, (tenant_of(session), ticket_id))
    if found is None or whose not in (None, found.participant_id):
        raise NotFound("ticket_unknown")
    return found


def letters_of(session: Session, ticket_id: int) -> Sequence[TicketLetter]:
    """The thread, oldest first."""
    return session.scalars(
        select(TicketLetter)
        .where(TicketLetter.tenant_id == tenant_of(session), TicketLetter.ticket_id == ticket_id)
        .order_by(TicketLetter.number)
    ).all()


def letter_by_number(session: Session, ticket_id: int, number: int) -> TicketLetter:
    """One letter; NotFound("attachment_unknown")."""
    found = session.get(TicketLetter, (tenant_of(session), ticket_id, number))
    if found is None:
        raise NotFound("attachment_unknown")
    return found


def tickets_in_state(session: Session, state: str, whose: int | None) -> int:
    """How many tickets are in a state."""
    query = select(func.count()).where(Ticket.tenant_id == tenant_of(session), Ticket.state == state)
    if whose is not None:
        query = query.where(Ticket.participant_id == whose)
    return int(session.scalar(query) or 0)


def subject_of(session: Session, ticket: Ticket) -> str:
    """What a ticket is about."""
    return vault_of(session).open(ticket.subject, "ticket.subject", ticket.id)


def words_of_letter(session: Session, letter: TicketLetter) -> str:
    """What a letter says."""
    place = (letter.ticket_id, letter.number)
    return vault_of(session).open(letter.words, "ticket_letter.words", *place)


def file_of_letter(session: Session, letter: TicketLetter) -> str:
    """What its file is called; nothing where it has none."""
    if letter.file_name is None:
        return ""
    place = (letter.ticket_id, letter.number)
    return vault_of(session).open(letter.file_name, "ticket_letter.file_name", *place)
