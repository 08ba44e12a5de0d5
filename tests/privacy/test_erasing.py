"""An erasure leaves no personal value anywhere, and the ledger whole; it takes two people and waits for open things."""

import json
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from itertools import permutations
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from sqlalchemy import LargeBinary, select, text
from sqlalchemy.orm import Session

from coalition.cards.queries import cards_of, number_of
from coalition.claims.models import ClaimFile
from coalition.ledger.models import Transfer
from coalition.members.models import MemberPerson
from coalition.messages.actions import send_text
from coalition.privacy import erasing
from coalition.privacy.actions import download, refuse, register
from coalition.privacy.copying import make_copy
from coalition.privacy.erasing import ask_for_erasure, erase
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.plan import LEDGER, OWNER, PERSON, TITLES, WORDS
from coalition.privacy.queries import InTheWay, in_the_way, request_by_id
from coalition.privacy.terms import due_on
from coalition.programmes.queries import the_programme
from migrations import tables
from tenants.actor import SYSTEM, Actor, member
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db, files
from tenants.runtime.db import Base, tenant_of
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.jobs import do_here
from tenants.vault import vault_of
from tests.people import hire
from tests.walls.two_tenants import NOW, PHONE, Furnished, furnish

pytestmark = pytest.mark.usefixtures("house")
NOTHING = InTheWay(0, 0, 0, 0)


@pytest.fixture
def made(house: None) -> Iterator[Furnished]:
    with clock.stopped(NOW):
        yield furnish("a")


def vera(made: Furnished) -> UUID:
    return UUID(made.marks[1])


def somebody(session: Session, login: str) -> Actor:
    staff = hire(session, login=login, name=login.title(), password="a long password", permissions=EVERYTHING)
    session.flush()
    return Actor("staff", staff.id, EVERYTHING)


def erased(made: Furnished, monkeypatch: pytest.MonkeyPatch) -> PrivacyRequest:
    """Erase the furnished member, with nothing in the way."""
    monkeypatch.setattr(erasing, "in_the_way", lambda _session, _member: NOTHING)
    with db.transaction(made.tenant) as session:
        asks, signs = somebody(session, "asks"), somebody(session, "signs")
        asked = register(session, asks, member_id=vera(made), kind="erasure")
        approval = ask_for_erasure(session, asks, request_id=asked.id)
    with db.transaction(made.tenant) as session:
        return erase(session, signs, request_id=asked.id, approval_id=approval.id)


def everything_said(session: Session) -> Iterator[tuple[str, str]]:
    """Every value of every table of the tenant as text, sealed ones opened by whatever place opens them."""
    for name in tables.tenant_tables():
        table = Base.metadata.tables[name]
        keys = [column.name for column in table.primary_key.columns if column.name != "tenant_id"]
        for row in session.execute(select(table)).mappings():
            for column in table.columns:
                value = row[column.name]
                if isinstance(column.type, LargeBinary) and value:
                    yield f"{name}.{column.name}", opened(session, name, column.name, row, keys)
                else:
                    yield f"{name}.{column.name}", str(value)


def opened(session: Session, table: str, column: str, row: Any, keys: list[str]) -> str:
    known = [*keys, *(name for name in ("reward_id", "digest") if name in row and name not in keys)]
    for count in range(4):
        for names in permutations(known, count):
            try:
                place = f"{table}.{column}", *(row[name] for name in names)
                return vault_of(session).open_bytes(row[column], *place).decode("utf-8", "replace")
            except Refusal:
                continue
    return bytes(row[column]).decode("utf-8", "replace")


def told_of_vera(session: Session, numbers: list[str]) -> set[str]:
    """Where something of her is said: name, phone, e-mail, birthday, numbers of cards, the bank's token."""
    said = [
        "Vera mark-a",
        PHONE["a"],
        PHONE["a"][1:],
        "mark-a@example.test",
        "1990-11-23",
        "mark-a-token",
        *numbers,
    ]
    return {place for place, value in everything_said(session) if any(word in value for word in said)}


