"""An order at a network's shop that a till or the bank's file tells, too, pays once, as the programme says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Purpose
from coalition.ledger.post import Cause, open_book
from coalition.offers.actions import add_network, click, list_shop
from coalition.offers.catalogue import take_shops
from coalition.offers.models import Click, Network, Order, Shop
from coalition.offers.told import Hint, OrderTold, ShopTold
from coalition.reports.history import history
from coalition.reports.why import why
from coalition.transactions.models import Purchase
from coalition.transactions.of_orders.actions import (
    decide_order,
    forget_seller,
    name_seller,
    seller_name,
    sellers_of,
)
from coalition.transactions.of_orders.alike import Decided, alike, is_called, paired, sale_worth, who_pays
from coalition.transactions.of_orders.queries import doubtful_orders, doubtful_orders_count
from coalition.transactions.of_orders.taking import give_up_hints, take_hint, take_orders
from coalition.transactions.of_orders.terms import OrderTerms, set_order_terms
from partner_portal.aggregator import jobs
from tenants.actor import SYSTEM, Actor
from tenants.actor import member as acting
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tests.ledger.house import ZONE, House, drain
from tests.people import hire
from tests.transactions.bank import back as refund
from tests.transactions.bank import balances, join, load, points_of
from tests.transactions.test_two_channels import CARD, FIFTH, NOON, bank_where, paid, sold

DECLARED = (jobs,)
pytestmark = pytest.mark.usefixtures("house")
SALE, GIFT = 500, 60  # roubles, and points of the order; the sale itself gives 100


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


@dataclass
class Street:
    """A bank whose member has clicked at a shop of a network; till and file call the shop "shop"."""

    bank: House
    member: UUID
    network: int
    shop: int
    token: str
    words: dict[str, int] = field(default_factory=dict)

    def say(self, state: str, *, order: str = "A-1", sale: int = SALE, points: int = GIFT, minute: int = 0,
            at: datetime = NOON) -> None:  # fmt: skip
        """The network's word of so many minutes after the order; half of its money is the member's."""
        self.words[order] = max(self.words.get(order, 0), minute) if minute else self.words.get(order, 0) + 1
        told = OrderTold(
            order, self.token, "s1", state, sale * 100, points * 2 * 100, "RUB", at,
            at + timedelta(minutes=minute or self.words[order]), "",
        )  # fmt: skip
        with db.transaction(self.bank.tenant) as session:
            take_orders(session, session.get_one(Network, (self.bank.tenant, self.network)), [told])

    def stands(self) -> tuple[int, int, int]:
        """Available, pending and debt; the audit is sound."""
        available, pending, _, debt = balances(self.bank)[self.member]
        return available, pending, debt


def street(
    pays: str | None = "order", *, partner: bool = False, channels: str | None = None, funder: str = "bank",
    **more: int,
) -> Street:  # fmt: skip
    """The bank with these terms, whose promotion that participant pays for."""
    bank = bank_where(channels, FIFTH | {"funding": [{"participant": funder, "share": 100}]})
    member = join(bank, CARD)
    with db.transaction(bank.tenant) as session:
        if pays:
            set_order_terms(session, SYSTEM, programme_id=bank.programme, terms={"pays": pays, **more})
        network, _ = add_network(
            session, SYSTEM, programme_id=bank.programme, participant_id=bank.funders[1], code="net", name="Net",
            kind="admitad", address="https://8.8.8.8", access={"client_id": "a", "client_secret": "b"},
            options={"website": 1},
        )  # fmt: skip
        told = ShopTold(
            "s1", "Shop", "https://shop.example/", "https://network.example/g/1/", "RUB", rate_most=1000
        )
        take_shops(session, network, new_id(), [told])
        shop = session.scalars(select(Shop.id)).one()
        list_shop(session, SYSTEM, shop_id=shop, share=5000, activation="approved")
        if partner:
            name_seller(session, SYSTEM, shop_id=shop, partner="shop")
        else:
            name_seller(session, SYSTEM, shop_id=shop, name="SHOP*")
        click(session, acting(member), member_id=member, shop_id=shop)
        session.flush()
        token = session.scalars(select(Click.token)).one()
        return Street(bank, member, network.id, shop, token)


@pytest.mark.parametrize("order_first", [True, False])
@pytest.mark.parametrize(
    ("pays", "stands"), [(None, (100, 60, 0)), ("order", (0, 60, 0)), ("sale", (100, 0, 0)), ("greater", (100, 0, 0))]
)  # fmt: skip
def test_an_order_and_its_card_line_pay_once_as_the_programme_says(
    pays: str | None, stands: tuple[int, int, int], order_first: bool
) -> None:
    town = street(pays)
    if order_first:
        town.say("pending")
    load(town.bank, [paid(SALE)])
    if not order_first:
        town.say("pending")
    assert town.stands() == stands


def test_the_cards_points_return_when_the_order_is_declined_and_go_when_it_is_confirmed_after_all() -> None:
    town = street()
    load(town.bank, [paid(SALE)])
    town.say("approved")
    assert town.stands() == (60, 0, 0)
    town.say("declined")
    assert town.stands() == (100, 0, 0)
    town.say("approved")
    assert town.stands() == (60, 0, 0)


def test_points_spent_meanwhile_are_owed_only_as_far_as_the_sale_gives_less() -> None:
    town = street()
    load(town.bank, [paid(SALE)])
    with db.transaction(town.bank.tenant) as session:
        book = open_book(session, member_id=town.member, zone=ZONE)
        book.spend(Cause(Purpose.ADJUST, UUID(int=1), clock.now()), 100, Account.ADJUSTED)
    town.say("approved")
    assert town.stands() == (0, 0, 40)
    town.say("declined")
    assert town.stands() == (0, 0, 0)


def test_the_greater_follows_what_the_network_pays() -> None:
    town = street("greater")
    load(town.bank, [paid(SALE)])
    town.say("pending", points=60)
    assert town.stands() == (100, 0, 0)
    town.say("approved", points=110)
    assert town.stands() == (110, 0, 0)
    town.say("approved", points=100)  # of equal ones the order's
    assert town.stands() == (100, 0, 0)
    with db.transaction(town.bank.tenant) as session:
        assert not session.scalars(select(Order)).one().stands_back
    town.say("approved", points=99)
    assert town.stands() == (100, 0, 0)
    with db.transaction(town.bank.tenant) as session:
        assert session.scalars(select(Order)).one().stands_back


def test_a_till_of_the_shops_partner_tells_the_order_too() -> None:
    town = street(partner=True, channels="till")
    sold(town.bank, town.member, SALE)
    town.say("pending")
    load(town.bank, [paid(SALE)])
    assert town.stands() == (0, 60, 0)
    town.say("declined")
    assert town.stands() == (100, 0, 0)


def test_an_order_that_costs_less_by_now_is_still_the_same_sale() -> None:
    town = street()
    town.say("pending")
    town.say("approved", sale=300, points=36)
    load(town.bank, [paid(SALE)])
    assert town.stands() == (36, 0, 0)


@pytest.mark.parametrize(
    ("days", "stands"), [(3, (0, 60, 0)), (4, (100, 60, 0))]
)  # fmt: skip
def test_nothing_further_apart_than_the_window_is_looked_at(days: int, stands: tuple[int, int, int]) -> None:
    town = street()
    town.say("pending", at=NOON - timedelta(days=days))
    load(town.bank, [paid(SALE, "2026-11-10 12:00:00")])
    assert town.stands() == stands


def test_sums_within_the_tolerance_are_certain_and_a_person_is_asked_of_others() -> None:
    town = street(tolerance_percent=2, asked_percent=10)
    load(town.bank, [paid(SALE)])
    town.say("pending", sale=491)
    assert town.stands() == (0, 60, 0)
    other = street(tolerance_percent=2, asked_percent=10)
    load(other.bank, [paid(SALE)])
    other.say("pending", sale=451)
    assert other.stands() == (100, 60, 0)
    assert _doubts(other) == ["amount"]
    third = street(tolerance_percent=2, asked_percent=10)
    load(third.bank, [paid(SALE)])
    third.say("pending", sale=449)
    assert (third.stands(), _doubts(third)) == ((100, 60, 0), [])


def _person(session: Session) -> Actor:
    """One of the staff who may do everything."""
    told = {"login": "clerk", "name": "Clerk", "password": "long enough for a clerk"}
    return Actor("staff", hire(session, **told, permissions=EVERYTHING).id, frozenset(EVERYTHING))


def _doubts(town: Street) -> list[str | None]:
    with db.transaction(town.bank.tenant) as session:
        found = [one.row.why for one in doubtful_orders(session)]
        assert doubtful_orders_count(session) == len(found)
        return found


@pytest.mark.parametrize("order", list(permutations("abF")))
def test_two_orders_that_fit_one_line_wait_for_a_person_however_they_came(order: tuple[str, ...]) -> None:
    town = street()
    for event in order:
        if event == "F":
            load(town.bank, [paid(SALE)])
        else:
            town.say("approved", order=event)
    assert (town.stands(), _doubts(town)) == ((220, 0, 0), ["several", "several"])
    town.say("declined", order="a")  # what is left is certain
    assert (town.stands(), _doubts(town)) == ((60, 0, 0), [])


def test_what_a_person_says_is_final_and_settles_the_other_doubts() -> None:
    town = street()
    load(town.bank, [paid(SALE)])
    for name in ("a", "b"):
        town.say("approved", order=name)
    with db.transaction(town.bank.tenant) as session:
        one = doubtful_orders(session)[0]
        key = {"member_id": town.member, "order_id": one.order.id, "sale_id": one.sale.id}
        person = _person(session)
        row = decide_order(session, person, same=True, **key)
        assert (row.decision, row.pays, row.why) == ("same", "order", "several")
    assert (town.stands(), _doubts(town)) == ((120, 0, 0), [])
    with db.transaction(town.bank.tenant) as session, pytest.raises(Conflict, match="suspect_decided"):
        decide_order(session, person, same=False, **key)
    town.say("declined", order=one.order.external_id)
    # The other one fits the line alone now.
    assert (town.stands(), _doubts(town)) == ((60, 0, 0), [])


def test_two_that_a_person_keeps_apart_both_pay() -> None:
    town = street(asked_percent=10)
    load(town.bank, [paid(SALE)])
    town.say("approved", sale=460)
    with db.transaction(town.bank.tenant) as session:
        one = doubtful_orders(session)[0]
        key = {"member_id": town.member, "order_id": one.order.id, "sale_id": one.sale.id}
        decide_order(session, _person(session), same=False, **key)
    town.say("approved", sale=SALE)
    assert (town.stands(), _doubts(town)) == ((160, 0, 0), [])


def test_a_decision_is_refused_without_the_right_and_where_both_pay() -> None:
    town = street(asked_percent=10)
    load(town.bank, [paid(SALE)])
    town.say("approved", sale=460)
    with db.transaction(town.bank.tenant) as session:
        one = doubtful_orders(session)[0]
        key = {"member_id": town.member, "order_id": one.order.id, "sale_id": one.sale.id}
        with pytest.raises(Forbidden):
            decide_order(session, Actor("staff", None, frozenset()), same=True, **key)
        with pytest.raises(NotFound, match="suspect_unknown"):
            decide_order(session, SYSTEM, same=True, **key | {"order_id": UUID(int=7)})
        set_order_terms(session, SYSTEM, programme_id=town.bank.programme, terms=None)
        with pytest.raises(Refusal, match="both_pay"):
            decide_order(session, SYSTEM, same=True, **key)
    assert (town.stands(), _doubts(town)) == ((160, 0, 0), ["amount"])


def test_pairs_that_are_settled_stay_pairs_when_both_pay_from_then_on() -> None:
    town = street()
    load(town.bank, [paid(SALE)])
    town.say("approved")
    with db.transaction(town.bank.tenant) as session:
        set_order_terms(session, SYSTEM, programme_id=town.bank.programme, terms=None)
    town.say("approved", points=70)
    assert town.stands() == (70, 0, 0)
    town.say("declined")
    assert town.stands() == (100, 0, 0)
    town.say("approved", order="B", at=NOON + timedelta(hours=1))
    load(town.bank, [paid(SALE, "2026-11-10 13:00:00")])
    assert town.stands() == (260, 0, 0)


def test_the_lines_refund_undoes_what_the_line_would_give_and_the_order_follows_its_network() -> None:
    town = street("greater")
    load(town.bank, [paid(SALE)])
    town.say("approved", points=60)
    load(town.bank, [refund(CARD, "2026-11-11 12:00:00", 200)])
    # What is left of the line's 100 is 60, and of equal ones the order's stand.
    assert town.stands() == (60, 0, 0)
    town.say("declined")
    assert town.stands() == (60, 0, 0)
    load(town.bank, [refund(CARD, "2026-11-12 12:00:00", 300)])
    assert town.stands() == (0, 0, 0)


def test_a_hint_counts_until_it_is_given_up() -> None:
    town = street()
    load(town.bank, [paid(SALE, "2026-11-22 11:00:00")])
    with db.transaction(town.bank.tenant) as session:
        network = session.get_one(Network, (town.bank.tenant, town.network))
        hint = Hint(town.token, "H-1", SALE * 100, GIFT * 200, "RUB")
        assert take_hint(session, network, hint, signed=True) == "pending"
    assert town.stands() == (0, 60, 0)
    with clock.stopped(clock.now() + timedelta(days=6)):
        with db.transaction(town.bank.tenant) as session:
            give_up_hints(session, session.get_one(Network, (town.bank.tenant, town.network)))
        assert town.stands() == (100, 0, 0)


def test_the_member_reads_why() -> None:
    town = street()
    load(town.bank, [paid(SALE)])
    town.say("approved")
    with db.transaction(town.bank.tenant) as session:
        entries, _ = history(session, town.member)
        told = [(one.kind, one.points, one.order.shop.name if one.order else "") for one in entries]
        assert sorted(told) == [("order", 60, "Shop"), ("purchase", 100, ""), ("return", -100, "Shop")]
        bought = next(one for one in entries if one.kind == "purchase")
        assert bought.ordered is not None
        assert bought.ordered[1] == "order"
        sale = session.scalars(select(Purchase.id)).one()
        found = why(session, member_id=town.member, purchase_id=sale)
        assert (found.points, found.net_points, found.returns) == (100, 0, [])
        assert found.ordered is not None
        assert found.ordered[0].order.external_id == "A-1"


EVENTS = "TFPAMDR"
"""Till and file tell the sale; the network's words in this order: pending, approved, amended, declined; a refund."""
MINUTES = {"P": 1, "A": 2, "M": 3, "D": 4}


