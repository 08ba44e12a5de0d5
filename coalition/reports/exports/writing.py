"""How rows become a file: CSV, or XLSX as the few parts of a workbook that a table needs. Pure.

A workbook is written here and not by a library, because those write it to an open file; this one goes from sealed
parts into sealed blocks. No cell is ever run as a formula: in a CSV no text begins like one, in a workbook such a text
is marked as a text that stays one when somebody edits it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from coalition.reports.lists import base
from coalition.reports.lists.base import Value
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.tables import neutralise

FORMS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
PARTS_PER_SHEET = 200
"""With 5 000 rows each: a sheet has room for 1 048 576."""
Reader = Callable[[int], bytes]
Plain = str | int | Decimal | datetime | date | None

_CELL_MOST = 32_767
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's days have no zone
_STAMP = (1980, 1, 1, 0, 0, 0)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MOMENT, _DAY, _HEADING, _QUOTED = 1, 2, 3, 4
_WIDTH = 22
"""In characters: a moment, a masked name and a phone have room."""
_FONT = '<sz val="11"/><name val="Calibri"/>'
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    f'<fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5">'
    '<xf xfId="0"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/>'
    '<xf xfId="0" numFmtId="165" applyNumberFormat="1"/>'
    '<xf xfId="0" fontId="1" applyFont="1"/><xf xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def plain(value: Value, w: Words) -> Plain:
    """What a file has of a value: numbers as numbers, moments on the programme's clock, texts as texts."""
    match value:
        case base.Money(minor):
            return Decimal(minor).scaleb(-w.exponent)
        case base.Points(units):
            return Decimal(units).scaleb(-w.scale)
        case base.State(text):
            return text
        case base.Member():
            return value.told
        case base.Return(_member, _number, at):
            return plain(at, w)
        case datetime():
            return value.astimezone(clock.zone(w.zone)).replace(tzinfo=None, microsecond=0)
    return value


def written(form: str, language: str, rows: Iterable[Sequence[Plain]]) -> bytes:
    """Rows as a part of a file of that form, as spreadsheets in that language read it."""
    if form == "xlsx":
        return "".join(_row(row) for row in rows).encode()
    stream = io.StringIO(newline="")
    russian = language == "ru"
    writer = csv.writer(stream, delimiter=";" if russian else ",")
    writer.writerows([_text(cell, "," if russian else ".") for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8", "replace")


def composed(
    form: str, language: str, header: Sequence[str], title: str, parts: Sequence[int], read: Reader
) -> Iterator[bytes]:
    """The whole file, piece by piece, of its parts' numbers and what reads them."""
    if form == "xlsx":
        yield from _workbook(header, title, parts, read)
        return
    yield b"\xef\xbb\xbf" + written(
        "csv", language, [header]
    )  # by the mark a spreadsheet knows that it is UTF-8
    for number in parts:
        yield read(number)


def _text(cell: Plain, point: str) -> str:
    match cell:
        case datetime():
            return cell.isoformat(" ", "seconds")
        case date():
            return cell.isoformat()
        case Decimal():
            return format(cell, "f").replace(".", point)
    return neutralise(cell)


def _row(row: Sequence[Plain], style: int = 0) -> str:
    return f"<row>{''.join(_cell(cell, style) for cell in row)}</row>"


def _cell(cell: Plain, style: int) -> str:
    match cell:
        case None:
            return "<c/>"
        case datetime():
            passed = cell - _EPOCH
            return f'<c s="{_MOMENT}"><v>{passed.days + Decimal(passed.seconds) / 86_400:.10f}</v></c>'
        case date():
            return f'<c s="{_DAY}"><v>{(cell - _EPOCH.date()).days}</v></c>'
        case int():
            return f"<c><v>{cell}</v></c>"
        case Decimal():
            return f"<c><v>{cell:f}</v></c>"
    style = style or (_QUOTED if neutralise(cell) != cell else 0)
    text = escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", cell)[:_CELL_MOST])
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


class _Sink:
    """Takes what a ZIP file writes until it is taken away."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Keep it."""
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing is behind it."""

    def taken(self) -> bytes:
        """All that was written since the last time."""
        found = bytes(self._waiting)
        self._waiting.clear()
        return found


def _workbook(header: Sequence[str], title: str, parts: Sequence[int], read: Reader) -> Iterator[bytes]:
    sink = _Sink()
    sheets = [parts[start : start + PARTS_PER_SHEET] for start in range(0, len(parts), PARTS_PER_SHEET)] or [
        ()
    ]
    with ZipFile(sink, "w", ZIP_DEFLATED) as book:  # type: ignore[call-overload]
        for name, text in _around(title, len(sheets)):
            book.writestr(_entry(name), text)
            yield sink.taken()
        for number, sheet in enumerate(sheets, 1):
            with book.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w") as stream:
                stream.write(
                    f'{_HEAD}<worksheet xmlns="{_MAIN}">{_widths(header)}<sheetData>{_row(header, _HEADING)}'.encode()
                )
                for one in sheet:
                    stream.write(read(one))
                    yield sink.taken()
                stream.write(b"</sheetData></worksheet>")
            yield sink.taken()
    yield sink.taken()


def _widths(header: Sequence[str]) -> str:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{max(_WIDTH, len(title) + 2)}" customWidth="1"/>'
        for n, title in enumerate(header, 1)
    )
    return f"<cols>{columns}</cols>"


def _entry(name: str) -> ZipInfo:
    found = ZipInfo(name, _STAMP)
    found.compress_type = ZIP_DEFLATED
    return found


def _around(title: str, sheets: int) -> Iterator[tuple[str, str]]:
    """All of the workbook but its sheets."""
    numbers = range(1, sheets + 1)
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    content = (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>'
    )
    yield "[Content_Types].xml", content
    link = f'<Relationship Id="r0" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    yield "_rels/.rels", _relations(link)
    names = "".join(
        f'<sheet name="{escape(_sheet_name(title, n), {chr(34): "&quot;"})}" sheetId="{n}" r:id="r{n}"/>'
        for n in numbers
    )
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    styles = f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    yield "xl/_rels/workbook.xml.rels", _relations(links + styles)
    yield "xl/styles.xml", _STYLES


def _relations(links: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _sheet_name(title: str, number: int) -> str:
    """At most 31 characters, without those that no sheet may have."""
    clean = re.sub(r"[\[\]:*?/\\']", " ", title)[:25]
    return clean if number == 1 else f"{clean} {number}"
