"""Agreed statements are ordered and marked as paid, by reference and exact sum, once; what does not fit is told."""

from datetime import UTC, date, datetime
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from sqlalchemy import select

from coalition.settlement.answering import agree, send
from coalition.settlement.models import PaymentOrder, StatementPayment
from coalition.settlement.payments import mark_paid, order_payments
from coalition.settlement.queries import states_in
from coalition.settlement.states import State
from coalition.settlement.terms import set_operator, set_terms
from tenants.actor import SYSTEM, Actor
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, Refusal
from tenants.runtime.ids import new_id
from tests.ledger.house import House
from tests.settlement.test_answering import do
from tests.settlement.test_closing import CLOSED, HOTEL, OCTOBER, closed, hotel, sell

pytestmark = pytest.mark.usefixtures("house")
BANK = {"name": "АО «Авача Банк»", "inn": "7707083893", "account": "40702810000000000001", "bic": "044525225"}
SHOP = {"name": "ООО «Отель» & Co", "inn": "7728168971", "account": "40702810000000000002", "bic": "DEUTDEFF"}


def agreed(*, through: bool = True, bank: dict[str, str] = BANK, shop: dict[str, str] = SHOP) -> House:
    """The hotel's October, agreed: 8,600.00 are owed to it; where it has its own money, it owes 1,400.00."""
    house = hotel()
    with db.transaction(house.tenant) as session:
        told = {"programme_id": house.programme}
        set_operator(session, SYSTEM, participant_id=house.funders[0], terms={"legal": bank}, **told)
        terms = HOTEL | {"legal": shop, "contract": "К-118"} | ({} if through else {"turnover": "own"})
        set_terms(session, SYSTEM, participant_id=house.funders[1], since=OCTOBER, terms=terms, **told)
    sell(house, 10_000_00)
    closed(house)
    do(house, send)
    do(house, agree)
    return house


def ordered(house: House, at: datetime = CLOSED, actor: Actor = SYSTEM) -> bytes:
    with clock.stopped(at), db.transaction(house.tenant) as session:
        return order_payments(session, actor, programme_id=house.programme, month=OCTOBER)


def entry(
    house: House, amount: str = "8600.00", *, way: str = "DBIT", reference: str = "", own: str = "E1",
    currency: str = "RUB", status: str = "<Cd>BOOK</Cd>", more: str = "",
) -> str:  # fmt: skip
    reference = reference or f"ST{house.programme}-202610-{house.funders[1]}"
    return f"""<Ntry><NtryRef>{own}</NtryRef><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{more}
        <Sts>{status}</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>bank-{own}</AcctSvcrRef><NtryDtls><TxDtls>
        <Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"""


def camt(*found: str, version: str = "08") -> bytes:
    return f"""<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
        <BkToCstmrStmt><GrpHdr><MsgId>m</MsgId></GrpHdr><Stmt><Id>s</Id>{"".join(found)}</Stmt></BkToCstmrStmt>
        </Document>""".encode()


def marked(house: House, content: bytes, at: datetime = CLOSED) -> tuple[int, int, list[str]]:
    """How many were paid, known, and why the others did not fit."""
    with clock.stopped(at), db.transaction(house.tenant) as session:
        found = mark_paid(session, SYSTEM, programme_id=house.programme, content=content)
        return len(found.paid), found.known, [one.why for one in found.misfits]


def state(house: House) -> State:
    with db.transaction(house.tenant) as session:
        return states_in(session, house.programme, OCTOBER)[house.funders[1]]


def test_what_the_operator_owes_by_agreed_statements_is_ordered() -> None:
    house = agreed()
    root = fromstring(ordered(house))
    found = {one.tag.rpartition("}")[2]: one.text for one in root.iter()}
    for name, text in {
        "MsgId": f"ST{house.programme}-202610-M1", "CreDtTm": "2026-11-02T03:00:00Z", "CtrlSum": "8600.00",
        "InstdAmt": "8600.00", "EndToEndId": f"ST{house.programme}-202610-{house.funders[1]}",
        "Dt": "2026-11-22", "BICFI": "DEUTDEFF", "MmbId": "044525225",
        "Ustrd": f"ST{house.programme}-202610-{house.funders[1]}, К-118",
    }.items():  # fmt: skip
        assert found[name] == text, name
    assert "ООО «Отель» &amp; Co" in ordered(house).decode()


def test_the_same_orders_are_the_same_file_whatever_became_of_the_terms() -> None:
    house = agreed()
    first = ordered(house)
    with db.transaction(house.tenant) as session:
        told = {"programme_id": house.programme}
        set_operator(
            session, SYSTEM, participant_id=house.funders[0], terms={"legal": BANK | {"name": "New"}}, **told
        )
    assert ordered(house, datetime(2026, 11, 25, tzinfo=UTC)) == first
    with db.transaction(house.tenant) as session:
        assert len(session.scalars(select(PaymentOrder)).all()) == 1


def test_nothing_is_ordered_where_the_participant_owes_or_has_not_agreed() -> None:
    with pytest.raises(Refusal, match="nothing_to_pay"):
        ordered(agreed(through=False))
    house = hotel()
    sell(house, 10_000_00)
    closed(house)
    do(house, send)
    with pytest.raises(Refusal, match="nothing_to_pay"):
        ordered(house)


@pytest.mark.parametrize("missing", ["account", "bic", "name"])
@pytest.mark.parametrize("whose", ["bank", "shop"])
def test_without_an_account_nothing_is_ordered(missing: str, whose: str) -> None:
    legal = {"bank": BANK, "shop": SHOP}
    house = agreed(**{whose: legal[whose] | {missing: ""}})  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="account_missing") as told:
        ordered(house)
    assert told.value.facts["who"] == whose
    with db.transaction(house.tenant) as session:
        assert session.scalars(select(PaymentOrder)).all() == []


