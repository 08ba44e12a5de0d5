"""A partner opens claims for its own sales and answers what it is asked; of the claim it sees what concerns it."""

import re
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from coalition.claims import of_partner
from coalition.claims.actions import ask_partner, open_claim, take
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim, ClaimFile
from coalition.claims.queries import claim_by_number, events_of
from coalition.claims.states import State
from coalition.claims.texts import remark_of
from coalition.transactions.models import Purchase
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.actor import member as acting
from tenants.parts import Part, switch
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db
from tests.admin.world import HOST, Bank, signed_in
from tests.people import hire
from tests.portal.company import TRADER, admitted, manager, said

pytestmark = pytest.mark.usefixtures("house")
ENGLISH = {"Accept-Language": "en"}
PDF = b"%PDF-1.7\n%%EOF\n"
SECRET = "the guest's own words"


class Case:
    """A café and a trader, each with its person's browser; a sale at the café; an officer of the bank."""

    def __init__(self, desk: Flask, bank: Bank) -> None:
        self.bank = bank
        cafe = admitted(bank).partner
        stand = admitted(bank, "stand", **TRADER, email="ivan@stand.example").partner
        self.anna = manager(desk, bank, cafe.participant_id)
        self.ivan = manager(desk, bank, stand.participant_id, login="ivan")
        self.reader = manager(desk, bank, cafe.participant_id, ["partner-reader"], login="rita")
        with db.transaction(bank.tenant) as session:
            sold = [Told("cafe-1", bank.world.member_id, clock.now(), 412_00, "Coffee on the corner", "kofe")]
            record(session, SYSTEM, programme_id=bank.world.programme.id, source="till", told=sold)
            session.flush()
            self.sale: UUID = session.scalars(
                select(Purchase.id).where(Purchase.tenant_id == bank.tenant, Purchase.partner_id == cafe.id)
            ).one()
            hired = hire(
                session, login="oleg", name="Oleg", password="a long password", permissions=EVERYTHING
            )
            self.oleg = Actor("staff", hired.id, EVERYTHING)

    def disputed(self, *, asked: str = "") -> int:
        """The member disputes the sale; an officer takes it, and asks the café where there is a question."""
        with db.transaction(self.bank.tenant) as session:
            member = self.bank.world.member_id
            number = open_claim(
                session, acting(member), member_id=member, kind=Kind.WRONG_AMOUNT, words=SECRET,
                purchase_id=self.sale,
            ).number  # fmt: skip
            if asked:
                take(session, self.oleg, number=number)
                ask_partner(session, self.oleg, number=number, words=asked)
            return number

    def kept(self, number: int) -> Claim:
        with db.transaction(self.bank.tenant) as session:
            return claim_by_number(session, number)

    def claims(self) -> int:
        with db.transaction(self.bank.tenant) as session:
            return len(session.scalars(select(Claim.id).where(Claim.tenant_id == self.bank.tenant)).all())


@pytest.fixture
def case(desk: Flask, bank: Bank) -> Case:
    return Case(desk, bank)


def paper(content: bytes, name: str) -> FileStorage:
    return FileStorage(BytesIO(content), name)


def sent(browser: FlaskClient, place: str, **form: Any) -> Any:
    boundary, body = encode_multipart(form)  # a client that makes the body itself leaves a large one open
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.post(f"{HOST}/desk/own/claims/{place}", data=body, content_type=kind, headers=ENGLISH)


def seen(browser: FlaskClient, place: str = "") -> Any:
    return browser.get(f"{HOST}/desk/own/claims/{place}", headers=ENGLISH)


