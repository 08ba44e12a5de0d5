"""For any lines, in any form, what was written is read; for any bytes, nothing but a Refusal is raised."""

import csv
import gzip
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from string import ascii_letters, digits
from zipfile import ZipFile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tenants.runtime.errors import Refusal

MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# What both single-byte encodings can say, with everything that is special to a table.
TEXT = "абвгдежзиклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗ" + ascii_letters + digits + " ,;|\t\"'=+-@.№"

EARLY = datetime(1991, 1, 1, tzinfo=UTC)

lines = st.lists(
    st.tuples(
        st.integers(0, 1_100_000_000).map(lambda seconds: EARLY + timedelta(seconds=seconds)),
        st.text(ascii_letters, min_size=1, max_size=20),
        st.integers(1, 10**13).flatmap(lambda minor: st.sampled_from([minor, -minor])),
        st.text(TEXT + "\n", max_size=40),
    ),
    max_size=30,
)


def _amount(minor: int, mark: str) -> str:
    whole, cents = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole}{mark}{cents:02}"


def _wrap(data: bytes, packed: bool) -> bytes:
    return gzip.compress(data, 1) if packed else data


@MANY
@given(
    lines=lines,
    delimiter=st.sampled_from(",;|\t"),
    encoding=st.sampled_from(["utf-8", "cp1251", "cp866"]),
    mark=st.sampled_from(".,"),
    end=st.sampled_from(["\n", "\r\n"]),
    quote_all=st.booleans(),
    packed=st.booleans(),
)
def test_delimited_lines_come_back_as_they_were(
    read_all, lines, delimiter, encoding, mark, end, quote_all, packed
):
    out = StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["date", "card", "amount", "currency", "merchant"])
    for at, card, minor, merchant in lines:
        writer.writerow([f"{at:%Y-%m-%d %H:%M:%S}", card, _amount(minor, mark), "RUB", merchant])
    total = sum(minor for _, _, minor, _ in lines)
    writer.writerow(["TRL", len(lines), _amount(total, mark)])
    try:
        found = read_all(
            _wrap(out.getvalue().encode(encoding), packed),
            layout={"form": "delimited", "delimiter": delimiter},
            encoding=encoding,
            decimal_mark=mark,
            trailer={"prefix": "TRL", "count": {"place": 2}, "total": {"place": 3}},
        )
    except Refusal as refusal:
        # Random letters may be more like Russian in the other encoding.
        if refusal.code != "wrong_encoding":
            raise
        return
    kept = [line for number, line in enumerate(lines) if not _looks_like_card(line[3])]
    assert len(found.lines) + len(found.rejects) == len(lines)
    assert {code for _, code in found.reasons} <= {"card_number"}
    if len(kept) == len(lines):
        assert [(row["card"], row["amount"], row["kind"]) for row in found.lines] == [
            (card, abs(minor), 6 if minor < 0 else 1) for _, card, minor, _ in lines
        ]
        assert found.column("occurred_at") == [line[0] for line in lines]
        assert found.column("merchant") == [line[3].strip() for line in lines]


def _looks_like_card(text: str) -> bool:
    return sum(char in digits for char in text) >= 13


@MANY
@given(lines=lines, encoding=st.sampled_from(["utf-8", "cp1251", "cp866"]), packed=st.booleans())
def test_fixed_width_lines_come_back_as_they_were(read_all, lines, encoding, packed):
    rows = []
    for at, card, minor, merchant in lines:
        name = merchant.replace("\n", " ").replace("\t", " ")
        rows.append(f"{at:%Y%m%d%H%M%S}{card:20}{abs(minor):014}{'C' if minor < 0 else 'D'}{name:40}\n")
    try:
        found = read_all(
            _wrap("".join(rows).encode(encoding), packed),
            containers=["plain", "gzip"],
            layout={"form": "fixed", "width": 89},
            encoding=encoding,
            decimal_mark="implied",
            dates={"at": {"start": 1, "width": 14}, "formats": ["%Y%m%d%H%M%S"], "zone": "UTC"},
            card={"start": 15, "width": 20},
            amounts=[{"at": {"start": 35, "width": 14}}],
            kinds={"credit": {"start": 49, "width": 1}, "credit_values": ["C"]},
            merchant={"start": 50, "width": 40},
        )
    except Refusal as refusal:
        if refusal.code != ("wrong_encoding" if lines else "file_empty"):
            raise
        return
    assert {code for _, code in found.reasons} <= {"card_number"}
    out = {number for number, _ in found.reasons}
    left = [line for number, line in enumerate(lines, 1) if number not in out]
    assert [(row["card"], row["amount"], row["kind"]) for row in found.lines] == [
        (card, abs(minor), 6 if minor < 0 else 1) for _, card, minor, _ in left
    ]
    assert found.column("occurred_at") == [line[0] for line in left]


