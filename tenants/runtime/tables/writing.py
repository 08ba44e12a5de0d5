"""Tables that leave the house: no cell of theirs is run as a formula by the spreadsheet that opens them."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def neutralise(cell: object) -> str:
    """The cell as text that no spreadsheet runs: an apostrophe before what would start a formula.

    Whole numbers stay numbers, so a sum of kopecks below zero is still a sum. The danger and the remedy are
    OWASP's "CSV injection".
    """
    if cell is None:
        return ""
    if isinstance(cell, int):
        return str(cell)
    text = str(cell).replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) and not _is_number(text) else text


def write_csv(
    stream: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]], *, delimiter: str = ","
) -> int:
    """Write the rows with every cell neutralised; returns how many there were. Open the stream with newline=""."""
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow([neutralise(name) for name in header])
    count = 0
    for count, row in enumerate(rows, start=1):
        writer.writerow([neutralise(cell) for cell in row])
    return count


def _is_number(text: str) -> bool:
    digits = text[1:] if text[:1] == "-" else text
    whole, _, fraction = digits.replace(",", ".").partition(".")
    return (
        whole.isascii()
        and whole.isdigit()
        and (fraction == "" or (fraction.isascii() and fraction.isdigit()))
    )
