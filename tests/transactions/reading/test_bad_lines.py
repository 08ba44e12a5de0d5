"""A line that cannot be read is rejected with its number, a reason and a harmless piece; its neighbours stay."""

import pytest

from tenants.runtime.tables.blocks import BLOCK_BYTES

PAN = "4111111111111111"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2026-10-01,tok,NaN,RUB,s", "bad_amount"),
        ("2026-10-01,tok,1e400,RUB,s", "bad_amount"),
        ("2026-10-01,tok,inf,RUB,s", "bad_amount"),
        ("2026-10-01,tok,,RUB,s", "bad_amount"),
        ("2026-10-01,tok,1.001,RUB,s", "bad_amount"),
        ("2026-10-01,tok,1.230,RUB,s", "bad_amount"),
        ("2026-10-01,tok,0.5,JPY,s", "bad_amount"),
        ("2026-10-01,tok,1000000000000,RUB,s", "bad_amount"),
        ("2026-10-01,tok,10.,RUB,s", "bad_amount"),
        ("2026-10-01,tok,0x10,RUB,s", "bad_amount"),
        ("2026-10-01,tok,1 000.00,RUB,s", "bad_amount"),
        ("2026-10-01,tok,١٠,RUB,s", "bad_amount"),
        ("2026-10-01,tok,0.00,RUB,s", "zero_amount"),
        ("2026-10-01,tok,-0,RUB,s", "zero_amount"),
        ("9999-12-31,tok,1.00,RUB,s", "bad_date"),
        ("1989-12-30,tok,1.00,RUB,s", "bad_date"),
        ("2026-11-25,tok,1.00,RUB,s", "bad_date"),
        ("2026-02-29,tok,1.00,RUB,s", "bad_date"),
        ("2026-13-01,tok,1.00,RUB,s", "bad_date"),
        ("0000-00-00,tok,1.00,RUB,s", "bad_date"),
        ("2026-10-01 24:00:00,tok,1.00,RUB,s", "bad_date"),
        ("2026-10-1,tok,1.00,RUB,s", "bad_date"),
        (",tok,1.00,RUB,s", "bad_date"),
        ("2026-10-01,tok,1.00,RUR,s", "unknown_currency"),
        ("2026-10-01,tok,1.00,₽,s", "unknown_currency"),
        ("2026-10-01,,1.00,RUB,s", "card_missing"),
        ("2026-10-01,  ,1.00,RUB,s", "card_missing"),
        (f"2026-10-01,{'t' * 129},1.00,RUB,s", "cell_too_long"),
        (f"2026-10-01,tok,1.00,RUB,{'s' * 501}", "cell_too_long"),
        (f"2026-10-01,tok,1.00,RUB,{'s' * (1 << 20)}", "cell_too_long"),
        (f'2026-10-01,tok,1.00,RUB,"{"s" * (1 << 20)}"', "cell_too_long"),
        ("2026-10-01,tok,1.00,RUB,a\0b", "nul_byte"),
        ('2026-10-01,tok,1.00,RUB,"a\0b"', "nul_byte"),
        ("2026-10-01,tok,1.00,RUB", "cell_count"),
        ("2026-10-01,tok,1.00,RUB,s,", "cell_count"),
        ("   ", "cell_count"),
        ('2026-10-01,tok,1.00,RUB,"lone', "broken_quotes"),
        ('2026-10-01,tok,1.00,RUB,"a"b', "broken_quotes"),
        (f"2026-10-01,{PAN},1.00,RUB,s", "card_number"),
        (f"2026-10-01,tok,1.00,RUB,paid by {PAN} thanks", "card_number"),
        ("2026-10-01,tok,1.00,RUB,4111 1111 1111 1111 12/26", "card_number"),
        ("2026-10-01,tok,1.00,RUB,4111-1111-1111-1111", "card_number"),
        (f'2026-10-01,tok,1.00,RUB,"{PAN}, s"', "card_number"),
        (f"2026-10-01,tok,{PAN},RUB,s", "card_number"),
        (f"{PAN},tok,1.00,RUB,s", "bad_date"),
    ],
)
def test_the_line_is_out_with_its_reason_and_its_neighbours_stay(read_all, header, good, line, code):
    found = read_all(header + good + line + "\n" + good)
    assert found.reasons == [(3, code)]
    assert found.column("line_no") == [2, 4]
    assert len(found.rejects[0].excerpt) <= 80
    assert "411111111111" not in repr(found).replace(" ", "").replace("-", "")


