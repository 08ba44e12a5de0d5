"""Outlets and terminals of many partners from a file: what it would change, told before it does."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from coalition.partners.keeping import (
    CODE,
    LANGUAGES,
    NAME_MAX,
    OUTLET_TEXTS,
    is_terminal,
    told_of_outlet,
)
from coalition.partners.models import Outlet, Partner, Terminal
from coalition.partners.queries import (
    all_outlets,
    all_partners,
    company_here,
    partners_by_terminal,
    partners_of,
)
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import next_numbers
from tenants.runtime.tables import excerpt
from tenants.runtime.tables.rows import BaseReject, TableRow, table_rows

COLUMNS = ("partner", "outlet", "name_ru", "name_en", "zone", "region", "brand", "franchise", "mid", "tid")
ROWS_MAX = 20_000
OWN_COLUMNS = COLUMNS[: COLUMNS.index("mid")]
"""What a participant's own person brings: tills are the programme's to add, or they would show her another's sales."""
OWN_ROWS_MAX = 2_000
_TEXTS = ("zone", *OUTLET_TEXTS)
_VALUES = ("name_ru", "name_en", *_TEXTS)


class Step(NamedTuple):
    """One outlet or terminal of the file: "added" or "changed", and of what is changed how it is and will be."""

    line_no: int
    what: str
    how: str
    code: str
    partner: str
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Plan:
    """What a file would do: steps, what is so already, and rows left out with the reason."""

    steps: list[Step] = field(default_factory=list)
    same: int = 0
    rejects: list[BaseReject] = field(default_factory=list)

    @property
    def meant(self) -> str:
        """A digest of the steps: what somebody has seen and agreed to."""
        return sha256(repr(self.steps).encode()).hexdigest()


@dataclass
class _Place:
    """An outlet as the file means it."""

    line_no: int
    partner: Partner
    code: str
    known: Outlet | None
    values: dict[str, str]

    @property
    def is_so(self) -> bool:
        return self.known is not None and self.values == _values(self.known)


class _Unfit(Exception):
    def __init__(self, code: str, column: str) -> None:
        super().__init__(code)
        self.code, self.column = code, column


def plan_outlets(session: Session, actor: Actor, *, stream: BinaryIO) -> Plan:
    """What `bring_outlets` would do; nothing is changed. Raises Refusal for a file that is no such table at all."""
    actor.must(Permission.DESK_PARTNER_EDIT, own=Permission.PORTAL_OUTLET_EDIT)
    return _Reader(session, actor.of_participant).read(stream)


def bring_outlets(session: Session, actor: Actor, *, stream: BinaryIO, meant: str) -> Plan:
    """Add and change the outlets and terminals of a CSV or XLSX file with the columns of COLUMNS.

    A row is an outlet, a terminal, or both; empty cells leave what there is. `meant` is that of the plan that somebody
    has seen: Conflict("import_differs") where by now it would do something else.

    A participant's person brings outlets of its own partners (OWN_COLUMNS), and all rows or none:
    Refusal("outlets_rejected") where one cannot be taken, Conflict("company_left").
    """
    actor.must(Permission.DESK_PARTNER_EDIT, own=Permission.PORTAL_OUTLET_EDIT)
    company_here(session, actor.of_participant)
    next_numbers(session, "outlet", 0)  # nobody else opens outlets meanwhile
    reader = _Reader(session, actor.of_participant)
    plan = reader.read(stream)
    if plan.rejects and actor.of_participant is not None:
        raise Refusal("outlets_rejected")
    if plan.meant != meant:
        raise Conflict("import_differs")
    if not plan.steps:
        return plan
    for place in reader.places.values():
        if not place.is_so:
            _put(session, place)
    session.add_all(
        Terminal(tenant_id=reader.tenant_id, mid=mid, tid=tid, partner_id=partner_id)
        for (mid, tid), partner_id in reader.added.items()
    )
    told = {how: sum(step.how == how for step in plan.steps) for how in ("added", "changed")}
    record(session, actor, "outlets.bring", "outlets", after=told | {"rejected": len(plan.rejects)})
    return plan


def _put(session: Session, place: _Place) -> None:
    outlet, values = place.known, place.values
    if outlet is None:
        outlet = Outlet(
            tenant_id=place.partner.tenant_id,
            id=next_numbers(session, "outlet"),
            partner_id=place.partner.id,
            code=place.code,
        )
        session.add(outlet)
    outlet.name = {lang: values[f"name_{lang}"] for lang in LANGUAGES}
    for column in _TEXTS:
        setattr(outlet, column, values[column])


