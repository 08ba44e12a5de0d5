"""Every form a profile can declare is read to the same canonical lines."""

import gzip
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook
from pydantic import ValidationError

from coalition.promotions.kinds import OperationKind
from coalition.transactions.profiles import Profile


def test_a_line_becomes_its_canonical_columns(read_all, header):
    found = read_all(header + "2026-10-01 14:03:11,tok1,1234.50,EUR,  Corner shop \n")
    assert found.lines == [
        {
            "line_no": 2,
            "card": "tok1",
            "kind": OperationKind.PURCHASE,
            "amount": 123450,
            "currency": "EUR",
            "occurred_at": datetime(2026, 10, 1, 14, 3, 11, tzinfo=UTC),
            "mcc": None,
            "merchant": "Corner shop",
            "mid": None,
            "tid": None,
            "partner": None,
            "reference": None,
            "original_reference": None,
        }
    ]


def test_a_day_alone_is_the_start_of_that_day_in_the_zone(read_all, header):
    dates = {"at": {"name": "date"}, "formats": ["%Y-%m-%d"], "zone": "Asia/Kamchatka"}
    found = read_all(header + "2026-10-01,tok1,10.00,RUB,shop\n", dates=dates)
    assert found.column("occurred_at") == [datetime(2026, 9, 30, 12, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("2026-03-29 00:59:59", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        ("2026-03-29 02:00:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-07-01 12:00:00", datetime(2026, 7, 1, 11, 0, tzinfo=UTC)),
        ("2026-10-25 01:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),
    ],
)
def test_summer_time_is_followed_and_the_doubled_hour_is_the_first(read_all, header, wall, utc):
    dates = {"at": {"name": "date"}, "formats": ["%Y-%m-%d %H:%M:%S"], "zone": "Europe/London"}
    assert read_all(f"{header}{wall},t,1.00,GBP,s\n", dates=dates).column("occurred_at") == [utc]


def test_a_time_in_its_own_cell_joins_the_date(read_all):
    dates = {"at": {"name": "d"}, "time": {"name": "t"}, "formats": ["%d.%m.%y %H%M"], "zone": "UTC"}
    found = read_all(
        "d,t,card,amount\n01.10.26,1403,tok,5.00\n",
        dates=dates,
        amounts=[{"at": {"name": "amount"}}],
        merchant=None,
    )
    assert found.column("occurred_at") == [datetime(2026, 10, 1, 14, 3, tzinfo=UTC)]


def test_the_second_amount_stands_in_for_an_empty_first(read_all):
    found = read_all(
        "date,card,billed,bcur,orig,ocur\n2026-10-01,a,10.00,GBP,12.00,EUR\n2026-10-01,a,,GBP,12.00,EUR\n"
        "2026-10-01,a,,,12.00,\n",
        amounts=[
            {"at": {"name": "billed"}, "currency": {"name": "bcur"}},
            {"at": {"name": "orig"}, "currency": {"name": "ocur"}},
        ],
        merchant=None,
    )
    assert [(line["amount"], line["currency"]) for line in found.lines] == [
        (1000, "GBP"),
        (1200, "EUR"),
        (1200, "RUB"),
    ]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1500", "JPY", 1500),
        ("1500.00", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("1.2", "BHD", 1200),
        ("0.01", "rub", 1),
        ("+7.00", "643", 700),
        ("5", "810", 500),
        ("999999999999.99", "RUB", 99999999999999),
    ],
)
def test_amounts_follow_the_currency(read_all, header, text, currency, minor):
    assert read_all(f"{header}2026-10-01,a,{text},{currency},s\n").column("amount") == [minor]


@pytest.mark.parametrize(
    ("text", "minor"),
    [("1 234,56", 123456), ("1\u00a0234 567,8", 123456780), ("1234,5", 123450), ("−3,00", 300)],
)
def test_thousands_may_be_parted_by_spaces(read_all, text, minor):
    found = read_all(
        f"date;card;amount\n2026-10-01;a;{text}\n",
        layout={"form": "delimited", "delimiter": ";"},
        decimal_mark=",",
        thousands_mark=" ",
        amounts=[{"at": {"name": "amount"}}],
        merchant=None,
    )
    assert found.column("amount") == [minor]


def test_below_zero_is_a_refund_or_no_line_at_all(read_all, header):
    data = header + "2026-10-01,a,-10.00,RUB,s\n2026-10-01,a,10.00,RUB,s\n"
    found = read_all(data)
    assert [(line["kind"], line["amount"]) for line in found.lines] == [(6, 1000), (1, 1000)]
    assert read_all(data, kinds={"negative_is_refund": False}).reasons == [(2, "negative_amount")]


def test_kinds_come_from_their_cell_and_credits_are_refunds(read_all):
    found = read_all(
        "date,card,amount,type,dc\n2026-10-01,a,1.00,S,D\n2026-10-01,a,1.00,P,C\n2026-10-01,a,1.00,?,D\n",
        amounts=[{"at": {"name": "amount"}}],
        merchant=None,
        kinds={
            "at": {"name": "type"},
            "values": {"P": "PURCHASE", "S": "SERVICE"},
            "credit": {"name": "dc"},
            "credit_values": ["C"],
        },
    )
    assert found.column("kind") == [OperationKind.SERVICE, OperationKind.REFUND]
    assert found.reasons == [(4, "bad_kind")]


def test_the_lines_own_mcc_wins_then_the_merchant_then_the_category(read_all):
    found = read_all(
        "date,card,amount,mcc,merchant,cat\n"
        "2026-10-01,a,1.00,742,Coffee  HOUSE 7,Food\n"
        "2026-10-01,a,1.00,,Coffee  HOUSE 7,Food\n"
        "2026-10-01,a,1.00,,Grocer,Food\n"
        "2026-10-01,a,1.00,0000,Grocer,Other\n"
        "2026-10-01,a,1.00,A123,Grocer,Food\n",
        amounts=[{"at": {"name": "amount"}}],
        mcc={"name": "mcc"},
        categories={"at": {"name": "cat"}, "mcc": {"Food": "5411"}, "kind": {"Food": "SERVICE"}},
        merchants={"by_name": [{"pattern": "^coffee house", "mcc": "5814", "partner": "coffee"}]},
    )
    assert [(line["mcc"], line["partner"], line["kind"]) for line in found.lines] == [
        (742, "coffee", 2),
        (5814, "coffee", 2),
        (5411, None, 2),
        (None, None, 1),
    ]
    assert found.reasons == [(6, "bad_mcc")]


def test_skipped_lines_are_neither_lines_nor_rejects(read_all):
    found = read_all(
        "date,card,amount,status\n2026-10-01,a,1.00,OK\nrubbish,,NaN,DECLINED\n",
        amounts=[{"at": {"name": "amount"}}],
        merchant=None,
        skip=[{"at": {"name": "status"}, "values": ["DECLINED"]}],
    )
    assert (len(found.lines), found.rejects, found.skipped) == (1, [], 1)


FIXED = {
    "layout": {"form": "fixed"},
    "containers": ["plain", "gzip"],
    "encoding": "cp866",
    "decimal_mark": "implied",
    "card": {"start": 9, "width": 6},
    "dates": {"at": {"start": 1, "width": 8}, "formats": ["%Y%m%d"], "zone": "UTC"},
    "amounts": [{"at": {"start": 15, "width": 8}}],
    "merchant": {"start": 23, "width": 10},
    "header": {"prefix": "HDR"},
    "trailer": {"prefix": "TRL", "count": {"start": 4, "width": 6}, "total": {"start": 10, "width": 12}},
}


def test_fixed_width_in_cp866_with_control_totals(read_all, refused):
    text = "HDR20261001\r\n20261001tok1  00012345ПЕКАРНЯ   \r\n20261002tok2  00000100ТАКСИ\r\nTRL000002000000012445\r\n"
    found = read_all(text.encode("cp866"), **FIXED)
    assert [(line["card"], line["amount"], line["merchant"], line["line_no"]) for line in found.lines] == [
        ("tok1", 12345, "ПЕКАРНЯ", 2),
        ("tok2", 100, "ТАКСИ", 3),
    ]
    wrong = refused(text.replace("012445", "012446").encode("cp866"), **FIXED)
    assert (wrong.code, wrong.facts["line"], wrong.facts["what"]) == ("totals_differ", 4, "total")


def test_gzip_and_xlsx_are_read_by_the_same_profile(read_all, header):
    book = Workbook()
    sheet = book.active
    sheet.append(header.strip().split(","))
    sheet.append([datetime.fromisoformat("2026-10-01 14:03:11"), "tok1", 1999.99, "RUB", "shop"])
    sheet.append([date(2026, 10, 2), "tok2", -10, "RUB", None])
    sheet.append([])
    sheet.append(["2026-10-03", "tok3", "0.10", "RUB", "=1+1"])
    xlsx = BytesIO()
    book.save(xlsx)
    text = (
        header + "2026-10-01 14:03:11,tok1,1999.99,RUB,shop\n2026-10-02 00:00:00,tok2,-10,RUB,\n"
        "2026-10-03,tok3,0.10,RUB,\n"
    )
    as_text, as_gzip = read_all(text), read_all(gzip.compress(text.encode()))
    as_xlsx = read_all(xlsx.getvalue())
    assert as_gzip.lines == as_text.lines
    assert as_xlsx.column("line_no") == [2, 3, 5]
    for name in ("card", "amount", "kind", "occurred_at", "currency"):
        assert as_xlsx.column(name) == as_text.column(name)


def test_header_trailer_and_names_in_a_sheet(read_all, refused):
    rows = [
        ["H", "bank"],
        ["date", "card", "amount"],
        ["2026-10-01", "a", 1.5],
        ["2026-10-01", "b", 2],
        ["T", 2, 3.5],
    ]

    def book(rows: list[list[object]]) -> bytes:
        made = Workbook()
        for row in rows:
            made.active.append(row)
        out = BytesIO()
        made.save(out)
        return out.getvalue()

    form = {
        "header": {"prefix": "H"},
        "trailer": {"prefix": "T", "count": {"place": 2}, "total": {"place": 3}},
        "amounts": [{"at": {"name": "amount"}}],
        "merchant": None,
    }
    assert read_all(book(rows), **form).column("amount") == [150, 200]
    assert refused(book(rows[:-1]), **form).code == "trailer_missing"
    assert refused(book([*rows[:-1], ["T", 2, 3.6]]), **form).code == "totals_differ"


def test_full_card_numbers_become_the_same_token_however_written(read_all, header):
    rows = ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "tok9", "4111111111111112"]
    data = header + "".join(f"2026-10-01,{card},1.00,RUB,s\n" for card in rows)
    found = read_all(data, card={"name": "card", "tokenise": True})
    tokens = found.column("card")
    assert tokens[0] == tokens[1] == tokens[2] != tokens[3] == "tok9"
    assert tokens[0] == "68461c4333f0d6ffc13ab17a895ccb61"
    assert found.reasons == [(6, "bad_card_number")]
    assert "4111" not in repr(found)


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"currency": "roubles"},
        {"dates": {"at": {"name": "d"}, "formats": ["%d/%m"], "zone": "UTC"}},
        {"dates": {"at": {"name": "d"}, "formats": ["%Y-%m-%d"], "zone": "Kamchatka"}},
        {"card": {"name": "card", "place": 1}},
        {"card": {"start": 1, "width": 4}},
        {"layout": {"form": "delimited", "header_row": False, "cells": 3}},
        {"layout": {"form": "fixed"}},
        {"decimal_mark": ",", "thousands_mark": ","},
        {"merchants": {"by_name": [{"pattern": "(", "partner": "x"}]}},
        {"kinds": {"values": {"P": "PURCHES"}}},
        {"trailer": {"prefix": "T", "count": {"name": "count"}}},
    ],
)
def test_a_profile_that_cannot_work_is_refused_when_it_is_written(change):
    plain = {
        "name": "p",
        "card": {"name": "card"},
        "dates": {"at": {"name": "d"}, "formats": ["%Y-%m-%d"], "zone": "UTC"},
        "amounts": [{"at": {"name": "a"}}],
        "currency": "RUB",
    }
    Profile.model_validate(plain)
    with pytest.raises(ValidationError):
        Profile.model_validate(plain | change)
