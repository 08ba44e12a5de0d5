"""A member's history adds up to her balance, page by page, and says why."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from coalition.redemption.actions import add_reward, cancel, redeem
from coalition.reports.history import Entry, history
from coalition.reports.why import why
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import NotFound
from tenants.runtime.ids import new_id
from tests.ledger.house import House
from tests.transactions.bank import back, balances, join, line, load, open_bank, per_step, promotion

pytestmark = pytest.mark.usefixtures("house")
CARD = "token-vera"
SHARED = [{"participant": "bank", "share": 30}, {"participant": "shop", "share": 70}]


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


@pytest.fixture
def bank() -> House:
    return open_bank(
        [
            per_step("2", funding=SHARED, limits={"per_purchase": "100"}),
            promotion({"kind": "fixed", "points": "500"}, conditions={"amount_from": "9000"}),
        ]
    )


@pytest.fixture
def vera(bank: House) -> UUID:
    """Purchases, a return, a redemption and one that was cancelled."""
    member = join(bank, CARD)
    load(bank, [line(CARD, f"2026-11-{day:02}", 1000 * day, merchant=f"m{day}") for day in range(1, 9)])
    load(bank, [back(CARD, "2026-11-10", 500, merchant="m2")])
    with db.transaction(bank.tenant) as session:
        terms = {"points_min": 1, "points_max": 500, "days": 1}
        name = {"ru": "К", "en": "C"}
        add_reward(
            session,
            SYSTEM,
            code="cash",
            kind="cashback",
            name=name,
            about=name,
            terms=terms,
            participant_id=1,
        )
        made = [
            redeem(
                session, SYSTEM, member_id=member, reward_code="cash", choice={"points": 40 + n},
                request_id=str(n),
            )
            for n in range(2)
        ]  # fmt: skip
        session.flush()
        cancel(session, SYSTEM, member_id=member, redemption_id=made[0].id)
    return member


def pages(bank: House, member: UUID, limit: int) -> list[Entry]:
    found: list[Entry] = []
    before = None
    with db.transaction(bank.tenant) as session:
        while True:
            entries, before = history(session, member, before=before, limit=limit)
            found += entries
            if before is None:
                return found


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_all_pages_add_up_to_the_balance(bank: House, vera: UUID, limit: int) -> None:
    found = pages(bank, vera, limit)
    assert sum(entry.points for entry in found) == balances(bank)[vera][0]
    assert sorted(entry.kind for entry in found) == sorted(
        ["purchase"] * 8 + ["return"] + ["redemption"] * 2 + ["cancelled"]
    )
    assert [entry.at for entry in found] == sorted((entry.at for entry in found), reverse=True)


def test_a_purchase_is_explained_as_it_was_booked(bank: House, vera: UUID) -> None:
    with db.transaction(bank.tenant) as session:
        entries, _ = history(session, vera)
        bought = {entry.merchant: entry.purchase for entry in entries if entry.kind == "purchase"}
        purchase = bought["m8"]
        assert purchase is not None
        found = why(session, member_id=vera, purchase_id=purchase.id)
    assert [(one.version, one.base, one.points, one.cut) for one in found.applied] == [(1, 800_000, 100, 60)]
    assert [(one.version, one.condition, one.wanted, one.actual) for one, _ in found.missed] == [
        (2, "amount", 900_000, 800_000)
    ]
    assert (found.points, found.net_points) == (100, 100)
    assert [(payer.code, points) for payer, points in found.paid_by] == [("bank", 30), ("shop", 70)]


def test_a_returned_purchase_says_what_is_left(bank: House, vera: UUID) -> None:
    with db.transaction(bank.tenant) as session:
        entries, _ = history(session, vera)
        returned = next(entry for entry in entries if entry.kind == "return")
        assert (returned.points, returned.merchant) == (-10, "m2")
        assert returned.purchase is not None
        found = why(session, member_id=vera, purchase_id=returned.purchase.id)
    assert (found.points, found.net_points, [one.amount for one in found.returns]) == (40, 30, [50_000])


def test_nobody_explains_a_purchase_of_another(bank: House, vera: UUID) -> None:
    olga = join(bank, "token-olga")
    with db.transaction(bank.tenant) as session:
        entries, _ = history(session, vera)
        bought = next(entry.purchase for entry in entries if entry.purchase)
        for member, purchase in ((olga, bought.id), (vera, new_id())):
            with pytest.raises(NotFound, match="purchase_unknown"):
                why(session, member_id=member, purchase_id=purchase)
        assert history(session, olga) == ([], None)


def test_points_that_a_return_took_wait_for_nothing() -> None:
    bank = open_bank([per_step("2", activation_delay_days=14)])
    olga = join(bank, "token-olga")
    load(bank, [line("token-olga", "2026-11-20", 1000, merchant=name) for name in ("kept", "returned")])
    load(bank, [back("token-olga", "2026-11-21", 1000, merchant="returned")])
    waits = {(entry.kind, entry.merchant): entry.waits_until for entry in pages(bank, olga, 10)}
    assert waits == {
        ("purchase", "kept"): date(2026, 12, 4),
        ("purchase", "returned"): None,
        ("return", "returned"): None,
    }


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_purchase_stands_on_one_page_though_others_have_its_time(bank: House, limit: int) -> None:
    olga = join(bank, "token-olga")
    names = [f"m{number}" for number in range(12)]
    load(bank, [line("token-olga", "2026-11-20", 1000, merchant=name) for name in names])
    found = pages(bank, olga, limit)
    assert sorted(entry.merchant for entry in found) == sorted(names)
    assert {entry.points for entry in found} == {20}  # 6 of the bank and 14 of the shop
