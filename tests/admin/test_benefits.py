"""Benefits and draws at the desk, and what the member sees of them: made, granted, used, drawn, proved."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.benefits.queries import grants_of
from coalition.promotions.actions import publish
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.world import Bank, get, plain, post, signed_in
from tests.cabinet.world import LONG_AGO
from tests.transactions.bank import promotion

COUPON = {
    "code": "drink", "kind": "coupon", "name_ru": "Бесплатный напиток", "name_en": "A free drink",
    "valid_days": "30",
}  # fmt: skip
GIFT_CARD = COUPON | {
    "code": "gift-card",
    "kind": "certificate",
    "face": "1,000.00",
    "name_en": "A gift card",
}
TICKET = COUPON | {"code": "ticket", "kind": "ticket", "name_ru": "Билет", "name_en": "A ticket"}


def grant(bank: Bank, code: str, **more: Any) -> None:
    """A promotion that grants a piece for each of one purchase's roubles, and the purchase."""
    world = bank.world
    gives = {"kind": "benefit", "code": code, "name": {"ru": code, "en": code}}
    with db.transaction(bank.tenant) as session:
        document = promotion({"kind": "fixed", "points": "1"}, gives=gives, **more)
        publish(
            session, SYSTEM, programme_id=world.programme.id, code=f"p-{code}", document=document,
            starts_at=LONG_AGO,
        )  # fmt: skip
        told = Told(code, world.member_id, clock.now() - timedelta(minutes=1), 100_00, "Shop")
        record(session, SYSTEM, programme_id=world.programme.id, source="till", told=[told])


def code_of(bank: Bank) -> str:
    with db.transaction(bank.tenant) as session:
        return next(one.code for one in grants_of(session, bank.world.member_id) if one.code)


def cabinet(desk: Flask, bank: Bank) -> FlaskClient:
    """The member's own browser."""
    with db.transaction(bank.tenant) as session:
        secret = sign_in(session, kind="member", subject_id=bank.world.member_id)
    client = desk.test_client()
    client.set_cookie("member", secret, domain="test.localhost")
    return client


def test_a_coupon_is_made_granted_shown_and_used_once(client: FlaskClient, desk: Flask, bank: Bank) -> None:
    assert "No benefit yet" in plain(get(client, "/desk/benefits/"))
    assert post(client, "/desk/benefits/new", **COUPON).status_code == 303
    grant(bank, "drink")
    code = code_of(bank)
    member = cabinet(desk, bank)
    page = plain(get(member, "/benefits"))
    assert (code in page, "A free drink" in page, "1 piece" in page) == (True, True, True)
    looked = get(client, f"/desk/benefits/use?code={code.lower()}")
    request_id = re.search(r'name="request_id" value="([^"]+)"', looked.get_data(as_text=True))
    assert request_id is not None
    for _ in range(2):  # a press that comes twice
        used = post(client, "/desk/benefits/use", code=code, quantity="1", request_id=request_id[1])
        assert used.status_code == 303
    assert "Used: 1 of “A free drink”" in plain(get(client, "/desk/benefits/use"))
    assert "Nothing of it can be used any more" in plain(get(client, f"/desk/benefits/use?code={code}"))
    assert "Использованные и истёкшие" in plain(get(member, "/benefits", "ru"))
    (row,) = re.findall(r"<tr><td.*?</tr>", get(client, "/desk/benefits/").get_data(as_text=True), re.DOTALL)
    assert re.findall(r'<td class="n[^>]*>(\d+)</td>', row) == ["1", "1"]


def test_a_certificate_pays_what_it_has(client: FlaskClient, bank: Bank) -> None:
    post(client, "/desk/benefits/new", **GIFT_CARD)
    grant(bank, "gift-card")
    code = code_of(bank)
    post(client, "/desk/benefits/use", code=code, quantity="640", request_id="a")
    post(client, "/desk/benefits/use", code=code, quantity="500.00", request_id="b")
    page = plain(get(client, "/desk/benefits/use"))
    assert ("Used: ₽640 of" in page, "Used: ₽360 of" in page) == (True, True)


@pytest.mark.parametrize("request_id", ["", "x" * 65])
def test_a_use_without_a_name_of_its_own_is_no_use(
    client: FlaskClient, bank: Bank, seen: Session, request_id: str
) -> None:
    post(client, "/desk/benefits/new", **GIFT_CARD)
    grant(bank, "gift-card")
    code = code_of(bank)
    for _ in range(2):
        used = post(client, "/desk/benefits/use", code=code, quantity="1", request_id=request_id)
        assert used.status_code == 404
    assert "Used:" not in plain(get(client, "/desk/benefits/use"))
    assert seen.scalars(text("select used from benefit_grant")).all() == [0]


