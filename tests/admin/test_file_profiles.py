"""Profiles of files at the desk: a newer version is signed by another person, then files are read by it."""

import json

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.transactions.models import FileProfile
from tenants.permissions import READING
from tests.admin.test_files import drain
from tests.admin.world import CARD, Bank, content, get, plain, signed_by_another, signed_in, upload
from tests.transactions.bank import PROFILE, line

NEW = "/desk/file-profiles/new"


def newer(bank: Bank) -> bytes:
    dates = PROFILE["dates"] | {"formats": ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"]}
    changed = {"title": "Card operations", "dates": dates, "currency": bank.world.programme.currency}
    return json.dumps(PROFILE | changed).encode()


def versions(bank: Bank, seen: Session) -> list[int]:
    seen.expire_all()
    mine = select(FileProfile.version).where(
        FileProfile.tenant_id == bank.tenant, FileProfile.code == "cards"
    )
    return sorted(seen.scalars(mine))


def test_a_newer_version_is_signed_and_then_rejected_lines_are_offered_again(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    upload(client, content(line(CARD, "20.11.2026 12:00:00", 500, reference="b")))
    drain(bank.tenant)
    assert "Read them again" not in plain(get(client, "/desk/files/1"))
    answer = upload(client, newer(bank), "cards.json", to=NEW)
    assert (answer.status_code, versions(bank, seen)) == (303, [1])
    told = plain(get(client, answer.headers["Location"]))
    assert "Version 1 → 2" in told
    assert "%d.%m.%Y %H:%M:%S" in told
    assert signed_by_another(client, bank) == [303]
    assert versions(bank, seen) == [1, 2]
    assert "Read them again" in plain(get(client, "/desk/files/1"))
    assert 'href="/desk/file-profiles/cards/2"' in plain(get(client, "/desk/file-profiles/"))
    assert "%d.%m.%Y %H:%M:%S" in plain(get(client, "/desk/file-profiles/cards/2"))
    assert get(client, "/desk/file-profiles/cards/3").status_code == 404
    same = upload(client, newer(bank), "cards.json", to=NEW)
    assert (same.headers["Location"], versions(bank, seen)) == ("/desk/file-profiles/", [1, 2])


def test_what_is_wrong_with_a_profile_is_told_at_its_field(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    broken = upload(client, b'{"name": "cards",', "cards.json", to=NEW)
    assert (broken.status_code, "it breaks off at line 1" in plain(broken)) == (422, True)
    wrong = upload(client, b"name: cards\ncurrency: RUB\n", "cards.yaml", to=NEW)
    assert (wrong.status_code, "<code>dates</code>" in plain(wrong)) == (422, True)
    assert upload(client, b"", "", to=NEW).status_code == 422
    assert versions(bank, seen) == [1]


def test_who_reads_alone_sees_profiles_and_adds_none(desk: Flask, bank: Bank, seen: Session) -> None:
    reader = signed_in(desk, bank.tenant, READING, login="reader")
    assert "New version" not in plain(get(reader, "/desk/file-profiles/"))
    assert (upload(reader, newer(bank), to=NEW).status_code, versions(bank, seen)) == (403, [1])
