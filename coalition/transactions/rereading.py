"""What of a file did not come to its end is tried again: lines that were rejected, and work that has stopped.

Lines that were rejected are read once more by a newer version of the file's profile, from the same bytes, which whoever
brings them has: nothing of a file is kept but its lines. Lines that were taken the first time are not looked at again,
so a version that names them otherwise cannot pay twice for them.
"""

import hashlib
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.programmes.queries import programme_by_id
from coalition.transactions.models import InboundFile
from coalition.transactions.queries import file_by_id, rejected_numbers, stopped_jobs
from coalition.transactions.receiving import REJECTS_KEPT, Received, digest, known_by, newest_profile, take_in
from tenants.actions import retry_job
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, Refusal


def reread(session: Session, actor: Actor, *, file_id: int, name: str, stream: BinaryIO) -> Received:
    """Read the rejected lines of a file again, by the newest version of its profile, as a file of their own.

    `stream` is seekable and has the file's own bytes. Asked for again, it is the same file. Raises
    NotFound("file_unknown"), Refusal("nothing_rejected"), Refusal("profile_unchanged"), Refusal("file_other"),
    Conflict("reread_since", number=...) where a later file has lines of it already, and rejects to
    read, Refusal("rejects_not_kept") where more lines were rejected than are kept by number, and all of `reading`.
    """
    actor.must(Permission.DESK_FILE_RECEIVE)
    file = file_by_id(session, file_id)
    if not file.rejected:
        raise Refusal("nothing_rejected")
    stored = newest_profile(session, file.profile_code)
    if stored.version == file.profile_version:
        raise Refusal("profile_unchanged", profile=stored.code, version=stored.version)
    first = file_by_id(session, file.reread_of or file.id)
    session.refresh(first, with_for_update=True)  # of two readings of it one comes after the other
    if digest(stream) != first.digest:
        raise Refusal("file_other", name=first.name)
    of_all = file.rejected == file.lines and file is first
    if file.rejected > REJECTS_KEPT and not of_all:
        raise Refusal("rejects_not_kept", most=REJECTS_KEPT)
    content = hashlib.sha256(b"%b again: %d by %d" % (first.digest, file.id, stored.version)).digest()
    known = known_by(session, content)
    if known is not None:
        return Received(known, already=True)
    if (newest := _newest(session, first)) != file.id:
        raise Conflict("reread_since", number=newest)
    programme = programme_by_id(session, file.programme_id)
    only = None if of_all else rejected_numbers(session, file)
    again = take_in(session, stored, programme, content, name, stream, reread_of=first.id, only=only)
    told = {
        "of": file.id, "profile": stored.code, "version": stored.version,
        "lines": again.lines, "rejected": again.rejected,
    }  # fmt: skip
    record(session, actor, "file.reread", f"file {again.id}", after=told)
    return Received(again, already=False)


def go_on(session: Session, actor: Actor, *, file_id: int) -> int:
    """Have the work on a file that has stopped tried from where it stopped; how many jobs that are.

    Raises NotFound("file_unknown"), Conflict("file_not_stopped").
    """
    actor.must(Permission.DESK_JOB_RETRY)
    stopped = stopped_jobs(session, file_by_id(session, file_id))
    if not stopped:
        raise Conflict("file_not_stopped")
    for one in stopped:
        retry_job(session, actor, job_id=one.id)
    return len(stopped)


def _newest(session: Session, first: InboundFile) -> int:
    """The file that has the lines of the first one which are still rejected."""
    query = select(func.max(InboundFile.id)).where(
        InboundFile.tenant_id == first.tenant_id, InboundFile.reread_of == first.id
    )
    return session.scalar(query) or first.id
