"""Opens plain, gzip and XLSX files by what their first bytes say, under limits that hold for any input.

A gzip file is read as a stream and stopped when it grows out of all proportion; an XLSX file is judged by its
directory before a part of it is unpacked (zipfile never gives more than the directory promised). XML goes
through defusedxml, which openpyxl uses when it is installed.
"""

import gzip
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from io import BufferedIOBase
from itertools import islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from tenants.runtime.errors import Refusal

BYTES_MAX = 16 << 30
"""The most a file may hold once unpacked."""
RATIO_MAX = 200
"""Unpacked to packed; honest card files stay below 60."""
RATIO_GRACE_BYTES = 64 << 20
"""Small files may be as repetitive as they like."""
XLSX_BYTES_MAX = 1 << 30
XLSX_STRINGS_BYTES_MAX = 64 << 20
"""The shared strings are the one part that has to be in memory whole."""
COLUMNS_MAX = 1000

_GZIP, _ZIP, _OLD_EXCEL = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_STRINGS = "xl/sharedStrings.xml"

_BROKEN = (
    *(zlib.error, zipfile.BadZipFile, InvalidFileException, ParseError, EOFError, OSError, OverflowError),
    *(KeyError, ValueError, IndexError, TypeError, AttributeError, NotImplementedError, RuntimeError),
)


class Container(StrEnum):
    """What the file is wrapped in."""

    PLAIN = "plain"
    GZIP = "gzip"
    XLSX = "xlsx"


def container_of(stream: BinaryIO) -> Container:
    """Name the container by the first bytes and rewind; refuses an empty file and the old binary Excel."""
    stream.seek(0)
    magic = stream.read(4)
    stream.seek(0)
    if not magic:
        raise Refusal("file_empty", line=1)
    if magic == _OLD_EXCEL:
        raise Refusal("file_not_xlsx", line=1)
    if magic == _ZIP:
        return Container.XLSX
    return Container.GZIP if magic.startswith(_GZIP) else Container.PLAIN


def open_plain(stream: BinaryIO, container: Container) -> "BinaryIO | Gunzip":
    """The bytes of a plain or gzip file, as something with `read(size)`."""
    return Gunzip(stream) if container is Container.GZIP else stream


class Gunzip:
    """Reads a gzip stream piece by piece and refuses a bomb, a cut file and a damaged one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._packed = stream
        self._plain: BufferedIOBase = gzip.GzipFile(fileobj=stream, mode="rb")
        self._size = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes; empty at the end."""
        try:
            data = self._plain.read(size)
        except EOFError:
            raise Refusal("file_cut") from None
        except (OSError, zlib.error):
            raise Refusal("file_damaged") from None
        self._size += len(data)
        packed = max(self._packed.tell(), 1)
        if self._size > BYTES_MAX or (self._size > RATIO_GRACE_BYTES and self._size > RATIO_MAX * packed):
            raise Refusal("file_too_large", unpacked=self._size, packed=packed)
        return data


def xlsx_rows(
    stream: BinaryIO, *, date_format: str = "%Y-%m-%d", time_format: str = ""
) -> Iterator[list[str]]:
    """The rows of the first sheet as text, row 1 first; dates are written in the formats given.

    A day without a time of day is written by `date_format` alone when `time_format` is given apart.
    """
    _refuse_bomb(stream)
    try:
        with warnings.catch_warnings(action="ignore"):
            book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
        if sheet.max_column and sheet.max_column > COLUMNS_MAX:
            raise Refusal("too_many_columns", line=1, columns=sheet.max_column, most=COLUMNS_MAX)
        rows = sheet.iter_rows(values_only=True)
        while some := _quietly(rows):
            for row in some:
                yield [_text(value, date_format, time_format) for value in row]
    except _BROKEN as error:
        # openpyxl meets a workbook that contradicts itself in many ways, and wraps what defusedxml stops.
        unsafe = isinstance(error, DefusedXmlException) or isinstance(error.__cause__, DefusedXmlException)
        if unsafe:
            raise Refusal("file_unsafe_xml", line=1) from None
        raise Refusal("file_damaged", reason=type(error).__name__) from None


def _quietly(rows: Iterator[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The next rows. openpyxl's warnings quote cells, and a cell may be a card number: they are not for a log."""
    with warnings.catch_warnings(action="ignore"):
        return list(islice(rows, 1000))


def _refuse_bomb(stream: BinaryIO) -> None:
    try:
        parts = zipfile.ZipFile(stream).infolist()
    except _BROKEN:
        raise Refusal("file_damaged", reason="zip") from None
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Refusal("file_not_xlsx", line=1)
    size = sum(part.file_size for part in parts)
    packed = max(sum(part.compress_size for part in parts), 1)
    strings = sum(part.file_size for part in parts if part.filename.lower() == _STRINGS.lower())
    if (
        size > XLSX_BYTES_MAX
        or strings > XLSX_STRINGS_BYTES_MAX
        or (size > RATIO_GRACE_BYTES and size > RATIO_MAX * packed)
    ):
        raise Refusal("file_too_large", unpacked=size, packed=packed)


def _text(value: Any, date_format: str, time_format: str) -> str:
    """A cell as its column would be written in a text file."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).upper()
        case float():
            # Excel itself keeps 15 significant digits: the rest is the noise of binary fractions.
            plain = Decimal(f"{value:.15g}")
            return format(plain, "f") if plain.is_finite() and abs(plain.adjusted()) < 30 else str(plain)
        case datetime():
            whole_day = time_format and value.time() == time()
            return value.strftime(
                date_format if whole_day or not time_format else f"{date_format} {time_format}"
            )
        case date():
            return value.strftime(date_format)
        case time():
            return value.strftime(time_format or "%H:%M:%S")
        case _:
            return str(value)
