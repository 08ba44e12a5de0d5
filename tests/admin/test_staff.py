"""People and roles at the desk: invited by a link that works once, changed by others, never without a keeper."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from coalition.partners.actions import admit_participant
from tenants.actor import SYSTEM, Actor
from tenants.models import AuditEntry, Role, SignIn, Staff
from tenants.own_password import change_password, make_link, set_password_by_link
from tenants.permissions import Permission
from tenants.roles import roles, roles_of
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.staff import deactivate, give_roles, invite_staff, save_role
from tests.admin.world import HOST, PASSWORD, Bank, furnished, get, plain, post, signed_in

KEEPS = frozenset({Permission.DESK_STAFF_EDIT, Permission.DESK_ROLE_EDIT})
NEW = "four words make one"


def person(session: Session, login: str, *codes: str, password: str | None = PASSWORD) -> Staff:
    return invite_staff(session, SYSTEM, login=login, name=login.title(), password=password, roles=codes)


def held(session: Session, staff: Staff) -> list[str]:
    return sorted(role.code for role in roles_of(session, staff.id))


@pytest.fixture
def bank(tenant: int) -> Bank:
    """The furnished bank, beside what else is open in the test's transaction."""
    return furnished(tenant)


@pytest.fixture
def admin(desk: Flask, bank: Bank, seen: Session) -> FlaskClient:
    """The browser of the only administrator."""
    person(seen, "alice", "administrator")
    client = desk.test_client()
    post(client, "/desk/sign-in", login="alice", password=PASSWORD)
    return client


def test_an_invited_person_sets_a_password_by_a_link_that_works_once(
    admin: FlaskClient, stranger: FlaskClient, seen: Session
) -> None:
    shown = post(admin, "/desk/people/new", login="Bob", name="Bob Stone", role="marketer")
    assert shown.status_code == 200
    (address,) = re.findall(rf'value="{HOST}(/desk/link/[\w-]+)"', shown.get_data(as_text=True))
    bob = seen.scalars(select(Staff).where(Staff.login == "bob")).one()
    assert bob.password_hash is None
    assert held(seen, bob) == ["marketer"]
    assert "Bob Stone, your login is bob" in plain(get(stranger, address))
    assert "Write the password twice" in plain(post(stranger, address, password=NEW, password_again="x"))
    assert "12 characters" in plain(post(stranger, address, password="short", password_again="short"))
    done = post(stranger, address, password=NEW, password_again=NEW)
    assert (done.status_code, done.headers["Location"]) == (303, "/desk/sign-in")
    assert get(stranger, address).status_code == 422
    assert "This link works no more" in plain(post(stranger, address, password=NEW, password_again=NEW))
    assert post(stranger, "/desk/sign-in", login="bob", password=NEW).status_code == 303
    assert "Bob Stone" in plain(get(stranger, "/desk/"))


def test_a_link_is_over_after_72_hours_and_when_a_newer_one_is_made(session: Session) -> None:
    bob = person(session, "bob", "marketer", password=None)
    first, second = (make_link(session, SYSTEM, staff_id=bob.id) for _ in range(2))
    with pytest.raises(Refusal, match="link_over"):
        set_password_by_link(session, secret=first, password=NEW)
    with clock.stopped(clock.now() + timedelta(hours=72)), pytest.raises(Refusal, match="link_over"):
        set_password_by_link(session, secret=second, password=NEW)
    assert bob.password_hash is None
    with clock.stopped(clock.now() + timedelta(hours=71, minutes=59)):
        set_password_by_link(session, secret=second, password=NEW)
    assert bob.password_hash is not None


def test_no_link_and_no_password_stand_in_the_database_or_the_trail(session: Session) -> None:
    bob = person(session, "bob", "marketer", password=None)
    secret = make_link(session, SYSTEM, staff_id=bob.id)
    set_password_by_link(session, secret=secret, password=NEW)
    rows = [str(row) for row in session.execute(text("select a::text from audit_entry a")).scalars()]
    rows += [str(row) for row in session.execute(text("select s::text from staff s")).scalars()]
    assert [row for row in rows if secret in row or NEW in row] == []


def test_an_invitation_with_something_wrong_keeps_what_was_typed(admin: FlaskClient, seen: Session) -> None:
    for login, said in (("alice", "Somebody has this login"), ("Ы", "small Latin letters")):
        answer = post(admin, "/desk/people/new", login=login, name="Somebody Else", role="auditor")
        html = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert said in plain(answer)
        assert 'value="Somebody Else"' in html
        assert re.search(r'value="auditor" checked', html)
    assert len(seen.scalars(select(Staff)).all()) == 1


