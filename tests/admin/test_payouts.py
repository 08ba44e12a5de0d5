"""Payouts by the desk: a register of what waits, its file, paid, returned; and each of another bank is not there."""

import csv
import io

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.queries import balance_of
from coalition.privacy.actions import register
from coalition.privacy.erasing import erase
from coalition.redemption.models import Payout, PayoutRegister
from coalition.redemption.payouts import make_register
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import db
from tests.admin.world import Bank, furnished, get, plain, post, signed_in, spend


def states(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Payout.state).order_by(Payout.id)))


def test_what_waits_is_told_by_payee_in_words(client: FlaskClient, bank: Bank) -> None:
    assert "Nothing waits to be paid" in plain(get(client, "/desk/payouts/"))
    spend(bank, "cashback", points=100)
    spend(bank, "cashback", points=150)
    spend(bank, "fund-family", points=10, campaign=1)
    english, russian = (plain(get(client, "/desk/payouts/", lang)) for lang in ("en", "ru"))
    assert (
        'Cashback to cards</span><span class="sub">2 payouts</span></div><span class="num strong">₽250<'
        in english
    )
    assert "Large Family Fund" in english
    assert (
        'Кешбэк на карты</span><span class="sub">2 выплаты</span></div><span class="num strong">250 ₽<'
        in russian
    )
    assert "Фонд «Большая семья»" in russian
    home = plain(get(client, "/desk/"))
    assert "2 payouts wait" in home


def test_a_register_is_made_after_it_was_shown(client: FlaskClient, bank: Bank, seen: Session) -> None:
    spend(bank, "cashback", points=100)
    spend(bank, "fund-family", points=10, campaign=1)
    asked = plain(get(client, "/desk/payouts/new?payee=cashback"))
    assert "Make a register of 1 payout for ₽100?" in asked
    assert "₽100 → ₽0" in asked
    assert states(seen) == ["waiting", "waiting"]
    made = post(client, "/desk/payouts/new", payee="cashback")
    assert made.headers["Location"] == "/desk/payouts/1"
    assert "Register 1 is made" in plain(get(client, "/desk/payouts/1"))
    assert states(seen) == ["sent", "waiting"]
    again = post(client, "/desk/payouts/new", payee="cashback")
    assert again.headers["Location"] == "/desk/payouts/"
    assert "No register was made" in plain(get(client, "/desk/payouts/"))
    assert len(seen.scalars(select(PayoutRegister)).all()) == 1
    assert get(client, "/desk/payouts/new?payee=cashback").status_code == 404


def test_the_registers_file_holds_its_lines(client: FlaskClient, bank: Bank) -> None:
    first, second = spend(bank, "cashback", points=100), spend(bank, "cashback", points=150)
    post(client, "/desk/payouts/new", payee="cashback")
    answer = get(client, "/desk/payouts/1/register.csv")
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == (
        "text/csv",
        'attachment; filename="register-1.csv"',
    )
    client_of_it = ["Ирина Ковалёва", "79140000147", "4821"]
    assert list(csv.reader(io.StringIO(answer.get_data(as_text=True)))) == [
        ["register", "payout", "name", "phone", "token_tail", "sum", "currency", "state"],
        ["1", str(first), *client_of_it, "100.00", "RUB", "sent"],
        ["1", str(second), *client_of_it, "150.00", "RUB", "sent"],
    ]
    page = plain(get(client, "/desk/payouts/1"))
    assert f"•• {first.hex[-8:]}" in page
    assert f"Member •• {bank.world.member_id.hex[-8:]}" in page
    assert str(bank.world.member_id) not in page


