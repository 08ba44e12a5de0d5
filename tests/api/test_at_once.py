"""What needs real commits: requests at once, and what is counted though the request is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from coalition.reports.audit import audit
from coalition.transactions.models import Purchase
from coalition.transactions.online import selling
from coalition.transactions.online.booking import book
from partner_portal.api.v1 import purchases
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


def test_sales_with_one_card_take_turns_on_the_short_way(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    till.post("/purchases", sale("known"), key="known")  # from now on the token is known
    met: list[bool | None] = []
    longer: list[str] = []
    # However slow the machine is, who waits gets a turn, and who has met others takes turns.
    monkeypatch.setattr(db, "TRIP_LOCK_MS", 1000 * db.TRIP_SECONDS)
    monkeypatch.setattr(selling, "CROWDED_SECONDS", 600.0)
    monkeypatch.setattr(selling, "book", lambda *told: met.append(book(*told)) or met[-1])
    monkeypatch.setattr(purchases, "_sell", lambda *_: longer.append("a sale"))

    def ask(number: int) -> tuple[int, int]:
        http = till.http.application.test_client()
        one = Till(http, till.site, till.client_id, till.secret, till.house, till.member, till.token)
        found = one.post("/purchases", sale(f"s{number}"), key=f"s{number}")
        return found.status_code, found.json["balance"]["available"]  # type: ignore[index]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(80)))
    assert {status for status, _ in answers} == {201}
    given = till.get(f"/members/{till.member}/balance").json["available"] // 81  # type: ignore[index]
    assert sorted(has for _, has in answers) == [given * count for count in range(2, 82)]
    assert (longer, met.count(True), None in met) == ([], 80, False)
    with db.transaction(till.house.tenant) as session:
        assert not any(finding.broken for finding in audit(session))


def test_unknown_cards_are_counted(till: Till) -> None:
    tried = {till.post("/members/find", {"handle": f"tok-{n:07}"}).status_code for n in range(100, 160)}
    assert tried == {404}
    found = till.post("/members/find", {"handle": CARD})
    assert (found.status_code, found.json["code"]) == (429, "too_many_tries")  # type: ignore[index]