def test_a_name_of_which_nothing_can_be_written_is_none() -> None:
    with pytest.raises(Refusal, match="account_missing"):
        ordered(agreed(shop=SHOP | {"name": " \x01\x7f "}))


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_payment_of_the_exact_sum_marks_its_statement_once(version: str) -> None:
    house = agreed()
    statement = camt(entry(house), version=version)
    assert marked(house, statement) == (1, 0, [])
    assert state(house) == State.PAID
    assert marked(house, statement) == (0, 1, [])
    assert marked(house, camt(entry(house, own="E2"))) == (0, 0, ["paid"])
    with db.transaction(house.tenant) as session:
        [one] = session.scalars(select(StatementPayment)).all()
        assert (one.entry, one.minor, one.paid_on) == ("bank-E1", 8600_00, date(2026, 11, 20))
    with pytest.raises(Conflict, match="statement_agreed"):
        do(house, send)


def test_what_a_participant_pays_comes_as_a_credit() -> None:
    house = agreed(through=False)
    assert marked(house, camt(entry(house, "1400.00"))) == (0, 0, ["direction"])
    assert marked(house, camt(entry(house, "1400.0", way="CRDT"))) == (1, 0, [])


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("sum", {"amount": "8600.01"}),
        ("sum", {"amount": "8599.99"}),
        ("direction", {"way": "CRDT"}),
        ("currency", {"currency": "USD"}),
        ("not_booked", {"status": "<Cd>PDNG</Cd>"}),
        ("reversal", {"more": "<RvslInd>true</RvslInd>"}),
        ("unknown", {"reference": "NOTPROVIDED"}),
        ("unknown", {"reference": "ST1-202613-2"}),
        ("unknown", {"reference": "ST1-202609-2"}),
        ("unknown", {"reference": "ST99-202610-2"}),
    ],
)
def test_what_does_not_fit_is_told_and_marks_nothing(why: str, more: dict[str, Any]) -> None:
    house = agreed()
    assert marked(house, camt(entry(house, **more))) == (0, 0, [why])
    assert state(house) == State.AGREED


def test_a_statement_that_is_not_agreed_is_not_paid() -> None:
    house = hotel()
    sell(house, 10_000_00)
    closed(house)
    do(house, send)
    assert marked(house, camt(entry(house))) == (0, 0, ["state"])


def test_a_batch_is_read_by_its_parts_and_two_that_pay_the_same_are_one() -> None:
    house = agreed()
    reference = f"ST{house.programme}-202610-{house.funders[1]}"
    tx = f'<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs><Amt Ccy="RUB">8600</Amt></TxDtls>'
    batch = f"""<Ntry><Amt Ccy="RUB">17200.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt>
        <DtTm>2026-11-20T10:00:00</DtTm></BookgDt><NtryDtls>{tx}{tx}</NtryDtls></Ntry>"""
    assert marked(house, camt(batch)) == (1, 0, ["paid"])
    assert marked(house, camt(batch)) == (0, 1, ["paid"])


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"<Document/>", b"<a><BkToCstmrStmt/></a>",
        camt('<Ntry><Amt Ccy="RUB">many</Amt><BookgDt><Dt>2026-11-20</Dt></BookgDt></Ntry>'),
        camt('<Ntry><Amt Ccy="RUB">1</Amt></Ntry>'), camt("<Ntry/>"),
        b'<!DOCTYPE d [<!ENTITY a "aaaa">]><Document><BkToCstmrStmt>&a;</BkToCstmrStmt></Document>',
    ],
)  # fmt: skip
def test_what_is_no_statement_of_a_bank_is_refused(content: bytes) -> None:
    house = agreed()
    with pytest.raises(Refusal, match="camt_unclear"):
        marked(house, content)
    assert state(house) == State.AGREED


def test_a_wrong_entry_beside_a_right_one_leaves_both_unmarked_or_told() -> None:
    house = agreed()
    assert marked(house, camt(entry(house, "1.00", own="E0"), entry(house))) == (1, 0, ["sum"])


def test_who_may_not_pay_orders_and_marks_nothing() -> None:
    house = agreed()
    reader = Actor("staff", new_id(), frozenset({Permission.DESK_SETTLEMENT_READ}))
    theirs = Actor(
        "staff", new_id(), frozenset({Permission.DESK_SETTLEMENT_PAY}), participant_id=house.funders[1]
    )
    for actor in (reader, theirs):
        with pytest.raises(Forbidden):
            ordered(house, actor=actor)
        with pytest.raises(Forbidden), db.transaction(house.tenant) as session:
            mark_paid(session, actor, programme_id=house.programme, content=camt(entry(house)))
    assert state(house) == State.AGREED


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e999999", "sNaN", "-1", ""])
def test_an_amount_that_is_none_is_an_unclear_file(amount: str) -> None:
    house = agreed()
    with pytest.raises(Refusal, match="camt_unclear"):
        marked(house, camt(entry(house, amount)))
    assert state(house) == State.AGREED


def test_a_second_payment_of_another_day_is_told_and_not_taken_for_the_first() -> None:
    house = agreed()
    ordered(house)
    first = camt(entry(house).replace("<AcctSvcrRef>bank-E1</AcctSvcrRef>", ""))
    assert marked(house, first) == (1, 0, [])
    assert marked(house, first) == (0, 1, [])
    later = first.replace(b"2026-11-20", b"2026-11-27")
    assert marked(house, later) == (0, 0, ["paid"])