class Model:
    """What a member has by the plain rules, whatever came first."""

    def __init__(self, pays: str | None, events: str) -> None:
        self.pays, self.events = pays, events

    @cached_property
    def word(self) -> str:
        """The network's last one, by its own clock."""
        return max((e for e in self.events if e in MINUTES), key=MINUTES.__getitem__, default="D")

    @property
    def sale(self) -> int:
        """A fifth of what is left of the sale, told by any or both."""
        told = "T" in self.events or "F" in self.events
        return (SALE - (200 if "R" in self.events else 0)) // 5 if told else 0

    @property
    def order(self) -> int:
        return {"D": 0, "M": 36}.get(self.word, GIFT)

    @property
    def stands(self) -> tuple[int, int, int]:
        sale, order = self.sale, self.order
        told = any(event in self.events for event in "PA")  # what it first cost, as the sale does
        if self.pays and sale and told and self.word != "D":
            by_order = self.pays == "order" or (self.pays == "greater" and order >= sale)
            sale, order = (0, order) if by_order else (sale, 0)
        return (sale, order, 0) if self.word == "P" else (sale + order, 0, 0)


def _happen(town: Street, event: str) -> None:
    match event:
        case "T":
            sold(town.bank, town.member, SALE)
        case "F":
            load(town.bank, [paid(SALE)])
        case "R":
            load(town.bank, [refund(CARD, "2026-11-11 12:00:00", 200)])
        case "M":
            town.say("approved", sale=300, points=36, minute=MINUTES[event])
        case _:
            state = {"P": "pending", "A": "approved", "D": "declined"}[event]
            town.say(state, minute=MINUTES[event])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    pays=st.sampled_from([None, "order", "sale", "greater"]),
    channels=st.sampled_from(["till", "bank", "first"]),
    events=st.permutations(EVENTS),
    many=st.integers(1, len(EVENTS)),
)
def test_whatever_is_told_in_whatever_order_the_balance_is_the_models(
    pays: str | None, channels: str, events: list[str], many: int
) -> None:
    town = street(pays, channels=channels)
    told = ""
    for event in events[:many]:
        told += event
        _happen(town, event)
        drain(town.bank.tenant)
        assert town.stands() == Model(pays, told).stands, (pays, channels, told)


