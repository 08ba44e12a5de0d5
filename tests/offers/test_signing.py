"""A network's own signature is worth its word, a wrong one is worth less than none, and both are told."""

import hmac
from collections import Counter
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from coalition.offers.models import Network, Order, Postback
from coalition.offers.queries import alerts
from coalition.offers.signing import Signature, sign_postbacks, signatures
from partner_portal.aggregator import postbacks
from partner_portal.aggregator.walking import adapter_of
from tenants.actions import open_tenant
from tenants.actor import SYSTEM, Actor
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tests.ledger.house import balance
from tests.offers.conftest import Mall
from tests.offers.test_postbacks import outcomes, said, send

SECRET = "s3cret-of-the-network"
PARAMETER, HEADER = "parameter:sign", "header:X-Signature"


def sign(mall: Mall, where: str = PARAMETER, secret: str = SECRET, actor: Actor = SYSTEM) -> None:
    with db.transaction(mall.house.tenant) as session:
        sign_postbacks(session, actor, network_id=mall.network, where=where, secret=secret)
    postbacks._signatures.clear()


def signed(query: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), query.encode(), "sha256").hexdigest()


def waits(mall: Mall) -> int:
    with db.transaction(mall.house.tenant) as session:
        return balance(session, mall.member)[1]


def told(mall: Mall) -> dict[str, int]:
    with db.transaction(mall.house.tenant) as session:
        return {one.kind: one.many for one in alerts(session) if one.kind in ("forged", "missigned")}


def test_a_right_signature_makes_the_order_wait_and_a_replay_changes_nothing(mall: Mall, token: str) -> None:
    sign(mall)
    query = urlencode(said(token))
    for _ in range(3):
        assert send(f"{query}&sign={signed(query)}", method="GET") == 200
    assert Counter(outcomes(mall)) == {"pending": 1, "known": 2}
    assert (waits(mall), told(mall)) == (93, {})
    with db.transaction(mall.house.tenant) as session:
        assert [one.state for one in session.scalars(select(Order))] == ["pending"]
        assert {(one.signed, one.missigned) for one in session.scalars(select(Postback))} == {(True, False)}


def test_a_signature_stands_in_a_header_where_that_is_declared(mall: Mall, token: str) -> None:
    sign(mall, HEADER)
    query = urlencode(said(token))
    assert send(query, headers={"X-Signature": signed(query).upper()}) == 200
    assert outcomes(mall) == ["pending"]


@pytest.mark.parametrize(
    "given", ["0" * 64, "short", "é", "%00", signed("another query"), signed("", "x" * 20)]
)
def test_a_wrong_signature_is_believed_nothing_even_beside_the_word(
    mall: Mall, token: str, given: str
) -> None:
    sign(mall)
    assert send(urlencode(said(token, key=mall.word)) + f"&sign={given}") == 200
    assert outcomes(mall) == ["unsigned"]
    assert (waits(mall), told(mall)) == (0, {"missigned": 1})


def test_what_was_changed_under_a_signature_is_believed_nothing(mall: Mall, token: str) -> None:
    sign(mall)
    query = urlencode(said(token))
    send(query.replace("187.50", "987.50") + f"&sign={signed(query)}")
    assert (outcomes(mall), waits(mall)) == (["unsigned"], 0)


def test_the_word_is_worth_the_same_where_no_signature_comes_and_neither_is_unsigned(
    mall: Mall, token: str
) -> None:
    sign(mall)
    send(urlencode(said(token, key=mall.word)))
    send(urlencode(said(token, action_id="78")))
    assert sorted(map(str, outcomes(mall))) == ["pending", "unsigned"]
    assert told(mall) == {"forged": 1}


def test_nothing_that_a_signature_does_not_cover_is_read(mall: Mall, token: str) -> None:
    sign(mall, HEADER)
    send("", urlencode(said(token)).encode(), headers={"X-Signature": signed("")})
    assert (outcomes(mall), waits(mall)) == (["unknown_click"], 0)


