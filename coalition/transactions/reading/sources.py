"""A file's way to cells: its control records and header row taken off, its columns found, block after block."""

import csv
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from coalition.transactions.profiles import Column, ControlRecord, Delimited, FixedWidth, Profile
from coalition.transactions.reading.batch import Cells
from coalition.transactions.reading.rows import CELL_CHARS_MAX, DelimitedRows, FixedRows, Lines
from tenants.runtime.errors import Refusal
from tenants.runtime.tables import (
    Block,
    Blocks,
    Bytes,
    Container,
    checked_start,
    container_of,
    excerpt,
    open_plain,
    xlsx_rows,
)
from tenants.runtime.tables.containers import COLUMNS_MAX

SHEET_ROWS = 20_000


class Control:
    """A header or trailer record that was met: its text, or its cells."""

    def __init__(self, record: ControlRecord, line: int, cells: list[str]) -> None:
        self.record = record
        self.line = line
        self._cells = cells

    def cell(self, column: Column) -> str:
        """The text of one of its cells; empty when the record is too short."""
        if column.start is not None:
            assert column.width is not None, column
            return "".join(self._cells)[column.start - 1 : column.start - 1 + column.width].strip()
        assert column.place is not None, column
        return self._cells[column.place - 1].strip() if column.place <= len(self._cells) else ""


