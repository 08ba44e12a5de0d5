"""A segment's members are what a plain reading of its criteria says, whatever was bought, returned and stated."""

import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from coalition.members.actions import link_card
from coalition.members.facts import state_fact
from coalition.members.models import FactKind
from coalition.partners.actions import add_partner
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import publish
from coalition.promotions.life import pause
from coalition.segments import refreshing, sizing
from coalition.segments.actions import (
    Brought,
    ask_for_list,
    bring_asked_list,
    bring_list,
    retire_segment,
    save_segment,
)
from coalition.segments.definition import Definition
from coalition.segments.queries import all_segments, segment_by_code
from coalition.segments.refreshing import count_client_base
from coalition.segments.sizing import Preview, belonging, preview
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, Refusal
from tests.ledger.house import House, drain, new_member, open_another
from tests.people import hire
from tests.transactions.bank import LONG_AGO, balances, join, open_bank, promotion, query

pytestmark = pytest.mark.usefixtures("house")
JOBS = (refreshing,)
NOON = datetime(2026, 11, 20, 0, tzinfo=UTC)  # noon in Kamchatka
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _at_noon() -> Iterable[None]:
    with clock.stopped(NOON):
        yield


def buy(house: House, member: UUID, days_ago: int, amount: int, reference: str = "", **more: Any) -> None:
    reference = reference or f"{member}-{days_ago}-{amount}"
    told = Told(reference, member, NOON - timedelta(days=days_ago), amount, "shop", **more)
    with db.transaction(house.tenant) as session:
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])


def define(house: House, code: str, revision: int = 0, **document: Any) -> None:
    with db.transaction(house.tenant) as session:
        save_segment(
            session, SYSTEM, programme_id=house.programme, code=code, revision=revision,
            document={"title": code.title(), **document},
        )  # fmt: skip
    drain(house.tenant)


def within(house: House, code: str) -> set[UUID]:
    """Who is marked with the segment's bit."""
    rows = query(
        house,
        "select m.id from member m join segment s on s.tenant_id = m.tenant_id and m.segments >> s.bit & 1 = 1"
        f" where s.code = '{code}'",
    )
    return {row[0] for row in rows}


def people(house: House, count: int, **facts: Any) -> list[UUID]:
    with db.transaction(house.tenant) as session:
        return [new_member(session, house, **facts) for _ in range(count)]


def told(house: House, code: str) -> tuple[int, int, int, int]:
    """Size, joined, gone, and slices that are still to be written."""
    with db.transaction(house.tenant) as session:
        terms = segment_by_code(session, code).terms
        assert terms is not None
        return terms.size, terms.joined, terms.gone, terms.slices_left


def test_purchases_count_net_of_their_returns() -> None:
    house = open_another()
    vera, igor, anna, none = people(house, 4)
    for days in (1, 2, 3):
        buy(house, vera, days, 1000)
        buy(house, igor, days, 1000, reference=f"i{days}")
    buy(house, igor, 0, 1000, "back", refund=True, original="i3")
    buy(house, anna, 90, 9000)
    define(house, "three", all_of=[{"kind": "purchases", "at_least": "3"}])
    define(
        house,
        "big",
        all_of=[{"kind": "purchases", "measure": "turnover", "at_least": "30.00", "window_days": 30}],
    )
    define(house, "average", all_of=[{"kind": "purchases", "measure": "average", "at_most": "10.00"}])
    define(house, "few", all_of=[{"kind": "purchases", "at_most": "1"}])
    assert within(house, "three") == within(house, "big") == {vera}
    assert within(house, "average") == {vera, igor}  # who bought nothing has no average
    assert within(house, "few") == {anna, none}


