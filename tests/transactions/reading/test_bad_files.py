"""A file that is not what the profile says is refused, with a code and a line; nothing else is ever raised."""

import gzip
import zipfile
from io import BytesIO

import pytest
from openpyxl import Workbook

from tenants.runtime.tables import containers

TRAILER = {"trailer": {"prefix": "T", "count": {"place": 2}, "total": {"place": 3}}}


def _sheet(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _with_part(xlsx: bytes, name: str, change) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(xlsx)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part.filename)
            new.writestr(part.filename, change(data) if part.filename == name else data)
    return out.getvalue()


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\r\n", b"   \n", gzip.compress(b"", mtime=0)])
def test_an_empty_file(refused, data):
    assert refused(data).code == "file_empty"


def test_a_header_alone_is_a_day_without_operations(read_all, header):
    assert read_all(header).lines == []


def test_half_a_line_at_the_end_means_half_a_file(refused, read_all, header, good):
    assert (
        refused(header + good + "2026-10-01,tok").code,
        refused(header + good + "2026").facts["line"],
    ) == (
        "file_cut",
        3,
    )
    assert refused(header + good + '2026-10-01,tok,10.00,RUB,"sho').code == "file_cut"
    assert len(read_all(header + good + good.strip()).lines) == 2


def test_a_missing_trailer_means_half_a_file(refused, read_all, header, good):
    assert read_all(header + good + "T,1,10.00\r\n\r\n", **TRAILER).column("amount") == [1000]
    found = refused(header + good, **TRAILER)
    assert (found.code, found.facts["line"]) == ("trailer_missing", 2)


@pytest.mark.parametrize(
    ("trailer", "what"),
    [
        ("T,2,10.00", "count"),
        ("T,one,10.00", "count"),
        ("T,1,10.01", "total"),
        ("T,1,NaN", "total"),
        ("T,1", "total"),
    ],
)
def test_a_trailer_that_does_not_add_up(refused, header, good, trailer, what):
    found = refused(f"{header}{good}{trailer}\n", **TRAILER)
    assert (found.code, found.facts["line"], found.facts["what"]) == ("totals_differ", 3, what)


def test_totals_count_rejected_lines_and_may_be_net(read_all, header, good):
    data = (
        header
        + good
        + "2026-10-01,tok1,-4.00,RUB,s\n2026-10-01,,1.00,RUB,s\n2026-10-01,a,NaN,RUB,s\nT,4,7.00\n"
    )
    assert len(read_all(data, **TRAILER).rejects) == 2
    net = {"trailer": TRAILER["trailer"] | {"total_of": "net"}}
    assert len(read_all(data, **net).lines) == 2


def test_a_missing_header_record(refused, header, good):
    assert refused(header + good, header={"prefix": "H"}).code == "header_missing"


def test_a_missing_column_is_named(refused):
    found = refused("date,card,amount,currency\n2026-10-01,a,1.00,RUB\n")
    assert (found.code, found.facts["column"], found.facts["line"]) == ("column_missing", "merchant", 1)


def test_a_column_that_is_there_twice(refused):
    assert refused("date,card,amount,currency,merchant,card\n").code == "column_repeated"


def test_too_many_columns(refused):
    assert refused(",".join(f"c{i}" for i in range(1001)) + "\n1\n").code == "too_many_columns"


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ("cp1251", "utf-8"),
        ("cp866", "utf-8"),
        ("utf-8", "cp1251"),
        ("utf-8-sig", "cp1251"),
        ("cp866", "cp1251"),
        ("utf-8", "cp866"),
        ("cp1251", "cp866"),
        ("utf-16", "utf-8"),
        ("utf-16", "cp1251"),
    ],
)
def test_another_encoding_than_declared(refused, header, written, declared):
    lines = "".join(f"2026-10-01,tok{i},10.00,RUB,Пекарня на горке\n" for i in range(5))
    found = refused((header + lines).encode(written), encoding=declared)
    assert found.code == "wrong_encoding"
    assert found.facts["line"] in (1, 2)


def test_a_byte_order_mark_is_no_part_of_the_first_name(read_all, header, good):
    assert len(read_all(b"\xef\xbb\xbf" + (header + good).encode()).lines) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866"])
