"""Deposits at the desk: opened, paid into, told; a payment that is sent twice is one."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.models import Participant
from coalition.promotions.models import Deposit, DepositEntry
from tenants.permissions import Permission
from tests.admin.world import Bank, get, plain, post, signed_in


def bank_number(seen: Session) -> str:
    return str(seen.scalars(select(Participant.id).where(Participant.code == "bank")).one())


def test_a_deposit_is_opened_paid_into_and_told(client: FlaskClient, bank: Bank, seen: Session) -> None:
    assert "Nobody has paid in yet" in plain(get(client, "/desk/deposits/"))
    first = post(
        client, "/desk/deposits/new", participant=bank_number(seen), unit="money", amount="1,500.50",
        note="Order 7", request="one",
    )  # fmt: skip
    assert (first.status_code, first.headers["Location"]) == (303, "/desk/deposits/1")
    for _ in range(2):
        assert post(client, "/desk/deposits/1", amount="99.50", request="two").status_code == 303
    html = plain(get(client, "/desk/deposits/1"))
    assert "₽1,600" in html
    assert "1,600 sparks" in html
    assert "Order 7" in html
    assert "Авача Банк" in plain(get(client, "/desk/deposits/", "ru"))
    assert sorted(seen.scalars(select(DepositEntry.paid))) == [9950, 150050]


def test_what_is_no_amount_is_asked_for_again(client: FlaskClient, bank: Bank, seen: Session) -> None:
    for amount in ("", "0", "-5", "many", "1.555"):
        answer = post(
            client, "/desk/deposits/new", participant=bank_number(seen), unit="money", amount=amount, request="x"
        )  # fmt: skip
        assert (answer.status_code, "Write how much as a number above zero" in plain(answer)) == (
            422,
            True,
        ), amount
    assert post(client, "/desk/deposits/new", participant="77", unit="money", amount="5").status_code == 422
    assert seen.scalars(select(Deposit)).all() == []


def test_who_may_not_sees_no_deposits(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_FILE_RECEIVE])
    assert get(client, "/desk/deposits/").status_code == 403
    answer = post(client, "/desk/deposits/new", participant=bank_number(seen), unit="money", amount="5")
    assert (answer.status_code, seen.scalars(select(Deposit)).all()) == (403, [])
    assert not re.search("Deposits", plain(get(client, "/desk/")))
