"""A company applies, is admitted, and its people see and do what is theirs."""

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.settlement.models import Application
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.staff import save_role
from tests.admin.world import HOST, Bank, signed_in
from tests.portal.company import FORM, admitted, manager, said

pytestmark = pytest.mark.usefixtures("house")


def test_a_company_applies_is_admitted_and_its_person_sees_its_place(
    desk: Flask, bank: Bank, stranger: FlaskClient, client: FlaskClient
) -> None:
    sent = stranger.post(f"{HOST}/partner/join", data=FORM)
    assert sent.status_code == 200, said(sent)
    assert "Кофейня" in said(client.get(f"{HOST}/desk/applications/"))
    form = {"code": "kofe", "contract": "12/2026", "pays": "issued", "fee": "2"}
    done = client.post(f"{HOST}/desk/applications/1/admit", data=form)
    assert done.status_code == 200, said(done)
    link = re.search(r'value="(http[^"]+)"', done.get_data(as_text=True))
    assert link
    chosen = {"password": "очень длинный пароль Анны", "password_again": "очень длинный пароль Анны"}
    page = stranger.get(link[1])
    assert page.status_code == 200
    answer = stranger.post(link[1], data=chosen)
    assert answer.status_code in (200, 303), said(answer)
    stranger.post(f"{HOST}/desk/sign-in", data={"login": "anna@kofe.example", "password": chosen["password"]})
    home = stranger.get(f"{HOST}/desk/", follow_redirects=True)
    assert "Кофейня" in said(home)
    for place in (
        "",
        "sales/",
        "promotions/",
        "templates/",
        "outlets/code/kofe",
        "outlets/code/kofe/outlets",
        "people/",
    ):
        assert stranger.get(f"{HOST}/desk/own/{place}").status_code == 200, place
    assert stranger.get(f"{HOST}/desk/members/").status_code == 403
    with db.transaction(bank.tenant) as session:
        assert session.get_one(Application, (bank.tenant, 1)).state == "admitted"


def test_who_asks_whether_a_company_has_applied_is_stopped(stranger: FlaskClient, bank: Bank) -> None:
    assert stranger.post(f"{HOST}/partner/join", data=FORM).status_code == 200
    answers = [stranger.post(f"{HOST}/partner/join", data=FORM).status_code for _ in range(11)]
    assert answers == [409] * 9 + [429] * 2


def test_the_back_office_admits_without_a_word_about_terms(
    desk: Flask, bank: Bank, stranger: FlaskClient
) -> None:
    assert stranger.post(f"{HOST}/partner/join", data=FORM).status_code == 200
    office = signed_in(
        desk,
        bank.tenant,
        [Permission.DESK_APPLICATION_DECIDE, Permission.DESK_APPLICATION_READ],
        login="office",
    )
    done = office.post(f"{HOST}/desk/applications/1/admit", data={"code": "kofe"})
    assert done.status_code == 200, said(done)
    with db.transaction(bank.tenant) as session:
        assert session.get_one(Application, (bank.tenant, 1)).state == "admitted"


def test_who_may_not_see_the_home_begins_at_what_she_may_and_is_at_the_partners_place(
    desk: Flask, bank: Bank
) -> None:
    own = admitted(bank).partner.participant_id
    with db.transaction(bank.tenant) as session:
        save_role(
            session, SYSTEM, code="counter", names={"ru": "Касса", "en": "Counter"},
            permissions=[Permission.PORTAL_CARD_OPERATE], second_factor=False, new=True,
        )  # fmt: skip
    counter = manager(desk, bank, own, ["counter"], login="kira")
    assert counter.get(f"{HOST}/desk/").headers["Location"] == "/desk/own/card/"
    refused = counter.get(f"{HOST}/desk/own/", headers={"Accept-Language": "en"})
    assert refused.status_code == 403
    assert ("Partner's place" in html.unescape(said(refused)), "Back office" in said(refused)) == (
        True,
        False,
    )
    nobody = manager(desk, bank, own, [], login="nora")
    assert nobody.get(f"{HOST}/desk/").headers["Location"] == "/desk/profile/"
