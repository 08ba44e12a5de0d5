"""What needs real commits: requests at once, and what is counted though the request is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from coalition.transactions.models import Purchase
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.api.conftest import CARD, Till, furnished
from tests.api.test_way import sale


@pytest.fixture
def till(live_database: Settings) -> Till:
    """A till where commits are real."""
    found = furnished()
    found.sign_in()
    return found


def test_two_hundred_requests_with_one_key_are_one_sale_and_one_answer(till: Till) -> None:
    def ask(_number: int) -> tuple[int, bytes]:
        http = till.http.application.test_client()
        while True:
            found = Till(
                http, till.site, till.client_id, till.secret, till.house, till.member, till.token
            ).post("/purchases", sale(), key="one")
            if found.status_code != 409:
                return found.status_code, found.data

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(ask, range(200)))
    assert [status for status, _ in answers] == [201]
    with db.transaction(till.house.tenant) as session:
        count = select(func.count()).select_from(Purchase).where(Purchase.tenant_id == till.house.tenant)
        assert session.scalar(count) == 1


def test_unknown_cards_are_counted(till: Till) -> None:
    tried = {till.post("/members/find", {"handle": f"tok-{n:07}"}).status_code for n in range(100, 160)}
    assert tried == {404}
    found = till.post("/members/find", {"handle": CARD})
    assert (found.status_code, found.json["code"]) == (429, "too_many_tries")  # type: ignore[index]