def test_the_file_of_a_paid_register_is_had_after_its_member_was_erased(
    client: FlaskClient, bank: Bank
) -> None:
    paid = spend(bank, "cashback", points=100)
    post(client, "/desk/payouts/new", payee="cashback")
    post(client, "/desk/payouts/1/paid")
    with db.transaction(bank.tenant) as session:
        asked = register(session, SYSTEM, member_id=bank.world.member_id, kind="erasure")
        erase(session, SYSTEM, request_id=asked.id)
    for lang, said in (("en", "data erased"), ("ru", "данные удалены")):
        rows = csv.reader(
            io.StringIO(get(client, "/desk/payouts/1/register.csv", lang).get_data(as_text=True))
        )
        assert list(rows)[1:] == [["1", str(paid), said, "", "", "100.00", "RUB", "paid"]]


def test_a_funds_register_tells_sums_and_not_givers(client: FlaskClient, bank: Bank) -> None:
    gift = spend(bank, "fund-family", points=10, campaign=1)
    post(client, "/desk/payouts/new", payee="fund:family")
    rows = csv.reader(io.StringIO(get(client, "/desk/payouts/1/register.csv").get_data(as_text=True)))
    assert list(rows)[1:] == [["1", str(gift), "", "", "", "10.00", "RUB", "sent"]]


def test_one_that_came_back_gives_the_points_back_and_the_rest_is_paid(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    first, _second = spend(bank, "cashback", points=100), spend(bank, "cashback", points=150)
    post(client, "/desk/payouts/new", payee="cashback")
    left = balance_of(seen, bank.world.member_id).available
    back = f"/desk/payouts/1/returned/{first}"
    assert f'href="{back}"' in plain(get(client, "/desk/payouts/1"))
    asked = plain(get(client, back))
    assert "Did the payout of ₽100 come back?" in asked
    assert "₽250 → ₽150" in asked
    assert "Give back 100 sparks" in asked
    assert states(seen) == ["sent", "sent"]
    assert post(client, back).headers["Location"] == "/desk/payouts/1"
    assert "100 sparks returned to the member" in plain(get(client, "/desk/payouts/1"))
    assert states(seen) == ["returned", "sent"]
    assert balance_of(seen, bank.world.member_id).available == left + 100
    again = post(client, back)
    assert again.status_code == 409
    assert "Nothing was changed" in plain(again)
    assert get(client, back).status_code == 409
    paid = plain(get(client, "/desk/payouts/1/paid"))
    assert "Mark 1 payout for ₽150 as paid?" in paid
    assert "₽0 → ₽150" in paid
    assert post(client, "/desk/payouts/1/paid").headers["Location"] == "/desk/payouts/1"
    page = plain(get(client, "/desk/payouts/1"))
    assert "1 payout is marked as paid" in page
    assert "/desk/payouts/1/paid" not in page
    assert states(seen) == ["returned", "paid"]
    assert post(client, "/desk/payouts/1/paid").status_code == 409
    seen.expire_all()
    assert balance_of(seen, bank.world.member_id).available == left + 100


def test_whoever_settles_payouts_needs_no_other_permission(desk: Flask, bank: Bank, seen: Session) -> None:
    made = spend(bank, "cashback", points=100)
    client = signed_in(desk, bank.tenant, [Permission.DESK_PAYOUT_SETTLE])
    post(client, "/desk/payouts/new", payee="cashback")
    assert post(client, f"/desk/payouts/1/returned/{made}").status_code == 303
    assert states(seen) == ["returned"]


def test_another_banks_register_is_not_there(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(None) as session:
        other = furnished(open_tenant(session, slug="other", hosts=["other.localhost"]).id)
    made = spend(other, "cashback", points=100)
    with db.transaction(other.tenant) as session:
        make_register(session, SYSTEM, payee="cashback")
    for path in ("", "/register.csv", "/paid", f"/returned/{made}"):
        assert get(client, f"/desk/payouts/1{path}").status_code == 404, path
    for path in ("/paid", f"/returned/{made}"):
        assert post(client, f"/desk/payouts/1{path}").status_code == 404, path
    with db.transaction(other.tenant) as session:
        assert states(session) == ["sent"]
