"""The desk's funds, the fund's own page in the partner's place, and the report that needs no sign-in."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from charity.actions import belong
from charity.models import Campaign, Fund, FundDocument
from charity.queries import funds
from coalition.partners.queries import all_participants
from coalition.redemption.actions import redeem
from coalition.redemption.payouts import make_register, mark_paid
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.admin.conftest import bank, client, desk, staged
from tests.admin.world import HOST, Bank, get, plain, post
from tests.portal.company import admitted, manager

__all__ = ["bank", "client", "desk", "staged"]
PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"


@pytest.fixture
def fund(bank: Bank) -> int:
    """The bank's first fund."""
    with db.transaction(bank.tenant) as session:
        return funds(session)[0].id


def given(bank: Bank, fund: int, points: int = 100) -> None:
    """A gift of the member's to the fund."""
    with db.transaction(bank.tenant) as session:
        one = session.get_one(Fund, (bank.tenant, fund))
        campaign = session.scalars(select(Campaign).where(Campaign.fund_id == fund)).first()
        assert campaign is not None
        redeem(
            session, SYSTEM, member_id=bank.world.member_id, reward_code=f"fund-{one.code}",
            choice={"points": points, "campaign": campaign.id}, request_id=f"gift-{points}",
        )  # fmt: skip


def test_the_desk_keeps_collections_documents_and_whose_a_fund_is(
    client: FlaskClient, bank: Bank, fund: int
) -> None:
    page, today = f"/desk/funds/{fund}", clock.business_day(bank.world.programme.zone)
    assert f'href="{page}"' in plain(get(client, "/desk/funds/"))
    assert "Фонды" in plain(get(client, "/desk/funds/", "ru"))
    wrong = post(client, f"{page}/campaigns", name_ru="Сбор", goal="0", ends_on="soon")
    assert wrong.status_code == 422
    assert "Choose a day" in plain(wrong)
    last = (today + timedelta(days=30)).isoformat()
    assert post(client, f"{page}/campaigns", name_ru="Книги", goal="500", ends_on=last).status_code == 303
    assert "Книги" in plain(get(client, page))
    sent = client.post(f"{page}/documents", base_url=HOST, data={"file": (io.BytesIO(b"text"), "a.txt")})
    assert sent.status_code == 422
    sent = client.post(f"{page}/documents", base_url=HOST, data={"file": (io.BytesIO(PDF), "charter.pdf")})
    assert sent.status_code == 303
    with db.transaction(bank.tenant) as session:
        kept = session.scalars(select(FundDocument)).one().id
        own = all_participants(session)[0].id
    assert post(client, f"{page}/participant", participant=str(own)).status_code == 303
    with db.transaction(bank.tenant) as session:
        assert session.get_one(Fund, (bank.tenant, fund)).participant_id == own
    assert post(client, f"{page}/participant", participant="777").status_code == 404
    assert post(client, f"{page}/documents/{kept}/remove").status_code == 303
    assert "charter.pdf" not in plain(get(client, page))


def test_the_report_needs_no_sign_in_and_tells_sums_alone(desk: Flask, bank: Bank, fund: int) -> None:
    stranger = desk.test_client()
    given(bank, fund)
    with db.transaction(bank.tenant) as session:
        code = session.get_one(Fund, (bank.tenant, fund)).code
        register = make_register(session, SYSTEM, payee=f"fund:{code}")
        assert register is not None
        mark_paid(session, SYSTEM, register_id=register.id)
    given(bank, fund, 50)
    page = plain(get(stranger, "/funds"))
    assert "Collected and transferred" in page
    assert "Ковалёва" not in page
    assert str(bank.world.member_id) not in page
    month = f"{clock.business_day(bank.world.programme.zone):%m.%Y}"
    assert f"<td>{month}</td>" in page
    assert "Собрано и перечислено" in plain(get(stranger, "/funds", "ru"))


def test_a_document_of_a_fund_is_read_by_everybody(client: FlaskClient, desk: Flask, fund: int) -> None:
    body = {"file": (io.BytesIO(PDF), "charter.pdf")}
    assert client.post(f"/desk/funds/{fund}/documents", base_url=HOST, data=body).status_code == 303
    page = plain(get(desk.test_client(), "/funds"))
    address = page.partition('<a href="/funds/')[2].partition('"')[0]
    answer = get(desk.test_client(), f"/funds/{address}")
    assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.headers["Content-Disposition"] == "attachment; filename=charter.pdf"
    assert get(desk.test_client(), f"/funds/{fund}/documents/777").status_code == 404


def test_a_fund_sees_its_own_gifts_and_nobody_who_gave(desk: Flask, bank: Bank, fund: int) -> None:
    ours = admitted(bank).partner.participant_id
    browser = manager(desk, bank, ours)
    assert "Our fund" not in plain(get(browser, "/desk/own/"))
    assert "is no fund of this programme" in plain(get(browser, "/desk/own/fund/"))
    given(bank, fund)
    assert "₽100" not in plain(get(browser, "/desk/own/fund/"))
    with db.transaction(bank.tenant) as session:
        belong(session, SYSTEM, fund_id=fund, participant_id=ours)
    assert "Our fund" in plain(get(browser, "/desk/own/"))
    page = plain(get(browser, "/desk/own/fund/"))
    assert "₽100" in page
    assert "waits to be sent" in page
    assert "Ковалёва" not in page
    assert "Наш фонд" in plain(get(browser, "/desk/own/fund/", "ru"))
    assert get(browser, "/desk/funds/").status_code == 403
