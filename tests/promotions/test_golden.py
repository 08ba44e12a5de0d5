"""The rules of the seeds with their worked numbers: W1, W2, W3, B1, B2, B3, R1, R5, R6 and N6."""

from datetime import date

import pytest

from coalition.programmes import terms
from coalition.programmes.models import Programme
from coalition.promotions.kinds import OperationKind
from coalition.promotions.mechanics.tenure import whole_years
from tests.promotions.offers import buy, document, index_of, member, points

BANDS = [{"years": 0, "points": "50"}, {"years": 1, "points": "75"}, {"years": 3, "points": "100"}]
WELCOME = document(
    {"kind": "tenure", "bands": BANDS}, once=True, conditions={"segments": ["payroll", "pension"]}
)
PAYROLL, PENSION, PREMIUM = 1, 2, 4


@pytest.mark.parametrize(
    ("opened_on", "day", "expected"),
    [
        (date(2023, 11, 22), date(2026, 11, 21), 75),  # the day before three years
        (date(2023, 11, 22), date(2026, 11, 22), 100),  # the anniversary counts as reached
        (date(2023, 11, 22), date(2024, 11, 21), 50),
        (date(2023, 11, 22), date(2024, 11, 22), 75),
        (date(2026, 11, 22), date(2026, 11, 22), 50),  # opened today
        (date(2024, 2, 29), date(2025, 2, 27), 50),
        (date(2024, 2, 29), date(2025, 2, 28), 75),  # 29 February is kept on 28 February in common years
        (date(2020, 2, 29), date(2023, 2, 28), 100),
        (date(2020, 2, 29), date(2024, 2, 28), 100),
        (date(2021, 2, 28), date(2024, 2, 28), 100),
        (date(1990, 1, 1), date(2026, 11, 22), 100),
        (date(2026, 11, 23), date(2026, 11, 22), 0),  # not yet a client
        (None, date(2026, 11, 22), 0),
    ],
)
def test_w1_welcome_points_go_by_the_years_with_the_bank(
    opened_on: date | None, day: date, expected: int
) -> None:
    assert points(index_of(WELCOME), 100, member(opened_on, PAYROLL), day=day) == expected


@pytest.mark.parametrize(
    ("since", "day", "years"),
    [
        (date(2020, 2, 29), date(2024, 2, 28), 3),
        (date(2020, 2, 29), date(2024, 2, 29), 4),
        (date(2020, 2, 29), date(2021, 2, 28), 1),
        (date(2020, 2, 29), date(2021, 3, 1), 1),
    ],
)
def test_a_leap_day_is_kept_on_the_28th_in_common_years_only(since: date, day: date, years: int) -> None:
    assert whole_years(since, day) == years


@pytest.mark.parametrize(
    ("segments", "expected"), [(0, 0), (PREMIUM, 0), (PAYROLL, 100), (PENSION, 100), (7, 100)]
)
def test_w1_is_for_payroll_and_pension_clients(segments: int, expected: int) -> None:
    assert points(index_of(WELCOME), 100, member(date(2020, 1, 1), segments)) == expected


def test_w1_is_given_once_ever() -> None:
    index, facts = index_of(WELCOME), member(date(2023, 11, 22), PAYROLL)
    given = [points(index, 100, facts, day=date(2026, month, 22)) for month in (10, 11, 12)]
    assert given == [75, 0, 0]


def test_w2_is_floored() -> None:
    assert points(index_of(document({"kind": "percent", "rate": "7.5"})), 125_000) == 93


@pytest.mark.parametrize(("amount", "expected"), [(19_999, 1), (9_999, 0), (10_000, 1), (1_234_500, 123)])
def test_b1_one_for_every_whole_hundred(amount: int, expected: int) -> None:
    index = index_of(document({"kind": "per_step", "points": "1", "step": "100"}))
    assert points(index, amount) == expected


def test_b2_two_for_every_whole_hundred_of_services() -> None:
    services = document({"kind": "per_step", "points": "2", "step": "100"}, conditions={"kinds": ["service"]})
    index = index_of(services)
    assert points(index, 35_000, kind=OperationKind.SERVICE) == 6
    assert points(index, 35_000) == 0


def test_b3_five_a_transfer_and_twenty_a_month() -> None:
    transfers = document(
        {"kind": "fixed", "points": "5"}, conditions={"kinds": ["transfer_own"]}, limits={"per_month": "20"}
    )
    index, facts = index_of(transfers), member()
    month = [points(index, 1, facts, kind=OperationKind.TRANSFER_OWN) for _ in range(6)]
    assert month == [5, 5, 5, 5, 0, 0]
    assert points(index, 1, facts, kind=OperationKind.TRANSFER_OWN, day=date(2026, 12, 1)) == 5


