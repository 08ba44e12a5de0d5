"""The way of a statement at the desk: sent, disputed by its participant's own people, answered, agreed."""

import io
import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.partners.actions import admit_participant
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.settlement.closing import close
from coalition.settlement.queries import states_in
from coalition.settlement.terms import set_operator, set_terms
from tenants.actor import SYSTEM
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import db
from tests.admin.test_settlement import bank, settling
from tests.admin.world import Bank, get, plain, post, signed_in
from tests.settlement.test_closing import OCTOBER
from tests.settlement.test_payments import BANK, SHOP

__all__ = ["bank", "settling"]  # fixtures
OPERATORS = [Permission.DESK_SETTLEMENT_READ, Permission.DESK_SETTLEMENT_CLOSE]
PARTIES = [Permission.DESK_SETTLEMENT_READ, Permission.DESK_SETTLEMENT_AGREE]


@pytest.fixture
def hotel(settling: Bank) -> int:
    """Its number; October is closed."""
    with db.transaction(settling.tenant) as session:
        close(session, SYSTEM, programme_id=the_programme(session).id, month=OCTOBER)
        return participants_by_code(session)["hotel"]


@pytest.fixture
def accountant(desk: Flask, settling: Bank) -> FlaskClient:
    return signed_in(desk, settling.tenant, OPERATORS, login="accountant")


def bookkeeper(desk: Flask, settling: Bank, participant: int, login: str = "anna") -> FlaskClient:
    """Somebody of a participant's."""
    client = signed_in(desk, settling.tenant, PARTIES, login=login)
    with db.transaction(settling.tenant) as session:
        for staff in session.query(Staff).filter(Staff.login == login):
            staff.participant_id = participant
    return client


def state(settling: Bank, hotel: int) -> str:
    with db.transaction(settling.tenant) as session:
        return str(states_in(session, the_programme(session).id, OCTOBER).get(hotel, "drawn"))


def test_a_statement_goes_to_its_participant_comes_back_disputed_and_is_agreed(
    desk: Flask, settling: Bank, hotel: int, accountant: FlaskClient
) -> None:
    anna = bookkeeper(desk, settling, hotel)
    page, way = f"/desk/settlement/2026-10/{hotel}", f"/desk/statements/2026-10/{hotel}"
    assert get(anna, page).status_code == 404  # not sent yet
    assert "October 2026" not in plain(get(anna, "/desk/settlement/"))
    assert "Send to Hotel" in plain(get(accountant, page))
    assert post(accountant, f"{way}/send").status_code == 303
    assert "Waits for an answer" in plain(get(accountant, page))
    seen = plain(get(anna, page))
    assert "Agree with the statement" in seen
    assert "Send to Hotel" not in seen
    assert "October 2026" in plain(get(anna, "/desk/settlement/"))

    form = plain(get(anna, f"{way}/lines/1/2"))
    assert "Fee of the programme" in form
    wrong = post(anna, f"{way}/lines/1/2", amount="many", words="Why so much")
    assert (wrong.status_code, "Nothing was disputed" in plain(wrong)) == (422, True)
    assert "Why so much" in plain(wrong)
    silent = post(anna, f"{way}/lines/1/2", amount="150", words="")
    assert silent.status_code == 422
    assert state(settling, hotel) == "sent"
    assert post(anna, f"{way}/lines/1/2", amount="150", words="One and a half").status_code == 303
    assert state(settling, hotel) == "disputed"
    assert get(anna, f"{way}/objections/1").status_code == 403

    asked = plain(get(accountant, f"{way}/objections/1"))
    for said in ("One and a half", "₽200", "₽150", "−₽50"):
        assert said in asked, said
    assert post(accountant, f"{way}/objections/1").status_code == 422
    assert post(accountant, f"{way}/objections/1", decision="refuse").status_code == 422
    assert post(accountant, f"{way}/objections/1", decision="accept").status_code == 303
    assert state(settling, hotel) == "sent"
    assert post(anna, f"{way}/agree").status_code == 303
    assert state(settling, hotel) == "agreed"
    after = plain(get(anna, page))
    for said in ("Agreed", "All objections were answered, it was sent again", "Accepted"):
        assert said in after, said
    post(anna, f"{way}/agree")
    assert "nothing changes it any more" in plain(get(anna, page))


