"""A percentage in the category that was chosen for the month."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coalition.promotions.case import Facts, Known, Profile
from tests.promotions.offers import buy, document, index_of, member, points

FAVOURITE = {
    "kind": "category_of_month",
    "rate": "7.5",
    "categories": {"cafes": ["5812", "5814"], "fuel": ["5541", "5542"]},
}


def chose(**months: str) -> Facts:
    """A member who chose categories for months, as m202611="cafes"."""
    facts = member()
    facts.known = (
        Known(0, Profile(attributes={f"category:{month[1:]}": code for month, code in months.items()})),
    )
    return facts


@pytest.mark.parametrize(("mcc", "expected"), [(5812, 93), (5814, 93), (5541, 0), (-1, 0)])
def test_the_chosen_category_earns_and_no_other(mcc: int, expected: int) -> None:
    assert points(index_of(document(FAVOURITE)), 125_000, chose(m202611="cafes"), mcc=mcc) == expected


def test_a_choice_is_for_its_month() -> None:
    index, facts = index_of(document(FAVOURITE)), chose(m202611="cafes", m202612="fuel")
    given_ = [
        [points(index, 100_000, facts, day=day, mcc=mcc) for mcc in (5812, 5542)]
        for day in (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1))
    ]
    assert given_ == [[0, 0], [75, 0], [75, 0], [0, 75]]


def test_who_chose_nothing_or_what_is_no_more_there_earns_nothing() -> None:
    index = index_of(document(FAVOURITE))
    assert [buy(index, 100_000, facts, mcc=5812) for facts in (member(), chose(m202611="travel"))] == [[], []]


@pytest.mark.parametrize("categories", [{}, {"cafes": []}, {"cafes": ["58"]}, {"cafes": ["58१२"]}])
def test_categories_without_real_codes_are_refused(categories: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        document(FAVOURITE | {"categories": categories})


@settings(max_examples=100, deadline=None)
@given(less=st.integers(-100, 10**9), more=st.integers(0, 10**9))
def test_points_are_never_negative_and_grow_with_the_amount(less: int, more: int) -> None:
    index, facts = index_of(document(FAVOURITE)), chose(m202611="cafes")
    smaller, larger = (points(index, amount, facts, mcc=5812) for amount in (less, less + more))
    assert 0 <= smaller <= larger
