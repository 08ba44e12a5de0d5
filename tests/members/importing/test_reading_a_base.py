"""A client base is read row by row: who can be enrolled, and why the others cannot."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from coalition.members.importing import BaseMapping, BaseRow, read_base
from coalition.members.person import Person
from tenants.runtime import clock
from tenants.runtime.errors import Refusal
from tenants.runtime.tables.rows import BaseReject

MAPPING: dict[str, Any] = {
    "name": ["surname", "name"],
    "phone": "phone",
    "email": "email",
    "born_on": "born",
    "cards": "cards",
    "segments": "segments",
    "account_opened_on": "opened",
    "region": "RU",
    "date_formats": ["%d.%m.%Y", "%Y-%m-%d"],
}
HEADER = "surname,name,phone,email,born,cards,segments,opened\n"


def _read(data: str | bytes, **changes: Any) -> list[BaseRow | BaseReject]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        stream = BytesIO(data.encode() if isinstance(data, str) else data)
        return list(read_base(stream, BaseMapping.model_validate(MAPPING | changes), token_key=b"k" * 32))


def _reasons(data: str, **changes: Any) -> list[tuple[int, str, str]]:
    return [(r.line_no, r.code, r.column) for r in _read(data, **changes) if isinstance(r, BaseReject)]


def test_a_row_becomes_a_client_in_normal_form():
    row = "  Зимина ,Анна  Ивановна,8 (945) 000-12-34,Anna@Example.COM,01.02.1990,tok1|tok2;tok1,Payroll,2023-11-22\n"
    assert _read(HEADER + row) == [
        BaseRow(
            2,
            Person("Зимина Анна Ивановна", "+79450001234", "anna@example.com", date(1990, 2, 1)),
            ("tok1", "tok2"),
            ("payroll",),
            date(2023, 11, 22),
        )
    ]


def test_the_day_of_joining_is_read_where_the_mapping_names_its_column() -> None:
    header = HEADER.replace("opened", "opened,since")
    rows = _read(header + "A,B,,,,t,,,05.01.2026\nC,D,,,,u,,,\nE,F,,,,v,,,31.02.2026\n", joined_on="since")
    assert [row.joined_on for row in rows if isinstance(row, BaseRow)] == [date(2026, 1, 5), None]
    assert [(row.line_no, row.code, row.column) for row in rows if isinstance(row, BaseReject)] == [
        (4, "bad_date", "since")
    ]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("A,B,12,,,t,,", "bad_phone", "phone"),
        (f"A,B,,,,t,ok|{'s' * 33},", "bad_segment", "segments"),
        (f"A,B,,,,t,{'İ' * 17},", "bad_segment", "segments"),
        ("A,B,,,,t,a\0b,", "nul_byte", "segments"),
        ("A,B,phone,,,t,,", "bad_phone", "phone"),
        ("A,B,,a@b,,t,,", "bad_email", "email"),
        ("A,B,,a b@example.com,,t,,", "bad_email", "email"),
        ("A,B,,,31.02.1990,t,,", "bad_date", "born"),
        ("A,B,,,9999-01-01,t,,", "bad_date", "born"),
        ("A,B,,,,t,,2026-11-25", "bad_date", "opened"),
        (" , ,,,,t,,", "bad_name", "surname"),
        (f"{'x' * 201},B,,,,t,,", "bad_name", "surname"),
        ("A,B,,,,,,", "no_handle", "phone"),
        ("A,B,,,,t", "cell_count", ""),
        ('A,"B,,,,t,,', "broken_quotes", ""),
        ("A,B\0,,,,t,,", "nul_byte", "name"),
        (f"A,B,,,,{'t' * 129},,", "cell_too_long", "cards"),
        (f"A,{'B' * (1 << 20)},,,,t,,", "cell_too_long", ""),
        ("A,B,,,,4111 1111 1111 1111,,", "card_number", "cards"),
        ("A,4111111111111111,,,,t,,", "card_number", "name"),
    ],
)
def test_a_row_that_is_unfit_is_told_with_its_reason(row, code, column):
    good = "A,B,,,,tok,,\n"
    found = _read(HEADER + row + "\n" + good)
    assert [(r.line_no, r.code) for r in found if isinstance(r, BaseReject)] == [(2, code)]
    assert found[0].column == column
    assert isinstance(found[1], BaseRow)
    assert found[1].line_no == 3
    assert "411111111111" not in repr(found).replace(" ", "")
    assert len(found[0].excerpt) <= 80


def test_full_card_numbers_become_tokens_where_the_mapping_says_so():
    found = _read(HEADER + "A,B,,,,4111 1111 1111 1111|4111-1111-1111-1111,,\nA,B,,,,123,,\n", tokenise=True)
    assert isinstance(found[0], BaseRow)
    assert found[0].cards == ("68461c4333f0d6ffc13ab17a895ccb61",)
    assert isinstance(found[1], BaseReject)
    assert found[1].code == "bad_card_number"


def test_a_sheet_is_read_like_a_text():
    book = Workbook()
    book.active.append(HEADER.strip().split(","))
    book.active.append(["A", "=1+1", 79450001234, None, date(1990, 2, 1), "tok", None, None])
    out = BytesIO()
    book.save(out)
    found = _read(out.getvalue())
    assert [r.line_no for r in found] == [2]


def test_an_encoding_and_a_delimiter_of_its_own():
    data = (HEADER + "Ёлкин,Пётр,,,,tok,,\n").replace(",", ";").encode("cp1251")
    (found,) = _read(data, encoding="cp1251", delimiter=";")
    assert isinstance(found, BaseRow)
    assert found.person.name == "Ёлкин Пётр"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "file_empty"),
        ("\n\n", "file_empty"),
        ("surname,name\n", "column_missing"),
        (HEADER.replace("email", "phone"), "column_repeated"),
        ("\x1f", "column_missing"),
        (b"\x1f\x8brubbish rubbish", "file_damaged"),
        (b"\xff\xfes\0u\0", "wrong_encoding"),
    ],
)
def test_a_file_that_is_no_base_is_refused(data, code):
    with pytest.raises(Refusal) as caught:
        _read(data)
    assert caught.value.code == code


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=20), st.sampled_from([b",", b"\n", b'"', b"\0", b"tok"]))).map(
        b"".join
    )
)
def test_any_bytes_are_read_or_refused(data):
    try:
        found = _read(HEADER.encode() + data)
    except Refusal:
        return
    assert len({row.line_no for row in found}) == len(found)
