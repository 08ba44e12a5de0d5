"""Lines become cells: delimited text, fixed widths, spreadsheet rows; all end as the same `Cells`.

A block of tidy delimited text is parted by Arrow's parser, or with quotes by Python's; any other goes line by
line, which costs some microseconds a line and gives every oddity a reason. All three part a tidy line alike.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from coalition.transactions.profiles import Delimited, FixedWidth
from coalition.transactions.reading.batch import Cells, Reject
from tenants.runtime.errors import Refusal
from tenants.runtime.tables import Block, excerpt, may_have_card_number

CELL_CHARS_MAX = 64 << 10
RECORD_LINES_MAX = 100
"""A quoted cell over more lines than that is an unclosed quote."""


@dataclass(slots=True)
class Lines:
    """Rows collected one by one, to become columns together."""

    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def add(self, number: int, row: list[str]) -> None:
        self.numbers.append(number)
        self.rows.append(row)

    def reject(self, number: int, code: str, text: str) -> None:
        self.rejects.append(Reject(number, code, "", excerpt(text)))

    def cells(self, wanted: Sequence[int], count: int, whole: bool) -> Cells:
        """As columns: those wanted, or all of them."""
        places = range(count) if whole else wanted
        columns = list(zip(*self.rows, strict=True)) or [()] * count
        arrays = {place: pa.array(columns[place], pa.string()) for place in places}
        return Cells(np.array(self.numbers, np.int64), arrays, self.rejects, whole)


class DelimitedRows:
    """Parts blocks of delimited text into `count` cells a line."""

    def __init__(self, layout: Delimited, encoding: str, count: int, wanted: Sequence[int]) -> None:
        self._layout = layout
        self._encoding = encoding
        self._count = count
        self._wanted = sorted(set(wanted))
        self._quote = (layout.quote or "").encode()
        self._delimiter = layout.delimiter

    def part(self, block: Block) -> tuple[Cells, bytes]:
        """The block's cells, and the lines of a record that goes on in the next block."""
        whole = may_have_card_number(block.data)
        text = _decoded(block.data, self._encoding) if _is_tidy(block.data) else None
        if text is not None:
            if not self._quote or self._quote not in block.data:
                return self._fast(text.encode(), block, whole), b""
            rows = self._one_row_per_line(text)
            if rows:
                numbers = list(range(block.first_line, block.first_line + len(rows)))
                return Lines(rows, numbers).cells(self._wanted, self._count, whole), b""
        return self._careful(block, whole)

    def _one_row_per_line(self, text: str) -> list[list[str]] | None:
        """The rows of quoted text if every line is one whole row."""
        lines = text.removesuffix("\n").split("\n")
        reader = csv.reader(lines, delimiter=self._delimiter, quotechar=self._layout.quote, strict=True)
        try:
            rows = list(reader)
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) and all(len(row) == self._count for row in rows) else None

    def _fast(self, data: bytes, block: Block, whole: bool) -> Cells:
        broken: list[tuple[int, str]] = []

        def skip(row: arrow_csv.InvalidRow) -> str:
            broken.append((block.first_line + row.number - 1, row.text))
            return "skip"

        places = range(self._count) if whole else self._wanted
        names = [str(place) for place in range(self._count)]
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            arrow_csv.ParseOptions(
                delimiter=self._delimiter,
                quote_char=False,
                invalid_row_handler=skip,
                ignore_empty_lines=False,
            ),
            arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(place) for place in places],
                strings_can_be_null=False,
            ),
        )
        self._refuse_cut(block, [line for line, _ in broken])
        numbers = block.first_line + np.arange(len(table) + len(broken), dtype=np.int64)
        numbers = np.delete(numbers, [line - block.first_line for line, _ in broken])
        rejects = [Reject(line, "cell_count", "", excerpt(text)) for line, text in broken]
        return Cells(numbers, {place: _joined(table[str(place)]) for place in places}, rejects, whole)

    def _careful(self, block: Block, whole: bool) -> tuple[Cells, bytes]:
        lines = block.data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        found = Lines()
        at = 0
        while at < len(lines):
            used = self._record(lines, at, block, found)
            if not used:
                break
            at += used
        self._refuse_cut(block, [reject.line_no for reject in found.rejects[-1:]])
        rest = b"\n".join([*lines[at:], b""]) if at < len(lines) else b""
        return found.cells(self._wanted, self._count, whole), rest

    def _record(self, lines: list[bytes], at: int, block: Block, found: Lines) -> int:
        """Read the record that begins at a line; how many lines it took (0: it needs the next block)."""
        number = block.first_line + at
        text = _decoded(lines[at], self._encoding)
        if text is None:
            found.reject(number, "bad_encoding", lines[at].decode(self._encoding, "replace"))
            return 1
        text = text.removesuffix("\r")
        if not text:
            return 1
        cells: list[str] | None
        if self._quote and self._quote in lines[at]:
            cells, used = self._quoted(lines, at, block.last)
            if not used:
                return 0
        else:
            cells, used = text.split(self._delimiter), 1
        if b"\0" in lines[at] or (cells and any("\0" in cell for cell in cells)):
            found.reject(number, "nul_byte", text)
        elif len(text) > CELL_CHARS_MAX and (cells is None or max(map(len, cells)) > CELL_CHARS_MAX):
            found.reject(number, "cell_too_long", text)
        elif cells is None:
            found.reject(number, "broken_quotes", text)
            return 1
        elif len(cells) != self._count:
            # A stray quote may have swallowed sound lines: only the first is lost, the rest is read again.
            found.reject(number, "cell_count", text)
            return 1
        else:
            found.add(number, cells)
        return used

    def _quoted(self, lines: list[bytes], at: int, last: bool) -> tuple[list[str] | None, int]:
        ran_out = False

        def texts() -> Iterator[str]:
            nonlocal ran_out
            for number in range(at, min(at + RECORD_LINES_MAX, len(lines))):
                yield lines[number].decode(self._encoding).removesuffix("\r") + "\n"
            ran_out = at + RECORD_LINES_MAX > len(lines)

        reader = csv.reader(texts(), delimiter=self._delimiter, quotechar=self._layout.quote, strict=True)
        try:
            return next(reader), reader.line_num
        except (csv.Error, UnicodeDecodeError, StopIteration):
            return None, 0 if ran_out and not last else 1

    def _refuse_cut(self, block: Block, rejected: list[int]) -> None:
        """A last line that neither ends nor has all its cells is where the file was cut."""
        final = block.first_line + block.data.count(b"\n")
        if block.last and not block.data.endswith(b"\n") and final in rejected:
            raise Refusal("file_cut", line=final)