def test_a_partner_opens_a_claim_for_its_sale_with_a_paper(case: Case, desk: Flask) -> None:
    sales = case.anna.get(f"{HOST}/desk/own/sales/", headers=ENGLISH).get_data(as_text=True)
    form = re.search(r'href="(/desk/own/claims/new/[^"]+)"', sales)
    assert form
    assert case.anna.get(HOST + form[1]).status_code == 200
    cheque = paper(PDF, "cheque.pdf")
    done = sent(
        case.anna, f"new/{case.sale}", kind="not_credited", words="The till lost the card", files=cheque
    )
    assert done.status_code == 303, said(done)
    number = int(done.headers["Location"].rpartition("/")[2])
    assert (case.kept(number).opened_by, case.kept(number).state) == ("partner", State.NEW)
    page = said(seen(case.anna, str(number)))
    assert "Waits its turn" in page
    assert "The till lost the card" in page
    assert "cheque.pdf" in page
    assert "412" in page
    officer = signed_in(desk, case.bank.tenant, EVERYTHING, login="officer")
    told = said(officer.get(f"{HOST}/desk/claims/{number}", headers=ENGLISH))
    assert "The partner writes The till lost the card" in told
    assert "Mira, ООО «Кофейня на Невском» Opened" in told


def test_a_sale_whose_claim_the_company_knows_leads_to_it_and_not_to_another(case: Case) -> None:
    place, new = f"{HOST}/desk/own/sales/", f"/desk/own/claims/new/{case.sale}"
    number = case.disputed()
    listed = case.anna.get(place, headers=ENGLISH).get_data(as_text=True)
    assert (new in listed, f"/desk/own/claims/{number}" in listed) == (True, False)  # the member's alone
    with db.transaction(case.bank.tenant) as session:
        take(session, case.oleg, number=number)
        ask_partner(session, case.oleg, number=number, words="Was the card shown?")
    listed = case.anna.get(place, headers=ENGLISH).get_data(as_text=True)
    assert (new in listed, f'href="/desk/own/claims/{number}">C-{number}' in listed) == (False, True)
    assert case.anna.get(HOST + new).headers["Location"].endswith(f"/desk/own/claims/{number}")


def test_a_partner_answers_what_it_was_asked_and_the_claim_goes_on(case: Case) -> None:
    number = case.disputed(asked="Was the card shown at the till?")
    listed = said(seen(case.anna))
    assert "You are asked" in listed
    page = said(seen(case.anna, str(number)))
    assert "Was the card shown at the till?" in page
    assert SECRET not in page
    done = sent(case.anna, f"{number}/answer", words="It was not", files=paper(PDF, "journal.pdf"))
    assert done.status_code == 303, said(done)
    assert case.kept(number).state == State.TAKEN
    with db.transaction(case.bank.tenant) as session:
        last = [one for one in events_of(session, claim_by_number(session, number)) if one.words][-1]
        assert (last.verb, remark_of(session, last)) == ("hear_partner", "It was not")
    again = sent(case.anna, f"{number}/answer", words="And again")
    assert (again.status_code, "gone another step meanwhile" in said(again)) == (422, True)


def test_what_a_partner_was_not_asked_about_it_does_not_know(case: Case) -> None:
    number = case.disputed()
    assert seen(case.anna, str(number)).status_code == 404
    assert "None yet" in said(seen(case.anna))
    again = sent(case.anna, f"new/{case.sale}", kind="wrong_amount", words="Mine")
    assert again.status_code == 422
    assert f"C-{number}" not in said(again)
    assert "This sale is disputed already" in said(again)
    assert case.claims() == 1


def test_of_a_sale_that_nobody_told_its_day_and_sum_are_shown(case: Case) -> None:
    facts = ClaimFacts.model_validate(
        {"shop": "Кофейня", "day": "2026-11-15", "amount": 987_00, "points": 77_531}
    )
    with db.transaction(case.bank.tenant) as session:
        member = case.bank.world.member_id
        number = open_claim(
            session, acting(member), member_id=member, kind=Kind.NOT_CREDITED, words=SECRET, facts=facts
        ).number
        take(session, case.oleg, number=number)
        ask_partner(session, case.oleg, number=number, words="Is there such a cheque?")
    page = said(seen(case.anna, str(number)))
    assert "987" in page
    assert "15 November" in page
    assert "77,531" not in page
    assert SECRET not in page


