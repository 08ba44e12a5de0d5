"""Staging a received file: cards matched to members, sellers to partners, lines parted into chunks of whole members.

A chunk holds a contiguous range of members, so that posting appends to every index nearly in order. The spool is read
block by block; memory does not grow with the file.
"""

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from coalition.members.models import Handle, HandleKind
from coalition.partners.queries import merchants_by_name, partners_by_code, partners_by_terminal
from coalition.programmes.models import Programme
from coalition.transactions.lines import NOBODY, SCHEMA
from coalition.transactions.models import FileChunk, InboundFile
from tenants.runtime import files
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import digest
from tenants.runtime.jobs import ask, job

LINES_PER_CHUNK = 20_000
CHUNKS_MAX = 400  # all are open while a file is parted, and a process may often open no more than 1024 files
UNMATCHED_PER_CHUNK = 20  # ranges of members whose share of strangers' lines still makes one chunk


@job("files.stage", bulk=True)
def stage(session: Session, file_id: int) -> None:
    """Part a received file into chunks and ask for each to be posted."""
    tenant_id = tenant_of(session)
    file = session.get_one(InboundFile, (tenant_id, file_id), with_for_update=True)
    if file.state != "received":
        return
    folder = files.folder(tenant_id, "inbound", str(file_id))
    files.drop(folder / "chunks")
    counts = _parted(
        session, file, folder / "lines.arrow", files.folder(tenant_id, "inbound", str(file_id), "chunks")
    )
    for number, lines in sorted(counts.items()):
        session.add(FileChunk(tenant_id=tenant_id, file_id=file_id, number=number, lines=lines))
    file.state, file.chunks_left = "posting", len(counts)
    session.flush()  # the chunks' jobs look for their rows
    if not counts:
        ask(session, "files.finish", file_id=file_id)
    elif oldest_open(session, file.programme_id) is file:
        ask_chunks(session, file)


def oldest_open(session: Session, programme_id: int) -> InboundFile | None:
    """The programme's file whose turn it is: files are posted in the order they were received.

    What counts purchases ("the first one") would else depend on which worker was faster. The programme is locked, so
    that a file that is closed and one that is staged at the same moment do not miss each other.
    """
    tenant_id = tenant_of(session)
    session.get_one(Programme, (tenant_id, programme_id), with_for_update={"key_share": True})
    return session.scalars(
        select(InboundFile)
        .where(
            InboundFile.tenant_id == tenant_id,
            InboundFile.programme_id == programme_id,
            InboundFile.state != "done",
        )
        .order_by(InboundFile.id)
        .limit(1)
    ).first()


def ask_chunks(session: Session, file: InboundFile) -> None:
    """Ask for every chunk of a staged file to be posted."""
    for number in session.scalars(
        select(FileChunk.number)
        .where(FileChunk.tenant_id == file.tenant_id, FileChunk.file_id == file.id)
        .order_by(FileChunk.number)
    ):
        ask(session, "files.post_chunk", file_id=file.id, number=number)


def chunk_path(tenant_id: int, file_id: int, number: int) -> Path:
    """Where a chunk's lines lie."""
    return files.folder(tenant_id, "inbound", str(file_id), "chunks") / f"{number:06}.arrow"


@dataclass
class _Known:
    """What was looked up already while one file is staged."""

    session: Session
    partners: dict[str, int]
    terminals: dict[tuple[str, str], int]
    members: dict[bytes, bytes] = field(default_factory=dict)
    merchants: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    def member_of(self, cards: list[bytes]) -> list[bytes]:
        """The member of each card digest, NOBODY for a card that nobody has."""
        new = [card for card in cards if card not in self.members]
        if new:
            rows = self.session.execute(
                text(
                    "select digest, member_id from handle"
                    " where tenant_id = :tenant and kind = :kind and digest = any(cast(:cards as uuid[]))"
                ),
                {
                    "tenant": tenant_of(self.session),
                    "kind": int(HandleKind.CARD_TOKEN),
                    "cards": [card.hex() for card in new],
                },
            )
            self.members |= dict.fromkeys(new, NOBODY)
            self.members |= {found.bytes: member.bytes for found, member in rows}
        return [self.members[card] for card in cards]

    def merchant_of(self, names: list[str]) -> list[int]:
        """Numbers of sellers by name."""
        new = [name for name in names if name not in self.merchants]
        if new:
            self.merchants |= merchants_by_name(self.session, new)
        return [self.merchants[name] for name in names]

    def mark_of(self, names: list[str]) -> list[int]:
        """Eight bytes that stand for each name in the identities of lines."""
        new = [name for name in names if name not in self.marks]
        self.marks |= {name: int.from_bytes(digest(name)[:8], "big", signed=True) for name in new}
        return [self.marks[name] for name in names]

    def partner_of(self, mid: str | None, tid: str | None, code: str | None) -> int:
        """The partner by terminal, else by the code that the profile's rules gave; 0 for none."""
        found = self.terminals.get((mid or "", tid or "")) or self.terminals.get((mid or "", ""))
        return found or (self.partners.get(code, 0) if code else 0)


