"""Lists of the back office: what they show, how they go on, what they are narrowed by, and how nothing in them acts."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from coalition.members.models import Member
from coalition.partners.models import Merchant, Partner
from coalition.reports.lists import LISTS, base
from coalition.reports.lists.base import part
from coalition.transactions.models import InboundFile, Purchase, RejectedLine
from tenants.auth.sign_ins import sign_in
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.ids import new_id
from tests.admin.world import Bank, content, get, plain, spend
from tests.ledger.house import House
from tests.people import hire
from tests.transactions.bank import line, load_bytes

ADDRESSES = {
    "all_members": "/desk/lists/all_members/",
    "purchases": "/desk/lists/purchases/",
    "redemptions": "/desk/lists/redemptions/",
    "cards": "/desk/lists/cards/",
    "messages": "/desk/lists/messages/",
    "returns": "/desk/returns/",
    "rejected": "/desk/files/1/rejected",
    "unmatched": "/desk/files/1/unmatched",
}


def loaded(bank: Bank, *lines: str) -> None:
    load_bytes(House(bank.tenant, bank.world.programme.id, (1, 1)), content(*lines))


def rows_of(page: str) -> list[str]:
    """Purchases in the order of their rows; a phone tells each member a second time, under the row's first column."""
    return list(dict.fromkeys(re.findall(r"row=purchase\.([0-9a-f-]{36})", page)))


def hrefs(page: str, rel: str) -> list[str]:
    found = re.findall(rf'href="([^"]+)" rel="{rel}"', page)
    return [one.replace("&amp;", "&") for one in found]


def test_every_list_opens_in_both_languages(client: FlaskClient, bank: Bank) -> None:
    loaded(bank, line("nobody", "2026-11-20", 500), line("nobody", "2026-11-20", "x"))
    assert set(ADDRESSES) == {register.code for register in LISTS}
    for address in ADDRESSES.values():
        for lang in ("en", "ru"):
            assert get(client, address, lang).status_code == 200, address


def test_each_list_asks_for_its_own_right(desk: Flask, bank: Bank) -> None:
    loaded(bank, line("nobody", "2026-11-20", 500))
    for number, register in enumerate(LISTS):
        others = frozenset(Permission) - {register.reads}
        with db.transaction(bank.tenant) as session:
            staff = hire(
                session, login=f"p{number}", name="P", password="a long password", permissions=others
            )
            session.flush()
            secret = sign_in(session, kind="staff", subject_id=staff.id)
        browser = desk.test_client()
        browser.set_cookie("staff", secret, domain="test.localhost", path="/desk")
        assert get(browser, ADDRESSES[register.code]).status_code == 403, register.code


def test_members_are_masked_and_lead_to_their_page(client: FlaskClient, bank: Bank) -> None:
    page = plain(get(client, "/desk/lists/all_members/"))
    assert "И••• К•••" in page
    assert "Ковалёва" not in page
    assert f'href="/desk/members/{bank.world.member_id}"' in page
    assert (
        get(client, "/desk/lists/all_members/?since=2099-01-01").get_data(as_text=True).count("••• К•••") == 1
    )
    assert ('name="since"' in get(client, "/desk/lists/all_members/").get_data(as_text=True)) is False


