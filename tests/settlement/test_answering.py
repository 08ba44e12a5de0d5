"""A statement is sent, agreed with or disputed line by line; what is accepted is settled in the open month."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from coalition.programmes.queries import programme_by_id
from coalition.settlement.answering import agree, agree_by_silence, answer, dispute, send
from coalition.settlement.closing import close
from coalition.settlement.days import span_of
from coalition.settlement.flows import register
from coalition.settlement.models import Objection, StatementLine
from coalition.settlement.queries import objections_of, statement_of, states_in, steps_of
from coalition.settlement.states import STATES, Event, State
from coalition.settlement.terms import set_terms
from tenants.actor import SYSTEM, Actor
from tenants.permissions import EVERYTHING, Permission
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tests.ledger.house import House
from tests.settlement.test_closing import CLOSED, NOVEMBER, OCTOBER, closed, hotel, sell

pytestmark = pytest.mark.usefixtures("house")
DECEMBER = datetime(2026, 12, 2, tzinfo=UTC)


def drawn(**terms: Any) -> House:
    """The hotel's October: it owes 1,400.00 and is owed 10,000.00."""
    house = hotel(**terms)
    sell(house, 10_000_00)
    closed(house)
    return house


def do(
    house: House, act: Callable[..., Any], actor: Actor = SYSTEM, at: datetime = CLOSED, **more: Any
) -> Any:
    with clock.stopped(at), db.transaction(house.tenant) as session:
        whose = {"programme_id": house.programme, "month": OCTOBER, "participant_id": house.funders[1]}
        return act(session, actor, **whose, **more)


def line(house: House, kind: str) -> tuple[int, int]:
    with db.transaction(house.tenant) as session:
        found = session.scalars(select(StatementLine).where(StatementLine.kind == kind)).one()
        return found.side, found.place


def object_to(house: House, kind: str, minor: int, words: str = "We count less") -> None:
    side, place = line(house, kind)
    do(house, dispute, side=side, place=place, minor=minor, words=words)


def state(house: House) -> State:
    with db.transaction(house.tenant) as session:
        return states_in(session, house.programme, OCTOBER).get(house.funders[1], State.DRAWN)


def whole(house: House) -> str:
    """All of the statement and its lines, as the tables have them."""
    with db.transaction(house.tenant) as session:
        return str(
            session.execute(
                text("""select (select jsonb_agg(to_jsonb(s) order by s.participant_id) from statement s
                    where s.month = :month), (select jsonb_agg(to_jsonb(l) order by l.side, l.place)
                    from statement_line l where l.month = :month)"""),
                {"month": OCTOBER},
            ).one()
        )


def test_a_statement_is_sent_and_agreed_and_then_nothing_changes_it() -> None:
    house = drawn()
    do(house, send)
    do(house, agree)
    assert state(house) == State.AGREED
    side, place = line(house, "fee")
    for refused in (
        lambda: do(house, dispute, side=side, place=place, minor=1, words="No"),
        lambda: do(house, send),
        lambda: do(house, agree),
        lambda: do(house, agree_by_silence, at=DECEMBER),
    ):
        with pytest.raises(Conflict, match="statement_agreed"):
            refused()
    with db.transaction(house.tenant) as session:
        statement = statement_of(session, house.programme, OCTOBER, house.funders[1])
        assert [(one.event, one.state) for one in steps_of(session, statement)] == [
            ("send", "sent"), ("agree", "agreed"),
        ]  # fmt: skip
        assert objections_of(session, statement) == []


def test_what_is_accepted_is_settled_in_the_open_month_and_not_in_the_closed_one() -> None:
    """The fee of 200.00 is disputed as 150.00, the turnover of 10,000.00 as 10,100.00; both are accepted."""
    house = drawn()
    before = whole(house)
    do(house, send)
    object_to(house, "fee", 150_00)
    object_to(house, "turnover", 10_100_00, "A hundred more")
    assert state(house) == State.DISPUTED
    first = do(house, answer, number=1, accept=True)
    assert (first.counts_in, first.minor, state(house)) == (NOVEMBER, -50_00, State.DISPUTED)
    second = do(house, answer, number=2, accept=True, words="So it is")
    assert (second.counts_in, second.minor, state(house)) == (NOVEMBER, 100_00, State.SENT)
    do(house, agree)
    assert whole(house) == before
    statement, lines = closed(house, NOVEMBER, DECEMBER)
    assert lines == {"correction": (1, 0, -50_00), "owed_correction": (1, 0, 100_00)}
    assert statement is not None
    assert (statement.owes, statement.owed) == (0, 150_00)
    with db.transaction(house.tenant) as session:
        programme = programme_by_id(session, house.programme)
        [row] = register(
            session, programme, span_of(programme, NOVEMBER), house.funders[1], "owed_correction"
        )
    assert (row["minor"], row["occurred_at"]) == (100_00, CLOSED)
    assert whole(house) == before


