"""The jobs that post a staged file: each chunk one transaction with its own checkpoint, then the totals.

A chunk that was killed has done nothing and is done again; a chunk that is done is not done twice, because its
checkpoint is in its transaction.
"""

from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import update
from sqlalchemy.orm import Session

from coalition.programmes.queries import programme_by_id
from coalition.transactions.lines import NOBODY, Lines, file_source, read_lines
from coalition.transactions.models import FileChunk, InboundFile
from coalition.transactions.posting import find_known, first_of_each, post_lines
from coalition.transactions.staging import chunk_path
from tenants.runtime import clock, files
from tenants.runtime.copying import Column, copy_rows, raw
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, job

POSTED, DUPLICATE, UNMATCHED = 1, 2, 3


@job("files.post_chunk", bulk=True)
def post_chunk(session: Session, file_id: int, number: int) -> None:
    """Post one chunk of a file and take it off the file's count."""
    tenant_id = tenant_of(session)
    chunk = session.get_one(FileChunk, (tenant_id, file_id, number), with_for_update=True)
    if chunk.done_at is not None:
        return
    file = session.get_one(InboundFile, (tenant_id, file_id))
    programme = programme_by_id(session, file.programme_id)
    source = file_source(file.programme_id, file.profile_code)
    lines = read_lines(chunk_path(tenant_id, file_id, number), source)
    if number < 0:
        kept, duplicate = _keep_unmatched(session, lines, file_id)
        chunk.unmatched, chunk.duplicate = len(kept), len(duplicate)
        _note(
            chunk, [(kept, UNMATCHED), (duplicate, DUPLICATE)], np.zeros(len(kept) + len(duplicate), np.int64)
        )
    else:
        outcome = post_lines(session, programme, lines, file_id=file_id)
        chunk.posted, chunk.duplicate = len(outcome.posted), len(outcome.duplicate)
        chunk.points, chunk.promotions_number = int(outcome.points.sum()), outcome.promotions_number
        given = np.concatenate([outcome.points, np.zeros(len(outcome.duplicate), np.int64)])
        _note(chunk, [(outcome.posted, POSTED), (outcome.duplicate, DUPLICATE)], given)
    chunk.done_at = clock.now()
    _count(session, chunk)


def _count(session: Session, chunk: FileChunk) -> None:
    """Add the chunk to its file's totals; whoever is last asks for the end. Last, so that the row is locked briefly."""
    session.flush()  # the chunk's row before the file's: the same order in every worker
    left = session.execute(
        update(InboundFile)
        .where(InboundFile.tenant_id == chunk.tenant_id, InboundFile.id == chunk.file_id)
        .values(
            posted=InboundFile.posted + chunk.posted,
            duplicate=InboundFile.duplicate + chunk.duplicate,
            unmatched=InboundFile.unmatched + chunk.unmatched,
            points=InboundFile.points + chunk.points,
            chunks_left=InboundFile.chunks_left - 1,
        )
        .returning(InboundFile.chunks_left)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    if left == 0:
        ask(session, "files.finish", file_id=chunk.file_id)


def _note(chunk: FileChunk, outcomes: list[tuple[NDArray[np.int64], int]], points: NDArray[np.int64]) -> None:
    """Leave what became of each line beside the chunk, for the file that the bank gets back."""
    numbers = np.concatenate([lines for lines, _ in outcomes])
    codes = np.concatenate([np.full(len(lines), code, np.int64) for lines, code in outcomes])
    with files.written(outcome_path(chunk.tenant_id, chunk.file_id, chunk.number)) as stream:
        np.save(stream, np.stack([numbers, codes, points]))


def outcome_path(tenant_id: int, file_id: int, number: int) -> Path:
    """Where a chunk's outcome lies: rows of line numbers, outcomes and points."""
    return files.folder(tenant_id, "inbound", str(file_id), "outcomes") / f"{number:06}.npy"


def _keep_unmatched(
    session: Session, lines: Lines, file_id: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep lines of cards that nobody has; lines known already, kept or posted, are duplicates."""
    lines, repeated = first_of_each(lines)
    known = (
        find_known(session, "unmatched_line", lines)
        | find_known(session, "purchase", lines)
        | find_known(session, "purchase_return", lines)
    )
    fresh = lines.only(~known)
    cursor = raw(session).cursor()
    copy_rows(
        cursor,
        "new_unmatched",
        [
            Column("key", "uuid", fresh.key),
            Column("card", "uuid", fresh.card),
            Column("original_key", "uuid", fresh.original),
            Column("line", "int4", fresh.line),
            Column("occurred_at", "timestamptz", fresh.at),
            Column("amount", "int8", fresh.amount),
            Column("merchant_id", "int4", fresh.merchant),
            Column("partner_id", "int4", fresh.partner),
            Column("mcc", "int2", fresh.mcc),
            Column("kind", "int2", fresh.kind),
        ],
    )
    cursor.execute(
        "insert into unmatched_line (tenant_id, key, card, original_key, file_id, line, occurred_at, amount,"
        " merchant_id, partner_id, mcc, kind)"
        " select %s, key, card, nullif(original_key, %s), %s, line, occurred_at, amount,"
        " merchant_id, nullif(partner_id, 0), nullif(mcc, -1), kind from new_unmatched"
        " on conflict do nothing returning line",
        (tenant_of(session), UUID(bytes=NOBODY), file_id),
    )
    kept = np.array([line for (line,) in cursor.fetchall()], np.int64)
    cursor.execute("truncate new_unmatched")
    lost = fresh.line[~np.isin(fresh.line, kept)]
    return kept, np.concatenate([repeated, lines.line[known], lost])
