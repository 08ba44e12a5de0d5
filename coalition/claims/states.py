"""The life of a claim: which step leads from where to where. Pure; docs/claims.md draws it from here."""

from collections.abc import Mapping
from enum import StrEnum

from tenants.runtime.errors import Conflict


class State(StrEnum):
    """Where a claim is."""

    NEW = "new"  # nobody has it in hand
    TAKEN = "taken"
    ASKED_MEMBER = "asked_member"  # the clock stands still
    ASKED_PARTNER = "asked_partner"
    SIGNING = "signing"  # decided, and waits for a second person
    IN_FAVOUR = "in_favour"
    PARTLY = "partly"
    AGAINST = "against"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"  # its answer can no longer be disputed


class Verb(StrEnum):
    """What somebody does to a claim; each is a row of its history."""

    OPEN = "open"
    TAKE = "take"
    GIVE_BACK = "give_back"
    HAND_OVER = "hand_over"
    ASK_MEMBER = "ask_member"
    ANSWER = "answer"
    ASK_PARTNER = "ask_partner"
    HEAR_PARTNER = "hear_partner"
    GO_ON = "go_on"  # without the answer
    PROPOSE = "propose"  # more than one person may decide alone
    SIGN = "sign"
    SIGN_PARTLY = "sign_partly"
    SEND_BACK = "send_back"
    FAVOUR = "favour"
    FAVOUR_PARTLY = "favour_partly"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    CLOSE = "close"
    ATTACH = "attach"
    MARK_OVERDUE = "mark_overdue"


DECIDED = (State.IN_FAVOUR, State.PARTLY, State.AGAINST)
ASKED = (State.ASKED_MEMBER, State.ASKED_PARTNER)
IN_HAND = (State.TAKEN, *ASKED)
OPEN = (State.NEW, *IN_HAND, State.SIGNING)
RUNNING = tuple(state for state in OPEN if state is not State.ASKED_MEMBER)
"""States in which the clock goes."""

STEPS: Mapping[tuple[State, Verb], State] = {
    (State.NEW, Verb.TAKE): State.TAKEN,
    (State.TAKEN, Verb.GIVE_BACK): State.NEW,
    (State.TAKEN, Verb.ASK_MEMBER): State.ASKED_MEMBER,
    (State.TAKEN, Verb.ASK_PARTNER): State.ASKED_PARTNER,
    (State.ASKED_MEMBER, Verb.ANSWER): State.TAKEN,
    (State.ASKED_MEMBER, Verb.GO_ON): State.TAKEN,
    (State.ASKED_PARTNER, Verb.HEAR_PARTNER): State.TAKEN,
    (State.ASKED_PARTNER, Verb.GO_ON): State.TAKEN,
    (State.TAKEN, Verb.FAVOUR): State.IN_FAVOUR,
    (State.TAKEN, Verb.FAVOUR_PARTLY): State.PARTLY,
    (State.TAKEN, Verb.REFUSE): State.AGAINST,
    (State.TAKEN, Verb.PROPOSE): State.SIGNING,
    (State.SIGNING, Verb.SIGN): State.IN_FAVOUR,
    (State.SIGNING, Verb.SIGN_PARTLY): State.PARTLY,
    (State.SIGNING, Verb.SEND_BACK): State.TAKEN,
    **{(state, Verb.HAND_OVER): state for state in IN_HAND},
    **{(state, Verb.WITHDRAW): State.WITHDRAWN for state in OPEN},
    **{(state, Verb.ATTACH): state for state in OPEN},
    **{(state, Verb.MARK_OVERDUE): state for state in RUNNING},
    **{(state, Verb.REOPEN): State.NEW for state in DECIDED},
    **{(state, Verb.CLOSE): State.CLOSED for state in DECIDED},
}
"""{(state, verb): state}; anything else is a Conflict."""


def after(state: str, verb: Verb) -> State:
    """The state that a step leads to; Conflict("claim_state", state=..., verb=...) where there is no such step."""
    found = STEPS.get((State(state), verb))
    if found is None:
        raise Conflict("claim_state", state=str(state), verb=str(verb))
    return found
