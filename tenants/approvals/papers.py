"""Files that wait for a signature: sealed where they lie, and opened only as the bytes whose digest was signed.

A file is named by its digest, so the same bytes are kept once. Who reads one checks it against what was asked for.
A day after its signature could have come last it is removed.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

from sqlalchemy.orm import Session

from tenants.approvals.models import HOURS
from tenants.runtime import clock, files
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict
from tenants.runtime.jobs import every, job
from tenants.vault import vault_of

_PLACE = "approval.paper"
_DIGEST = re.compile("[0-9a-f]{64}")
KEPT = timedelta(hours=HOURS + 24)


def digest_of_lines(lines: Iterable[str]) -> str:
    """The SHA-256 of what a file means, whatever the order of its rows."""
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()


def digest_of(stream: BinaryIO) -> str:
    """The SHA-256 of a whole file in hexadecimal letters."""
    stream.seek(0)
    found = sha256()
    while part := stream.read(1 << 20):
        found.update(part)
    return found.hexdigest()


def keep_paper(session: Session, stream: BinaryIO) -> str:
    """Keep a file from its beginning; returns its SHA-256 in hexadecimal letters."""
    stream.seek(0)
    content = stream.read()
    named = sha256(content).hexdigest()
    with files.written(files.folder(tenant_of(session), "approvals") / named) as kept:
        kept.write(vault_of(session).seal_bytes(content, _PLACE, named))
    return named


def open_paper(session: Session, named: str) -> BinaryIO:
    """The file of this digest; Conflict("approval_differs") where it is gone or holds something else."""
    if not _DIGEST.fullmatch(named):  # also what a form sends: no other name ever becomes a path
        raise Conflict("approval_differs")
    place = files.folder(tenant_of(session), "approvals") / named
    if not place.exists():
        raise Conflict("approval_differs")
    content = vault_of(session).open_bytes(place.read_bytes(), _PLACE, named)
    if sha256(content).hexdigest() != named:
        raise Conflict("approval_differs")
    return BytesIO(content)


@job("approvals.tidy", bulk=True)
def tidy(session: Session) -> None:
    """Remove files that were kept so long ago that nothing can wait for them any more."""
    oldest = (clock.real_now() - KEPT).timestamp()
    for paper in files.folder(tenant_of(session), "approvals").iterdir():
        if paper.stat().st_mtime < oldest:
            files.drop(paper)


every(86_400, "approvals.tidy")
