"""A company plans a mailing on its pages, the programme reads and decides, the member reads it and refuses more."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from coalition.mailings import audience, sending
from coalition.mailings.models import Mailing
from coalition.mailings.terms import set_mailing_terms
from coalition.members.actions import note_consent
from coalition.members.consents import own_per_week
from coalition.members.models import Consent
from coalition.members.queries import consents_of
from coalition.messages import to_partners
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.models import OutboxJob
from tests.admin.world import HOST, Bank, signed_in
from tests.mailings.town import sent_out
from tests.messages.post_office import PostOffice
from tests.portal.company import TRADER, admitted, manager, said, tell_all

JOBS = (to_partners, sending)
ENGLISH = {"Accept-Language": "en"}
NOW, SENT = datetime(2026, 11, 20, 7, 50, tzinfo=UTC), datetime(2026, 11, 20, 8, 1, tzinfo=UTC)
FORM = {
    "title": "Second cup", "words": "The second cup is ours until Sunday", "channel": "notice", "whom": "all",
    "day": "2026-11-20", "hour": "20", "promotion": "",
}  # fmt: skip


class Case:
    """A café and a trader with their people's browsers; a marketer's; a member's."""

    def __init__(self, desk: Flask, bank: Bank) -> None:
        self.bank, self.member_id = bank, bank.world.member_id
        self.anna = manager(desk, bank, admitted(bank).partner.participant_id)
        stand = admitted(bank, "stand", **TRADER, email="ivan@stand.example").partner
        self.ivan = manager(desk, bank, stand.participant_id, login="ivan")
        rights = [Permission.DESK_MAILING_READ, Permission.DESK_MAILING_DECIDE]
        self.office = signed_in(desk, bank.tenant, rights, login="office")
        with db.transaction(bank.tenant) as session:
            note_consent(session, self.member_id, "ads")
            secret = sign_in(session, kind="member", subject_id=self.member_id)
        self.member = desk.test_client()
        self.member.set_cookie("member", secret, domain="test.localhost")

    def state(self) -> str:
        with db.transaction(self.bank.tenant) as session:
            return session.scalars(select(Mailing.state).where(Mailing.tenant_id == self.bank.tenant)).one()


@pytest.fixture(autouse=True)
def _small_towns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "LEAST", 0)


@pytest.fixture
def case(desk: Flask, bank: Bank) -> Iterator[Case]:
    with clock.stopped(NOW):
        yield Case(desk, bank)


def post(browser: FlaskClient, place: str, **form: Any) -> Any:
    return browser.post(f"{HOST}/{place}", data=form, headers=ENGLISH)


def seen(browser: FlaskClient, place: str) -> str:
    answer = browser.get(f"{HOST}/{place}", headers=ENGLISH)
    assert answer.status_code == 200, (place, answer.status_code)
    return said(answer)


def test_a_mailing_goes_its_whole_way_over_the_pages(case: Case) -> None:
    looked = post(case.anna, "desk/own/plan/new", **FORM, do="look")
    assert "Реклама. ООО «Кофейня на Невском». The second cup is ours until Sunday. Отказаться:" in said(
        looked
    )
    assert "Would get it, as it was when the day began: fewer than 20" in said(looked)
    assert "Nothing is planned for this month" in seen(case.anna, "desk/own/plan/")
    assert post(case.anna, "desk/own/plan/new", **FORM).status_code == 303
    listed = seen(case.anna, "desk/own/plan/?month=2026-11")
    assert "Second cup" in listed
    assert "Being written" in listed
    assert "No partner has offered a mailing yet" in seen(case.office, "desk/mailings/")
    assert post(case.anna, "desk/own/plan/1/offer", revision=1).status_code == 303
    assert "Second cup" in seen(case.office, "desk/mailings/?show=offered")
    page = seen(case.office, "desk/mailings/1")
    assert "The second cup is ours until Sunday. Отказаться:" in page
    assert "ООО «Кофейня на Невском»" in page
    no = post(case.office, "desk/mailings/1/decline", revision=1, reason=" ")
    assert (no.status_code, "Write why, 300 characters at most" in said(no)) == (422, True)
    assert (
        post(case.office, "desk/mailings/1/decline", revision=1, reason="Until which Sunday?").status_code
        == 303
    )
    assert "Until which Sunday?" in seen(case.anna, "desk/own/plan/1")
    form = FORM | {"words": "The second cup is ours until 22 November", "revision": "1"}
    assert post(case.anna, "desk/own/plan/1/edit", **form).status_code == 303
    assert post(case.anna, "desk/own/plan/1/offer", revision=2).status_code == 303
    post(case.office, "desk/mailings/1/approve", revision=1)
    assert case.state() == "offered"  # what was read was another
    post(case.office, "desk/mailings/1/approve", revision=2)
    assert case.state() == "scheduled"
    assert "Second cup" in seen(case.office, "desk/mailings/calendar?month=2026-11")
    with clock.stopped(SENT):
        sent_out(case.bank.tenant, 1)
        theirs = seen(case.anna, "desk/own/plan/1")
        assert "In the audience fewer than 20" in theirs
        assert "Went out fewer than 20" in theirs
        assert "Bought within 14 days will be known on 4 December" in theirs
        assert "Went out 1 " in seen(case.office, "desk/mailings/1")
        assert "Реклама. ООО «Кофейня на Невском». The second cup is ours until 22 November." in seen(
            case.member, "notices"
        )