def test_windows_are_business_days_of_the_programme() -> None:
    house = open_another()
    early, late = people(house, 2)
    midnight = datetime(2026, 10, 20, 12, tzinfo=UTC)  # 21 October begins in Kamchatka: thirty days ago
    for member, at in ((early, midnight - timedelta(microseconds=1)), (late, midnight)):
        with db.transaction(house.tenant) as session:
            sale = Told(str(member), member, at, 1000, "shop")
            record(session, SYSTEM, programme_id=house.programme, source="till", told=[sale])
    define(house, "month", all_of=[{"kind": "purchases", "at_least": "1", "window_days": 30}])
    define(house, "slept", all_of=[{"kind": "last_purchase", "at_least_days_ago": 31}])
    define(house, "awake", all_of=[{"kind": "last_purchase", "within_days": 30}])
    define(house, "both", all_of=[{"kind": "last_purchase", "within_days": 31, "at_least_days_ago": 31}])
    assert within(house, "month") == within(house, "awake") == {late}
    assert within(house, "slept") == within(house, "both") == {early}


def test_partners_and_categories_are_looked_at_alone() -> None:
    house = open_another()
    with db.transaction(house.tenant) as session:
        add_partner(
            session, SYSTEM, participant_id=house.funders[1], code="tea", name={"en": "Tea"}, about={}, category="x"
        )  # fmt: skip
    vera, igor = people(house, 2)
    buy(house, vera, 1, 1000, partner="tea")
    buy(house, igor, 1, 1000, mcc=5411)
    define(house, "tea", all_of=[{"kind": "purchases", "at_least": "1", "partners": ["tea"]}])
    define(house, "food", all_of=[{"kind": "last_purchase", "within_days": 9, "mcc": ["5411"]}])
    assert (within(house, "tea"), within(house, "food")) == ({vera}, {igor})


def test_points_and_facts_and_years_decide() -> None:
    house = open_bank([promotion({"kind": "percent", "rate": "10"})], expiry="days", expiry_count=20)
    (old,) = people(house, 1, account_opened_on=date(2020, 1, 1))
    rich, poor = people(house, 2)
    buy(house, rich, 0, 100_00)  # 10 points, until 10 December
    with db.transaction(house.tenant) as session:
        for value in ("elizovo", "esso"):  # at one moment: the later one holds
            state_fact(session, SYSTEM, member_id=poor, kind=FactKind.ATTRIBUTE, name="city", value=value)
        for member, until in ((rich, TODAY), (poor, TODAY - timedelta(days=1))):
            state_fact(session, SYSTEM, member_id=member, kind=FactKind.ENTITLEMENT, name="card", until=until)
    define(house, "rich", all_of=[{"kind": "balance", "at_least": "10"}])
    define(house, "none", all_of=[{"kind": "balance", "account": "pending", "at_most": "0"}])
    define(house, "burning", all_of=[{"kind": "burning", "within_days": 20, "at_least": "10"}])
    define(house, "later", all_of=[{"kind": "burning", "within_days": 19}])
    define(house, "esso", all_of=[{"kind": "attribute", "name": "city", "any_of": ["esso"]}])
    define(house, "city", all_of=[{"kind": "attribute", "name": "city", "any_of": ["elizovo"]}])
    define(house, "right", all_of=[{"kind": "entitlement", "code": "card"}])
    define(house, "faithful", all_of=[{"kind": "tenure", "of": "account", "at_least_days": 2000}])
    define(house, "new", all_of=[{"kind": "tenure", "at_most_days": 0}])
    assert within(house, "rich") == within(house, "burning") == within(house, "right") == {rich}
    assert within(house, "none") == within(house, "new") == {old, rich, poor}
    assert (within(house, "esso"), within(house, "faithful")) == ({poor}, {old})
    assert within(house, "later") == within(house, "city") == set()


def test_equals_stand_in_one_fifth() -> None:
    """Ten buyers, the first four of whom spent the same: nobody is worse than they, so all four are in the first."""
    house = open_another()
    members = people(house, 11)
    for place, member in enumerate(members[:10]):
        buy(house, member, 1, 1000 if place < 4 else 1000 + place * 100)
    for fifth in range(1, 6):
        define(house, f"f{fifth}", all_of=[{"kind": "rfm", "measure": "monetary", "fifths": [fifth]}])
    found = [within(house, f"f{fifth}") for fifth in range(1, 6)]
    assert found == [set(members[:4]), set(), set(members[4:6]), set(members[6:8]), set(members[8:10])]


