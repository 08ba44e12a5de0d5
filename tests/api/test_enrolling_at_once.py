"""Tills that enrol at the same moment: one person is one member, whoever comes first."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from coalition.cards.models import Card, CardEvent
from coalition.members.models import Member
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.api.conftest import Till, furnished
from tests.api.test_cards import PLASTIC, issued
from tests.api.test_enrolment import ask, joining


@pytest.fixture
def till(live_database: Settings) -> Till:
    """A till where commits are real."""
    found = furnished()
    found.sign_in()
    return found


def at_once(till: Till, path: str, bodies: list[dict[str, Any]]) -> list[tuple[int, Any]]:
    """The answers to bodies that are sent together, each with a key of its own."""

    def send(number: int) -> tuple[int, Any]:
        http = till.http.application.test_client()
        own = Till(http, till.site, till.client_id, till.secret, till.house, till.member, till.token)
        found = own.post(path, bodies[number], key=str(number))
        return found.status_code, found.json

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(send, range(len(bodies))))


def counted(till: Till, table: type[Any]) -> int | None:
    with db.transaction(till.house.tenant) as session:
        count = select(func.count()).select_from(table).where(table.tenant_id == till.house.tenant)
        return session.scalar(count)


def test_one_reference_is_one_member(till: Till) -> None:
    answers = at_once(till, "/members", [joining()] * 24)
    assert {status for status, _ in answers} == {201}
    assert len({body["member_id"] for _, body in answers}) == 1
    assert (counted(till, Member), counted(till, Card)) == (2, 1)


def test_one_phone_is_one_member(till: Till) -> None:
    answers = at_once(till, "/members", [joining(str(number)) for number in range(24)])
    assert Counter(status for status, _ in answers) == {201: 1, 409: 23}
    assert (counted(till, Member), counted(till, Card)) == (2, 1)


def test_one_number_is_one_card(till: Till) -> None:
    ask(till)
    answers = at_once(till, f"/members/{till.member}/cards", [{"number": PLASTIC}] * 24)
    assert {status for status, _ in answers} == {201}
    assert (counted(till, Card), counted(till, CardEvent)) == (1, 2)


def test_a_card_is_replaced_by_one(till: Till) -> None:
    old = issued(till)["number"]
    answers = at_once(till, "/cards/replace", [{"number": old, "reason": "lost"}] * 16)
    assert Counter(status for status, _ in answers) == {201: 1, 409: 15}
    assert (counted(till, Card), counted(till, CardEvent)) == (2, 3)
