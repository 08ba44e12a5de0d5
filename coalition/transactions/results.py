"""The file that the bank gets back: totals that reconcile, then every line with what became of it."""

from collections.abc import Iterator
from io import TextIOWrapper
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.transactions.chunks import DUPLICATE, POSTED, UNMATCHED, outcome_path
from coalition.transactions.models import FileChunk, InboundFile, RejectedLine
from coalition.transactions.staging import ask_chunks, oldest_open
from tenants.runtime import clock, files
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, job
from tenants.runtime.tables import write_csv

_WORDS = {POSTED: "posted", DUPLICATE: "duplicate", UNMATCHED: "unmatched"}
_BLOCK = 50_000
TOTALS = ("lines", "posted", "duplicate", "unmatched", "rejected", "points")


@job("files.finish", bulk=True)
def finish(session: Session, file_id: int) -> None:
    """Write the result file and close the file; the table's check refuses totals that do not reconcile."""
    file = session.get_one(InboundFile, (tenant_of(session), file_id), with_for_update=True)
    if file.state == "done":
        return
    assert file.chunks_left == 0, "asked for by the last chunk"
    with files.written(result_path(file.tenant_id, file_id)) as stream:
        text = TextIOWrapper(stream, "utf-8", newline="")
        write_csv(text, TOTALS, [[getattr(file, name) for name in TOTALS], []])
        write_csv(
            text, ["line", "outcome", "points", "reason", "column"], chain.from_iterable(_rows(session, file))
        )
        text.flush()
        text.detach()  # the file store closes the stream, once it is on the disk
    in_turn = oldest_open(session, file.programme_id) is file
    file.state, file.done_at = "done", clock.now()
    session.flush()  # the next file is asked for from the database
    following = oldest_open(session, file.programme_id)
    if in_turn and following is not None and following.state == "posting":
        ask_chunks(session, following)
    ask(session, "purchases.post_unmatched")  # cards may have been linked while it was being posted
    ask(session, "files.tidy", file_id=file_id)


@job("files.tidy", bulk=True)
def tidy(session: Session, file_id: int) -> None:
    """Drop what posting needed. A job of its own: were it done before the file is closed for good, a killed worker's
    successor would find nothing to close it from."""
    folder = files.folder(tenant_of(session), "inbound", str(file_id))
    for spent in ("chunks", "outcomes", "lines.arrow"):
        files.drop(folder / spent)


def result_path(tenant_id: int, file_id: int) -> Path:
    """Where a file's result lies."""
    return files.folder(tenant_id, "inbound", str(file_id)) / "result.csv"


def _rows(session: Session, file: InboundFile) -> Iterator[list[tuple[object, ...]]]:
    numbers, codes, points = _outcomes(session, file)
    for start in range(0, len(numbers), _BLOCK):
        block = slice(start, start + _BLOCK)
        yield [
            (line, _WORDS[code], given, "", "")
            for line, code, given in zip(
                numbers[block].tolist(), codes[block].tolist(), points[block].tolist(), strict=True
            )
        ]
    rejected = session.execute(
        select(RejectedLine.line, RejectedLine.code, RejectedLine.column)
        .where(RejectedLine.tenant_id == file.tenant_id, RejectedLine.file_id == file.id)
        .order_by(RejectedLine.line)
    )
    yield [(line, "rejected", 0, code, column) for line, code, column in rejected]


def _outcomes(session: Session, file: InboundFile) -> NDArray[np.int64]:
    """Line numbers, outcomes and points of all chunks, in the order of the lines."""
    chunks = session.scalars(
        select(FileChunk.number).where(FileChunk.tenant_id == file.tenant_id, FileChunk.file_id == file.id)
    )
    parts = [np.load(outcome_path(file.tenant_id, file.id, number)) for number in chunks]
    whole = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0), np.int64)
    return np.asarray(whole[:, np.argsort(whole[0], kind="stable")], np.int64)
