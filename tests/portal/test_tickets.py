"""A company writes to the programme, is answered, and its people are told by mail; nobody else's letters are found."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from coalition.messages import to_partners
from coalition.papers import Brought, fitting
from coalition.tickets import actions
from coalition.tickets.models import Ticket
from coalition.tickets.queries import letters_of, words_of_letter
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.errors import Refusal
from tenants.runtime.models import OutboxJob
from tests.admin.world import HOST, Bank, signed_in
from tests.messages.post_office import PostOffice
from tests.portal.company import TRADER, admitted, manager, said, tell_all
from tests.portal.test_claims import PDF, paper

pytestmark = pytest.mark.usefixtures("house")
JOBS = (to_partners,)
ENGLISH = {"Accept-Language": "en"}


class Case:
    """A café and a trader with their people's browsers; somebody of the back office."""

    def __init__(self, desk: Flask, bank: Bank) -> None:
        self.bank = bank
        self.anna = manager(desk, bank, admitted(bank).partner.participant_id)
        stand = admitted(bank, "stand", **TRADER, email="ivan@stand.example").partner
        self.ivan = manager(desk, bank, stand.participant_id, login="ivan")
        rights = [Permission.DESK_TICKET_READ, Permission.DESK_TICKET_ANSWER]
        self.office = signed_in(desk, bank.tenant, rights, login="office")

    def asked(self, **more: Any) -> None:
        self.asked_by(self.anna, **more)

    def asked_by(self, browser: FlaskClient, **more: Any) -> None:
        done = post(browser, "own/questions/new", subject="When is the act?", words="We wait for it", **more)
        assert done.status_code == 303, said(done)

    def state(self) -> str:
        with db.transaction(self.bank.tenant) as session:
            return session.scalars(select(Ticket.state).where(Ticket.tenant_id == self.bank.tenant)).one()


@pytest.fixture
def case(desk: Flask, bank: Bank) -> Case:
    return Case(desk, bank)


def post(browser: FlaskClient, place: str, **form: Any) -> Any:
    return browser.post(f"{HOST}/desk/{place}", data=form, headers=ENGLISH)


def seen(browser: FlaskClient, place: str) -> Any:
    return browser.get(f"{HOST}/desk/{place}", headers=ENGLISH)


def test_a_question_is_asked_answered_and_closed(case: Case) -> None:
    case.asked(files=paper(PDF, "contract.pdf"))
    listed = said(seen(case.office, "questions/"))
    assert "When is the act?" in listed
    assert "Waits for an answer" in listed
    page = said(seen(case.office, "questions/1"))
    assert "We wait for it" in page
    assert "contract.pdf" in page
    assert seen(case.office, "questions/1/files/1").get_data() == PDF
    assert post(case.office, "questions/1/write", words="On the fifth").status_code == 303
    assert case.state() == "answered"
    theirs = said(seen(case.anna, "own/questions/1"))
    assert "On the fifth" in theirs
    assert "Office" not in theirs  # by whom is the programme's own
    assert post(case.anna, "own/questions/1/write", words="Thank you").status_code == 303
    assert case.state() == "open"
    assert post(case.anna, "own/questions/1/close").status_code == 303
    assert case.state() == "closed"
    late = post(case.office, "questions/1/write", words="And more")
    assert (late.status_code, "The question is closed" in said(late)) == (422, True)
    with db.transaction(case.bank.tenant) as session:
        letters = [words_of_letter(session, one) for one in letters_of(session, 1)]
    assert letters == ["We wait for it", "On the fifth", "Thank you"]


