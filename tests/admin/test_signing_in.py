"""Signing in to the desk: the second factor, limits that lock nobody out, the own sign-ins, what was typed is kept."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.keeping import Kept, is_of_desk, kept_in
from tenants.approvals.actions import facts_of
from tenants.approvals.models import Approval
from tenants.auth import second_factor
from tenants.auth.passwords import (
    TRIES_PER_LOGIN_AND_ADDRESS,
    TRIES_PER_LOGIN_OF_STRANGERS,
    check_password,
)
from tenants.auth.sign_ins import device_of, sign_in
from tenants.models import AuditEntry, RecoveryCode, Role, SignIn, Staff
from tenants.permissions import EVERYTHING
from tenants.runtime import clock
from tests.admin.conftest import assembled
from tests.admin.world import PASSWORD, Bank, get, plain, post
from tests.people import hire

NOON = datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def dora(bank: Bank, seen: Session) -> Staff:
    """Somebody who may do everything."""
    return hire(seen, login="dora", name="Dora Marsh", password=PASSWORD, permissions=EVERYTHING)


@pytest.fixture
def browser(desk: Flask, dora: Staff) -> FlaskClient:
    """Where she has signed in."""
    client = desk.test_client()
    assert post(client, "/desk/sign-in", login="dora", password=PASSWORD).status_code == 303
    return client


def secret_of(seen: Session, staff: Staff) -> pyotp.TOTP:
    """The app on her phone."""
    seen.refresh(staff)
    assert staff.totp is not None
    return pyotp.TOTP(second_factor.vault_of(seen).open(staff.totp, "staff.totp", staff.id))


def enrolled(browser: FlaskClient, seen: Session, staff: Staff) -> list[str]:
    """Set the second factor up; returns the recovery codes."""
    assert (
        post(browser, "/desk/profile/second-factor/begin", password_factor=PASSWORD).headers["Location"]
        == "/desk/profile/second-factor"
    )
    page = get(browser, "/desk/profile/second-factor").get_data(as_text=True)
    app = secret_of(seen, staff)
    assert app.secret in page.replace(" ", "")
    assert "<svg" in page
    answer = post(browser, "/desk/profile/second-factor", otp=app.at(clock.real_now()))
    return re.findall(r'class="raw">([a-z2-9]{5}-[a-z2-9]{5})<', answer.get_data(as_text=True))


def test_a_second_factor_is_asked_for_once_it_is_confirmed(
    desk: Flask, browser: FlaskClient, seen: Session, dora: Staff
) -> None:
    with clock.stopped(NOON):
        codes = enrolled(browser, seen, dora)
    assert len(set(codes)) == 10
    with clock.stopped(NOON + timedelta(minutes=2)):
        other = desk.test_client()
        step = post(other, "/desk/sign-in", login="dora", password=PASSWORD)
        assert (step.status_code, "Code of the app" in plain(step)) == (200, True)
        assert get(other, "/desk/").status_code == 303
        assert post(other, "/desk/sign-in/code", otp="000000").status_code == 422
        code = secret_of(seen, dora).at(clock.real_now())
        assert post(other, "/desk/sign-in/code", otp=code).headers["Location"] == "/desk/"
        assert get(other, "/desk/").status_code == 200


def test_a_code_is_taken_once_and_neither_is_one_before_it(seen: Session, dora: Staff) -> None:
    with clock.stopped(NOON):
        app = pyotp.TOTP(second_factor.begin(seen, dora))
        assert second_factor.confirm(seen, dora, "000000") is None
        assert second_factor.confirm(seen, dora, app.at(NOON)) is not None
        assert not second_factor.try_second_factor(seen, dora, app.at(NOON))
    later = NOON + timedelta(seconds=60)
    with clock.stopped(later):
        assert second_factor.try_second_factor(seen, dora, app.at(later + timedelta(seconds=30)))
        assert not second_factor.try_second_factor(seen, dora, app.at(later))
        assert not second_factor.try_second_factor(seen, dora, app.at(later + timedelta(seconds=30)))
    assert not second_factor.try_second_factor(seen, dora, app.at(later + timedelta(hours=1)))


def test_a_recovery_code_is_taken_once_and_only_its_digest_is_kept(
    desk: Flask, browser: FlaskClient, seen: Session, dora: Staff
) -> None:
    with clock.stopped(NOON):
        codes = enrolled(browser, seen, dora)
    kept = {str(code) for code in seen.scalars(select(RecoveryCode.code))}
    assert len(kept) == 10
    assert kept & set(codes) == set()
    for expected in (303, 422):
        other = desk.test_client()
        post(other, "/desk/sign-in", login="dora", password=PASSWORD)
        assert post(other, "/desk/sign-in/code", otp=codes[3].upper()).status_code == expected
    assert seen.scalar(select(func.count()).select_from(RecoveryCode)) == 9


def test_ten_wrong_codes_close_the_second_step_for_a_quarter_of_an_hour(seen: Session, dora: Staff) -> None:
    with clock.stopped(NOON):
        app = pyotp.TOTP(second_factor.begin(seen, dora))
        second_factor.confirm(seen, dora, app.at(NOON))
    with clock.stopped(NOON + timedelta(minutes=1)):
        for _ in range(10):
            assert not second_factor.try_second_factor(seen, dora, "000000")
        assert not second_factor.try_second_factor(seen, dora, app.at(NOON + timedelta(minutes=1)))
    with clock.stopped(NOON + timedelta(minutes=16)):
        assert second_factor.try_second_factor(seen, dora, app.at(NOON + timedelta(minutes=16)))


def test_right_sign_ins_count_against_no_limit_and_forgive_no_wrong_ones(seen: Session, dora: Staff) -> None:
    def right() -> bool:
        return check_password(seen, login="dora", password=PASSWORD, address="10.0.0.1") == dora

    with clock.stopped(NOON):
        app = pyotp.TOTP(second_factor.begin(seen, dora))
        second_factor.confirm(seen, dora, app.at(NOON))
    for step in range(1, TRIES_PER_LOGIN_AND_ADDRESS * 2):
        with clock.stopped(NOON + timedelta(seconds=30 * step)):
            assert right()
            assert second_factor.try_second_factor(seen, dora, app.at(clock.real_now()))
    with clock.stopped(NOON + timedelta(minutes=15)):
        for _ in range(TRIES_PER_LOGIN_AND_ADDRESS - 1):
            assert check_password(seen, login="dora", password="a guess", address="10.0.0.1") is None
            assert right()
        assert check_password(seen, login="dora", password="a guess", address="10.0.0.1") is None
        assert not right()


def test_thirty_wrong_codes_in_a_day_close_the_second_step_until_tomorrow(seen: Session, dora: Staff) -> None:
    with clock.stopped(NOON):
        app = pyotp.TOTP(second_factor.begin(seen, dora))
        second_factor.confirm(seen, dora, app.at(NOON))
    for hour in range(1, 4):
        with clock.stopped(NOON + timedelta(hours=hour)):
            for _ in range(10):
                assert not second_factor.try_second_factor(seen, dora, "000000")
    later, tomorrow = NOON + timedelta(hours=4), NOON + timedelta(hours=12)
    with clock.stopped(later):
        assert not second_factor.try_second_factor(seen, dora, app.at(later))
    with clock.stopped(tomorrow):
        assert second_factor.try_second_factor(seen, dora, app.at(tomorrow))
    assert told(seen, "staff.code_wrong") == 30


def told(seen: Session, verb: str) -> int:
    """How often the trail tells it."""
    seen.expire_all()
    found = select(func.count()).select_from(AuditEntry).where(AuditEntry.verb == verb)
    return seen.scalar(found) or 0


def test_the_own_password_is_guessed_ten_times_and_its_failures_are_told(
    browser: FlaskClient, seen: Session
) -> None:
    for number in range(10):
        path = ("/desk/profile/password", "/desk/profile/second-factor/begin")[number % 2]
        wrong = post(browser, path, password="no", password_factor="no", password_new="x", password_again="x")
        assert (wrong.status_code, "not your password now" in plain(wrong)) == (422, True)
    for path in ("/desk/profile/password", "/desk/profile/second-factor/begin"):
        right = post(
            browser, path, password=PASSWORD, password_factor=PASSWORD, password_new="x", password_again="x"
        )
        assert (right.status_code, "Too many tries" in plain(right)) == (422, True)
    assert told(seen, "staff.password_wrong") == 10


def test_a_second_factor_is_set_up_for_the_password_alone(
    browser: FlaskClient, seen: Session, dora: Staff
) -> None:
    assert post(browser, "/desk/profile/second-factor/begin").status_code == 422
    seen.refresh(dora)
    assert dora.totp is None
    assert len(enrolled(browser, seen, dora)) == 10


def test_the_second_step_is_for_five_minutes_and_for_this_browser(
    desk: Flask, browser: FlaskClient, seen: Session, dora: Staff
) -> None:
    with clock.stopped(NOON):
        enrolled(browser, seen, dora)
    later = NOON + timedelta(minutes=2)
    other, third = desk.test_client(), desk.test_client()
    with clock.stopped(later):
        post(other, "/desk/sign-in", login="dora", password=PASSWORD)
    late = later + timedelta(minutes=5, seconds=1)
    with clock.stopped(late):
        app = secret_of(seen, dora)
        assert "took too long" in plain(post(other, "/desk/sign-in/code", otp=app.at(late)))
        assert "took too long" in plain(post(third, "/desk/sign-in/code", otp=app.at(late)))
        assert get(other, "/desk/").status_code == get(third, "/desk/").status_code == 303


def test_a_role_can_require_the_second_factor_and_nothing_else_opens_before(
    browser: FlaskClient, seen: Session, dora: Staff
) -> None:
    seen.scalars(select(Role)).one().second_factor = True
    seen.flush()
    for path in ("/desk/", "/desk/files/", "/desk/people/"):
        assert get(browser, path).headers["Location"] == "/desk/profile/"
    assert post(browser, "/desk/holidays/", first="2026-12-31").headers["Location"] == "/desk/profile/"
    assert seen.scalars(select(Approval)).all() == []
    assert "requires a second factor" in plain(get(browser, "/desk/profile/"))
    with clock.stopped(NOON):
        enrolled(browser, seen, dora)
    assert get(browser, "/desk/files/").status_code == 200
    with clock.stopped(NOON + timedelta(minutes=1)):
        code = secret_of(seen, dora).at(clock.real_now())
        answer = post(browser, "/desk/profile/second-factor/off", otp=code)
    assert (answer.status_code, "It stays on" in plain(answer)) == (422, True)


def test_the_second_factor_is_taken_off_by_a_code_of_it_alone(
    browser: FlaskClient, seen: Session, dora: Staff
) -> None:
    with clock.stopped(NOON):
        enrolled(browser, seen, dora)
    with clock.stopped(NOON + timedelta(minutes=1)):
        assert post(browser, "/desk/profile/second-factor/off", otp="000000").status_code == 422
        seen.refresh(dora)
        assert dora.totp_since is not None
        code = secret_of(seen, dora).at(clock.real_now())
        assert post(browser, "/desk/profile/second-factor/off", otp=code).status_code == 303
    seen.refresh(dora)
    assert (dora.totp, dora.totp_since) == (None, None)
    assert seen.scalar(select(func.count()).select_from(RecoveryCode)) == 0


def test_a_stranger_locks_nobody_out_who_signs_in_from_where_she_did_before(
    seen: Session, dora: Staff
) -> None:
    sign_in(seen, kind="staff", subject_id=dora.id, address="10.0.0.1", browser=FIREFOX)
    seen.flush()
    tries = 0
    while tries <= TRIES_PER_LOGIN_OF_STRANGERS:
        for _ in range(TRIES_PER_LOGIN_AND_ADDRESS):
            tries += 1
            guess = check_password(seen, login="dora", password="a guess", address=f"10.9.{tries // 10}.1")
            assert guess is None
    assert check_password(seen, login="dora", password=PASSWORD, address="10.0.0.2") is None
    assert check_password(seen, login="dora", password=PASSWORD, address="10.0.0.1") == dora


def test_many_addresses_guess_no_faster_than_a_hundred_a_day(seen: Session, dora: Staff) -> None:
    with clock.stopped(NOON):
        for number in range(TRIES_PER_LOGIN_OF_STRANGERS):
            check_password(seen, login="dora", password="a guess", address=f"10.8.{number}.1")
        assert check_password(seen, login="dora", password=PASSWORD, address="10.7.0.1") is None
    with clock.stopped(NOON + timedelta(days=1)):
        assert check_password(seen, login="dora", password=PASSWORD, address="10.7.0.1") == dora


def test_sign_ins_are_told_with_device_and_place_and_ended_singly_or_together(
    desk: Flask, browser: FlaskClient, seen: Session, dora: Staff
) -> None:
    others = [desk.test_client() for _ in range(3)]
    for other in others:
        other.post(
            "/desk/sign-in",
            base_url="http://test.localhost",
            data={"login": "dora", "password": PASSWORD},
            headers={"User-Agent": FIREFOX},
        )
    page = plain(get(browser, "/desk/profile/"))
    assert page.count("Firefox, Linux") == 6  # each in its row and beside its button
    assert "127.0.0.1" in page
    key = re.findall(
        r'/desk/profile/sign-ins/([0-9a-f]{64})"', get(browser, "/desk/profile/").get_data(as_text=True)
    )[0]
    assert post(browser, f"/desk/profile/sign-ins/{key}").status_code == 303
    assert sorted(get(other, "/desk/").status_code for other in others) == [200, 200, 303]
    assert post(browser, "/desk/profile/sign-ins/others").status_code == 303
    assert [get(other, "/desk/").status_code for other in others] == [303, 303, 303]
    assert get(browser, "/desk/").status_code == 200
    assert post(browser, "/desk/profile/sign-ins/others").status_code == 303
    ended = select(AuditEntry).where(AuditEntry.verb == "staff.sign_ins_end").order_by(AuditEntry.number)
    assert [one.after for one in seen.scalars(ended)] == [{"sign_ins_ended": 1}, {"sign_ins_ended": 2}]


def test_nobody_ends_a_sign_in_of_another_person(browser: FlaskClient, seen: Session) -> None:
    eve = hire(seen, login="eve", name="Eve", password=PASSWORD, permissions=[])
    sign_in(seen, kind="staff", subject_id=eve.id)
    seen.flush()
    row = seen.scalars(select(SignIn).where(SignIn.subject_id == eve.id)).one()
    assert post(browser, f"/desk/profile/sign-ins/{row.digest.hex()}").status_code == 303
    seen.refresh(row)
    assert row.ended_at is None
    assert post(browser, "/desk/profile/sign-ins/zz").status_code == 303


def test_changing_the_password_ends_the_other_sign_ins(
    desk: Flask, browser: FlaskClient, dora: Staff
) -> None:
    other, new = desk.test_client(), "a newer password of hers"
    post(other, "/desk/sign-in", login="dora", password=PASSWORD)
    wrong = post(browser, "/desk/profile/password", password="no", password_new=new, password_again=new)
    assert (wrong.status_code, "not your password now" in plain(wrong)) == (422, True)
    short = post(browser, "/desk/profile/password", password=PASSWORD, password_new="x", password_again="x")
    assert (short.status_code, "12 characters" in plain(short)) == (422, True)
    assert get(other, "/desk/").status_code == 200
    done = post(browser, "/desk/profile/password", password=PASSWORD, password_new=new, password_again=new)
    assert done.status_code == 303
    assert (get(browser, "/desk/").status_code, get(other, "/desk/").status_code) == (200, 303)
    assert post(other, "/desk/sign-in", login="dora", password=PASSWORD).status_code == 422
    assert post(other, "/desk/sign-in", login="dora", password=new).status_code == 303


def hidden(html: str) -> dict[str, str]:
    """Hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found}


