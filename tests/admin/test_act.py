"""The act says what the page says, to the kopeck, in both languages; registers have every row, and no formulas."""

import csv
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select

from coalition.partners.actions import open_outlet
from coalition.partners.models import Partner
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.settlement.answering import send
from coalition.settlement.closing import close
from coalition.settlement.terms import set_operator, set_terms
from coalition.transactions.by_hand.models import HandOperation
from coalition.transactions.models import Purchase
from tenants.actor import SYSTEM
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.ids import new_id
from tests.admin.test_settlement import bank, settling
from tests.admin.world import Bank, get, plain, signed_in
from tests.portal.company import manager
from tests.settlement.test_closing import HOTEL, OCTOBER

__all__ = ["bank", "settling"]  # fixtures
OPERATOR = {
    "name": "АО «Авача Банк»", "inn": "7707083893", "kpp": "410101001", "account": "40702810000000000001",
    "address": "683000, Петропавловск-Камчатский, ул. Вулканная, 12", "signer": "П. А. Юрченко",
}  # fmt: skip
HOTEL_LEGAL = {"name": "ООО «Отель»", "inn": "7728168971", "kpp": "773601001", "signer": "В. С. Лозовой"}


@pytest.fixture
def hotel(settling: Bank) -> int:
    """Its number; October is closed, by terms with both legal entities."""
    with db.transaction(settling.tenant) as session:
        told = {"programme_id": the_programme(session).id}
        number = participants_by_code(session)["hotel"]
        vat = [{"since": "2026-01-01", "rate": "22"}]
        set_operator(session, SYSTEM, participant_id=1, terms={"vat": vat, "legal": OPERATOR}, **told)
        terms = HOTEL | {"legal": HOTEL_LEGAL, "contract": "К-118 от 14.02.2024"}
        set_terms(session, SYSTEM, participant_id=number, since=OCTOBER, terms=terms, **told)
        close(session, SYSTEM, month=OCTOBER, **told)
        return number


@pytest.fixture
def reader(desk: Flask, settling: Bank) -> FlaskClient:
    return signed_in(desk, settling.tenant, [Permission.DESK_SETTLEMENT_READ], login="reader")


def words(body: bytes) -> str:
    found = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    return re.sub(r"\s+", " ", found)


def test_the_act_says_what_the_page_says(reader: FlaskClient, hotel: int) -> None:
    page = plain(get(reader, f"/desk/settlement/2026-10/{hotel}"))
    answer = get(reader, f"/desk/settlement/2026-10/{hotel}/act.pdf")
    assert answer.mimetype == "application/pdf"
    assert "act-2026-10-0001.pdf" in answer.headers["Content-Disposition"]
    said = words(answer.data)
    for one in ("10,000", "200", "44"):
        assert f"₽{one}" in page, one
        assert f"₽{one}.00" in said, one
    for one in (
        "Act of mutual settlement No. 2026-10-0001", "for October 2026, contract К-118 от 14.02.2024",
        "АО «Авача Банк»", "INN 7707083893, KPP 410101001, account 40702810000000000001", "ООО «Отель»",
        "1. The participant owes the operator", "2.1. Sales whose money is passed on", "2% of ₽10,000", "22% of ₽200",
        "The operator pays the participant", "/ П. А. Юрченко /", "/ В. С. Лозовой /", "roubles 00 kopecks",
    ):  # fmt: skip
        assert one in said, one
    assert get(reader, f"/desk/settlement/2026-10/{hotel}/act.pdf").data == answer.data
    number = re.search(r"Act (\d{4}-\d\d-\d{4}), closed", page)
    digest = re.search(r"[0-9a-f]{64}", page)
    assert number
    assert digest
    assert f"Act {number[1]}. Made on" in said
    assert f"Digest {digest[0][:4]} {digest[0][4:8]} {digest[0][8:12]} {digest[0][12:16]}" in said