def test_recency_and_frequency_go_by_days_and_numbers() -> None:
    house = open_another()
    often, lately = people(house, 2)
    for number in range(3):
        buy(house, often, 9, 100 + number)
    buy(house, lately, 1, 5000)
    define(house, "lately", all_of=[{"kind": "rfm", "measure": "recency", "fifths": [3, 4, 5]}])
    define(house, "often", all_of=[{"kind": "rfm", "measure": "frequency", "fifths": [3, 4, 5]}])
    assert (within(house, "lately"), within(house, "often")) == ({lately}, {often})


def test_all_any_and_none_hold_together() -> None:
    house = open_another()
    vera, igor, anna = people(house, 3)
    for member, amount in ((vera, 1000), (igor, 2000), (anna, 9000)):
        buy(house, member, 1, amount)

    def turnover(**bounds: str) -> dict[str, Any]:
        return {"kind": "purchases", "measure": "turnover", **bounds}

    define(
        house, "some", all_of=[turnover(at_least="5")],
        any_of=[turnover(at_most="10"), turnover(at_least="80")], none_of=[turnover(at_least="90")],
    )  # fmt: skip
    assert within(house, "some") == {vera}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, ""),
        ({"imported": True, "all_of": [{"kind": "balance", "at_least": "1"}]}, ""),
        ({"all_of": [{"kind": "balance"}]}, "all_of.0.at_least"),
        ({"all_of": [{"kind": "purchases", "at_least": "0"}]}, "all_of.0.at_least"),
        ({"all_of": [{"kind": "purchases", "at_least": "1.5"}]}, "all_of.0.at_least"),
        ({"any_of": [{"kind": "purchases", "at_least": "2", "at_most": "1"}]}, "any_of.0.at_most"),
        ({"none_of": [{"kind": "moon"}]}, "none_of.0"),
        ({"all_of": [{"kind": "purchases", "at_least": "1", "partners": ["nobody"]}]}, "all_of.0.partners"),
        ({"all_of": [{"kind": "listed", "any_of": ["nothing"]}]}, "all_of.0.any_of"),
    ],
)
def test_a_definition_that_cannot_be_is_refused_at_its_field(document: dict[str, Any], field: str) -> None:
    house = open_another()
    with pytest.raises(Refusal) as refused:
        define(house, "wrong", **document)
    assert (refused.value.code, refused.value.facts["field"]) == ("segment_invalid", field)
    assert query(house, "select count(*) from segment") == [(0,)]


def test_only_members_whose_bit_changes_are_written_and_twice_is_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refreshing, "MEMBERS_PER_SLICE", 2)
    house = open_another()
    members = people(house, 5)
    for member in members:
        buy(house, member, 1, 1000)
    define(house, "buyers", all_of=[{"kind": "purchases", "at_least": "1", "window_days": 30}])
    assert told(house, "buyers") == (5, 5, 0, 0)
    before = query(house, "select id, xmin::text, ctid::text from member order by id")
    with db.transaction(house.tenant) as session:
        refreshing.refresh(session, 0)
    assert drain(house.tenant) == 0
    assert told(house, "buyers") == (5, 0, 0, 0)
    assert query(house, "select id, xmin::text, ctid::text from member order by id") == before
    with clock.stopped(NOON + timedelta(days=40)):
        buy(house, members[0], -40, 1000, "new")
        with db.transaction(house.tenant) as session:
            refreshing.refresh_due(session)
        drain(house.tenant)
    assert within(house, "buyers") == {members[0]}
    assert told(house, "buyers") == (1, 0, 4, 0)


def test_a_refresh_is_due_once_per_business_day() -> None:
    house = open_another()
    define(house, "all", all_of=[{"kind": "balance", "at_least": "0"}])
    asked = []
    for hours in (1, 11, 12, 13):  # midnight in Kamchatka comes after twelve hours
        with clock.stopped(NOON + timedelta(hours=hours)):
            with db.transaction(house.tenant) as session:
                refreshing.refresh_due(session)
            asked.append(drain(house.tenant))
    assert asked == [0, 0, 1, 0]


