"""Personal data requests at the desk and in the cabinet: taken in, signed by another, told by an act."""

import io
import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import MemberPerson
from coalition.partners.queries import all_participants
from coalition.privacy.models import PrivacyRequest
from coalition.settlement.terms import set_operator
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.models import AuditEntry, Role, Staff, StaffRole
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.jobs import do_here
from tests.admin.world import HOST, Bank, get, plain, post, signed_by_another, signed_in, signer, spend
from tests.cabinet.world import PHONE


def where(answer: object) -> str:
    return str(answer.headers.get("Location", ""))  # type: ignore[attr-defined]


def taken_in(client: FlaskClient, bank: Bank, kind: str) -> str:
    answer = post(client, f"/desk/privacy/members/{bank.world.member_id}", kind=kind)
    assert answer.status_code == 303
    return where(answer)


def requests(seen: Session) -> list[PrivacyRequest]:
    return list(seen.scalars(select(PrivacyRequest).order_by(PrivacyRequest.number)))


def test_a_request_is_taken_in_by_a_handle_with_its_last_day(
    bank: Bank, client: FlaskClient, seen: Session
) -> None:
    answer = post(client, "/desk/privacy/", who=PHONE, kind="erasure")
    assert re.fullmatch(r"/desk/privacy/[0-9a-f-]{36}", where(answer))
    found = requests(seen)
    assert [(one.member_id, one.kind, one.state, one.number) for one in found] == [
        (bank.world.member_id, "erasure", "open", 1)
    ]
    assert (found[0].due_on - found[0].asked_at.date()).days in (30, 31)  # by the programme's clock
    page = plain(get(client, "/desk/privacy/"))
    assert "30 days left" in page
    assert PHONE not in page


def test_nobody_or_nothing_is_said_by_the_field(bank: Bank, client: FlaskClient, seen: Session) -> None:
    for form, said in (
        ({"who": "+79990000000", "kind": "copy"}, "Nobody was found by it"),
        ({"who": PHONE, "kind": "nonsense"}, "Choose what is asked for"),
    ):
        answer = post(client, "/desk/privacy/", **form)
        assert (answer.status_code, said in plain(answer)) == (422, True)
    assert requests(seen) == []


def test_a_copy_is_downloaded_and_each_time_written_down(bank: Bank, client: FlaskClient) -> None:
    page = taken_in(client, bank, "copy")
    assert "Not answered yet" in plain(get(client, page))
    asked = post(client, f"{page}/copy")
    assert re.fullmatch(r"/desk/approvals/[0-9a-f-]{36}", where(asked))
    assert "Sign it when you know that it was the member who asked" in plain(get(client, where(asked)))
    assert "It waits for another person's signature" in plain(get(client, page))
    assert get(client, f"{page}/copy.zip").status_code == 404
    assert signed_by_another(client, bank) == [303]
    assert "Copy is being made" in plain(get(client, page))
    with db.transaction(bank.tenant) as session:
        do_here(session)
    for _time in range(2):
        answer = get(client, f"{page}/copy.zip")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert answer.get_data()[:2] == b"PK"
    with db.transaction(bank.tenant) as session:
        verbs = session.scalars(select(AuditEntry.verb).where(AuditEntry.verb.like("privacy.%"))).all()
    assert sorted(verbs) == ["privacy.download", "privacy.download", "privacy.register", "privacy.sign_copy"]


def test_who_may_only_look_neither_downloads_nor_asks(desk: Flask, bank: Bank, client: FlaskClient) -> None:
    page = taken_in(client, bank, "copy")
    looks = signed_in(desk, bank.tenant, {Permission.DESK_PRIVACY_READ}, login="looks", name="Lea Looks")
    assert get(looks, page).status_code == 200
    assert get(looks, f"{page}/copy.zip").status_code == 403
    assert post(looks, f"{page}/copy").status_code == 403
    assert post(looks, f"/desk/privacy/members/{bank.world.member_id}", kind="copy").status_code == 403


def test_an_erasure_is_signed_by_another_and_told_by_an_act(
    bank: Bank, client: FlaskClient, seen: Session
) -> None:
    page = taken_in(client, bank, "erasure")
    asked = post(client, f"{page}/erase")
    assert re.fullmatch(r"/desk/approvals/[0-9a-f-]{36}", where(asked))
    told = plain(get(client, where(asked)))
    assert "Gone for ever: name, phone, e-mail" in told
    assert where(post(client, f"{where(asked)}/sign")) == where(asked)  # the own
    assert requests(seen)[0].state == "open"
    seen.expire_all()
    assert "It waits for another person's signature" in plain(get(client, page))
    assert signed_by_another(client, bank) == [303]
    assert "Erased" in plain(get(client, page))
    act = get(client, f"{page}/act.pdf")
    assert (act.status_code, act.get_data()[:5]) == (200, b"%PDF-")
    assert get(client, f"{page}/act.pdf").get_data() == act.get_data()
    assert seen.get(MemberPerson, (bank.tenant, bank.world.member_id)) is None
    answer = get(client, f"/desk/members/{bank.world.member_id}")
    assert (answer.status_code, "Erased" in plain(answer)) == (200, True)
    assert "Personal data request<" not in answer.get_data(as_text=True)
    for path in ("note", "claim", "points"):
        assert f"/{bank.world.member_id}/{path}" not in answer.get_data(as_text=True), path
    late = post(client, f"/desk/members/{bank.world.member_id}/note", text="Called")
    said = "The personal data of this member is erased: nothing can be written about anybody any more"
    assert (late.status_code, said in plain(late)) == (422, True)