def test_an_ended_sign_in_comes_back_to_the_same_page(desk: Flask, dora: Staff) -> None:
    client = desk.test_client()
    first = get(client, "/desk/files/?show=failed")
    assert first.headers["Location"] == "/desk/sign-in?next=/desk/files/?show%3Dfailed"
    fields = hidden(get(client, first.headers["Location"]).get_data(as_text=True))
    answer = post(client, "/desk/sign-in", login="dora", password=PASSWORD, kept=fields["kept"])
    assert answer.headers["Location"] == "/desk/files/?show=failed"


def test_what_was_typed_when_the_sign_in_ended_is_sent_after_it(
    desk: Flask, seen: Session, dora: Staff
) -> None:
    client = desk.test_client()
    lost = post(client, "/desk/holidays/", first="2026-12-30", last="2026-12-31", do="add")
    assert lost.status_code == 401
    assert "What you have filled in is kept" in plain(lost)
    wrong = post(
        client, "/desk/sign-in", login="dora", password="x", kept=hidden(lost.get_data(as_text=True))["kept"]
    )
    fields = hidden(wrong.get_data(as_text=True))
    back = post(client, "/desk/sign-in", login="dora", password=PASSWORD, kept=fields["kept"])
    assert back.status_code == 200
    assert seen.scalars(select(Approval)).all() == []  # nothing is done before the person says so
    html = back.get_data(as_text=True)
    assert 'action="/desk/holidays/"' in html
    again = hidden(html)
    assert {name: again[name] for name in ("first", "last", "do")} == {
        "first": "2026-12-30",
        "last": "2026-12-31",
        "do": "add",
    }
    post(client, "/desk/holidays/", **{name: again[name] for name in ("first", "last", "do")})
    (asked,) = seen.scalars(select(Approval))
    assert facts_of(asked)["after"]["days"] == ["2026-12-30", "2026-12-31"]


