"""The queue of returns: told with member, place and sum; decided once; another bank's is not there."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from coalition.transactions.models import PurchaseReturn
from tenants.actions import open_tenant
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.world import CARD, Bank, content, furnished, get, plain, post, signed_in
from tests.ledger.house import House
from tests.transactions.bank import back as refund
from tests.transactions.bank import load_bytes, points_of


def house(bank: Bank) -> House:
    """The bank, as the tests of files know one."""
    return House(bank.tenant, bank.world.programme.id, (1, 1))


def queued(bank: Bank) -> str:
    """A return that found no purchase, put into the queue as if its wait were over; the address of its page."""
    when = f"{clock.now():%Y-%m-%d} 00:30:00"
    load_bytes(house(bank), content(refund(CARD, when, 500, merchant="Lost Market")))
    with db.transaction(bank.tenant) as session:
        waiting = PurchaseReturn.tenant_id == bank.tenant, PurchaseReturn.state == "waiting"
        found = session.scalars(
            update(PurchaseReturn).where(*waiting).values(state="manual").returning(PurchaseReturn.id)
        ).one()
    return f"/desk/returns/{bank.world.member_id}/{found}"


def state(session: Session) -> list[str]:
    """Of the returns at the lost market."""
    session.expire_all()
    rows = session.query(PurchaseReturn).filter(PurchaseReturn.amount == 500_00)
    return [row.state for row in rows]


def test_a_return_is_told_with_member_place_and_sum(client: FlaskClient, bank: Bank) -> None:
    assert "Every return has found its purchase or its decision" in plain(get(client, "/desk/returns/"))
    address = queued(bank)
    for path in ("/desk/returns/", address):
        page = plain(get(client, path))
        assert "Lost Market" in page
        assert ("Ирина Ковалёва" in page) is (path == address)  # a list is masked
        assert "₽500" in page
    assert f'href="{address}"' in plain(get(client, "/desk/returns/"))
    assert "1 return found no purchase and waits for a decision" in plain(get(client, "/desk/"))
    assert "Снять баллы за возврат 500 ₽?" in plain(get(client, address, "ru"))


def test_taking_removes_what_the_terms_would_give(client: FlaskClient, bank: Bank, seen: Session) -> None:
    address = queued(bank)
    before = points_of(house(bank), bank.world.member_id)
    answer = post(client, address, decision="take")
    assert answer.headers["Location"] == "/desk/returns/"
    assert "Taken back: 20 sparks" in plain(get(client, "/desk/returns/"))  # 4 % of 500
    assert points_of(house(bank), bank.world.member_id) == before - 20
    assert state(seen) == ["by_terms"]
    again = post(client, address, decision="take")
    assert again.status_code == 409
    assert "Somebody has decided about this return already" in plain(again)
    assert get(client, address).status_code == 409
    assert points_of(house(bank), bank.world.member_id) == before - 20


def test_what_expired_meanwhile_was_not_taken(desk: Flask, bank: Bank) -> None:
    address = queued(bank)
    with clock.stopped(clock.now() + timedelta(days=60)):
        client = signed_in(desk, bank.tenant)
        before = points_of(house(bank), bank.world.member_id)
        post(client, address, decision="take")
        assert points_of(house(bank), bank.world.member_id) < before - 20
        assert "Taken back: 20 sparks" in plain(get(client, "/desk/returns/"))


def test_letting_be_changes_no_points(client: FlaskClient, bank: Bank, seen: Session) -> None:
    address = queued(bank)
    before = points_of(house(bank), bank.world.member_id)
    assert post(client, address, decision="let_be").status_code == 303
    assert "The member keeps every point" in plain(get(client, "/desk/returns/"))
    assert points_of(house(bank), bank.world.member_id) == before
    assert state(seen) == ["let_be"]


@pytest.mark.parametrize("form", [{}, {"decision": "both"}])
def test_a_decision_is_one_of_two(
    client: FlaskClient, bank: Bank, seen: Session, form: dict[str, str]
) -> None:
    assert post(client, queued(bank), **form).status_code == 404
    assert state(seen) == ["manual"]


def test_without_the_permission_nothing_is_decided(desk: Flask, bank: Bank, seen: Session) -> None:
    address = queued(bank)
    client = signed_in(desk, bank.tenant, [Permission.DESK_PAYOUT_SETTLE, Permission.DESK_MEMBER_READ])
    assert get(client, address).status_code == 403
    assert post(client, address, decision="take").status_code == 403
    assert state(seen) == ["manual"]


def test_who_may_not_read_members_sees_no_name(desk: Flask, bank: Bank) -> None:
    address = queued(bank)
    client = signed_in(desk, bank.tenant, [Permission.DESK_LEDGER_ADJUST])
    for path in ("/desk/returns/", address):
        page = plain(get(client, path))
        assert "Ковалёва" not in page
        assert f"•• {bank.world.member_id.hex[-8:]}" in page


def test_another_banks_return_is_not_there(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(None) as session:
        other = furnished(open_tenant(session, slug="other", hosts=["other.localhost"]).id)
    address = queued(other)
    assert get(client, address).status_code == 404
    assert post(client, address, decision="take").status_code == 404
    assert "Lost Market" not in plain(get(client, "/desk/returns/"))
    with db.transaction(other.tenant) as session:
        assert state(session) == ["manual"]
