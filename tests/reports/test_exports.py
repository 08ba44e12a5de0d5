"""Files of lists: whole, the same however often the work is cut short, by rights, for one person, for some days."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from charity import kind as donation
from coalition.reports.exports import jobs, places
from coalition.reports.exports.actions import ask_export, export_bytes, remove_export
from coalition.reports.exports.jobs import expire, tidy, write
from coalition.reports.exports.queries import exports_of
from coalition.reports.exports.writing import composed, written
from coalition.reports.models import Export
from tenants.actions import open_tenant
from tenants.actor import Actor
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING, Permission
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.settings import Settings
from tests.cabinet.world import World, furnish
from tests.people import hire

KINDS = (donation,)
"""What the world's rewards are of."""


@pytest.fixture
def world(session: Session) -> World:
    return furnish(session, "avacha", clock.now())


@pytest.fixture
def alla(session: Session, world: World) -> Actor:
    return person(session, "alla")


def person(session: Session, login: str) -> Actor:
    staff = hire(session, login=login, name=login, password="a long password", permissions=EVERYTHING)
    session.flush()
    return Actor("staff", staff.id, EVERYTHING)


def ask(
    session: Session, actor: Actor, code: str = "purchases", form: str = "csv", **conditions: str
) -> Export:
    row = ask_export(session, actor, list_code=code, conditions=conditions, form=form, language="en")
    session.flush()
    return row


def made(session: Session, row: Export) -> Export:
    while row.state != "done":
        write(session, str(row.id))
    tidy(session, str(row.id))
    return row


def content(session: Session, actor: Actor, row: Export) -> bytes:
    return b"".join(export_bytes(session, actor, export_id=row.id)[1])


def lines(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def told(session: Session) -> list[str]:
    asked = select(AuditEntry.verb).where(AuditEntry.verb.like("export.%")).order_by(AuditEntry.number)
    return list(session.scalars(asked))


def many_purchases(session: Session, count: int) -> None:
    """So many purchases of one member, a second apart, as plain rows."""
    session.execute(
        text("""
            insert into purchase (tenant_id, member_id, id, key, occurred_at, booked_at, amount, merchant_id, kind,
                segments, reason)
            select p.tenant_id, p.member_id,
                (lpad(to_hex(1700000000000 + n * 1000), 12, '0') || '70008000000000000000')::uuid,
                gen_random_uuid(), to_timestamp(1700000000 + n), now(), n, p.merchant_id, 1, 0, '{}'
            from (select * from purchase where tenant_id = :tenant limit 1) p, generate_series(1, :count) n
        """),
        {"tenant": session.info["tenant_id"], "count": count},
    )


def test_a_csv_has_every_row_and_its_own_digest(session: Session, alla: Actor) -> None:
    row = made(session, ask(session, alla))
    data = content(session, alla, row)
    assert (row.digest, row.size) == (sha256(data).digest(), len(data))
    header, *rest = lines(data)
    assert header[:3] == ["When", "Member", "Where"]
    assert len(rest) == row.rows == row.total > 0
    assert told(session) == ["export.ask", "export.download"]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "export.download")).one()
    assert entry.after == {
        "list": "purchases", "conditions": {}, "form": "csv", "rows": row.rows, "of_members": True,
    }  # fmt: skip


def test_an_xlsx_has_the_same_cells_with_numbers_as_numbers(session: Session, alla: Actor) -> None:
    row = made(session, ask(session, alla, form="xlsx"))
    book = load_workbook(io.BytesIO(content(session, alla, row)))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    texts = lines(content(session, alla, made(session, ask(session, alla))))
    assert list(rows[0]) == texts[0]
    assert len(rows) == len(texts)
    assert [f"{one[5]:.2f}" for one in rows[1:]] == [one[5] for one in texts[1:]]
    assert [one[0].isoformat(" ", "seconds") for one in rows[1:]] == [one[0] for one in texts[1:]]


def test_members_are_as_masked_as_the_list(session: Session, alla: Actor) -> None:
    data = content(session, alla, made(session, ask(session, alla, "all_members"))).decode()
    assert "И••• К•••" in data
    assert "Ковалёва" not in data


def test_members_can_be_found_in_other_lists_by_their_short_number(session: Session, alla: Actor) -> None:
    header, *members = lines(content(session, alla, made(session, ask(session, alla, "all_members"))))
    purchases = lines(content(session, alla, made(session, ask(session, alla))))
    assert header[:2] == ["Name", "Member"]
    known = {line[1] for line in members}
    assert {line[purchases[0].index("Member")] for line in purchases[1:]} <= known
    assert all(len(number) == len("••\u00a0b1024dc8") for number in known)