HEADER = b"date,card,amount,currency,merchant\n"
SHREDS = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from(
            [b",", b"\n", b"\r\n", b'"', b"\0", b"\r", b"2026-10-01", b"tok,1.00,RUB,s\n", b"1e400", b"T,"]
        ),
    ),
    max_size=40,
).map(b"".join)
FORMS = [
    {},
    {"encoding": "cp1251", "layout": {"form": "delimited", "delimiter": ";", "header_row": False, "cells": 3},
     "card": {"place": 1}, "dates": {"at": {"place": 2}, "formats": ["%d.%m.%Y"], "zone": "Europe/London"},
     "amounts": [{"at": {"place": 3}}], "merchant": None},
    {"trailer": {"prefix": "T", "count": {"place": 2}}, "header": {"prefix": ""}},
    {"layout": {"form": "fixed"}, "containers": ["plain", "gzip"], "card": {"start": 11, "width": 4, "tokenise": True},
     "dates": {"at": {"start": 1, "width": 10}, "formats": ["%Y-%m-%d"], "zone": "UTC"},
     "amounts": [{"at": {"start": 15, "width": 5}}], "merchant": None, "decimal_mark": "implied"},
]  # fmt: skip


@MANY
@given(
    data=SHREDS,
    start=st.sampled_from([b"", HEADER, b"x\n" + HEADER, b"\x1f\x8b\x08\0", b"PK\x03\x04"]),
    form=st.sampled_from(FORMS),
    packed=st.booleans(),
)
def test_any_bytes_are_read_or_refused(read_all, data, start, form, packed):
    try:
        found = read_all(_wrap(start + data, packed), **form)
    except Refusal:
        return
    numbers = [row["line_no"] for row in found.lines] + [reject.line_no for reject in found.rejects]
    assert len(set(numbers)) == len(numbers)
    assert all(row["amount"] > 0 and row["card"] for row in found.lines)


def _book() -> bytes:
    made = Workbook()
    made.active.append(HEADER.decode().strip().split(","))
    for number in range(1, 20):
        made.active.append(["2026-10-01", "tok", number, "RUB", "=1+1"])
    out = BytesIO()
    made.save(out)
    return out.getvalue()


BOOK = _book()
with ZipFile(BytesIO(BOOK)) as opened:
    PARTS = {name: opened.read(name) for name in opened.namelist()}
SPLINTERS = [
    b"9999999999",
    b"&#0;",
    b"<v>",
    b' t="s"',
    b' t="d"',
    b' s="9"',
    b"1e999",
    b"NaN",
    b"_x0000_",
    b"/",
    b'"',
]


@MANY
@given(cuts=st.lists(st.tuples(st.integers(0, len(BOOK) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_spreadsheet_with_flipped_bytes_is_read_or_refused(read_all, cuts):
    data = bytearray(BOOK)
    for at, byte in cuts:
        data[at] = byte
    try:
        found = read_all(bytes(data))
    except Refusal:
        return
    assert len(found.lines) + len(found.rejects) <= 19


@MANY
@given(
    part=st.sampled_from(sorted(PARTS)),
    cuts=st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 30), st.sampled_from(SPLINTERS)),
        min_size=1,
        max_size=4,
    ),
)
def test_a_spreadsheet_with_splinters_in_its_xml_is_read_or_refused(read_all, part, cuts):
    text = PARTS[part]
    for at, length, splinter in cuts:
        at %= max(len(text), 1)
        text = text[:at] + splinter + text[at + length :]
    out = BytesIO()
    with ZipFile(out, "w") as made:
        for name, data in PARTS.items():
            made.writestr(name, text if name == part else data)
    try:
        found = read_all(out.getvalue())
    except Refusal:
        return
    assert all(row["amount"] > 0 for row in found.lines)


@MANY
@given(data=SHREDS)
def test_the_quick_way_and_the_careful_way_part_lines_alike(read_all, data):
    """A quoted cell far behind makes the same lines go the careful way."""
    tidy = (
        HEADER
        + b"\n".join(line for line in data.replace(b'"', b"").split(b"\n") if line.strip(b"\r"))
        + b"\n"
    )
    careful = tidy + b'2026-10-01,tok,1.00,RUB,"two\nlines"\n'
    try:
        one, other = read_all(tidy), read_all(careful)
    except Refusal:
        return
    assert other.lines[:-1] == one.lines
    assert other.rejects == one.rejects
