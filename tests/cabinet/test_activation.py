"""The page that a texted link opens: it asks first, activates once, and tells of every other link the same."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from coalition.cards.actions import issue_card
from coalition.cards.links import make_link
from coalition.cards.models import Card
from coalition.cards.queries import number_of
from coalition.members.queries import member_by_id
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.cabinet.world import World

HOST = "http://test.localhost"
OVER = "Эта ссылка больше не работает"


@pytest.fixture
def link(world: World, tenant: int) -> str:
    """The address of a link for a card of the member's."""
    with db.transaction(tenant) as session:
        member = member_by_id(session, world.member_id)
        card = issue_card(session, SYSTEM, member_id=member.id)
        number = number_of(session, card)
        return "/activate/" + make_link(session, SYSTEM, programme_id=member.programme_id, number=number)[2]


def states(tenant: int) -> list[str]:
    with db.transaction(tenant) as session:
        return [card.state for card in session.scalars(select(Card).where(Card.tenant_id == tenant))]


def test_looking_at_it_activates_nothing_and_the_button_once(
    stranger: FlaskClient, link: str, tenant: int
) -> None:
    asked = stranger.get(link, base_url=HOST)
    assert (asked.status_code, states(tenant)) == (200, ["issued"])
    assert "Активировать карту" in asked.text
    assert "script-src 'self'" in asked.headers["Content-Security-Policy"]
    assert asked.headers["Cache-Control"] == "no-store"
    done = stranger.post(link, base_url=HOST)
    assert (done.status_code, states(tenant)) == (200, ["active"])
    assert "Карта активна" in done.text
    again = stranger.post(link, base_url=HOST)
    assert (again.status_code, OVER in again.text) == (404, True)


def test_used_over_and_made_up_are_told_the_same(stranger: FlaskClient, link: str, tenant: int) -> None:
    with clock.stopped(clock.now() + timedelta(days=4)):
        over = [stranger.get(link, base_url=HOST), stranger.post(link, base_url=HOST)]
    assert states(tenant) == ["issued"]
    stranger.post(link, base_url=HOST)
    found = [*over, stranger.get(link, base_url=HOST), stranger.get("/activate/made-up", base_url=HOST)]
    assert {(one.status_code, one.text) for one in found} == {(404, over[0].text)}
    assert OVER in over[0].text


def test_who_guesses_has_to_wait_and_who_has_a_good_link_at_the_same_address_has_not(
    stranger: FlaskClient, link: str, tenant: int
) -> None:
    for number in range(120):
        assert stranger.get(f"/activate/guess-{number}", base_url=HOST).status_code == 404
    asked = [
        stranger.get("/activate/guess-0", base_url=HOST),
        stranger.post("/activate/made-up", base_url=HOST),
    ]
    assert [one.status_code for one in asked] == [429, 429]
    assert (stranger.get(link, base_url=HOST).status_code, states(tenant)) == (200, ["issued"])
    assert (stranger.post(link, base_url=HOST).status_code, states(tenant)) == (200, ["active"])
    assert stranger.post(link, base_url=HOST).status_code == 429


def test_a_form_of_somewhere_else_activates_nothing(
    app: Flask, stranger: FlaskClient, link: str, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert stranger.post(link, base_url=HOST).status_code == 400
    assert states(tenant) == ["issued"]


def test_it_is_told_in_english_too(stranger: FlaskClient, link: str) -> None:
    told = stranger.get(link, base_url=HOST, headers={"Accept-Language": "en"}).text
    assert "Activate the card" in told
    assert f'name="back" value="{link}"' in told
