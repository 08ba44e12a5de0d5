"""A test's control group: always the same members, a stated share of them, for whom its promotions do not exist."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from admin.cli import explain
from coalition.backtests import jobs as backtest_jobs
from coalition.backtests.actions import start_backtest
from coalition.backtests.queries import backtest_by_id
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import publish
from coalition.promotions.case import Facts
from coalition.promotions.control import KEPT_OUT, ControlGroup
from coalition.promotions.document import Document
from coalition.promotions.opt_in import accept_promotion
from coalition.promotions.queries import index_of as compiled_index
from coalition.reports.control_group import compare
from coalition.transactions.dry_run import dry_run
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import NotFound, Refusal
from tests.ledger.house import House, drain, new_member, open_another
from tests.promotions.offers import buy as sell
from tests.promotions.offers import document, index_of
from tests.transactions.bank import LONG_AGO, balances, open_bank, promotion, query

JOBS = (backtest_jobs,)
NOON = datetime(2026, 11, 20, 0, tzinfo=UTC)
HALF = {"name": "autumn", "control_percent": 50}
TEN = {"kind": "fixed", "points": "10"}


@pytest.fixture(autouse=True)
def _at_noon() -> Iterable[None]:
    with clock.stopped(NOON):
        yield


def ids(count: int, seed: int = 1) -> list[UUID]:
    found = random.Random(seed)
    return [UUID(int=found.getrandbits(128)) for _ in range(count)]


def sides(house: House, test: dict[str, Any] = HALF) -> tuple[UUID, UUID]:
    """A member who may have it, and one who is in the control group."""
    kept_out: dict[bool, UUID] = {}
    with db.transaction(house.tenant) as session:
        while len(kept_out) < 2:
            member = new_member(session, house)
            kept_out.setdefault(ControlGroup.model_validate(test).keeps_out(member), member)
    return kept_out[False], kept_out[True]


def buy(house: House, member: UUID, reference: str, amount: int = 1000, **more: Any) -> int:
    with db.transaction(house.tenant) as session:
        told = Told(reference, member, NOON - timedelta(minutes=1), amount, "shop", **more)
        found = record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
    return int(found.points.sum())


@pytest.mark.parametrize("percent", [1, 5, 10, 50, 90])
def test_the_share_is_what_is_stated(percent: int) -> None:
    """Of 100,000 members within five standard errors."""
    kept_out = sum(
        ControlGroup(name="autumn", control_percent=percent).keeps_out(one) for one in ids(100_000)
    )
    error = (100_000 * percent * (100 - percent)) ** 0.5 / 100
    assert abs(kept_out - 1000 * percent) < 5 * error


def test_tests_keep_out_members_independently_of_each_other() -> None:
    one, other = (ControlGroup(name=name, control_percent=50) for name in ("autumn", "winter"))
    both = sum(one.keeps_out(member) and other.keeps_out(member) for member in ids(100_000))
    assert abs(both - 25_000) < 5 * (100_000 * 3 / 16) ** 0.5


def test_who_is_kept_out_stays_so_under_a_larger_share() -> None:
    small, large = (ControlGroup(name="autumn", control_percent=percent) for percent in (10, 20))
    assert all(large.keeps_out(member) for member in ids(10_000) if small.keeps_out(member))


def test_the_database_finds_the_same_members(session: Session) -> None:
    members = ids(2_000)
    rows = session.execute(
        text(f"select m.id, {KEPT_OUT} from unnest(cast(:ids as uuid[])) m(id)"),
        {"ids": members, "test": "autumn", "percent": 37},
    )
    assert dict(rows.all()) == {
        one: ControlGroup(name="autumn", control_percent=37).keeps_out(one) for one in members
    }


def test_a_document_with_a_test_is_off_the_linear_path() -> None:
    plain, tested = document(TEN), document(TEN, test=HALF)
    assert (plain.is_simple, tested.is_simple) == (True, False)
    (rule,) = index_of(tested).rules.values()
    assert rule.linear is None


OFFERS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "once": st.just(True),
            "trigger": st.sampled_from([{"kind": "nth", "n": 2}, {"kind": "first_n_purchases", "n": 2}]),
            "lane": st.sampled_from([{"name": "x"}, {"name": "x", "combine": "best"},
                                     {"name": "x", "combine": "exclusive"}]),
        },
    ),
    min_size=1, max_size=3,
)  # fmt: skip
MECHANICS = [
    TEN,
    {"kind": "percent", "rate": "10"},
    {"kind": "ladder", "steps": ["10", "5"]},
    {"kind": "multiplier", "times": "3"},
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tested=OFFERS,
    mechanics=st.lists(st.sampled_from(MECHANICS), min_size=3, max_size=3),
    amounts=st.lists(st.integers(100, 100_000), min_size=1, max_size=6),
    member=st.uuids(),
)
def test_for_who_is_kept_out_the_promotions_do_not_exist(
    tested: list[dict[str, Any]], mechanics: list[dict[str, Any]], amounts: list[int], member: UUID
) -> None:
    others = [
        document({"kind": "percent", "rate": "5"}),
        document(TEN, lane={"name": "x", "combine": "best"}),
    ]
    offers = []
    for more, mechanic in zip(tested, mechanics, strict=False):
        more = {
            key: value for key, value in more.items() if key != "lane" or mechanic["kind"] != "multiplier"
        }
        offers.append(document(mechanic, test=HALF, **more))
    kept_out = ControlGroup.model_validate(HALF).keeps_out(member)
    found = []
    for documents in (others, [*others, *offers]):
        index = index_of(*documents)
        from_here = Facts(member, 0, None)
        given_ = [
            [(award.rule.version, award.points) for award in sell(index, amount, from_here)]
            for amount in amounts
        ]
        found.append((given_, from_here.counters))
    assert (found[0] == found[1]) or not kept_out


@pytest.mark.usefixtures("house")
def test_purchases_dry_runs_and_backtests_leave_the_control_group_out() -> None:
    house = open_bank([promotion(TEN, test=HALF), promotion({"kind": "fixed", "points": "3"})])
    treated, control = sides(house)
    for member, points in ((treated, 13), (control, 3)):
        told = Told("dry", member, NOON, 1000, "shop")
        with db.transaction(house.tenant) as session:
            assert dry_run(session, SYSTEM, programme_id=house.programme, told=told).points == points
        assert buy(house, member, str(member)) == points
        assert balances(house)[member][0] == points
    with db.transaction(house.tenant) as session:
        document = promotion({"kind": "fixed", "points": "20"}, test=HALF)
        day = clock.business_day("Asia/Kamchatka")
        number = start_backtest(
            session, SYSTEM, programme_id=house.programme, code="p0", document=document, first_day=day, last_day=day
        ).id  # fmt: skip
    drain(house.tenant)
    with db.transaction(house.tenant) as session:
        found = backtest_by_id(session, number)
    assert (found.tally.whole, found.tally.points, found.tally.reached) == ([16, 26], 20, 1)


@pytest.mark.usefixtures("house")
def test_clerks_are_told_of_the_group_whatever_else_failed() -> None:
    offers = [promotion(TEN, test=HALF, conditions={"amount_from": "500"}, title={"ru": "А", "en": "Tested"})]
    house = open_bank(offers)
    with db.transaction(house.tenant) as session:
        programme_by_id(session, house.programme).unit = {"ru": ["б"] * 3, "en": ["point", "points"]}
    treated, control = sides(house)
    told = []
    for member in (treated, control):
        buy(house, member, str(member))
        (purchase,) = query(house, f"select id from purchase where member_id = '{member}'")[0]
        with db.transaction(house.tenant) as session:
            [missed] = explain.told(session, member, purchase, "en")["missed"]
            told.append((missed["code"], missed["text"]))
    assert told == [
        ("amount", "Tested: It takes a purchase of ₽500 or more; this one was ₽490 short"),
        ("control", "Tested: You are in the control group of the test “autumn”"),
    ]


@pytest.mark.usefixtures("house")
def test_the_control_group_cannot_accept_what_it_is_not_offered() -> None:
    house = open_bank([promotion(TEN, test=HALF, where=[{"kind": "opt_in"}])])
    treated, control = sides(house)
    with db.transaction(house.tenant) as session:
        accept_promotion(session, SYSTEM, member_id=treated, code="p0")
        with pytest.raises(NotFound, match="offer_unknown"):
            accept_promotion(session, SYSTEM, member_id=control, code="p0")
        index = compiled_index(session, programme_by_id(session, house.programme))
        (rule,) = index.rules.values()
        at = 1_800_000_000_000_000
        assert [rule.offered(at, 0, member) for member in (treated, control)] == [True, False]


@pytest.mark.usefixtures("house")
def test_every_promotion_of_a_test_states_the_same_share() -> None:
    house = open_bank([promotion(TEN, test=HALF)])
    for code in ("p0", "p1"):
        with pytest.raises(Refusal) as refused, db.transaction(house.tenant) as session:
            other = promotion(TEN, test=HALF | {"control_percent": 10})
            publish(session, SYSTEM, programme_id=house.programme, code=code, document=other)
        assert refused.value.facts["field"] == "test.control_percent"
        assert "keeps 50 % out already" in refused.value.facts["why"]
    with db.transaction(house.tenant) as session:
        publish(session, SYSTEM, programme_id=house.programme, code="p1", document=promotion(TEN, test=HALF))
    assert query(house, "select count(*) from promotion_version") == [(2,)]


@pytest.mark.usefixtures("house")
def test_another_tenants_test_of_the_name_is_its_own() -> None:
    open_bank([promotion(TEN, test=HALF)])
    ours = open_bank([promotion(TEN, test=HALF | {"control_percent": 10})])
    assert query(ours, "select count(*) from promotion_version") == [(1,)]


def compared(house: House, **more: Any) -> Any:
    document = Document.model_validate(promotion(TEN, test=HALF, **more))
    with db.transaction(house.tenant) as session:
        return compare(session, programme_by_id(session, house.programme), document, LONG_AGO)


@pytest.mark.usefixtures("house")
def test_the_groups_are_compared_net_of_returns() -> None:
    house = open_another()
    treated, control = sides(house)
    buy(house, treated, "a", 1000)
    buy(house, treated, "b", 500)
    buy(house, control, "c", 700)
    buy(house, control, "r", 200, refund=True, original="c")
    found = compared(house)
    count = query(house, "select count(*) from member")[0][0]
    assert found.may_have.members + found.control.members == count
    assert (found.may_have.buyers, found.may_have.purchases, found.may_have.turnover) == (1, 2, 1500)
    assert (found.control.buyers, found.control.purchases, found.control.turnover) == (1, 1, 500)
    assert (found.buyers, found.turnover, found.cheque) == (None, None, None)  # too few to tell
    narrow = compared(house, conditions={"mcc": ["5411"]})
    assert (narrow.may_have.turnover, narrow.narrowed) == (0, True)


@pytest.mark.usefixtures("house")
def test_an_interval_is_that_of_the_difference_of_means() -> None:
    """Every treated member spends 10 or 20 by turns, every other member 10: worked out by hand beside it."""
    house = open_another()
    with db.transaction(house.tenant) as session:
        members = [new_member(session, house) for _ in range(140)]
    test = ControlGroup.model_validate(HALF)
    values: dict[bool, list[int]] = {False: [], True: []}
    for number, member in enumerate(members):
        side = test.keeps_out(member)
        amount = 1000 if side or len(values[side]) % 2 else 2000
        buy(house, member, f"s{number}", amount)
        values[side].append(amount)
    found = compared(house)
    treated = values[False]
    mean = sum(treated) / len(treated)
    variance = sum((value - mean) ** 2 for value in treated) / (len(treated) - 1)
    width = 1.96 * (variance / len(treated)) ** 0.5
    assert found.turnover is not None
    assert abs(float(found.turnover.low) - (mean - 1000 - width)) < 1e-6
    assert abs(float(found.turnover.high) - (mean - 1000 + width)) < 1e-6
    assert found.turnover.tells
    assert (found.buyers.low, found.buyers.high, found.buyers.tells) == (0, 0, False)