def test_what_an_older_run_has_still_to_write_is_not_written() -> None:
    house = open_another()
    (vera,) = people(house, 1)
    define(house, "all", all_of=[{"kind": "balance", "at_least": "0"}])
    with db.transaction(house.tenant) as session:
        refreshing.write_slice(session, 0, 0, [], [str(vera)])
    assert (within(house, "all"), told(house, "all")) == ({vera}, (1, 1, 0, 0))


def test_purchases_keep_the_bits_of_their_day() -> None:
    offer = promotion({"kind": "fixed", "points": "7"}, conditions={"segments": ["buyers"]})
    house = open_another()
    (vera,) = people(house, 1)
    define(house, "buyers", all_of=[{"kind": "purchases", "at_least": "1"}])
    with db.transaction(house.tenant) as session:
        publish(session, SYSTEM, programme_id=house.programme, code="p", document=offer, starts_at=LONG_AGO)
    buy(house, vera, 1, 1000, "first")
    with db.transaction(house.tenant) as session:
        refreshing.refresh(session, 0)
    drain(house.tenant)
    buy(house, vera, 0, 1000, "second")
    assert balances(house)[vera] == (7, 0, 0, 0)
    assert query(house, "select segments from purchase order by occurred_at") == [(0,), (1,)]
    buy(house, vera, 0, 500, "back", refund=True, original="first")  # all of it is valued anew
    assert balances(house)[vera] == (7, 0, 0, 0)


def bring(house: House, code: str, *handles: str, replace: bool = True, revision: int = 0) -> Brought:
    content = "\n".join(["handle", *handles, ""]).encode()
    with db.transaction(house.tenant) as session:
        found = bring_list(
            session, SYSTEM, programme_id=house.programme, code=code, title="List", stream=io.BytesIO(content),
            replace=replace, revision=revision,
        )  # fmt: skip
    drain(house.tenant)
    return found


def test_a_signature_on_a_list_is_for_the_members_it_meant_then() -> None:
    house = open_another()
    with db.transaction(house.tenant) as session:
        one, two = new_member(session, house), new_member(session, house)
        link_card(session, SYSTEM, member_id=one, token="token-list")
        asks, signs = [
            Actor("staff", hire(session, login=name, name=name, password="a long password", permissions=[]).id,
                  EVERYTHING)
            for name in ("dora", "paul")
        ]  # fmt: skip
        asked, _ = ask_for_list(
            session, asks, programme_id=house.programme, code="vip", title="VIP",
            stream=io.BytesIO(b"handle\ntoken-list\n"), replace=True,
        )  # fmt: skip
    with db.transaction(house.tenant) as session:
        moved = text("update handle set member_id = :two where member_id = :one")
        session.execute(moved, {"one": one, "two": two})  # the same card, the same numbers, another person
        with pytest.raises(Conflict, match="approval_differs"):
            bring_asked_list(session, signs, approval_id=asked.id)
        session.rollback()


def test_a_list_is_replaced_or_added_to_and_says_who_was_not_found() -> None:
    house = open_another()
    vera, igor = join(house, "token-vera"), join(house, "token-igor")
    found = bring(house, "vip", "token-vera", "token-nobody", "", "4111111111111111")
    assert [(one.line_no, one.code) for one in found.rejects] == [(3, "nobodys_handle"), (5, "card_number")]
    assert "4111111111111111" not in str(found.rejects)
    assert (found.found, found.joined, found.gone) == (1, 1, 0)
    assert within(house, "vip") == {vera}
    again = bring(house, "vip", "token-vera", revision=1)
    assert (again.joined, again.gone) == (0, 0)
    bring(house, "vip", "token-igor", replace=False, revision=2)
    assert within(house, "vip") == {vera, igor}
    bring(house, "vip", "token-igor", revision=3)
    assert (within(house, "vip"), told(house, "vip")) == ({igor}, (1, 0, 1, 0))
    with clock.stopped(NOON + timedelta(days=9)), db.transaction(house.tenant) as session:
        refreshing.refresh_due(session)
        refreshing.refresh(session, 0)
    assert drain(house.tenant) == 0
    assert within(house, "vip") == {igor}


