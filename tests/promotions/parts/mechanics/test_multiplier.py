"""Points of other promotions, multiplied."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coalition.promotions.case import Setting, Units
from coalition.promotions.checking import flaws
from coalition.promotions.compiling import compile_index
from coalition.promotions.index import Index, Published
from tests.promotions.offers import CODES, LONG_AGO, buy, document

CODES_OF_PROMOTIONS = {"base": 101, "extra": 102, "double": 103, "triple": 104}
BASE = {"kind": "percent", "rate": "5"}
EXTRA = {"kind": "fixed", "points": "7"}


def together(*mechanics: dict[str, Any], **more: Any) -> Index:
    """Promotions "base", "extra", "double", "triple", in this order."""
    published = [
        Published(number, 100 + number, LONG_AGO, None, LONG_AGO, document(mechanic, **more))
        for number, mechanic in enumerate(mechanics, 1)
    ]
    setting = Setting(Units(0, 2), promotions=CODES_OF_PROMOTIONS)
    return compile_index(published, number=1, setting=setting, codes=CODES, delay_days=0)


def times(times: str, *of: str) -> dict[str, Any]:
    return {"kind": "multiplier", "times": times, "of": list(of)}


def given_by(index: Index, amount: int = 199_900) -> list[tuple[int, int]]:
    return [(award.rule.promotion, award.points) for award in buy(index, amount)]


def test_double_points_add_the_points_of_all_others_once_more() -> None:
    assert given_by(together(BASE, EXTRA, times("2"))) == [(101, 99), (102, 7), (103, 106)]


def test_only_the_named_promotions_are_multiplied() -> None:
    assert given_by(together(BASE, EXTRA, times("3", "extra"))) == [(101, 99), (102, 7), (103, 14)]


def test_half_as_much_again_is_floored() -> None:
    assert given_by(together(BASE, EXTRA, times("1.5", "base")))[-1] == (103, 49)  # of 49.5


def test_multipliers_do_not_multiply_each_other() -> None:
    assert given_by(together(BASE, EXTRA, times("2"), times("3"))) == [
        (101, 99), (102, 7), (103, 106), (104, 212),
    ]  # fmt: skip


def test_a_multiplier_stands_before_the_promotions_it_multiplies_all_the_same() -> None:
    assert given_by(together(times("2"), BASE)) == [(102, 99), (101, 99)]


def test_what_the_limits_cut_is_not_multiplied() -> None:
    assert given_by(together(BASE, times("2"), limits={"per_purchase": "30"})) == [(101, 30), (102, 30)]


def test_nothing_is_given_where_the_others_gave_nothing() -> None:
    assert given_by(together(BASE, times("2")), amount=100) == []


def test_a_document_that_names_an_unknown_promotion_is_refused() -> None:
    codes = CODES._replace(promotions=CODES_OF_PROMOTIONS)
    terms = [document(times("2", *of)).model_dump(mode="json") for of in (("base",), ("base", "gone"))]
    assert [[(flaw.field, flaw.why) for flaw in flaws(one, codes)] for one in terms] == [
        [],
        [("mechanic.of", "there is no gone")],
    ]


@pytest.mark.parametrize("wrong", ["1", "0.5", "-2", "100.5", "1.001"])
def test_times_is_more_than_one_and_at_most_a_hundred(wrong: str) -> None:
    with pytest.raises(ValidationError):
        document(times(wrong))


@settings(max_examples=100, deadline=None)
@given(amount=st.integers(0, 10**12), hundredths=st.integers(101, 10_000))
def test_the_whole_is_never_more_than_times_as_many(amount: int, hundredths: int) -> None:
    found = dict(given_by(together(BASE, times(f"{hundredths // 100}.{hundredths % 100:02d}")), amount))
    base, added = found.get(101, 0), found.get(102, 0)
    assert added >= 0
    assert (base + added) * 100 <= base * hundredths < (base + added + 1) * 100
