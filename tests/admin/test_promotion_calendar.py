"""The calendar of promotions: what holds in a month is a bar of that month, and nothing else is."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from admin.console.promotion_calendar import month_in
from coalition.programmes.queries import the_programme
from coalition.promotions.actions import publish
from coalition.promotions.life import begin_draft
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.test_promotions import TERMS, form
from tests.admin.world import Bank, get, plain, post, signed_in


def offer(session: Session, code: str, starts_at: datetime, ends_at: datetime | None = None) -> None:
    publish(
        session, SYSTEM, programme_id=the_programme(session).id, code=code,
        document=TERMS | {"title": {"ru": code, "en": code}}, starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip


def bars(page: str, code: str) -> list[list[tuple[str, str, str]]]:
    """Month by month (tone, from, width) of the promotion's bars."""
    row = re.search(rf'promotions/{code}">.*?</tr>', page, re.S)
    assert row, f"{code} is not in the calendar"
    cells = re.findall(r'<td class="span.*?</td>', row[0], re.S)
    return [re.findall(r'<rect class="(\w+)" x="([\d.]+)%" y="20%" width="([\d.]+)%"', one) for one in cells]


def month(on: datetime) -> str:
    return f"{on:%Y-%m}"


def test_a_version_is_a_bar_of_the_months_in_which_it_holds(bank: Bank, client: FlaskClient) -> None:
    """In the bank's own zone, Asia/Kamchatka: UTC+12 all the year."""
    begun = (clock.now() + timedelta(days=400)).replace(day=1, hour=12, minute=0, second=0, microsecond=0)
    first = datetime(begun.year, 4, 1, tzinfo=UTC) - timedelta(hours=12)
    with db.transaction(bank.tenant) as session:
        assert the_programme(session).zone == "Asia/Kamchatka"
        offer(session, "half", first + timedelta(days=15), first + timedelta(days=45.5))
    page = plain(get(client, f"/desk/calendar/?month={begun.year}-04"))
    assert bars(page, "half") == [[("note", "50.0", "50.0")], [("note", "0.0", "50.0")], []]
    assert "half" not in plain(get(client, f"/desk/calendar/?month={begun.year}-06"))
    assert bars(plain(get(client, f"/desk/calendar/?month={begun.year}-03")), "half") == [
        [], [("note", "50.0", "50.0")], [("note", "0.0", "50.0")],
    ]  # fmt: skip


def test_the_present_month_is_shown_with_a_line_at_now(bank: Bank, client: FlaskClient) -> None:
    with db.transaction(bank.tenant) as session:
        offer(session, "lasting", clock.now())
    page = plain(get(client, "/desk/calendar/"))
    tones = [[tone for tone, _from, _width in cell] for cell in bars(page, "lasting")]
    assert tones == [["good"], ["good"], ["good"]]
    assert len(re.findall(r"<line x1", page)) == page.count('<th scope="row">')


def test_a_draft_is_there_from_the_day_it_may_be_published(bank: Bank, client: FlaskClient) -> None:
    assert post(client, "/desk/promotions/drafts/new", **form()).status_code == 303
    page = plain(get(client, "/desk/calendar/"))
    found = bars(page, "petrol")
    assert [[tone for tone, *_ in cell] for cell in found] == [["brand"], ["brand"], ["brand"]]
    assert float(found[0][0][1]) + float(found[0][0][2]) == 100


def test_a_draft_that_ends_before_is_not_there(bank: Bank, client: FlaskClient) -> None:
    with db.transaction(bank.tenant) as session:
        begin_draft(
            session, SYSTEM, programme_id=the_programme(session).id, code="gone",
            document=TERMS | {"title": {"ru": "gone", "en": "gone"}},
            starts_at=clock.now() + timedelta(days=1), ends_at=clock.now() + timedelta(days=2), note="",
        )  # fmt: skip
    later = clock.now() + timedelta(days=70)
    assert "gone" not in plain(get(client, f"/desk/calendar/?month={month(later)}"))


def test_a_long_calendar_goes_on_by_code(bank: Bank, client: FlaskClient) -> None:
    codes = [f"long-{number:02}" for number in range(60)]
    with db.transaction(bank.tenant) as session:
        for code in codes:
            offer(session, code, clock.now())
    page = plain(get(client, "/desk/calendar/"))
    met = re.findall(r'<th scope="row"><a href="/desk/promotions/([^"]+)"', page)
    assert len(met) == 50
    further = re.search(r'href="([^"]+)">Further', page)
    assert further
    rest = re.findall(
        r'<th scope="row"><a href="/desk/promotions/([^"]+)"',
        plain(get(client, further[1].replace("&amp;", "&"))),
    )
    assert [code for code in met + rest if code in codes] == codes


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "1999-12", "2200-01", "x" * 10_000, "2026-1", "۲۰۲۶-۰۱"]
)
def test_what_is_no_month_is_the_present_one(text: str) -> None:
    assert month_in(text, date(2026, 11, 29)) == date(2026, 11, 1)


def test_a_month_is_read_as_it_is_written() -> None:
    assert month_in("2027-02", date(2026, 11, 29)) == date(2027, 2, 1)


def test_who_may_not_see_promotions_sees_no_calendar(desk: Flask, bank: Bank) -> None:
    other = signed_in(desk, bank.tenant, [Permission.DESK_FILE_READ], login="nobody")
    assert get(other, "/desk/calendar/").status_code == 403