class _Reader:
    """Reads a file against what there is; of one participant alone, if one is named."""

    def __init__(self, session: Session, own: int | None) -> None:
        self.tenant_id = tenant_of(session)
        found = all_partners(session) if own is None else partners_of(session, own)
        self.partners = {one.code: one for one in found}
        self.usual = next(iter(self.partners)) if own is not None and len(self.partners) == 1 else ""
        self.columns, self.most = (COLUMNS, ROWS_MAX) if own is None else (OWN_COLUMNS, OWN_ROWS_MAX)
        self.outlets = {one.code: one for one in all_outlets(session)}
        self.terminals = partners_by_terminal(session)
        self.places: dict[str, _Place] = {}
        self.added: dict[tuple[str, str], int] = {}

    def read(self, stream: BinaryIO) -> Plan:
        """What the file would do; `places` and `added` hold it afterwards."""
        plan, terminals, count = Plan(), list[Step](), 0
        for count, row in enumerate(table_rows(stream, self.columns), 1):
            if count > self.most:
                raise Refusal("outlets_many", most=self.most)
            if isinstance(row, BaseReject):
                plan.rejects.append(row)
                continue
            cells = dict.fromkeys(COLUMNS, "") | {one: row.cells[one].strip() for one in self.columns}
            cells["partner"] = cells["partner"] or self.usual
            try:
                step = self._row(row, cells, plan)
            except _Unfit as unfit:
                said = excerpt(cells.get(unfit.column, ""))
                plan.rejects.append(BaseReject(row.line_no, unfit.code, unfit.column, said))
            else:
                terminals += [step] if step else []
        if not count:
            raise Refusal("rows_none")
        places = [_step(place) for place in self.places.values() if not place.is_so]
        plan.same += len(self.places) - len(places)
        plan.steps = sorted(places + terminals, key=lambda step: step.line_no)
        return plan

    def _row(self, row: TableRow, cells: dict[str, str], plan: Plan) -> Step | None:
        """Take a row in, wholly or not at all; the step of a terminal that is new."""
        for column, cell in cells.items():
            if not cell.isprintable():
                raise _Unfit("hidden_sign", column)
        partner = self.partners.get(cells["partner"])
        if partner is None:
            raise _Unfit("no_such_partner", "partner")
        if partner.closed_at is not None:
            raise _Unfit("partner_closed", "partner")
        if not (cells["outlet"] or cells["mid"]):
            raise _Unfit("place_missing", "outlet")
        place = self._place(row.line_no, partner, cells) if cells["outlet"] else None
        terminal = (cells["mid"], cells["tid"])
        step = None
        if any(terminal):
            if not is_terminal(*terminal):
                raise _Unfit("bad_terminal", "mid")
            owner = self.terminals.get(terminal)
            if owner not in (None, partner.id):
                raise _Unfit("terminal_taken", "mid")
            if owner is None:
                self.terminals[terminal] = self.added[terminal] = partner.id
                step = Step(row.line_no, "terminal", "added", " ".join(terminal).strip(), partner.code)
            elif terminal not in self.added:
                plan.same += 1
        if place is not None:
            self.places.setdefault(place.code, place)
        return step

    def _place(self, line_no: int, partner: Partner, cells: dict[str, str]) -> _Place:
        code, known = cells["outlet"], self.outlets.get(cells["outlet"])
        earlier = self.places.get(code)
        if known is not None and known.partner_id != partner.id:
            raise _Unfit("outlet_of_another", "outlet")
        if known is not None and known.closed_at is not None:
            raise _Unfit("outlet_closed", "outlet")
        if known is None and not CODE.fullmatch(code):
            raise _Unfit("bad_outlet_code", "outlet")
        told = {column: cells[column] for column in _VALUES if cells[column]}
        if earlier is not None:
            if earlier.partner.id != partner.id or earlier.values | told != earlier.values:
                raise _Unfit("outlet_repeated", "outlet")
            return earlier
        values = (_values(known) if known else dict.fromkeys(_VALUES, "")) | told
        if known is None and not values["zone"]:
            raise _Unfit("zone_needed", "zone")
        _check(values)
        return _Place(line_no, partner, code, known, values)


def _check(values: dict[str, str]) -> None:
    for lang in LANGUAGES:
        if not 0 < len(values[f"name_{lang}"]) <= NAME_MAX:
            raise _Unfit("bad_outlet_name", f"name_{lang}")
    try:
        clock.zone(values["zone"])
    except ZoneInfoNotFoundError:
        raise _Unfit("bad_zone", "zone") from None
    for column, most in OUTLET_TEXTS.items():
        if len(values[column]) > most:
            raise _Unfit("cell_too_long", column)


def _values(outlet: Outlet) -> dict[str, str]:
    told = told_of_outlet(outlet)
    names = {f"name_{lang}": str(told["title"].get(lang, "")) for lang in LANGUAGES}
    return names | {column: told[column] for column in _TEXTS}


def _step(place: _Place) -> Step:
    if place.known is None:
        return Step(place.line_no, "outlet", "added", place.code, place.partner.code)
    was = _values(place.known)
    changes = tuple(
        (name, was[name], place.values[name]) for name in _VALUES if was[name] != place.values[name]
    )
    return Step(place.line_no, "outlet", "changed", place.code, place.partner.code, changes)
