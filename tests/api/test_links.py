"""A card is activated by a link that its member gets by text."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from sqlalchemy import text

from coalition.cards.actions import locked
from coalition.cards.links import activate_by_link, card_of_link, make_link, tidy_links
from coalition.cards.models import ActivationLink
from coalition.cards.queries import card_by_number
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, settings
from tenants.runtime.errors import NotFound
from tenants.runtime.settings import Settings
from tests.api.conftest import PHONE, Till, furnished
from tests.api.test_cards import PLASTIC, issued, states
from tests.api.test_enrolment import joining
from tests.ledger.house import drain
from tests.webhooks.receiver import Receiver, receiving

PATH = "/cards/activation-link"


@pytest.fixture
def gateway(till: Till) -> Iterator[Receiver]:
    before = settings.current()
    with receiving() as receiver:
        settings.use(replace(before, sms_url=receiver.url, demo=False))
        yield receiver
    settings.use(before)


def sent(till: Till, number: str, key: str = "l") -> Any:
    found = till.post(PATH, {"number": number}, key=key)
    assert found.status_code == 201, found.json
    return found.json


def token(gateway: Receiver, at: int = -1) -> str:
    return str(gateway.told[at]["text"].rsplit("/", 1)[1])


def activated(till: Till, token: str) -> str:
    """Open a link; the card's state, or why there is none."""
    try:
        with db.transaction(till.house.tenant) as session:
            return activate_by_link(session, token).state
    except NotFound as refused:
        return refused.code


def test_the_link_goes_to_her_phone_and_activates_her_card_once(till: Till, gateway: Receiver) -> None:
    card = issued(till)
    told = sent(till, card["number"])
    assert sent(till, card["number"]) == told
    assert (told["card_last_four"], told["demo_link"]) == (card["number"][-4:], None)
    drain(till.house.tenant)
    assert [one["to"] for one in gateway.told] == [PHONE]
    start = f"активируйте карту •{card['number'][-4:]}: http://shop.localhost/activate/"
    assert start in gateway.told[0]["text"]
    assert [activated(till, token(gateway)) for _ in range(2)] == ["active", "link_over"]
    found: Any = till.post("/cards/find", {"number": card["number"]}).json
    assert states(found) == [("issued", None), ("active", None)]
    assert found["history"][1]["by"] == "member"


def test_the_token_is_kept_by_its_digest_alone(till: Till, gateway: Receiver) -> None:
    sent(till, issued(till)["number"])
    drain(till.house.tenant)
    with db.transaction(till.house.tenant) as session:
        columns = {column.name: column for column in ActivationLink.__table__.columns}
        assert sorted(columns) == ["card_id", "digest", "expires_at", "member_id", "tenant_id", "used_at"]
        card_of_link(session, token(gateway))
    assert len(token(gateway)) == 22


def test_a_link_is_over_after_three_days_by_the_next_one_and_by_what_the_till_does(
    till: Till, gateway: Receiver
) -> None:
    number = issued(till)["number"]
    for key in ("a", "b"):
        sent(till, number, key)
    drain(till.house.tenant)
    with clock.stopped(clock.now() + timedelta(days=3)):
        assert activated(till, token(gateway, 1)) == "link_over"
    with db.transaction(till.house.tenant) as session:
        first, second = sorted([0, 1], key=lambda at: _good(session, token(gateway, at)))
    assert activated(till, token(gateway, first)) == "link_over"
    till.post("/cards/activate", {"number": number}, key="c")
    assert activated(till, token(gateway, second)) == "link_over"


def test_a_card_that_was_blocked_and_is_good_again_has_no_link_of_before(
    till: Till, gateway: Receiver
) -> None:
    number = issued(till)["number"]
    sent(till, number, "a")
    drain(till.house.tenant)
    till.post("/cards/block", {"number": number, "reason": "lost"}, key="b")
    assert till.post("/cards/unblock", {"number": number}, key="c").status_code == 200
    assert activated(till, token(gateway)) == "link_over"
    sent(till, number, "d")
    drain(till.house.tenant)
    assert activated(till, token(gateway)) == "active"


@pytest.fixture
def real(live_database: Settings) -> Till:
    """A till where commits are real, so that one waits for another."""
    found = furnished()
    found.sign_in()
    return found


