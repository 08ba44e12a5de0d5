"""A tenant's declared form of a source's files: data, not code.

A profile says how the bytes are wrapped, how lines fall into cells, and which cell means what. It is stored as
a JSON document and validated here; `coalition.transactions.reading` reads files by it.
"""

import re
from typing import Annotated, Literal, Self, TypeVar
from zoneinfo import ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from coalition.promotions.kinds import OperationKind
from tenants.runtime import clock
from tenants.runtime.tables import Container

DATE_DIRECTIVES = {"%Y": 4, "%y": 2, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
"""Every directive has a fixed width, so a column of dates is read as a table of digits."""


def _known_kind(name: str) -> str:
    if name not in OperationKind.__members__:
        raise ValueError(f"kind is one of {', '.join(OperationKind.__members__)}")
    return name


def _known_zone(name: str) -> str:
    try:
        clock.zone(name)
    except ZoneInfoNotFoundError:
        raise ValueError("zone is an IANA name such as Asia/Kamchatka") from None
    return name


def _date_format(text: str) -> str:
    directives = re.findall(r"%.?", text)
    if not {"%m", "%d"} <= set(directives) <= DATE_DIRECTIVES.keys() or len(set(directives)) < len(
        directives
    ):
        raise ValueError(f"a date format holds %m, %d and a year, of {', '.join(DATE_DIRECTIVES)}, each once")
    if ("%Y" in directives) == ("%y" in directives) or not text.isascii():
        raise ValueError("a date format holds %Y or %y")
    return text


def _pattern(text: str) -> str:
    try:
        pc.match_substring_regex(pa.array([""]), text)
    except pa.ArrowInvalid as error:
        raise ValueError(f"pattern: {error}") from None
    return text


Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
KindName = Annotated[str, AfterValidator(_known_kind)]
Mcc = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
OneChar = Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[\x01-\x7f]$")]


class Frozen(BaseModel):
    """Base of the parts: a typing error in a profile is refused, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Member = TypeVar("Member")
Few = Annotated[frozenset[Member], PlainSerializer(sorted, when_used="json")]
"""Values in any order; a stored document names them in one, so that the same profile is the same document."""


class Column(Frozen):
    """Where a cell stands: by its name in the header row, by its place (from 1), or by characters (from 1)."""

    name: str | None = None
    place: int | None = Field(default=None, ge=1, le=1000)
    start: int | None = Field(default=None, ge=1, le=65_536)
    width: int | None = Field(default=None, ge=1, le=65_536)
    tokenise: bool = False
    """Full card numbers are expected here; each becomes a keyed hash at reading."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.name is not None, self.place is not None, self.start is not None]
        if sum(ways) != 1 or (self.start is None) != (self.width is None):
            raise ValueError("a column is found by name, by place, or by start and width")
        return self

    @property
    def label(self) -> str:
        """How messages call the column."""
        return self.name or f"#{self.place or self.start}"


class Delimited(Frozen):
    """Cells parted by one character; a quoted cell may hold the delimiter, line ends and doubled quotes."""

    form: Literal["delimited"] = "delimited"
    delimiter: OneChar = ","
    quote: OneChar | None = '"'
    header_row: bool = True
    cells: int | None = Field(default=None, ge=1, le=1000)
    """How many cells a line has, when no header row says it."""

    @model_validator(mode="after")
    def _countable(self) -> Self:
        if not self.header_row and self.cells is None:
            raise ValueError("without a header row, say how many cells a line has")
        if self.delimiter == self.quote or "\n" in (self.delimiter, self.quote):
            raise ValueError("the delimiter, the quote and the line end are different characters")
        return self


class FixedWidth(Frozen):
    """Cells by character positions; spaces around a value do not count."""

    form: Literal["fixed"] = "fixed"
    width: int | None = Field(default=None, ge=1, le=65_536)
    """The exact length of a line in characters; else a line must reach the start of its last column."""


class ControlRecord(Frozen):
    """The first or last line of a file that tells what is between; totals that differ refuse the file."""

    prefix: str = ""
    """What the line's first cell starts with; empty: known by its position alone."""
    count: Column | None = None
    """Lines in the file, the rejected ones included."""
    total: Column | None = None
    """Sum of the amounts, written as the amounts are; an amount that cannot be read counts as 0."""
    total_of: Literal["written", "net"] = "written"
    """Amounts as they stand in their cells, or with refunds taken away."""


class Amount(Frozen):
    """An amount's cell with the cell of its currency; an empty one gives way to the next in order."""

    at: Column
    currency: Column | None = None


class Dates(Frozen):
    """When the operation happened, on the wall clock of `zone`; a day alone means the start of that day."""

    at: Column
    time: Column | None = None
    """A cell of its own for the time of day; formats then describe both, one space between."""
    formats: tuple[Annotated[str, AfterValidator(_date_format)], ...] = Field(min_length=1)
    zone: Annotated[str, AfterValidator(_known_zone)]


class Kinds(Frozen):
    """How an operation's kind is told; a refund's amount is stored without a sign, like any other."""

    at: Column | None = None
    values: dict[str, KindName] = {}
    """What stands in the kind's cell -> PURCHASE, SERVICE, ...; a value not named here rejects the line."""
    credit: Column | None = None
    """A debit or credit mark in a cell of its own ..."""
    credit_values: Few[str] = frozenset()
    """... which makes the operation a refund when it is one of these."""
    negative_is_refund: bool = True
    """Else an amount below zero rejects the line."""


class MerchantRule(Frozen):
    """What a merchant's name tells. The first rule that matches the name (lower case, single spaces) decides."""

    pattern: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_pattern)]
    """RE2, searched anywhere in the name."""
    partner: Code | None = None
    mcc: Mcc | None = None
    kind: KindName | None = None