def test_a_csv_in_russian_opens_in_columns_in_a_russian_spreadsheet(session: Session, alla: Actor) -> None:
    row = ask_export(session, alla, list_code="purchases", conditions={}, form="csv", language="ru")
    session.flush()
    text = content(session, alla, made(session, row)).decode("utf-8-sig")
    header, *rest = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    english = lines(content(session, alla, made(session, ask(session, alla))))[1:]
    assert (header[0], len(rest)) == ("Когда", len(english))
    assert [line[5] for line in rest] == [line[5].replace(".", ",") for line in english]
    assert all("," in line[5] for line in rest)


def test_a_workbooks_phones_are_as_on_the_page_and_its_columns_wide_enough(
    session: Session, alla: Actor
) -> None:
    data = content(session, alla, made(session, ask(session, alla, "all_members", form="xlsx")))
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    phones = [line[2].value for line in sheet.iter_rows(min_row=2) if line[2].value]
    assert phones
    assert all(phone.startswith("+7") for phone in phones)
    assert {one.width for one in sheet.column_dimensions.values()} == {22}


def test_only_what_the_conditions_let_through_is_in_it(session: Session, alla: Actor) -> None:
    none = made(session, ask(session, alla, since="2090-01-01", until="2090-01-02", nonsense="x"))
    assert none.conditions == {"since": "2090-01-01", "until": "2090-01-02"}
    assert lines(content(session, alla, none))[1:] == []
    assert none.rows == 0


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_fifty_thousand_rows_come_in_parts_and_in_order(
    session: Session, alla: Actor, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_purchases(session, 50_000)
    largest = []
    kept = places.keep
    monkeypatch.setattr(places, "keep", lambda *args: (largest.append(len(args[-1])), kept(*args))[1])
    row, jobs_done = ask(session, alla, form=form), 0
    while row.state != "done":
        write(session, str(row.id))
        jobs_done += 1
    assert jobs_done == 3  # of 20 000 rows each
    assert row.rows == row.total > 50_000
    assert max(largest) < 4 << 20  # what is in memory at once
    data = content(session, alla, row)
    if form == "csv":
        sums = [line[5] for line in lines(data)[1:]]
    else:
        sheet = load_workbook(io.BytesIO(data), read_only=True).worksheets[0]
        sums = [f"{line[5]:.2f}" for line in sheet.iter_rows(min_row=2, values_only=True)]
    assert sums[-50_000:] == [f"{n / 100:.2f}" for n in range(50_000, 0, -1)]


def test_work_that_is_cut_short_and_done_again_makes_the_same_file(
    session: Session, alla: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ROWS_PER_PART", 2)
    monkeypatch.setattr(jobs, "PARTS_PER_JOB", 1)
    many_purchases(session, 9)
    whole = content(session, alla, made(session, ask(session, alla)))
    row, cut = ask(session, alla), 0
    while row.state != "done":
        point = session.begin_nested()
        write(session, str(row.id))  # its files are written, and the transaction is lost
        session.flush()
        point.rollback()
        session.refresh(row)
        write(session, str(row.id))
        session.flush()
        cut += 1
    assert cut > 4
    assert content(session, alla, row) == whole
    write(session, str(row.id))  # once more: nothing
    assert content(session, alla, row) == whole
    tidy(session, str(row.id))
    names = {path.name.partition(".")[0] for path in folder(row).iterdir()}
    assert names == {"block"}


def folder(row: Export) -> Path:
    return places.folder_of(row.tenant_id, row.id)


def test_nothing_lies_there_unsealed(session: Session, alla: Actor) -> None:
    row = made(session, ask(session, alla, "all_members"))
    for path in folder(row).iterdir():
        kept = path.read_bytes()
        for data in (kept[start:] for start in range(64)):
            with pytest.raises(zlib.error):
                zlib.decompress(data)


def test_the_same_file_is_not_made_twice_at_once_and_three_at_most(session: Session, alla: Actor) -> None:
    first = ask(session, alla)
    assert ask(session, alla).id == first.id
    ask(session, alla, form="xlsx")
    ask(session, alla, "all_members")
    with pytest.raises(Refusal, match="exports_too_many"):
        ask(session, alla, "cards")
    assert len(exports_of(session, alla.id)) == 3
    assert told(session) == ["export.ask"] * 3


@pytest.mark.parametrize("missing", [Permission.DESK_LIST_EXPORT, Permission.DESK_PURCHASE_READ])
def test_both_rights_are_asked_for_and_again_at_the_download(
    session: Session, alla: Actor, missing: Permission
) -> None:
    row = made(session, ask(session, alla))
    less = Actor("staff", alla.id, EVERYTHING - {missing})
    with pytest.raises(Forbidden):
        ask(session, less)
    with pytest.raises(Forbidden):
        export_bytes(session, less, export_id=row.id)
    assert told(session) == ["export.ask"]


def test_nobody_else_finds_it(session: Session, alla: Actor) -> None:
    row, boris = made(session, ask(session, alla)), person(session, "boris")
    for act in (export_bytes, remove_export):
        with pytest.raises(NotFound, match="export_unknown"):
            act(session, boris, export_id=row.id)
    assert exports_of(session, boris.id) == []


def test_it_cannot_be_had_before_it_is_done(session: Session, alla: Actor) -> None:
    row = ask(session, alla)
    with pytest.raises(Conflict, match="export_not_done"):
        export_bytes(session, alla, export_id=row.id)


def test_what_was_removed_meanwhile_is_not_written_on(session: Session, alla: Actor) -> None:
    row = ask(session, alla)
    number, place = str(row.id), folder(row)
    remove_export(session, alla, export_id=row.id)
    session.flush()
    write(session, number)
    assert not place.exists()
    assert exports_of(session, alla.id) == []
    assert told(session) == ["export.ask", "export.remove"]


def test_who_removes_a_file_does_not_wait_for_its_writing(
    live_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(None) as outside:
        tenant = open_tenant(outside, slug="exports", hosts=[]).id
    with db.transaction(tenant) as session:
        furnish(session, "avacha", clock.now())
        alla = person(session, "alla")
        number = ask(session, alla, "all_members").id
    kept, place = places.keep, places.folder_of(tenant, number)

    def removed(*written: Any) -> None:
        if written[2] == "block":
            with db.transaction(tenant) as other:
                other.execute(text("set local lock_timeout = '5s'"))
                remove_export(other, alla, export_id=number)
        kept(*written)

    monkeypatch.setattr(places, "keep", removed)
    with db.transaction(tenant) as session:
        write(session, str(number))
    with db.transaction(tenant) as session:
        assert session.scalars(select(Export)).all() == []
        assert told(session) == ["export.ask", "export.remove"]
    assert not place.exists()


def test_it_is_removed_after_seven_days(session: Session, alla: Actor) -> None:
    row = made(session, ask(session, alla))
    place = folder(row)
    with clock.stopped(clock.now() + timedelta(days=6)):
        expire(session)
        assert place.exists()
    with clock.stopped(clock.now() + timedelta(days=8)):
        assert exports_of(session, alla.id) == []
        expire(session)
        session.flush()
    assert not place.exists()
    assert session.scalars(select(Export)).all() == []


EVIL = ["=1+1", "+7", "-cmd", "@SUM(A1)", "\t=1", "<b>&\"'", "x\x00\x1fy\ud800", "я" * 40_000, None, -5]


def read(parts: list[bytes]) -> Callable[[int], bytes]:
    return lambda number: parts[number - 1]


def test_no_cell_of_a_csv_is_a_formula() -> None:
    data = b"".join(composed("csv", "en", ["=h"], "t", [1], read([written("csv", "en", [EVIL])])))
    header, cells = lines(data)
    assert header == ["'=h"]
    assert cells[:6] == ["'=1+1", "'+7", "'-cmd", "'@SUM(A1)", "'\t=1", "<b>&\"'"]
    assert cells[8:] == ["", "-5"]


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    data = b"".join(
        composed("xlsx", "en", ["=h"], "a/b:[c]'\"<" + "x" * 40, [1], read([written("xlsx", "en", [EVIL])]))
    )
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    cells = list(sheet.iter_rows())[1]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n"}
    assert [cell.value for cell in cells[:6]] == ["=1+1", "+7", "-cmd", "@SUM(A1)", "\t=1", "<b>&\"'"]
    assert [cell.quotePrefix or False for cell in cells[:6]] == [True] * 5 + [
        False
    ]  # texts, also once edited
    assert len(cells[7].value) == 32_767
    assert [cell.value for cell in cells[8:]] == [None, -5]
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")


def test_more_rows_than_a_sheet_has_begin_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coalition.reports.exports.writing.PARTS_PER_SHEET", 2)
    parts = [written("xlsx", "en", [[number]]) for number in range(5)]
    book = load_workbook(io.BytesIO(b"".join(composed("xlsx", "en", ["h"], "T", range(1, 6), read(parts)))))
    found = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]
    assert found == [["h", 0, 1], ["h", 2, 3], ["h", 4]]
    assert book.sheetnames == ["T", "T 2", "T 3"]
