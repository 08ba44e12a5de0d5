"""Asking for a file of a list, having it, removing it; each person's own alone, and by the right of its list."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.reports.exports import places
from coalition.reports.exports.queries import exports_of, own_export
from coalition.reports.exports.writing import FORMS
from coalition.reports.lists import register_by_code
from coalition.reports.models import Export
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock, files
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.jobs import ask
from tenants.vault import vault_of

KEPT = timedelta(days=7)
WORKING_MOST = 3
"""Of one person at once."""


def ask_export(
    session: Session, actor: Actor, *, list_code: str, conditions: Mapping[str, str], form: str, language: str
) -> Export:
    """Have a file made of the list as it is narrowed now; while it is being made, the same one is not made twice.

    Raises NotFound("list_unknown"), NotFound("form_unknown"), Refusal("exports_too_many").
    """
    actor.must(Permission.DESK_LIST_EXPORT)
    register = register_by_code(list_code)
    actor.must(register.reads)
    if form not in FORMS:
        raise NotFound("form_unknown")
    kept = register.clean(conditions)
    if register.within and "file" not in kept:
        raise NotFound("file_unknown")
    working = [one for one in exports_of(session, actor.id) if one.state == "working"]
    for one in working:
        if (one.list_code, one.conditions, one.form, one.language) == (list_code, kept, form, language):
            return one
    if len(working) >= WORKING_MOST:
        raise Refusal("exports_too_many", most=WORKING_MOST)
    assert actor.id is not None, "who may have files made is somebody"
    now = clock.now()
    row = Export(
        tenant_id=tenant_of(session), id=new_id(), staff_id=actor.id, list_code=list_code, conditions=kept,
        form=form, language=language, state="working", asked_at=now, expires_at=now + KEPT, rows=0, parts=0,
    )  # fmt: skip
    session.add(row)
    ask(session, "exports.write", export_id=row.id)
    record(session, actor, "export.ask", f"export {row.id}", after=_told(row))
    return row


def export_bytes(session: Session, actor: Actor, *, export_id: UUID) -> tuple[Export, Iterator[bytes]]:
    """The file and its bytes, which are read after the transaction; who has it is written down each time.

    Raises NotFound("export_unknown"), Conflict("export_not_done").
    """
    actor.must(Permission.DESK_LIST_EXPORT)
    row, vault = own_export(session, actor.id, export_id), vault_of(session)
    register = register_by_code(row.list_code)
    actor.must(register.reads)
    if row.state != "done":
        raise Conflict("export_not_done")
    if row.expires_at <= clock.now() or not places.is_whole(vault, row.id, row.parts):
        raise NotFound("export_unknown")
    told = {**_told(row), "rows": row.rows, "of_members": register.of_members}
    record(session, actor, "export.download", f"export {row.id}", after=told)
    return row, places.blocks_of(vault, row.id, row.parts)


def remove_export(session: Session, actor: Actor, *, export_id: UUID) -> None:
    """Remove an own file, or give up what is being made. Raises NotFound("export_unknown")."""
    actor.must(Permission.DESK_LIST_EXPORT)
    row = own_export(session, actor.id, export_id)
    session.refresh(row, with_for_update=True)
    session.delete(row)
    record(session, actor, "export.remove", f"export {row.id}", before=_told(row))
    files.drop(places.folder_of(row.tenant_id, row.id))


def _told(row: Export) -> dict[str, object]:
    return {"list": row.list_code, "conditions": dict(row.conditions), "form": row.form}
