"""Rewards at the desk: told, changed, certificates loaded from a list once, an alert when they run low."""

import io
import re
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from coalition.redemption.actions import load_certificates
from coalition.redemption.models import Certificate, Reward
from coalition.redemption.pricing import change_terms
from coalition.redemption.queries import reward_of_any_state
from tenants.actor import SYSTEM
from tenants.approvals.models import Approval
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tenants.runtime import db, settings
from tests.admin.world import HOST, Bank, get, plain, post, signed_by_another, signed_in, signer

PAGE = "/desk/rewards/polus"
CODES = "/desk/certificates/polus"


def codes(seen: Session, code: str = "polus") -> int:
    seen.expire_all()
    number = reward_of_any_state(seen, code).id
    return seen.scalar(select(func.count()).where(Certificate.reward_id == number)) or 0


def form(client: FlaskClient, **changed: str) -> dict[str, str]:
    """The form of the reward as it stands, with these fields changed."""
    html = get(client, PAGE).get_data(as_text=True)
    found = {"seen": html.partition('name="seen" value="')[2].partition('"')[0], "offered": "1"}
    found |= {"name_ru": "Полюс", "name_en": "Pole", "about_ru": "", "about_en": ""}
    return found | {"alert_below": ""} | changed


def look(client: FlaskClient, text: bytes | str, day: str = "2099-12-31") -> TestResponse:
    """The page that says what a list would load."""
    data = text if isinstance(text, bytes) else text.encode()
    sent = {"file": (io.BytesIO(data), "codes.csv"), "valid_to": day}
    return client.post(CODES, base_url=HOST, data=sent, headers={"Accept-Language": "en"})


def shown(page: TestResponse) -> dict[str, str]:
    """What the button of that page sends."""
    html = page.get_data(as_text=True)
    return {
        name: html.partition(f'name="{name}" value="')[2].partition('"')[0]
        for name in ("file", "meant", "valid_to")
    }


def bring(client: FlaskClient, text: bytes | str, day: str = "2099-12-31") -> TestResponse:
    """Look at a list, and load it."""
    return post(client, f"{CODES}/load", **shown(look(client, text, day)))


def ask_terms(client: FlaskClient, page: str = PAGE, **terms: str) -> TestResponse:
    html = get(client, page).get_data(as_text=True)
    seen = html.partition('name="seen" value="')[2].partition('"')[0]
    return post(client, f"{page}/terms", seen=seen, **terms)


def terms_of(bank: Bank, code: str = "polus") -> dict[str, int]:
    with db.transaction(bank.tenant) as session:
        return dict(reward_of_any_state(session, code).terms)


def test_rewards_are_told_with_state_price_and_stock(client: FlaskClient) -> None:
    page = plain(get(client, "/desk/rewards/"))
    for said in (
        "Calder gift certificate",
        "150 sparks",
        "Offered",
        "100 to 10,000 sparks",
        "Large Family Fund",
    ):
        assert said in page
    assert "5" in plain(get(client, PAGE))
    assert get(client, "/desk/rewards/nothing").status_code == 404


def test_a_reward_is_changed_and_told_in_the_trail(client: FlaskClient, seen: Session) -> None:
    sent = form(client, name_en="North gift", alert_below="3", about_en="New")
    assert post(client, PAGE, **sent).status_code == 303
    one = reward_of_any_state(seen, "polus")
    assert (one.name["en"], one.about["en"], one.terms, one.alert_below, one.offered) == (
        "North gift", "New", {"points": 150, "minor": 500_00}, 3, True,
    )  # fmt: skip
    entry = seen.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (entry.verb, entry.subject, entry.before["alert_below"], entry.after["alert_below"]) == (
        "reward.change", "reward polus", None, 3,
    )  # fmt: skip
    again = form(client, name_en="North gift", alert_below="3", about_en="New")
    answer = client.post(
        PAGE, base_url=HOST, data=again, follow_redirects=True, headers={"Accept-Language": "en"}
    )
    assert "That was so already" in plain(answer)


