"""Every cell of `docs/rights.md` by a real request, and the page itself as it would be made now."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select

from admin import rights
from coalition.redemption.models import Payout
from coalition.transactions.models import PurchaseReturn
from tenants.actor import SYSTEM
from tenants.models import Staff
from tenants.permissions import OF_ROLES, READING, Permission
from tenants.roles import built_in, operator
from tenants.runtime import clock, db
from tenants.staff import invite_staff
from tests.admin.conftest import assembled
from tests.walls.desk_pages import asked, held, signed_in
from tests.walls.two_tenants import NOW, Furnished, furnish

HOST = "mark-a.localhost"
ROLES = list(built_in())
OPERATORS = ("/desk/liability/", "/desk/liability/liability.csv")
"""What people of a participant open where it operates the programme."""
PAGE = Path(__file__).parents[2] / "docs/rights.md"


@dataclass
class House:
    """A tenant in which everything has happened, with one person of each role."""

    connection: Connection
    app: Flask
    tenant: int
    people: dict[str, UUID]
    known: dict[str, object]

    def browser(self, role: str) -> FlaskClient:
        return signed_in(self.app, self.tenant, self.people[role], HOST)


@pytest.fixture(scope="module")
def house(_begun: None) -> Iterator[House]:
    """On one connection, because furnishing takes a while; rolled back at the end of all."""
    with db.configured().connect() as connection, connection.begin() as whole:
        with db.joined(connection), clock.stopped(NOW):
            made = furnish("a")
            with db.transaction(made.tenant) as session:
                owner = made.arguments["owner_id"]
                people = {
                    role: invite_staff(
                        session, SYSTEM, login=f"its-{role}", name=role, password="a long password", roles=[role],
                        participant_id=owner if role.startswith("partner-") else None,
                    ).id
                    for role in ROLES
                }  # fmt: skip
                payout = session.scalars(select(Payout).where(Payout.tenant_id == made.tenant)).first()
                back = session.scalars(select(PurchaseReturn).where(PurchaseReturn.tenant_id == made.tenant))
                known = addresses(made) | {"payout_id": payout.id, "return_id": back.first().id}
            yield House(connection, assembled(guarded=False), made.tenant, people, known)
        whole.rollback()


@contextmanager
def inside(house: House) -> Iterator[None]:
    """What is done meanwhile is undone."""
    with house.connection.begin_nested() as point, db.joined(house.connection), clock.stopped(NOW):
        yield
        point.rollback()


def addresses(made: Furnished) -> dict[str, object]:
    """Rows of the tenant by the names that addresses have for them."""
    mark, own = made.marks[0], made.arguments
    known = ("member_id", "sale_id", "line_id", "export_id", "filter_id")
    return {name: own[name] for name in known} | {
        "desk_promotions.code": f"{mark}-0",
        "desk_corrections.code": f"{mark}-2",
        "desk_draws.code": f"{mark}-draw",
        "desk_segments.code": f"{mark}-all",
        "desk_categories.code": "cafes",
        "desk_roles.code": "auditor",
        "desk_rewards.reward_code": "gift",
        "desk_partners.code": f"{mark}-shop",
        "desk_claims.number": own["claim_number"], "desk_claims.file_id": own["claim_file_id"], "opening": 1,
        "draft_id": 1, "backtest_id": 1, "correction_id": 1, "deposit_id": 1, "benefit_id": 1, "file_id": 1,
        "register_id": 1, "entry_number": 1, "staff_id": own["staff_ids"][0],
    }  # fmt: skip


def test_the_page_says_what_the_desk_and_the_roles_say() -> None:
    assert PAGE.read_text("utf-8") == rights.matrix(rights.bare_desk())


def test_every_page_of_the_desk_asks_for_a_permission_or_is_for_all() -> None:
    open_to_all = {page.rule for page in rights.pages(rights.bare_desk()) if page.for_all}
    profile = {rule for rule in open_to_all if rule.startswith("/desk/profile/")}
    signatures = {"/desk/approvals/", "/desk/approvals/<uuid:approval_id>"}
    withdrawn = {"/desk/approvals/<uuid:approval_id>/withdraw"}  # only what is one's own is found
    assert open_to_all - profile == {"/desk/"} | signatures | withdrawn
    assert len(rights.pages(rights.bare_desk())) > 100


def test_an_auditor_sees_every_section_and_may_do_nothing() -> None:
    auditor = built_in()["auditor"]
    assert auditor.permissions == READING
    sent = [page for page in rights.pages(rights.bare_desk()) if page.method == "POST" and not page.for_all]
    assert {page.rule for page in sent if page.is_open_to(auditor)} == {
        "/desk/members/"
    }  # a search: no address has it


def test_every_permission_of_the_staff_has_words_and_somebody_who_has_it() -> None:
    assert [one for one in OF_ROLES if not one.words] == []
    held_by_some = {one for role in built_in().values() for one in role.permissions}
    api_alone = {Permission.DESK_POINTS_SPEND}  # what tills ask for
    own_roles_alone = {
        Permission.PORTAL_CARD_OPERATE
    }  # given to nobody unasked: it moves points without a till
    assert set(OF_ROLES) - held_by_some == api_alone | own_roles_alone


def test_somebody_signs_what_others_wrote() -> None:
    """There is a role for every page: none can be opened by nobody."""
    pages = rights.pages(rights.bare_desk())
    everybody = [*built_in().values(), *operator().values()]
    closed = [page.rule for page in pages if not any(page.is_open_to(role) for role in everybody)]
    assert [rule for rule in closed if not rule.startswith("/desk/own/card/")] == []  # for own roles alone


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_each_cell_is_answered_as_it_is_written(house: House, role: str) -> None:
    known, pages = built_in()[role], rights.pages(house.app)
    with inside(house):
        browser = house.browser(role)
        with db.transaction(house.tenant) as session:
            before = held(session)
        closed = [page for page in pages if not page.is_open_to(known)]
        answers = {page: asked(browser, house.app, page, house.known, HOST).status_code for page in closed}
        assert {page: status for page, status in answers.items() if status != 403} == {}
        with db.transaction(house.tenant) as session:
            assert held(session) == before
        wrong = {}
        for page in set(pages) - set(closed):
            with house.connection.begin_nested() as cell:
                answer = asked(browser, house.app, page, house.known, HOST)
                to_door = answer.headers.get("Location", "").startswith("/desk/sign-in")
                if role.startswith("partner-") and page.rule in OPERATORS:  # her participant operates nothing
                    assert answer.status_code == 403
                elif answer.status_code in (401, 403) or answer.status_code >= 500 or to_door:
                    wrong[page.method, page.rule] = answer.status_code
                cell.rollback()
        assert wrong == {}


def test_who_has_no_role_sees_the_first_page_and_the_own_profile(house: House) -> None:
    with inside(house):
        with db.transaction(house.tenant) as session:
            nobody = invite_staff(
                session, SYSTEM, login="nobody", name="N", password="a long password", roles=[]
            ).id
        browser = signed_in(house.app, house.tenant, nobody, HOST)
        seen = {
            page.rule
            for page in rights.pages(house.app)
            if page.method == "GET" and asked(browser, house.app, page, house.known, HOST).status_code != 403
        }
        own = {"/desk/", "/desk/profile/", "/desk/profile/second-factor", "/desk/approvals/"}
        assert seen - {"/desk/approvals/<uuid:approval_id>"} == own  # of others' changes none is found


def test_a_person_of_a_participant_opens_only_what_narrows_itself_to_it(house: House) -> None:
    with inside(house):
        with db.transaction(house.tenant) as session:
            everything = invite_staff(
                session, SYSTEM, login="guest", name="G", password="a long password", roles=ROLES, participant_id=1
            )  # fmt: skip
            assert session.get_one(Staff, (house.tenant, everything.id)).participant_id == 1
        browser = signed_in(house.app, house.tenant, everything.id, HOST)
        seen = {
            page.rule
            for page in rights.pages(house.app)
            if page.method == "GET" and asked(browser, house.app, page, house.known, HOST).status_code != 403
        }
        own = {one for one in seen if one.startswith(("/desk/own", "/desk/settlement", "/desk/statements/"))}
        assert seen - own == {"/desk/", "/desk/profile/", "/desk/profile/second-factor"}
        assert "/desk/settlement/<month>/<int:participant>" in own
