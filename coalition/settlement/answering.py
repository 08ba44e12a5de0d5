"""The way of a statement: sent, agreed with or disputed line by line, answered. The statement itself never changes.

What is accepted of an objection is a sum of the month that is open then; `settlement.payments` says what is paid.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from coalition.programmes.queries import programme_by_id
from coalition.settlement.models import Objection, ObjectionAnswer, Statement, StatementLine, StatementStep
from coalition.settlement.queries import Disputed, line_at, next_month, objections_of, statement_of, steps_of
from coalition.settlement.states import STATES, Event, State
from coalition.settlement.terms import settlement_of
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.tables import has_card_number

WORDS_MAX = 500
MINOR_MOST = 10**15


def send(session: Session, actor: Actor, *, programme_id: int, month: date, participant_id: int) -> Statement:
    """Send a statement to its participant. Raises NotFound("statement_unknown"), Conflict("statement_state")."""
    actor.must(Permission.DESK_SETTLEMENT_CLOSE)
    statement = _locked(session, programme_id, month, participant_id)
    _step(session, actor, statement, Event.SEND)
    return statement


def agree(
    session: Session, actor: Actor, *, programme_id: int, month: date, participant_id: int
) -> Statement:
    """Agree with a statement that was sent. Raises what `send` raises; one that is disputed is answered first."""
    actor.must(Permission.DESK_SETTLEMENT_AGREE)
    statement = _locked(session, programme_id, month, participant_id)
    actor.must_belong(statement.participant_id)
    _step(session, actor, statement, Event.AGREE)
    return statement


def agree_by_silence(
    session: Session, actor: Actor, *, programme_id: int, month: date, participant_id: int
) -> Statement:
    """Count a statement as agreed: its days to answer are over. Refusal("statement_answerable", until=...) before."""
    actor.must(Permission.DESK_SETTLEMENT_CLOSE)
    statement = _locked(session, programme_id, month, participant_id)
    if clock.business_day(programme_by_id(session, programme_id).zone) <= statement.answer_by:
        raise Refusal("statement_answerable", until=statement.answer_by)
    _step(session, actor, statement, Event.SILENCE)
    return statement


def dispute(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    month: date,
    participant_id: int,
    side: int,
    place: int,
    words: str,
    minor: int,
) -> Objection:
    """Say what is wrong with a line, and the sum that the participant sees instead, in minor units.

    Raises what `send` raises, NotFound("line_unknown"), Refusal("words_missing"), "words_long", "card_number" or
    "objection_same" for the line's own sum, Conflict("objection_open") while the same line waits for an answer.
    """
    actor.must(Permission.DESK_SETTLEMENT_AGREE)
    statement = _locked(session, programme_id, month, participant_id)
    actor.must_belong(statement.participant_id)
    said, line = _plain(words), line_at(session, statement, side, place)
    if abs(minor) > MINOR_MOST:
        raise Refusal("amount_large")
    known = objections_of(session, statement)
    if any(
        one.answer is None and (one.objection.side, one.objection.place) == (side, place) for one in known
    ):
        raise Conflict("objection_open")
    if minor == _stands(known, line):
        raise Refusal("objection_same")
    _step(session, actor, statement, Event.DISPUTE)
    made = Objection(
        tenant_id=statement.tenant_id, programme_id=programme_id, month=month, participant_id=participant_id,
        number=len(known) + 1, side=side, place=place, words=said, minor=minor, at=clock.now(), by_id=actor.id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def answer(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    month: date,
    participant_id: int,
    number: int,
    accept: bool,
    words: str = "",
) -> ObjectionAnswer:
    """Accept an objection, so that the month that is open now settles the difference, or refuse it with words.

    Raises NotFound("objection_unknown"), Conflict("objection_answered"), Refusal("words_missing") for a refusal without
    any, and what `send` raises. The statement goes back to its participant with the last answer.
    """
    actor.must(Permission.DESK_SETTLEMENT_CLOSE)
    statement = _locked(session, programme_id, month, participant_id)
    said = _plain(words) if words or not accept else ""
    known = objections_of(session, statement)
    found = next((one for one in known if one.objection.number == number), None)
    if found is None:
        raise NotFound("objection_unknown")
    if found.answer is not None:
        raise Conflict("objection_answered")
    line = line_at(session, statement, found.objection.side, found.objection.place)
    others = any(one.answer is None for one in known if one is not found)
    _step(session, actor, statement, Event.ANSWER if others else Event.SETTLE)
    made = ObjectionAnswer(
        tenant_id=statement.tenant_id, programme_id=programme_id, month=month, participant_id=participant_id,
        number=number, side=line.side, words=said, at=clock.now(), by_id=actor.id,
        counts_in=next_month(session, programme_id) if accept else None,
        minor=found.objection.minor - _stands(known, line) if accept else 0,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def step_paid(session: Session, actor: Actor, *, statement: Statement) -> None:
    """The money of a locked statement has come: `settlement.payments` knows which."""
    actor.must(Permission.DESK_SETTLEMENT_PAY)
    _step(session, actor, statement, Event.PAY)


def _stands(known: Sequence[Disputed], line: StatementLine) -> int:
    """What a line comes to with the objections to it that were accepted already."""
    answers = [
        one.answer
        for one in known
        if one.answer is not None and (one.objection.side, one.objection.place) == (line.side, line.place)
    ]
    return line.minor + sum(answer.minor for answer in answers)


def _step(session: Session, actor: Actor, statement: Statement, event: Event) -> None:
    """Let it happen to a locked statement; Conflict("statement_agreed") or ("statement_state") where it cannot."""
    known = steps_of(session, statement)
    state = State(known[-1].state) if known else State.DRAWN
    after = STATES.get((state, event))
    if after is None:
        settled = state in (State.AGREED, State.PAID)
        raise Conflict("statement_agreed" if settled else "statement_state", state=str(state))
    session.add(
        StatementStep(
            tenant_id=statement.tenant_id, programme_id=statement.programme_id, month=statement.month,
            participant_id=statement.participant_id, number=len(known) + 1, event=str(event), state=str(after),
            at=clock.now(), by_id=actor.id,
        )
    )  # fmt: skip
    session.flush()
    told = {"month": f"{statement.month:%Y-%m}", "payer": statement.participant_id, "event": str(event)}
    record(session, actor, "settlement.step", f"programme {statement.programme_id}", after=told)


def _locked(session: Session, programme_id: int, month: date, participant_id: int) -> Statement:
    """The statement, while nothing else happens in the programme's settlement."""
    settlement_of(session, programme_id)
    return statement_of(session, programme_id, month, participant_id)


def _plain(words: str) -> str:
    said = " ".join(words.split())
    if not said:
        raise Refusal("words_missing")
    if len(said) > WORDS_MAX:
        raise Refusal("words_long", most=WORDS_MAX)
    if has_card_number(said):
        raise Refusal("card_number")
    return said