def test_russian_in_the_declared_encoding(read_all, header, encoding):
    line = "2026-10-01,tok,10.00,RUB,«Ёж» № 5 — пекарня\n"
    if encoding == "cp866":
        line = "2026-10-01,tok,10.00,RUB,Ёж № 5 пекарня\n"
    found = read_all((header + line * 30).encode(encoding), encoding=encoding)
    assert found.column("merchant") == [line.strip().split(",")[-1]] * 30


def test_a_file_of_another_profile(refused, header):
    found = refused(header + "01/10/2026,tok,10.00,RUB,s\n" * 30)
    assert (found.code, found.facts) == (
        "wrong_profile",
        {"line": 2, "reason": "bad_date", "rejected": 30, "lines": 30},
    )


def test_a_file_of_which_nothing_can_be_read_is_not_read_to_its_end(refused, header):
    found = refused(header + "01/10/2026,tok,10.00,RUB,s\n" * 300_000)
    assert (found.code, 10_000 <= found.facts["lines"] < 300_000) == ("wrong_profile", True)


def test_a_container_that_the_profile_does_not_allow(refused, header, good):
    assert (
        refused(gzip.compress((header + good).encode()), containers=["plain"]).code == "container_not_allowed"
    )
    assert refused(_sheet([["date"]]), containers=["plain"]).code == "container_not_allowed"


def test_gzip_that_is_cut_or_damaged(refused, header, good):
    packed = gzip.compress((header + good * 1000).encode())
    assert refused(packed[:-20]).code == "file_cut"
    assert refused(b"\x1f\x8b" + b"rubbish" * 20).code == "file_damaged"
    assert refused(packed[:-8] + b"\0" * 8).code == "file_damaged"


def test_a_gzip_bomb(refused):
    bomb = gzip.compress(b"2026-10-01,tok,10.00,RUB,s\n" * 4_000_000, 9)
    assert refused(bomb).code in {"file_too_large", "column_missing"}
    header = gzip.compress(b"date,card,amount,currency,merchant\n")
    found = refused(header + bomb)
    assert found.code == "file_too_large"
    assert found.facts["unpacked"] < 2 * containers.RATIO_GRACE_BYTES


def test_a_line_without_end(refused, header):
    assert refused(header.encode() + b"x" * (25 << 20)).code == "line_too_long"


def test_a_zip_that_is_no_xlsx(refused):
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("data.csv", "date,card\n")
    assert refused(out.getvalue()).code == "file_not_xlsx"
    assert refused(b"PK\x03\x04rubbish").code == "file_damaged"
    assert refused(b"\xd0\xcf\x11\xe0" + b"\0" * 100).code == "file_not_xlsx"


def test_an_xlsx_bomb_is_known_by_its_directory(refused):
    def grow(data: bytes) -> bytes:
        return data + b" " * (80 << 20)

    found = refused(_with_part(_sheet([["date"]]), "xl/worksheets/sheet1.xml", grow))
    assert (found.code, found.facts["unpacked"] > 80 << 20) == ("file_too_large", True)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_an_xlsx_with_an_external_entity(refused, tmp_path, part):
    secret = tmp_path / "secret"
    secret.write_text("not to be read")
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()

    def poison(data: bytes) -> bytes:
        return data.replace(b"?>", b"?>" + doctype, 1) if b"?>" in data else doctype + data

    xlsx = _with_part(_sheet([["date", "card", "amount", "currency", "merchant"]]), part, poison)
    found = refused(xlsx)
    assert (found.code, "not to be read" in str(found)) == ("file_unsafe_xml", False)


def test_an_xlsx_with_a_broken_part(refused):
    sheet = _sheet([["date", "card", "amount", "currency", "merchant"]])
    assert refused(_with_part(sheet, "xl/workbook.xml", lambda _: b"<a")).code == "file_damaged"
    assert (
        refused(_with_part(sheet, "xl/worksheets/sheet1.xml", lambda data: data[:-30])).code == "file_damaged"
    )
    assert refused(sheet[:-50]).code == "file_damaged"


def test_a_sheet_wider_than_any_table(refused):
    assert refused(_sheet([["date"], [None] * 1200 + ["x"]])).code == "too_many_columns"