def test_another_company_finds_no_letter_of_it(case: Case) -> None:
    case.asked(files=paper(PDF, "contract.pdf"))
    for place in ("own/questions/1", "own/questions/1/files/1"):
        assert seen(case.ivan, place).status_code == 404
    for step in ("write", "close"):
        assert post(case.ivan, f"own/questions/1/{step}", words="Mine").status_code == 404
    assert case.state() == "open"
    assert seen(case.ivan, "questions/1").status_code == 403
    assert "When is the act?" not in said(seen(case.ivan, "own/questions/"))


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"subject": " ", "words": "x"}, "Write what it is about, 120 characters at most"),
        ({"subject": "x" * 121, "words": "x"}, "Write what it is about, 120 characters at most"),
        ({"subject": "x", "words": " "}, "Write what you ask or answer"),
        ({"subject": "4111 1111 1111 1111", "words": "x"}, "Leave the number of the payment card out"),
        ({"subject": "x", "words": "x", "files": b"MZ"}, "a.exe is no whole JPEG, PNG or PDF file"),
    ],
)
def test_what_cannot_be_sent_is_told_and_is_not_kept(case: Case, form: dict[str, Any], why: str) -> None:
    if "files" in form:
        form = form | {"files": paper(form["files"], "a.exe")}
    answer = post(case.anna, "own/questions/new", **form)
    assert (answer.status_code, why in said(answer)) == (422, True), said(answer)
    assert "None yet" in said(seen(case.anna, "own/questions/"))


def test_a_company_has_so_many_open_questions_and_no_more(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "OPEN_MOST", 1)
    case.asked()
    again = post(case.anna, "own/questions/new", subject="And when?", words="We wait for it")
    assert (again.status_code, "1 questions of your company are not closed" in said(again)) == (422, True)
    assert post(case.anna, "own/questions/1/close").status_code == 303
    assert post(case.anna, "own/questions/new", subject="And when?", words="x").status_code == 303
    monkeypatch.setattr(actions, "LETTERS_MOST", 1)
    full = post(case.office, "questions/2/write", words="On the fifth")
    assert (full.status_code, "very many letters" in said(full)) == (422, True)


def test_a_company_writes_so_many_letters_a_day_whatever_its_questions(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "A_DAY_MOST", 2)
    case.asked()
    assert post(case.anna, "own/questions/1/write", words="And when?").status_code == 303
    for place, form in (("1/write", {}), ("new", {"subject": "x"})):
        often = post(case.anna, f"own/questions/{place}", words="Now?", **form)
        assert (often.status_code, "2 letters were written today" in said(often)) == (422, True)
    assert post(case.office, "questions/1/write", words="On the fifth").status_code == 303
    case.asked_by(case.ivan)


def test_a_file_of_five_megabytes_fits_and_one_byte_more_does_not() -> None:
    whole = PDF + b" " * ((5 << 20) - 2 * len(PDF)) + PDF
    assert (len(whole), fitting(Brought("act.pdf", whole))) == (5 << 20, "pdf")
    with pytest.raises(Refusal, match="attachment_large") as no:
        fitting(Brought("C:\\papers\\act.pdf", whole + b"\n"))
    assert no.value.facts == {"name": "act.pdf", "most": 5}


def test_the_companys_people_are_told_by_mail_that_they_were_answered(case: Case, mail: PostOffice) -> None:
    case.asked()
    post(case.office, "questions/1/write", words="On the fifth")
    with db.transaction(case.bank.tenant) as session:
        told = session.scalars(select(OutboxJob.id).where(OutboxJob.name == "messages.tell_partner")).all()
    assert len(told) == 1
    tell_all(case.bank.tenant)
    [(to, letter)] = mail.letters
    assert to == ["anna@kofe.example"]
    assert letter["Subject"] == "На ваш вопрос № 1 ответили"
    assert "On the fifth" not in letter.get_content()


def test_each_is_told_on_her_own_and_only_who_may_read_questions(
    case: Case, mail: PostOffice, desk: Flask
) -> None:
    case.asked()
    with db.transaction(case.bank.tenant) as session:
        own = session.scalars(select(Ticket.participant_id)).one()
    manager(desk, case.bank, own, login="olga@kofe.example")
    manager(desk, case.bank, own, [], login="nora@kofe.example")
    post(case.office, "questions/1/write", words="On the fifth")
    tell_all(case.bank.tenant)
    assert sorted(to for to, _ in mail.letters) == [["anna@kofe.example"], ["olga@kofe.example"]]
    assert [letter["To"] for to, letter in mail.letters if to == ["olga@kofe.example"]] == [
        "olga@kofe.example"
    ]
    assert len({letter["Message-ID"] for _, letter in mail.letters}) == 2
