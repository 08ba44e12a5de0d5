"""Who comes in, who is told no, and what every page of the desk is made of."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from coalition.redemption.models import PayoutRegister
from coalition.transactions.models import InboundFile
from tenants.models import SignIn, Staff
from tenants.permissions import Permission
from tenants.runtime import clock
from tests.admin.conftest import assembled
from tests.admin.world import HOST, PASSWORD, Bank, get, one_line, plain, post, signed_in, spend, upload

PAGES = ["/desk/", "/desk/files/", "/desk/files/new", "/desk/payouts/", "/desk/returns/"]
STATIC = Path(__file__).parents[2] / "tenants/branding/static"


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_stands_under_a_strict_policy(client: FlaskClient, path: str, lang: str) -> None:
    answer = get(client, path, lang)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in html
    assert not re.search(r"<[^>]*\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", html)
    assert html.count("<h1") == 1
    assert not re.search(r"https?://(?!www\.w3\.org)", html)
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [*PAGES, "/desk/files/1", "/desk/payouts/1", "/desk/nowhere"])
def test_a_page_is_for_the_staff_only(stranger: FlaskClient, path: str) -> None:
    answer = get(stranger, path)
    onward = "" if path == "/desk/" else f"?next={path}"
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/desk/sign-in{onward}")


def test_a_member_is_nobody_at_the_desk(stranger: FlaskClient, client: FlaskClient) -> None:
    cookie = client.get_cookie("staff", domain="test.localhost", path="/desk")
    assert cookie is not None
    stranger.set_cookie("member", cookie.value, domain="test.localhost")
    assert get(stranger, "/desk/").status_code == 303


def test_login_and_password_open_the_desk_and_signing_out_closes_it(
    desk: Flask, stranger: FlaskClient, bank: Bank, seen: Session
) -> None:
    signed_in(desk, bank.tenant)  # makes dora
    answer = post(stranger, "/desk/sign-in", login=" Dora ", password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/desk", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Dora Marsh" in plain(get(stranger, "/desk/"))
    kept = stranger.get_cookie("staff", domain="test.localhost", path="/desk")
    assert kept is not None
    assert post(stranger, "/desk/sign-out").headers["Location"] == "/desk/sign-in"
    stranger.set_cookie("staff", kept.value, domain="test.localhost", path="/desk")
    assert get(stranger, "/desk/").status_code == 303  # ended on the server, too


def test_an_unknown_login_and_a_wrong_password_are_answered_alike(
    desk: Flask, stranger: FlaskClient, bank: Bank
) -> None:
    signed_in(desk, bank.tenant)
    wrong = post(stranger, "/desk/sign-in", login="dora", password="guess")
    unknown = post(stranger, "/desk/sign-in", login="nobody", password="guess")
    assert wrong.status_code == unknown.status_code == 422
    told = [re.sub(r'value="(dora|nobody|[\w.-]{60,})"', "", plain(answer)) for answer in (wrong, unknown)]
    assert told[0] == told[1]
    assert "The login or the password is wrong" in plain(wrong)


def test_after_ten_wrong_passwords_the_right_one_is_answered_like_a_wrong_one(
    desk: Flask, stranger: FlaskClient, bank: Bank
) -> None:
    signed_in(desk, bank.tenant)
    for _ in range(10):
        post(stranger, "/desk/sign-in", login="dora", password="guess")
    assert post(stranger, "/desk/sign-in", login="dora", password=PASSWORD).status_code == 422


def test_an_hour_of_silence_ends_a_sign_in(client: FlaskClient, seen: Session) -> None:
    assert get(client, "/desk/").status_code == 200
    with clock.stopped(clock.now() + timedelta(minutes=61)):
        assert get(client, "/desk/").status_code == 303


def test_who_left_the_staff_is_out_at_once(client: FlaskClient, seen: Session) -> None:
    seen.execute(update(Staff).values(active=False))
    assert get(client, "/desk/").status_code == 303
    assert seen.scalar(select(func.count()).select_from(SignIn).where(SignIn.kind == "staff")) == 1


def test_the_menu_holds_what_the_person_may(desk: Flask, bank: Bank) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_PAYOUT_READ])
    html = plain(get(client, "/desk/"))
    menu = html[html.index("<nav") : html.index("</nav>")]
    assert re.findall(r"<span>([^<]+)</span>", menu) == ["Today", "Signatures", "Payouts"]
    assert "Bank files" not in html


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_without_the_permission_nothing_is_shown_and_nothing_changes(
    desk: Flask, bank: Bank, seen: Session, lang: str
) -> None:
    spend(bank, "cashback", points=100)
    client = signed_in(desk, bank.tenant, [])
    for path in ("/desk/files/", "/desk/files/new", "/desk/payouts/", "/desk/returns/"):
        assert get(client, path).status_code == 403
    told = plain(get(client, "/desk/files/", lang))
    assert {"ru": "В ваших правах этого нет", "en": "Your sign-in does not include this"}[lang] in told
    assert upload(client, one_line()).status_code == 403
    assert post(client, "/desk/payouts/new", payee="cashback").status_code == 403
    assert seen.scalars(select(InboundFile)).all() == []
    assert seen.scalars(select(PayoutRegister)).all() == []


def test_a_form_without_its_token_is_refused(bank: Bank, seen: Session) -> None:
    spend(bank, "cashback", points=100)
    client = signed_in(assembled(guarded=True), bank.tenant)
    refused = [
        post(client, "/desk/payouts/new", payee="cashback"),
        post(client, "/desk/sign-out"),
        upload(client, one_line()),
    ]
    assert [answer.status_code for answer in refused] == [400, 400, 400]
    assert "Please send it once more" in plain(refused[0])
    assert "To the desk" in plain(refused[0])
    assert seen.scalars(select(InboundFile)).all() == []
    assert seen.scalars(select(PayoutRegister)).all() == []
    token = re.search(r'name="csrf_token" value="([^"]+)"', get(client, "/desk/").get_data(as_text=True))
    assert token
    made = post(client, "/desk/payouts/new", payee="cashback", csrf_token=token[1])
    assert made.headers["Location"] == "/desk/payouts/1"


def test_an_address_that_is_not_there_is_told_on_the_desk(client: FlaskClient) -> None:
    answer = get(client, "/desk/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in plain(answer)
    assert 'href="/desk/"' in plain(answer)


def test_a_break_is_told_with_a_code_and_no_detail(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise TypeError("secret detail")

    monkeypatch.setattr("admin.console.files.profiles", broken)
    answer = get(client, "/desk/files/new")
    assert answer.status_code == 500
    code = re.search(r"Code for support: ([0-9A-F]{8})", plain(answer))
    assert code
    assert "secret" not in plain(answer)
    assert code[1] in caplog.text
    assert "secret detail" in caplog.text


def test_the_stylesheet_names_no_hue_and_no_other_server() -> None:
    css = (STATIC / "desk.css").read_text()
    assert not re.search(r"https?:|@import|data:|#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\(", css)


def test_a_host_that_nobody_is_served_under_is_told_so(client: FlaskClient) -> None:
    answer = client.get("/desk/sign-in", base_url="http://elsewhere.localhost")
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert HOST not in answer.get_data(as_text=True)