@pytest.mark.parametrize("pays", ["order", "sale", "greater"])
def test_file_till_order_and_decline_come_to_the_same_in_each_of_their_orders(pays: str) -> None:
    for events in permutations("TFAD"):
        town = street(pays, channels="till")
        for event in events:
            _happen(town, event)
        assert town.stands() == (100, 0, 0), events


def test_sellers_are_named_and_forgotten() -> None:
    town = street()
    with db.transaction(town.bank.tenant) as session:
        assert [one.name for one in sellers_of(session, town.shop)] == ["shop*"]
        with pytest.raises(Conflict, match="seller_known"):
            name_seller(session, SYSTEM, shop_id=town.shop, name=" Shop* ")
        for said, refused in (
            ({"name": "ab"}, "seller_name"), ({"partner": "none"}, "partner_unknown"), ({"mid": "7"}, "mid_unknown"),
        ):  # fmt: skip
            with pytest.raises(Refusal, match=refused):
                name_seller(session, SYSTEM, shop_id=town.shop, **said)
        with pytest.raises(Forbidden):
            name_seller(session, Actor("staff", None, frozenset()), shop_id=town.shop, name="shop two")
        with pytest.raises(NotFound, match="seller_unknown"):
            forget_seller(
                session, SYSTEM, shop_id=town.shop + 1, seller_id=sellers_of(session, town.shop)[0].id
            )
        forget_seller(session, SYSTEM, shop_id=town.shop, seller_id=sellers_of(session, town.shop)[0].id)
        assert sellers_of(session, town.shop) == []
    load(town.bank, [paid(SALE)])
    town.say("approved")
    assert points_of(town.bank, town.member) == 160


