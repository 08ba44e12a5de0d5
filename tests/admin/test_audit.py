"""The audit trail at the desk: in words, narrowed, page by page, and as CSV."""

import csv
import io
import json
from itertools import pairwise

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.actor import SYSTEM, Actor
from tenants.audit import prove, record
from tenants.models import AuditEntry, Staff
from tenants.permissions import Permission
from tests.admin.world import HOST, Bank, get, plain, post, signed_by_another, signed_in


def newest(seen: Session) -> AuditEntry:
    return seen.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()


def test_what_is_done_at_the_desk_stands_there_with_who_and_from_where(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    post(client, "/desk/holidays/", first="2026-12-30", last="2026-12-31", do="add")
    signed_by_another(client, bank)
    entry = newest(seen)
    assert (entry.verb, entry.subject, entry.actor_name) == ("holidays.add", "calendar", "Ivan Roe")
    assert (entry.after, entry.address) == ({"days": ["2026-12-30", "2026-12-31"]}, "127.0.0.1")
    page = plain(get(client, "/desk/audit/"))
    assert "Added days off" in page
    assert "days: 30 December, 31 December" in page
    russian = plain(get(client, f"/desk/audit/{entry.number}", "ru"))
    assert "Новые выходные дни" in russian
    assert "30 декабря, 31 декабря" in russian
    assert 'href="/desk/holidays/"' in get(client, f"/desk/audit/{entry.number}").get_data(as_text=True)


def test_codes_are_told_in_words(client: FlaskClient, seen: Session) -> None:
    record(
        seen,
        SYSTEM,
        "claim.decide",
        "claim 1",
        after={"way": "grant", "outcome": "in_favour", "kind": "erasure"},
    )
    address = f"/desk/audit/{newest(seen).number}"
    page, russian = plain(get(client, address)), plain(get(client, address, "ru"))
    for said in ("Points granted", "In the member's favour", "Erasure"):
        assert said in page
    for code in ("grant<", "in_favour", "erasure"):
        assert code not in page
        assert code not in russian


def test_what_was_refused_leaves_no_entry(client: FlaskClient, seen: Session) -> None:
    before = newest(seen).number
    assert post(client, "/desk/holidays/", first="never", do="add").status_code == 422
    assert post(client, "/desk/promotions/nowhere/pause").status_code == 404
    assert newest(seen).number == before


def test_what_changes_nothing_leaves_no_entry(client: FlaskClient, bank: Bank, seen: Session) -> None:
    for _ in range(2):
        post(client, "/desk/holidays/", first="2026-12-30", do="add")
        signed_by_another(client, bank)
    assert [one.verb for one in seen.scalars(select(AuditEntry))].count("holidays.add") == 1


def test_the_list_goes_on_page_by_page_and_keeps_its_conditions(client: FlaskClient, seen: Session) -> None:
    dora = seen.scalars(select(Staff)).one()
    for number in range(60):
        record(seen, Actor("staff", id=dora.id), "holidays.add", f"calendar {number}")
        record(seen, SYSTEM, "levels.change", f"programme {number}")
    address, told = f"/desk/audit/?who={dora.id}&verb=holidays.add", []
    for _ in range(3):
        html = get(client, address).get_data(as_text=True)
        told += plain(get(client, address)).split("Days off ")[1:]
        onward = [part.split('"')[0] for part in html.split('href="') if "older=" in part.split('"')[0]]
        if not onward:
            break
        address = onward[0].replace("&amp;", "&")
        assert f"who={dora.id}" in address
        assert "verb=holidays.add" in address
    assert len(told) == 60
    assert "Changed the levels" not in plain(get(client, f"/desk/audit/?who={dora.id}")).split("<tbody>")[1]
    assert "Dora Marsh" not in plain(get(client, "/desk/audit/?who=house")).split("<tbody>")[1]


@pytest.mark.parametrize(("day", "found"), [("2001-01-01", False), ("nonsense", True)])
def test_a_day_narrows_it_and_what_is_no_day_does_not(
    client: FlaskClient, seen: Session, day: str, found: bool
) -> None:
    record(seen, SYSTEM, "levels.change", "programme 1")
    assert (
        "Changed the levels" in plain(get(client, f"/desk/audit/?day={day}")).split("</form>")[-1]
    ) is found


def test_the_csv_is_the_trail_itself_and_its_chain_can_be_followed(
    client: FlaskClient, seen: Session
) -> None:
    record(seen, SYSTEM, "levels.change", "programme 1", after={"note": "=1+1"}, reason="=HYPERLINK(1)")
    answer = get(client, "/desk/audit/trail.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-trail.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [int(row["number"]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == prove(seen).checked
    assert all(row["previous"] == before["digest"] for before, row in pairwise(rows))
    assert json.loads(rows[-1]["after"]) == {"note": "=1+1"}
    assert rows[-1]["reason"] == "'=HYPERLINK(1)"
    narrowed = get(client, "/desk/audit/trail.csv?verb=levels.change").get_data(as_text=True)
    assert len(list(csv.DictReader(io.StringIO(narrowed)))) == 1


def test_the_csv_is_read_as_it_is_written(client: FlaskClient) -> None:
    answer = client.get("/desk/audit/trail.csv", base_url=HOST, buffered=False)
    assert answer.is_streamed
    answer.get_data()
    answer.close()


def test_the_trail_is_for_who_may_see_it(desk: Flask, bank: Bank) -> None:
    other = signed_in(desk, bank.tenant, set(Permission) - {Permission.DESK_AUDIT_READ}, login="eve")
    for path in ("/desk/audit/", "/desk/audit/1", "/desk/audit/trail.csv"):
        assert get(other, path).status_code == 403


def test_a_verb_that_is_not_known_here_is_shown_as_it_is(client: FlaskClient, seen: Session) -> None:
    record(seen, SYSTEM, "moon.paint", "moon full", before={"colour": "grey"}, after={"colour": "red"})
    page = plain(get(client, "/desk/audit/"))
    assert "moon.paint" in page
    assert "colour: grey → red" in page


def test_what_was_done_by_hand_is_told_in_words_and_money(client: FlaskClient, seen: Session) -> None:
    cause = "01a2290a-0000-7000-8000-0000deadbeef"
    record(
        seen,
        SYSTEM,
        "hand.sale",
        f"member {cause}",
        after={"outlet": "sadovaya", "number": "7", "amount": 290000, "cause": cause},
    )
    sale = newest(seen).number
    record(seen, SYSTEM, "hand.find", f"member {cause}", after={"by": "phone"})
    found = newest(seen).number
    told = plain(get(client, f"/desk/audit/{sale}"))
    assert "<td>sum</td><td>—</td><td>₽2,900</td>" in told
    assert "cause" not in told
    assert cause not in told
    russian = plain(get(client, f"/desk/audit/{sale}", "ru"))
    assert ("точка" in russian, "сумма" in russian) == (True, True)
    assert "по телефону" in plain(get(client, f"/desk/audit/{found}", "ru"))
    record(seen, SYSTEM, "network.word", "network loopback")
    assert "Сеть loopback" in plain(get(client, f"/desk/audit/{newest(seen).number}", "ru"))