def test_a_segment_that_looks_at_a_list_follows_it() -> None:
    house = open_another()
    vera, igor = join(house, "token-vera"), join(house, "token-igor")
    buy(house, vera, 1, 1000)
    buy(house, igor, 1, 1000)
    bring(house, "vip", "token-vera")
    define(
        house,
        "vip-buyers",
        all_of=[{"kind": "listed", "any_of": ["vip"]}, {"kind": "purchases", "at_least": "1"}],
    )
    assert within(house, "vip-buyers") == {vera}
    bring(house, "vip", "token-igor", revision=1)
    assert within(house, "vip-buyers") == {igor}
    for act in (
        lambda session: retire_segment(session, SYSTEM, code="vip"),
        lambda session: save_segment(
            session, SYSTEM, programme_id=house.programme, code="vip", revision=2,
            document={"title": "x", "all_of": [{"kind": "balance", "at_least": "0"}]},
        ),
    ):  # fmt: skip
        with pytest.raises(Refusal, match="segment_listed"), db.transaction(house.tenant) as session:
            act(session)
    with pytest.raises(Refusal, match="segment_invalid"):
        define(house, "deeper", all_of=[{"kind": "listed", "any_of": ["vip-buyers"]}])


def test_a_segment_in_use_is_not_retired_and_a_retired_one_is_not_named() -> None:
    house = open_another()
    define(house, "all", all_of=[{"kind": "balance", "at_least": "0"}])
    offer = promotion({"kind": "fixed", "points": "7"}, conditions={"segments": ["all"]})
    ends = NOON + timedelta(days=9)
    with db.transaction(house.tenant) as session:
        publish(session, SYSTEM, programme_id=house.programme, code="p", document=offer, ends_at=ends)
    for moment in (NOON + timedelta(days=1), NOON + timedelta(days=2)):
        with clock.stopped(moment):
            with pytest.raises(Refusal) as refused, db.transaction(house.tenant) as session:
                retire_segment(session, SYSTEM, code="all")
            assert (refused.value.code, refused.value.facts) == ("segment_in_use", {"promotions": "p"})
            if moment.day == 21:
                with db.transaction(house.tenant) as session:
                    pause(session, SYSTEM, code="p")
    with db.transaction(house.tenant) as session:
        publish(
            session,
            SYSTEM,
            programme_id=house.programme,
            code="p",
            document=promotion({"kind": "fixed", "points": "1"}),
        )
    with clock.stopped(NOON + timedelta(days=3)), db.transaction(house.tenant) as session:
        retire_segment(session, SYSTEM, code="all")
        assert segment_by_code(session, "all").promotions == ()
    with pytest.raises(Refusal, match="document_invalid"), db.transaction(house.tenant) as session:
        publish(session, SYSTEM, programme_id=house.programme, code="q", document=offer)
    with pytest.raises(Refusal, match="segment_retired"):
        define(house, "all", revision=1, all_of=[{"kind": "balance", "at_least": "0"}])


def test_who_may_not_changes_nothing() -> None:
    house = open_another()
    nobody = Actor("staff")
    document = {"title": "x", "all_of": [{"kind": "balance", "at_least": "0"}]}
    for act in (
        lambda session: save_segment(session, nobody, programme_id=house.programme, code="x", document=document),
        lambda session: bring_list(
            session, nobody, programme_id=house.programme, code="x", title="x", stream=io.BytesIO(b"handle\n"),
            replace=True,
        ),
        lambda session: retire_segment(session, nobody, code="x"),
    ):  # fmt: skip
        with pytest.raises(Forbidden), db.transaction(house.tenant) as session:
            act(session)
    assert query(house, "select count(*) from segment") == [(0,)]


def test_nobody_overwrites_what_was_not_seen() -> None:
    house = open_another()
    define(house, "x", all_of=[{"kind": "balance", "at_least": "0"}])
    with pytest.raises(Conflict, match="segment_changed"):
        define(house, "x", all_of=[{"kind": "balance", "at_least": "1"}])


