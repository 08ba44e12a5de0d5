"""What holds of the engine for any set of promotions."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coalition import money
from coalition.promotions.case import Line, Setting, Units
from coalition.promotions.compiling import compile_index
from coalition.promotions.engine import evaluate
from coalition.promotions.index import Limit, Published, microseconds
from coalition.promotions.periods import Span
from tests.promotions.offers import CODES, LONG_AGO, buy, document, index_of, member

MECHANICS = st.one_of(
    st.builds(lambda rate: {"kind": "percent", "rate": str(rate)}, st.integers(1, 50)),
    st.builds(
        lambda points, step: {"kind": "per_step", "points": str(points), "step": str(step)},
        st.integers(1, 20), st.integers(1, 50),
    ),
    st.builds(lambda points: {"kind": "fixed", "points": str(points)}, st.integers(1, 40)),
    st.builds(
        lambda then, apart: {"kind": "ladder", "steps": ["10", "5"], "then": then, "per_partner": apart},
        st.sampled_from(["none", "last", "again"]), st.booleans(),
    ),
    st.builds(
        lambda mode, span: {
            "kind": "bands", "by": "turnover", "span": span, "mode": mode,
            "bands": [{"at_least": "0", "rate": "5"}, {"at_least": "50", "rate": "20"}],
        },
        st.sampled_from(["marginal", "whole"]), st.sampled_from(["month", "ever"]),
    ),
)  # fmt: skip
TRIGGERS = st.one_of(
    st.just({"kind": "purchase"}),
    st.builds(lambda n, every: {"kind": "nth", "n": n, "every": every}, st.integers(1, 3), st.booleans()),
    st.just({"kind": "repeat", "days": 3}),
)


@st.composite
def documents(draw: st.DrawFn) -> Any:
    conditions: dict[str, object] = {}
    if draw(st.booleans()):
        conditions["partners"] = draw(st.sampled_from([["nerpa"], ["sopka"], ["nerpa", "sopka"]]))
    if draw(st.booleans()):
        conditions["mcc"] = draw(st.sampled_from([["5411"], ["5541", "5542"]]))
    if draw(st.booleans()):
        conditions["amount_from"] = str(draw(st.integers(1, 60)))
    once = draw(st.booleans())
    limits = {"per_purchase": str(draw(st.integers(1, 30)))} if draw(st.booleans()) else {}
    if not once and draw(st.booleans()):
        limits["per_month"] = str(draw(st.integers(1, 40)))
    return document(draw(MECHANICS), conditions=conditions, limits=limits, once=once, trigger=draw(TRIGGERS))


def line(day: int, amount: int, partner: int, mcc: int) -> Line:
    at = microseconds(datetime(2026, 1 + day // 20, 1 + day % 20, 12, tzinfo=UTC))
    return Line(at, 202601 + day // 20, 1, amount, partner, mcc)


LINES = st.lists(
    st.builds(
        line, st.integers(0, 39), st.integers(1, 9_000), st.sampled_from([0, 1, 2]),
        st.sampled_from([-1, 5411, 5541]),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(offers=st.lists(documents(), min_size=1, max_size=8), lines=LINES, rnd=st.randoms())
def test_the_order_of_rules_in_storage_changes_nothing(
    offers: list[Any], lines: list[Line], rnd: Any
) -> None:
    order = list(range(len(offers)))
    rnd.shuffle(order)
    found = []
    for index in (index_of(*offers), index_of(*offers, order=order)):
        facts = member()
        awards = [evaluate(index, facts, one, date(2026, 1, 1)) for one in lines]
        given_ = [
            [(award.rule.version, award.base, award.points, award.cut) for award in each] for each in awards
        ]
        found.append((given_, facts.counters))
    assert found[0] == found[1]


@settings(max_examples=150, deadline=None)
@given(offers=st.lists(documents(), min_size=2, max_size=4), lines=LINES)
@example(
    offers=[document({"kind": "ladder", "steps": ["10", "5"]})] * 2,
    lines=[line(1, 9_000, 0, -1), line(2, 9_000, 0, -1)],
)
def test_promotions_of_no_lane_give_together_what_each_gives_alone(
    offers: list[Any], lines: list[Line]
) -> None:
    together = index_of(*offers)
    facts = member()
    found = [evaluate(together, facts, one, date(2026, 1, 1)) for one in lines]
    for number, offer in enumerate(offers, 1):
        index, facts = index_of(offer), member()
        alone = [
            [(award.points, award.cut, award.step) for award in evaluate(index, facts, one, date(2026, 1, 1))]
            for one in lines
        ]
        assert alone == [
            [(award.points, award.cut, award.step) for award in each if award.rule.version == number]
            for each in found
        ]


@settings(max_examples=150, deadline=None)
@given(offers=st.lists(documents(), min_size=1, max_size=8), lines=LINES)
def test_limits_are_never_exceeded(offers: list[Any], lines: list[Line]) -> None:
    index, facts = index_of(*offers), member()
    given_: dict[tuple[int, int], int] = {}
    times: dict[int, int] = {}
    for one in lines:
        for award in evaluate(index, facts, one, date(2026, 1, 1)):
            assert 0 <= award.points <= award.rule.limit_purchase
            assert award.cut >= 0
            given_[award.rule.version, one.period] = (
                given_.get((award.rule.version, one.period), 0) + award.points
            )
            times[award.rule.version] = times.get(award.rule.version, 0) + 1
    assert all(
        total <= limit.points
        for (version, _), total in given_.items()
        for limit in index.rules[version].limits
    )
    assert all(times.get(i, 0) <= 1 for i, offer in enumerate(offers, 1) if offer.once)


@given(
    amount=st.integers(0, 10**12),
    weights=st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(lambda w: sum(w) > 0),
)
def test_shares_add_up_and_are_within_one_of_exact(amount: int, weights: list[int]) -> None:
    parts = money.share(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    assert all(
        abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True)
    )


@pytest.mark.parametrize(
    ("amount", "weights", "parts"), [(100, [1, 1, 1], [34, 33, 33]), (2, [30, 70], [1, 1]), (0, [1], [0])]
)
def test_the_last_units_go_to_the_largest_remainders(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert money.share(amount, weights) == parts


@pytest.mark.parametrize(
    "wrong",
    [
        {"mechanic": {"kind": "percent", "rate": "0"}},
        {"mechanic": {"kind": "percent", "rate": "5.001"}},
        {"mechanic": {"kind": "magic"}},
        {"mechanic": {"kind": "tenure", "bands": [{"years": 1, "points": "1"}]}},
        {"funding": [{"participant": "bank", "share": 99}]},
        {"funding": []},
        {"once": True, "limits": {"per_month": "5"}},
        {"conditions": {"mcc": ["54"]}},
        {"conditions": {"weather": "fine"}},
    ],
)
def test_a_document_that_says_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    good: dict[str, Any] = {"mechanic": {"kind": "percent", "rate": "5"}}
    assert document(**good)
    with pytest.raises(ValidationError):
        document(**(good | wrong))


def test_of_equals_in_a_lane_the_older_promotion_pays_however_new_its_version_is() -> None:
    best = {"lane": {"name": "main", "combine": "best"}}
    offer = document({"kind": "fixed", "points": "5"}, **best)
    published = [
        Published(n, promotion, LONG_AGO, None, LONG_AGO, offer) for n, promotion in ((2, 102), (3, 101))
    ]
    index = compile_index(published, number=1, setting=Setting(Units(0, 2)), codes=CODES, delay_days=0)
    assert [(award.rule.promotion, award.points) for award in buy(index, 1000)] == [(101, 5), (102, 0)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_limits_that_are_written_alike_are_each_in_the_units_of_what_is_given(order: tuple[int, int]) -> None:
    most = {"per_month": "500"}
    earns = document({"kind": "percent", "rate": "5"}, limits=most)
    off = document({"kind": "percent", "rate": "5"}, limits=most, gives={"kind": "discount"})
    index = index_of(earns, off, order=order)
    assert [index.rules[version].limits for version in (1, 2)] == [
        (Limit(500, Span.MONTH),),  # points
        (Limit(50_000, Span.MONTH),),  # kopecks
    ]
