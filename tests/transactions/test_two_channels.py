"""A sale that a till and the bank's file both tell pays once, as the programme says; its returns undo it once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from coalition.partners.actions import add_partner
from coalition.promotions.case import Receipt
from coalition.transactions.recording import Told, record
from coalition.transactions.two_channels.terms import set_same_sale_terms
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.db import tenant_of
from tests.ledger.house import House, drain
from tests.transactions.bank import (
    balances,
    join,
    line,
    load,
    open_bank,
    per_step,
    points_of,
    promotion,
    query,
)
from tests.transactions.bank import back as refund

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
