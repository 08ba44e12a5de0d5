"""Reads a client base from a file: rows fit to be enrolled, and the rows that are not, with reasons.

Nothing is written here: whoever reads enrols (`coalition.members.actions.enrol`) or, in a dry run, only counts.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field

from coalition.members.person import Person
from coalition.members.phones import e164
from tenants.runtime import clock
from tenants.runtime.tables import card_token, excerpt, has_card_number
from tenants.runtime.tables.rows import CELL_CHARS_MAX, BaseReject, table_rows

NAME_CHARS_MAX = 200
CARD_CHARS_MAX = 128
SEGMENT_CHARS_MAX = 32
EARLIEST = date(1900, 1, 1)

EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(\.[^@\s.\x00-\x1f]+)+")
_SEPARATOR = re.compile(r"[|;,]")


class BaseMapping(BaseModel):
    """Which columns of a base hold what, by the names in its header row, and how they are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: tuple[str, ...] = Field(min_length=1)
    """Columns that make the name, in order: surname, name, patronymic."""
    phone: str | None = None
    email: str | None = None
    born_on: str | None = None
    cards: str | None = None
    """Card tokens parted by | ; or ,"""
    segments: str | None = None
    """Segment codes parted the same way."""
    account_opened_on: str | None = None
    joined_on: str | None = None
    """The day since which the client has been in the programme, for those who joined before this file."""
    referral_code: str | None = None
    """The code of the member who brought the client."""
    delimiter: str | None = Field(default=",", min_length=1, max_length=1)
    """None takes the one that the header row has most of."""
    encoding: Literal["utf-8", "cp1251", "cp866"] | None = "utf-8"
    """None takes UTF-8 or CP1251, whichever it is."""
    date_formats: tuple[str, ...] = Field(default=("%Y-%m-%d",), min_length=1)
    region: str = Field(pattern=r"^[A-Z]{2}$")
    """Whose phone numbers are written without a country code."""
    tokenise: bool = False
    """Cards come as full numbers, and each becomes the keyed hash by which the card files know it."""

    def columns(self) -> list[str]:
        """All columns that have to be there."""
        others = (
            self.phone,
            self.email,
            self.born_on,
            self.cards,
            self.segments,
            self.account_opened_on,
            self.joined_on,
            self.referral_code,
        )
        return [*self.name, *(column for column in others if column)]


@dataclass(frozen=True, slots=True)
class BaseRow:
    """One client, ready to be enrolled."""

    line_no: int
    person: Person
    cards: tuple[str, ...]
    segments: tuple[str, ...]
    account_opened_on: date | None
    referral_code: str = ""
    joined_on: date | None = None


class _Unfit(Exception):
    def __init__(self, code: str, column: str, text: str) -> None:
        super().__init__(code)
        self.code, self.column, self.text = code, column, text


def read_base(
    stream: BinaryIO, mapping: BaseMapping, *, token_key: bytes = b""
) -> Iterator[BaseRow | BaseReject]:
    """Clients of a CSV (plain or gzip) or XLSX file in its order; a client is one line, so cells hold no line ends.

    Raises Refusal for a file that is no such table at all. `token_key` is needed when the mapping tokenises.
    """
    rows = table_rows(
        stream,
        mapping.columns(),
        delimiter=mapping.delimiter,
        encoding=mapping.encoding,
        date_format=mapping.date_formats[0],
    )
    for row in rows:
        if isinstance(row, BaseReject):
            yield row
            continue
        try:
            yield _client(row.line_no, row.cells, mapping, token_key)
        except _Unfit as unfit:
            yield BaseReject(row.line_no, unfit.code, unfit.column, excerpt(unfit.text))


def _client(number: int, cells: dict[str, str], mapping: BaseMapping, token_key: bytes) -> BaseRow:
    """One row's client; raises _Unfit with the first reason found."""

    def cell(column: str | None) -> str:
        return cells[column.strip().casefold()].strip() if column else ""

    _check_cells(cells, mapping)
    phone = _phone(cell(mapping.phone), mapping)
    email = _email(cell(mapping.email), mapping)
    cards = _cards(cell(mapping.cards), mapping, token_key)
    name = " ".join(" ".join(cell(column) for column in mapping.name).split())
    if not name or len(name) > NAME_CHARS_MAX:
        raise _Unfit("bad_name", mapping.name[0], name)
    if not (phone or email or cards):
        raise _Unfit("no_handle", mapping.phone or mapping.email or mapping.cards or "", "")
    return BaseRow(
        number,
        Person(name, phone, email, _day(cell(mapping.born_on), mapping.born_on, mapping)),
        cards,
        _segments(cell(mapping.segments), mapping),
        _day(cell(mapping.account_opened_on), mapping.account_opened_on, mapping),
        cell(mapping.referral_code),
        _day(cell(mapping.joined_on), mapping.joined_on, mapping),
    )


def _check_cells(cells: dict[str, str], mapping: BaseMapping) -> None:
    spared = mapping.cards.strip().casefold() if mapping.cards and mapping.tokenise else None
    for column, text in cells.items():
        if len(text) > CELL_CHARS_MAX:
            raise _Unfit("cell_too_long", column, text)
        if "\0" in text:
            raise _Unfit("nul_byte", column, text)
        if column != spared and has_card_number(text):
            raise _Unfit("card_number", column, text)


def _phone(text: str, mapping: BaseMapping) -> str | None:
    """E.164; numbers without a country code are of the mapping's region."""
    if not text:
        return None
    phone = e164(text, mapping.region)
    if phone is None:
        raise _Unfit("bad_phone", mapping.phone or "", text)
    return phone


def _email(text: str, mapping: BaseMapping) -> str | None:
    if text and (len(text) > 254 or not EMAIL.fullmatch(text)):
        raise _Unfit("bad_email", mapping.email or "", text)
    return text.lower() or None


def _cards(text: str, mapping: BaseMapping, token_key: bytes) -> tuple[str, ...]:
    found = _several(text, str)
    if mapping.tokenise:
        tokens = [card_token(card, token_key) for card in found]
        if None in tokens:
            raise _Unfit("bad_card_number", mapping.cards or "", text)
        return tuple(dict.fromkeys(token for token in tokens if token))
    if any(len(card) > CARD_CHARS_MAX for card in found):
        raise _Unfit("cell_too_long", mapping.cards or "", text)
    return found


def _segments(text: str, mapping: BaseMapping) -> tuple[str, ...]:
    found = _several(text, str.lower)
    if any(len(code) > SEGMENT_CHARS_MAX for code in found):
        raise _Unfit("bad_segment", mapping.segments or "", text)
    return found


def _several(text: str, shaped: Callable[[str], str]) -> tuple[str, ...]:
    """The distinct values of a list in a cell, in order."""
    return tuple(dict.fromkeys(shaped(part.strip()) for part in _SEPARATOR.split(text) if part.strip()))


def _day(text: str, column: str | None, mapping: BaseMapping) -> date | None:
    if not text:
        return None
    for date_format in mapping.date_formats:
        try:
            day = datetime.strptime(text, date_format).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
        # East of Greenwich it is tomorrow already.
        if EARLIEST <= day <= clock.now().date() + timedelta(days=1):
            return day
    raise _Unfit("bad_date", column or "", text)
