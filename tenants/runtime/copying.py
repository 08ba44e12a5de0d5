"""Many rows into a temporary table at once: PostgreSQL's binary COPY, built from numpy columns.

No Python object is made per value. Temporary tables carry no row-level security, so COPY is allowed there; the
INSERT ... SELECT that follows meets the policies of the real table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection, Cursor, sql
from sqlalchemy.orm import Session

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_EPOCH_US = 946_684_800_000_000  # 2000-01-01 since 1970
_EPOCH_DAYS = 10_957
_INT8_OID = 20
_WIRE = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "date": ">i4", "timestamptz": ">i8", "uuid": "V16"}


@dataclass(frozen=True)
class Column:
    """A column of a temporary table: name, PostgreSQL type, and its values.

    timestamptz is microseconds and date days, both since 1970; uuid is sixteen raw bytes (dtype V16).
    """

    name: str
    type: str
    values: NDArray[np.generic]


@dataclass(frozen=True)
class Arrays:
    """An int8[] column: `counts[i]` values of `flat` belong to row i, one row after the other."""

    name: str
    counts: NDArray[np.int64]
    flat: NDArray[np.int64]


def raw(session: Session) -> Connection:
    """The psycopg connection under the session, in the session's own transaction."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, Connection)
    return connection


def copy_rows(cursor: Cursor, table: str, columns: Sequence[Column], arrays: Sequence[Arrays] = ()) -> None:
    """Fill the temporary table with the rows; it is made once per connection and emptied by each commit.

    Rows with arrays of the same lengths travel together, so they arrive grouped by length, else in their order.
    """
    name = sql.Identifier(table)
    fields = sql.SQL(", ").join(
        [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.type)) for c in columns]
        + [sql.SQL("{} int8[]").format(sql.Identifier(a.name)) for a in arrays]
    )
    cursor.execute(
        sql.SQL("create temp table if not exists {} ({}) on commit delete rows").format(name, fields)
    )
    with cursor.copy(sql.SQL("copy {} from stdin (format binary)").format(name)) as copy:
        copy.write(_SIGNATURE)
        for rows, lengths in _groups(arrays, len(columns[0].values)):
            copy.write(_packed(columns, arrays, rows, lengths))
        copy.write(_END)


def _groups(arrays: Sequence[Arrays], count: int) -> list[tuple[NDArray[np.int64] | slice, tuple[int, ...]]]:
    if not arrays:
        return [(slice(None), ())] if count else []
    lengths = np.stack([a.counts for a in arrays], axis=1)
    kinds, which = np.unique(lengths, axis=0, return_inverse=True)
    which = which.reshape(-1)
    return [(np.flatnonzero(which == k), tuple(int(n) for n in kinds[k])) for k in range(len(kinds))]


def _packed(
    columns: Sequence[Column],
    arrays: Sequence[Arrays],
    rows: NDArray[np.int64] | slice,
    lengths: tuple[int, ...],
) -> bytes:
    layout: list[tuple[str, str] | tuple[str, list[tuple[str, str]], tuple[int]]] = [("fields", ">i2")]
    for i, column in enumerate(columns):
        layout += [(f"size{i}", ">i4"), (f"value{i}", _WIRE[column.type])]
    for i, length in enumerate(lengths):
        layout += [(f"bytes{i}", ">i4"), (f"ndim{i}", ">i4"), (f"flags{i}", ">i4"), (f"oid{i}", ">i4")]
        if length:
            layout += [(f"dim{i}", ">i4"), (f"lower{i}", ">i4")]
            layout += [(f"items{i}", [("size", ">i4"), ("value", ">i8")], (length,))]
    chosen = [column.values[rows] for column in columns]
    out = np.zeros(len(chosen[0]), dtype=layout)
    out["fields"] = len(columns) + len(arrays)
    for i, (column, values) in enumerate(zip(columns, chosen, strict=True)):
        out[f"size{i}"] = out.dtype[f"value{i}"].itemsize
        out[f"value{i}"] = _on_the_wire(column.type, values)
    for i, (array, length) in enumerate(zip(arrays, lengths, strict=True)):
        out[f"bytes{i}"] = 20 + 12 * length if length else 12
        out[f"oid{i}"] = _INT8_OID
        if length:
            out[f"ndim{i}"], out[f"dim{i}"], out[f"lower{i}"] = 1, length, 1
            starts = (np.cumsum(array.counts) - array.counts)[rows]
            out[f"items{i}"]["size"] = 8
            out[f"items{i}"]["value"] = array.flat[starts[:, None] + np.arange(length)]
    return out.tobytes()


def _on_the_wire(type_name: str, values: NDArray[np.generic]) -> NDArray[np.generic]:
    if type_name == "timestamptz":
        return values.astype(np.int64) - _EPOCH_US
    if type_name == "date":
        return values.astype(np.int64) - _EPOCH_DAYS
    return values
