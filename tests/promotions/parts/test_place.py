"""Outlets, regions, brands and franchises."""

import pytest

from coalition.promotions.case import Failed, Receipt
from tests.promotions.parts.sales import offer, sell, sold_at


@pytest.mark.parametrize(
    ("kind", "here", "elsewhere"),
    [("outlet", "o1", "o2"), ("region", "south", "north"), ("brand", "b1", "b2"), ("franchise", "f1", "f2")],
)
def test_a_place_is_one_of_those_named(kind: str, here: str, elsewhere: str) -> None:
    fits = offer({"kind": kind, "codes": ["x", here]})
    other = offer({"kind": kind, "codes": [elsewhere, "x"]})
    assert sell(fits, receipt=sold_at()) == 10
    assert sell(other, receipt=sold_at()) == Failed(kind, f"{elsewhere}, x", here)


def test_a_purchase_at_an_unknown_outlet_is_nowhere() -> None:
    assert sell(offer({"kind": "region", "codes": ["south"]}), receipt=Receipt()) == Failed("region", "south")


def test_places_of_two_kinds_are_both_wanted() -> None:
    index = offer({"kind": "region", "codes": ["south"]}, {"kind": "brand", "codes": ["b2"]})
    assert sell(index, receipt=sold_at()) == Failed("brand", "b2", "b1")
    assert sell(index, receipt=sold_at(brand="b2")) == 10