@pytest.mark.parametrize("kind", [OperationKind.CASH, OperationKind.FEE])
def test_cash_and_fees_earn_nothing(kind: OperationKind) -> None:
    index = index_of(document({"kind": "fixed", "points": "5"}))
    assert points(index, 100_000, kind=kind) == 0


@pytest.mark.parametrize(("scale", "expected"), [(0, 99), (2, 9995)])
def test_r1_five_percent_floored_to_the_scale_of_the_points(scale: int, expected: int) -> None:
    assert points(index_of(document({"kind": "percent", "rate": "5"}), scale=scale), 199_900) == expected


@pytest.mark.parametrize(("amount", "expected"), [(999_999, 999), (1_000_000, 2000)])
def test_r5_a_purchase_of_ten_thousand_and_more_earns_more_on_the_whole(amount: int, expected: int) -> None:
    base = document({"kind": "percent", "rate": "10"}, limits={"per_purchase": "1000"})
    raised = document({"kind": "percent", "rate": "10"}, conditions={"amount_from": "10000"})
    assert points(index_of(base, raised), amount) == expected


@pytest.mark.parametrize(
    ("expiry", "count", "fixed", "active", "last_day"),
    [
        ("days", 30, None, date(2026, 3, 1), date(2026, 3, 31)),  # R6
        ("days", 30, None, date(2024, 2, 1), date(2024, 3, 2)),
        ("month_end", 1, None, date(2026, 1, 31), date(2026, 2, 28)),
        ("month_end", 12, None, date(2023, 2, 1), date(2024, 2, 29)),
        ("month_end", 1, None, date(2026, 12, 5), date(2027, 1, 31)),
        ("date", None, date(2026, 12, 31), date(2026, 12, 31), date(2026, 12, 31)),
        ("date", None, date(2026, 12, 31), date(2027, 1, 1), terms.NEVER),
        ("never", None, None, date(2026, 3, 1), terms.NEVER),
    ],
)
def test_r6_the_last_valid_day(
    expiry: str, count: int | None, fixed: date | None, active: date, last_day: date
) -> None:
    programme = Programme(expiry=expiry, expiry_count=count, expiry_date=fixed)
    assert terms.expires_on(programme, active) == last_day


def test_w3_promotions_of_a_partner_together_give_no_more_than_twelve_percent() -> None:
    lane = {"name": "local", "percent": "12"}
    table = document({"kind": "percent", "rate": "8"}, lane=lane, conditions={"partners": ["nerpa"]})
    boost = document({"kind": "percent", "rate": "6"}, lane=lane, conditions={"partners": ["nerpa"]})
    awards = buy(index_of(table, boost), 200_000, partner=1)
    assert sum(award.points for award in awards) == 240
    assert sum(award.points + award.cut for award in awards) == 280


@pytest.mark.parametrize(("amount", "expected"), [(1_000_000, 120_000), (700_000, 84_000), (699_999, 0)])
def test_n6_twelve_percent_of_a_hotel_from_seven_thousand(amount: int, expected: int) -> None:
    """A point is a kopeck's worth here: 1,200.00 to the member. What the system takes of the hotel is settlement's."""
    index = index_of(
        document({"kind": "percent", "rate": "12"}, conditions={"mcc": ["7011"], "amount_from": "7000"}),
        scale=2,
    )
    assert points(index, amount, mcc=7011) == expected
    assert points(index, amount, mcc=5812) == 0


def test_excluded_categories_earn_nothing() -> None:
    index = index_of(document({"kind": "percent", "rate": "10"}, conditions={"excluded_mcc": ["6011"]}))
    assert (points(index, 1000, mcc=6011), points(index, 1000, mcc=5411), points(index, 1000)) == (0, 1, 1)


def test_an_explanation_says_what_was_counted_given_and_cut() -> None:
    cut = document({"kind": "percent", "rate": "10"}, limits={"per_purchase": "30"})
    (award,) = buy(index_of(cut), 50_000)
    assert (award.rule.version, award.base, award.points, award.cut) == (1, 50_000, 30, 20)
    (award,) = buy(index_of(WELCOME), 50_000, member(date(2024, 11, 22), PAYROLL))
    assert (award.base, award.points, award.cut) == (2, 75, 0)
