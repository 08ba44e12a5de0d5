"""What is done to a claim leads where the table says, and nowhere else; the guide draws the same table."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.claims import actions, jobs
from coalition.claims.attaching import attach
from coalition.claims.deciding import Proposal, decide, send_back, sign
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim
from coalition.claims.queries import claim_by_number, decisions_of, events_of
from coalition.claims.states import DECIDED, OPEN, RUNNING, STEPS, State, Verb, after
from coalition.papers import Brought
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Refusal
from tests.claims.office import Office, disputed, grant, open_office
from tests.redemption.shop import NOW

GUIDE = Path(__file__).parents[2] / "docs" / "claims.md"
PDF = b"%PDF-1.7\n%%EOF\n"
FEW, MANY = 400, 501  # one person decides up to 500
Do = Callable[[Session, Office, Claim], object]


def _sign(session: Session, office: Office, claim: Claim) -> object:
    proposed = [one.digest for one in decisions_of(session, claim) if one.state == "proposed"]
    return sign(session, office.paul, number=claim.number, digest=proposed[0] if proposed else b"")


def _late(session: Session, office: Office, claim: Claim) -> object:
    before = len(events_of(session, claim))
    with clock.stopped((claim.due_at or NOW) if claim.due_at and not claim.overdue_at else NOW):
        jobs.mark_overdue(session)
    if len(events_of(session, claim)) == before:
        raise Conflict("claim_state")
    return None


def _after_all(session: Session, office: Office, claim: Claim) -> object:
    before = len(events_of(session, claim))
    with clock.stopped(NOW.replace(year=2027)):
        jobs.close_answered(session)
    if len(events_of(session, claim)) == before:
        raise Conflict("claim_state")
    return None


DOING: dict[str, tuple[frozenset[Verb], Do]] = {
    "take": (frozenset({Verb.TAKE}), lambda s, o, c: actions.take(s, o.oleg, number=c.number)),
    "give back": (frozenset({Verb.GIVE_BACK}), lambda s, o, c: actions.give_back(s, o.oleg, number=c.number)),
    "hand over": (
        frozenset({Verb.HAND_OVER}),
        lambda s, o, c: actions.hand_over(s, o.dora, number=c.number, to=o.oleg.id),
    ),
    "ask the member": (
        frozenset({Verb.ASK_MEMBER}),
        lambda s, o, c: actions.ask_member(s, o.oleg, number=c.number, words="Which till?"),
    ),
    "answer": (
        frozenset({Verb.ANSWER}),
        lambda s, o, c: actions.answer(s, o.member, member_id=c.member_id, claim_id=c.id, words="Till 3"),
    ),
    "ask the partner": (
        frozenset({Verb.ASK_PARTNER}),
        lambda s, o, c: actions.ask_partner(s, o.oleg, number=c.number, words="Is it yours?"),
    ),
    "hear the partner": (
        frozenset({Verb.HEAR_PARTNER}),
        lambda s, o, c: actions.hear_partner(s, o.oleg, number=c.number, words="It is"),
    ),
    "go on": (frozenset({Verb.GO_ON}), lambda s, o, c: actions.go_on(s, o.oleg, number=c.number)),
    "grant few": (
        frozenset({Verb.FAVOUR}),
        lambda s, o, c: decide(s, o.oleg, number=c.number, proposal=grant(o, FEW)),
    ),
    "grant too few": (
        frozenset({Verb.FAVOUR_PARTLY}),
        lambda s, o, c: decide(s, o.oleg, number=c.number, proposal=grant(o, FEW - 1)),
    ),
    "grant many": (
        frozenset({Verb.PROPOSE}),
        lambda s, o, c: decide(s, o.oleg, number=c.number, proposal=grant(o, MANY)),
    ),
    "refuse": (
        frozenset({Verb.REFUSE}),
        lambda s, o, c: decide(
            s, o.oleg, number=c.number, proposal=Proposal("refuse", "No", "en", reason="not_found")
        ),
    ),
    "sign": (frozenset({Verb.SIGN, Verb.SIGN_PARTLY}), _sign),
    "send back": (
        frozenset({Verb.SEND_BACK}),
        lambda s, o, c: send_back(s, o.paul, number=c.number, words="Look again"),
    ),
    "withdraw": (
        frozenset({Verb.WITHDRAW}),
        lambda s, o, c: actions.withdraw(s, o.member, member_id=c.member_id, claim_id=c.id),
    ),
    "reopen": (
        frozenset({Verb.REOPEN}),
        lambda s, o, c: actions.reopen(s, o.member, member_id=c.member_id, claim_id=c.id, words="No"),
    ),
    "close": (frozenset({Verb.CLOSE}), _after_all),
    "attach": (
        frozenset({Verb.ATTACH}),
        lambda s, o, c: attach(
            s, o.member, member_id=c.member_id, claim_id=c.id, brought=[Brought("a.pdf", PDF)]
        ),
    ),
    "be late": (frozenset({Verb.MARK_OVERDUE}), _late),
}


def allowed(session: Session, name: str, claim: Claim, files: int) -> State | None:
    """Where the table leads from here by what is done; nothing where it must be refused."""
    decisions = decisions_of(session, claim)
    given = sum(one.given or 0 for one in decisions)
    if name == "sign" and claim.state == State.SIGNING:
        return State(decisions[-1].outcome)
    (verb, *_) = DOING[name][0]
    if name in ("grant few", "grant too few") and given:
        verb = Verb.PROPOSE  # all that a claim gives counts, however often it was opened
    found = STEPS.get((State(claim.state), verb))
    if name == "attach" and files >= 5:
        return None
    if name == "be late" and claim.overdue_at is not None:
        return None
    return found


@given(st.lists(st.sampled_from(sorted(DOING)), min_size=1, max_size=14))
@example(["take", "ask the member", "attach", "answer"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_goes_as_the_table_says(tenant: int, done: list[str]) -> None:
    with clock.stopped(NOW), db.transaction(tenant) as outer, outer.begin_nested() as point:
        office, files = open_office(outer), 0
        facts = ClaimFacts.model_validate({"shop": "X", "day": "2026-11-15", "order": "1", "points": FEW})
        claim = disputed(outer, office, kind=Kind.LOST_ORDER, facts=facts)
        for name in done:
            wanted, before = allowed(outer, name, claim, files), (claim.state, len(events_of(outer, claim)))
            try:
                with db.inside(outer) as session:
                    DOING[name][1](session, office, claim_by_number(session, claim.number))
                went = True
            except Refusal as refusal:
                if not isinstance(refusal, Conflict) and refusal.code != "attachments_many":
                    raise
                went = False
            outer.expire_all()
            now = (claim.state, len(events_of(outer, claim)))
            assert went == (wanted is not None), (name, before, now)
            assert now == ((wanted, before[1] + 1) if went else before), (name, before, now)
            files += went and name == "attach"
            assert (claim.due_at is not None) == (claim.state in RUNNING)
        point.rollback()


def test_every_verb_is_done_by_somebody() -> None:
    assert frozenset().union(*(verbs for verbs, _ in DOING.values())) | {Verb.OPEN} == set(Verb)
    assert {verb for _, verb in STEPS} | {Verb.OPEN} == set(Verb)


def test_what_has_ended_is_only_opened_again_or_closed() -> None:
    leaving = {(state, verb) for state, verb in STEPS if state not in OPEN}
    assert leaving == {(state, verb) for state in DECIDED for verb in (Verb.REOPEN, Verb.CLOSE)}


def test_a_step_that_is_not_in_the_table_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="claim_state"):
        after(State.CLOSED, Verb.REOPEN)


def test_the_guide_draws_the_table() -> None:
    drawn = re.findall(r"(?m)^\s+(\w+) --> (\w+): (.+)$", GUIDE.read_text("utf-8"))
    told = {(before, name, new) for before, new, names in drawn for name in names.split(", ")}
    assert told == {
        (str(before), str(verb), str(new)) for (before, verb), new in STEPS.items() if before != new
    }


def test_the_database_knows_the_states(session: Session) -> None:
    check = session.scalar(
        text("select pg_get_constraintdef(oid) from pg_constraint where conname = 'claim_state_check'")
    )
    assert set(re.findall(r"'(\w+)'", str(check))) == set(State)
