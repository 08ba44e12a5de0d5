"""Receiving a file: once by its bytes, read whole and judged before anything of it is kept.

What is kept is not the file but its lines as columns, with cards as keyed digests: no card number and no token stays.
A file that is refused leaves nothing behind.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.members.models import HandleKind
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.transactions.models import FileProfile, InboundFile, RejectedLine
from coalition.transactions.profiles import Profile
from coalition.transactions.reading import SCHEMA, Reject, read
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock, files
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import next_numbers
from tenants.runtime.jobs import ask
from tenants.vault import Vault, vault_of

REJECTS_KEPT = 100_000
_BLOCK = 1 << 20

# As `reading` gives them, but the card is its digest.
STORED = pa.schema([pa.field("card", pa.binary(16)) if f.name == "card" else f for f in SCHEMA])


@dataclass(frozen=True)
class Received:
    """A file, and whether its bytes had been received before."""

    file: InboundFile
    already: bool


def takes_files(session: Session) -> bool:
    """Whether purchases come by files of a bank here, and not by tills alone."""
    known = select(FileProfile.code).where(FileProfile.tenant_id == tenant_of(session)).limit(1)
    return session.scalar(known) is not None


def receive(
    session: Session,
    actor: Actor,
    *,
    profile_code: str,
    name: str,
    stream: BinaryIO,
    programme_code: str | None = None,
) -> Received:
    """Take in a bank's file from a seekable stream; a job then posts it.

    The same bytes, under any name, are one file. Raises NotFound("profile_unknown") and every Refusal of `reading`.
    """
    actor.must(Permission.DESK_FILE_RECEIVE)
    stored = newest_profile(session, profile_code)
    content = digest(stream)
    known = known_by(session, content)
    if known is not None:
        return Received(known, already=True)
    programme = the_programme(session, programme_code)
    file = take_in(session, stored, programme, content, name, stream)
    told = {"profile": stored.code, "version": stored.version, "lines": file.lines, "rejected": file.rejected}
    record(session, actor, "file.receive", f"file {file.id}", after=told)
    return Received(file, already=False)


def known_by(session: Session, content: bytes) -> InboundFile | None:
    """The file of that digest. Two doors may bring one at once: the second waits, and finds the first's row."""
    session.execute(
        text("select pg_advisory_xact_lock(:key)"), {"key": int.from_bytes(content[:8], "big", signed=True)}
    )
    return session.scalars(
        select(InboundFile).where(InboundFile.tenant_id == tenant_of(session), InboundFile.digest == content)
    ).one_or_none()


def take_in(
    session: Session,
    stored: FileProfile,
    programme: Programme,
    content: bytes,
    name: str,
    stream: BinaryIO,
    *,
    reread_of: int | None = None,
    only: Collection[int] | None = None,
) -> InboundFile:
    """Read a stream and keep its lines as a new file, which a job then posts; with `only`, of these numbers alone."""
    tenant_id = tenant_of(session)
    profile = Profile.model_validate(stored.document)
    with _spool(tenant_id) as path:
        lines, rejects, rejected = _spooled(stream, profile, programme, vault_of(session), path, only)
        file = InboundFile(
            tenant_id=tenant_id,
            id=next_numbers(session, "inbound_file"),
            digest=content,
            programme_id=programme.id,
            profile_code=stored.code,
            profile_version=stored.version,
            name=_sound(name),
            received_at=clock.now(),
            lines=lines + rejected,
            rejected=rejected,
            reread_of=reread_of,
        )
        session.add(file)
        session.flush()  # rejected lines refer to it
        _store_rejects(session, file, rejects)
        path.replace(files.folder(tenant_id, "inbound", str(file.id)) / "lines.arrow")
    ask(session, "files.stage", file_id=file.id)
    return file


def _sound(name: str) -> str:
    """A file's name that can be stored: file systems and browsers also hand over bytes that are no text."""
    return Path(name).name.encode("utf-8", "replace").decode().replace("\0", "")[:200]


def newest_profile(session: Session, code: str) -> FileProfile:
    """The newest version of a profile; NotFound("profile_unknown") names those there are."""
    stored = session.scalars(
        select(FileProfile)
        .where(FileProfile.tenant_id == tenant_of(session), FileProfile.code == code)
        .order_by(FileProfile.version.desc())
        .limit(1)
    ).first()
    if stored is None:
        known = select(FileProfile.code).where(FileProfile.tenant_id == tenant_of(session)).distinct()
        codes = ", ".join(sorted(session.scalars(known))) or "none yet"
        raise NotFound("profile_unknown", profile=code, known=codes)
    return stored


def digest(stream: BinaryIO) -> bytes:
    """SHA-256 of a seekable stream, which is at its beginning again."""
    found = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_BLOCK):
        found.update(block)
    stream.seek(0)
    return found.digest()


@contextmanager
def _spool(tenant_id: int) -> Iterator[Path]:
    path = files.folder(tenant_id, "inbound") / f".{uuid4().hex}.part"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _spooled(
    stream: BinaryIO,
    profile: Profile,
    programme: Programme,
    vault: Vault,
    path: Path,
    only: Collection[int] | None,
) -> tuple[int, list[Reject], int]:
    """Read the stream to the end into a spool of columns; how many lines, the rejects kept, how many rejects."""
    lines = rejected = 0
    kept: list[Reject] = []
    wanted = pa.array(only or (), pa.int64())
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with path.open("wb") as target, pa.ipc.new_stream(target, STORED, options=options) as writer:
        for batch in read(stream, profile, token_key=vault.derive("card")):
            table, foreign = _in_currency(batch.lines, programme.currency)
            found = batch.rejects + foreign
            if only is not None:
                table = table.filter(pc.is_in(table["line_no"], wanted))
                found = [reject for reject in found if reject.line_no in only]
            rejected += len(found)
            kept += found[: REJECTS_KEPT - len(kept)]
            lines += table.num_rows
            writer.write_table(_without_cards(table, vault))
    if not lines and not rejected:
        raise Refusal("file_empty", line=1)
    return lines, kept, rejected


def _in_currency(table: pa.Table, currency: str) -> tuple[pa.Table, list[Reject]]:
    """The programme's own currency; a line in another one cannot earn and is rejected."""
    own = pc.equal(table["currency"], currency)
    if pc.all(own).as_py() is not False:
        return table, []
    foreign = table.filter(pc.invert(own)).select(["line_no", "currency"]).to_pylist()
    return table.filter(own), [
        Reject(row["line_no"], "currency_other", "currency", row["currency"]) for row in foreign
    ]


def _without_cards(table: pa.Table, vault: Vault) -> pa.Table:
    cards = pc.dictionary_encode(table["card"].combine_chunks())
    digests = vault.digests(HandleKind.CARD_TOKEN.name, cards.dictionary.to_pylist())
    place = STORED.get_field_index("card")
    column = (
        pa.array(digests, pa.binary(16)).take(cards.indices) if len(cards) else pa.array([], pa.binary(16))
    )
    return table.set_column(place, "card", column).cast(STORED)


def _store_rejects(session: Session, file: InboundFile, rejects: list[Reject]) -> None:
    for start in range(0, len(rejects), 5000):
        session.execute(
            insert(RejectedLine),
            [
                {
                    "tenant_id": file.tenant_id,
                    "file_id": file.id,
                    "line": reject.line_no,
                    "code": reject.code,
                    "column": reject.column[:64],
                    "excerpt": reject.excerpt[:80] if reject.column else "",  # a whole line holds its card
                }
                for reject in rejects[start : start + 5000]
            ],
        )