def test_a_withdrawn_reward_is_offered_to_nobody_and_offered_again(
    client: FlaskClient, seen: Session
) -> None:
    post(client, PAGE, **form(client, offered=""))
    assert reward_of_any_state(seen, "polus").offered is False
    assert "Withdrawn" in plain(get(client, PAGE))
    assert bring(client, "WHILE-WITHDRAWN-1").status_code == 303
    post(client, PAGE, **form(client))
    seen.expire_all()
    assert reward_of_any_state(seen, "polus").offered is True


def test_what_is_wrong_with_a_reward_is_said_at_its_field(client: FlaskClient, seen: Session) -> None:
    answer = post(client, PAGE, **form(client, name_ru="", alert_below="-1"))
    page = plain(answer)
    assert answer.status_code == 422
    for said in ("Write the name, 120 characters at most", "Write a number, as 100"):
        assert said in page
    assert reward_of_any_state(seen, "polus").name["ru"] != ""
    many = post(client, PAGE, **form(client, alert_below="10001"))
    assert (many.status_code, "Write a whole number from 1 to 10,000, or nothing" in plain(many)) == (
        422,
        True,
    )
    assert post(client, PAGE, **form(client, alert_below="10000")).status_code == 303


def test_a_form_that_is_out_of_date_changes_nothing(client: FlaskClient, seen: Session) -> None:
    old = form(client, name_en="Mine")
    assert post(client, PAGE, **form(client, name_en="Theirs")).status_code == 303
    for answer in (post(client, PAGE, **old), post(client, f"{PAGE}/terms", seen=old["seen"], points="10")):
        assert (answer.status_code, "Somebody has changed the reward" in plain(answer)) == (409, True)
    assert reward_of_any_state(seen, "polus").name["en"] == "Theirs"
    assert reward_of_any_state(seen, "polus").terms["points"] == 150


def test_a_price_is_changed_by_two_people(client: FlaskClient, bank: Bank) -> None:
    answer = ask_terms(client, points="1,200")
    assert (answer.status_code, terms_of(bank)["points"]) == (303, 150)
    assert "Another price or limit waits for a signature" in plain(get(client, PAGE))
    told = plain(get(signer(client, bank), answer.headers["Location"]))
    for said in ("Price and limits: Calder gift certificate", "Price: 150 sparks → 1,200 sparks"):
        assert said in told
    assert post(client, f"{answer.headers['Location']}/sign").status_code == 303  # her own
    assert terms_of(bank)["points"] == 150
    assert signed_by_another(client, bank) == [303]
    assert terms_of(bank) == {"points": 1200, "minor": 500_00}
    with db.transaction(bank.tenant) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "reward.price")).one()
    assert (entry.actor_name, entry.subject, entry.before["points"], entry.after["points"]) == (
        "Ivan Roe", "reward polus", 150, 1200,
    )  # fmt: skip
    same = ask_terms(client, points="1200")
    assert (same.status_code, same.headers["Location"]) == (303, PAGE)


def test_limits_of_cashback_are_changed_by_two_people(client: FlaskClient, bank: Bank, seen: Session) -> None:
    page = "/desk/rewards/cashback"
    assert ask_terms(client, page, points_min="200", points_max="5,000", days="3").status_code == 303
    assert reward_of_any_state(seen, "cashback").terms["points_min"] == 100
    assert signed_by_another(client, bank) == [303]
    seen.expire_all()
    assert reward_of_any_state(seen, "cashback").terms == {"points_min": 200, "points_max": 5000, "days": 3}


def test_terms_that_cannot_be_are_refused_at_their_fields(client: FlaskClient, seen: Session) -> None:
    page = "/desk/rewards/cashback"
    for terms, said in (
        ({"points_min": "0", "points_max": "5", "days": "3"}, "Write a number above zero"),
        ({"points_min": "9", "points_max": "5", "days": "3"}, "The most is not below the least"),
        ({"points_min": "1", "points_max": "5", "days": "61"}, "Write a whole number from 0 to 60"),
        ({"points_min": "x", "points_max": "5", "days": "3"}, "A number is expected"),
    ):
        answer = ask_terms(client, page, **terms)
        assert (answer.status_code, f'-wrong">{said}' in plain(answer)) == (422, True), said
    assert seen.scalars(select(Approval.id)).all() == []