def test_roles_are_changed_by_others_and_hold_from_the_next_page(
    admin: FlaskClient, desk: Flask, seen: Session
) -> None:
    bob = person(seen, "bob", "agent")
    browser = desk.test_client()
    post(browser, "/desk/sign-in", login="bob", password=PASSWORD)
    assert get(browser, "/desk/payouts/").status_code == 403
    answer = post(admin, f"/desk/people/{bob.id}", role="accountant")
    assert answer.status_code == 303
    assert get(browser, "/desk/payouts/").status_code == 200
    assert get(browser, "/desk/codes/").status_code == 403
    entry = seen.scalars(select(AuditEntry).where(AuditEntry.verb == "staff.roles")).one()
    assert (entry.before, entry.after) == (
        {"roles": ["agent"], "participant": None},
        {"roles": ["accountant"], "participant": None},
    )
    assert entry.actor_name == "Alice"
    assert entry.address == "127.0.0.1"


def test_who_is_deactivated_is_out_everywhere_at_once(admin: FlaskClient, desk: Flask, seen: Session) -> None:
    bob = person(seen, "bob", "agent")
    browser = desk.test_client()
    post(browser, "/desk/sign-in", login="bob", password=PASSWORD)
    assert post(admin, f"/desk/people/{bob.id}/deactivate").status_code == 303
    assert get(browser, "/desk/").status_code == 303
    assert seen.scalars(select(SignIn.ended_at).where(SignIn.subject_id == bob.id)).one() is not None
    assert post(browser, "/desk/sign-in", login="bob", password=PASSWORD).status_code == 422
    assert post(admin, f"/desk/people/{bob.id}/link").status_code == 409
    assert post(admin, f"/desk/people/{bob.id}/activate").status_code == 303
    assert post(browser, "/desk/sign-in", login="bob", password=PASSWORD).status_code == 303


def test_nobody_changes_her_own_roles_or_leaves_by_herself(admin: FlaskClient, seen: Session) -> None:
    alice = seen.scalars(select(Staff).where(Staff.login == "alice")).one()
    for path in (f"/desk/people/{alice.id}", f"/desk/people/{alice.id}/deactivate"):
        post(admin, path, role="auditor")
        assert "changed by somebody else" in plain(get(admin, "/desk/people/"))
    seen.expire_all()
    assert (held(seen, alice), alice.active) == (["administrator"], True)


def test_the_last_who_keeps_people_and_roles_stays(session: Session) -> None:
    alice = person(session, "alice", "administrator")
    guest = admit_participant(session, SYSTEM, code="guest", name={"ru": "Гость", "en": "Guest"}).id
    with pytest.raises(Refusal, match="last_administrator"), session.begin_nested():
        give_roles(session, SYSTEM, staff_id=alice.id, roles=["auditor"])
    with pytest.raises(Refusal, match="last_administrator"), session.begin_nested():
        give_roles(session, SYSTEM, staff_id=alice.id, roles=["administrator"], participant_id=guest)
    with pytest.raises(Refusal, match="last_administrator"), session.begin_nested():
        deactivate(session, SYSTEM, staff_id=alice.id)
    assert (held(session, alice), alice.active) == (["administrator"], True)
    person(session, "bob", "administrator")
    deactivate(session, SYSTEM, staff_id=alice.id)
    assert alice.active is False


def test_a_role_that_keeps_people_is_not_weakened_while_nobody_else_does(session: Session) -> None:
    names = {"ru": "Хозяйка", "en": "Keeper"}
    save_role(
        session, SYSTEM, code="keeper", names=names, permissions=KEEPS, second_factor=False, new=True
    )  # fmt: skip
    person(session, "alice", "keeper")
    with pytest.raises(Refusal, match="last_administrator"), session.begin_nested():
        save_role(
            session, SYSTEM, code="keeper", names=names, second_factor=False,
            permissions=[Permission.DESK_STAFF_READ],
        )  # fmt: skip
    assert roles(session)["keeper"].permissions == KEEPS


def test_a_role_of_ones_own_is_put_together_and_told_in_words(admin: FlaskClient, seen: Session) -> None:
    made = post(
        admin, "/desk/roles/new", code="night", name_ru="Ночная смена", name_en="Night shift",
        permission="desk:file:read", second_factor="yes",
    )  # fmt: skip
    assert made.status_code == 303
    role = roles(seen)["night"]
    assert (role.permissions, role.second_factor) == (frozenset({Permission.DESK_FILE_READ}), True)
    assert "Night shift" in plain(get(admin, "/desk/roles/"))
    assert "Ночная смена" in plain(get(admin, "/desk/roles/", "ru"))
    html = get(admin, "/desk/roles/night").get_data(as_text=True)
    assert re.findall(r'value="(desk:[^"]+)" checked', html) == ["desk:file:read"]
    again = post(
        admin, "/desk/roles/new", code="night", name_ru="Н", name_en="N", permission="desk:file:read"
    )
    assert again.status_code == 422
    assert "There is a role with this code" in plain(again)
    empty = post(admin, "/desk/roles/night", name_ru="Н", name_en="N")
    assert (empty.status_code, "Tick at least one" in plain(empty)) == (422, True)
    assert roles(seen)["night"] == role