def test_a_card_number_in_a_column_that_nobody_reads(read_all, good):
    header = "date,card,amount,currency,merchant,note\n"
    data = header + good.replace("shop", "shop,fine") + good.replace("shop", f"shop,{PAN}")
    found = read_all(data)
    assert (found.reasons, found.rejects[0].column, found.rejects[0].excerpt) == (
        [(3, "card_number")],
        "#6",
        "…1111",
    )


def test_digits_that_are_no_card_number(read_all, header):
    harmless = ["4111111111111112", "2" * 23, "123456789012", "tok4111111111111111", "4111 1111 1111 111x1"]
    data = header + "".join(f"2026-10-01,tok,1.00,RUB,{text}\n" for text in harmless)
    assert read_all(data).column("merchant") == harmless


def test_dates_of_fourteen_digits_are_dates(read_all):
    stamps = [f"20261001{hour:02}{minute:02}07" for hour in range(24) for minute in range(60)]
    found = read_all(
        "date,card,amount\n" + "".join(f"{stamp},tok,1.00\n" for stamp in stamps),
        dates={"at": {"name": "date"}, "formats": ["%Y%m%d%H%M%S"], "zone": "UTC"},
        amounts=[{"at": {"name": "amount"}}],
        merchant=None,
    )
    assert (len(found.lines), found.rejects) == (1440, [])


def test_bytes_that_are_no_text_spoil_one_line_only(read_all, header, good):
    found = read_all((header + good).encode() + b"2026-10-01,tok,1.00,RUB,\xff\xfe\n" + good.encode())
    assert (found.reasons, found.column("line_no")) == ([(3, "bad_encoding")], [2, 4])


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(read_all, header):
    found = read_all(header + '2026-10-01,tok,1.00,RUB,"a, ""b""\r\nc"\r\n2026-10-02,tok,2.00,RUB,plain\r\n')
    assert found.column("merchant") == ['a, "b"\nc', "plain"]
    assert found.column("line_no") == [2, 4]


def test_a_stray_quote_costs_its_own_line_only(read_all, header, good):
    found = read_all(
        header + '2026-10-01,tok,1.00,RUB,"stray\n' + good * 3 + '2026-10-01,tok,1.00,RUB,"x\n' + good
    )
    assert found.column("line_no") == [3, 4, 5, 7]
    assert found.reasons == [(2, "broken_quotes"), (6, "broken_quotes")]


def test_a_record_may_go_over_the_edge_of_a_block(read_all, header, good):
    filler = good * (BLOCK_BYTES // len(good) - 2)
    data = (
        header
        + filler
        + "".join(f'2026-10-01,tok,1.00,RUB,"over{"x" * 20}\nedge"\n' for _ in range(6))
        + good
    )
    found = read_all(data)
    assert found.rejects == []
    assert [line["merchant"] for line in found.lines[-7:]] == [f"over{'x' * 20}\nedge"] * 6 + ["shop"]
    assert found.lines[-1]["line_no"] == data.count("\n")


def test_blank_lines_are_no_lines(read_all, header, good):
    assert read_all(header + good + "\n\r\n" + good + "\n\n").column("line_no") == [2, 5]


def test_lines_that_end_like_on_no_system_we_know(read_all, header, good):
    found = read_all(header + good.strip() + "\r\r\n" + good)
    assert found.column("line_no") == [2, 3]


def test_formulas_are_kept_as_the_text_they_are(read_all, header):
    assert read_all(header + "2026-10-01,tok,1.00,RUB,=HYPERLINK(1)\n").column("merchant") == [
        "=HYPERLINK(1)"
    ]
