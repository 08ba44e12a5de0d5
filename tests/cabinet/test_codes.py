"""Codes in the cabinet: a friend's, a flyer's; who guesses waits, and one answer is for whatever is no code."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.actions import enrol
from coalition.members.models import FactKind, MemberDevice, MemberFact, Referral
from coalition.members.person import Person
from coalition.members.referring import code_of
from coalition.promotions.actions import publish
from coalition.promotions.promo_codes import enter_promo_code
from coalition.transactions.recording import Told, record
from tenants import actor
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.runtime import clock
from tenants.runtime.errors import Forbidden, NotFound
from tests.cabinet.test_pages import HOST, page
from tests.cabinet.world import LONG_AGO, World

FUNDING = [{"participant": "bank", "share": 100}]
FRIENDS = {
    "title": {"ru": "Приведи друга", "en": "Bring a friend"},
    "trigger": {"kind": "referral", "amount_from": "1000", "settled_days": 0},
    "mechanic": {"kind": "both_sides", "friend": "150", "referrer": "200"},
}
FLYER = {
    "title": {"ru": "Листовка", "en": "Flyer"},
    "trigger": {"kind": "promo_code", "code": "Coffee-2026"},
    "mechanic": {"kind": "fixed", "points": "40"},
}
WAITING = {
    "title": {"ru": "На разгон", "en": "A start"},
    "once": True,
    "conditions": {"mcc": ["5999"]},
    "mechanic": {"kind": "fixed", "points": "70"},
    "activation": {"condition": {"kind": "purchases", "count": 2}, "within_days": 14},
}


def offer(session: Session, world: World, document: dict[str, Any], **more: Any) -> None:
    publish(
        session, SYSTEM, programme_id=world.programme.id, code=f"o{abs(hash(str(document)))}",
        document=document | {"funding": FUNDING}, **{"starts_at": LONG_AGO} | more,
    )  # fmt: skip


def send(client: FlaskClient, path: str, code: str) -> tuple[int, str]:
    answer = client.post(path, base_url=HOST, data={"code": code})
    return answer.status_code, answer.get_data(as_text=True)


@pytest.fixture
def friend(app: Any, seen: Session, world: World) -> FlaskClient:
    """The browser of a member who joined just now."""
    offer(seen, world, FRIENDS)
    made = enrol(
        seen, SYSTEM, programme_id=world.programme.id, person=Person("Ольга", phone="+79140000222")
    )  # fmt: skip
    seen.flush()
    secret = sign_in(seen, kind="member", subject_id=made.id)
    seen.flush()  # requests read by a session of their own
    client = app.test_client()
    client.set_cookie("member", secret, domain="test.localhost")
    return client  # type: ignore[no-any-return]


def test_the_own_code_and_its_link_stand_on_the_page(
    client: FlaskClient, friend: FlaskClient, seen: Session, world: World
) -> None:
    html = page(client, "/friends")
    code = code_of(seen, world.member_id)
    assert f"{code[:4]} {code[4:]}" in html
    assert f'value="{HOST}/i/{code}"' in html
    assert "200 искр вам и 150 искр другу" in html.replace("\xa0", " ")


def test_a_friend_comes_by_the_link_and_names_the_code_once(
    client: FlaskClient, friend: FlaskClient, seen: Session, world: World
) -> None:
    code = code_of(seen, world.member_id)
    assert friend.get(f"/i/{code}", base_url=HOST).status_code == 303
    assert f'value="{code}"' in page(friend, "/friends")
    assert send(friend, "/friends", code.lower())[0] == 303
    assert "Вы пришли по коду друга" in page(friend, "/friends")
    status, html = send(friend, "/friends", code)
    assert (status, "Кто вас привёл, уже известно" in html) == (422, True)
    assert len(seen.scalars(select(Referral)).all()) == 1
    assert "По вашему коду пришёл 1 друг" in page(client, "/friends").replace("\xa0", " ")


def test_who_has_bought_reads_why_no_code_can_be_named(
    client: FlaskClient, friend: FlaskClient, seen: Session, world: World
) -> None:
    told = Told("a", world.member_id, clock.now(), 100_000, "shop")
    record(seen, SYSTEM, programme_id=world.programme.id, source="till", told=[told])
    html = page(client, "/friends")
    assert ("Код друга называют до первой покупки, а она уже есть" in html, 'name="code"' in html) == (
        True,
        False,
    )
    assert 'name="code"' in page(friend, "/friends")
    status, html = send(client, "/friends", "ZZZZZZZZ")
    assert (status, "а она уже есть" in html) == (422, True)
    assert seen.scalars(select(Referral)).all() == []


def test_nobody_brings_herself(client: FlaskClient, friend: FlaskClient, seen: Session, world: World) -> None:
    page(friend, "/friends")
    mine = seen.scalars(select(MemberDevice)).all()
    assert mine == [], "a browser is known from a sign-in on"
    own = re.search(r'value="http://test.localhost/i/(\w+)"', page(friend, "/friends"))
    assert own is not None
    status, html = send(friend, "/friends", own[1])
    assert (status, "Это ваш собственный код" in html) == (422, True)


def test_after_ten_tries_a_member_waits_and_the_tries_are_kept(
    friend: FlaskClient, seen: Session, world: World
) -> None:
    assert [send(friend, "/friends", "ZZZZZZZZ")[0] for _ in range(11)] == [422] * 10 + [429]
    assert send(friend, "/promo-code", "anything")[0] == 429
    assert send(friend, "/friends", code_of(seen, world.member_id))[0] == 429


def test_a_promo_code_counts_from_its_entry_however_it_is_typed(
    client: FlaskClient, seen: Session, world: World
) -> None:
    offer(seen, world, FLYER)
    status, _ = send(client, "/promo-code", " соffее 2O26 ")
    assert status == 303
    html = page(client, "/promo-code?entered=COFFEE2026").replace("\xa0", " ")
    assert "Код принят. Он действует с этой минуты" in html
    assert "40 искр" in html
    facts = seen.scalars(select(MemberFact).where(MemberFact.kind == FactKind.PROMO_CODE)).all()
    assert [fact.name for fact in facts] == ["COFFEE2O26"]
    told = Told("a", world.member_id, clock.now() + timedelta(seconds=1), 1_000, "shop")
    with clock.stopped(clock.now() + timedelta(minutes=1)):
        found = record(seen, SYSTEM, programme_id=world.programme.id, source="till", told=[told])
    assert int(found.points.sum()) == 40


def test_an_empty_code_is_asked_for_and_is_no_guess(
    client: FlaskClient, friend: FlaskClient, seen: Session, world: World
) -> None:
    for _ in range(11):
        status, html = send(friend, "/friends", " ")
        assert (status, "Напишите код друга" in html) == (422, True)
        status, html = send(client, "/promo-code", "")
        assert (status, "Напишите код: буквы и цифры" in html) == (422, True)
    assert send(friend, "/friends", code_of(seen, world.member_id))[0] == 303


def test_unknown_and_over_are_one_answer(client: FlaskClient, seen: Session, world: World) -> None:
    yesterday = clock.now() - timedelta(days=1)
    with clock.stopped(yesterday - timedelta(days=1)):
        offer(seen, world, FLYER, ends_at=yesterday)
    answers = {send(client, "/promo-code", code)[0] for code in ("COFFEE-2026", "NEVER")}
    texts = {
        re.sub(r'value="[^"]*"|name="csrf_token"[^>]*', "", send(client, "/promo-code", code)[1])
        for code in ("COFFEE-2026", "NEVER")
    }
    assert (answers, len(texts)) == ({422}, 1)


def test_a_code_is_entered_by_the_member_herself_or_the_staff(seen: Session, world: World) -> None:
    offer(seen, world, FLYER)
    other = enrol(seen, SYSTEM, programme_id=world.programme.id, person=Person("Ольга"))
    for who in (actor.member(other.id), actor.Actor("staff")):
        with pytest.raises(Forbidden):
            enter_promo_code(seen, who, member_id=world.member_id, code="coffee-2026")
    with pytest.raises(NotFound):
        enter_promo_code(seen, actor.member(other.id), member_id=other.id, code="coffee-2027")
    assert seen.scalars(select(MemberFact)).all() == []


def test_the_home_page_says_what_waits_for_what(client: FlaskClient, seen: Session, world: World) -> None:
    offer(seen, world, WAITING)
    told = Told("a", world.member_id, clock.now(), 1_000, "shop", mcc=5999)
    record(seen, SYSTEM, programme_id=world.programme.id, source="till", told=[told])
    html = page(client, "/").replace("\xa0", " ")
    assert "70 искр ждут вас" in html
    assert "Сделайте ещё 2 покупки по" in html
    assert "с условием" in page(client, "/history")
    assert "9999" not in html + page(client, "/history")
