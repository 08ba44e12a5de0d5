"""The queue of sales that may be one: both told beside each other, decided once, another bank's not there."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.transactions.models import SuspectSale
from coalition.transactions.recording import Told, record
from coalition.transactions.two_channels.terms import set_same_sale_terms
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import db
from tests.admin.world import CARD, Bank, content, furnished, get, plain, post, signed_in
from tests.ledger.house import House
from tests.transactions.bank import line, load_bytes, points_of


def house(bank: Bank) -> House:
    """The bank, as the tests of files know one."""
    return House(bank.tenant, bank.world.programme.id, (1, 1))


def doubtful(bank: Bank) -> str:
    """A till's sale without its card, and the bank's line of the same sum; the address of their page."""
    member = bank.world.member_id
    with db.transaction(bank.tenant) as session:
        programme = bank.world.programme.id
        set_same_sale_terms(session, SYSTEM, programme_id=programme, terms={"pays": "till"})
        at = datetime(2026, 11, 19, 22, 30, tzinfo=UTC)
        told = Told("t1", member, at, 500_00, "Lost Market")
        record(session, SYSTEM, programme_id=programme, source="till", told=[told])
    load_bytes(house(bank), content(line(CARD, "2026-11-20 10:31:00", 500, merchant="Lost Market")))
    with db.transaction(bank.tenant) as session:
        one = session.scalars(select(SuspectSale).where(SuspectSale.tenant_id == bank.tenant)).one()
        return f"/desk/one-or-two/{member}/{one.sale_id}/{one.line_id}"


def decisions(session: Session) -> list[tuple[str | None, str | None]]:
    session.expire_all()
    staff = {row.id: row.login for row in session.scalars(select(Staff))}
    rows = session.scalars(select(SuspectSale))
    return [(row.decision, staff[row.decided_by] if row.decided_by else None) for row in rows]


def test_both_are_told_beside_each_other(client: FlaskClient, bank: Bank) -> None:
    assert "No sale is in doubt" in plain(get(client, "/desk/one-or-two/"))
    assert "may be one sale" not in plain(get(client, "/desk/"))
    address = doubtful(bank)
    for path in ("/desk/one-or-two/", address):
        page = plain(get(client, path))
        for text in ("Lost Market", "Ирина Ковалёва", "₽500", "It is not known to be the same card"):
            assert text in page
    assert f'href="{address}"' in plain(get(client, "/desk/one-or-two/"))
    assert "1 pair may be one sale that was told twice" in plain(get(client, "/desk/"))
    page = plain(get(client, address, "ru"))
    assert "Это одна покупка?" in page
    assert "баллы остаются за покупкой на кассе, а баллы за строку банка снимаются" in page


@pytest.mark.parametrize(("decision", "less"), [("same", 20), ("two", 0)])
def test_a_decision_is_made_once_and_by_somebody(
    client: FlaskClient, bank: Bank, seen: Session, decision: str, less: int
) -> None:
    address = doubtful(bank)
    before = points_of(house(bank), bank.world.member_id)
    assert post(client, address, decision=decision).headers["Location"] == "/desk/one-or-two/"
    assert points_of(house(bank), bank.world.member_id) == before - less  # 4 % of 500
    assert decisions(seen) == [(decision, "dora")]
    again = post(client, address, decision="same")
    assert again.status_code == 409
    assert "Somebody has decided about these two already" in plain(again)
    assert get(client, address).status_code == 409
    assert points_of(house(bank), bank.world.member_id) == before - less


def test_nothing_can_be_united_where_both_pay_by_now(client: FlaskClient, bank: Bank, seen: Session) -> None:
    address = doubtful(bank)
    with db.transaction(bank.tenant) as session:
        set_same_sale_terms(session, SYSTEM, programme_id=bank.world.programme.id, terms=None)
    assert "so nothing can be united" in plain(get(client, address))
    assert "The programme lets both pay now" in plain(post(client, address, decision="same"))
    assert decisions(seen) == [(None, None)]


def test_without_the_permission_nothing_is_decided(desk: Flask, bank: Bank, seen: Session) -> None:
    address = doubtful(bank)
    client = signed_in(desk, bank.tenant, [Permission.DESK_PAYOUT_SETTLE, Permission.DESK_MEMBER_READ])
    assert get(client, address).status_code == 403
    assert post(client, address, decision="same").status_code == 403
    assert decisions(seen) == [(None, None)]


def test_who_may_not_read_members_sees_no_name(desk: Flask, bank: Bank) -> None:
    address = doubtful(bank)
    client = signed_in(desk, bank.tenant, [Permission.DESK_LEDGER_ADJUST])
    for path in ("/desk/one-or-two/", address):
        assert "Ковалёва" not in plain(get(client, path))


def test_another_banks_pair_is_not_there(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(None) as session:
        other = furnished(open_tenant(session, slug="other", hosts=["other.localhost"]).id)
    address = doubtful(other)
    assert get(client, address).status_code == 404
    assert post(client, address, decision="same").status_code == 404
    assert post(client, address, decision="both").status_code == 404
    assert "Lost Market" not in plain(get(client, "/desk/one-or-two/"))
