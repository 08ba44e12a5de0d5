"""New members from a file at the desk: said first, signed by another person, bound to the file and to who joins."""

import io
import re
from hashlib import sha256

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from coalition.members.actions import enrol
from coalition.members.models import Member
from coalition.members.person import Person
from tenants.actor import SYSTEM
from tenants.approvals.models import Approval
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.models import OutboxJob
from tests.admin.world import HOST, Bank, get, plain, post, signed_by_another, signed_in, signer

FILE = (
    "name,phone,email,born_on,cards\n"
    "Nina,8 914 000-00-31,nina@example.test,1990-12-31,\n"
    "Oleg,,,,token-9001|token-9002\n"
    "Irina,+79140000147,,,\n"
    "Nobody,,,,\n"
    "Card,,,,4111111111111111\n"
)


def bring(client: FlaskClient, text: str | bytes = FILE, do: str = "ask", region: str = "RU") -> TestResponse:
    data = text if isinstance(text, bytes) else text.encode()
    sent = {"file": (io.BytesIO(data), "m.csv"), "do": do, "region": region}
    return client.post("/desk/new-members/", base_url=HOST, data=sent, headers={"Accept-Language": "en"})


def members(bank: Bank) -> int:
    with db.transaction(bank.tenant) as session:
        return session.scalar(select(func.count()).select_from(Member)) or 0


def asked(bank: Bank) -> int:
    with db.transaction(bank.tenant) as session:
        return session.scalar(select(func.count()).select_from(Approval)) or 0


def jobs(bank: Bank) -> int:
    with db.transaction(bank.tenant) as session:
        return session.scalar(select(func.count()).select_from(OutboxJob)) or 0


def test_who_would_join_is_said_and_nobody_joins(client: FlaskClient, bank: Bank) -> None:
    there = jobs(bank)
    page = plain(bring(client, do="try"))
    assert jobs(bank) == there
    for said in (
        "Would join</dt><dd>2", '<td class="n">4</td><td>Another client has this card, phone or e-mail',
        '<td class="n">5</td><td>There is neither a phone, nor an e-mail, nor a card',
        '<td class="n">6</td><td>A full card number stands where none is expected; it was not kept',
    ):  # fmt: skip
        assert said in page
    assert ("4111111111111111" in page, members(bank), asked(bank)) == (False, 1, 0)


def test_they_join_with_another_persons_signature_once(client: FlaskClient, bank: Bank) -> None:
    there = jobs(bank)
    assert "The members wait for a signature" in plain(bring(client))
    assert (members(bank), jobs(bank)) == (1, there)
    assert signed_by_another(client, bank) == [303]
    assert members(bank) == 3
    again = plain(bring(client))
    assert ("there is nothing to sign" in again, asked(bank), members(bank)) == (True, 1, 3)


def test_a_signature_holds_for_exactly_those_who_were_asked_for(client: FlaskClient, bank: Bank) -> None:
    bring(client)
    with db.transaction(bank.tenant) as session:
        other = Person("Somebody", "+79140000031", None)
        enrol(session, SYSTEM, programme_id=bank.world.programme.id, person=other)
    assert signed_by_another(client, bank) == [303]  # to the change, which tells why not
    assert members(bank) == 2


def test_what_is_no_such_file_is_told(client: FlaskClient, bank: Bank) -> None:
    for text, region, said in (
        ("name,phone\nNina,1\n", "RU", "There is no column"),
        ("name,phone,email,born_on,cards\n", "RU", "There is no row in the file"),
        (FILE, "7", "Write the country's two letters, like RU"),
    ):
        answer = bring(client, text, region=region)
        assert (answer.status_code, said in plain(answer)) == (422, True), said
    many = "name,phone,email,born_on,cards\n" + "X,,,,t\n" * 2001
    assert "bring 2,000 at a time" in plain(bring(client, many))
    assert (members(bank), asked(bank)) == (1, 0)


def test_who_may_not_enrol_brings_no_file(desk: Flask, bank: Bank) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_FILE_READ])
    assert (get(client, "/desk/new-members/").status_code, bring(client).status_code) == (403, 403)
    assert (members(bank), asked(bank)) == (1, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_file_that_russian_excel_saved_is_taken(
    client: FlaskClient, bank: Bank, encoding: str, separator: str
) -> None:
    text = (
        "name,phone,email,born_on,cards\r\nНина,8 914 000-00-31,,31.12.1990,\r\nОлег,,,1990-12-31,t-9001\r\n"
    )
    page = plain(bring(client, text.replace(",", separator).encode(encoding), do="try"))
    assert "Would join</dt><dd>2" in page


def test_what_is_no_text_is_told_with_what_to_do(client: FlaskClient) -> None:
    for data in (b"\xff\xfen\0a\0", b"\x89PNG\r\n\x1a\n\0\0\xff", "имя".encode("cp1251") + b"\0"):
        page = plain(bring(client, data))
        assert "save it as CSV in UTF-8 or Windows-1251" in page
        assert "profile" not in page.partition("<main")[2]
    date = plain(
        bring(client, "name,phone,email,born_on,cards\nNina,,n@example.test,31/12/1990,\n", do="try")
    )
    assert "Write the date like 1990-12-31 or 31.12.1990" in date


def test_who_signs_sees_the_rows_masked_and_what_is_left_out(client: FlaskClient, bank: Bank) -> None:
    bring(client)
    with db.transaction(bank.tenant) as session:
        approval = session.scalars(select(Approval)).one()
    page = plain(get(signer(client, bank), f"/desk/approvals/{approval.id}"))
    digest = sha256(FILE.encode()).hexdigest()
    for said in (
        "<dd>m.csv</dd>", digest, '<td class="n">2</td><td>N•••</td>', '<td class="n">3</td><td>O•••</td>',
        '<td class="n">5</td><td>There is neither a phone, nor an e-mail, nor a card',
    ):  # fmt: skip
        assert said in page
    assert [one in page for one in ("Nina", "9140000031", "nina@example.test")] == [False] * 3
    assert signed_by_another(client, bank) == [303]
    assert "Who joins" not in plain(get(client, f"/desk/approvals/{approval.id}"))


def test_the_file_that_was_tried_is_asked_for_from_there(client: FlaskClient, bank: Bank) -> None:
    page = plain(bring(client, do="try"))
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    sent = {name: kept[name] for name in ("file", "region", "name")}
    assert "The members wait for a signature" in plain(post(client, "/desk/new-members/kept", **sent))
    assert signed_by_another(client, bank) == [303]
    assert members(bank) == 3
    gone = post(client, "/desk/new-members/kept", **sent | {"file": "0" * 64})
    assert (gone.status_code, "bring it again" in plain(gone)) == (409, True)
