"""What an order's truth comes to: exact points, whatever the network says next."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Purpose
from coalition.ledger.post import Cause, open_book
from coalition.offers import actions
from coalition.offers.actions import list_shop
from coalition.offers.models import Click, Network, Order, Shop
from coalition.offers.queries import orders_of
from coalition.offers.taking import give_up_hints, take_hint, take_orders
from coalition.offers.told import Hint, OrderTold
from coalition.offers.worth import Terms, member_rate, points_for, standing
from coalition.reports.audit import audit
from coalition.reports.history import history
from tenants.actor import SYSTEM, member
from tenants.runtime import clock, db
from tenants.runtime.errors import Forbidden, NotFound
from tests.ledger.house import balance, new_member
from tests.offers.conftest import Loopback, Mall, open_mall


class Buyer:
    """A member with a click at a shop, and a network that says this and that of an order."""

    def __init__(self, mall: Mall, *, share: int = 5000, activation: str = "approved") -> None:
        self.mall, self.changes = mall, 0
        mall.walk()
        with db.transaction(mall.house.tenant) as session:
            self.shop = session.scalars(select(Shop).where(Shop.external_id == "30000")).one().id
            list_shop(session, SYSTEM, shop_id=self.shop, share=share, activation=activation)
            link = actions.click(session, member(mall.member), member_id=mall.member, shop_id=self.shop)
            self.token = session.scalars(select(Click.token)).one()
        assert f"subid={self.token}" in link
        self.at = clock.now() - timedelta(minutes=1)  # its words follow, and none of them is yet to come

    def say(
        self, state: str, commission: int, *, sale: int = 125_000, currency: str = "RUB", older: int = 0
    ) -> int:
        """The network's word, each newer than the last."""
        self.changes += 1
        told = OrderTold(
            "A-1", self.token, "30000", state, sale, commission, currency, self.at,
            self.at + timedelta(seconds=self.changes - older), "",
        )  # fmt: skip
        with db.transaction(self.mall.house.tenant) as session:
            return take_orders(session, self.network(session), [told])

    def network(self, session: Session) -> Network:
        return session.get_one(Network, (self.mall.house.tenant, self.mall.network))

    def balance(self) -> tuple[int, int, int, int]:
        with db.transaction(self.mall.house.tenant) as session:
            return balance(session, self.mall.member)

    def sound(self) -> None:
        with db.transaction(self.mall.house.tenant) as session:
            assert [one.rule for one in audit(session) if one.broken] == []


@pytest.fixture
def buyer(mall: Mall) -> Buyer:
    return Buyer(mall)


def test_half_of_fifteen_percent_of_1250_is_93_points(buyer: Buyer) -> None:
    """Golden W2: 7.5 % of 1,250.00 are 93 points, and the member is told 7.5 %."""
    assert member_rate(1500, 5000) == 750
    buyer.say("pending", 18_750)
    assert buyer.balance() == (0, 93, 0, 0)
    buyer.say("approved", 18_750)
    assert buyer.balance() == (93, 0, 0, 0)
    buyer.sound()


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ([("pending", 18_750), ("declined", 18_750)], (0, 0, 0, 0)),
        ([("pending", 18_750), ("pending", 10_000), ("approved", 10_000)], (50, 0, 0, 0)),
        ([("pending", 10_000), ("approved", 18_750)], (93, 0, 0, 0)),
        ([("approved", 18_750), ("declined", 18_750)], (0, 0, 0, 0)),
        ([("approved", 18_750), ("on_hold", 18_750)], (0, 93, 0, 0)),
        ([("approved", 18_750), ("approved", 20_000), ("approved", 10_001)], (50, 0, 0, 0)),
        ([("approved", 100), ("declined", 100), ("approved", 18_750), ("declined", 0), ("paid", 200)], (1, 0, 0, 0)),
        ([("declined", 18_750), ("pending", 18_750), ("on_hold", 300), ("paid", 18_750)], (93, 0, 0, 0)),
        ([("pending", 199), ("approved", 199)], (0, 0, 0, 0)),
    ],
)  # fmt: skip
def test_whatever_was_said_before_the_last_word_holds(
    buyer: Buyer, words: list[tuple[str, int]], left: tuple[int, int, int, int]
) -> None:
    for state, commission in words:
        buyer.say(state, commission)
    assert buyer.balance() == left
    buyer.sound()


def test_the_same_word_twice_changes_nothing_and_an_older_one_neither(buyer: Buyer) -> None:
    assert buyer.say("approved", 18_750) == 1
    assert buyer.say("approved", 18_750) == 0
    assert buyer.say("declined", 0, older=2) == 0
    assert buyer.balance() == (93, 0, 0, 0)