def test_a_correction_waits_for_the_month_that_is_open_when_it_is_accepted() -> None:
    house = drawn()
    do(house, send)
    object_to(house, "fee", 150_00)
    assert closed(house, NOVEMBER, DECEMBER) == (None, {})
    made = do(house, answer, number=1, accept=True, at=DECEMBER)
    assert made.counts_in == date(2026, 12, 1)
    assert closed(house, NOVEMBER, DECEMBER) == (None, {})
    _statement, lines = closed(house, date(2026, 12, 1), datetime(2027, 1, 2, tzinfo=UTC))
    assert lines == {"correction": (1, 0, -50_00)}


def test_a_line_that_was_corrected_stands_as_it_was_corrected() -> None:
    house = drawn()
    do(house, send)
    object_to(house, "fee", 150_00)
    assert do(house, answer, number=1, accept=True).minor == -50_00
    with pytest.raises(Refusal, match="objection_same"):
        object_to(house, "fee", 150_00)
    object_to(house, "fee", 140_00)
    assert do(house, answer, number=2, accept=True).minor == -10_00
    assert closed(house, NOVEMBER, DECEMBER)[1] == {"correction": (2, 0, -60_00)}


def test_what_is_refused_needs_words_settles_nothing_and_can_be_disputed_again() -> None:
    house = drawn()
    do(house, send)
    object_to(house, "fee", 150_00)
    with pytest.raises(Refusal, match="words_missing"):
        do(house, answer, number=1, accept=False, words="  ")
    assert state(house) == State.DISPUTED
    made = do(house, answer, number=1, accept=False, words="Two percent  of\n10,000.00")
    assert (made.counts_in, made.minor, made.words) == (None, 0, "Two percent of 10,000.00")
    assert state(house) == State.SENT
    with pytest.raises(Conflict, match="objection_answered"):
        do(house, answer, number=1, accept=True)
    object_to(house, "fee", 180_00)
    assert closed(house, NOVEMBER, DECEMBER) == (None, {})


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("words_missing", {"words": " "}),
        ("words_long", {"words": "x" * 501}),
        ("card_number", {"words": "card 4111 1111 1111 1111 was charged"}),
        ("objection_same", {"minor": 200_00}),
        ("amount_large", {"minor": 10**15 + 1}),
        ("line_unknown", {"place": 99}),
    ],
)
def test_a_wrong_objection_is_refused_and_changes_nothing(code: str, more: dict[str, Any]) -> None:
    house = drawn()
    do(house, send)
    side, place = line(house, "fee")
    told = {"side": side, "place": place, "minor": 1, "words": "No"} | more
    with pytest.raises((Refusal, NotFound), match=code):
        do(house, dispute, **told)
    assert state(house) == State.SENT
    with db.transaction(house.tenant) as session:
        assert session.scalars(select(Objection)).all() == []


def test_a_line_that_waits_for_an_answer_is_not_disputed_twice() -> None:
    house = drawn()
    do(house, send)
    object_to(house, "fee", 150_00)
    with pytest.raises(Conflict, match="objection_open"):
        object_to(house, "fee", 100_00)
    with pytest.raises(Conflict, match="statement_state"):
        do(house, agree)


def test_silence_is_agreement_when_the_days_to_answer_are_over() -> None:
    """Ten days after the second of November, in Kamchatka."""
    house = drawn()
    do(house, send)
    with pytest.raises(Refusal, match="statement_answerable"):
        do(house, agree_by_silence, at=datetime(2026, 11, 12, 11, 59, tzinfo=UTC))
    do(house, agree_by_silence, at=datetime(2026, 11, 12, 12, tzinfo=UTC))
    assert state(house) == State.AGREED


def person(house: House, participant: int | None, *permissions: Permission) -> Actor:
    return Actor("staff", new_id(), frozenset(permissions or EVERYTHING), participant_id=participant)


