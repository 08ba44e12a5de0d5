"""A company's standard reports: what happened at it, in every form, with totals, and of nobody else's; and by mail."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.actions import add_benefit, use_code
from coalition.benefits.queries import grants_of
from coalition.cards.actions import activate_card, block_card, unblock_card
from coalition.cards.models import BlockReason
from coalition.partners.actions import open_outlet
from coalition.partners.clients import add_client
from coalition.promotions.actions import publish
from coalition.redemption.models import Redemption, Reward
from coalition.reports.models import ReportSubscription
from coalition.reports.partner import base as partner
from coalition.settlement.leaving import leave
from coalition.transactions.by_hand.models import What
from partner_portal.api.callers import TILL_SCOPES
from partner_portal.cabinet import monthly, report_files
from tenants import staff as people
from tenants.actor import SYSTEM, Actor
from tenants.auth.sign_ins import sign_in
from tenants.models import AuditEntry, Staff
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db, jobs
from tenants.runtime.ids import new_id
from tenants.runtime.models import OutboxJob
from tests.admin.world import HOST, Bank, plain
from tests.messages.post_office import PostOffice
from tests.portal.company import manager
from tests.portal.test_by_hand import ENGLISH, Case, sealed
from tests.transactions.bank import LONG_AGO, promotion

pytestmark = pytest.mark.usefixtures("house")
JOBS = (monthly,)


@pytest.fixture
def case(desk: Flask, bank: Bank) -> Case:
    """The café with a purchase of 1000 entered by hand, 400 of it brought back, and a till's purchase of 300."""
    made = Case(desk, bank)
    made.sold("1000", number="=1+1")
    back = {"sealed": sealed(made.send(made.anna, "back", sale="=1+1")), "outlet": made.outlet}
    assert made.send(made.anna, "return", amount="400", **back).status_code == 303
    with db.transaction(bank.tenant) as session:
        made.at_till(session, {"reference": "t", "occurred_at": clock.now().isoformat(), "amount": 300_00})
    made.mira = manager(desk, bank, made.cafe.participant_id)  # type: ignore[attr-defined]
    return made


def asked(case: Any, place: str, **args: str) -> Any:
    return case.mira.get(f"{HOST}/desk/own/reports/{place}", query_string=args, headers=ENGLISH)


def rows_of(case: Any, code: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(asked(case, f"{code}.csv").data.decode("utf-8-sig"))))


def test_operations_are_told_with_their_totals_in_every_form(case: Case) -> None:
    head, *rows, total = rows_of(case, "operations")
    assert head[8] == "Points before returns"
    assert [(row[2], row[4], row[6], row[7], row[8]) for row in rows] == [
        ("Sale", "Corner", "'=1+1", "1000.00", "0"),
        ("Return", "Corner", "'=1+1", "-400.00", ""),
        ("Sale", "", "", "300.00", "0"),
    ]
    assert len({row[5] for row in rows}) == 1
    assert (total[0], total[7], total[8]) == ("In all", "900.00", "0")
    book = load_workbook(io.BytesIO(asked(case, "operations.xlsx").data)).active
    assert book is not None
    cells = list(book.iter_rows(values_only=True))
    assert [list(cells[0]), cells[-1][7], cells[1][6]] == [head, 900, "=1+1"]
    paper = PdfReader(io.BytesIO(asked(case, "operations.pdf").data))
    text = " ".join(" ".join(page.extract_text().split()) for page in paper.pages)
    for part in ("Sales and returns", "Corner", "In all"):
        assert part in text
    first = " ".join(paper.pages[0].extract_text().split())
    assert "Period" in first
    assert all(name.split()[-1] in first for name in head)
    assert first.count("900") >= 2
    page = plain(asked(case, "operations"))
    assert "Corner" in page
    assert asked(case, "operations.doc").status_code == 404
    assert asked(case, "nothing").status_code == 404


