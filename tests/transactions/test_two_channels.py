"""A sale that a till and the bank's file both tell pays once, as the programme says; its returns undo it once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from coalition.ledger.models import Account, Purpose
from coalition.ledger.post import Cause, open_book
from coalition.partners.actions import add_partner
from coalition.promotions.case import Receipt
from coalition.transactions.recording import Told, record
from coalition.transactions.two_channels.terms import set_same_sale_terms
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import ZONE, House, drain
from tests.transactions.bank import back as refund
from tests.transactions.bank import (
    balances,
    join,
    line,
    load,
    open_bank,
    points_of,
    promotion,
    query,
)

pytestmark = pytest.mark.usefixtures("house")
CARD, OTHER = "token-00004444", "token-00005555"
NOON = datetime(2026, 11, 10, 0, tzinfo=UTC)  # in Kamchatka
FIFTH = promotion({"kind": "percent", "rate": "20"}, conditions={"kinds": ["purchase"]})


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


def bank_where(pays: str | None, *documents: object, **more: object) -> House:
    """A bank with these promotions, 20 % of every purchase if none, where that channel pays."""
    bank = open_bank(list(documents) or [FIFTH])  # type: ignore[arg-type]
    with db.transaction(bank.tenant) as session:
        add_partner(
            session, SYSTEM, participant_id=bank.funders[1], code="shop", name={"ru": "shop", "en": "shop"},
            about={"ru": "", "en": ""}, category="food",
        )  # fmt: skip
        if pays:
            set_same_sale_terms(session, SYSTEM, programme_id=bank.programme, terms={"pays": pays, **more})
    return bank


def sold(
    bank: House,
    member: UUID,
    amount: int,
    reference: str = "t1",
    at: datetime = NOON,
    four: str = "4444",
    rrn: str = "",
    **receipt: object,
) -> None:
    """A sale at the shop's till, in roubles, paid by the card with these digits."""
    known = Receipt(card_last_four=four, card_reference=rrn, **receipt)  # type: ignore[arg-type]
    with db.transaction(bank.tenant) as session:
        told = Told(reference, member, at, amount * 100, "shop", partner="shop", receipt=known)
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=[told])
    drain(bank.tenant)


def brought_back(bank: House, member: UUID, amount: int, reference: str, original: str = "t1") -> None:
    """A return at the till."""
    at = NOON + timedelta(days=1)
    with db.transaction(bank.tenant) as session:
        told = Told(
            reference, member, at, amount * 100, "shop", partner="shop", refund=True, original=original
        )
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=[told])
    drain(bank.tenant)


def paid(amount: int, at: str = "2026-11-10 12:05:00", card: str = CARD, **more: str) -> str:
    """The line of the same payment in the bank's file."""
    return line(card, at, amount, **more)


def pairs(bank: House) -> list[tuple[bool, bool]]:
    """For each that stands back, whether a till told it, and the one that pays."""
    return [tuple(row) for row in query(bank, """select l.file_id is null, w.file_id is null from purchase_return r
        join purchase l on l.id = r.purchase_id join purchase w on w.id = r.same_as""")]  # fmt: skip


@pytest.mark.parametrize("till_first", [True, False])
@pytest.mark.parametrize(("pays", "points"), [(None, 200), ("first", 100), ("till", 100), ("bank", 100)])
def test_a_sale_told_twice_pays_as_the_programme_says(
    pays: str | None, points: int, till_first: bool
) -> None:
    bank = bank_where(pays)
    vera = join(bank, CARD)
    if till_first:
        sold(bank, vera, 500)
    load(bank, [paid(500)])
    if not till_first:
        sold(bank, vera, 500)
    assert points_of(bank, vera) == points
    by_till = pays == "till" or (pays == "first" and till_first)
    assert pairs(bank) == ([(not by_till, by_till)] if pays else [])


