"""Returns: what they take back depends on what is known, never on the order in which it became known."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from coalition.ledger.models import Account, Purpose
from coalition.ledger.post import Cause, open_book
from coalition.promotions.models import PromotionVersion
from tenants.runtime import clock, db
from tenants.runtime.ids import new_id
from tests.ledger.house import ZONE, House
from tests.transactions.bank import (
    back,
    balances,
    join,
    line,
    load,
    open_bank,
    per_step,
    points_of,
    promotion,
    query,
)

pytestmark = pytest.mark.usefixtures("house")
SHARED = [{"participant": "bank", "share": 30}, {"participant": "shop", "share": 70}]
CARD = "token-vera"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


def by_funder(bank: House) -> dict[int, int]:
    """What each funder has given, net."""
    rows = query(
        bank,
        "select funder_id, sum(case when from_account = 10 then points else -points end)::bigint from transfer"
        " where 10 in (from_account, to_account) group by funder_id",
    )
    return {funder: points for funder, points in rows if points}


def counters(bank: House) -> list[list[int]]:
    return [list(row[0]) for row in query(bank, "select counts from counter_sheet order by period")]


@pytest.mark.parametrize("parts", [[1000], [1, 999], [333.33, 333.33, 333.34], [99.99, 0.02, 899.99]])
def test_partial_returns_add_up_to_a_full_one(parts: list[float]) -> None:
    bank = open_bank(
        [per_step("7", "3", funding=SHARED, limits={"per_month": "2000", "per_purchase": "1500"})]
    )
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000)])
    assert (points_of(bank, vera), counters(bank)) == (1500, [[1500]])
    assert by_funder(bank) == {1: 450, 2: 1050}
    for day, part in enumerate(parts, 2):
        load(bank, [back(CARD, f"2026-11-{day:02}", f"{part:.2f}")])
    assert (balances(bank)[vera], counters(bank), by_funder(bank)) == ((0, 0, 0, 0), [[]], {})
    assert query(bank, "select sum(remaining)::bigint from lot") == [(0,)]


def test_a_partial_return_leaves_what_the_rest_would_have_earned() -> None:
    bank = open_bank([per_step(funding=SHARED)])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", "1250")])
    assert (points_of(bank, vera), by_funder(bank)) == (12, {1: 4, 2: 8})
    load(bank, [back(CARD, "2026-11-02", "300.01")])
    assert (points_of(bank, vera), by_funder(bank)) == (9, {1: 3, 2: 6})


def test_a_return_empties_the_lots_of_the_funder_who_gets_the_points_back() -> None:
    shop = [{"participant": "shop", "share": 100}]
    big = promotion({"kind": "fixed", "points": "12"}, funding=shop, conditions={"amount_from": "500"})
    bank = open_bank([per_step(), big])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", "600")])
    assert (points_of(bank, vera), by_funder(bank)) == (18, {1: 6, 2: 12})
    load(bank, [back(CARD, "2026-11-02", "200")])
    assert (points_of(bank, vera), by_funder(bank)) == (4, {1: 4})
    assert query(bank, "select funder_id, remaining from lot order by funder_id") == [(1, 4), (2, 0)]


def test_shares_of_a_monthly_limit_are_undone_to_nothing_for_each_funder() -> None:
    half = [{"participant": "bank", "share": 50}, {"participant": "shop", "share": 50}]
    bank = open_bank([per_step(funding=half, limits={"per_month": "100"})])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", "100"), line(CARD, "2026-11-02", "301")])
    assert (points_of(bank, vera), by_funder(bank)) == (4, {1: 3, 2: 1})
    load(bank, [back(CARD, "2026-11-03", "100"), back(CARD, "2026-11-04", "301")])
    assert (points_of(bank, vera), by_funder(bank), counters(bank)) == (0, {}, [[]])


def test_a_return_frees_the_monthly_limit() -> None:
    bank = open_bank([per_step(limits={"per_month": "20"})])
    vera = join(bank, CARD)
    load(bank, [line(CARD, f"2026-11-0{day}", 1000, merchant=f"m{day}") for day in (1, 2, 3)])
    assert points_of(bank, vera) == 20
    load(bank, [back(CARD, "2026-11-04", 1000, merchant="m1")])
    assert points_of(bank, vera) == 20
    load(bank, [back(CARD, "2026-11-05", 1000, merchant="m2")])
    assert points_of(bank, vera) == 10
    load(bank, [line(CARD, "2026-11-06", 500, merchant="m6")])
    assert points_of(bank, vera) == 15


def test_r3_a_returned_purchase_is_none_of_the_five() -> None:
    extra = promotion({"kind": "fixed", "points": "100"}, trigger={"kind": "nth", "n": 5, "every": True})
    bank = open_bank([extra])
    vera = join(bank, CARD)
    load(bank, [line(CARD, f"2026-11-{day:02}", 100 + day) for day in range(1, 6)])
    assert points_of(bank, vera) == 100
    load(bank, [back(CARD, "2026-11-06", 103)])
    assert points_of(bank, vera) == 0
    load(bank, [line(CARD, "2026-11-07", 107)])
    assert points_of(bank, vera) == 100


def test_a_return_of_spent_points_becomes_debt_and_the_next_points_pay_it() -> None:
    bank = open_bank([per_step()])
    vera = join(bank, CARD)
    load(bank, [back(CARD, "2026-11-02", 1000)])
    load(bank, [line(CARD, "2026-11-01", 1000)])
    assert balances(bank)[vera] == (0, 0, 0, 0)
    load(bank, [line(CARD, "2026-11-05", 400)])
    assert balances(bank)[vera] == (4, 0, 0, 0)


@pytest.mark.parametrize("named", ["", "r1"])
def test_a_return_that_comes_before_its_purchase_waits_for_it(named: str) -> None:
    bank = open_bank([per_step()])
    vera = join(bank, CARD)
    load(bank, [back(CARD, "2026-11-02", 400, original=named)])
    assert query(bank, "select state from purchase_return") == [("waiting",)]
    load(bank, [line(CARD, "2026-11-01", 1000, reference=named)])
    assert query(bank, "select state from purchase_return") == [("applied",)]
    assert points_of(bank, vera) == 6


def test_a_return_moves_to_the_purchase_of_its_own_amount_when_that_turns_up() -> None:
    bank = open_bank([per_step()])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-03", 1090)])
    load(bank, [back(CARD, "2026-11-04", 500)])
    assert points_of(bank, vera) == 5
    load(bank, [line(CARD, "2026-11-01", 500)])
    assert points_of(bank, vera) == 10
    found = query(
        bank,
        "select p.amount from purchase_return r join purchase p on p.member_id = r.member_id"
        " and p.id = r.purchase_id",
    )
    assert found == [(50000,)]


def test_a_return_can_move_away_and_come_back() -> None:
    bank = open_bank([per_step()])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000, reference="first")])
    load(bank, [back(CARD, "2026-11-10", 500)])  # takes half of the first
    load(bank, [line(CARD, "2026-11-02", 500, reference="second")])  # is a better match
    load(bank, [back(CARD, "2026-11-11", 500, original="second")])  # but has a return of its own
    assert points_of(bank, vera) == 5
    assert [state for (state,) in query(bank, "select state from purchase_return")] == ["applied"] * 2


def test_one_day_too_late_is_no_return_of_that_purchase() -> None:
    bank = open_bank([per_step()], return_window_days=5)
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000), back(CARD, "2026-11-07", 1000)])
    assert points_of(bank, vera) == 10
    load(bank, [line(CARD, "2026-11-02", 1000)])
    assert points_of(bank, vera) == 10


@pytest.mark.parametrize("more", [{"merchant": "other"}, {"original": "r9"}])
def test_a_return_of_another_sale_takes_nothing(more: dict[str, str]) -> None:
    bank = open_bank([per_step()])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000, reference="r1"), back(CARD, "2026-11-02", 1000, **more)])
    assert points_of(bank, vera) == 10


def test_a_return_of_more_than_is_left_waits() -> None:
    bank = open_bank([per_step()])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000), back(CARD, "2026-11-02", 600), back(CARD, "2026-11-03", 600)])
    assert points_of(bank, vera) == 4
    assert query(bank, "select state from purchase_return order by occurred_at") == [
        ("applied",),
        ("waiting",),
    ]


def test_a_return_counts_by_the_promotions_of_its_purchase() -> None:
    """What is live on the day of the return does not matter."""
    bank = open_bank([per_step("3")])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000)])
    load(bank, [back(CARD, "2026-11-02", 500)])
    assert points_of(bank, vera) == 15


def test_what_the_rest_no_longer_reaches_is_taken_whole() -> None:
    bank = open_bank([per_step(conditions={"amount_from": "500"})])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000), back(CARD, "2026-11-02", 500)])
    assert points_of(bank, vera) == 5
    load(bank, [back(CARD, "2026-11-03", "0.01")])
    assert points_of(bank, vera) == 0


def test_points_by_tenure_under_a_monthly_limit_are_taken_back_whole() -> None:
    """They are not counted from the amount: the limit must forget all that the purchase had counted."""
    tenure = {"kind": "tenure", "bands": [{"years": 0, "points": "30"}]}
    bank = open_bank([promotion(tenure, limits={"per_month": "40"})])
    vera = join(bank, CARD, account_opened_on=date(2020, 1, 1))
    load(bank, [line(CARD, "2026-11-01", 10, merchant="a"), line(CARD, "2026-11-02", 10, merchant="b")])
    assert (points_of(bank, vera), counters(bank)) == (40, [[40]])
    load(bank, [back(CARD, "2026-11-03", 10, merchant="b")])
    assert (points_of(bank, vera), counters(bank)) == (30, [[30]])
    load(bank, [line(CARD, "2026-11-04", 10, merchant="c")])
    assert (points_of(bank, vera), counters(bank)) == (40, [[40]])


def test_a_funder_named_twice_gets_back_what_it_gave() -> None:
    twice = [{"participant": "bank", "share": 50}, {"participant": "bank", "share": 50}]
    bank = open_bank([per_step()])
    with db.transaction(bank.tenant) as session:  # published before that was refused
        version = session.scalars(select(PromotionVersion)).one()
        version.document = version.document | {"funding": twice}
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000), back(CARD, "2026-11-02", 1000)])
    assert (points_of(bank, vera), by_funder(bank)) == (0, {})


# Everything happens in November, at two merchants, in small amounts: returns find several purchases that fit.
SALES = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from("ab"), st.sampled_from([3, 5, 8, 13])),
    min_size=1,
    max_size=5,
)
BACKS = st.lists(
    st.tuples(
        st.integers(3, 12),
        st.sampled_from("ab"),
        st.sampled_from([3, 5, 8]),
        st.one_of(st.none(), st.integers(0, 4)),
    ),
    max_size=5,
)
TERMS = [
    {"points": "7", "step": "2", "limits": {"per_month": "40"}, "funding": SHARED},
    {"points": "3", "step": "1", "limits": {"per_purchase": "20"}},
    {"points": "1", "step": "1", "conditions": {"amount_from": "6"}},
]


def naive(lines: Sequence[tuple[object, ...]]) -> int:
    """The points that a set of sales and returns is worth, whatever order they came in."""
    sales = {row[1]: row for row in lines if row[0] == "P"}
    left = {name: amount for name, (_, _, _, _, amount) in sales.items()}
    backs = sorted((row for row in lines if row[0] == "R"), key=lambda row: (row[5] is None, row[2], row[6]))
    for _, _, day, merchant, amount, original, _ in backs:
        fits = [
            name
            for name, (_, _, bought, seller, _) in sales.items()
            if (name == original if original else seller == merchant and bought <= day)
            and left[name] >= amount
        ]
        if fits:
            best = max(fits, key=lambda name: (left[name] == amount, sales[name][2], name))
            left[best] -= amount
    by_month = min(40, sum(net // 2 * 7 for net in left.values()))
    by_purchase = sum(min(20, net * 3) for net in left.values())
    return by_month + by_purchase + sum(net for net in left.values() if net >= 6)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(sales=SALES, backs=BACKS, order=st.randoms(use_true_random=False), files=st.integers(1, 4))
def test_points_are_a_function_of_what_is_known(
    sales: list[tuple[int, str, int]],
    backs: list[tuple[int, str, int, int | None]],
    order: object,
    files: int,
) -> None:
    bank = open_bank([per_step(**terms) for terms in TERMS])  # type: ignore[arg-type]
    vera = join(bank, CARD)
    known: list[tuple[object, ...]] = [
        ("P", f"s{number}", day, merchant, amount) for number, (day, merchant, amount) in enumerate(sales)
    ]
    known += [
        ("R", f"b{number}", day, merchant, amount, None if original is None else f"s{original}", number)
        for number, (day, merchant, amount, original) in enumerate(backs)
    ]
    order.shuffle(known)  # type: ignore[attr-defined]
    for start, end in pairwise([len(known) * part // files for part in range(files + 1)]):
        if start < end:
            load(bank, [_written(row) for row in known[start:end]])
    assert points_of(bank, vera) == naive(known)


def _written(row: tuple[object, ...]) -> str:
    """Times are apart by the number, so that the latest of several is one."""
    kind, name, day, merchant, amount, *more = row
    original = more[0] or "" if more else ""
    at = f"2026-11-{day:02} {12 + (kind == 'R')}:00:{str(name)[1:]:0>2}"
    return line(
        CARD, at, amount, merchant=str(merchant), kind=str(kind), reference=str(name), original=str(original)
    )


def test_what_has_burnt_is_not_taken_a_second_time() -> None:
    other = promotion({"kind": "fixed", "points": "40"}, conditions={"amount_from": "5000"})
    bank = open_bank([per_step(funding=SHARED), other], expiry="days", expiry_count=30)
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-21", 1000)])
    with clock.stopped(datetime(2026, 12, 10, 9, tzinfo=UTC)):
        load(bank, [line(CARD, "2026-12-10", 5000, merchant="other")])
    with clock.stopped(datetime(2027, 1, 5, 9, tzinfo=UTC)):
        load(bank, [back(CARD, "2027-01-05", 400)])
        assert balances(bank)[vera] == (90, 0, 0, 0)
        load(bank, [back(CARD, "2027-01-05", 600)])
        assert balances(bank)[vera] == (90, 0, 0, 0)
    assert by_funder(bank) == {1: 55, 2: 35}
    assert query(
        bank, "select sum(case when to_account = 11 then points else -points end)::bigint from transfer"
        " where 11 in (from_account, to_account)"
    ) == [(0,)]  # fmt: skip


def test_of_what_was_spent_in_part_before_it_burnt_the_spent_part_is_owed() -> None:
    bank = open_bank([per_step()], expiry="days", expiry_count=30)
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-21", 1000)])
    with db.transaction(bank.tenant) as session:
        book = open_book(session, member_id=vera, zone=ZONE)
        book.spend(Cause(Purpose.HOLD, new_id(), clock.now()), 3, Account.REDEEMED)
    with clock.stopped(datetime(2027, 1, 5, 9, tzinfo=UTC)):
        load(bank, [back(CARD, "2027-01-05", 1000)])
    assert balances(bank)[vera] == (0, 0, 0, 3)
