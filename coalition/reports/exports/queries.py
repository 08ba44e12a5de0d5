"""Reads of files made of lists: everybody finds the own ones alone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.reports.models import Export
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.models import OutboxJob


def own_export(session: Session, staff_id: UUID | None, export_id: UUID) -> Export:
    """A file that the person asked for; NotFound("export_unknown")."""
    row = session.get(Export, (tenant_of(session), export_id))
    if row is None or row.staff_id != staff_id:
        raise NotFound("export_unknown")
    return row


def exports_of(session: Session, staff_id: UUID | None) -> Sequence[Export]:
    """What the person asked for, the newest first."""
    return session.scalars(
        select(Export)
        .where(
            Export.tenant_id == tenant_of(session),
            Export.staff_id == staff_id,
            Export.expires_at > clock.now(),
        )
        .order_by(Export.id.desc())
    ).all()


def stopped_exports(session: Session) -> frozenset[str]:
    """The ids of those whose work has stopped."""
    return frozenset(
        str(arguments["export_id"])
        for arguments in session.scalars(
            select(OutboxJob.arguments).where(
                OutboxJob.tenant_id == tenant_of(session),
                OutboxJob.state == "failed",
                OutboxJob.name == "exports.write",
            )
        )
    )
