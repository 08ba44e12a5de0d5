"""Settlement at the desk: a month is closed after a question, and every sum of a statement opens into its rows."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from coalition.ledger.models import Balance
from coalition.partners.actions import add_partner, admit_participant
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.promotions.actions import publish
from coalition.settlement.queries import statements_of
from coalition.settlement.terms import set_operator, set_terms
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.world import Bank, furnished, get, plain, post, signed_in
from tests.settlement.test_closing import CLOSED, HOTEL, OCTOBER, SALE
from tests.transactions.bank import LONG_AGO, promotion

BOTH = [Permission.DESK_SETTLEMENT_READ, Permission.DESK_SETTLEMENT_CLOSE]


@pytest.fixture
def bank(tenant: int) -> Bank:
    """Furnished in October: nothing is booked before its promotions were published."""
    with clock.stopped(SALE):
        return furnished(tenant)


@pytest.fixture
def settling(bank: Bank) -> Iterator[Bank]:
    """The seed's hotel in the bank's programme, with one sale of 10,000.00 in October; it is November."""
    with clock.stopped(SALE), db.transaction(bank.tenant) as session:
        programme = the_programme(session)
        hotel = admit_participant(session, SYSTEM, code="hotel", name={"ru": "Отель", "en": "Hotel"})
        add_partner(
            session, SYSTEM, participant_id=hotel.id, code="hotel", name={"ru": "О", "en": "H"},
            about={"ru": "", "en": ""}, category="travel",
        )  # fmt: skip
        document = promotion({"kind": "percent", "rate": "12"}) | {
            "conditions": {"partners": ["hotel"]}, "funding": [{"participant": "hotel", "share": 100}],
        }  # fmt: skip
        publish(session, SYSTEM, programme_id=programme.id, code="n6", document=document, starts_at=LONG_AGO)
        told = {"programme_id": programme.id}
        operator = {"vat": [{"since": "2026-01-01", "rate": "22"}]}
        set_operator(session, SYSTEM, participant_id=1, terms=operator, **told)
        set_terms(session, SYSTEM, participant_id=hotel.id, since=OCTOBER, terms=HOTEL, **told)
        sale = Told("october", bank.world.member_id, SALE, 10_000_00, "hotel", "hotel")
        record(session, SYSTEM, source="till", told=[sale], **told)
    with clock.stopped(CLOSED):
        yield bank


@pytest.fixture
def accountant(desk: Flask, settling: Bank) -> FlaskClient:
    return signed_in(desk, settling.tenant, BOTH, login="accountant")


def closed(bank: Bank) -> int:
    with db.transaction(bank.tenant) as session:
        return len(statements_of(session, the_programme(session).id, OCTOBER))


def test_a_month_is_closed_after_a_question(accountant: FlaskClient, settling: Bank) -> None:
    page = plain(get(accountant, "/desk/settlement/"))
    assert "Close October 2026…" in page
    asked = plain(get(accountant, "/desk/settlement/close/2026-10"))
    assert "They do not change after that" in asked
    assert closed(settling) == 0
    assert post(accountant, "/desk/settlement/close/2026-10").status_code == 303
    assert closed(settling) == 1
    after = plain(get(accountant, "/desk/settlement/"))
    assert "The month is closed" in after
    assert "Close November 2026…" in after


def test_a_statement_has_both_sides_and_each_sum_opens(accountant: FlaskClient, settling: Bank) -> None:
    post(accountant, "/desk/settlement/close/2026-10")
    month = get(accountant, "/desk/settlement/2026-10").get_data(as_text=True)
    address = month.split('href="/desk/settlement/2026-10/')[1].split('"')[0]
    page = plain(get(accountant, f"/desk/settlement/2026-10/{address}"))
    for said in ("Hotel owes", "Hotel is owed", "2% of ₽10,000", "₽200", "22% of ₽200", "₽44", "₽10,000"):
        assert said in page, said
    rows = plain(get(accountant, f"/desk/settlement/2026-10/{address}/turnover"))
    assert "₽10,000" in rows
    assert "15 October 2026" in rows
    assert "<dt>In all</dt><dd>1 row, ₽10,000" in rows
    assert "<dt>In the statement: Sales whose money is passed on</dt><dd>₽10,000" in rows
    assert get(accountant, f"/desk/settlement/2026-10/{address}/vat").status_code == 404
    assert get(accountant, "/desk/settlement/2026-10/999").status_code == 404
    assert get(accountant, "/desk/settlement/2026-13").status_code == 404


def test_a_month_that_is_not_over_is_refused_in_words(accountant: FlaskClient, settling: Bank) -> None:
    post(accountant, "/desk/settlement/close/2026-10")
    assert post(accountant, "/desk/settlement/close/2026-11").status_code == 303
    page = plain(get(accountant, "/desk/settlement/"))
    assert "November 2026 is not over yet" in page
    post(accountant, "/desk/settlement/close/2026-12")
    assert "is not over yet" in plain(get(accountant, "/desk/settlement/"))


def test_who_only_reads_cannot_close(desk: Flask, settling: Bank) -> None:
    reader = signed_in(desk, settling.tenant, [Permission.DESK_SETTLEMENT_READ], login="reader")
    assert "Close October" not in plain(get(reader, "/desk/settlement/"))
    assert get(reader, "/desk/settlement/close/2026-10").status_code == 403
    assert post(reader, "/desk/settlement/close/2026-10").status_code == 403
    assert closed(settling) == 0


def test_without_terms_the_page_says_how_they_are_given(client: FlaskClient) -> None:
    assert "coalition settlement terms" in plain(get(client, "/desk/settlement/"))


def test_the_liability_is_shown_as_of_any_day_and_to_the_operator_alone(
    desk: Flask, accountant: FlaskClient, settling: Bank
) -> None:
    page = plain(get(accountant, "/desk/liability/?day=2026-10-15"))
    for said in ("Liability on 15 October 2026", "October 2026", "By the month of earning"):
        assert said in page, said
    table = get(accountant, "/desk/liability/liability.csv?day=2026-10-15").get_data(as_text=True)
    rows = [line.split(",") for line in table.splitlines()[1:]]
    with db.transaction(settling.tenant) as session:
        has = session.scalar(select(func.sum(Balance.available + Balance.pending + Balance.held)))
    assert sum(int(row[2]) + int(row[3]) for row in rows) == has
    assert "2026-10-01" in {row[0] for row in rows}
    assert "Choose a day" in plain(get(accountant, "/desk/liability/?day=soon"))
    with db.transaction(settling.tenant) as session:
        hotel = participants_by_code(session)["hotel"]
        session.scalars(select(Staff).where(Staff.login == "accountant")).one().participant_id = hotel
    assert get(accountant, "/desk/liability/").status_code == 403
