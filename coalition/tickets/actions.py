"""Writing to the programme, answering, closing. A ticket goes from state to state by one table."""

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.claims.texts import plain
from coalition.messages.to_partners import tell_people
from coalition.papers import MEDIA, Brought, Kept, fitting, shown_name
from coalition.tickets.models import Ticket, TicketLetter
from coalition.tickets.queries import letter_by_number, ticket_by_id, tickets_in_state
from tenants.actor import Actor
from tenants.audit import record
from tenants.auth.limits import allowed
from tenants.auth.second_factor import DAY_SECONDS
from tenants.permissions import Permission
from tenants.runtime import clock, files
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import next_numbers
from tenants.runtime.tables import has_card_number
from tenants.vault import vault_of

SUBJECT_MAX = 120
A_DAY_MOST = 60
"""How many letters the people of a participant write in a day (of UTC), in all its tickets."""
OPEN_MOST, LETTERS_MOST = 50, 200
"""How many tickets of a participant are not closed at a time, and how many letters one has."""
STATES: Mapping[tuple[str, str], str] = {
    ("open", "write"): "open",
    ("open", "answer"): "answered",
    ("open", "close"): "closed",
    ("answered", "write"): "open",
    ("answered", "answer"): "answered",
    ("answered", "close"): "closed",
}
"""{(state, verb): state}; anything else is a Conflict. The company writes, the programme answers, both close."""


def open_ticket(
    session: Session, actor: Actor, *, subject: str, words: str, brought: Brought | None = None
) -> Ticket:
    """Write to the programme for one's own company.

    Raises Refusal("ticket_subject", most=...), "words_missing", "words_long", "card_number", "attachment_large",
    "attachment_type", or Conflict("tickets_many", most=...).
    """
    actor.must(Permission.PORTAL_TICKET_EDIT)
    if actor.of_participant is None:
        raise Forbidden("not_permitted", permission=str(Permission.PORTAL_TICKET_EDIT))
    told = " ".join(subject.split())
    if not 0 < len(told) <= SUBJECT_MAX or not told.isprintable():
        raise Refusal("ticket_subject", most=SUBJECT_MAX)
    if has_card_number(told):
        raise Refusal("card_number")
    said = plain(words)
    number, now = next_numbers(session, "ticket"), clock.now()  # from here on nobody else opens one
    waiting = (tickets_in_state(session, one, actor.of_participant) for one in ("open", "answered"))
    if sum(waiting) >= OPEN_MOST:
        raise Conflict("tickets_many", most=OPEN_MOST)
    ticket = Ticket(
        tenant_id=tenant_of(session),
        id=number,
        participant_id=actor.of_participant,
        subject=vault_of(session).seal(told, "ticket.subject", number),
        state="open",
        letters=0,
        opened_at=now,
        moved_at=now,
    )
    session.add(ticket)
    session.flush()  # its letters refer to it
    record(session, actor, "ticket.open", f"ticket {number}")
    _add(session, actor, ticket, said, brought)
    return ticket


def write(
    session: Session, actor: Actor, *, ticket_id: int, words: str, brought: Brought | None = None
) -> None:
    """Write on in a ticket of one's own company; Conflict("ticket_closed"), NotFound("ticket_unknown")."""
    actor.must(Permission.PORTAL_TICKET_EDIT)
    ticket = _locked(session, actor, ticket_id)
    _move(ticket, "write")
    _add(session, actor, ticket, plain(words), brought)


def answer(
    session: Session, actor: Actor, *, ticket_id: int, words: str, brought: Brought | None = None
) -> None:
    """Answer a company; its people are told by mail. Conflict("ticket_closed"), NotFound("ticket_unknown")."""
    actor.must(Permission.DESK_TICKET_ANSWER)
    ticket = _locked(session, actor, ticket_id)
    _move(ticket, "answer")
    _add(session, actor, ticket, plain(words), brought)
    record(session, actor, "ticket.answer", f"ticket {ticket_id}")
    tell_people(session, ticket.participant_id, "ticket", ticket_id, ticket.letters)


def close(session: Session, actor: Actor, *, ticket_id: int) -> None:
    """End a thread, by either side; Conflict("ticket_closed"), NotFound("ticket_unknown")."""
    actor.must(Permission.DESK_TICKET_ANSWER, own=Permission.PORTAL_TICKET_EDIT)
    _move(_locked(session, actor, ticket_id), "close")
    record(session, actor, "ticket.close", f"ticket {ticket_id}")


def read_file(session: Session, actor: Actor, *, ticket_id: int, number: int) -> Kept:
    """The file of a letter, opened; NotFound("attachment_unknown") or ("ticket_unknown")."""
    actor.must(Permission.DESK_TICKET_READ, own=Permission.PORTAL_TICKET_READ)
    ticket_by_id(session, ticket_id, actor.of_participant)
    letter = letter_by_number(session, ticket_id, number)
    if letter.file_name is None or letter.file_kind is None or not _place(letter).exists():
        raise NotFound("attachment_unknown")
    vault, place = vault_of(session), (ticket_id, number)
    content = vault.open_bytes(_place(letter).read_bytes(), "ticket_file", *place)
    return Kept(
        vault.open(letter.file_name, "ticket_letter.file_name", *place), MEDIA[letter.file_kind], content
    )


def _locked(session: Session, actor: Actor, ticket_id: int) -> Ticket:
    ticket = ticket_by_id(session, ticket_id, actor.of_participant)
    session.refresh(ticket, with_for_update=True)
    return ticket


def _move(ticket: Ticket, verb: str) -> None:
    new = STATES.get((ticket.state, verb))
    if new is None:
        raise Conflict("ticket_closed")
    ticket.state, ticket.moved_at = new, clock.now()


def _add(session: Session, by: Actor, ticket: Ticket, said: str, brought: Brought | None) -> None:
    """One more letter, with its file; Conflict("letters_many"), Refusal("tickets_often") for too many in a day."""
    company = by.of_participant
    if company is not None and not allowed(
        session, "letters-of-company", str(company), most=A_DAY_MOST, seconds=DAY_SECONDS
    ):
        raise Refusal("tickets_often", most=A_DAY_MOST)
    kind = fitting(brought) if brought is not None else None
    if ticket.letters >= LETTERS_MOST:
        raise Conflict("letters_many")
    ticket.letters += 1
    vault, place = vault_of(session), (ticket.id, ticket.letters)
    letter = TicketLetter(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        number=ticket.letters,
        at=clock.now(),
        staff_id=_person(by),
        ours=by.of_participant is None,
        words=vault.seal(said, "ticket_letter.words", *place),
    )
    if brought is not None:
        letter.file_name = vault.seal(shown_name(brought.name), "ticket_letter.file_name", *place)
        letter.file_kind, letter.file_size = kind, len(brought.content)
    session.add(letter)
    session.flush()  # the table's checks are met before anything is written beside the database
    if brought is not None:
        with files.written(_place(letter)) as stream:
            stream.write(vault.seal_bytes(brought.content, "ticket_file", *place))


def _place(letter: TicketLetter) -> Path:
    return files.folder(letter.tenant_id, "tickets", str(letter.ticket_id)) / str(letter.number)


def _person(actor: Actor) -> UUID:
    """Who of the staff it is: a letter has somebody who wrote it."""
    if actor.kind != "staff" or actor.id is None:
        raise Forbidden("not_permitted", permission=str(Permission.DESK_TICKET_ANSWER))
    return actor.id
