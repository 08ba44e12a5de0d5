"""A corrected purchase says for ever what it was, what it should have been, and when that was put right."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from coalition.promotions import wording
from coalition.reports.history import history
from coalition.reports.why import Why, why
from coalition.transactions.models import Purchase
from tenants.branding.words import Words
from tenants.runtime import clock, db
from tests.ledger.house import House
from tests.transactions.bank import open_bank
from tests.transactions.test_corrections import back, corrected, member, percent, sale, spend, tell

pytestmark = pytest.mark.usefixtures("house")
WORDS = Words("en", ("point", "points"), 0, "RUB", "UTC", date(2026, 11, 22))


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


def explained(bank: House, owner: UUID) -> Why:
    """Why the member's one purchase gave its points."""
    with db.transaction(bank.tenant) as session:
        number = session.scalars(select(Purchase.id).where(Purchase.member_id == owner)).one()
        return why(session, member_id=owner, purchase_id=number)


def changes(found: Why) -> list[tuple[str, int]]:
    return [(wording.corrected(one.before, one.after, WORDS), one.points) for one in found.corrections]


def test_a_purchase_keeps_what_it_gave_and_tells_its_corrections_and_returns_apart() -> None:
    bank = open_bank([percent("7")])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one)
    corrected(bank, percent("12"))
    corrected(bank, percent("10"))
    tell(bank, back(one, "half", 50_000))
    found = explained(bank, vera)
    assert changes(found) == [("12% instead of 7%", 50), ("10% instead of 12%", -20)]
    assert (found.points, found.returned_points, found.net_points) == (70, -50, 50)
    assert [lot.points for lot in found.lots] == [70, 50]
    assert found.missed == ()


def test_the_history_has_one_line_for_a_correction() -> None:
    bank = open_bank([percent("7")])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3), sale(vera, "b", 4))
    corrected(bank, percent("12"))
    with db.transaction(bank.tenant) as session:
        entries, _ = history(session, vera)
    assert [(entry.kind, entry.points, entry.corrected_by) for entry in entries] == [
        ("correction", 100, 0), ("purchase", 70, 50), ("purchase", 70, 50),
    ]  # fmt: skip
    with db.transaction(bank.tenant) as session:
        for one in entries[1:]:
            assert one.purchase is not None
            page = why(session, member_id=vera, purchase_id=one.purchase.id)
            assert page.net_points == one.points + one.corrected_by
    first = entries[0]
    assert first.corrected is not None
    assert first.correction is not None
    assert (first.correction.first_day, wording.corrected(*first.corrected, WORDS)) == (
        date(2026, 11, 1),
        "12% instead of 7%",
    )


def test_what_was_left_out_and_what_was_a_mistake_are_told_so() -> None:
    bank = open_bank([percent("10", conditions={"mcc": ["5411"]})])
    vera, olga = member(bank), member(bank)
    tell(bank, sale(vera, "food", 3, mcc=5411), sale(olga, "petrol", 4, mcc=5541))
    corrected(bank, percent("10", conditions={"mcc": ["5541"]}))
    assert changes(explained(bank, vera)) == [("10% had been given by mistake", -100)]
    assert changes(explained(bank, olga)) == [("10%, which had been left out", 100)]


def test_a_write_off_stands_in_what_is_left() -> None:
    bank = open_bank([percent("10")])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    spend(bank, vera, 80)
    corrected(bank, percent("5"))
    found = explained(bank, vera)
    assert (changes(found), found.net_points) == ([("5% instead of 10%", -20)], 80)