def test_an_act_names_the_legal_entity_and_the_positions_of_both(
    bank: Bank, client: FlaskClient, seen: Session
) -> None:
    with db.transaction(bank.tenant) as session:
        payer = all_participants(session)[0]
        legal = {"name": "Harbour Bank JSC", "inn": "7707083893", "address": "1 Quay Street"}
        set_operator(
            session,
            SYSTEM,
            programme_id=bank.world.programme.id,
            participant_id=payer.id,
            terms={"legal": legal},
        )
    signer(client, bank)
    with db.transaction(bank.tenant) as session:
        for login, title in (("signer", "Clerk"), ("dora", "Head of the desk")):
            staff = session.scalars(select(Staff.id).where(Staff.login == login)).one()
            code, names = f"a-{login}", {"ru": title, "en": title}
            session.add(Role(tenant_id=bank.tenant, code=code, names=names, permissions=[]))
            session.flush()
            session.add(StaffRole(tenant_id=bank.tenant, staff_id=staff, role=code))
    page = taken_in(client, bank, "erasure")
    post(client, f"{page}/erase")
    assert signed_by_another(client, bank) == [303]
    told = " ".join(
        PdfReader(io.BytesIO(get(client, f"{page}/act.pdf").get_data())).pages[0].extract_text().split()
    )
    assert "Harbour Bank JSC, ИНН 7707083893, 1 Quay Street" in told
    assert "Dora Marsh (Head of the desk, " in told
    assert "Ivan Roe (Clerk, " in told
    with db.transaction(bank.tenant) as session:
        report = session.scalars(select(PrivacyRequest)).one().report
        assert report is not None
        assert report["operator"] == legal


def test_what_is_in_the_way_is_told(bank: Bank, client: FlaskClient) -> None:
    spend(bank, "cashback", points=100)
    page = taken_in(client, bank, "erasure")
    told = plain(get(client, page))
    assert "It cannot be erased yet" in told
    assert "1 payout is not paid yet" in told
    answer = post(client, f"{page}/erase")
    assert (answer.status_code, "Something has to come to its end" in plain(answer)) == (422, True)
    assert where(post(client, f"{page}/refuse", reason="in_the_way")) == page
    assert "Something has to come to its end first" in plain(get(client, page))


@pytest.fixture
def cabinet(desk: Flask, bank: Bank) -> FlaskClient:
    """The member's own browser."""
    with db.transaction(bank.tenant) as session:
        secret = sign_in(session, kind="member", subject_id=bank.world.member_id)
    browser = desk.test_client()
    browser.set_cookie("member", secret, domain="test.localhost")
    return browser


def test_a_member_asks_in_the_cabinet_and_sees_how_far_it_is(
    bank: Bank, cabinet: FlaskClient, client: FlaskClient
) -> None:
    assert where(post(cabinet, "/profile/data", kind="copy")) == "/profile?saved=copy#own-data"
    assert "Answered by" in plain(get(cabinet, "/profile"))
    with db.transaction(bank.tenant) as session:
        do_here(session)
        copy = session.scalars(select(PrivacyRequest)).one()
    shown = get(cabinet, "/profile").get_data(as_text=True)
    assert (f"/profile/data/{copy.id}.zip" in shown, "Ask for a copy of everything" in shown) == (True, False)
    assert cabinet.get(f"/profile/data/{copy.id}.zip", base_url=HOST).get_data()[:2] == b"PK"
    assert get(cabinet, f"/profile/data/{UUID(int=5)}.zip").status_code == 404
    post(cabinet, "/profile/data", kind="erasure")
    post(cabinet, "/profile/data", kind="erasure")
    page = plain(get(client, "/desk/privacy/?show=erasures"))
    assert page.count("30 days left") == 1
    assert "The member herself" in plain(get(client, f"/desk/privacy/{copy.id}"))


def test_another_tenant_finds_no_request(bank: Bank, client: FlaskClient) -> None:
    assert get(client, f"/desk/privacy/{UUID(int=7)}").status_code == 404
    assert post(client, f"/desk/privacy/members/{UUID(int=7)}", kind="copy").status_code == 404