def test_purchases_go_on_from_a_key_and_come_back(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.console.lists.ROWS", 2)
    loaded(bank, *(line("token-4821", f"2026-11-1{n}", 100 + n, reference=f"r{n}") for n in range(5)))
    with db.transaction(bank.tenant) as session:
        stored = session.scalars(select(Purchase.id).order_by(Purchase.id.desc())).all()
    seen, address = list[str](), "/desk/lists/purchases/"
    while address:
        page = get(client, address).get_data(as_text=True)
        seen += rows_of(page)
        last, address = address, next(iter(hrefs(page, "next")), "")
    assert [UUID(one) for one in seen] == list(stored)
    page = get(client, last).get_data(as_text=True)
    back = get(client, hrefs(page, "prev")[0]).get_data(as_text=True)
    assert rows_of(back) == seen[-4 if len(seen) % 2 == 0 else -3 :][:2]


def test_purchases_are_narrowed_by_day_partner_and_source(client: FlaskClient, bank: Bank) -> None:
    loaded(bank, line("token-4821", "2026-11-20", 777, reference="a"))

    def count(query: str) -> int:
        return len(rows_of(get(client, f"/desk/lists/purchases/?{query}").get_data(as_text=True)))

    with db.transaction(bank.tenant) as session:
        rows = session.scalars(select(Purchase)).all()
        zone = bank.world.programme.zone
        on_day = [
            row for row in rows if f"{row.occurred_at.astimezone(clock.zone(zone)):%Y-%m-%d}" == "2026-11-20"
        ]
        partner, code = session.execute(select(Partner.id, Partner.code).order_by(Partner.id)).first()
    assert count("since=2026-11-20&until=2026-11-20") == len(on_day) > 0
    assert count("show=file") == sum(row.file_id is not None for row in rows) > 0
    assert count("show=till") == sum(row.file_id is None for row in rows)
    assert count(f"partner={code}") == sum(row.partner_id == partner for row in rows)
    assert count("since=2090-01-01") == 0


@pytest.mark.parametrize(
    "query", ["older=x", "newer=%00", "since=9999-99-99", "until=9999-12-31", "partner=99999999999999999999",
              "partner=%D9%A3", "show=nothing", "older=", "since=0001-01-01"],
)  # fmt: skip
def test_an_odd_address_shows_a_page(client: FlaskClient, bank: Bank, query: str) -> None:
    loaded(bank, line("nobody", "2026-11-20", 500))
    for address in ADDRESSES.values():
        assert get(client, f"{address}?{query}").status_code == (404 if "%00" in query else 200)


def test_a_rare_condition_looks_through_so_many_rows_and_goes_on(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "WINDOW", 3)
    with db.transaction(bank.tenant) as session:
        programme = bank.world.programme.id
        session.add_all(
            Member(tenant_id=bank.tenant, id=new_id(clock.now() + timedelta(seconds=n)), programme_id=programme,
                   enrolled_at=clock.now())
            for n in range(7)
        )  # fmt: skip
    page = get(client, "/desk/lists/all_members/?show=points").get_data(as_text=True)
    assert "3 rows were looked through" in page
    address, seen = "/desk/lists/all_members/?show=points", set[str]()
    for _ in range(10):
        page = get(client, address).get_data(as_text=True)
        seen |= set(re.findall(r'href="/desk/members/([0-9a-f-]{36})"', page))
        if not hrefs(page, "next"):
            break
        address = hrefs(page, "next")[0]
    assert str(bank.world.member_id) in seen


def test_a_long_name_and_markup_are_only_text(client: FlaskClient, bank: Bank) -> None:
    evil = "<img src=x onerror=alert(1)>" + "я" * 460
    loaded(bank, line("token-4821", "2026-11-20", 777, reference="a"))
    with db.transaction(bank.tenant) as session:
        session.execute(update(Merchant).values(name=func.concat(Merchant.id, evil)))
        huge = "<script>alert(1)</script>" + "x" * 10_000
        session.execute(update(Partner).values(name={"ru": huge, "en": huge}))
    page = get(client, "/desk/lists/purchases/").get_data(as_text=True)
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "&lt;img src=x" in page
    assert "x" * 300 not in page


def test_lines_of_a_file_are_all_there_beyond_the_first_hundred(client: FlaskClient, bank: Bank) -> None:
    right = [line("token-4821", "2026-11-20", n, reference=f"n{n}") for n in range(1, 150)]
    loaded(bank, *right, *(line("token-4821", "2026-11-20", "x") for _ in range(130)))
    with db.transaction(bank.tenant) as session:
        file_id = session.scalars(select(InboundFile.id).order_by(InboundFile.id.desc())).first()
        lines = session.scalars(select(RejectedLine.line).where(RejectedLine.file_id == file_id)).all()
    assert len(lines) == 130
    assert f'href="/desk/files/{file_id}/rejected"' in get(client, f"/desk/files/{file_id}").get_data(
        as_text=True
    )
    seen, address = 0, f"/desk/files/{file_id}/rejected"
    while address:
        page = get(client, address).get_data(as_text=True)
        seen += page.count("The amount is not a number")
        address = next(iter(hrefs(page, "next")), "")
    assert seen == 130


def test_redemptions_tell_reward_kind_and_state(client: FlaskClient, bank: Bank) -> None:
    spend(bank, "cashback", points=100)
    page = plain(get(client, "/desk/lists/redemptions/"))
    assert "Cashback" in page
    assert "row=redemption." in page
    assert "row=redemption." not in plain(get(client, "/desk/lists/redemptions/?show=refused"))


def test_pages_meet_without_a_gap(bank: Bank, seen: Session) -> None:
    loaded(bank, *(line("token-4821", f"2026-11-1{n}", 100 + n, reference=f"r{n}") for n in range(9)))
    register = next(one for one in LISTS if one.code == "purchases")
    whole = [row.id for row in register.rows(seen, {}, "UTC", after=None, limit=100)]
    found, onward = list[UUID](), None
    while True:
        page = part(seen, register, {}, "UTC", onward=onward, size=2)
        found += [row.id for row in page.rows]
        onward = page.onward
        if onward is None:
            break
    assert found == whole
    assert register.count(seen, {}, "UTC") == len(whole)


def test_where_there_are_too_many_partners_to_choose_from_a_code_is_written(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "OPTIONS_MOST", 0)
    page = get(client, "/desk/lists/purchases/?partner=nobody").get_data(as_text=True)
    assert '<input class="form-control" id="partner" name="partner" value="nobody"' in page
    assert "Nothing fits this condition" in page
