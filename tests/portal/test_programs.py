"""A partner makes programs of the API within what two people of the programme let it; limits and keys take two, too."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.partners import bounds, own_clients
from coalition.partners.clients import (
    add_client,
    all_clients,
    client_by_id,
    has_secret,
    set_keys,
    valid_secrets,
)
from coalition.partners.models import ApiClient
from coalition.partners.queries import participant_by_id
from tenants.actor import SYSTEM, Actor
from tenants.permissions import OF_PARTICIPANTS
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import new_id
from tests.admin.world import HOST, Bank, get, plain, signed_by_another
from tests.portal.company import TRADER, admitted, manager, said

pytestmark = pytest.mark.usefixtures("house")
ENGLISH = {"Accept-Language": "en"}
TILL = ["members:read", "purchases:write"]


class Case:
    """A café, let make tills, and a trader, not; each with its person's browser."""

    def __init__(self, desk: Flask, bank: Bank) -> None:
        self.bank, self.cafe = bank, admitted(bank).partner
        self.stand = admitted(bank, "stand", **TRADER, email="ivan@stand.example").partner
        self.anna = manager(desk, bank, self.cafe.participant_id)
        self.ivan = manager(desk, bank, self.stand.participant_id, login="ivan")
        self.reader = manager(desk, bank, self.cafe.participant_id, ["partner-reader"], login="rita")
        with db.transaction(bank.tenant) as session:
            bounds.allow(session, SYSTEM, participant_id=self.cafe.participant_id, scopes=TILL)

    def made(self) -> list[ApiClient]:
        with db.transaction(self.bank.tenant) as session:
            return [one for one in all_clients(session) if one.participant_id == self.cafe.participant_id]

    def program(self) -> str:
        """A program that the programme's people made for the café."""
        with db.transaction(self.bank.tenant) as session:
            client, _secret = add_client(
                session, SYSTEM, name="Till", programme_id=self.bank.world.programme.id,
                participant_id=self.cafe.participant_id, scopes=TILL,
            )  # fmt: skip
            return client.id


@pytest.fixture
def case(desk: Flask, bank: Bank) -> Case:
    return Case(desk, bank)


def post(browser: FlaskClient, place: str, **form: Any) -> Any:
    return browser.post(f"{HOST}/desk/{place}", data=form, headers=ENGLISH)


def secret_of(answer: Any) -> str:
    found = re.search(r'id="secret"[^>]*value="([\w-]+)"', answer.get_data(as_text=True))
    return found[1] if found else ""


def test_a_partner_makes_a_program_and_sees_its_secret_once(case: Case) -> None:
    done = post(case.anna, "own/programs/new", name="Till of the corner", scope=["purchases:write"])
    (made,), secret = case.made(), secret_of(done)
    assert (made.name, made.scopes) == ("Till of the corner", ["purchases:write"])
    with db.transaction(case.bank.tenant) as session:
        assert has_secret(session, made.id, secret)
    for place in ("", made.id):
        page = case.anna.get(f"{HOST}/desk/own/programs/{place}", headers=ENGLISH)
        assert ("Till of the corner" in said(page), secret in page.get_data(as_text=True)) == (True, False)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"name": " ", "scope": TILL}, "Write the name, 120 characters at most"),
        ({"name": "x", "scope": []}, "Tick at least one thing"),
        (
            {"name": "x", "scope": ["points:spend"]},
            "does not let your company make programs that may do this",
        ),
        ({"name": "x", "scope": ["everything"]}, "Tick at least one thing"),
        ({"name": "x", "scope": TILL, "outlet": "1"}, "There is no such outlet"),
    ],
)
def test_what_a_partner_may_not_make_is_told_and_is_not_made(
    case: Case, form: dict[str, Any], why: str
) -> None:
    answer = post(case.anna, "own/programs/new", **form)
    assert (answer.status_code, why in said(answer)) == (422, True), said(answer)
    assert case.made() == []


def test_who_is_let_nothing_makes_nothing_and_finds_nobody_elses(case: Case) -> None:
    made = case.program()
    page = case.ivan.get(f"{HOST}/desk/own/programs/", headers=ENGLISH)
    assert "The programme's back office allows it" in plain(page)
    form = re.search(r'href="(/desk/own/questions/new[^"]+)"', page.get_data(as_text=True))
    assert form
    question = case.ivan.get(HOST + form[1], headers=ENGLISH).get_data(as_text=True)
    assert 'value="Programs of the API for our company"' in question
    assert post(case.ivan, "own/programs/new", name="x", scope=TILL).status_code == 422
    assert case.ivan.get(f"{HOST}/desk/own/programs/{made}").status_code == 404
    for step in ("secret", "end"):
        assert post(case.ivan, f"own/programs/{made}/{step}", sure="1").status_code == 404
        assert post(case.reader, f"own/programs/{made}/{step}", sure="1").status_code == 403
    assert [one.ended_at for one in case.made()] == [None]


