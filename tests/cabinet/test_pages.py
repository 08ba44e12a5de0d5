"""Every page answers, says what it must, and needs neither a script nor a style in it."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.promotions.actions import publish
from coalition.promotions.kinds import OperationKind
from coalition.transactions.models import Purchase
from coalition.transactions.occasions import Happened, note_occasions
from tenants.actor import SYSTEM
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
    "/notices",
    "/more",
    "/till",
    "/friends",
    "/promo-code",
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


@pytest.mark.parametrize(
    ("lang", "title", "why"),
    [
        ("ru", "Добро пожаловать", "250 искр за вступление в программу"),
        ("en", "Welcome", "250 sparks for joining the programme"),
    ],
)
def test_points_without_a_purchase_are_told_with_their_promotion(
    client: FlaskClient, seen: Session, world: World, lang: str, title: str, why: str
) -> None:
    publish(
        seen,
        SYSTEM,
        programme_id=world.programme.id,
        code="welcome",
        document={
            "title": {"ru": "Добро пожаловать", "en": "Welcome"},
            "trigger": {"kind": "enrolment"},
            "mechanic": {"kind": "fixed", "points": "250"},
            "funding": [{"participant": "bank", "share": 100}],
        },
    )
    note_occasions(seen, world.programme, [Happened(world.member_id, "enrolment", "", clock.now())])
    seen.flush()
    html = page(client, "/history", lang).replace("\u00a0", " ")
    assert re.findall(r"250 [^<]*programme|250 [^<]*программу", html) == [why]
    assert (title in html, "+250" in html) == (True, True)