def test_what_was_signed_is_for_the_price_that_was_seen(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    ask_terms(client, points="300")
    with db.transaction(bank.tenant) as session:
        change_terms(session, SYSTEM, reward_code="polus", terms={"points": 200})
    assert signed_by_another(client, bank) == [303]
    seen.expire_all()
    assert reward_of_any_state(seen, "polus").terms["points"] == 200


def test_what_a_list_would_load_is_shown_masked_before_anything_is(
    client: FlaskClient, seen: Session
) -> None:
    text = "code,last day\nAAAA-0001\nAAAA-0002,2098-01-31\nSHRT\nBAD CODE 7\n"
    page = look(client, text)
    said = plain(page)
    assert (page.status_code, codes(seen)) == (200, 5)
    assert "Load 3 certificates" in said
    assert re.findall(r"<dt>valid to ([^<]+)</dt><dd>(\d+)</dd>", said) == [
        ("31 January 2098", "1"), ("31 December 2099", "2"),
    ]  # fmt: skip
    assert re.findall(
        r'<td class="n">(\d)</td><td><span class="figure">([^<]+)</span></td><td>([^<]+)</td>', said
    ) == [
        ("2", "••••••01", "31 December 2099"),
        ("3", "••••••02", "31 January 2098"),
        ("4", "••••••", "31 December 2099"),
    ]
    assert '<td class="n">5</td><td>A code has no spaces</td>' in said
    with db.transaction(reward_of_any_state(seen, "polus").tenant_id) as session:
        load_certificates(
            session, SYSTEM, reward_code="polus", codes=["AAAA-0001"], valid_to=date(2099, 12, 31)
        )
    late = post(client, f"{CODES}/load", **shown(page))
    assert (late.status_code, codes(seen)) == (409, 6)
    assert "What is here has changed since you looked at the preview" in plain(late)
    other = post(client, f"{CODES}/load", **shown(look(client, text)) | {"valid_to": "2097-01-01"})
    assert (other.status_code, codes(seen)) == (409, 6)


def test_a_list_is_loaded_once_and_its_codes_are_never_shown(client: FlaskClient, seen: Session) -> None:
    text = "code,last day\nAAAA-0001\nAAAA-0002,2098-01-31\n\nAAAA-0001\nBAD CODE 7\nX1\nOLDX-1,2020-01-01\n"
    text += "ZZZZ-1,soon\nTOOM-1,2098-01-01,x\n"
    page = plain(look(client, text))
    assert (bring(client, text).status_code, codes(seen)) == (303, 7)
    assert "2 certificates are loaded" in plain(get(client, PAGE))
    for line, why in {
        5: "The code stands above already", 6: "A code has no spaces", 7: "A code has 4 to 64 characters",
        8: "The last day is over already", 9: "Write the day like 2026-12-31 or 31.12.2026",
        10: "A line holds a code and its last day, nothing else",
    }.items():  # fmt: skip
        assert f'<td class="n">{line}</td><td>{why}</td>' in page
    assert not any(code in page for code in ("AAAA", "BAD CODE", "OLDX", "TOOM"))
    again = plain(look(client, text))
    assert ("No new certificate is in the file" in again, "desk/certificates/polus/load" in again) == (
        True,
        False,
    )
    days = set(seen.scalars(select(Certificate.valid_to).where(Certificate.reward_id == 2)))
    assert {"2098-01-31", "2099-12-31"} <= {day.isoformat() for day in days}


def test_what_is_no_list_is_refused_whole(client: FlaskClient, seen: Session) -> None:
    for text, day, said in (
        ("", "2099-12-31", "There is no code in the file"),
        ("AAAA-0001", "", "There is no last day, neither in the line nor in the form"),
        ("AAAA-0001", "2020-01-01", "The last day is over already"),
        ("AAAA-0001", "soon", "Write the day as year, month and day"),
        (b"\xff\xfe\xfd\xfc", "2099-12-31", "save it as CSV in UTF-8 or Windows-1251"),
        (b"\x89PNG\n\x00\x1a\xff\n\xfe", "2099-12-31", "save it as CSV in UTF-8 or Windows-1251"),
        (b"PK\x03\x04 no workbook", "2099-12-31", "unpacked"),
    ):
        assert said in plain(look(client, text, day)), said
    assert codes(seen) == 5
    other = client.post(
        "/desk/certificates/cashback", base_url=HOST, headers={"Accept-Language": "en"},
        data={"file": (io.BytesIO(b"AAAA-0001"), "f"), "valid_to": "2099-12-31"},
    )  # fmt: skip
    assert (other.status_code, codes(seen, "cashback")) == (404, 0)


def test_codes_that_are_over_are_withdrawn_once(client: FlaskClient, seen: Session) -> None:
    one = seen.scalars(select(Certificate).where(Certificate.reward_id == 2).limit(2)).all()
    for code in one:
        code.valid_to = code.valid_to.replace(year=2020)
    seen.flush()
    page = client.post(
        f"{PAGE}/expired", base_url=HOST, follow_redirects=True, headers={"Accept-Language": "en"}
    )
    assert ("2 certificates that are over were withdrawn" in plain(page), codes(seen)) == (True, 3)
    assert post(client, f"{PAGE}/expired").status_code == 303
    verbs = seen.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "certificate.withdraw")).all()
    assert (codes(seen), verbs) == (3, ["certificate.withdraw"])


