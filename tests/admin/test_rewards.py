"""Rewards at the desk: told, changed, certificates loaded from a list once, an alert when they run low."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from coalition.redemption.models import Certificate, Reward
from coalition.redemption.queries import reward_of_any_state
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tests.admin.world import HOST, Bank, get, plain, post, signed_in

PAGE = "/desk/rewards/polus"


def codes(seen: Session, code: str = "polus") -> int:
    seen.expire_all()
    number = reward_of_any_state(seen, code).id
    return seen.scalar(select(func.count()).where(Certificate.reward_id == number)) or 0


def form(client: FlaskClient, **changed: str) -> dict[str, str]:
    """The form of the reward as it stands, with these fields changed."""
    html = get(client, PAGE).get_data(as_text=True)
    found = {"seen": html.partition('name="seen" value="')[2].partition('"')[0], "offered": "1"}
    found |= {"name_ru": "Полюс", "name_en": "Pole", "about_ru": "", "about_en": "", "points": "150"}
    return found | {"alert_below": ""} | changed


def bring(client: FlaskClient, text: bytes | str, day: str = "2099-12-31") -> TestResponse:
    data = text if isinstance(text, bytes) else text.encode()
    sent = {"file": (io.BytesIO(data), "codes.csv"), "valid_to": day}
    return client.post(f"{PAGE}/certificates", base_url=HOST, data=sent, headers={"Accept-Language": "en"})


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
    sent = form(client, name_en="North gift", points="1,200", alert_below="3", about_en="New")
    assert post(client, PAGE, **sent).status_code == 303
    one = reward_of_any_state(seen, "polus")
    assert (one.name["en"], one.about["en"], one.terms, one.alert_below, one.offered) == (
        "North gift", "New", {"points": 1200, "minor": 500_00}, 3, True,
    )  # fmt: skip
    entry = seen.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (entry.verb, entry.subject, entry.before["price"], entry.after["price"]) == (
        "reward.change", "reward polus", 150, 1200,
    )  # fmt: skip
    again = form(
        client, name_en="North gift", name_ru="Полюс", points="1200", alert_below="3", about_en="New"
    )
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
    assert bring(client, "WHILE-WITHDRAWN-1").status_code == 200
    post(client, PAGE, **form(client))
    seen.expire_all()
    assert reward_of_any_state(seen, "polus").offered is True


def test_what_is_wrong_with_a_reward_is_said_at_its_field(client: FlaskClient, seen: Session) -> None:
    answer = post(client, PAGE, **form(client, name_ru="", points="0", alert_below="-1"))
    page = plain(answer)
    assert answer.status_code == 422
    for said in (
        "Write the name, 120 characters at most",
        "The price is a number above zero",
        "Write a number, as 100",
    ):
        assert said in page
    assert reward_of_any_state(seen, "polus").terms["points"] == 150
    many = post(client, PAGE, **form(client, alert_below="10001"))
    assert (many.status_code, "Write a whole number from 1 to 10,000, or nothing" in plain(many)) == (
        422,
        True,
    )
    assert post(client, PAGE, **form(client, alert_below="10000")).status_code == 303


def test_a_form_that_is_out_of_date_changes_nothing(client: FlaskClient, seen: Session) -> None:
    old = form(client, points="10")
    assert post(client, PAGE, **form(client, points="200")).status_code == 303
    answer = post(client, PAGE, **old)
    assert (answer.status_code, "Somebody has changed the reward" in plain(answer)) == (409, True)
    assert reward_of_any_state(seen, "polus").terms["points"] == 200


def test_a_list_is_loaded_once_and_its_codes_are_never_shown(client: FlaskClient, seen: Session) -> None:
    text = "code,last day\nAAAA-0001\nAAAA-0002,2098-01-31\n\nAAAA-0001\nBAD CODE 7\nX1\nOLDX-1,2020-01-01\n"
    answer = bring(client, text + "ZZZZ-1,soon\nTOOM-1,2098-01-01,x\n")
    page = plain(answer)
    assert (answer.status_code, codes(seen)) == (200, 7)
    for line, why in {
        5: "The code stands above already", 6: "A code has no spaces", 7: "A code has 4 to 64 characters",
        8: "The last day is over already", 9: "Write the day like 2026-12-31 or 31.12.2026",
        10: "A line holds a code and its last day, nothing else",
    }.items():  # fmt: skip
        assert f'<td class="n">{line}</td><td>{why}</td>' in page
    assert not any(code in page for code in ("AAAA", "BAD CODE", "OLDX", "TOOM"))
    again = plain(bring(client, text))
    assert ("No new certificate was in the file" in again, codes(seen)) == (True, 7)
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
        assert said in plain(bring(client, text, day)), said
    assert codes(seen) == 5
    other = client.post(
        "/desk/rewards/cashback/certificates", base_url=HOST, headers={"Accept-Language": "en"},
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
    for said in ("Certificates run low", "5 left", "Told when fewer than 6 are left", "> run low</span>"):
        assert said in page
    bring(client, "MORE-0001")
    assert "run low" not in plain(get(client, "/desk/"))


def test_who_may_only_look_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_REWARD_READ])
    page = plain(get(client, PAGE))
    assert ("Load certificates" in page, "Save the reward" in page) == (False, False)
    answers = [
        post(client, PAGE, **form(client)),
        bring(client, "AAAA-0001"),
        post(client, f"{PAGE}/expired"),
    ]
    assert ([one.status_code for one in answers], codes(seen)) == ([403] * 3, 5)
    nobody = signed_in(desk, bank.tenant, [Permission.DESK_FILE_READ], login="nobody")
    assert get(nobody, "/desk/rewards/").status_code == 403
    assert seen.scalars(select(Reward.alert_below).where(Reward.alert_below.is_not(None))).all() == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_list_that_russian_excel_saved_is_taken(client: FlaskClient, seen: Session, encoding: str) -> None:
    text = "Код;Последний день\r\nAAAA-0001;31.01.2098\r\nЖЖЖЖ-0002;\r\nAAAA-0003;31.02.2098\r\n"
    page = plain(bring(client, text.encode(encoding)))
    assert (codes(seen), page.count("Write the day like 2026-12-31 or 31.12.2026")) == (7, 1)
    days = set(seen.scalars(select(Certificate.valid_to).where(Certificate.reward_id == 2)))
    assert {"2098-01-31", "2099-12-31"} <= {day.isoformat() for day in days}
