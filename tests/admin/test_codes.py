"""Codes at the desk: for a member who is found by what she shows, by the very actions of the cabinet."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.actions import enrol
from coalition.members.models import MemberFact, Referral
from coalition.members.person import Person
from coalition.members.referring import code_of
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tests.admin.world import Bank, get, plain, post, signed_in
from tests.cabinet.test_codes import FLYER, FRIENDS, offer


def joined(seen: Session, bank: Bank) -> None:
    enrol(seen, SYSTEM, programme_id=bank.world.programme.id, person=Person("Olga", phone="+79140000222"))
    seen.flush()


def test_a_promo_code_is_entered_for_the_member_who_shows_it(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    offer(seen, bank.world, FLYER)
    joined(seen, bank)
    answer = post(client, "/desk/codes/", who="8 914 000-02-22", kind="promo", code="coffee 2026")
    assert answer.status_code == 303
    assert [fact.name for fact in seen.scalars(select(MemberFact))] == ["COFFEE2O26"]


def test_a_friends_code_is_entered_and_listed(client: FlaskClient, bank: Bank, seen: Session) -> None:
    offer(seen, bank.world, FRIENDS)
    joined(seen, bank)
    assert "Nobody has been brought yet" in plain(get(client, "/desk/codes/"))
    code = code_of(seen, bank.world.member_id)
    assert post(client, "/desk/codes/", who="+79140000222", kind="friend", code=code).status_code == 303
    html = plain(get(client, "/desk/codes/"))
    assert "Olga" in html
    assert "Ирина Ковалёва" in html
    assert "no purchase that counts yet" in html


def test_what_is_wrong_stands_at_its_field(client: FlaskClient, bank: Bank, seen: Session) -> None:
    joined(seen, bank)
    empty = plain(post(client, "/desk/codes/", who="", kind="promo", code=" "))
    assert "Write the member's phone, programme card or e-mail" in empty
    assert "Write the code that the member brought" in empty
    nobody = post(client, "/desk/codes/", who="+79140009999", kind="promo", code="x")
    assert (nobody.status_code, "No member has this card" in plain(nobody)) == (422, True)
    unknown = post(client, "/desk/codes/", who="+79140000222", kind="promo", code="x")
    assert (unknown.status_code, "There is no such code now" in plain(unknown)) == (422, True)
    assert post(client, "/desk/codes/", who="+79140000222", kind="other", code="x").status_code == 404


def test_who_may_not_enrol_enters_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    offer(seen, bank.world, FLYER)
    client = signed_in(desk, bank.tenant, [Permission.DESK_FILE_RECEIVE])
    answer = post(client, "/desk/codes/", who="+79140000147", kind="promo", code="coffee-2026")
    assert (answer.status_code, seen.scalars(select(MemberFact)).all()) == (403, [])
    assert seen.scalars(select(Referral)).all() == []