class Source:
    """One file being read by one profile. `places` and `controls` are filled while `cells()` is iterated."""

    def __init__(self, stream: BinaryIO, profile: Profile) -> None:
        self.profile = profile
        self.places: dict[str, int] = {}
        self.controls: list[Control] = []
        self._stream = stream

    def cells(self) -> Iterator[Cells]:
        """Blocks of cells in the file's order."""
        container = container_of(self._stream)
        if container not in self.profile.containers:
            raise Refusal("container_not_allowed", line=1, container=container.value)
        if container is Container.XLSX:
            return self._sheet()
        return self._text(open_plain(self._stream, container))

    def _text(self, stream: Bytes) -> Iterator[Cells]:
        blocks = Blocks(stream)
        rows: DelimitedRows | FixedRows | None = None
        for block in blocks:
            if rows is None:
                block = self._without_header(checked_start(block, self.profile.encoding))
                rows = self._rows
            if block.last:
                block = self._without_trailer(block)
            cells, rest = rows.part(block)
            if rest:
                blocks.give_back(rest)
            yield cells
        if rows is None:
            raise Refusal("file_empty", line=1)

    def _without_header(self, block: Block) -> Block:
        if not block.data.strip():
            raise Refusal("file_empty", line=1)
        profile = self.profile
        if profile.header:
            text, block = self._first_line(block)
            self._control(profile.header, block.first_line - 1, text, "header_missing")
        if isinstance(profile.layout, FixedWidth):
            columns = profile.columns()
            spans = [(c.start - 1, c.start - 1 + c.width) for c in columns.values() if c.start and c.width]
            self.places = {key: place for place, key in enumerate(columns)}
            self._rows: DelimitedRows | FixedRows = FixedRows(profile.layout, profile.encoding, spans)
            return block
        names: list[str] = []
        if profile.layout.header_row:
            text, block = self._first_line(block)
            names = self._split(text)
        count = self._locate(profile.layout, names, block.first_line - 1)
        self._rows = DelimitedRows(profile.layout, profile.encoding, count, list(self.places.values()))
        return block

    def _without_trailer(self, block: Block) -> Block:
        if not self.profile.trailer:
            return block
        data = block.data.rstrip(b"\r\n")
        at = data.rfind(b"\n") + 1
        line = block.first_line + data.count(b"\n")
        text = data[at:].decode(self.profile.encoding, "replace").removesuffix("\r")
        self._control(self.profile.trailer, line, text, "trailer_missing")
        return block._replace(data=block.data[:at])

    def _control(self, record: ControlRecord, line: int, text: str, missing: str) -> None:
        cells = [text] if isinstance(self.profile.layout, FixedWidth) else self._split(text)
        if not text or not cells[0].startswith(record.prefix):
            raise Refusal(missing, line=line, prefix=record.prefix)
        self.controls.append(Control(record, line, cells))

    def _first_line(self, block: Block) -> tuple[str, Block]:
        raw, end, rest = block.data.partition(b"\n")
        if not end and not block.last:
            raise Refusal("line_too_long", line=block.first_line)
        text = raw.decode(self.profile.encoding, "replace").removesuffix("\r")
        return text, Block(rest, block.first_line + 1, block.last)

    def _split(self, text: str) -> list[str]:
        layout = self.profile.layout
        assert isinstance(layout, Delimited), layout
        if not layout.quote:
            return text.split(layout.delimiter)
        reader = csv.reader([text], delimiter=layout.delimiter, quotechar=layout.quote)
        try:
            return next(reader, [])
        except csv.Error:
            return text.split(layout.delimiter)

    def _locate(self, layout: Delimited, names: list[str], line: int) -> int:
        """Find every column's place; returns how many cells a line has."""
        count = len(names) if layout.header_row else layout.cells or 0
        if count > COLUMNS_MAX:
            raise Refusal("too_many_columns", line=line, columns=count, most=COLUMNS_MAX)
        known = [name.strip().casefold() for name in names]
        for key, column in self.profile.columns().items():
            if column.place is not None:
                place = column.place - 1
            else:
                name = (column.name or "").strip().casefold()
                if known.count(name) > 1:
                    raise Refusal("column_repeated", line=line, column=column.label)
                place = known.index(name) if name in known else count
            if place >= count:
                found = ", ".join(excerpt(name) for name in names[:20])
                raise Refusal("column_missing", line=line, column=column.label, found=excerpt(found))
            self.places[key] = place
        return count

    def _sheet(self) -> Iterator[Cells]:
        layout = self.profile.layout
        assert isinstance(layout, Delimited), layout
        date_format, _, time_format = self.profile.dates.formats[0].partition(" ")
        texts = xlsx_rows(self._stream, date_format=date_format, time_format=time_format)
        rows = ((number, row) for number, row in enumerate(texts, 1) if any(row))
        if self.profile.header:
            self._row_control(self.profile.header, next(rows, None), "header_missing")
        names: list[str] = []
        line = 1
        if layout.header_row:
            line, names = next(rows, (1, []))
            if not names:
                raise Refusal("file_empty", line=1)
            while names and not names[-1]:
                names.pop()
        count = self._locate(layout, names, line)
        held: list[tuple[int, list[str]]] = []
        while some := list(islice(rows, SHEET_ROWS)):
            held += some
            yield self._sheet_cells(held[:-1], count)
            held = held[-1:]
        if self.profile.trailer:
            self._row_control(self.profile.trailer, held[0] if held else None, "trailer_missing")
        else:
            yield self._sheet_cells(held, count)

    def _row_control(self, record: ControlRecord, row: tuple[int, list[str]] | None, missing: str) -> None:
        if row is None or not row[1][0].startswith(record.prefix):
            raise Refusal(missing, line=row[0] if row else 1, prefix=record.prefix)
        self.controls.append(Control(record, row[0], row[1]))

    def _sheet_cells(self, rows: list[tuple[int, list[str]]], count: int) -> Cells:
        found = Lines()
        for number, row in rows:
            if any(row[count:]):
                found.reject(number, "cell_count", " | ".join(row))
                continue
            cells = (row + [""] * count)[:count]
            if any("\0" in cell for cell in cells):
                found.reject(number, "nul_byte", " | ".join(cells))
            elif max(map(len, cells)) > CELL_CHARS_MAX:
                found.reject(number, "cell_too_long", " | ".join(cells))
            else:
                found.add(number, cells)
        return found.cells(list(self.places.values()), count, whole=True)