def test_another_partner_finds_neither_the_sale_nor_the_claim(case: Case) -> None:
    number = case.disputed(asked="Was the card shown?")
    for place in (str(number), f"new/{case.sale}"):
        assert seen(case.ivan, place).status_code == 404, place
    for place in (f"{number}/answer", f"{number}/files", f"new/{case.sale}"):
        answer = sent(case.ivan, place, words="Mine now", kind="wrong_amount", files=paper(PDF, "a.pdf"))
        assert answer.status_code == 404, place
    assert case.kept(number).state == State.ASKED_PARTNER
    assert "You are asked" not in said(seen(case.ivan))


def test_a_reader_of_a_partner_looks_and_changes_nothing(case: Case) -> None:
    number = case.disputed(asked="Was the card shown?")
    page = seen(case.reader, str(number))
    assert (page.status_code, "Send the answer" in said(page)) == (200, False)
    assert sent(case.reader, f"{number}/answer", words="No").status_code == 403
    assert sent(case.reader, f"new/{case.sale}", kind="wrong_amount", words="No").status_code == 403
    assert case.kept(number).state == State.ASKED_PARTNER


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"kind": "not_credited", "words": " "}, "Write in a few words what is wrong"),
        ({"kind": "certificate", "words": "x"}, "Choose what is wrong"),
        (
            {"kind": "not_credited", "words": "4111 1111 1111 1111"},
            "Leave the number of the payment card out",
        ),
        ({"kind": "not_credited", "words": "x", "files": (b"MZ", "a.pdf")}, "is no whole JPEG, PNG or PDF"),
        ({"kind": "not_credited", "words": "x", "files": (PDF[:9] + b" " * (5 << 20) + PDF, "a.pdf")}, "MB"),
    ],
)
def test_what_cannot_be_opened_is_told_and_opens_nothing(case: Case, form: dict[str, Any], why: str) -> None:
    if "files" in form:
        form = form | {"files": paper(*form["files"])}
    answer = sent(case.anna, f"new/{case.sale}", **form)
    assert (answer.status_code, why in said(answer)) == (422, True), said(answer)
    assert case.claims() == 0


def test_a_partners_papers_are_not_the_members_nor_the_members_the_partners(case: Case) -> None:
    number = case.disputed(asked="Was the card shown?")
    sent(case.anna, f"{number}/answer", words="No", files=paper(PDF, "journal.pdf"))
    with db.transaction(case.bank.tenant) as session:
        file = session.scalars(select(ClaimFile).where(ClaimFile.tenant_id == case.bank.tenant)).one()
        assert file.participant_id is not None
    found = seen(case.anna, f"{number}/files/{file.id}")
    assert (found.status_code, found.get_data()) == (200, PDF)
    assert seen(case.ivan, f"{number}/files/{file.id}").status_code == 404


def test_a_company_has_so_many_open_claims_and_no_more(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_partner, "OPENED_MOST", 0)
    answer = sent(case.anna, f"new/{case.sale}", kind="not_credited", words="The till lost the card")
    assert (answer.status_code, "claims of your company wait" in said(answer)) == (422, True)
    assert case.claims() == 0


def test_a_paper_of_another_kind_is_refused_where_it_is_added(case: Case) -> None:
    sent(case.anna, f"new/{case.sale}", kind="not_credited", words="The till lost the card")
    answer = sent(case.anna, "1/files", files=paper(b"MZ", "a.exe"))
    assert (answer.status_code, "a.exe is no whole JPEG, PNG or PDF file" in said(answer)) == (422, True)


def test_claims_that_are_switched_off_are_not_there(case: Case, bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        switch(session, SYSTEM, part=Part.CLAIMS, on=False)
    assert seen(case.anna).status_code == 404
    assert "Open a claim" not in said(case.anna.get(f"{HOST}/desk/own/sales/", headers=ENGLISH))