def test_another_tenant_sees_and_fills_nothing() -> None:
    ours, theirs = open_another(), open_another()
    join(theirs, "token-theirs")
    assert [one.code for one in bring(ours, "vip", "token-theirs").rejects] == ["nobodys_handle"]
    define(ours, "all", all_of=[{"kind": "balance", "at_least": "0"}])
    with db.transaction(theirs.tenant) as session:
        assert all_segments(session) == []
    assert query(theirs, "select sum(segments) from member") == [(0,)]


def test_a_segment_of_the_client_base_can_be_defined() -> None:
    house = open_another()
    people(house, 1, segments=["payroll"])
    (igor,) = people(house, 1)
    with db.transaction(house.tenant) as session:
        assert [(one.code, one.size, one.terms) for one in all_segments(session)] == [("payroll", None, None)]
        with clock.stopped(clock.now()):
            count_client_base(session)
            (found,) = all_segments(session)
            assert (found.size, found.counted_at) == (1, clock.now())
    buy(house, igor, 1, 1000)
    define(house, "payroll", all_of=[{"kind": "purchases", "at_least": "1"}])
    assert (within(house, "payroll"), told(house, "payroll")) == ({igor}, (1, 1, 1, 0))


def test_a_preview_is_exact_and_changes_nothing() -> None:
    house = open_another()
    members = people(house, 4)
    for member in members[:3]:
        buy(house, member, 1, 1000)
    buy(house, members[0], 40, 5000)
    wanted = Definition.model_validate(
        {"title": "x", "all_of": [{"kind": "purchases", "measure": "turnover", "at_least": "10"}],
         "none_of": [{"kind": "purchases", "measure": "turnover", "at_least": "99"}]}
    )  # fmt: skip
    with db.transaction(house.tenant) as session:
        found = preview(session, programme_by_id(session, house.programme), wanted)
        assert found == Preview(4, 3, 3, 3000)
        assert found.hundredths == 7500
        assert session.execute(text("show statement_timeout")).scalar_one() == "0"
    assert query(house, "select count(*) from segment") == [(0,)]


def test_a_preview_that_takes_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    house = open_another()
    monkeypatch.setattr(sizing, "belonging", _slow)
    wanted = Definition.model_validate({"title": "x", "all_of": [{"kind": "balance", "at_least": "0"}]})
    monkeypatch.setattr(sizing, "PREVIEW_SECONDS", 0.1)
    people(house, 1)
    with db.transaction(house.tenant) as session:
        assert preview(session, programme_by_id(session, house.programme), wanted) is None
        assert session.execute(text("select 1")).scalar_one() == 1


def _slow(scope: Any, definition: Any, *columns: Any) -> Any:
    query, belongs = belonging(scope, definition, *columns)
    return query.where(text("pg_sleep(30) is not null")), belongs


@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(
    sales=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 12), st.integers(1, 5), st.booleans()), max_size=20
    ),
    at_least=st.integers(1, 12),
    window=st.none() | st.integers(0, 12),
    measure=st.sampled_from(["count", "turnover", "average"]),
)
def test_the_statement_finds_whom_a_loop_over_members_would(
    sales: list[tuple[int, int, int, bool]], at_least: int, window: int | None, measure: str
) -> None:
    house = open_another()
    members = people(house, 5)
    left: dict[UUID, list[int]] = {member: [] for member in members}
    for number, (who, days, amount, returned) in enumerate(sales):
        buy(house, members[who], days, amount * 100, f"s{number}")
        if returned:
            buy(house, members[who], 0, 100, f"r{number}", refund=True, original=f"s{number}")
        net = amount - returned
        if net and (window is None or days <= window):
            left[members[who]].append(net)
    define(house, "x", all_of=[{"kind": "purchases", "measure": measure, "at_least": str(at_least)}
                               | ({} if window is None else {"window_days": window})])  # fmt: skip
    value = {"count": len, "turnover": sum, "average": sum}[measure]
    weight = len if measure == "average" else lambda _: 1
    wanted = {who for who, nets in left.items() if nets and value(nets) >= at_least * weight(nets)}
    assert within(house, "x") == wanted
