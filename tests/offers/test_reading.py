"""What networks write is read as it is, whatever stands in it: nothing of it stops a walk."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from coalition.offers.models import Shop
from coalition.offers.taking import take_hint, take_orders
from coalition.offers.told import Hint, is_token, kept, plain
from partner_portal.aggregator.adapters import admitad, awin, declared
from partner_portal.aggregator.adapters.reading import page_of
from partner_portal.aggregator.walking import Step
from tenants.runtime import db
from tests.offers.conftest import NOW, Mall

ADMITAD = {"action_id": 1, "status": "pending", "advcampaign_id": 1, "cart": 10, "payment": 1, "currency": "RUB",
           "action_date": "2026-11-22 09:00:00"}  # fmt: skip
AWIN = {"id": 1, "advertiserId": 1, "commissionStatus": "pending", "saleAmount": {"amount": 1, "currency": "RUB"},
        "commissionAmount": {"amount": 1, "currency": "RUB"}, "transactionDate": "2026-11-22T09:00:00"}  # fmt: skip
FILE = {"order_id": "1", "order_sum": "10", "profit": "1", "state": "pending",
        "ordered_at": NOW.isoformat(), "amended_at": NOW.isoformat()}  # fmt: skip
WORDS = declared.vocabularies()["gdeslon"]


def orders(token: str) -> list[Any]:
    return [
        admitad._order(ADMITAD | {"subid": token}),
        awin._order(AWIN | {"clickRefs": {"clickRef": token}}),
        declared._order(FILE | {"sub_id": token}, WORDS, {"pending": "pending"}, {"currency": "RUB"}),
    ]


@pytest.mark.parametrize("token", ["\0", "abc\0", "\ud800", "a" * 25 + "\0", "a" * 27, "A" * 26, "1" * 26])
def test_a_foreign_word_is_passed_over(mall: Mall, token: str) -> None:
    assert not is_token(token)
    with db.transaction(mall.house.tenant) as session:
        network = session.merge(mall.state())
        assert take_orders(session, network, orders(token)) == 0
        hint = Hint(token=token, external_id="1", sale=1, commission=1, currency="RUB")
        assert take_hint(session, network, hint, signed=True) == "unknown_click"


def test_text_keeps_nothing_that_a_column_does_not_hold() -> None:
    assert kept("a\0b\ud800c\x7fd\U0001f600") == "a b c d\U0001f600"
    assert plain("Ткани\0\udfff и <b>нитки</b>") == "Ткани и нитки"


def test_a_row_whose_very_id_cannot_be_kept_stops_no_walk(
    mall: Mall, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": "1\0"}, {"id": "\ud800"}, {"id": "x" * 100}]
    assert page_of(rows, admitad._shop, None).unread == ["1 ", " ", "x" * 64]
    monkeypatch.setattr(admitad.Asked, "shops", lambda *_: page_of(rows, admitad._shop, None))
    assert mall.walk() is Step.DONE
    assert mall.state().unread == 3
    with db.transaction(mall.house.tenant) as session:
        assert session.scalars(select(Shop)).all() == []


@pytest.mark.parametrize("ordered", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1969-01-01"])
def test_an_order_of_another_age_cannot_be_read(ordered: str) -> None:
    def read(row: Any) -> Any:
        return declared._order(row, WORDS, {"pending": "pending"}, {"currency": "RUB"})

    row = FILE | {"sub_id": "a" * 26}
    assert page_of([row | {"ordered_at": ordered}], read, None, "order_id").unread == ["1"]
    assert page_of([row], read, None).rows[0].ordered_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
