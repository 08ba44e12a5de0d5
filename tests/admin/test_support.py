"""Operators enter by a tenant's consent alone, under both names, and never sign; parts that are off are not there."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.actor import SYSTEM
from tenants.models import AuditEntry, Staff, SupportGrant
from tenants.operators import open_place
from tenants.parts import Part, switch
from tenants.permissions import READING, Permission
from tenants.roles import built_in
from tenants.runtime import clock, db
from tenants.support import NEVER, guest_terms, rights_of
from tests.admin.test_wizard import HOST, operators
from tests.admin.world import Bank, signed_in

DESK = "http://test.localhost/desk"
EN = {"Accept-Language": "en"}
ASKED = {"hours": "2", "reason": "A file does not post", "role": ""}


@pytest.fixture
def operator(desk: Flask, bank: Bank) -> FlaskClient:
    with db.transaction(None) as session:
        place = open_place(session, hosts=["operator.localhost"]).id
    return operators(desk, place)


@pytest.fixture
def keeper(desk: Flask, bank: Bank) -> FlaskClient:
    return signed_in(desk, bank.tenant, [Permission.DESK_SUPPORT_GRANT], login="keeper")


def way_in(operator: FlaskClient) -> str:
    """The address by which the operator comes in."""
    page = operator.post(f"{HOST}/desk/tenants/test/enter", headers=EN)
    assert page.status_code == 200
    found = re.search(r"http://test\.localhost:\d+(/desk/visit/[\w-]+)", page.text)
    assert found is not None
    return "http://test.localhost" + found[1]


def inside(desk: Flask, operator: FlaskClient) -> FlaskClient:
    """A browser in which the operator is in."""
    client = desk.test_client()
    assert client.post(way_in(operator)).status_code == 303
    return client


def trail(seen: Session, tenant: int) -> list[tuple[str, str]]:
    rows = select(AuditEntry).where(AuditEntry.tenant_id == tenant, AuditEntry.verb.like("support.%"))
    return [(one.verb, one.actor_name) for one in seen.scalars(rows.order_by(AuditEntry.number))]


def test_nobody_enters_without_consent(operator: FlaskClient, seen: Session) -> None:
    assert "lets no operator in now" in operator.get(f"{HOST}/desk/tenants/test", headers=EN).text
    assert operator.post(f"{HOST}/desk/tenants/test/enter").status_code == 404
    assert seen.scalars(select(Staff.id).where(Staff.guest)).all() == []


def test_consent_lets_in_to_read_under_both_names_until_it_is_ended(
    desk: Flask, bank: Bank, keeper: FlaskClient, operator: FlaskClient, seen: Session
) -> None:
    assert keeper.post(f"{DESK}/support/", data=ASKED).status_code == 303
    assert "A file does not post" in operator.get(f"{HOST}/desk/tenants/test", headers=EN).text
    client = inside(desk, operator)
    for path in ("/", "/files/", "/promotions/"):
        page = client.get(DESK + path, headers=EN)
        assert page.status_code == 200
        assert "You are here as an operator: Ольга Орлова (Dora Marsh)" in page.text
        assert "To read only" in page.text
    assert client.post(f"{DESK}/files/new").status_code == 403
    assert client.get(f"{DESK}/support/").status_code == 403
    assert "Ольга" not in signed_in(desk, bank.tenant, login="all").get(f"{DESK}/people/").text
    assert keeper.post(f"{DESK}/support/end").status_code == 303
    assert client.get(f"{DESK}/files/").status_code == 303  # to sign in
    assert operator.post(f"{HOST}/desk/tenants/test/enter").status_code == 404
    assert trail(seen, bank.tenant) == [
        ("support.grant", "Dora Marsh"),
        ("support.let_in", ""),
        ("support.enter", "Ольга Орлова (Dora Marsh)"),
        ("support.end", "Dora Marsh"),
    ]


def test_the_way_in_works_once_and_for_five_minutes(
    desk: Flask, keeper: FlaskClient, operator: FlaskClient
) -> None:
    keeper.post(f"{DESK}/support/", data=ASKED)
    address = way_in(operator)
    assert (
        "Ольга Орлова (Dora Marsh)" in desk.test_client().get(address, headers=EN).text
    )  # asking uses nothing up
    assert desk.test_client().post(address).status_code == 303
    assert desk.test_client().post(address).status_code == 422
    late = way_in(operator)
    with clock.stopped(clock.real_now() + timedelta(minutes=5, seconds=1)):
        assert desk.test_client().post(late).status_code == 422


def test_time_ends_it_and_so_does_leaving(
    desk: Flask, bank: Bank, keeper: FlaskClient, operator: FlaskClient, seen: Session
) -> None:
    keeper.post(f"{DESK}/support/", data=ASKED)
    client = inside(desk, operator)
    with clock.stopped(clock.real_now() + timedelta(hours=2, seconds=1)):
        assert client.get(f"{DESK}/files/").status_code == 303
    assert client.get(f"{DESK}/files/").status_code == 200
    assert client.post(f"{DESK}/sign-out").status_code == 303
    assert client.get(f"{DESK}/files/").status_code == 303
    assert trail(seen, bank.tenant)[-1] == ("support.leave", "Ольга Орлова (Dora Marsh)")


def test_no_role_lets_a_guest_sign_publish_or_change_people(
    desk: Flask, bank: Bank, keeper: FlaskClient, operator: FlaskClient, seen: Session
) -> None:
    keeper.post(f"{DESK}/support/", data=ASKED | {"role": "marketer"})  # who may do less than a marketer
    assert seen.scalars(select(SupportGrant)).all() == []
    rights = [Permission.DESK_SUPPORT_GRANT, Permission.DESK_ROLE_EDIT]
    signed_in(desk, bank.tenant, rights, login="boss").post(
        f"{DESK}/support/", data=ASKED | {"role": "marketer"}
    )
    inside(desk, operator)
    guest = seen.scalars(select(Staff).where(Staff.guest)).one()
    terms = guest_terms(seen, guest)
    assert terms is not None
    assert rights_of(seen, terms) == built_in()["marketer"].permissions - {
        Permission.DESK_PROMOTION_APPROVE,
        Permission.DESK_PROMOTION_PUBLISH,
        Permission.DESK_CHANGE_APPROVE,
    }
    assert {one for one in Permission if one.endswith(":approve")} <= NEVER
    assert {
        Permission.DESK_PRIVACY_EDIT,
        Permission.DESK_LIST_EXPORT,
    } <= NEVER  # what carries data off as files
    assert not READING & NEVER


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hours": "0"}, "Write a number of hours, from 1 to 24"),
        ({"hours": "25"}, "Write a number of hours, from 1 to 24"),
        ({"hours": "²"}, "Write a number of hours, from 1 to 24"),
        ({"reason": " "}, "Write the reason, 300 characters at most"),
    ],
)
def test_what_cannot_be_granted_is_told_at_its_field(
    bank: Bank, keeper: FlaskClient, seen: Session, changed: dict[str, str], said: str
) -> None:
    refused = keeper.post(f"{DESK}/support/", data=ASKED | changed, headers=EN)
    assert (refused.status_code, said in refused.text) == (422, True)
    assert trail(seen, bank.tenant) == []


def test_hours_and_reason_are_told_at_once(keeper: FlaskClient) -> None:
    refused = keeper.post(f"{DESK}/support/", data=ASKED | {"hours": "0", "reason": " "}, headers=EN)
    assert "Write a number of hours, from 1 to 24" in refused.text
    assert "Write the reason, 300 characters at most" in refused.text


def test_a_role_of_nobody_and_a_second_consent_are_refused(
    keeper: FlaskClient, bank: Bank, seen: Session
) -> None:
    assert keeper.post(f"{DESK}/support/", data=ASKED | {"role": "operator"}).status_code == 404
    assert keeper.post(f"{DESK}/support/", data=ASKED).status_code == 303
    assert keeper.post(f"{DESK}/support/", data=ASKED).status_code == 422
    assert trail(seen, bank.tenant) == [("support.grant", "Dora Marsh")]


def test_one_tenants_consent_opens_no_other(desk: Flask, keeper: FlaskClient, operator: FlaskClient) -> None:
    from tenants.actions import open_tenant

    with db.transaction(None) as session:
        open_tenant(session, slug="other", hosts=["other.localhost"])
    keeper.post(f"{DESK}/support/", data=ASKED)
    assert operator.post(f"{HOST}/desk/tenants/other/enter").status_code == 404
    assert operator.post(f"{HOST}/desk/tenants/operator/enter").status_code == 404


@pytest.mark.parametrize(("part", "path"), [(Part.CLAIMS, "/claims/"), (Part.DRAWS, "/draws/")])
def test_a_part_that_is_off_has_no_page_and_no_place_in_the_menu(
    client: FlaskClient, operator: FlaskClient, seen: Session, bank: Bank, part: Part, path: str
) -> None:
    assert client.get(DESK + path).status_code == 200
    assert f'href="/desk{path}"' in client.get(f"{DESK}/").text
    for on, status in (("", 404), ("1", 200)):
        assert (
            operator.post(f"{HOST}/desk/tenants/test/parts/{part}", data={"on": on, "sure": "1"}).status_code
            == 303
        )
        assert client.get(DESK + path).status_code == status
        assert (f'href="/desk{path}"' in client.get(f"{DESK}/").text) is (status == 200)
    told = select(AuditEntry).where(AuditEntry.tenant_id == bank.tenant, AuditEntry.verb == "part.switch")
    assert [one.after for one in seen.scalars(told.order_by(AuditEntry.number))] == [
        {"on": False, "operator": "Ольга Орлова"},
        {"on": True, "operator": "Ольга Орлова"},
    ]


def test_the_same_switch_again_is_not_told_twice(bank: Bank, seen: Session) -> None:
    for _ in range(2):
        switch(seen, SYSTEM, part=Part.CHARITY, on=False)
    told = select(AuditEntry.verb).where(
        AuditEntry.tenant_id == bank.tenant, AuditEntry.verb == "part.switch"
    )
    assert seen.scalars(told).all() == ["part.switch"]


def test_a_guest_is_told_so_on_every_page_and_why_it_is_over(
    desk: Flask, keeper: FlaskClient, operator: FlaskClient
) -> None:
    assert keeper.post(f"{DESK}/support/", data=ASKED).status_code == 303
    guest = inside(desk, operator)
    lost = guest.get(f"{DESK}/nothing-here", headers=EN)
    assert (lost.status_code, "You are here as an operator" in lost.text) == (404, True)
    page = guest.get(f"{DESK}/", headers=EN).text
    assert "/desk/profile/" not in page
    assert keeper.post(f"{DESK}/support/end").status_code == 303
    out = guest.get(f"{DESK}/", headers=EN, follow_redirects=True)
    assert "The access that this tenant gave to operators is over" in out.text
