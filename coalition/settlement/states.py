"""The ways of a statement: what can happen to it, and what it is then. Pure."""

from enum import StrEnum


class State(StrEnum):
    """Where a statement is on its way; the last step says it, and without one it is drawn up."""

    DRAWN = "drawn"
    SENT = "sent"
    DISPUTED = "disputed"
    AGREED = "agreed"
    PAID = "paid"


class Event(StrEnum):
    """What happens to a statement."""

    SEND = "send"
    AGREE = "agree"
    SILENCE = "silence"
    DISPUTE = "dispute"
    ANSWER = "answer"  # to an objection, while others are open
    SETTLE = "settle"  # the last objection is answered
    PAY = "pay"


STATES: dict[tuple[State, Event], State] = {
    (State.DRAWN, Event.SEND): State.SENT,
    (State.SENT, Event.AGREE): State.AGREED,
    (State.SENT, Event.SILENCE): State.AGREED,
    (State.SENT, Event.DISPUTE): State.DISPUTED,
    (State.DISPUTED, Event.DISPUTE): State.DISPUTED,
    (State.DISPUTED, Event.ANSWER): State.DISPUTED,
    (State.DISPUTED, Event.SETTLE): State.SENT,
    (State.AGREED, Event.PAY): State.PAID,
}
"""Anything else is a Conflict: a statement that is agreed can only be paid."""
