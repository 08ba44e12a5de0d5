"""Cells that leave are harmless, card numbers are known and masked."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.runtime.tables import excerpt, has_card_number, may_have_card_number, neutralise, write_csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "|x"]
)
def test_what_a_spreadsheet_would_run_is_made_text(text):
    assert neutralise(text) == f"'{text}"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (-500, "-500"),
        ("-5.00", "-5.00"),
        ("-5,00", "-5,00"),
        (None, ""),
        ("Зимина", "Зимина"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_numbers_and_words_stay_as_they_are(cell, written):
    assert neutralise(cell) == written


def test_a_table_is_written_with_every_cell_neutralised():
    out = StringIO(newline="")
    assert write_csv(out, ["=name", "sum"], [["=HYPERLINK(1)", -1], ['a,"b"', None]], delimiter=";") == 2
    assert list(csv.reader(StringIO(out.getvalue(), newline=""), delimiter=";")) == [
        ["'=name", "sum"],
        ["'=HYPERLINK(1)", "-1"],
        ['a,"b"', ""],
    ]


@given(st.text())
def test_no_text_starts_a_formula_once_neutralised(text):
    assert not neutralise(text).lstrip(" ").startswith(("=", "+", "@", "\t", "\r"))


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "2200 0000 0000 0004 12/29",
        "№ 4111111111111111",
        "4222222222222",
        "12 4111 1111 1111 1111",
    ],
)
def test_a_card_number_is_found_and_masked(text):
    assert has_card_number(text)
    assert may_have_card_number(text.encode())
    assert "1111111" not in excerpt(text).replace(" ", "").replace("-", "")


@pytest.mark.parametrize(
    "text",
    [
        "411111111111111",
        "4111111111111112",
        "************1111",
        "4111  1111  1111  1111",
        "ab4111111111111111",
        "",
    ],
)
def test_other_digits_are_no_card_number(text):
    assert not has_card_number(text)


@given(st.text(alphabet="0123456789 -x,", max_size=60))
def test_the_quick_look_never_misses(text):
    assert may_have_card_number(text.encode()) or not has_card_number(text)


@given(st.text())
def test_an_excerpt_is_short_and_printable_on_one_line(text):
    assert len(excerpt(text)) <= 80
    assert "\n" not in excerpt(text)