def test_a_code_that_is_none_is_told_so(client: FlaskClient) -> None:
    assert "No coupon has this code" in plain(get(client, "/desk/benefits/use?code=0000-0000-0000"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "Напиток"}, "A code is small Latin letters"),
        ({"name_en": ""}, "Write the name in English"),
        ({"face": "10"}, "Only a certificate has a face value"),
        ({"kind": "certificate"}, "Write the face value of the certificate"),
        ({"uses": "2"}, "Only a privilege has a number of uses"),
        ({"valid_days": "many"}, "The number of days is a whole number from 1 to 3,660"),
        ({"kind": "privilege", "uses": "99999"}, "The number of uses is a whole number from 1 to 10,000"),
        ({"valid_to": "tomorrow"}, "Write the day as year, month and day, like 2026-12-31"),
        ({"valid_to": "2020-01-01"}, "This day is over. Choose today or a later day"),
        ({"kind": "certificate", "face": "1e400"}, "like 1500 or 1500.50, and ₽10,000,000 at most"),
        ({"kind": "certificate", "face": "10000001"}, "The face value is a sum above zero"),
        ({"kind": "certificate", "face": "0"}, "The face value is a sum above zero"),
        ({"kind": "certificate", "face": "9.999"}, "No more than 2 digits stand after the point"),
        ({"kind": "car"}, "Choose one of the kinds"),
    ],
)
def test_what_cannot_be_a_benefit_is_said_at_its_field(
    client: FlaskClient, seen: Session, change: dict[str, str], said: str
) -> None:
    answer = post(client, "/desk/benefits/new", **(COUPON | change))
    assert answer.status_code == 422
    assert said in plain(answer)
    assert seen.scalar(text("select count(*) from benefit")) == 0


def test_all_that_is_wrong_with_a_benefit_is_said_at_once(client: FlaskClient, seen: Session) -> None:
    wrong = {
        "code": "Напиток",
        "name_ru": "",
        "name_en": "",
        "uses": "2",
        "valid_days": "0",
        "valid_to": "2020-01-01",
    }
    html = post(client, "/desk/benefits/new", **(COUPON | wrong)).get_data(as_text=True)
    assert re.findall(r'id="(\w+)"[^>]*aria-invalid="true"', html) == [
        "name_ru",
        "name_en",
        "valid_days",
        "code",
    ]
    html = post(client, "/desk/benefits/new", **(COUPON | wrong | {"valid_days": ""})).get_data(as_text=True)
    found = re.findall(r'id="(\w+)"[^>]*aria-invalid="true"', html)
    assert found == ["name_ru", "name_en", "uses", "valid_to", "code"]
    assert seen.scalar(text("select count(*) from benefit")) == 0


def test_a_benefit_can_be_used_until_its_last_day_that_is_today(client: FlaskClient, seen: Session) -> None:
    form = COUPON | {"valid_days": "", "valid_to": "2026-11-22"}
    with clock.stopped(datetime(2026, 11, 22, 11, 59, tzinfo=UTC)):  # the last minute in Kamchatka
        assert post(client, "/desk/benefits/new", **form).status_code == 303
    with clock.stopped(datetime(2026, 11, 22, 12, tzinfo=UTC)):
        late = post(client, "/desk/benefits/new", **(form | {"code": "late"}))
        assert (late.status_code, "This day is over" in plain(late)) == (422, True)
    assert seen.scalar(text("select count(*) from benefit")) == 1