def test_the_companys_people_are_told_by_mail_that_it_was_decided(case: Case, mail: PostOffice) -> None:
    post(case.anna, "desk/own/plan/new", **FORM)
    post(case.anna, "desk/own/plan/1/offer", revision=1)
    post(case.office, "desk/mailings/1/approve", revision=1)
    with db.transaction(case.bank.tenant) as session:
        told = session.scalars(select(OutboxJob.id).where(OutboxJob.name == "messages.tell_partner")).all()
    assert len(told) == 1
    tell_all(case.bank.tenant)
    [(to, letter)] = mail.letters
    assert to == ["anna@kofe.example"]
    assert letter["Subject"] == "Программа приняла решение о вашей рассылке 1"
    assert "Second cup" not in letter.get_content()


def test_a_member_refuses_on_the_page_that_the_text_names(case: Case) -> None:
    assert "You get advertising of partners" in seen(case.member, "notices")
    with clock.stopped(NOW + timedelta(minutes=1)):
        assert post(case.member, "notices", agree="no").status_code == 303
    assert "You get no advertising of partners" in seen(case.member, "notices")
    with db.transaction(case.bank.tenant) as session:
        assert consents_of(session, case.member_id)["ads"] is False
    assert "Not more than 2 in seven days" in seen(case.member, "profile")
    with clock.stopped(SENT):
        assert post(case.member, "profile/consents", ads="1").status_code == 303
    with db.transaction(case.bank.tenant) as session:
        assert consents_of(session, case.member_id)["ads"] is True


def test_what_a_member_agrees_to_is_kept_with_what_she_was_told(case: Case) -> None:
    with clock.stopped(NOW + timedelta(minutes=1)):
        post(case.member, "notices", agree="no")
    for minute, (told, kept) in enumerate([("1", 1), ("50", 2), ("0", 2), ("-1", 2), ("x", 2)], start=1):
        with clock.stopped(NOW + timedelta(minutes=2 * minute)):
            assert post(case.member, "notices", agree="yes", per_week=told).status_code == 303
            with db.transaction(case.bank.tenant) as session:
                given = select(Consent).where(Consent.member_id == case.member_id, Consent.topic == "ads")
                row = session.scalars(given.order_by(Consent.at.desc())).first()
                assert row is not None
                assert (row.source, row.given, row.per_week) == ("cabinet", True, kept), told
            assert f"Not more than {kept} in seven days" in seen(case.member, "notices")
        with clock.stopped(NOW + timedelta(minutes=2 * minute + 1)):
            post(case.member, "notices", agree="no")
    with db.transaction(case.bank.tenant) as session:
        set_mailing_terms(session, SYSTEM, programme_id=case.bank.world.programme.id, terms={"per_week": 5})
    with clock.stopped(NOW + timedelta(hours=1)):
        assert 'name="per_week" value="5"' in case.member.get(f"{HOST}/profile").get_data(as_text=True)
        post(case.member, "profile/consents", ads="1", per_week="5")
        with db.transaction(case.bank.tenant) as session:
            assert own_per_week(session, case.member_id) == 5