def test_what_stands_back_is_kept_with_its_reason_and_counts_nowhere() -> None:
    """The month's limit is the till's alone: 150 of 100 and 100, not of 100, 100 and 100."""
    bank = bank_where("till", FIFTH | {"limits": {"per_month": "150"}})
    vera = join(bank, CARD)
    load(bank, [paid(500)])
    sold(bank, vera, 500)
    assert points_of(bank, vera) == 100
    sold(bank, vera, 500, "t2", NOON + timedelta(hours=5))
    assert points_of(bank, vera) == 150
    load(bank, [paid(500, "2026-11-10 17:01:00")])
    assert points_of(bank, vera) == 150
    assert pairs(bank) == [(False, True)] * 2
    assert query(bank, "select distinct counts::text from counter_sheet") == [("{150}",)]


def test_the_till_that_takes_the_files_place_is_valued_without_it() -> None:
    """The first purchase pays: the till's, though the file's had come before it."""
    bank = bank_where("till", promotion({"kind": "fixed", "points": "70"}, once=True))
    vera = join(bank, CARD)
    load(bank, [paid(500), paid(90, "2026-11-12 09:00:00")])
    sold(bank, vera, 500)
    # Without the file's 500 its 90 came first, and once is once.
    assert query(bank, """select p.amount, (coalesce(v.reason, p.reason))[3] from purchase p left join revaluation v
        on v.purchase_id = p.id order by p.amount, p.file_id nulls last""") == [
        (90_00, 70), (500_00, None), (500_00, None)
    ]  # fmt: skip
    assert points_of(bank, vera) == 70


def test_points_that_were_spent_meanwhile_are_owed_for_no_longer_than_it_takes() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD)
    load(bank, [paid(500)])
    with db.transaction(bank.tenant) as session:
        book = open_book(session, member_id=vera, zone=ZONE)
        book.spend(Cause(Purpose.ADJUST, UUID(int=1), clock.now()), 60, Account.ADJUSTED)
    sold(bank, vera, 500)
    assert balances(bank)[vera] == (40, 0, 0, 0)


@pytest.mark.parametrize("pays", ["first", "till", "bank"])
@pytest.mark.parametrize("order", list(permutations("TFtf")))
def test_a_return_that_both_tell_is_one(pays: str, order: tuple[str, ...]) -> None:
    """T and F tell the sale of 500, t and f that 200 of it came back."""
    bank = bank_where(pays)
    vera = join(bank, CARD)
    for one in order:
        tell(bank, vera, one, 200)
    assert points_of(bank, vera) == 60
    states = query(bank, "select state from purchase_return where same_as is null order by state")
    assert states == [("applied",), ("same",)]


def tell(bank: House, member: UUID, what: str, amount: int = 0, number: int = 1) -> None:
    """The sale of 500 or a return, by the till (T, t) or the file (F, f)."""
    match what:
        case "T":
            sold(bank, member, 500)
        case "F":
            load(bank, [paid(500, reference="r1")])
        case "t":
            brought_back(bank, member, amount, f"b{number}")
        case "f":
            load(bank, [refund(CARD, "2026-11-11 12:00:00", amount, reference=f"b{number}", original="r1")])


@pytest.mark.parametrize(
    ("told", "left"), [(("t",), 60), (("f",), 60), (("t", "t", "f"), 20), (("f", "f"), 20)]
)
@pytest.mark.parametrize("pays", ["till", "bank"])
def test_what_only_one_of_them_tells_came_back_too(pays: str, told: tuple[str, ...], left: int) -> None:
    bank = bank_where(pays)
    vera = join(bank, CARD)
    for number, one in enumerate((*"TF", *told)):
        tell(bank, vera, one, 200, number)
    assert points_of(bank, vera) == left


def test_a_refund_without_a_reference_never_adds_to_the_tills_return() -> None:
    """The file calls the seller as the till does, so by its name it could be either's."""
    bank = bank_where("till")
    vera = join(bank, CARD)
    sold(bank, vera, 500)
    brought_back(bank, vera, 200, "b1")
    load(bank, [refund(CARD, "2026-11-11 12:00:00", 200)])
    load(bank, [paid(500)])
    assert points_of(bank, vera) == 60
