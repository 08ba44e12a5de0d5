"""How much of a cheque points may pay: golden R2 and P3."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from coalition.programmes.queries import programme_by_id
from coalition.promotions.case import Item
from coalition.redemption.paying import Payable, PayTerms, payable, set_pay_terms, terms_of
from tenants.actor import SYSTEM, Actor
from tenants.runtime.errors import Forbidden, Refusal
from tests.ledger.house import open_house

THIRTY = PayTerms.model_validate(
    {"percent": "30", "goods": [{"goods": {"categories": ["tobacco"]}, "percent": "0"}]}
)
RICH = 10**9
A_ROUBLE = (1, 100)  # a point is worth one


def line(amount: int, category: str = "") -> Item:
    return Item("", 1000, amount, category=category)


def test_r2_thirty_percent_of_the_lines_that_allow_points() -> None:
    cheque = [line(50_000), line(30_000), line(20_000, "tobacco")]
    found = payable(THIRTY, 100_000, cheque, A_ROUBLE, RICH)
    assert found == Payable(240, 24_000, (15_000, 9_000, 0))


def test_r2_is_floored_to_what_a_point_is_worth() -> None:
    assert payable(THIRTY, 999, [line(999)], A_ROUBLE, RICH) == Payable(2, 200, (200,))
    assert payable(THIRTY, 333, [line(333)], A_ROUBLE, RICH) == Payable(0, 0, (0,))
    assert payable(THIRTY, 99_900, [line(99_900)], (10, 100), RICH) == Payable(2997, 29_970, (29_970,))


def test_nobody_pays_with_more_than_there_is() -> None:
    assert payable(THIRTY, 100_000, [line(100_000)], A_ROUBLE, 7) == Payable(7, 700, (700,))
    assert payable(THIRTY, 100_000, [line(100_000)], A_ROUBLE, -5).points == 0


def test_a_cheque_without_lines_is_goods_that_nobody_knows() -> None:
    assert payable(THIRTY, 100_000, [], A_ROUBLE, RICH) == Payable(300, 30_000, ())


@pytest.mark.parametrize(
    ("terms", "points"),
    [
        ({"percent": "100"}, 1000),  # all goods, all of the price
        ({"percent": "50"}, 500),  # a part
        ({"percent": "0", "goods": [{"goods": {"tags": ["own"]}, "percent": "100"}]}, 400),  # some goods only
        ({"percent": "100", "goods": [{"goods": {"tags": ["own"]}, "percent": "10"}]}, 640),
    ],
)
def test_p3_terms_name_goods_and_shares(terms: dict[str, Any], points: int) -> None:
    own = Item("", 1000, 40_000, tags=frozenset({"own"}))
    found = payable(PayTerms.model_validate(terms), 100_000, [own, line(60_000)], A_ROUBLE, RICH)
    assert found.points == points


AMOUNTS = st.lists(st.integers(-500, 5000), max_size=10)


@given(AMOUNTS, st.integers(0, 100), st.integers(1, 7), st.integers(1, 300), st.integers(0, 5000))
def test_lines_add_up_and_none_pays_more_than_its_share(
    amounts: list[int], percent: int, points: int, minor: int, available: int
) -> None:
    terms = PayTerms.model_validate({"percent": percent})
    items = [line(amount) for amount in amounts]
    found = payable(terms, max(sum(amounts), 1), items, (points, minor), available)
    assert found.points <= available
    if items:
        assert sum(found.by_line) == found.minor
        for paid, item in zip(found.by_line, items, strict=True):
            assert 0 <= paid <= max(item.amount, 0)


def test_terms_are_set_by_who_may_and_wrong_ones_change_nothing(session: Session) -> None:
    programme = open_house(session).programme
    set_pay_terms(session, SYSTEM, programme_id=programme, terms={"percent": "30"})
    with pytest.raises(Refusal, match="percent"):
        set_pay_terms(session, SYSTEM, programme_id=programme, terms={"percent": "101"})
    with pytest.raises(Forbidden):
        set_pay_terms(session, Actor("staff", UUID(int=1)), programme_id=programme, terms=None)
    assert terms_of(programme_by_id(session, programme)) == PayTerms.model_validate({"percent": "30"})