def test_another_company_finds_nothing_of_it(case: Case) -> None:
    post(case.anna, "desk/own/plan/new", **FORM)
    for place in ("own/plan/1", "own/plan/1/edit"):
        assert case.ivan.get(f"{HOST}/desk/{place}").status_code == 404
    for step in ("offer", "withdraw"):
        assert post(case.ivan, f"desk/own/plan/1/{step}", revision=1, sure="1").status_code == 404
    assert post(case.ivan, "desk/own/plan/1/edit", **FORM, revision="1").status_code == 404
    assert "Second cup" not in seen(case.ivan, "desk/own/plan/?month=2026-11")
    assert case.ivan.get(f"{HOST}/desk/mailings/1").status_code == 403
    assert case.state() == "draft"


def test_it_is_withdrawn_after_a_question_and_stopped_by_the_programme(case: Case) -> None:
    post(case.anna, "desk/own/plan/new", **FORM)
    assert "Withdraw “Second cup”?" in said(post(case.anna, "desk/own/plan/1/withdraw"))
    assert case.state() == "draft"
    assert post(case.anna, "desk/own/plan/1/withdraw", sure="1").status_code == 303
    assert case.state() == "withdrawn"
    post(case.anna, "desk/own/plan/new", **FORM)
    post(case.anna, "desk/own/plan/2/offer", revision=1)
    post(case.office, "desk/mailings/2/approve", revision=1)
    assert post(case.office, "desk/mailings/2/stop", reason="Wrong price").status_code == 303
    assert "Wrong price" in seen(case.anna, "desk/own/plan/2")


@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        ({"title": ""}, "title", "Write the name, 120 characters at most"),
        ({"words": "Look at evil.example"}, "words", "Links lead to the programme"),
        ({"words": "Dear {name}"}, "words", "Leave brackets and places for names out"),
        ({"words": "кофе " * 80}, "words", "longer than 4 parts of a text"),
        ({"day": "soon"}, "day", "Choose the day"),
        ({"day": "2026-11-18"}, "day", "This hour is over"),
        ({"hour": "22"}, "hour", "choose an hour from 9 to 20"),
        ({"hour": "noon"}, "hour", "choose an hour from 9 to 20"),
        ({"whom": "segment:none"}, "whom", "This segment is not there any more"),
        ({"whom": "me"}, "whom", "Choose to whom it goes"),
        ({"channel": "post"}, "channel", "Choose how it goes"),
    ],
)
def test_what_cannot_be_planned_is_told_at_its_field_and_kept_in_the_form(
    case: Case, changed: dict[str, str], field: str, why: str
) -> None:
    answer = post(case.anna, "desk/own/plan/new", **FORM | changed)
    text = answer.get_data(as_text=True)
    assert (answer.status_code, why in said(answer)) == (422, True), said(answer)
    assert f'id="{field}-wrong"' in text
    assert "ours until Sunday" in text or "words" in changed
    assert "Nothing is planned for this month" in seen(case.anna, "desk/own/plan/?month=2026-11")


def test_what_would_go_to_too_few_is_not_approved(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "LEAST", 20)
    post(case.anna, "desk/own/plan/new", **FORM)
    post(case.anna, "desk/own/plan/1/offer", revision=1)
    post(case.office, "desk/mailings/1/approve", revision=1)
    assert "Fewer than 20 of its audience agree to advertising" in seen(case.office, "desk/mailings/1")
    assert case.state() == "offered"


def test_a_company_looks_at_so_many_audiences_a_day(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "LOOKS_MOST", 1)
    for whom, told in (
        ("all", "fewer than 20"),
        ("met", "told the size of 1 audiences today"),
        ("all", "fewer"),
    ):
        assert told in said(post(case.anna, "desk/own/plan/new", **FORM | {"whom": whom}, do="look")), whom


def test_the_calendar_says_how_many_others_go_out_that_day(case: Case) -> None:
    for browser in (case.anna, case.ivan):
        post(browser, "desk/own/plan/new", **FORM)
    page = seen(case.office, "desk/mailings/calendar?month=2026-11")
    assert page.count("Second cup") == 2
    assert page.count("Others that day: 1") == 2
    assert "Nothing is planned for this month" in seen(case.office, "desk/mailings/calendar?month=2026-12")
