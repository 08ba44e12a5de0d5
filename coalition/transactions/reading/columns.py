"""Columns of text become columns of numbers and times, whole; what cannot is marked, never guessed.

Amounts go from digits to integers without a float between. Dates are read as tables of digits, because every
directive of a profile's date format has a fixed width.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from coalition.money import exponent
from coalition.transactions.profiles import DATE_DIRECTIVES
from coalition.transactions.reading.currencies import CURRENCIES
from tenants.runtime.clock import zone as zone_of

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FUTURE = timedelta(days=2)
"""A clock may be wrong and a zone ahead, but nobody buys in the week to come."""

_QUARTER_US = 15 * 60 * 1_000_000
_WIDE_SPACES = "[\u00a0\u2007\u202f\u2009]"


def mask(values: pa.BooleanArray) -> Mask:
    """An Arrow truth column as numpy; null is False."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), bool)


def trimmed(column: pa.StringArray) -> pa.StringArray:
    """The column without spaces around its values; the look at the ends alone saves most of the work."""
    lengths = np.asarray(pc.binary_length(column))
    filled = lengths > 0
    if not filled.any():
        return column
    starts, body = _layout(column)
    ends = np.concatenate([body[starts[filled]], body[starts[filled] + lengths[filled] - 1]])
    return pc.utf8_trim_whitespace(column) if ((ends <= 32) | (ends >= 128)).any() else column


def _layout(column: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Where each value starts in the column's bytes, and the bytes."""
    starts = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column)]
    return starts, np.frombuffer(column.buffers()[2] or b"", np.uint8)


class Amounts:
    """Reads amounts as one profile writes them."""

    def __init__(self, decimal_mark: str, thousands_mark: str) -> None:
        self._implied = decimal_mark == "implied"
        self._decimal = "." if self._implied else decimal_mark
        self._thousands = thousands_mark
        grouped = f"|[0-9]{{1,3}}(?:{re.escape(thousands_mark)}[0-9]{{3}}){{1,3}}" if thousands_mark else ""
        fraction = "" if self._implied else f"(?:{re.escape(self._decimal)}[0-9]{{1,3}})?"
        whole = "[0-9]{1,14}" if self._implied else f"[0-9]{{1,12}}{grouped}"
        self._shape = f"^[+-]?(?:{whole}){fraction}$"

    def units(self, column: pa.StringArray) -> tuple[Ints, Mask, pa.StringArray]:
        """Signed integers (thousandths; minor units if the mark is implied), what is bad, the text as read."""
        text = column
        good = pc.match_substring_regex(text, self._shape)
        if not pc.all(good).as_py():
            text = pc.replace_substring_regex(text, _WIDE_SPACES, " ")
            text = pc.utf8_trim_whitespace(pc.replace_substring(text, "\N{MINUS SIGN}", "-"))
            good = pc.match_substring_regex(text, self._shape)
        bad = ~mask(good)
        plain = pc.if_else(good, text, "0") if bad.any() else text
        if self._thousands:
            plain = pc.replace_substring(plain, self._thousands, "")
        if self._decimal == ",":
            plain = pc.replace_substring(plain, ",", ".")
        if self._implied:
            return np.asarray(plain.cast(pa.int64())), bad, text
        exact = plain.cast(pa.decimal128(18, 3))
        low_halves = np.frombuffer(exact.buffers()[1], "<i8")[::2]
        return low_halves[exact.offset : exact.offset + len(exact)], bad, text

    def total(self, text: str) -> int | None:
        """A control total in the same units; it may be longer than any amount. None when it is no number."""
        plain = re.sub(_WIDE_SPACES, " ", text).replace("\N{MINUS SIGN}", "-").strip()
        if self._thousands:
            plain = plain.replace(self._thousands, "")
        found = re.fullmatch(f"([+-]?)([0-9]{{1,30}})(?:{re.escape(self._decimal)}([0-9]{{1,3}}))?", plain)
        if not found or (self._implied and found[3]):
            return None
        units = int(found[2] + ("" if self._implied else (found[3] or "").ljust(3, "0")))
        return -units if found[1] == "-" else units

    def plain(self, units: int) -> str:
        """A sum of units as a person reads it."""
        return str(units) if self._implied else f"{Decimal(units) / 1000:.2f}"

    def minor(self, units: Ints, text: pa.StringArray, digits: NDArray[np.int8]) -> tuple[Ints, Mask]:
        """Minor units of currencies with so many digits; bad where the text is finer than the currency."""
        if self._implied:
            return units, np.zeros(len(units), bool)
        if (digits == 2).all():
            steps: Ints | int = 10
        else:
            steps = np.power(10, 3 - digits.astype(np.int64))
        bad = units % steps != 0
        # A third digit that is 0 is no fraction of a penny but, likely, a thousands mark that nobody declared.
        bad |= self._has_three_decimals(text) & (digits < 3)
        return units // steps, bad

    def _has_three_decimals(self, text: pa.StringArray) -> Mask:
        lengths = np.asarray(pc.binary_length(text))
        starts, body = _layout(text)
        found = np.zeros(len(text), bool)
        long = np.flatnonzero(lengths > 4)
        found[long] = body[starts[long] + lengths[long] - 4] == ord(self._decimal)
        return found