def test_points_that_were_spent_are_owed_after_a_reversal(buyer: Buyer) -> None:
    buyer.say("approved", 18_750)
    with db.transaction(buyer.mall.house.tenant) as session:
        book = open_book(session, member_id=buyer.mall.member, zone="Asia/Kamchatka")
        book.spend(Cause(Purpose.ADJUST, UUID(int=5), clock.now()), 60, Account.ADJUSTED)
    buyer.say("declined", 0)
    assert buyer.balance() == (0, 0, 0, 60)
    buyer.say("approved", 10_000)
    assert buyer.balance() == (0, 0, 0, 10)


def test_points_that_have_burnt_are_not_taken_twice(loopback: Loopback, tenant: int) -> None:
    buyer = Buyer(open_mall(loopback, tenant, expiry="days", expiry_count=10))
    buyer.say("pending", 18_750)
    buyer.say("approved", 18_750)
    with clock.stopped(clock.now() + timedelta(days=20)):
        with db.transaction(tenant) as session:
            open_book(session, member_id=buyer.mall.member, zone="Asia/Kamchatka")
        assert buyer.balance() == (0, 0, 0, 0)
        buyer.say("declined", 0)
        assert buyer.balance() == (0, 0, 0, 0)
        buyer.sound()


def test_pending_points_wait_for_as_long_as_it_takes(loopback: Loopback, tenant: int) -> None:
    buyer = Buyer(open_mall(loopback, tenant, expiry="days", expiry_count=10))
    buyer.say("pending", 18_750)
    with clock.stopped(clock.now() + timedelta(days=200)):
        buyer.say("approved", 18_750)
        assert buyer.balance() == (93, 0, 0, 0)


def test_where_the_terms_say_so_points_wait_for_the_money(mall: Mall) -> None:
    buyer = Buyer(mall, activation="paid")
    buyer.say("approved", 18_750)
    assert buyer.balance() == (0, 93, 0, 0)
    buyer.say("paid", 18_750)
    assert buyer.balance() == (93, 0, 0, 0)
    buyer.sound()


def test_another_currency_gives_nothing_until_it_is_put_right(buyer: Buyer) -> None:
    buyer.say("approved", 18_750, currency="USD")
    assert buyer.balance() == (0, 0, 0, 0)
    with db.transaction(buyer.mall.house.tenant) as session:
        assert [one.order.problem for one in orders_of(session, buyer.mall.member)] == ["currency"]
    buyer.say("approved", 18_750)
    assert buyer.balance() == (93, 0, 0, 0)


def test_more_than_the_sale_itself_is_not_believed(buyer: Buyer) -> None:
    buyer.say("approved", 1_250_000, sale=125_000)
    assert buyer.balance() == (0, 0, 0, 0)
    buyer.sound()


def test_terms_that_change_after_the_click_change_nothing(buyer: Buyer) -> None:
    with db.transaction(buyer.mall.house.tenant) as session:
        list_shop(session, SYSTEM, shop_id=buyer.shop, share=10_000, activation="paid")
    buyer.say("approved", 18_750)
    assert buyer.balance() == (93, 0, 0, 0)


def test_only_the_funder_pays(buyer: Buyer) -> None:
    buyer.say("approved", 18_750)
    with db.transaction(buyer.mall.house.tenant) as session:
        entries, _ = history(session, buyer.mall.member)
    assert [(one.kind, one.points, one.order and one.order.shop.id) for one in entries] == [
        ("order", 93, buyer.shop)
    ]


def hint(buyer: Buyer, **said: Any) -> Hint:
    usual = {
        "token": buyer.token,
        "external_id": "A-1",
        "sale": 125_000,
        "commission": 18_750,
        "currency": "RUB",
    }
    return Hint(**usual | said)


@pytest.mark.parametrize(
    ("said", "signed", "outcome", "pending"),
    [
        ({}, True, "pending", 93),
        ({}, False, "unsigned", 0),
        ({"token": "b" * 26}, True, "unknown_click", 0),
        ({"token": ""}, True, "unknown_click", 0),
        ({"currency": "USD"}, True, "unclear", 0),
        ({"external_id": ""}, True, "unclear", 0),
        ({"commission": 1_250_000}, True, "too_much", 0),
    ],
)  # fmt: skip
def test_a_postback_makes_an_order_known_at_most(
    buyer: Buyer, said: dict[str, Any], signed: bool, outcome: str, pending: int
) -> None:
    with db.transaction(buyer.mall.house.tenant) as session:
        assert take_hint(session, buyer.network(session), hint(buyer, **said), signed=signed) == outcome
    assert buyer.balance() == (0, pending, 0, 0)
    buyer.sound()


