"""Offers that a member accepts first: hers from the moment she says so, and only those that are offered to her."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from coalition.promotions.actions import publish
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock
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


FAVOURITE = {
    "title": {"ru": "Любимая категория", "en": "Favourite category"},
    "mechanic": {
        "kind": "category_of_month",
        "rate": "10",
        "categories": {"fuel": ["5541"], "groceries": ["5411"]},
    },
    "funding": FUNDING,
}


def choose(client: FlaskClient, category: str) -> int:
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, "/profile"))
    assert token is not None
    form = {"csrf_token": token[1], "category": category}
    return client.post("/offers/category", base_url=HOST, data=form).status_code


def test_the_category_of_the_month_is_chosen_once_and_pays_from_then_on(
    client: FlaskClient, seen: Session, world: World
) -> None:
    publish(
        seen, SYSTEM, programme_id=world.programme.id, code="favourite", document=FAVOURITE,
        starts_at=LONG_AGO,
    )  # fmt: skip
    assert choose(client, "caviar") == 404
    assert "В этом месяце" not in page(client, "/offers")
    assert [choose(client, category) for category in ("fuel", "groceries", "fuel")] == [303, 303, 303]
    assert "В этом месяце: Топливо" in page(client, "/offers")
    told = [
        Told(code, world.member_id, clock.now() - timedelta(minutes=1), 100_00, "Shop", mcc=mcc)
        for code, mcc in (("a", 5411), ("b", 5541))
    ]
    outcome = record(seen, SYSTEM, programme_id=world.programme.id, source="till", told=told)
    given = dict(zip(outcome.posted.tolist(), outcome.points.tolist(), strict=True))
    assert given == {0: 4, 1: 3 + 10}