def _is_tidy(data: bytes) -> bool:
    """Lines of sane length, none blank, all ended alike, no NUL, and no mark that Arrow would take for its own."""
    if not data or b"\0" in data or data.startswith(b"\xef\xbb\xbf"):
        return False
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1, append=len(data) if not data.endswith(b"\n") else [])
    returns = data.count(b"\r\n") if b"\r" in data else 0
    if b"\r" in data and (returns != len(ends) or data.count(b"\r") != returns):
        return False
    return bool(lengths.min() > 1 + bool(returns) and lengths.max() <= CELL_CHARS_MAX)


class FixedRows:
    """Parts lines at character positions: the columns asked for, and what stands between them."""

    def __init__(self, layout: FixedWidth, encoding: str, wanted: Sequence[tuple[int, int]]) -> None:
        self._width = layout.width
        self._encoding = encoding
        self._wanted = list(wanted)
        self._least = layout.width or max(start for start, _ in wanted) + 1
        edges = sorted({0, *(edge for piece in wanted for edge in piece)})
        self._gaps = [
            (start, stop)
            for start, stop in zip(edges, [*edges[1:], None], strict=True)
            if not any(first <= start < end for first, end in wanted)
        ]

    def part(self, block: Block) -> tuple[Cells, bytes]:
        """The block's cells; a line is a record, so nothing is ever left for the next block."""
        whole = may_have_card_number(block.data)
        found = Lines()
        for number, raw in enumerate(block.data.split(b"\n"), block.first_line):
            text = _decoded(raw, self._encoding)
            if text is None:
                found.reject(number, "bad_encoding", raw.decode(self._encoding, "replace"))
                continue
            text = text.removesuffix("\r")
            if not text:
                continue
            if "\0" in text:
                found.reject(number, "nul_byte", text)
            elif len(text) < self._least or (self._width and len(text) != self._width):
                if block.last and number == block.first_line + block.data.count(b"\n"):
                    raise Refusal("file_cut", line=number)
                found.reject(number, "line_length", text)
            elif len(text) > CELL_CHARS_MAX:
                found.reject(number, "cell_too_long", text)
            else:
                found.add(number, [text])
        lines = pa.array([row[0] for row in found.rows], pa.string())
        pieces = self._wanted + (self._gaps if whole else [])
        columns = {
            place: pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(lines, start, stop))
            for place, (start, stop) in enumerate(pieces)
        }
        return Cells(np.array(found.numbers, np.int64), columns, found.rejects, whole), b""


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _joined(column: pa.ChunkedArray) -> pa.StringArray:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