def _parted(session: Session, file: InboundFile, spool: Path, folder: Path) -> dict[int, int]:
    known = _Known(session, partners_by_code(session), partners_by_terminal(session))
    borders = _borders(session, file.lines)
    counts: dict[int, int] = {}
    writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
    with ExitStack() as open_files:
        for table in _blocks(spool):
            lines = _matched(known, table)
            for number, part in _by_chunk(lines, borders):
                if number not in writers:
                    target = open_files.enter_context(chunk_path(file.tenant_id, file.id, number).open("wb"))
                    writers[number] = open_files.enter_context(pa.ipc.new_stream(target, SCHEMA))
                writers[number].write_table(part)
                counts[number] = counts.get(number, 0) + part.num_rows
    return counts


def _blocks(spool: Path) -> Iterator[pa.Table]:
    with pa.memory_map(str(spool)) as mapped:
        for batch in pa.ipc.open_stream(mapped):
            yield pa.Table.from_batches([batch])


def cards_per_chunk(lines: int, cards: int) -> int:
    """How many of the tenant's cards share a chunk of a file of so many lines."""
    wanted = min(max(1, lines // LINES_PER_CHUNK), CHUNKS_MAX)
    return max(1, -(-cards // wanted))


def _borders(session: Session, lines: int) -> NDArray[np.uint64]:
    """First halves of the member ids that part the tenant's cards into even ranges, one per chunk to be made."""
    tenant_id = tenant_of(session)
    numbered = (
        select(Handle.member_id, func.row_number().over(order_by=Handle.member_id).label("place"))
        .where(Handle.tenant_id == tenant_id, Handle.kind == HandleKind.CARD_TOKEN)
        .subquery()
    )
    total = session.scalar(
        select(func.count()).where(Handle.tenant_id == tenant_id, Handle.kind == HandleKind.CARD_TOKEN)
    )
    step = cards_per_chunk(lines, total or 0)
    members = session.scalars(
        select(numbered.c.member_id).where(numbered.c.place % step == 0).order_by(numbered.c.member_id)
    ).all()
    halves = [struct.unpack(">Q", member.bytes[:8])[0] for member in members]
    return np.unique(np.array(halves[:-1], np.uint64))


def _matched(known: _Known, table: pa.Table) -> pa.Table:
    cards = pc.dictionary_encode(table["card"].combine_chunks())
    members = pa.array(known.member_of(cards.dictionary.to_pylist()), pa.binary(16)).take(cards.indices)
    names = pc.dictionary_encode(table["merchant"].combine_chunks())
    merchants = pa.array(known.merchant_of(names.dictionary.to_pylist()), pa.int32()).take(names.indices)
    sellers = pa.array(known.mark_of(names.dictionary.to_pylist()), pa.int64()).take(names.indices)
    terminal, partner = _sellers(known, table)
    return pa.table(
        {
            "member": members,
            "card": table["card"],
            "at": table["occurred_at"].cast(pa.int64()),
            "amount": table["amount"],
            "terminal": terminal,
            "seller": sellers,
            "line": table["line_no"].cast(pa.int32()),
            "merchant": merchants,
            "partner": partner,
            "mcc": pc.fill_null(table["mcc"], -1),
            "kind": table["kind"],
            "reference": table["reference"],
            "original": table["original_reference"],
        }
    ).cast(SCHEMA)


def _sellers(known: _Known, table: pa.Table) -> tuple[pa.Array, pa.Array]:
    """A digest of the terminal's numbers, and the partner, worked out once for each distinct seller."""
    columns = [
        pc.dictionary_encode(pc.fill_null(table[n].combine_chunks(), "")) for n in ("mid", "tid", "partner")
    ]
    place: Any = np.zeros(table.num_rows, np.int64)
    for column in columns:
        place = place * (len(column.dictionary) + 1) + column.indices.to_numpy()
    distinct, which = np.unique(place, return_inverse=True)
    texts = [column.dictionary.to_pylist() for column in columns]
    terminals, partners = [], []
    for value in distinct.tolist():
        parts = []
        for column, words in zip(reversed(columns), reversed(texts), strict=True):
            value, at = divmod(value, len(column.dictionary) + 1)
            parts.append(words[at])
        code, tid, mid = parts
        terminals.append(int.from_bytes(digest(mid, tid)[:8], "big", signed=True) if mid or tid else 0)
        partners.append(known.partner_of(mid, tid, code))
    which = which.reshape(-1)
    return pa.array(np.array(terminals, np.int64)[which]), pa.array(np.array(partners, np.int32)[which])


def _by_chunk(lines: pa.Table, borders: NDArray[np.uint64]) -> Iterator[tuple[int, pa.Table]]:
    """The lines by chunk: numbers from 1 by member; lines of nobody's cards by card, in numbers below 0."""
    owners = _first_halves(lines["member"])
    numbers = np.searchsorted(borders, owners, side="right").astype(np.int64) + 1
    nobody = owners == 0
    if nobody.any():
        spread = _first_halves(lines["card"]) % np.uint64(len(borders) // UNMATCHED_PER_CHUNK + 1)
        numbers = np.where(nobody, -1 - spread.astype(np.int64), numbers)
    order = np.argsort(numbers, kind="stable")
    ordered = lines.take(pa.array(order))
    found, starts = np.unique(numbers[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    for number, start, end in zip(found.tolist(), starts.tolist(), ends, strict=True):
        yield number, ordered.slice(start, end - start)


def _first_halves(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0)
    both = np.frombuffer(values.buffers()[1], ">u8", len(values) * 2, values.offset * 16)
    return both.reshape(-1, 2)[:, 0].astype(np.uint64)