def test_points_move_by_day_and_outlet_as_settlement_counts_them(case: Case, bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        document = promotion({"kind": "percent", "rate": "10"}, conditions={"partners": ["kofe"]})
        own = document | {"funding": [{"participant": "kofe", "share": 100}]}
        publish(session, SYSTEM, programme_id=case.programme, code="own", document=own, starts_at=LONG_AGO)
    case.sold("1000", number="P-1")
    back = {"sealed": sealed(case.send(case.anna, "back", sale="P-1")), "outlet": case.outlet}
    assert case.send(case.anna, "return", amount="500", **back).status_code == 303
    _head, *rows, total = rows_of(case, "points")
    assert [row[1:] for row in rows] == [["Corner", "100", "-50", "0", "0", "0"]]
    assert total[2:4] == ["100", "-50"]
    page = asked(case, "points").get_data(as_text=True)
    assert page.count('<th scope="col" class="n">') == 2  # beside the day: a phone folds the others under it
    assert page.count('<th scope="col" class="n wide">') == 3
    with db.transaction(bank.tenant) as session:
        name = {"ru": "Угол", "en": "Corner"}  # another outlet, called the same
        told = {"partner_id": case.cafe.id, "code": "corner-2", "name": name, "zone": "UTC"}
        case.outlet = open_outlet(session, SYSTEM, **told).id
    case.sold("200", number="P-2")
    _head, *rows, total = rows_of(case, "points")
    assert [row[1:3] for row in rows] == [["Corner", "100"], ["Corner", "20"]]


def test_members_are_told_by_names_that_are_the_companys_own(case: Case) -> None:
    _head, *rows, total = rows_of(case, "members")
    assert [(row[1], row[2]) for row in rows] == [("2", "900.00")]
    assert total[1:3] == ["2", "900.00"]  # as sales and returns have it
    sales = plain(case.mira.get(f"{HOST}/desk/own/sales/", headers=ENGLISH))  # type: ignore[attr-defined]
    assert rows[0][0].replace("\xa0", " ") in sales
    ivan = manager(case.desk, case.bank, case.stand.participant_id, login="olga")
    for code in ("operations", "members", "points", "certificates", "cards"):
        theirs = ivan.get(f"{HOST}/desk/own/reports/{code}.csv", headers=ENGLISH).data.decode("utf-8-sig")
        assert len(theirs.splitlines()) == 2, code  # the heading and the totals


def test_certificates_and_cards_are_told_to_whose_till_it_was(case: Case, bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        client, _secret = add_client(
            session, SYSTEM, name="Till", programme_id=case.programme, participant_id=case.cafe.participant_id,
            scopes=TILL_SCOPES, outlet_id=case.outlet,
        )  # fmt: skip
        name = {"ru": "Подарок", "en": "A gift"}
        add_benefit(
            session, SYSTEM, programme_id=case.programme, code="gift", kind="certificate", name=name,
            terms={"face": "500", "valid_days": 30},
        )  # fmt: skip
        gives = {"kind": "benefit", "code": "gift", "name": name}
        document = promotion(
            {"kind": "fixed", "points": "500"}, conditions={"partners": ["kofe"]}, gives=gives
        )
        publish(
            session, SYSTEM, programme_id=case.programme, code="gift", document=document, starts_at=LONG_AGO
        )
    case.sold("100", number="G-1")
    with db.transaction(bank.tenant) as session:
        code = grants_of(session, case.member)[0].code
        assert code
        till = Actor("client", permissions=EVERYTHING, client_id=client.id)
        reward = Reward(
            tenant_id=bank.tenant, id=900, code="coffee", kind="certificate", about={}, terms={},
            participant_id=case.cafe.participant_id, name={"ru": "Кофе", "en": "A coffee"},
        )  # fmt: skip
        session.add(reward)
        session.flush()
        session.add(
            Redemption(
                tenant_id=bank.tenant, member_id=case.member, id=new_id(), request=new_id(),
                reward_id=reward.id, points=100, minor=300_00, choice={}, state="done", made_at=clock.now(),
            )
        )  # fmt: skip
        session.flush()
        use_code(session, till, code=code, quantity=200_00, request_id="one")
        use_code(session, SYSTEM, code=code, quantity=100_00, request_id="two")
        activate_card(session, till, programme_id=case.programme, number=case.card)
    _head, *rows, total = rows_of(case, "certificates")
    assert [(row[1], row[2], row[3], row[5], *row[6:]) for row in rows] == [
        ("Taken for points", "Certificate", "A coffee", "", "100", "300.00", "", "1", ""),
        ("Used at your till", "Certificate", "A gift", "Corner", "", "", "200.00", "", ""),
    ]
    assert total[6:] == ["100", "300.00", "200.00", "1", "0"]  # what is taken and used is not counted twice
    _head, *rows, total = rows_of(case, "cards")
    assert [row[1:3] for row in rows] == [["Corner", "At a till"]]
    assert total[4] == "1"


def test_a_card_is_told_once_and_to_whom_it_was_activated_for(case: Any, bank: Bank) -> None:
    form = {"sealed": case.found(case.anna, case.card), "outlet": case.outlet}
    assert case.send(case.anna, "activate", **form).status_code == 303
    with db.transaction(bank.tenant) as session:
        (row,) = [one for one in case.rows(session) if one.what == What.CARD]
        person = session.get_one(Staff, (bank.tenant, row.staff_id))
        herself, told = Actor("staff", person.id, EVERYTHING), {"programme_id": case.programme}
        block_card(session, herself, number=case.card, reason=BlockReason.OTHER, **told)
        unblock_card(session, herself, number=case.card, **told)
        person.participant_id = case.stand.participant_id  # she works for another one now
    _head, *rows, total = rows_of(case, "cards")
    assert [row[1:3] for row in rows] == [["Corner", "By hand"]]
    assert total[4] == "1"
    olga = manager(case.desk, bank, case.stand.participant_id, login="olga")
    theirs = olga.get(f"{HOST}/desk/own/reports/cards.csv", headers=ENGLISH).data.decode("utf-8-sig")
    assert len(theirs.splitlines()) == 2


def test_a_period_is_bounded_and_so_is_what_it_has(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    for first, last in (("2026-01-01", "2026-12-31"), ("2026-02-02", "2026-02-01"), ("x", "2026-02-01")):
        for place in ("", "operations"):
            assert asked(case, place, first=first, last=last).status_code == 422, (first, last)
        assert asked(case, "operations.csv", first=first, last=last).status_code == 303
    empty = asked(case, "operations", first="2026-01-01", last="2026-01-31")
    assert "Nothing in this period" in plain(empty)
    monkeypatch.setattr(report_files, "PAPER_ROWS_MOST", 2)
    assert asked(case, "operations.pdf").status_code == 303
    monkeypatch.setattr(partner, "ROWS_MOST", 2)
    large = asked(case, "operations")
    assert (large.status_code, "more than 2 rows" in plain(large)) == (422, True)
    assert asked(case, "operations.csv").status_code == 303


def letters(case: Any, at: datetime) -> int:
    """Look, and do what was asked for, at this moment."""
    with clock.stopped(at):
        with db.transaction(case.bank.tenant) as session:
            jobs.ask(session, "reports.monthly")
        done = set()
        while True:
            with db.transaction(case.bank.tenant) as session:
                asked_ = select(OutboxJob.id).where(
                    OutboxJob.name.startswith("reports."),
                    OutboxJob.state == "asked",
                    OutboxJob.id.not_in(done),
                )
                waiting = session.scalars(asked_).all()
            if not waiting:
                return len(done) - 1
            for one in waiting:
                jobs.perform(case.bank.tenant, str(one))
                done.add(one)


def test_the_months_figures_are_mailed_once_on_the_first_working_day(
    case: Any, bank: Bank, mail: PostOffice
) -> None:
    anna = case.desk.test_client()
    with db.transaction(bank.tenant) as session:
        person = session.scalars(select(Staff).where(Staff.login == "anna@kofe.example")).one()
        secret = sign_in(session, kind="staff", subject_id=person.id)
    anna.set_cookie("staff", secret, domain="test.localhost", path="/desk")
    place = f"{HOST}/desk/own/reports/mail"
    no_address = case.mira.post(place, data={"mail": "on"}, headers=ENGLISH, follow_redirects=True)
    assert "with no e-mail address" in plain(no_address)
    assert anna.post(place, data={"mail": "on"}).status_code == 303
    with db.transaction(bank.tenant) as session:
        row = session.scalars(select(ReportSubscription)).one()
        row.since = datetime(2026, 9, 3, tzinfo=UTC)
    assert letters(case, datetime(2026, 11, 1, 11, tzinfo=UTC)) == 0  # a Sunday in the zone, for an hour
    assert letters(case, datetime(2026, 11, 1, 12, tzinfo=UTC)) == 1
    assert letters(case, datetime(2026, 11, 2, 2, tzinfo=UTC)) == 0
    assert letters(case, datetime(2026, 11, 9, 2, tzinfo=UTC)) == 0
    [(to, letter)] = mail.letters
    assert to == ["anna@kofe.example"]
    assert "октябр" in letter["Subject"]
    assert f"{HOST}/desk/own/reports/" in letter.get_body().get_content()  # type: ignore[union-attr]
    [attached] = letter.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("kofe-2026-10.pdf", "application/pdf")
    text = PdfReader(io.BytesIO(attached.get_content())).pages[0].extract_text()
    assert "••" not in text
    assert anna.post(place, data={"mail": "off"}).status_code == 303
    assert letters(case, datetime(2026, 12, 1, 12, tzinfo=UTC)) == 0
    assert len(mail.letters) == 1


def subscribed(session: Session, bank: Bank, mailed: date | None = None) -> Staff:
    """The café's person, who has had the figures mailed for long."""
    person = session.scalars(select(Staff).where(Staff.login == "anna@kofe.example")).one()
    told = {"address": HOST, "since": datetime(2026, 9, 3, tzinfo=UTC), "mailed": mailed}
    session.add(ReportSubscription(tenant_id=bank.tenant, staff_id=person.id, **told))
    return person


def next_month() -> datetime:
    """The middle of the month after the case's."""
    return (clock.now().replace(day=1) + timedelta(days=31)).replace(day=15)


def test_a_month_that_is_too_large_is_mailed_without_what_is_and_once(
    case: Any, bank: Bank, mail: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(bank.tenant) as session:
        subscribed(session, bank)
    monkeypatch.setattr(partner, "ROWS_MOST", 2)  # of the sales and returns there are three
    at = next_month()
    assert [letters(case, at), letters(case, at + timedelta(hours=1))] == [1, 0]
    [(_to, letter)] = mail.letters
    words = " ".join(letter.get_body().get_content().split())  # type: ignore[union-attr]
    assert "часть итогов в это письмо не вошла" in words
    assert HOST in words
    [attached] = letter.iter_attachments()
    text = " ".join(PdfReader(io.BytesIO(attached.get_content())).pages[0].extract_text().split())
    assert "Слишком много для письма" in text
    assert "Покупателей-участников" in text


def test_a_letter_that_fails_is_not_asked_for_again(
    case: Any, bank: Bank, mail: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(bank.tenant) as session:
        subscribed(session, bank)
    monkeypatch.setattr(monthly, "printed", lambda *_told: 1 // 0)
    at = next_month()
    assert [letters(case, at), letters(case, at + timedelta(seconds=1))] == [
        1,
        1,
    ]  # the same job, tried again
    with db.transaction(bank.tenant) as session:
        jobs_ = session.scalars(select(OutboxJob).where(OutboxJob.name == "reports.mail_month")).all()
        assert [one.attempts for one in jobs_] == [2]
    assert mail.letters == []


def test_who_takes_a_file_is_in_the_trail(case: Any, bank: Bank) -> None:
    assert asked(case, "operations.csv").status_code == 200
    assert asked(case, "members.pdf").status_code == 200
    assert asked(case, "members.doc").status_code == 404
    with db.transaction(bank.tenant) as session:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.verb == "report.download").order_by(AuditEntry.id)
        ).all()
        told = [(one.actor_name, one.subject, one.after) for one in found]
    today = clock.business_day("Asia/Kamchatka")
    days = {"first_day": today.replace(day=1).isoformat(), "last_day": today.isoformat()}
    assert told == [
        ("Mira", "participant kofe", {"report": "operations", "form": "csv", "rows": 3, **days}),
        ("Mira", "participant kofe", {"report": "members", "form": "pdf", "rows": 1, **days}),
    ]


@pytest.mark.parametrize("gone", ["deactivated", "left", "between"])
def test_who_is_gone_is_mailed_nothing(case: Any, bank: Bank, mail: PostOffice, gone: str) -> None:
    with db.transaction(bank.tenant) as session:
        person = subscribed(session, bank, date(2026, 10, 1) if gone == "between" else None)
        if gone == "deactivated":
            people.deactivate(session, SYSTEM, staff_id=person.id)
        if gone == "left":
            leave(session, SYSTEM, participant_id=case.cafe.participant_id)
        if gone == "between":  # asked for, and then deactivated
            jobs.ask(session, "reports.mail_month", staff_id=person.id, month="2026-10-01")
            people.deactivate(session, SYSTEM, staff_id=person.id)
    letters(case, datetime(2026, 11, 2, 12, tzinfo=UTC))
    assert mail.letters == []