def test_what_the_network_then_says_replaces_the_postback(buyer: Buyer) -> None:
    with db.transaction(buyer.mall.house.tenant) as session:
        take_hint(
            session, buyer.network(session), hint(buyer, sale=1_250_000, commission=187_500), signed=True
        )
    assert buyer.balance() == (0, 937, 0, 0)
    buyer.say("pending", 18_750)
    assert buyer.balance() == (0, 93, 0, 0)
    with db.transaction(buyer.mall.house.tenant) as session:
        (order,) = session.scalars(select(Order))
        assert order.ordered_at == buyer.at  # the network's day, by which it is asked for what it has paid
        assert take_hint(session, buyer.network(session), hint(buyer), signed=True) == "known"
    assert buyer.balance() == (0, 93, 0, 0)


def test_what_no_answer_confirms_is_given_up(buyer: Buyer) -> None:
    with db.transaction(buyer.mall.house.tenant) as session:
        take_hint(session, buyer.network(session), hint(buyer), signed=True)
    with clock.stopped(clock.now() + timedelta(days=6)):
        with db.transaction(buyer.mall.house.tenant) as session:
            assert len(give_up_hints(session, buyer.network(session))) == 1
        assert buyer.balance() == (0, 0, 0, 0)
        buyer.sound()
        buyer.say("approved", 18_750)
        assert buyer.balance() == (93, 0, 0, 0)
        buyer.sound()


def test_a_click_holds_a_random_word_and_nothing_of_the_member(buyer: Buyer) -> None:
    assert len(buyer.token) == 26
    assert buyer.token.isalnum()
    with db.transaction(buyer.mall.house.tenant) as session:
        again = actions.click(
            session, member(buyer.mall.member), member_id=buyer.mall.member, shop_id=buyer.shop
        )
        assert buyer.token not in again
        assert str(buyer.mall.member) not in again


def test_a_shop_that_is_not_shown_has_no_way_to_it(buyer: Buyer) -> None:
    with db.transaction(buyer.mall.house.tenant) as session:
        stranger = new_member(session, buyer.mall.house)
        with pytest.raises(Forbidden):
            actions.click(session, member(stranger), member_id=buyer.mall.member, shop_id=buyer.shop)
        list_shop(session, SYSTEM, shop_id=buyer.shop, share=5000, activation="approved", shown=False)
        with pytest.raises(NotFound):
            actions.click(session, member(buyer.mall.member), member_id=buyer.mall.member, shop_id=buyer.shop)


def test_an_order_has_the_day_by_which_the_shop_decides(buyer: Buyer) -> None:
    buyer.say("pending", 18_750)
    with db.transaction(buyer.mall.house.tenant) as session:
        order = session.scalars(select(Order)).one()
        hold = session.get_one(Shop, (order.tenant_id, order.shop_id)).hold_days
        assert hold is not None
        assert order.expected_on == clock.business_day("Asia/Kamchatka", order.ordered_at) + timedelta(
            days=hold
        )
        assert order.expected_on > date(2026, 1, 1)


def test_the_arithmetic_rounds_down_once() -> None:
    terms = Terms(
        share=3333, activation="paid", rate=1, currency="GBP", value_minor=1, value_points=2, funder_id=1
    )
    assert points_for(101, terms) == 67  # 101 x 0.3333 x 2 = 67.3266
    assert standing("approved", 5, "paid") == (5, 0)
    assert standing("paid", 5, "paid") == (0, 5)
    assert standing("declined", 5, "approved") == (0, 0)


def test_a_word_from_the_year_9999_is_not_the_last(buyer: Buyer) -> None:
    far = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    told = OrderTold("A-1", buyer.token, "30000", "declined", 125_000, 18_750, "RUB", buyer.at, far)
    with db.transaction(buyer.mall.house.tenant) as session:
        assert take_orders(session, buyer.network(session), [told]) == 1
        assert session.scalars(select(Order.amended_at)).one() <= clock.now()
    with clock.stopped(clock.now() + timedelta(hours=1)), db.transaction(buyer.mall.house.tenant) as session:
        mended = replace(told, state="approved", amended_at=clock.now())
        assert take_orders(session, buyer.network(session), [mended]) == 1
        assert take_orders(session, buyer.network(session), [replace(told, state="pending")]) == 1
        assert session.scalars(select(Order.state)).one() == "pending"
    assert buyer.balance() == (0, 93, 0, 0)