@pytest.mark.parametrize(
    ("written", "kept", "told"),
    [("Ozon", "ozon", "OZON"), ("Озон *", "озон*", "ОЗОН.РУ  МОСКВА"), ("a  b", "a b", "A b")],
)
def test_a_seller_is_found_however_its_name_is_written(written: str, kept: str, told: str) -> None:
    assert seller_name(written) == kept
    assert is_called(told, kept)
    assert not is_called(f"the {told}", kept)


@pytest.mark.parametrize(
    "terms", [{"pays": "both"}, {"pays": "order", "days": 32}, {"pays": "order", "more": 1}]
)
def test_terms_that_are_none_are_refused(terms: dict[str, object]) -> None:
    town = street()
    with db.transaction(town.bank.tenant) as session, pytest.raises(Refusal, match="same_order_terms"):
        set_order_terms(session, SYSTEM, programme_id=town.bank.programme, terms=terms)


def test_the_pure_parts() -> None:
    terms = OrderTerms(pays="order", tolerance_percent=3)
    assert terms.asked_percent == 3
    a, b, x, y = (UUID(int=number) for number in range(1, 5))
    assert alike(terms, (490_00,), 500_00) == "certain"
    assert alike(terms, (), 500_00) is None
    assert paired([(a, x, "certain"), (b, y, "amount")], Decided([], [])) == ({a: x}, {(b, y): "amount"})
    assert paired([(a, x, "certain"), (a, y, "certain")], Decided([(b, y)], [])) == ({a: x, b: y}, {})
    assert paired([(a, x, "certain")], Decided([], [(a, x)])) == ({}, {})
    assert [who_pays("greater", *points) for points in ((5, 5), (4, 5))] == ["order", "sale"]
    assert (sale_worth(100, 300, 500), sale_worth(100, 0, 0)) == (60, 0)
