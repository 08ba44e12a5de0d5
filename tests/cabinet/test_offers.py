"""Offers that a member accepts first: hers from the moment she says so, and only those that are offered to her."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from coalition.promotions.actions import publish
from tenants.actor import SYSTEM
from tests.cabinet.test_pages import HOST, page
from tests.cabinet.world import LONG_AGO, World

FUNDING = [{"participant": "bank", "share": 100}]


@pytest.fixture
def offered(seen: Session, world: World) -> Session:
    publish(
        seen,
        SYSTEM,
        programme_id=world.programme.id,
        code="weekend",
        document={
            "title": {"ru": "Выходные", "en": "Weekend"},
            "where": [{"kind": "opt_in"}],
            "mechanic": {"kind": "fixed", "points": "40"},
            "funding": FUNDING,
        },
        starts_at=LONG_AGO,
    )
    return seen


def accept(client: FlaskClient, code: str) -> int:
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, "/offers"))
    assert token is not None
    return client.post(f"/offers/{code}/accept", base_url=HOST, data={"csrf_token": token[1]}).status_code


def test_an_offer_is_taken_once_and_counts_from_then_on(client: FlaskClient, offered: Session) -> None:
    assert "Участвовать" in page(client, "/offers")
    assert accept(client, "weekend") == 303
    html = page(client, "/offers")
    assert ("Вы участвуете" in html, "Участвовать" in html) == (True, False)


@pytest.mark.parametrize("code", ["fuel", "nothing"])
def test_what_is_not_offered_so_is_not_found(client: FlaskClient, offered: Session, code: str) -> None:
    assert accept(client, code) == 404
