"""The programme's terms at the desk: changed with another person's signature, for what is booked from then on."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.transactions.programme_terms import ask_for_terms, running_terms, set_terms
from tenants.actor import SYSTEM, Actor
from tenants.approvals.models import Approval
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.errors import Forbidden, Refusal
from tests.admin.world import Bank, get, plain, post, signed_by_another, signed_in

PAGE = "/desk/programme/"


def form(client: FlaskClient, **changed: str) -> dict[str, str]:
    """The form as a browser would send it, with these fields changed."""
    html = get(client, PAGE).get_data(as_text=True).partition("<main")[2]
    found = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', html))
    for name, inside in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', html):
        found[name] = re.findall(r'value="(\w+)" selected', inside)[0]
    return {**found, **changed}


def now(seen: Session) -> Programme:
    seen.expire_all()
    return the_programme(seen)


def test_a_change_is_said_asked_for_signed_and_made(client: FlaskClient, bank: Bank, seen: Session) -> None:
    sent = form(
        client, name_en="Lights", unit_en_2="lights", expiry="month_end", expiry_count="12", return_wait_days="7",
        per_grant="500", pays="till", minutes="60",
    )  # fmt: skip
    said = plain(post(client, PAGE, do="look", **sent))
    for one in (
        "Name in English: Sparks → Lights", "at the end of the month, 12 months on", "30 days → 7 days",
        "Goodwill: one grant: 300 → 500", "both pay → the till's sale",
        "Certainly the same sale within: — → 60 minutes",
    ):  # fmt: skip
        assert one in said
    assert post(client, PAGE, do="ask", **sent).status_code == 303
    assert (now(seen).name["en"], "Programme terms" in plain(get(client, "/desk/approvals/"))) == (
        "Sparks",
        True,
    )
    assert signed_by_another(client, bank) == [303]
    made = now(seen)
    assert (made.name["en"], made.unit["en"], made.expiry, made.expiry_count, made.return_wait_days) == (
        "Lights", ["spark", "lights"], "month_end", 12, 7,
    )  # fmt: skip
    assert (made.goodwill["per_grant"], made.goodwill["per_agent_day"]) == (500, 3000)
    assert made.same_sale == {"pays": "till", "days": 3, "minutes": 60, "tolerance_percent": 0}
    entry = seen.scalars(select(AuditEntry).where(AuditEntry.verb == "terms.change")).one()
    assert (entry.before["expiry"], entry.after["expiry"], entry.actor_name) == (
        "days",
        "month_end",
        "Ivan Roe",
    )
    assert get(client, f"/desk/audit/{entry.number}").status_code == 200


def test_nothing_is_asked_for_where_nothing_changes(client: FlaskClient, seen: Session) -> None:
    assert post(client, PAGE, do="ask", **form(client)).status_code == 303
    assert seen.scalar(select(func.count()).select_from(Approval)) == 0


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"expiry": "never"}, "expiry_count", "Days and months need a number, and only they have one"),
        ({"expiry": "date", "expiry_count": ""}, "expiry_date", "A fixed last day needs its day"),
        (
            {"expiry": "date", "expiry_count": "", "expiry_date": "2020-12-31"}, "expiry_date",
            "The last day of the points is over already. Choose a later one",
        ),
        ({"per_grant": "5000"}, "per_grant", "One grant is no more than a member's month and an agent's day"),
        ({"pays": "bank", "days": "1", "minutes": "2880"}, "minutes", "These are more minutes than the days hold"),
        ({"unit_ru_5": ""}, "unit_ru_5", "It must not be empty"),
        ({"activation_delay_days": "soon"}, "activation_delay_days", "number is expected"),
        ({"return_policy": "perhaps"}, "return_policy", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_at_its_field(
    client: FlaskClient, seen: Session, changed: dict[str, str], field: str, said: str
) -> None:
    answer = post(client, PAGE, do="ask", **form(client, **changed))
    html = answer.get_data(as_text=True)
    wrong = re.findall(r'id="(\w+)"[^>]* aria-invalid="true"', html)
    assert (answer.status_code, wrong, said in plain(answer)) == (422, [field], True)
    assert seen.scalar(select(func.count()).select_from(Approval)) == 0


def test_a_last_day_that_is_over_by_now_is_not_signed_and_one_that_stands_may_stay(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    programme = now(seen)
    today = clock.business_day(programme.zone)
    fixed = running_terms(programme).model_dump(mode="json") | {"expiry": "date", "expiry_count": None}
    fixed["expiry_date"] = today.isoformat()
    with db.transaction(bank.tenant) as session, clock.stopped(clock.now() + timedelta(days=1)):
        for act in (set_terms, ask_for_terms):
            with pytest.raises(Refusal, match="the fixed last day is over"):
                act(session, SYSTEM, programme_id=programme.id, document=fixed)
    with db.transaction(bank.tenant) as session:
        set_terms(session, SYSTEM, programme_id=programme.id, document=fixed)
    with db.transaction(bank.tenant) as session, clock.stopped(clock.now() + timedelta(days=9)):
        set_terms(session, SYSTEM, programme_id=programme.id, document=fixed | {"return_wait_days": 5})
    assert (now(seen).expiry_date, now(seen).return_wait_days) == (today, 5)


def test_a_form_that_is_out_of_date_asks_for_nothing(client: FlaskClient, bank: Bank, seen: Session) -> None:
    old = form(client, return_wait_days="9")
    post(client, PAGE, do="ask", **form(client, return_wait_days="8"))
    signed_by_another(client, bank)
    answer = post(client, PAGE, do="ask", **old)
    assert (answer.status_code, now(seen).return_wait_days) == (409, 8)


def test_a_signature_holds_for_the_terms_that_it_replaces_alone(client: FlaskClient, bank: Bank) -> None:
    post(client, PAGE, do="ask", **form(client, return_wait_days="8"))
    with db.transaction(bank.tenant) as session:
        programme = the_programme(session)
        document = running_terms(programme).model_dump(mode="json") | {"return_wait_days": 5}
        for _ in range(2):
            set_terms(session, SYSTEM, programme_id=programme.id, document=document)
    assert signed_by_another(client, bank) == [303]  # to the change, which tells why not
    with db.transaction(bank.tenant) as session:
        assert the_programme(session).return_wait_days == 5


def test_who_may_only_look_sees_them_and_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_PROGRAMME_READ])
    page = plain(get(client, PAGE))
    for said in ("Name in English", "40 days after they can be spent", "Worth of a point", "1 spark = ₽1"):
        assert said in page
    assert ("Say what would change" in page, post(client, PAGE, do="ask").status_code) == (False, 403)
    programme = now(seen)
    document = running_terms(programme).model_dump(mode="json") | {"expiry": "date", "expiry_count": None}
    with pytest.raises(Forbidden):
        set_terms(seen, Actor("staff"), programme_id=programme.id, document=document)
    with pytest.raises(Refusal, match="terms_invalid"):
        set_terms(seen, SYSTEM, programme_id=programme.id, document=document)
    made = set_terms(
        seen, SYSTEM, programme_id=programme.id, document=document | {"expiry_date": "2027-12-31"}
    )
    assert (made.expiry_date, programme.expiry_date) == (date(2027, 12, 31), date(2027, 12, 31))
