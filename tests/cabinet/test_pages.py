"""Every page answers, says what it must, and needs neither a script nor a style in it."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.promotions.kinds import OperationKind
from coalition.transactions.models import Purchase
from tenants.runtime import clock
from tests.cabinet.world import World, buy

HOST = "http://test.localhost"
PAGES = [
    "/",
    "/history",
    "/offers",
    "/partners",
    "/spend",
    "/spent",
    "/certificates",
    "/profile",
    "/more",
    "/till",
]


def page(client: FlaskClient, path: str, lang: str = "ru") -> str:
    """A page's text, which must be found."""
    answer = client.get(path, base_url=HOST, headers={"Accept-Language": lang})
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_stands_under_a_strict_policy(client: FlaskClient, path: str, lang: str) -> None:
    html = page(client, path, lang)
    assert f'<html lang="{lang}">' in html
    assert not re.search(r"<[^>]*\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", html)
    assert html.count("<h1") == 1
    assert not re.search(r"https?://(?!www\.w3\.org)", html)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_members_only(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(path, base_url=HOST)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")


def test_points_that_a_return_took_are_not_promised(client: FlaskClient, seen: Session, world: World) -> None:
    bought = seen.scalars(select(Purchase).where(Purchase.partner_id == world.partners["calder"])).one()
    assert "Потратить можно с" in page(client, f"/why/{bought.id}")
    buy(
        seen,
        world,
        clock.now(),
        bought.amount,
        "Calder Electricals",
        partner="calder",
        mcc=5732,
        kind=OperationKind.REFUND,
    )
    seen.flush()
    html = page(client, f"/why/{bought.id}")
    assert "Осталось после возврата" in html
    assert "Потратить можно с" not in html