def test_every_table_with_a_member_in_it_says_what_becomes_of_its_rows() -> None:
    with_member = {
        name
        for name in tables.tenant_tables()
        if "member_id" in Base.metadata.tables[name].c or name in OWNER
    }
    assert with_member == set(TITLES)
    assert len(TITLES) == len(PERSON) + len(WORDS) + len(LEDGER)


def test_after_an_erasure_nothing_tells_of_the_person(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(made.tenant) as session:
        send_text(
            session, the_programme(session), phone=PHONE["a"], message="Code", until=NOW.replace(year=2030)
        )
        numbers = [number_of(session, card) for card in cards_of(session, vera(made))]
        before = told_of_vera(session, numbers)
        transfers = session.execute(select(Transfer.id, Transfer.points).order_by(Transfer.id)).all()
    assert {"member_person.sealed", "card.sealed", "text_message.sealed"} <= before
    erased(made, monkeypatch)
    with db.transaction(made.tenant) as session:
        left = told_of_vera(session, numbers)
        # The bank's own file has what its lines are of: its reject has an excerpt, and that is of its own term.
        assert left == set()
        assert session.execute(select(Transfer.id, Transfer.points).order_by(Transfer.id)).all() == transfers


def test_an_erasure_removes_files_and_says_what_it_did(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(made.tenant) as session:
        copy = register(session, member(vera(made)), member_id=vera(made), kind="copy")
        make_copy(session, str(copy.id))
        places = [
            files.folder(made.tenant, "claims", row.claim_id.hex) / row.id.hex
            for row in session.scalars(select(ClaimFile).where(ClaimFile.member_id == vera(made)))
        ]
    places.append(files.folder(made.tenant, "privacy") / copy.id.hex)
    assert [place.exists() for place in places] == [True, True]
    done = erased(made, monkeypatch)
    with db.transaction(made.tenant) as session:
        do_here(session)
    assert [place.exists() for place in places] == [False, False]
    assert done.report is not None
    assert done.report["erased"]["member_person"] == 1
    assert done.report["kept"]["transfer"] > 0
    with db.transaction(made.tenant) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "privacy.erase")).one()
        assert (entry.subject, entry.actor_name) == (f"member {vera(made)}", "Signs")
        with pytest.raises(NotFound, match="person_erased"):
            register(session, SYSTEM, member_id=vera(made), kind="copy")