def test_rights_of_the_desk_and_of_a_partners_place_are_no_one_role(
    admin: FlaskClient, seen: Session
) -> None:
    form = {"code": "both", "name_ru": "Обе", "name_en": "Both"}
    mixed = post(admin, "/desk/roles/new", **form, permission=["desk:file:read", "portal:sale:read"])
    assert (mixed.status_code, "Make two roles of it" in plain(mixed)) == (422, True)
    assert "both" not in roles(seen)
    theirs = [
        "desk:settlement:agree",
        "desk:settlement:read",
        "portal:sale:read",
    ]  # of statements both have the same
    assert post(admin, "/desk/roles/new", **form, permission=theirs).status_code == 303


def test_a_role_of_partners_people_is_put_together_too(admin: FlaskClient, seen: Session) -> None:
    manager = plain(get(admin, "/desk/roles/partner-manager"))
    assert "Who has it and works for a partner may, at the own company" in manager
    assert "see the own sales, with members masked" in manager
    assert "at the own company" not in plain(get(admin, "/desk/roles/auditor"))
    made = post(
        admin, "/desk/roles/new", code="cashier", name_ru="Кассир", name_en="Cashier",
        permission="portal:sale:read",
    )  # fmt: skip
    assert (made.status_code, roles(seen)["cashier"].permissions) == (303, {Permission.PORTAL_SALE_READ})
    html = get(admin, "/desk/roles/cashier").get_data(as_text=True)
    assert re.findall(r'value="([a-z]+:[^"]+)" checked', html) == ["portal:sale:read"]


def test_of_a_built_in_role_only_the_second_factor_is_decided(admin: FlaskClient, seen: Session) -> None:
    before = roles(seen)["auditor"]
    answer = post(
        admin, "/desk/roles/auditor", name_ru="X", name_en="X", permission="desk:staff:edit", second_factor="yes"
    )  # fmt: skip
    assert answer.status_code == 303
    row = seen.get_one(Role, (db.tenant_of(seen), "auditor"))
    assert (row.names, row.permissions, row.second_factor) == (None, None, True)
    assert roles(seen)["auditor"].permissions == before.permissions


def test_nobody_changes_a_role_that_she_has(admin: FlaskClient, seen: Session) -> None:
    answer = post(admin, "/desk/roles/administrator", second_factor="yes")
    assert answer.status_code == 422
    assert "changed by somebody else" in plain(answer)
    assert roles(seen)["administrator"].second_factor is False


def test_who_keeps_roles_requires_the_second_factor_of_the_own_role_and_cannot_take_it_off(
    admin: FlaskClient, seen: Session
) -> None:
    assert "Require the second factor" in plain(get(admin, "/desk/roles/administrator"))
    for _ in range(2):
        assert post(admin, "/desk/roles/administrator/second-factor").status_code == 303
        with db.transaction(db.tenant_of(seen)) as session:
            assert roles(session)["administrator"].second_factor is True
    saved = seen.scalars(select(AuditEntry).where(AuditEntry.verb == "role.save")).one()
    assert (saved.before["second_factor"], saved.after["second_factor"]) == (False, True)
    assert get(admin, "/desk/people/").headers["Location"].startswith("/desk/profile")
    alice = seen.scalars(select(Staff)).one()
    actor = Actor("staff", id=alice.id, permissions=KEEPS)
    with pytest.raises(Refusal, match="own_roles"):
        save_role(seen, actor, code="administrator", names={}, permissions=[], second_factor=False)


def test_nobody_gives_a_role_that_may_more_than_she_unless_she_keeps_roles(session: Session) -> None:
    person(session, "alice", "administrator")
    bob = person(session, "bob", "claims-officer")
    agent = roles(session)["agent"].permissions
    eve = Actor("staff", id=UUID(int=1), permissions=agent | {Permission.DESK_STAFF_EDIT})
    for given in (["claims-officer", "agent"], ["administrator"]):
        with pytest.raises(Refusal, match="role_above"), session.begin_nested():
            invite_staff(session, eve, login="carl", name="Carl", roles=given)
        with pytest.raises(Refusal, match="role_above"), session.begin_nested():
            give_roles(session, eve, staff_id=person(session, f"to-{given[0]}").id, roles=given)
    assert held(session, bob) == ["claims-officer"]
    give_roles(session, SYSTEM, staff_id=bob.id, roles=["claims-officer", "agent"])
    keeper = Actor("staff", id=eve.id, permissions=KEEPS)
    dan = person(session, "dan")
    assert held(session, give_roles(session, keeper, staff_id=dan.id, roles=["marketer"])) == ["marketer"]


