"""Reads of files that were taken in: the file itself, what of it was rejected, the work on it that has stopped."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.transactions.models import InboundFile, RejectedLine
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.models import OutboxJob


def file_by_id(session: Session, file_id: int) -> InboundFile:
    """A file of this tenant; NotFound("file_unknown")."""
    file = session.get(InboundFile, (tenant_of(session), file_id))
    if file is None:
        raise NotFound("file_unknown")
    return file


def stopped_jobs(session: Session, file: InboundFile) -> list[OutboxJob]:
    """The jobs of a file that nobody tries any more, oldest first."""
    query = (
        select(OutboxJob)
        .where(
            OutboxJob.tenant_id == tenant_of(session),
            OutboxJob.state == "failed",
            OutboxJob.name.startswith("files."),
            OutboxJob.arguments["file_id"].as_integer() == file.id,
        )
        .order_by(OutboxJob.id)
    )
    return list(session.scalars(query))


def rejected_numbers(session: Session, file: InboundFile) -> frozenset[int]:
    """The numbers of the lines that were rejected, as far as they are kept."""
    query = select(RejectedLine.line).where(
        RejectedLine.tenant_id == tenant_of(session), RejectedLine.file_id == file.id
    )
    return frozenset(session.scalars(query))