def test_what_is_open_is_in_the_way_and_nothing_is_erased(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        asks = somebody(session, "asks")
        found = in_the_way(session, vera(made))
        assert found.payouts > 0
        assert found.claims > 0
        asked = register(session, asks, member_id=vera(made), kind="erasure")
        with pytest.raises(Refusal, match="erasure_in_the_way"):
            ask_for_erasure(session, asks, request_id=asked.id)
        with pytest.raises(Refusal, match="erasure_in_the_way"):
            erase(session, SYSTEM, request_id=asked.id)
        assert session.get(MemberPerson, (made.tenant, vera(made))) is not None


def test_nobody_erases_alone_or_without_the_right(made: Furnished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "in_the_way", lambda _session, _member: NOTHING)
    with db.transaction(made.tenant) as session:
        asks = somebody(session, "asks")
        asked = register(session, asks, member_id=vera(made), kind="erasure")
        approval = ask_for_erasure(session, asks, request_id=asked.id)
        with pytest.raises(Refusal, match="signature_missing"):
            erase(session, asks, request_id=asked.id)
        with pytest.raises(Refusal, match="second_pair_of_eyes"):
            erase(session, asks, request_id=asked.id, approval_id=approval.id)
        with pytest.raises(Forbidden):
            erase(session, Actor("staff", asks.id), request_id=asked.id, approval_id=approval.id)
        with pytest.raises(Forbidden):
            register(session, Actor("staff", asks.id), member_id=vera(made), kind="erasure")
        assert session.get(MemberPerson, (made.tenant, vera(made))) is not None
        assert request_by_id(session, asked.id).state == "open"


def test_twice_is_once(made: Furnished, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction(made.tenant) as session:
        first = register(session, SYSTEM, member_id=vera(made), kind="erasure")
        assert register(session, member(vera(made)), member_id=vera(made), kind="erasure").id == first.id
        refuse(session, SYSTEM, request_id=first.id, reason="taken_back")
        with pytest.raises(Conflict, match="privacy_request_ended"):
            refuse(session, SYSTEM, request_id=first.id, reason="taken_back")
    done = erased(made, monkeypatch)
    with db.transaction(made.tenant) as session, pytest.raises(Conflict, match="privacy_request_ended"):
        erase(session, SYSTEM, request_id=done.id)


def test_a_copy_holds_everything_opened_and_is_gone_after_its_days(made: Furnished) -> None:
    her = member(vera(made))
    with db.transaction(made.tenant) as session:
        asked = register(session, her, member_id=vera(made), kind="copy")
        with pytest.raises(NotFound, match="privacy_copy_over"):
            download(session, her, member_id=vera(made), request_id=asked.id)
        do_here(session)
    with db.transaction(made.tenant) as session:
        content = download(session, her, member_id=vera(made), request_id=asked.id)
        verbs = session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "privacy.download")).all()
        assert verbs == ["privacy.download"]
        with pytest.raises(NotFound, match="privacy_request_unknown"):
            download(session, member(UUID(int=1)), member_id=UUID(int=1), request_id=asked.id)
        with pytest.raises(Forbidden):
            download(session, member(UUID(int=1)), member_id=vera(made), request_id=asked.id)
    with ZipFile(BytesIO(content)) as archive:
        names = set(archive.namelist())
        person = json.loads(archive.read("data/member_person.json"))
        assert json.loads(person[0]["sealed"])["phone"] == PHONE["a"]
        assert json.loads(archive.read("data/member_note.json"))[0]["sealed"] == "mark-a"
        assert {"README.txt", "data/purchase.csv", "data/transfer.json", "data/claim.csv"} <= names
        assert any(name.startswith("files/") and name.endswith(".pdf") for name in names)
    place = files.folder(made.tenant, "privacy") / asked.id.hex
    assert b"mark-a" not in place.read_bytes()
    with clock.stopped(NOW.replace(month=12, day=20)), db.transaction(made.tenant) as session:
        do_here(session)
        with pytest.raises(NotFound, match="privacy_copy_over"):
            download(session, her, member_id=vera(made), request_id=asked.id)
    assert not place.exists()


def test_another_tenant_sees_no_request(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        asked = register(session, SYSTEM, member_id=vera(made), kind="erasure")
    other = furnish("b")
    with db.transaction(other.tenant) as session:
        with pytest.raises(NotFound):
            request_by_id(session, asked.id)
        with pytest.raises(NotFound):
            register(session, SYSTEM, member_id=vera(made), kind="erasure")


@pytest.mark.parametrize(
    ("kind", "asked_on", "last"),
    [
        ("copy", date(2026, 11, 20), date(2026, 12, 4)),  # a Friday
        ("copy", date(2026, 12, 28), date(2027, 1, 19)),  # the first week of the year is off
        ("erasure", date(2026, 11, 20), date(2026, 12, 20)),
    ],
)
def test_a_term_is_of_working_days_for_a_copy_and_of_days_for_an_erasure(
    kind: str, asked_on: date, last: date
) -> None:
    off = {date(2027, 1, day): True for day in range(1, 9)}
    assert due_on(kind, asked_on, off) == last


def test_the_database_lets_nobody_change_what_an_erasure_alone_removes(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        assert tenant_of(session) == made.tenant
        for name in tables.REMOVED_ONLY:
            allowed = session.scalar(text(f"select has_table_privilege('{name}', 'update')"))
            assert allowed is False, name
