"""Tables with a heading: rows by the names of their columns, and the rows that are none, with reasons."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from tenants.runtime.errors import Refusal
from tenants.runtime.tables.blocks import Blocks, checked_start
from tenants.runtime.tables.containers import Container, container_of, open_plain, xlsx_rows
from tenants.runtime.tables.pan import excerpt
from tenants.runtime.tables.texts import encoding_of

CELL_CHARS_MAX = 10_000
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class BaseReject:
    """A row that cannot be taken; the excerpt never holds a card number."""

    line_no: int
    code: str
    column: str
    excerpt: str


class TableRow(NamedTuple):
    """A row by the names of its columns, without regard to their case."""

    line_no: int
    cells: dict[str, str]


def table_rows(
    stream: BinaryIO,
    columns: Sequence[str],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    date_format: str = "%Y-%m-%d",
) -> Iterator[TableRow | BaseReject]:
    """Rows of a CSV (plain or gzip) or XLSX file in its order; a row is one line, so cells hold no line ends.

    `columns` have to be there; without a delimiter it is the one that the header has most of, and without an
    encoding UTF-8 or CP1251, whichever it is. Raises Refusal for a file that is no such table at all.
    """
    container = container_of(stream)
    if container is Container.XLSX:
        rows = _sheet_rows(stream, date_format)
    else:
        rows = _text_rows(stream, container, delimiter, encoding)
    header = next((row for row in rows if not isinstance(row, BaseReject)), None)
    if header is None:
        raise Refusal("file_empty", line=1)
    line, names = header
    known = [name.strip().casefold() for name in names]
    for column in columns:
        if known.count(column.strip().casefold()) != 1:
            code = "column_repeated" if column.strip().casefold() in known else "column_missing"
            raise Refusal(code, line=line, column=column, found=excerpt(", ".join(names)))
    for row in rows:
        if isinstance(row, BaseReject):
            yield row
            continue
        number, cells = row
        if len(cells) == len(known):
            yield TableRow(number, dict(zip(known, cells, strict=True)))
        else:
            yield BaseReject(number, "cell_count", "", excerpt((delimiter or _DELIMITERS[0]).join(cells)))


def _text_rows(
    stream: BinaryIO, container: Container, delimiter: str | None, declared: str | None
) -> Iterator[tuple[int, list[str]] | BaseReject]:
    encoding = declared or encoding_of(stream, container)
    for block in Blocks(open_plain(stream, container)):
        data = block.data
        if block.first_line == 1:
            data = checked_start(block, declared).data if declared else data.removeprefix(b"\xef\xbb\xbf")
        for number, raw in enumerate(data.split(b"\n"), block.first_line):
            if not raw.strip():
                continue
            try:
                text = raw.decode(encoding).removesuffix("\r")
                delimiter = delimiter or max(_DELIMITERS, key=text.count)
                cells = next(csv.reader([text], delimiter=delimiter, strict=True))
            except UnicodeDecodeError:
                yield BaseReject(number, "bad_encoding", "", excerpt(raw.decode(encoding, "replace")))
            except csv.Error:
                code = "cell_too_long" if len(raw) > CELL_CHARS_MAX else "broken_quotes"
                yield BaseReject(number, code, "", excerpt(raw.decode(encoding, "replace")))
            else:
                yield number, cells


def _sheet_rows(stream: BinaryIO, date_format: str) -> Iterator[tuple[int, list[str]] | BaseReject]:
    count = 0
    for number, cells in enumerate(xlsx_rows(stream, date_format=date_format), 1):
        if any(cells):
            while cells and not cells[-1]:
                cells.pop()
            count = count or len(cells)
            yield number, cells + [""] * (count - len(cells))
