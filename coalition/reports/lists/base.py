"""What a list is: rows of one table in the order of their keys, narrowed by conditions, each told as plain values.

A page of a list and a file made of it stand on the same rows and values, so a file never tells more than the page does.
A page reads on from a key and looks through so many rows at most; what it has not found among these is further on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from coalition.ledger.post import day_start
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.db import TenantBase, tenant_of
from tenants.runtime.ids import milliseconds

OPTIONS_MOST, CODE_MOST = 200, 64
WINDOW = 20_000
"""How many rows a page looks through: a rare condition makes its way longer, and no page slow."""

Row = TypeVar("Row", bound=TenantBase)
Conditions = Mapping[str, str]


class Money(NamedTuple):
    """A sum in the programme's minor units."""

    minor: int


class Points(NamedTuple):
    """An amount of points in units."""

    units: int


class State(NamedTuple):
    """A word about how something is, with its tone and icon on a page."""

    text: str
    tone: str
    icon: str


class Member(NamedTuple):
    """A member by the end of her number, or by `text`; `row` is the row of her timeline that a page opens."""

    id: UUID
    text: str = ""
    row: str = ""

    @property
    def told(self) -> str:
        """Enough to tell two rows apart, too little to look somebody up by."""
        return self.text or f"••\u00a0{self.id.hex[-8:]}"


class Return(NamedTuple):
    """A return that waits for a decision, by its moment."""

    member_id: UUID
    id: UUID
    at: datetime


Value = str | int | Money | Points | State | Member | Return | datetime | date | None


@dataclass(frozen=True)
class Column:
    """A column: its heading (a message). Wide ones are left out on a phone."""

    title: str
    number: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Pill:
    """A condition that excludes the others, with its name (a message) and what it asks of the rows."""

    code: str
    title: str
    where: ColumnElement[bool]


@dataclass(frozen=True)
class Choice:
    """What a list can be narrowed by: its name (a message), the codes that may be chosen with their names, the rows.

    `options` names `OPTIONS_MOST` codes and one more; where there are so many, a person writes the code.
    """

    code: str
    title: str
    options: Callable[[Session, str], Mapping[str, str]]
    where: Callable[[Session, str], ColumnElement[bool]]


@dataclass(frozen=True)
class Register(Generic[Row]):
    """A list. `told` makes values of some rows at once; `always` holds for all rows, by an index of its own."""

    code: str
    title: str
    reads: Permission
    model: type[Row]
    columns: Sequence[Column]
    told: Callable[[Session, Sequence[Row], Words], Sequence[Sequence[Value]]]
    key: str = "id"
    read_key: Callable[[str], object] = UUID
    newest_first: bool = True
    pills: Sequence[Pill] = ()
    choices: Sequence[Choice] = ()
    by_day: bool = False
    within: str = ""
    """The column of a file's number: such a list is of one file."""
    of_members: bool = True
    """Whether its rows tell of members: whoever has a file of them is written down so."""
    always: Sequence[ColumnElement[bool]] = field(default=())

    @property
    def ident(self) -> InstrumentedAttribute[Any]:
        """The column in whose order the rows stand."""
        found: InstrumentedAttribute[Any] = getattr(self.model, self.key)
        return found

    def clean(self, asked: Mapping[str, str]) -> dict[str, str]:
        """Those of the conditions that the list has, each as it can be read; others are left out."""
        found = {}
        if asked.get("show") in {pill.code for pill in self.pills}:
            found["show"] = asked["show"]
        for choice in self.choices:
            if said := asked.get(choice.code, "").strip().replace("\0", "")[:CODE_MOST]:
                found[choice.code] = said
        if self.by_day:
            for name in ("since", "until"):
                if _read(day, asked.get(name)) is not None:
                    found[name] = asked[name]
        if self.within and _read(number, asked.get("file")) is not None:
            found["file"] = asked["file"]
        return found

    def bounds(self, session: Session, conditions: Conditions, zone: str) -> list[ColumnElement[bool]]:
        """What an index answers: whose rows they are, of which file, of which days."""
        model: Any = self.model
        found: list[ColumnElement[bool]] = [model.tenant_id == tenant_of(session), *self.always]
        if self.within:
            found.append(getattr(model, self.within) == int(conditions.get("file", "0")))
        if since := conditions.get("since"):
            found.append(self.ident >= _first_id(day(since), zone))
        if until := conditions.get("until"):
            found.append(self.ident < _first_id(day(until) + timedelta(days=1), zone))
        return found

    def narrowed(self, session: Session, conditions: Conditions) -> list[ColumnElement[bool]]:
        """What has to be asked of each row."""
        found = [pill.where for pill in self.pills if pill.code == conditions.get("show")]
        return found + [
            choice.where(session, conditions[choice.code])
            for choice in self.choices
            if choice.code in conditions
        ]

    def rows(
        self, session: Session, conditions: Conditions, zone: str, *, after: str | None, limit: int
    ) -> Sequence[Row]:
        """The next rows in the list's order, however far they are."""
        query = self._query(session, conditions, zone)
        if after is not None:
            key = self.read_key(after)
            query = query.where(self.ident < key if self.newest_first else self.ident > key)
        order = self.ident.desc() if self.newest_first else self.ident.asc()
        return session.scalars(query.order_by(order).limit(limit)).all()

    def count(self, session: Session, conditions: Conditions, zone: str) -> int:
        """How many rows there are: for the background alone."""
        inner = self._query(session, conditions, zone).with_only_columns(func.count())
        return int(session.execute(inner).scalar_one())

    def _query(self, session: Session, conditions: Conditions, zone: str) -> Select[Row]:
        return select(self.model).where(
            *self.bounds(session, conditions, zone), *self.narrowed(session, conditions)
        )


