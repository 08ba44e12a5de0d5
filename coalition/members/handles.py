"""Reads a file of handles: whom each row means, and the rows that mean nobody."""

from collections.abc import Collection, Iterable, Iterator
from typing import BinaryIO, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import Handle, HandleKind, Member
from tenants.runtime.db import tenant_of
from tenants.runtime.tables import excerpt, has_card_number
from tenants.runtime.tables.rows import CELL_CHARS_MAX, BaseReject, TableRow, table_rows
from tenants.vault import vault_of

HANDLE = "handle"
"""The column that holds a card token, card number, phone (E.164) or e-mail."""
ROWS_AT_ONCE = 1_000


class HandleRow(NamedTuple):
    """A row, and the member whom its handle finds."""

    line_no: int
    member_id: UUID
    cells: dict[str, str]


def read_handles(
    session: Session, programme_id: int, stream: BinaryIO, columns: Iterable[str] = ()
) -> Iterator[HandleRow | BaseReject]:
    """The rows of a CSV or XLSX file with a column `handle`, and those `columns`, in its order.

    Raises Refusal for a file that is no such table at all.
    """
    for some in _batched(table_rows(stream, [HANDLE, *columns])):
        values = {row.cells[HANDLE].strip() for row in some if isinstance(row, TableRow)}
        found = members_by_handles(session, programme_id, values)
        for row in some:
            yield row if isinstance(row, BaseReject) else _known(row, found)


def members_by_handles(session: Session, programme_id: int, values: Collection[str]) -> dict[str, UUID]:
    """The programme's members whom handles find, as `queries.member_by_handle` finds one; the others are left out."""
    vault, tenant_id = vault_of(session), tenant_of(session)
    asked = {
        (int(kind), vault.digest(kind.name, written)): value
        for value in values
        if value
        for kind in HandleKind
        for written in ({value, value.lower()} if kind is HandleKind.EMAIL else {value})
    }
    rows = session.execute(
        select(Handle.kind, Handle.digest, Handle.member_id)
        .join(Member, (Member.tenant_id == Handle.tenant_id) & (Member.id == Handle.member_id))
        .where(
            Handle.tenant_id == tenant_id,
            Handle.digest.in_({digest for _, digest in asked}),
            Member.programme_id == programme_id,
        )
        .order_by(Handle.kind.desc())  # of several kinds that a text could be, the first one counts
    )
    return {asked[kind, digest]: member_id for kind, digest, member_id in rows if (kind, digest) in asked}


def _known(row: TableRow, found: dict[str, UUID]) -> HandleRow | BaseReject:
    handle = row.cells[HANDLE].strip()
    for column, text in row.cells.items():
        if len(text) > CELL_CHARS_MAX:
            return BaseReject(row.line_no, "cell_too_long", column, excerpt(text))
        if "\0" in text:
            return BaseReject(row.line_no, "nul_byte", column, excerpt(text))
        if has_card_number(text):
            return BaseReject(row.line_no, "card_number", column, excerpt(text))
    if handle not in found:
        return BaseReject(
            row.line_no, "nobodys_handle" if handle else "handle_missing", HANDLE, excerpt(handle)
        )
    return HandleRow(row.line_no, found[handle], row.cells)


def _batched(rows: Iterator[TableRow | BaseReject]) -> Iterator[list[TableRow | BaseReject]]:
    some: list[TableRow | BaseReject] = []
    for row in rows:
        some.append(row)
        if len(some) == ROWS_AT_ONCE:
            yield some
            some = []
    yield some
