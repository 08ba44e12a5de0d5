"""Files of claims: sealed where they lie, read by who may see the claim."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.claims.models import Claim, ClaimFile
from coalition.claims.moving import locked_own, step
from coalition.claims.states import Verb
from coalition.claims.texts import name_of
from coalition.papers import MEDIA, Brought, Kept, fitting, shown_name
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock, files
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.vault import vault_of

FILES_MAX = 5


def attach(
    session: Session, actor: Actor, *, member_id: UUID, claim_id: UUID, brought: Sequence[Brought]
) -> list[ClaimFile]:
    """Add files to an open claim; all of them, or none.

    Raises Refusal("attachments_many", most=...), "attachment_large" (name, most), "attachment_type" (name).
    """
    actor.must(
        Permission.CABINET_CLAIM_OPEN if actor.kind == "member" else Permission.DESK_CLAIM_OPEN,
        member_id=member_id,
    )
    return add_files(session, actor, locked_own(session, member_id, claim_id), brought)


def add_files(session: Session, by: Actor, claim: Claim, brought: Sequence[Brought]) -> list[ClaimFile]:
    """`attach`, for an action that has checked who may; a partner's files are counted apart from the others."""
    own = ClaimFile.participant_id.is_not_distinct_from(by.of_participant)
    known = session.scalar(
        select(func.count()).where(
            ClaimFile.tenant_id == claim.tenant_id,
            ClaimFile.member_id == claim.member_id,
            ClaimFile.claim_id == claim.id,
            own,
        )
    )
    if int(known or 0) + len(brought) > FILES_MAX:
        raise Refusal("attachments_many", most=FILES_MAX)
    kinds = [fitting(file) for file in brought]
    if brought:
        step(session, by, claim, Verb.ATTACH, files=len(brought))
    kept = [_row(session, by, claim, file, kind) for file, kind in zip(brought, kinds, strict=True)]
    session.flush()  # the tables' checks are met before anything is written beside the database
    for row, file in zip(kept, brought, strict=True):
        _write(session, row, file.content)
    return kept


def read_attachment(
    session: Session, actor: Actor, *, member_id: UUID, claim_id: UUID, file_id: UUID
) -> Kept:
    """A file of a claim, opened; NotFound("attachment_unknown")."""
    actor.must(
        Permission.CABINET_CLAIM_OPEN if actor.kind == "member" else Permission.DESK_CLAIM_READ,
        member_id=member_id,
    )
    row = session.get(ClaimFile, (tenant_of(session), member_id, claim_id, file_id))
    if row is None or (actor.kind == "member" and row.participant_id is not None):
        raise NotFound("attachment_unknown")
    content = kept_bytes(session, row)
    record(session, actor, "claim.attachment.read", f"claim {claim_id}", after={"file_id": file_id})
    return Kept(name_of(session, row), MEDIA[row.kind], content)


def kept_bytes(session: Session, row: ClaimFile) -> bytes:
    """What was brought, for an action that has checked who may; NotFound("attachment_unknown") where it is gone."""
    place = _place(row)
    if not place.exists():
        raise NotFound("attachment_unknown")
    return vault_of(session).open_bytes(place.read_bytes(), "claim_file", row.member_id, row.id)


def drop_folder(session: Session, claim_id: UUID) -> None:
    """Remove the bytes of a claim's files, after their rows are gone."""
    files.drop(files.folder(tenant_of(session), "claims", claim_id.hex))


def _row(session: Session, actor: Actor, claim: Claim, file: Brought, kind: str) -> ClaimFile:
    number = new_id()
    row = ClaimFile(
        tenant_id=claim.tenant_id,
        member_id=claim.member_id,
        claim_id=claim.id,
        id=number,
        name=vault_of(session).seal(shown_name(file.name), "claim_file.name", claim.member_id, number),
        kind=kind,
        size=len(file.content),
        digest=hashlib.sha256(file.content).digest(),
        at=clock.now(),
        actor=actor.name,
        participant_id=actor.of_participant,
    )
    session.add(row)
    return row


def _write(session: Session, row: ClaimFile, content: bytes) -> None:
    sealed = vault_of(session).seal_bytes(content, "claim_file", row.member_id, row.id)
    with files.written(_place(row)) as stream:
        stream.write(sealed)


def _place(row: ClaimFile) -> Path:
    return files.folder(row.tenant_id, "claims", row.claim_id.hex) / f"{row.id.hex}"
