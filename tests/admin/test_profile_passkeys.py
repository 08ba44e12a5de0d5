"""Passkeys in the profile: taken off for the password, and never the last one where a role asks for a second factor."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.models import Passkey, Role, Staff
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.world import PASSWORD, Bank, post, signed_in

KEY = b"\x01" * 16
ADDRESS = f"/desk/profile/passkeys/{KEY.hex()}"


@pytest.fixture
def person(desk: Flask, bank: Bank) -> FlaskClient:
    """Somebody with one passkey, who is signed in."""
    client = signed_in(desk, bank.tenant, [Permission.DESK_STAFF_READ], login="pia")
    with db.transaction(bank.tenant) as session:
        staff = session.scalars(select(Staff).where(Staff.login == "pia")).one()
        session.add(
            Passkey(
                tenant_id=bank.tenant, id=KEY, staff_id=staff.id, public_key=b"x", counter=0, name="phone",
                made_at=clock.real_now(),
            )
        )  # fmt: skip
    return client


def kept(seen: Session) -> list[str]:
    seen.expire_all()
    return list(seen.scalars(select(Passkey.name)))


def test_it_is_taken_off_for_the_password_alone(person: FlaskClient, seen: Session) -> None:
    for said in ({}, {"password_off": "wrong"}):
        assert post(person, ADDRESS, **said).status_code == 422
        assert kept(seen) == ["phone"]
    assert post(person, ADDRESS, password_off=PASSWORD).status_code == 303
    assert kept(seen) == []


def test_the_last_factor_stays_where_a_role_asks_for_one(
    person: FlaskClient, bank: Bank, seen: Session
) -> None:
    with db.transaction(bank.tenant) as session:
        for role in session.scalars(select(Role)):
            role.second_factor = True
    assert post(person, ADDRESS, password_off=PASSWORD).status_code == 422
    assert kept(seen) == ["phone"]
