"""The forecast for a partner: exact, and never the two effects in one figure."""

from hypothesis import given
from hypothesis import strategies as st

from coalition.backtests.forecast import WHOLE, Bound, Exchange, Month, forecast
from coalition.backtests.tally import Tally

EXCHANGE = Exchange(1, 100)  # a point is worth a rouble


def sums() -> Tally:
    found = Tally(points=900)
    for day, points, amount in (
        ("2026-10-31", 500, 1_000_000),
        ("2026-11-01", 300, 600_000),
        ("2026-11-02", 100, 200_001),
    ):
        found.tried(day, points, 7)
        found.paid_for(day, amount)
    return found


def test_what_history_says_stands_by_month_and_what_is_assumed_by_its_bounds() -> None:
    found = forecast(sums(), EXCHANGE, uplifts=(0, 1000, 2500), margin=2000, exponent=2)
    assert found.months == [Month("2026-10", 1_000_000, 500, 50_000), Month("2026-11", 800_001, 400, 40_000)]
    assert (found.turnover, found.points, found.cost) == (1_800_001, 900, 90_000)
    assert found.bounds == [
        Bound(0, 0, 0, 0, 0, None, None),
        Bound(1000, 180_000, 36_000, 90, 9_000, 50, 5),
        Bound(2500, 450_000, 90_000, 225, 22_500, 20, 5),
    ]
    # 20% of the margin of 18,000.01 is 3,600.00 for the whole turnover; points cost 900.00 for it
    assert found.break_even == 3334


def test_points_that_cost_more_than_the_margin_never_pay() -> None:
    assert forecast(sums(), EXCHANGE, uplifts=(), margin=499, exponent=2).break_even is None
    assert forecast(Tally(), EXCHANGE, uplifts=(1000,), margin=500, exponent=2).break_even == 0


@given(
    points=st.integers(0, 10**9),
    turnover=st.integers(1, 10**13),
    margin=st.integers(1, WHOLE),
    value=st.tuples(st.integers(1, 100), st.integers(1, 1000)),
)
def test_the_break_even_uplift_is_the_least_that_pays(
    points: int, turnover: int, margin: int, value: tuple[int, int]
) -> None:
    tally = Tally(points=points, daily={"2026-11-01": [points, 0]}, sold={"2026-11-01": turnover})
    found = forecast(tally, Exchange(*value), uplifts=(), margin=margin, exponent=2).break_even

    def pays(uplift: int) -> bool:
        """The margin of what is added against the cost of all points, times what makes both whole."""
        return turnover * uplift * margin * value[0] >= points * (WHOLE + uplift) * value[1] * WHOLE

    if found is None:
        assert not pays(10**12)
    else:
        assert pays(found)
        assert found == 0 or not pays(found - 1)