def test_a_new_link_and_the_opening_of_the_last_one_do_not_wait_for_each_other(real: Till) -> None:
    number, tenant, programme = issued(real)["number"], real.house.tenant, real.house.programme
    with db.transaction(tenant) as session:
        old = make_link(session, SYSTEM, programme_id=programme, number=number)[2]
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(tenant) as session:
            locked(session, card_by_number(session, programme, number))
            opened = pool.submit(activated, real, old)
            while not session.scalar(text("select exists (select from pg_locks where not granted)")):
                assert not opened.done()
                sleep(0.01)
            new = make_link(session, SYSTEM, programme_id=programme, number=number)[2]
        assert opened.result() == "link_over"
    assert activated(real, new) == "active"


def _good(session: Any, token: str) -> bool:
    try:
        return bool(card_of_link(session, token))
    except NotFound:
        return False


def test_another_tenants_link_is_none(till: Till, gateway: Receiver) -> None:
    other = furnished("other")
    sent(till, issued(till)["number"])
    drain(till.house.tenant)
    assert activated(other, token(gateway)) == "link_over"
    assert activated(till, token(gateway)) == "active"


@pytest.mark.parametrize(("path", "body", "code"), [
    ("/cards/activate", {}, "card_active"), ("/cards/block", {"reason": "lost"}, "card_blocked"),
])  # fmt: skip
def test_only_an_issued_card_has_a_link(
    till: Till, gateway: Receiver, path: str, body: dict[str, str], code: str
) -> None:
    number = issued(till)["number"]
    till.post(path, {"number": number} | body, key="a")
    found: Any = till.post(PATH, {"number": number}, key="l")
    assert (found.status_code, found.json["code"]) == (409, code)


def test_who_has_no_phone_gets_no_link(till: Till, gateway: Receiver) -> None:
    joined: Any = till.post(
        "/members", joining(fields={"name": "Olga", "email": "o@example.test"}), key="j"
    ).json
    found: Any = till.post(PATH, {"number": joined["card"]}, key="l")
    assert (found.status_code, found.json["code"]) == (422, "phone_missing")


def test_a_phone_gets_five_links_an_hour(till: Till, gateway: Receiver) -> None:
    number = issued(till)["number"]
    for key in "abcde":
        sent(till, number, key)
    found: Any = till.post(PATH, {"number": number}, key="f")
    assert (found.status_code, found.json["code"]) == (429, "too_many_links")
    assert 1 <= int(found.headers["Retry-After"]) <= 3600
    drain(till.house.tenant)
    assert len(gateway.got) == 5


def test_without_a_gateway_only_a_demo_tells_the_link(till: Till) -> None:
    number, before = issued(till)["number"], settings.current()
    settings.use(replace(before, demo=False))
    found: Any = till.post(PATH, {"number": number}, key="a")
    assert (found.status_code, found.json["code"]) == (422, "texts_not_sent")
    settings.use(replace(before, demo=True))
    link = sent(till, number)["demo_link"]
    settings.use(before)
    assert activated(till, link.rsplit("/", 1)[1]) == "active"


def test_without_the_scope_and_of_an_unknown_card_there_is_no_link(till: Till, gateway: Receiver) -> None:
    assert till.post(PATH, {"number": PLASTIC}, key="a").json["code"] == "card_unknown"  # type: ignore[index]
    till.sign_in(scope="members:read")
    assert till.post(PATH, {"number": PLASTIC}, key="b").json["code"] == "scope_missing"  # type: ignore[index]


def test_codes_go_out_by_the_gateway_and_stand_in_no_answer(till: Till, gateway: Receiver) -> None:
    path = f"/members/{till.member}/codes"
    code: Any = till.post(path, {"purpose": "card"}, key="a").json
    assert code["demo_code"] is None
    drain(till.house.tenant)
    [told] = gateway.told
    assert told["to"] == PHONE
    given = {"code_id": code["code_id"], "code": told["text"].split(": ")[1][:6]}
    lost = {"number": issued(till)["number"], "reason": "lost"}
    assert till.post("/cards/replace", lost | {"code": given}, key="e").status_code == 201


def test_links_that_were_over_a_month_ago_are_forgotten(till: Till, gateway: Receiver) -> None:
    sent(till, issued(till)["number"])
    with clock.stopped(clock.now() + timedelta(days=34)), db.transaction(till.house.tenant) as session:
        tidy_links(session)
        assert session.query(ActivationLink).count() == 0