def test_passwords_codes_and_tokens_are_not_kept(desk: Flask, dora: Staff) -> None:
    client = desk.test_client()
    lost = post(
        client, "/desk/profile/password", password="secret-a", password_new="secret-b", otp="123456", note="n"
    )
    kept = kept_in(hidden(lost.get_data(as_text=True))["kept"])
    assert kept is not None
    assert kept.fields == [("note", "n")]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/desk/", "//evil.test/desk/", "/desk//evil.test", "/desk/\\evil.test", "/deskevil",
        "/desk/\r\nX: y", "javascript:alert(1)", "", "/desk/sign-out", None, 7, "/desk/" + "x" * 2000,
    ],
)  # fmt: skip
def test_nobody_is_led_away_from_the_desk(address: object) -> None:
    assert not is_of_desk(address)
    assert kept_in(Kept(address, None).as_text) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "x", "[]", "[1]", "{}", "null", '["/desk/", [["a"]]]', '["/desk/", 7]'])
def test_what_was_not_kept_by_us_is_nothing(text: str) -> None:
    assert kept_in(text) is None


def test_a_kept_form_goes_on_only_with_the_token_of_its_page(seen: Session, dora: Staff) -> None:
    client = assembled(guarded=True).test_client()
    token = hidden(get(client, "/desk/sign-in").get_data(as_text=True))["csrf_token"]
    kept = Kept("/desk/holidays/", [("first", "2026-12-30"), ("do", "add")]).as_text
    refused = post(client, "/desk/sign-in", login="dora", password=PASSWORD, kept=kept)
    assert refused.status_code == 400
    back = post(client, "/desk/sign-in", login="dora", password=PASSWORD, kept=kept, csrf_token=token)
    fields = hidden(back.get_data(as_text=True))
    assert post(client, "/desk/holidays/", first="2026-12-30", do="add").status_code == 400
    assert post(client, "/desk/holidays/", **fields).status_code == 303
    assert seen.scalar(select(func.count()).select_from(Approval)) == 1