class Merchants(Frozen):
    """How the seller is known by its name. Terminals (MID and TID) are their partners' and come before any name."""

    by_name: tuple[MerchantRule, ...] = ()


class Categories(Frozen):
    """The bank's own spend categories, translated; a category not named here says nothing."""

    at: Column
    mcc: dict[str, Mcc] = {}
    kind: dict[str, KindName] = {}


class Skip(Frozen):
    """Lines that are no operations for us (declined, informational), by the value of a cell."""

    at: Column
    values: Few[str] = Field(min_length=1)


class Profile(Frozen):
    """The whole form. Where several say the same: a line's own cell, then the merchant's rule, then the category."""

    name: Code
    title: str = ""
    containers: Few[Container] = frozenset({Container.PLAIN, Container.GZIP})
    encoding: Literal["utf-8", "cp1251", "cp866"] = "utf-8"
    layout: Delimited | FixedWidth = Field(default=Delimited(), discriminator="form")
    header: ControlRecord | None = None
    trailer: ControlRecord | None = None
    decimal_mark: Literal[".", ",", "implied"] = "."
    """Implied: the amount is written in minor units, without a mark."""
    thousands_mark: Literal["", " ", ",", ".", "'"] = ""

    card: Column
    dates: Dates
    amounts: tuple[Amount, ...] = Field(min_length=1)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """The currency of an amount that does not name its own."""
    kinds: Kinds = Kinds()
    merchant: Column | None = None
    mid: Column | None = None
    tid: Column | None = None
    mcc: Column | None = None
    reference: Column | None = None
    """The source's own identity of a line; without it the business fields and an ordinal are the identity."""
    original_reference: Column | None = None
    """A refund's link to the reference of its purchase."""
    categories: Categories | None = None
    merchants: Merchants = Merchants()
    skip: tuple[Skip, ...] = ()

    def columns(self) -> dict[str, Column]:
        """Every column that is read, by the key the reader uses for it."""
        found: dict[str, Column | None] = {
            "card": self.card,
            "date": self.dates.at,
            "time": self.dates.time,
            "kind": self.kinds.at,
            "credit": self.kinds.credit,
            "merchant": self.merchant,
            "mid": self.mid,
            "tid": self.tid,
            "mcc": self.mcc,
            "reference": self.reference,
            "original_reference": self.original_reference,
            "category": self.categories.at if self.categories else None,
        }
        for i, amount in enumerate(self.amounts):
            found |= {f"amount{i}": amount.at, f"currency{i}": amount.currency}
        found |= {f"skip{i}": rule.at for i, rule in enumerate(self.skip)}
        return {key: column for key, column in found.items() if column is not None}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        controls = [record for record in (self.header, self.trailer) if record]
        columns = list(self.columns().values())
        columns += [column for record in controls for column in (record.count, record.total) if column]
        fixed = isinstance(self.layout, FixedWidth)
        if fixed and (any(column.start is None for column in columns) or Container.XLSX in self.containers):
            raise ValueError("a fixed-width file is plain or gzip, and all its columns have start and width")
        if not fixed and any(column.start is not None for column in columns):
            raise ValueError("start and width belong to fixed-width files")
        if isinstance(self.layout, Delimited):
            self._check_delimited(self.layout)
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("the decimal mark and the thousands mark are different characters")
        return self

    def _check_delimited(self, layout: Delimited) -> None:
        for column in self.columns().values():
            if column.name is not None and not layout.header_row:
                raise ValueError(f"{column.name}: names need a header row")
            if column.place and layout.cells and column.place > layout.cells:
                raise ValueError(f"place {column.place}: a line has {layout.cells} cells")
        for record in (self.header, self.trailer):
            if record and any(c is not None and c.place is None for c in (record.count, record.total)):
                raise ValueError("cells of a header or trailer are found by place")