def test_a_link_for_who_has_a_password_is_made_by_who_keeps_roles(session: Session) -> None:
    bob, carl = person(session, "bob", "agent"), person(session, "carl", "agent", password=None)
    invites = Actor("staff", id=UUID(int=1), permissions=frozenset({Permission.DESK_STAFF_EDIT}))
    with pytest.raises(Forbidden, match="not_permitted"):
        make_link(session, invites, staff_id=bob.id)
    assert bob.link is None
    alice = person(session, "alice", "administrator")
    for who, one in ((Actor("staff", id=alice.id, permissions=KEEPS), bob), (SYSTEM, carl)):
        set_password_by_link(session, secret=make_link(session, who, staff_id=one.id), password=NEW)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    told = [(one.subject, one.after) for one in entries if one.verb == "staff.password"]
    links = [one.number for one in entries if one.verb == "staff.link"]
    assert told == [
        (f"staff {bob.id}", {"by": "link", "link_by": "Alice", "entry": links[0]}),
        (f"staff {carl.id}", {"by": "link", "link_by": "system", "entry": links[1]}),
    ]


def test_a_link_holds_no_more_once_the_password_is_changed(session: Session) -> None:
    bob = person(session, "bob", "agent")
    secret = make_link(session, SYSTEM, staff_id=bob.id)
    change_password(session, bob, old=PASSWORD, new=NEW, secret="")
    assert (bob.link, bob.link_until) == (None, None)
    with pytest.raises(Refusal, match="link_over"):
        set_password_by_link(session, secret=secret, password=PASSWORD)


@pytest.mark.parametrize("action", ["invite", "link", "give", "deactivate", "role"])
def test_without_the_permission_nothing_of_people_changes(session: Session, action: str) -> None:
    bob = person(session, "bob", "agent")
    nobody = Actor("staff", id=UUID(int=1))
    before = session.execute(text("select md5(string_agg(s::text, '')) from staff s")).scalar_one()
    with pytest.raises(Forbidden):
        match action:
            case "invite":
                invite_staff(session, nobody, login="eve", name="Eve", roles=[])
            case "link":
                make_link(session, nobody, staff_id=bob.id)
            case "give":
                give_roles(session, nobody, staff_id=bob.id, roles=[])
            case "deactivate":
                deactivate(session, nobody, staff_id=bob.id)
            case "role":
                save_role(session, nobody, code="x", names={}, permissions=[], second_factor=False, new=True)
    assert session.execute(text("select md5(string_agg(s::text, '')) from staff s")).scalar_one() == before


def test_a_role_that_is_not_there_is_given_to_nobody(session: Session) -> None:
    with pytest.raises(NotFound, match="role_unknown"), session.begin_nested():
        person(session, "bob", "emperor")
    with pytest.raises(NotFound, match="staff_unknown"):
        give_roles(session, SYSTEM, staff_id=UUID(int=7), roles=[])
    person(session, "bob", "agent")
    with pytest.raises(Conflict, match="login_known"):
        person(session, "Bob", "agent")


def test_an_auditor_reads_people_and_roles_and_is_refused_every_change(
    desk: Flask, bank: Bank, seen: Session
) -> None:
    person(seen, "ada", "auditor")
    browser = desk.test_client()
    post(browser, "/desk/sign-in", login="ada", password=PASSWORD)
    for path in ("/desk/people/", "/desk/roles/", "/desk/audit/", "/desk/roles/auditor"):
        page = get(browser, path)
        assert page.status_code == 200
        assert "<main" in page.get_data(as_text=True)
        main = page.get_data(as_text=True).partition("<main")[2]
        assert 'method="post" action="/desk/people' not in main
    assert post(browser, "/desk/people/new", login="eve", name="Eve").status_code == 403
    assert [one.login for one in seen.scalars(select(Staff))] == ["ada"]


def test_permissions_of_two_roles_add_up(desk: Flask, bank: Bank, seen: Session) -> None:
    person(seen, "bob", "accountant", "agent")
    browser = desk.test_client()
    post(browser, "/desk/sign-in", login="bob", password=PASSWORD)
    assert [get(browser, f"/desk/{one}/").status_code for one in ("payouts", "codes", "people")] == [
        200,
        200,
        403,
    ]


def test_who_may_do_nothing_with_a_section_does_not_see_it(desk: Flask, bank: Bank) -> None:
    browser = signed_in(desk, bank.tenant, [Permission.DESK_PAYOUT_READ])
    assert [get(browser, f"/desk/{one}/").status_code for one in ("payouts", "files")] == [200, 403]