def test_a_benefit_is_retired_when_nothing_grants_it_and_what_there_is_stays(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    post(client, "/desk/benefits/new", **COUPON)
    grant(bank, "drink")
    assert "In use" in plain(get(client, "/desk/benefits/"))
    page = plain(get(client, "/desk/benefits/1/retire"))
    assert ("Pause them first" in page, "Retire the benefit" in page) == (True, False)
    post(client, "/desk/benefits/1/retire")
    page = plain(get(client, "/desk/benefits/1"))
    assert "These promotions grant the benefit: p-drink. Pause them first. Nothing was changed" in page
    post(client, "/desk/promotions/p-drink/pause")
    assert "Retire the benefit" in plain(get(client, "/desk/benefits/1/retire"))
    post(client, "/desk/benefits/1/retire")
    page = plain(get(client, "/desk/benefits/1"))
    assert ("by Dora Marsh" in page, "What members have of it stays theirs" in page) == (True, True)
    assert get(client, "/desk/benefits/1/retire").status_code == 303
    assert seen.execute(text("select retired_at is not null, retired_by is not null from benefit")).one() == (
        True,
        True,
    )
    post(client, "/desk/promotions/p-drink/resume")
    assert "What it grants is retired" in plain(get(client, "/desk/promotions/p-drink"))
    assert seen.scalar(text("select paused_at is not null from promotion where code = 'p-drink'"))
    post(client, "/desk/benefits/use", code=code_of(bank), quantity="1", request_id="a")
    assert "Used: 1 of “A free drink”" in plain(get(client, "/desk/benefits/use"))


def test_who_may_not_edit_retires_nothing(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session
) -> None:
    post(client, "/desk/benefits/new", **COUPON)
    clerk = signed_in(desk, bank.tenant, [Permission.DESK_BENEFIT_USE], "clerk")
    assert "/desk/benefits/1/retire" not in get(clerk, "/desk/benefits/1").get_data(as_text=True)
    assert get(clerk, "/desk/benefits/1/retire").status_code == 403
    assert post(clerk, "/desk/benefits/1/retire").status_code == 403
    assert seen.scalar(text("select count(*) from benefit where retired_at is null")) == 1


def test_an_empty_code_is_asked_for(client: FlaskClient) -> None:
    assert "Write the code that the member shows" in plain(get(client, "/desk/benefits/use?code=+"))
    assert "Write the code that the member shows" not in plain(get(client, "/desk/benefits/use"))


def test_who_may_not_edit_sees_no_form(desk: Flask, bank: Bank) -> None:
    clerk = signed_in(desk, bank.tenant, [Permission.DESK_BENEFIT_USE], "clerk")
    assert "New benefit" not in plain(get(clerk, "/desk/benefits/"))
    assert get(clerk, "/desk/benefits/new").status_code == 403
    assert post(clerk, "/desk/benefits/new", **COUPON).status_code == 403


def test_a_draw_is_promised_drawn_after_its_close_and_proved(
    client: FlaskClient, desk: Flask, bank: Bank, seen: Session
) -> None:
    assert "There are no tickets to draw from yet" in plain(get(client, "/desk/draws/new"))
    post(client, "/desk/benefits/new", **TICKET)
    grant(bank, "ticket")
    closes = (clock.now() + timedelta(minutes=10)).astimezone(clock.zone(bank.world.programme.zone))
    form = {
        "code": "d", "ticket": "ticket", "name_ru": "Розыгрыш", "name_en": "The draw",
        "closes_at": f"{closes:%Y-%m-%dT%H:%M}", "prize_1": "car", "ru_1": "Машина", "en_1": "A car", "count_1": "1",
    }  # fmt: skip
    late = post(client, "/desk/draws/new", **(form | {"closes_at": "2020-01-01T00:00"}))
    assert "Choose a day and a time that lie ahead" in plain(late)
    assert "Prize 1: write the name in English" in plain(
        post(client, "/desk/draws/new", **(form | {"en_1": ""}))
    )
    assert post(client, "/desk/draws/new", **form).status_code == 303
    assert "It can be drawn after its close" in plain(get(client, "/desk/draws/code/d"))
    post(client, "/desk/draws/code/d")
    assert "It is drawn after its close. Nothing was done" in plain(get(client, "/desk/draws/code/d"))
    member = cabinet(desk, bank)
    assert "You have 1 ticket" in plain(get(member, "/benefits"))
    with clock.stopped(closes + timedelta(minutes=1)):
        assert "Draw the prizes" in plain(get(client, "/desk/draws/code/d"))
        post(client, "/desk/draws/code/d")
        page = plain(get(client, "/desk/draws/code/d"))
        assert "Drawn again from the seed and the tickets, the winners are the same" in page
        assert "Ирина Ковалёва" in page
        seed = re.findall(r"\b[0-9a-f]{64}\b", page)[1]
        theirs = plain(get(member, "/benefits", "ru"))
        assert ("Ваш выигрыш: Машина" in theirs, seed in theirs) == (True, True)
        seen.execute(text("update draw set tickets = 2"))
        assert "the rows of this draw were changed after it" in plain(get(client, "/desk/draws/code/d"))


def test_all_that_is_wrong_with_a_draw_is_said_at_once(client: FlaskClient, seen: Session) -> None:
    post(client, "/desk/benefits/new", **TICKET)
    wrong = {
        "code": "Розыгрыш", "ticket": "ticket", "closes_at": "soon", "prize_1": "car", "ru_1": "Машина",
        "en_1": "A car", "count_1": "0", "prize_3": "Ручка", "en_3": "A pen",
    }  # fmt: skip
    answer = post(client, "/desk/draws/new", **wrong)
    html, page = answer.get_data(as_text=True), plain(answer)
    assert answer.status_code == 422
    found = re.findall(r'id="(\w+)"[^>]*aria-invalid="true"', html)
    assert found == ["name_ru", "name_en", "closes_at", "count_1", "ru_3", "prize_3", "code"]
    assert "Prize 3: the code is small Latin letters" in page
    assert html.count('<details class="prize" open>') == 1
    same = wrong | {"count_1": "1", "prize_3": "car", "ru_3": "Ручка"}
    assert "Prize 3: another prize has this code" in plain(post(client, "/desk/draws/new", **same))
    assert seen.scalar(text("select count(*) from draw")) == 0


def test_tickets_of_a_draw_are_offered_to_no_other_and_counted_in_the_list(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    post(client, "/desk/benefits/new", **(TICKET | {"valid_days": ""}))
    grant(bank, "ticket")
    form = {
        "code": "d", "ticket": "ticket", "name_ru": "Розыгрыш", "name_en": "The draw", "closes_at": "2099-01-01T00:00",
        "prize_1": "car", "ru_1": "Машина", "en_1": "A car",
    }  # fmt: skip
    assert post(client, "/desk/draws/new", **form).status_code == 303
    assert re.findall(
        r'<td class="n wide">(\d+)</td>', get(client, "/desk/draws/").get_data(as_text=True)
    ) == ["1"]
    assert "All tickets there are have a draw already" in plain(get(client, "/desk/draws/new"))
    post(client, "/desk/benefits/new", **(TICKET | {"code": "spring"}))
    html = get(client, "/desk/draws/new").get_data(as_text=True)
    assert re.findall(r'<option value="(\w+)"', html) == ["spring"]
    again = post(client, "/desk/draws/new", **(form | {"code": "e"}))
    assert (again.status_code, "These tickets have a draw already" in plain(again)) == (422, True)
    assert "There is a draw of this code already" in plain(
        post(client, "/desk/draws/new", **(form | {"ticket": "spring"}))
    )
    post(client, "/desk/benefits/2/retire")
    assert "spring" not in get(client, "/desk/draws/new").get_data(as_text=True)
    assert seen.scalar(text("select count(*) from draw")) == 1


def test_units_are_exchanged_in_the_cabinet_once(client: FlaskClient, desk: Flask, bank: Bank) -> None:
    post(
        client,
        "/desk/benefits/new",
        **(COUPON | {"code": "greetings", "kind": "units", "name_en": "Greetings"}),
    )
    grant(bank, "greetings")
    with db.transaction(bank.tenant) as session:
        trigger = {"kind": "exchange", "units": "greetings", "quantity": 1}
        publish(
            session, SYSTEM, programme_id=bank.world.programme.id, code="swap",
            document=promotion({"kind": "fixed", "points": "50"}, trigger=trigger), starts_at=LONG_AGO,
        )  # fmt: skip
    member = cabinet(desk, bank)
    page = get(member, "/benefits").get_data(as_text=True)
    assert "Exchange 1 for:" in page
    request_id = re.search(r'name="request_id" value="([^"]+)"', page)
    assert request_id is not None
    form = {"units": "greetings", "quantity": "1", "request_id": request_id[1]}
    for _ in range(2):
        assert post(member, "/benefits/exchange", **form).status_code == 303
    assert "Exchanged" in plain(get(member, "/benefits?got=1"))
    refused = post(member, "/benefits/exchange", **(form | {"request_id": "another"}))
    assert (refused.status_code, "Nothing was taken" in plain(refused)) == (422, True)
    history = plain(get(member, "/history"))
    assert history.count("for 1 game unit") == 1


def test_another_bank_sees_none_of_it(client: FlaskClient, bank: Bank, stranger: FlaskClient) -> None:
    post(client, "/desk/benefits/new", **COUPON)
    grant(bank, "drink")
    assert get(stranger, "/desk/benefits/").status_code == 303
    assert get(stranger, "/benefits").status_code == 303