def test_a_part_of_a_page_asks_the_whole_page_to_sign_in(desk: Flask, dora: Staff) -> None:
    answer = desk.test_client().get(
        "/desk/files/1/progress", base_url="http://test.localhost", headers={"HX-Request": "true"}
    )
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (200, "true")


@pytest.mark.parametrize(
    ("browser_says", "told"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0 YaBrowser/25.8 Safari/537.36", "Yandex Browser, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8", ""),
    ],
)  # fmt: skip
def test_a_device_is_told_in_two_words(browser_says: str, told: str) -> None:
    assert device_of(browser_says) == told


def test_an_hour_of_silence_and_twelve_hours_in_any_case_end_it(browser: FlaskClient) -> None:
    start = clock.now()
    for minutes in range(50, 12 * 60, 50):
        with clock.stopped(start + timedelta(minutes=minutes)):
            assert get(browser, "/desk/").status_code == 200
    with clock.stopped(start + timedelta(hours=12, minutes=1)):
        assert get(browser, "/desk/").status_code == 303


def test_resetting_the_second_factor_is_somebody_elses_work(
    desk: Flask, browser: FlaskClient, seen: Session, dora: Staff
) -> None:
    with clock.stopped(NOON):
        enrolled(browser, seen, dora)
    hire(seen, login="alice", name="Alice", password=PASSWORD, permissions=EVERYTHING)
    other = desk.test_client()
    post(other, "/desk/sign-in", login="alice", password=PASSWORD)
    post(browser, f"/desk/people/{dora.id}/second-factor")
    assert "changed by somebody else" in plain(get(browser, "/desk/"))
    seen.refresh(dora)
    assert dora.totp_since is not None
    post(other, f"/desk/people/{dora.id}/second-factor")
    seen.refresh(dora)
    assert (dora.totp_since, dora.totp) == (None, None)
    assert get(browser, "/desk/").status_code == 303