def test_the_act_is_in_the_readers_language(reader: FlaskClient, hotel: int) -> None:
    answer = reader.get(
        f"/desk/settlement/2026-10/{hotel}/act.pdf", base_url="http://test.localhost",
        headers={"Accept-Language": "ru"},
    )  # fmt: skip
    said = words(answer.data)
    for one in (
        "Акт сверки взаимных расчётов № АС-2026-10-0001",
        "Участник должен оператору",
        "рублей 00 копеек",
    ):
        assert one in said, one
    assert PdfReader(io.BytesIO(answer.data)).trailer["/Root"]["/Lang"] == "ru"


def test_registers_have_every_row_behind_every_sum(reader: FlaskClient, hotel: int) -> None:
    answer = get(reader, f"/desk/settlement/2026-10/{hotel}/registers.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["Line", "When", "Booked", "Member", "Points", "Sum", "Entered by hand at"]
    lines, totals = rows[1:-3], rows[-3:]
    assert {(row[0], row[5]) for row in lines} == {
        ("Points given at its expense", ""), ("Fee of the programme", "10000.00"),
        ("Sales whose money is passed on", "10000.00"),
    }  # fmt: skip
    for title, sums in (
        ("Points given at its expense", [str(sum(int(row[4]) for row in lines)), ""]),
        ("Fee of the programme", ["0", "10000.00"]),
        ("Sales whose money is passed on", ["0", "10000.00"]),
    ):
        assert [row[4:6] for row in totals if row[0] == f"Total: {title}"] == [sums]
    book = load_workbook(io.BytesIO(get(reader, f"/desk/settlement/2026-10/{hotel}/registers.xlsx").data))
    cells = list(book.active.iter_rows(values_only=True))
    assert len(cells) == len(rows)
    assert [cell[5] for cell in cells[1:] if cell[5]] == [10000] * 4
    assert get(reader, f"/desk/settlement/2026-10/{hotel}/registers.exe").status_code == 404


def test_a_participants_people_are_told_where_their_own_entered_and_nobody_else(
    desk: Flask, reader: FlaskClient, settling: Bank, hotel: int
) -> None:
    with db.transaction(settling.tenant) as session:
        sales = session.scalars(
            select(Purchase).where(Purchase.tenant_id == settling.tenant).order_by(Purchase.id)
        ).all()
        owners = {
            one.id: one.participant_id
            for one in session.scalars(select(Partner).where(Partner.tenant_id == settling.tenant))
        }
        sale = next(one for one in sales if owners.get(one.partner_id or 0) == hotel)
        other = next(number for number in participants_by_code(session).values() if number != hotel)
        told = {"zone": "UTC", "partner_id": sale.partner_id}
        place = open_outlet(session, SYSTEM, code="desk", name={"ru": "Стойка", "en": "Front desk"}, **told)
        person = session.scalars(select(Staff.id).where(Staff.tenant_id == settling.tenant)).first()
        entered = HandOperation(
            tenant_id=settling.tenant, member_id=sale.member_id, id=new_id(), participant_id=other,
            outlet_id=place.id, staff_id=person, what="sale", number="1", amount=sale.amount, cause_id=sale.id,
            day=OCTOBER, at=sale.booked_at,
        )  # fmt: skip
        session.add(entered)
        send(session, SYSTEM, programme_id=the_programme(session).id, month=OCTOBER, participant_id=hotel)
    own = manager(desk, settling, hotel)
    for browser, shown in ((reader, True), (own, False)):
        file = get(browser, f"/desk/settlement/2026-10/{hotel}/registers.csv").data.decode("utf-8-sig")
        page = plain(get(browser, f"/desk/settlement/2026-10/{hotel}/turnover"))
        assert ("Front desk" in file, "Front desk" in page) == (shown, shown)


def test_without_a_legal_entity_the_act_has_the_participants_names(
    reader: FlaskClient, settling: Bank
) -> None:
    with db.transaction(settling.tenant) as session:
        close(session, SYSTEM, programme_id=the_programme(session).id, month=OCTOBER)
        number = participants_by_code(session)["hotel"]
    said = words(get(reader, f"/desk/settlement/2026-10/{number}/act.pdf").data)
    assert "Participant Hotel" in said
    assert "INN" not in said
