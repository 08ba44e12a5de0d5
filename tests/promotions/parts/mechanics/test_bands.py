"""P1, R5 and the turnover side of T2: rates that rise with the sum."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coalition.promotions.case import Failed
from coalition.promotions.engine import replay
from coalition.promotions.periods import Span
from tests.promotions.offers import buy, document, index_of, member, points
from tests.promotions.parts.mechanics.sold import gives, past
from tests.promotions.parts.sales import offer, sell

P1 = [{"at_least": "0", "rate": "5"}, {"at_least": "10000", "rate": "10"}]


def bands(mode: str, span: str | None = None, steps: list[dict[str, str]] = P1) -> dict[str, Any]:
    by = "turnover" if span else "cheque"
    return {"kind": "bands", "by": by, "span": span, "mode": mode, "bands": steps}


@pytest.mark.parametrize(
    ("amount", "marginal", "whole"),
    [
        (1_500_000, 1000, 1500),  # P1
        (1_000_000, 500, 1000),  # a band holds sums of at least its bound (R5)
        (999_999, 499, 499),
        (1_000_010, 500, 1000),
        (1, 0, 0),
        (0, 0, 0),
    ],
)
def test_p1_bands_of_the_cheque_in_both_readings(amount: int, marginal: int, whole: int) -> None:
    given_ = [gives(offer(mechanic=bands(mode)), amount=amount) for mode in ("marginal", "whole")]
    assert given_ == [marginal, whole]


def test_the_first_band_may_give_nothing() -> None:
    steps = [{"at_least": "0", "rate": "0"}, {"at_least": "10000", "rate": "10"}]
    index = offer(mechanic=bands("marginal", steps=steps))
    assert (gives(index, amount=1_000_000), gives(index, amount=1_001_000)) == (0, 1)


def test_the_turnover_of_two_promotions_is_counted_apart() -> None:
    facts, terms = (
        member(),
        bands("whole", "ever", [{"at_least": "0", "rate": "5"}, {"at_least": "15000", "rate": "10"}]),
    )
    index = index_of(document(terms), document(terms))
    given_ = [[award.points for award in buy(index, 1_000_000, facts)] for _ in range(3)]
    assert given_ == [[500, 500], [500, 500], [1000, 1000]]


def test_t2_the_purchase_that_crosses_earns_at_the_rate_held_before_it() -> None:
    index, facts = offer(mechanic=bands("whole", "ever")), member()
    given_ = [gives(index, facts, amount=amount) for amount in (950_000, 100_000, 100_000)]
    assert given_ == [475, 50, 100]


def test_marginal_turnover_gives_the_part_above_the_bound_the_higher_rate() -> None:
    index, facts = offer(mechanic=bands("marginal", "ever")), member()
    assert [gives(index, facts, amount=amount) for amount in (950_000, 100_000)] == [475, 75]


def test_kopecks_of_many_small_purchases_add_up() -> None:
    index, facts = offer(mechanic=bands("marginal", "month")), member()
    assert [gives(index, facts, amount=1_999) for _ in range(3)] == [0, 1, 1]  # 0.99, 1.99, 2.99 in all


def test_turnover_is_net_of_returns() -> None:
    index = offer(mechanic=bands("whole", "ever"))
    given_ = [
        [sum(award.points for award in each) for each in replay(index, member(), past(first, 100_000))]
        for first in (1_000_000, 999_999)
    ]
    assert given_ == [[500, 100], [499, 50]]


@pytest.mark.parametrize(("span", "second"), [("day", 50), ("week", 50), ("month", 100), ("year", 100)])
def test_turnover_begins_anew_with_its_period(span: str, second: int) -> None:
    index, facts = offer(mechanic=bands("whole", span)), member()
    assert gives(index, facts, datetime(2026, 11, 20, 12, tzinfo=UTC), amount=1_000_000) == 500
    assert gives(index, facts, datetime(2026, 11, 23, 12, tzinfo=UTC), amount=100_000) == second


def test_the_index_asks_for_the_period_of_the_turnover() -> None:
    assert offer(mechanic=bands("whole", "quarter")).spans == frozenset({Span.QUARTER})


def test_what_the_conditions_leave_out_is_no_turnover() -> None:
    index, facts = offer(mechanic=bands("whole", "ever"), conditions={"amount_from": "1000"}), member()
    for _ in range(11):
        assert sell(index, facts, amount=99_999) == Failed("amount", 100_000, 99_999)
    assert [gives(index, facts, amount=amount) for amount in (1_000_000, 100_000)] == [500, 100]


@pytest.mark.parametrize(
    "wrong",
    [
        {"bands": [{"at_least": "1", "rate": "5"}, {"at_least": "2", "rate": "6"}]},
        {"bands": [{"at_least": "0", "rate": "5"}, {"at_least": "0", "rate": "6"}]},
        {"bands": [{"at_least": "0", "rate": "0"}, {"at_least": "2", "rate": "0"}]},
        {"bands": [{"at_least": "0", "rate": "5"}]},
        {"by": "turnover"},
        {"span": "month"},
        {"mode": "sideways"},
    ],
)
def test_bands_that_say_nonsense_are_refused(wrong: dict[str, Any]) -> None:
    good = {"kind": "bands", "mode": "whole", "bands": P1}
    assert document(good)
    with pytest.raises(ValidationError):
        document(good | wrong)


STEPS = st.lists(st.integers(0, 5_000), min_size=2, max_size=5).map(
    lambda rates: [
        {"at_least": str(i * 37), "rate": f"{rate // 100}.{rate % 100:02d}"} for i, rate in enumerate(rates)
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    steps=STEPS.filter(lambda steps: any(step["rate"] != "0.00" for step in steps)),
    parts=st.lists(st.integers(1, 20_000), min_size=1, max_size=12),
)
def test_a_purchase_in_parts_gives_the_same_by_marginal_turnover(
    steps: list[dict[str, str]], parts: list[int]
) -> None:
    index = offer(mechanic=bands("marginal", "ever", steps))
    facts = member()
    split = [gives(index, facts, amount=part) for part in parts]
    assert min(split) >= 0
    assert sum(split) == gives(index, member(), amount=sum(parts))


@settings(max_examples=150, deadline=None)
@given(
    less=st.integers(0, 5_000_000),
    more=st.integers(0, 5_000_000),
    span=st.sampled_from([None, "month"]),
    mode=st.sampled_from(["marginal", "whole"]),
)
def test_a_larger_purchase_never_gives_less(less: int, more: int, span: str | None, mode: str) -> None:
    index = offer(mechanic=bands(mode, span))
    assert 0 <= gives(index, amount=less) <= gives(index, amount=less + more)


def test_points_of_two_digits_are_floored_to_the_hundredth() -> None:
    assert points(index_of(document(bands("marginal")), scale=2), 1_000_019) == 50_001  # 500.019