def test_a_new_secret_and_the_end_are_the_partners_own(case: Case) -> None:
    made = case.program()
    secret = secret_of(post(case.anna, f"own/programs/{made}/secret"))
    with db.transaction(case.bank.tenant) as session:
        assert has_secret(session, made, secret)
        assert [one.until is None for one in valid_secrets(session, made)].count(True) == 1
    assert post(case.anna, f"own/programs/{made}/end").status_code == 200  # the question
    assert post(case.anna, f"own/programs/{made}/end", sure="1").status_code == 303
    assert case.made()[0].ended_at is not None


def test_a_company_has_so_many_programs_and_no_more_until_one_ends(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_clients, "PROGRAMS_MOST", 2)
    made = case.program()
    assert post(case.anna, "own/programs/new", name="Second", scope=TILL).status_code == 200
    third = post(case.anna, "own/programs/new", name="Third", scope=TILL)
    assert (third.status_code, "2 programs of your company are let in already" in said(third)) == (422, True)
    assert len(case.made()) == 2
    assert post(case.anna, f"own/programs/{made}/end", sure="1").status_code == 303
    assert post(case.anna, "own/programs/new", name="Third", scope=TILL).status_code == 200


def test_five_secrets_of_a_program_hold_at_a_time_and_the_next_waits_for_the_oldest(case: Case) -> None:
    made, now = case.program(), clock.now()
    for _ in range(4):
        assert secret_of(post(case.anna, f"own/programs/{made}/secret"))
    many = post(case.anna, f"own/programs/{made}/secret")
    assert (many.status_code, "5 secrets of this program hold already" in said(many)) == (422, True)
    with clock.stopped(now + timedelta(days=7, minutes=1)), db.transaction(case.bank.tenant) as session:
        manager_ = Actor("staff", new_id(), OF_PARTICIPANTS, participant_id=case.cafe.participant_id)
        own_clients.renew_own_secret(session, manager_, client_id=made)
        assert len(valid_secrets(session, made)) == 2


def test_what_a_company_may_make_is_signed_by_another(case: Case, client: FlaskClient, bank: Bank) -> None:
    number = case.stand.participant_id
    assert post(client, f"clients/allowed/{number}", scope=TILL).status_code == 303
    assert post(case.ivan, "own/programs/new", name="x", scope=TILL).status_code == 422
    assert signed_by_another(client, bank) == [303]
    with db.transaction(bank.tenant) as session:
        assert participant_by_id(session, number).api_scopes == TILL
    assert post(case.ivan, "own/programs/new", name="x", scope=TILL).status_code == 200


def test_a_limit_is_signed_by_another(case: Case, client: FlaskClient, bank: Bank) -> None:
    made = case.program()
    wrong = post(client, f"clients/{made}/limit", requests="many")
    assert (wrong.status_code, "Write a whole number from 1 to 1,000,000" in plain(wrong)) == (422, True)
    assert post(client, f"clients/{made}/limit", requests="0").status_code == 422
    assert post(client, f"clients/{made}/limit", requests="1,200").status_code == 303
    assert case.made()[0].requests_per_minute is None
    assert signed_by_another(client, bank) == [303]
    assert case.made()[0].requests_per_minute == 1200
    assert "1,200 a minute" in plain(get(client, f"/desk/clients/{made}"))


KEY = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'


def test_a_key_is_taken_away_by_two(case: Case, client: FlaskClient, bank: Bank) -> None:
    made = case.program()
    with db.transaction(bank.tenant) as session:
        (print_,) = set_keys(session, SYSTEM, client_id=made, written=KEY)
    assert print_ in plain(get(client, f"/desk/clients/{made}"))
    assert post(client, f"clients/{made}/revoke", what="key", thumbprint="another").status_code == 404
    assert post(client, f"clients/{made}/revoke", what="key", thumbprint=print_).status_code == 303
    assert signed_by_another(client, bank) == [303]
    assert case.made()[0].keys is None


def test_the_only_certificate_is_not_taken_away(case: Case, client: FlaskClient, bank: Bank) -> None:
    made = case.program()
    with db.transaction(bank.tenant) as session:
        client_by_id(session, made).certificates = ["one"]
    only = post(client, f"clients/{made}/revoke", what="certificate", thumbprint="one")
    assert (only.status_code, "It is the only one" in plain(only)) == (422, True)
    with db.transaction(bank.tenant) as session:
        client_by_id(session, made).certificates = ["one", "two"]
    assert post(client, f"clients/{made}/revoke", what="certificate", thumbprint="one").status_code == 303
    assert signed_by_another(client, bank) == [303]
    assert case.made()[0].certificates == ["two"]


def test_nobody_sets_a_limit_without_a_signature(case: Case, bank: Bank) -> None:
    made = case.program()
    with db.transaction(bank.tenant) as session, pytest.raises(Refusal, match="client_requests"):
        bounds.set_limit(session, SYSTEM, client_id=made, requests=0)
