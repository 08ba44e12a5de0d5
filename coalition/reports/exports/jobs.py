"""Writing exports: part after part, each in a transaction of its own, and at last the file; and removing old ones."""

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from coalition.programmes.queries import the_programme
from coalition.programmes.words import words_in
from coalition.reports.exports import places
from coalition.reports.exports.writing import composed, plain, written
from coalition.reports.lists import LISTS, register_by_code
from coalition.reports.lists.base import Register
from coalition.reports.models import Export
from tenants.branding.words import Words
from tenants.runtime import clock, files
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, ask_once, every, job
from tenants.runtime.language import translate
from tenants.vault import Vault, vault_of

ROWS_PER_PART = 5_000
PARTS_PER_JOB = 4


@job("exports.write", bulk=True)
def write(session: Session, export_id: str) -> None:
    """Write the next parts, then ask for more; what was written before a kill is written again in its place.

    The row is locked at the end alone, so nobody who removes it waits for the writing.
    """
    row = session.get(Export, (tenant_of(session), UUID(export_id)))
    if row is not None and row.state == "done":
        return
    with session.no_autoflush:
        more = row is not None and _write_parts(session, row)
        kept = select(Export.id).where(Export.tenant_id == tenant_of(session), Export.id == UUID(export_id))
        if session.scalar(kept.with_for_update()) is None:  # removed meanwhile
            files.drop(places.folder_of(tenant_of(session), UUID(export_id)))
            if row is not None:
                session.expunge(row)
            return
    ask(session, "exports.write" if more else "exports.tidy", export_id=UUID(export_id))


def _write_parts(session: Session, row: Export) -> bool:
    """Write some parts, and the file behind the last one; whether there is more to write."""
    register, w = register_by_code(row.list_code), words_in(row.language, the_programme(session))
    vault = vault_of(session)
    if row.total is None:
        row.total = register.count(session, row.conditions, w.zone)
    for _ in range(PARTS_PER_JOB):
        if not _write_part(session, row, register, w, vault):
            _finish(row, register, vault)
            return False
    return True


def _write_part(session: Session, row: Export, register: Register[Any], w: Words, vault: Vault) -> bool:
    """Write one part; False when there is nothing behind it."""
    rows = register.rows(session, row.conditions, w.zone, after=row.after, limit=ROWS_PER_PART)
    if rows:
        values = register.told(session, rows, w)
        data = written(row.form, row.language, ([plain(one, w) for one in line] for line in values))
        places.keep(vault, row.id, "part", row.parts + 1, data)
        row.parts += 1
        row.rows += len(rows)
        row.after = str(getattr(rows[-1], register.key))
    return len(rows) == ROWS_PER_PART


def _finish(row: Export, register: Register[Any], vault: Vault) -> None:
    """Make the file of its parts."""
    header = [translate(row.language, column.title) for column in register.columns]
    title, read = translate(row.language, register.title), partial(places.kept, vault, row.id, "part")
    pieces = composed(row.form, row.language, header, title, range(1, row.parts + 1), read)
    row.parts, row.size, row.digest = places.keep_blocks(vault, row.id, pieces)
    row.state, row.done_at = "done", clock.now()


@job("exports.tidy", bulk=True)
def tidy(session: Session, export_id: str) -> None:
    """Remove what a finished file was made of."""
    row = session.get(Export, (tenant_of(session), UUID(export_id)))
    if row is not None and row.state == "done":
        places.drop_parts(row.tenant_id, row.id)


def end_files_of_members(session: Session) -> None:
    """Hand out no file of a list of members that was asked for until now, made or not: somebody in it was erased."""
    told = [one.code for one in LISTS if one.of_members]
    session.execute(
        update(Export)
        .where(
            Export.tenant_id == tenant_of(session),
            Export.list_code.in_(told),
            Export.expires_at > clock.now(),
        )
        .values(expires_at=clock.now())
    )
    ask_once(session, "exports.expire")


@job("exports.expire", bulk=True)
def expire(session: Session) -> None:
    """Remove files whose time is over."""
    over = session.scalars(
        select(Export)
        .where(Export.tenant_id == tenant_of(session), Export.expires_at <= clock.now())
        .with_for_update(skip_locked=True)
    )
    for row in over.all():
        session.delete(row)
        files.drop(places.folder_of(row.tenant_id, row.id))


every(3600, "exports.expire")