def currencies(column: pa.StringArray) -> tuple[pa.StringArray, NDArray[np.int8], Mask]:
    """Alphabetic codes, digits of their minor units, and where the code is unknown."""
    encoded = column.dictionary_encode()
    known = [CURRENCIES.get(code.upper()) for code in encoded.dictionary.to_pylist()]
    codes = pa.array([code or "XXX" for code in known], pa.string())
    digits = np.array([exponent(code) if code else 2 for code in known], np.int8)
    unknown = np.array([code is None for code in known], bool)
    indices = np.asarray(encoded.indices)
    return codes.take(encoded.indices), digits[indices], unknown[indices]


def merchant_codes(column: pa.StringArray) -> tuple[NDArray[np.int16], Mask]:
    """MCCs as numbers (-1: none; a spreadsheet may have eaten leading zeros), and where it is not an MCC."""
    encoded = column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    numbers = np.array([int(v) if re.fullmatch("[0-9]{1,4}", v) and int(v) else -1 for v in values], np.int16)
    bad = np.array([bool(v) and not re.fullmatch("[0-9]{1,4}", v) for v in values], bool)
    indices = np.asarray(encoded.indices)
    return numbers[indices], bad[indices]


def moments(column: pa.StringArray, formats: Sequence[str], zone: str, now: datetime) -> tuple[Ints, Mask]:
    """Microseconds since 1970 in UTC of wall-clock texts, and where they are no date of our time."""
    local = np.zeros(len(column), np.int64)
    bad = np.ones(len(column), bool)
    for date_format in formats:
        todo = np.flatnonzero(bad)
        if not len(todo):
            break
        part = column if len(todo) == len(column) else column.take(pa.array(todo))
        values, good = _wall_clock(part, date_format)
        local[todo[good]] = values
        bad[todo[good]] = False
    earliest, latest = _us(EARLIEST), _us(now + FUTURE)
    day = 86_400_000_000
    bad |= (local < earliest - day) | (local > latest + day)
    local[bad] = earliest
    utc = local - _offsets_us(local, zone)
    bad |= (utc < earliest - day) | (utc > latest)
    return utc, bad


def _wall_clock(column: pa.StringArray, date_format: str) -> tuple[Ints, NDArray[np.int64]]:
    """Values of the lines that have this format, and which lines these are."""
    pieces = re.findall(r"%.|[^%]", date_format)
    width = sum(DATE_DIRECTIVES.get(piece, 1) for piece in pieces)
    fitting = np.flatnonzero(np.asarray(pc.binary_length(column)) == width)
    fit = column if len(fitting) == len(column) else column.take(pa.array(fitting))
    if not len(fit):
        return np.zeros(0, np.int64), fitting
    start = np.frombuffer(fit.buffers()[1], np.int32)[fit.offset]
    table = np.frombuffer(fit.buffers()[2], np.uint8)[start : start + len(fit) * width].reshape(
        len(fit), width
    )
    found: dict[str, Ints] = {}
    good = np.ones(len(fit), bool)
    at = 0
    for piece in pieces:
        size = DATE_DIRECTIVES.get(piece, 1)
        cells = table[:, at : at + size]
        at += size
        if piece in DATE_DIRECTIVES:
            digits = cells.astype(np.int64) - 48
            good &= ((digits >= 0) & (digits <= 9)).all(axis=1)
            found[piece] = digits @ (10 ** np.arange(size - 1, -1, -1, dtype=np.int64))
        else:
            good &= cells[:, 0] == ord(piece)
    values, real = _calendar(found, len(fit))
    good &= real
    return values[good], fitting[good]


def _calendar(found: dict[str, Ints], size: int) -> tuple[Ints, Mask]:
    """Microseconds of the wall clock, and which of the dates and times exist."""
    none = np.zeros(size, np.int64)
    year = found["%Y"] if "%Y" in found else found["%y"] + np.where(found["%y"] < 70, 2000, 1900)
    month, day = found["%m"], found["%d"]
    hour, minute, second = (found.get(key, none) for key in ("%H", "%M", "%S"))
    real = (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[D]").astype(np.int64)
    real &= (day >= 1) & (first + day <= following)
    return (((first + day - 1) * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000, real


def _offsets_us(local: Ints, zone: str) -> Ints:
    """The zone's offset at each wall-clock time, asked once per quarter of an hour (no zone changes finer)."""
    quarters, back = np.unique(local // _QUARTER_US, return_inverse=True)
    return np.array([_offset_us(zone, quarter) for quarter in quarters.tolist()], np.int64)[back]


@lru_cache(maxsize=200_000)
def _offset_us(zone: str, quarter: int) -> int:
    wall = datetime(1970, 1, 1, tzinfo=zone_of(zone)) + timedelta(microseconds=quarter * _QUARTER_US)
    offset = wall.utcoffset()
    assert offset is not None, zone
    return offset // timedelta(microseconds=1)


def _us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