def test_without_a_secret_nothing_is_a_signature(mall: Mall, token: str) -> None:
    query = urlencode(said(token))
    send(f"{query}&sign={signed(query)}")
    sign(mall)
    sign(mall, "", "")
    send(f"{query}&sign={signed(query)}")
    assert outcomes(mall) == ["unsigned", "unsigned"]
    with db.transaction(mall.house.tenant) as session:
        assert signatures(session) == {}
        assert "signature" not in session.get_one(Network, (mall.house.tenant, mall.network)).options


def test_a_secret_is_sealed_and_the_network_is_asked_as_before(mall: Mall) -> None:
    sign(mall)
    with db.transaction(mall.house.tenant) as session:
        network = session.get_one(Network, (mall.house.tenant, mall.network))
        assert SECRET.encode() not in network.sealed
        assert SECRET not in str(network.options)
        assert adapter_of(session, network).shops(0, 1).rows
        assert signatures(session) == {"loopback": Signature(PARAMETER, SECRET.encode())}
        assert SECRET not in repr(signatures(session))


def test_another_tenant_has_its_own(mall: Mall) -> None:
    sign(mall)
    with db.transaction(None) as session:
        other = open_tenant(session, slug="other", hosts=["other.localhost"]).id
    with db.transaction(other) as session:
        assert signatures(session) == {}
        with pytest.raises(NotFound):
            sign_postbacks(session, SYSTEM, network_id=mall.network, where=HEADER, secret=SECRET)


@pytest.mark.parametrize(
    ("where", "secret"),
    [
        (PARAMETER, ""), ("", SECRET), (PARAMETER, "too short"), (PARAMETER, "with spaces in it, long"),
        (PARAMETER, "x" * 201), ("cookie:sign", SECRET), ("parameter:", SECRET), ("parameter:key", SECRET),
        ("header:a b", SECRET), ("header:X\r\nY", SECRET),
    ],
)  # fmt: skip
def test_a_place_or_a_secret_that_there_cannot_be_is_refused(mall: Mall, where: str, secret: str) -> None:
    before = mall.state()
    with pytest.raises(Refusal) as no:
        sign(mall, where, secret)
    if where == "parameter:key":
        assert no.value.code == "network_signature_word"
    else:
        assert no.value.code == ("network_signature_secret" if where == PARAMETER else "network_signature")
    assert (mall.state().options, mall.state().sealed) == (before.options, before.sealed)


def test_who_may_not_keep_networks_signs_none(mall: Mall) -> None:
    reader = Actor("staff", new_id(), frozenset({Permission.DESK_SHOP_READ}))
    with pytest.raises(Forbidden):
        sign(mall, actor=reader)
    assert "signature" not in mall.state().options


def test_a_parameter_is_left_out_of_what_it_signs_wherever_it_stands() -> None:
    one = Signature(PARAMETER, SECRET.encode())
    right = signed("a=1&&b=%20+").encode()
    assert one.found(b"a=1&sign=" + right + b"&&b=%20+", "") is True
    assert one.found(b"sign=" + right + b"&a=1&&b=%20+", right.decode()) is True
    assert one.found(b"a=1&sign=" + right + b"&&b=%20", "") is False
    assert one.found(b"a=1&resign=" + right, "") is None
    assert one.found(b"a=1&sign=", "") is None


def test_a_secret_that_cannot_be_opened_stops_no_other_network(mall: Mall, token: str) -> None:
    sign(mall)
    with db.transaction(mall.house.tenant) as session:
        network = session.scalars(select(Network)).one()
        network.sealed = network.sealed[:-1] + bytes([network.sealed[-1] ^ 1])
    postbacks._signatures.clear()
    query = urlencode(said(token))
    assert send(f"{query}&sign={signed(query)}", method="GET") == 200
    assert (waits(mall), told(mall)) == (0, {"missigned": 1})
