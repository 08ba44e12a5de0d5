"""Deposits at the desk: opened, paid into, told; a payment that is sent twice is one."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.models import Participant
from coalition.promotions.models import Deposit, DepositEntry
from tenants.permissions import Permission
from tests.admin.world import HOST, Bank, get, plain, post, signed_in


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
    above_zero = "Write how much is paid in: a number above zero, like 1500 or 1500.50"
    for amount, said in {
        "": above_zero, "0": above_zero, "-5": above_zero, "many": above_zero, "1,5": above_zero,
        "1,23,456": above_zero,
        "1.555": "No more than 2 digits stand after the point; a thousand is written 1000 or 1,000",
        "10000000000001": "One payment is ₽10,000,000,000,000 at most",
        "9" * 40: "One payment is ₽10,000,000,000,000 at most",
    }.items():  # fmt: skip
        answer = post(
            client, "/desk/deposits/new", participant=bank_number(seen), unit="money", amount=amount, request="x"
        )  # fmt: skip
        assert (answer.status_code, said in plain(answer)) == (422, True), amount
    whole = {"participant": bank_number(seen), "unit": "points"}
    none = plain(post(client, "/desk/deposits/new", **whole, amount="0"))
    assert "Write how much is paid in: a whole number above zero, like 1500" in none
    points = post(client, "/desk/deposits/new", **whole, amount="1.5")
    assert "Write a whole number; a thousand is written 1000 or 1,000" in plain(points)
    assert seen.scalars(select(Deposit)).all() == []


def test_all_that_is_wrong_with_a_payment_is_said_at_once(client: FlaskClient, seen: Session) -> None:
    answer = post(client, "/desk/deposits/new", participant="77", unit="gold", amount="", note="a\tb")
    found = re.findall(r'id="(\w+)"[^>]*aria-invalid="true"', answer.get_data(as_text=True))
    assert (answer.status_code, found) == (422, ["participant", "unit", "amount"])
    assert "A note has 200 characters at most, all on one line" in plain(answer)
    assert seen.scalars(select(Deposit)).all() == []


def test_the_amount_names_its_unit(client: FlaskClient, bank: Bank, seen: Session) -> None:
    page = plain(get(client, "/desk/deposits/new"))
    assert ("In money, ₽" in page, "In points, sparks" in page, "Amount, ₽ or sparks" in page) == (True,) * 3
    number = bank_number(seen)
    post(client, "/desk/deposits/new", participant=number, unit="points", amount="1,234", request="a")
    page = plain(get(client, "/desk/deposits/1"))
    assert ("Amount, sparks" in page, "1,234 sparks" in page) == (True, True)
    assert "Сумма, искр" in plain(get(client, "/desk/deposits/1", "ru"))


def test_a_comma_is_no_thousand_in_russian(client: FlaskClient, seen: Session) -> None:
    form = {"participant": bank_number(seen), "unit": "money", "amount": "1,234", "request": "a"}
    answer = client.post("/desk/deposits/new", base_url=HOST, data=form, headers={"Accept-Language": "ru"})
    assert answer.status_code == 422
    assert "После запятой не больше 2 цифр; тысяча пишется 1000 или 1 000" in plain(answer)
    assert seen.scalars(select(Deposit)).all() == []


def test_who_may_not_sees_no_deposits(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_FILE_RECEIVE])
    assert get(client, "/desk/deposits/").status_code == 403
    answer = post(client, "/desk/deposits/new", participant=bank_number(seen), unit="money", amount="5")
    assert (answer.status_code, seen.scalars(select(Deposit)).all()) == (403, [])
    assert not re.search("Deposits", plain(get(client, "/desk/")))