class Part(NamedTuple):
    """A page's rows, and the keys from which those before and after them go on."""

    rows: Sequence[Any]
    back: str | None
    onward: str | None
    unfinished: bool
    """Whether the page looked through as many rows as it may, and there are more."""


def part(
    session: Session,
    register: Register[Any],
    conditions: Conditions,
    zone: str,
    *,
    onward: str | None = None,
    back: str | None = None,
    size: int,
) -> Part:
    """A page of the list: the rows after the key `onward`, or those before the key `back`, or the first."""
    down, ident = register.newest_first, register.ident
    if back is not None:
        down = not down
    bounds = register.bounds(session, conditions, zone)
    start = _read(register.read_key, back if back is not None else onward)
    if start is not None:
        bounds.append(ident < start if down else ident > start)
    order = ident.desc() if down else ident.asc()
    narrowed, edge = register.narrowed(session, conditions), None
    if narrowed:
        edge = session.scalar(select(ident).where(*bounds).order_by(order).offset(WINDOW - 1).limit(1))
        if edge is not None:
            bounds.append(ident >= edge if down else ident <= edge)
    query = select(register.model).where(*bounds, *narrowed).order_by(order).limit(size + 1)
    rows = list(session.scalars(query))
    more, rows = len(rows) > size, rows[:size]
    if back is not None:
        rows.reverse()
    ends = [str(getattr(row, register.key)) for row in (rows[:1] + rows[-1:])]
    further = edge is not None and not more
    if back is not None:
        return Part(
            rows,
            ends[0] if more and ends else str(edge) if further else None,
            ends[-1] if ends else back,
            further,
        )
    return Part(
        rows,
        (ends[0] if ends else onward) if start is not None else None,
        ends[-1] if more and ends else str(edge) if further else None,
        further,
    )


def _read(read: Callable[[str], Any], text: str | None) -> Any:
    """What the text says, or None where it cannot be read."""
    try:
        return read(text) if text else None
    except (ValueError, OverflowError):
        return None


def number(text: str) -> int:
    """A number that a column can hold."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(text)
    return int(text)


def day(text: str) -> date:
    """A day that somebody may mean."""
    found = date.fromisoformat(text)
    if not 2000 <= found.year < 2100:
        raise ValueError(text)
    return found


def _first_id(on: date, zone: str) -> UUID:
    """Ids begin with the milliseconds of their moment."""
    return UUID(int=milliseconds(day_start(on, zone)) << 80)
