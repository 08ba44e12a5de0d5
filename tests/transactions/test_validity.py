"""Points of promotions with lives of their own: each in a lot of its own with its own last day, whatever gives them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from coalition.promotions.actions import publish
from coalition.transactions.corrections import jobs
from coalition.transactions.corrections.actions import approve_correction, begin_correction, send_correction
from coalition.transactions.events import note_event
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tests.ledger.house import House, drain
from tests.transactions.bank import LONG_AGO, back, balances, join, line, load, open_bank, promotion, query

pytestmark = pytest.mark.usefixtures("house")
JOBS = (jobs,)  # imported for the jobs it declares
YEAR = {"expiry": "days", "expiry_count": 365}
MONTH = {"valid": {"days": 30}}
JANUARY = {"valid": {"until": "2027-01-31"}}
ENDS = datetime(2026, 12, 31, tzinfo=UTC)
NOON = datetime(2026, 11, 22, tzinfo=UTC)  # in Kamchatka


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOON):
        yield


def percent(rate: str, **more: Any) -> dict[str, Any]:
    return promotion({"kind": "percent", "rate": rate}, **more)


def opened(*documents: dict[str, Any]) -> tuple[House, UUID]:
    """A bank with a programme of 365 days, whose promotions end with the year, and Vera."""
    bank = open_bank([], **YEAR)
    with db.transaction(bank.tenant) as session:
        for number, document in enumerate(documents):
            publish(
                session, SYSTEM, programme_id=bank.programme, code=f"p{number}", document=document,
                starts_at=LONG_AGO, ends_at=ENDS,
            )  # fmt: skip
    return bank, join(bank, "vera")


def tell(
    bank: House, member: UUID, reference: str, *, day: int = 0, amount: int = 100_000, **more: Any
) -> None:
    at = NOON + timedelta(days=day)
    with clock.stopped(at + timedelta(hours=1)):
        with db.transaction(bank.tenant) as session:
            told = [Told(reference, member, at, amount, "shop", **more)]
            record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)
        drain(bank.tenant)


def lots(bank: House) -> list[tuple[int, date, date]]:
    """What is left of every lot that has something, with its first and its last day."""
    rows = query(
        bank,
        "select remaining::int, active_on, expires_on from lot where remaining > 0 order by expires_on, remaining",
    )
    return [tuple(row) for row in rows]


def test_a_file_gives_two_lots_for_two_lives() -> None:
    bank, vera = opened(percent("5"), percent("3", **MONTH), percent("2", **JANUARY), percent("1", **MONTH))
    load(bank, [line("vera", "2026-11-20", 1000), line("vera", "2026-11-22", 100)])
    today = date(2026, 11, 22)  # nothing can be spent before it is known
    assert lots(bank) == [
        (4, today, date(2026, 12, 22)), (40, today, date(2026, 12, 22)),
        (2, today, date(2027, 1, 31)), (20, today, date(2027, 1, 31)),
        (5, today, date(2027, 11, 22)), (50, today, date(2027, 11, 22)),
    ]  # fmt: skip
    assert balances(bank)[vera] == (121, 0, 0, 0)


def test_a_till_gives_the_same_lots() -> None:
    bank, vera = opened(percent("5"), percent("3", activation_delay_days=14, **MONTH))
    tell(bank, vera, "a")
    assert lots(bank) == [
        (30, date(2026, 12, 6), date(2027, 1, 5)), (50, date(2026, 11, 22), date(2027, 11, 22)),
    ]  # fmt: skip


def test_a_return_takes_each_life_from_its_own_lot() -> None:
    bank, vera = opened(percent("5"), percent("3", **MONTH))
    load(bank, [line("vera", "2026-11-21", 1000, reference="a")])
    load(bank, [back("vera", "2026-11-22", 400, original="a")])
    assert [(left, last) for left, _, last in lots(bank)] == [
        (18, date(2026, 12, 22)),
        (30, date(2027, 11, 22)),
    ]
    load(bank, [back("vera", "2026-11-22", 600, original="a", reference="rest")])
    assert (lots(bank), balances(bank)[vera]) == ([], (0, 0, 0, 0))


def test_a_return_gives_to_another_purchase_what_it_gave_and_takes_that_from_the_right_lot() -> None:
    """What a later valuation gives is a lot of its own: of several of one payer the one of the same life is taken."""
    first = {"trigger": {"kind": "first_n_purchases", "n": 1}}
    bank, vera = opened(percent("5", **first), percent("3", **first, **MONTH))
    tell(bank, vera, "a")
    tell(bank, vera, "b", day=1)
    tell(bank, vera, "back", day=2, refund=True, original="a")
    known = date(2026, 11, 24)
    assert lots(bank) == [(30, known, date(2026, 12, 24)), (50, known, date(2027, 11, 24))]
    tell(bank, vera, "half", day=3, amount=50_000, refund=True, original="b")
    assert lots(bank) == [(15, known, date(2026, 12, 24)), (25, known, date(2027, 11, 24))]


def test_an_occasion_gives_points_of_their_own_life() -> None:
    gift = promotion({"kind": "fixed", "points": "250"}, trigger={"kind": "enrolment"}, **MONTH)
    bank, _ = opened(gift)
    assert lots(bank) == [(250, date(2026, 11, 22), date(2026, 12, 22))]


def test_an_event_gives_points_until_their_fixed_day() -> None:
    document = promotion({"kind": "fixed", "points": "50"}, trigger={"kind": "event", "name": "x"}, **JANUARY)
    bank, vera = opened(document)
    with db.transaction(bank.tenant) as session:
        note_event(session, SYSTEM, member_id=vera, name="x", key="k", occurred_at=clock.now(), fields={})
    assert lots(bank) == [(50, date(2026, 11, 22), date(2027, 1, 31))]


@pytest.mark.parametrize(
    ("valid", "last"), [(MONTH, date(2026, 12, 24)), (JANUARY, date(2027, 1, 31)), ({}, date(2027, 11, 24))]
)
def test_p2_points_that_waited_live_by_the_promotion_from_the_day_they_can_be_spent(
    valid: dict[str, Any], last: date
) -> None:
    activation = {"condition": {"kind": "purchases", "count": 1}, "within_days": 14}
    bank, vera = opened(
        promotion({"kind": "fixed", "points": "100"}, once=True, activation=activation, **valid)
    )
    tell(bank, vera, "a")
    assert [last for _, _, last in lots(bank)] == [date(2026, 12, 6)]
    tell(bank, vera, "b", day=2)
    assert lots(bank) == [(100, date(2026, 11, 24), last)]


def test_a_correction_moves_points_to_the_life_that_is_right() -> None:
    bank, vera = opened(percent("5"), percent("3"))
    load(bank, [line("vera", "2026-11-21", 1000, reference="a")])
    day = date(2026, 11, 21)
    with db.transaction(bank.tenant) as session:
        number = begin_correction(
            session, SYSTEM, code="p1", document=percent("4", **MONTH), first_day=day, last_day=day
        ).id
    drain(bank.tenant)
    with db.transaction(bank.tenant) as session:
        send_correction(session, SYSTEM, correction_id=number)
        approve_correction(session, SYSTEM, correction_id=number)
    drain(bank.tenant)
    month, year = date(2026, 12, 22), date(2027, 11, 22)
    assert [(left, last) for left, _, last in lots(bank)] == [(40, month), (50, year)]
    load(bank, [back("vera", "2026-11-22", 500, original="a")])
    assert [(left, last) for left, _, last in lots(bank)] == [(20, month), (25, year)]
    assert balances(bank)[vera] == (45, 0, 0, 0)


def test_what_becomes_known_after_the_last_day_lives_by_the_programme() -> None:
    bank, _ = opened(percent("2", **JANUARY))
    with clock.stopped(datetime(2027, 2, 10, tzinfo=UTC)):
        load(bank, [line("vera", "2026-12-20", 1000)])
    assert lots(bank) == [(20, date(2027, 2, 10), date(2028, 2, 10))]


def test_a_version_that_outlives_its_points_is_not_published() -> None:
    with pytest.raises(Refusal) as refused:
        open_bank([percent("2", **JANUARY)])
    assert (refused.value.code, refused.value.facts["field"]) == ("document_invalid", "valid.until")