def test_a_participants_people_see_and_do_nothing_of_others(
    desk: Flask, settling: Bank, hotel: int, accountant: FlaskClient
) -> None:
    way = f"/desk/statements/2026-10/{hotel}"
    post(accountant, f"{way}/send")
    with db.transaction(settling.tenant) as session:
        other = admit_participant(session, SYSTEM, code="other", name={"ru": "Другой", "en": "Other"}).id
    oleg = bookkeeper(desk, settling, other, "oleg")
    assert "October 2026" not in plain(get(oleg, "/desk/settlement/"))
    for address in (f"/desk/settlement/2026-10/{hotel}", "/desk/settlement/2026-10", f"{way}/lines/1/2",
                    f"/desk/settlement/2026-10/{hotel}/issued"):  # fmt: skip
        assert get(oleg, address).status_code == 404, address
    assert post(oleg, f"{way}/agree").status_code == 404
    assert post(oleg, f"{way}/lines/1/2", amount="1", words="No").status_code == 404
    assert state(settling, hotel) == "sent"
    assert get(oleg, "/desk/deposits/").status_code == 403


def test_who_only_reads_moves_nothing(desk: Flask, settling: Bank, hotel: int) -> None:
    reader = signed_in(desk, settling.tenant, [Permission.DESK_SETTLEMENT_READ], login="reader")
    page = plain(get(reader, f"/desk/settlement/2026-10/{hotel}"))
    assert "Send to" not in page
    way = f"/desk/statements/2026-10/{hotel}"
    for step in ("send", "agree", "silence", "lines/1/2", "objections/1"):
        assert post(reader, f"{way}/{step}").status_code == 403, step
    assert state(settling, hotel) == "drawn"


def test_payments_are_ordered_and_a_bank_statement_marks_them(
    desk: Flask, settling: Bank, hotel: int
) -> None:
    rights = [*OPERATORS, Permission.DESK_SETTLEMENT_AGREE, Permission.DESK_SETTLEMENT_PAY]
    accountant = signed_in(desk, settling.tenant, rights, login="accountant")
    way = f"/desk/statements/2026-10/{hotel}"
    assert "pain.001" in plain(get(accountant, "/desk/settlement/2026-10"))
    post(accountant, "/desk/settlement-payments/order/2026-10")
    assert "owes nothing by agreed statements" in plain(get(accountant, "/desk/settlement/2026-10"))
    post(accountant, f"{way}/send")
    post(accountant, f"{way}/agree")
    post(accountant, "/desk/settlement-payments/order/2026-10")
    assert "is missing in its terms" in plain(get(accountant, "/desk/settlement/2026-10"))
    with db.transaction(settling.tenant) as session:
        told = {"programme_id": the_programme(session).id}
        set_operator(session, SYSTEM, participant_id=1, terms={"legal": BANK}, **told)
        set_terms(
            session, SYSTEM, participant_id=hotel, since=date(2026, 11, 1), terms={"legal": SHOP}, **told
        )
    answer = post(accountant, "/desk/settlement-payments/order/2026-10")
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    [net] = re.findall(r">([0-9.]+)</InstdAmt>", answer.get_data(as_text=True))
    [reference] = re.findall("<EndToEndId>(.+)</EndToEndId>", answer.get_data(as_text=True))
    statement = f"""<Document><BkToCstmrStmt><Stmt><Id>1</Id>
        <Ntry><Amt Ccy="RUB">{net}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>
        <NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
        <Ntry><Amt Ccy="RUB">5.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>
        </Ntry></Stmt></BkToCstmrStmt></Document>"""
    file = (io.BytesIO(statement.encode()), "camt.xml")
    page = plain(post(accountant, "/desk/settlement-payments/", file=file))
    assert "it has no reference" in page
    assert "5.5 RUB" in page
    assert state(settling, hotel) == "paid"
    wrong = post(accountant, "/desk/settlement-payments/", file=(io.BytesIO(b"{}"), "camt.xml"))
    assert (wrong.status_code, "no bank statement in camt.053" in plain(wrong)) == (422, True)
    assert post(accountant, "/desk/settlement-payments/").status_code == 422