def test_stock_under_its_bound_is_told_in_the_menu_and_on_the_first_page(client: FlaskClient) -> None:
    assert "run low" not in plain(get(client, "/desk/"))
    post(client, PAGE, **form(client, alert_below="5"))
    assert "run low" not in plain(get(client, "/desk/"))
    post(client, PAGE, **form(client, alert_below="6"))
    page = plain(get(client, "/desk/"))
    for said in (
        "Certificates run low",
        "5 left",
        "Told when fewer than 6 are left",
        "> reward runs low</span>",
    ):
        assert said in page
    bring(client, "MORE-0001")
    assert "run low" not in plain(get(client, "/desk/"))


def test_addresses_for_mail_are_asked_for_where_mail_goes_out(client: FlaskClient, seen: Session) -> None:
    assert 'name="alert_to"' not in get(client, PAGE).get_data(as_text=True)
    before = settings.current()
    settings.use(replace(before, smtp_url="smtp://127.0.0.1:9", mail_from="points@bank.example"))
    try:
        wrong = post(client, PAGE, **form(client, alert_to="nobody"))
        said = "Write addresses with commas between them, five at most"
        assert (wrong.status_code, said in plain(wrong)) == (422, True)
        assert (
            post(client, PAGE, **form(client, alert_to="a@bank.example; b@bank.example")).status_code == 303
        )
        assert 'value="a@bank.example, b@bank.example"' in get(client, PAGE).get_data(as_text=True)
    finally:
        settings.use(before)
    assert reward_of_any_state(seen, "polus").alert_to == ["a@bank.example", "b@bank.example"]


def test_who_may_only_look_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_REWARD_READ])
    page = plain(get(client, PAGE))
    assert ("Load certificates" in page, "Save the reward" in page) == (False, False)
    answers = [
        post(client, PAGE, **form(client)),
        post(client, f"{PAGE}/terms", points="1"),
        look(client, "AAAA-0001"),
        post(client, f"{CODES}/load"),
        post(client, f"{PAGE}/expired"),
    ]
    assert ([one.status_code for one in answers], codes(seen)) == ([403] * 5, 5)
    nobody = signed_in(desk, bank.tenant, [Permission.DESK_FILE_READ], login="nobody")
    assert get(nobody, "/desk/rewards/").status_code == 403
    assert seen.scalars(select(Reward.alert_below).where(Reward.alert_below.is_not(None))).all() == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_list_that_russian_excel_saved_is_taken(client: FlaskClient, seen: Session, encoding: str) -> None:
    text = "Код;Последний день\r\nAAAA-0001;31.01.2098\r\nЖЖЖЖ-0002;\r\nAAAA-0003;31.02.2098\r\n"
    page = plain(look(client, text.encode(encoding)))
    bring(client, text.encode(encoding))
    assert (codes(seen), page.count("Write the day like 2026-12-31 or 31.12.2026")) == (7, 1)
    days = set(seen.scalars(select(Certificate.valid_to).where(Certificate.reward_id == 2)))
    assert {"2098-01-31", "2099-12-31"} <= {day.isoformat() for day in days}
