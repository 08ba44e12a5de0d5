"""Kinds of networks: the same thirty days in Awin's shapes and by a declaration; 27 vocabularies of postbacks."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import select

from coalition.offers.actions import add_network, click, list_shop
from coalition.offers.models import Click, Network, Postback, Shop
from coalition.offers.networks import kind_of, kinds
from partner_portal.aggregator import client, postbacks
from partner_portal.aggregator.adapters.declared import vocabularies
from partner_portal.aggregator.jobs import read_postbacks
from partner_portal.aggregator.loopback.app import CLIENT
from partner_portal.aggregator.loopback.others import AWIN
from partner_portal.aggregator.walking import Step, pause_of, reconcile_step
from tenants.actor import SYSTEM, member
from tenants.runtime import clock, db, settings
from tenants.runtime.errors import Outage, Refusal
from tests.ledger.house import balance, new_member, open_house
from tests.offers.conftest import NOW, Loopback, Mall, open_mall

DECLARED = {"vocabulary": "gdeslon", "click_field": "sub_id", "currency": "RUB"}
WAYS: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    "admitad": ("", {"client_id": CLIENT[0], "client_secret": CLIENT[1]}, {"website": 22}),
    "awin": ("", {"token": AWIN}, {"publisher": 7}),
    "declared": ("/files", {}, DECLARED),
}


@pytest.mark.parametrize("kind", ["awin", "declared"])
def test_another_kind_brings_the_same_truth(loopback: Loopback, tenant: int, kind: str) -> None:
    below, access, options = WAYS[kind]
    with clock.stopped(NOW):
        loopback.begin(shops=20, now=NOW, chaos=0.5)
        with db.transaction(tenant) as session:
            house = open_house(session)
            network, word = add_network(
                session, SYSTEM, programme_id=house.programme, participant_id=house.funders[0], code=kind, name=kind,
                kind=kind, address=loopback.address + below, access=access, options=options,
            )  # fmt: skip
            mall = Mall(house, network.id, word, new_member(session, house))
        assert mall.walk() is Step.DONE
        made, words = [], {}
        with db.transaction(tenant) as session:
            assert pause_of(session, mall.network).total_seconds() == (60 if kind == "awin" else 0)
            shops = session.scalars(select(Shop).order_by(Shop.id)).all()
            assert (len(shops), {shop.state for shop in shops}) == (20, {"active"})
            for shop in shops:
                list_shop(session, SYSTEM, shop_id=shop.id, share=5000, activation="approved")
                link = click(session, member(mall.member), member_id=mall.member, shop_id=shop.id)
                field = "clickref" if kind == "awin" else "sub_id"
                words[parse_qs(urlsplit(link).query)[field][0]] = shop.external_id
                made.append((int(shop.external_id), list(words)[-1]))
        loopback.control("clicks", clicks=made)
    for days in (1, 5, 12, 45):
        with clock.stopped(NOW + timedelta(days=days)):
            loopback.at(clock.now())
            assert mall.walk(reconcile_step) is Step.DONE
    points, waits = 0, 0
    for told in loopback.control("truth"):
        worth = told["commission"] * 5000 // 10_000 // 100
        if told["state"] == "approved":
            points += worth
        elif told["state"] != "declined":
            waits += worth
    with db.transaction(tenant) as session:
        assert balance(session, mall.member) == (points, waits, 0, 0)
    assert points > 0


def test_twenty_seven_vocabularies_are_known_and_each_reads_its_own_words() -> None:
    assert len(vocabularies()) == 27
    for name, words in vocabularies().items():
        said = {words["token"]: "t" * 26, words["commission"]: "187.50"}
        said |= {words[one]: value for one, value in (("order", "77"), ("sale", "1250.00"), ("currency", "RUB"))
                 if one in words}  # fmt: skip
        hint = kind_of("declared").hint(said, DECLARED | {"vocabulary": name})
        assert (hint.token, hint.commission, hint.currency) == ("t" * 26, 18_750, "RUB"), name
        assert hint.external_id == ("77" if "order" in words else "t" * 26), name
        assert hint.sale == (125_000 if "sale" in words else 0), name


def test_awins_push_is_json_in_a_form_field() -> None:
    push = {"transactionId": 5, "clickRef": "t" * 26, "commission": "1.64", "transactionAmount": "20.5",
            "transactionCurrency": "GBP", "deviceIp": "10.0.0.1"}  # fmt: skip
    said = postbacks.read("key=k", urlencode({"AwinTransactionPush": json.dumps(push)}))
    hint = kind_of("awin").hint(said, {})
    assert (hint.token, hint.external_id, hint.sale, hint.commission, hint.currency) == (
        "t" * 26, "5", 2050, 164, "GBP",
    )  # fmt: skip
    assert said["key"] == "k"


def test_every_kind_keeps_no_field_that_tells_of_a_person() -> None:
    kept = {field.lower() for kind in kinds().values() for field in kind.fields}
    assert (
        kept & {"ip", "uip", "uagent", "ua", "user_agent", "action_ip", "city", "country", "email", "phone"}
        == set()
    )


def test_a_network_inside_our_walls_is_not_called(house: None) -> None:
    before = settings.current()
    settings.use(replace(before, demo=False))
    try:
        with pytest.raises(Outage, match="webhook_address"):
            client.ask("GET", "http://127.0.0.1:1/")
        with pytest.raises(Outage, match="webhook_address"):
            client.ask("GET", "https://169.254.169.254/latest/")
    finally:
        settings.use(before)


def test_a_network_without_what_lets_us_in_is_refused(tenant: int) -> None:
    with db.transaction(tenant) as session:
        house = open_house(session)
        with pytest.raises(Refusal, match="network_access"):
            add_network(
                session, SYSTEM, programme_id=house.programme, participant_id=house.funders[0], code="x", name="X",
                kind="admitad", address="https://8.8.8.8", access={"client_id": "a"}, options={},
            )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "said", "code"),
    [
        ("declared", {"vocabulary": "gdesl0n"}, "network_option (option=vocabulary"),
        ("declared", {"click_field": "a&b"}, "network_option (option=click_field"),
        ("declared", {"currency": "roubles"}, "network_option (option=currency"),
        ("declared", {"states": {"ok": "good"}}, "network_option (option=states"),
        ("declared", {"states": "ok"}, "network_option (option=states"),
        ("awin", {"publisher": "../7"}, "network_option (option=publisher"),
        ("awin", {"address": "http://8.8.8.8"}, "webhook_url"),
        ("awin", {"address": "https://10.0.0.1"}, "webhook_address"),
        ("awin", {"address": "ftp://8.8.8.8"}, "webhook_url"),
    ],
)
def test_a_network_that_could_not_be_asked_is_refused(
    tenant: int, kind: str, said: dict[str, Any], code: str
) -> None:
    below, access, options = WAYS[kind]
    given = options | said
    with db.transaction(tenant) as session:
        house = open_house(session)
        with pytest.raises(Refusal) as refused:
            add_network(
                session, SYSTEM, programme_id=house.programme, participant_id=house.funders[0], code="x", name="X",
                kind=kind, address=given.pop("address", f"https://8.8.8.8{below}"), access=access, options=given,
            )  # fmt: skip
        assert str(refused.value).startswith(code)
        assert session.scalars(select(Network)).all() == []


def test_a_network_that_is_declared_wrongly_stops_no_others_postbacks(
    loopback: Loopback, tenant: int
) -> None:
    """One that was added before options were checked."""
    mall = open_mall(loopback, tenant)
    mall.walk()
    with db.transaction(tenant) as session:
        wrong, _ = add_network(
            session, SYSTEM, programme_id=mall.house.programme, participant_id=mall.house.funders[0], code="wrong",
            name="Wrong", kind="declared", address="https://8.8.8.8", access={}, options=DECLARED,
        )  # fmt: skip
        wrong.options = DECLARED | {"vocabulary": "gdesl0n"}
        list_shop(session, SYSTEM, shop_id=1, share=5000, activation="approved")
        link = click(session, member(mall.member), member_id=mall.member, shop_id=1)
    said = {"subid": parse_qs(urlsplit(link).query)["subid"][0], "action_id": "1", "order_sum": "1250",
            "payment_sum": "187.5", "currency": "RUB"}  # fmt: skip
    postbacks._tenants.clear()
    assert postbacks.store("test.localhost", "wrong", said) == 200
    assert postbacks.store("test.localhost", "loopback", said | {"key": mall.word}) == 200
    with db.transaction(tenant) as session:
        read_postbacks(session)
        outcomes = {one.network_id: one.outcome for one in session.scalars(select(Postback))}
        assert outcomes == {wrong.id: "unclear", mall.network: "pending"}
        assert balance(session, mall.member) == (0, 93, 0, 0)


@pytest.mark.parametrize("kind", list(WAYS))
def test_what_waits_for_the_money_is_hers_when_the_network_has_paid(
    loopback: Loopback, tenant: int, kind: str
) -> None:
    """Paying changes no date: the walk by dates never sees it."""
    below, access, options = WAYS[kind]
    with clock.stopped(NOW):
        loopback.begin(shops=15, now=NOW, chaos=0)
        with db.transaction(tenant) as session:
            house = open_house(session)
            network, word = add_network(
                session, SYSTEM, programme_id=house.programme, participant_id=house.funders[0], code=kind, name=kind,
                kind=kind, address=loopback.address + below, access=access, options=options,
            )  # fmt: skip
            mall = Mall(house, network.id, word, new_member(session, house))
        mall.walk()
        made = []
        with db.transaction(tenant) as session:
            for shop in session.scalars(select(Shop).order_by(Shop.id)).all():
                list_shop(session, SYSTEM, shop_id=shop.id, share=5000, activation="paid")
                for _ in range(2):
                    click(session, member(mall.member), member_id=mall.member, shop_id=shop.id)
            session.flush()
            for one in session.scalars(select(Click)):
                made.append((int(session.get_one(Shop, (tenant, one.shop_id)).external_id), one.token))
        loopback.control("clicks", clicks=made)
    for days in range(1, 30):
        with clock.stopped(NOW + timedelta(days=days)):
            loopback.at(clock.now())
            assert mall.walk(reconcile_step) is Step.DONE
            mall.ask_paid()
    worth: dict[str, int] = {"paid": 0, "waits": 0, "declined": 0}
    for told in loopback.control("truth"):
        state = "paid" if told["paid"] else "declined" if told["state"] == "declined" else "waits"
        worth[state] += told["commission"] * 5000 // 10_000 // 100
    assert min(worth.values()) > 0
    with db.transaction(tenant) as session:
        assert balance(session, mall.member) == (worth["paid"], worth["waits"], 0, 0)