def test_who_may_not_does_nothing() -> None:
    house = drawn()
    bank, shop = house.funders
    side, place = line(house, "fee")
    only_reads = person(house, None, Permission.DESK_SETTLEMENT_READ)
    told = {"side": side, "place": place, "minor": 1, "words": "No"}
    for act, more in ((send, {}), (agree, {}), (agree_by_silence, {}), (dispute, told),
                      (answer, {"number": 1, "accept": True})):  # fmt: skip
        with pytest.raises(Forbidden):
            do(house, act, only_reads, **more)
    with pytest.raises(Forbidden):  # a participant sends nothing
        do(house, send, person(house, shop))
    do(house, send, person(house, None))
    for actor in (person(house, bank), person(house, 99)):  # nor does another one agree for it
        with pytest.raises(Forbidden):
            do(house, agree, actor)
        with pytest.raises(Forbidden):
            do(house, dispute, actor, **told)
    do(house, dispute, person(house, shop), **told)
    with pytest.raises(Forbidden):  # nor answers itself
        do(house, answer, person(house, shop), number=1, accept=True)
    assert state(house) == State.DISPUTED
    told = {"programme_id": house.programme}
    with db.transaction(house.tenant) as session, clock.stopped(DECEMBER):
        with pytest.raises(Forbidden):
            close(session, person(house, shop), month=NOVEMBER, **told)
        with pytest.raises(Forbidden):
            set_terms(
                session, person(house, shop), participant_id=shop, since=date(2027, 1, 1), terms={}, **told
            )


@pytest.mark.parametrize("table", ["statement_step", "objection", "objection_answer"])
def test_the_way_of_a_statement_cannot_be_rewritten(table: str) -> None:
    house = drawn()
    with pytest.raises(ProgrammingError, match="permission denied"), db.transaction(house.tenant) as session:
        session.execute(text(f"delete from {table} where tenant_id = {house.tenant}"))


KINDS = ("issued", "fee", "turnover")
STEP = st.tuples(
    st.sampled_from(("send", "agree", "silence", "dispute", "dispute", "accept", "refuse", "close")),
    st.integers(0, 3),
    st.integers(-500, 500),
)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=4, max_size=16))
def test_no_way_through_the_states_changes_a_closed_statement(steps: Sequence[tuple[str, int, int]]) -> None:
    """Each step does as the table says or is refused; what was accepted is what later months settle, to the unit."""
    house = drawn()
    before, digest = whole(house), closed(house)[0].digest  # type: ignore[union-attr]
    now, waiting, accepted = State.DRAWN, list[tuple[int, str, int]](), 0
    answered, sums = 0, {"issued": 1_200_00, "fee": 200_00, "turnover": 10_000_00}
    month, at = NOVEMBER, DECEMBER
    settled = 0
    for kind, which, size in steps:
        event, refused = {"accept": "answer", "refuse": "answer"}.get(kind, kind), ""
        try:
            if kind == "close":
                statement, _lines = closed(house, month, at)
                settled += statement.owes - statement.owed if statement else 0
                month, at = (
                    following(month),
                    datetime(at.year + at.month // 12, at.month % 12 + 1, 2, tzinfo=UTC),
                )
                continue
            if kind in ("send", "agree", "silence"):
                do(house, {"send": send, "agree": agree, "silence": agree_by_silence}[kind], at=DECEMBER)
            elif kind == "dispute":
                object_to(house, KINDS[which % 3], sums[KINDS[which % 3]] + size)
                waiting.append((answered + len(waiting) + 1, KINDS[which % 3], size))
            else:
                number, what, by = waiting[which % len(waiting)] if waiting else (99, "fee", 0)
                do(house, answer, number=number, accept=kind == "accept", words="So")
                waiting.remove((number, what, by))
                answered += 1
                if kind == "accept":
                    accepted += -by if what == "turnover" else by
                event = "answer" if waiting else "settle"
            after = STATES[now, Event(event)]
        except (Conflict, NotFound, Refusal) as no:
            after, refused = now, no.code
        if refused not in ("", "objection_open", "objection_same", "objection_unknown"):
            assert (now, Event(event)) not in STATES, (now, kind, refused)
        now = after
        assert (state(house), whole(house)) == (now, before), kind
    statement, _lines = closed(house, month, at)
    settled += statement.owes - statement.owed if statement else 0
    assert settled == accepted
    assert closed(house)[0].digest == digest  # type: ignore[union-attr]


def following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
