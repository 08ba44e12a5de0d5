"""The main job measured: a month's file of a bank, from bytes to committed points, against the database's own limit.

Each measurement has a database of its own, copied from one seeded template, so that both sides write to the same empty
tables. The workers are two processes of `coalition worker`, as in production.
"""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from sqlalchemy import text

from bench import base, limit, seed
from coalition.reports.audit import audit
from coalition.transactions.receiving import receive
from migrations import runner
from tenants import process
from tenants.actor import SYSTEM
from tenants.runtime import db, queues
from tenants.runtime.settings import Settings, libpq

WORKERS = 2
_TEMPLATE = "coalition_bench"
_COPY = "coalition_bench_run"


@dataclass(frozen=True)
class Run:
    """One file's way through the product."""

    lines: int
    seconds: float
    posted: int
    duplicate: int
    points: int
    transfers: int
    awards: int
    memory_mb: int

    @property
    def rate(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds


def measure(chosen: Settings, *, lines: int, promotions: int) -> dict[str, float]:
    """Limit, ours, replays and the small file for one number of promotions; prints as it goes."""
    with tempfile.TemporaryDirectory(prefix="coalition-bench-") as folder:
        chosen = replace(chosen, data_dir=Path(folder), drop_folder=Path(folder) / "drop")
        month, small, again = (Path(folder) / f"{name}.csv" for name in ("month", "small", "again"))
        seed.write_lines(month, lines=lines)
        seed.write_lines(small, lines=lines // 10, seed=2)
        again.write_text(_turned(month.read_text()))
        _prepare(chosen, promotions)
        with _copied(chosen) as copy, psycopg.connect(libpq(copy.database_owner_url)) as connection:
            limit.prepare(connection)
            seconds, stored = limit.measure(connection, month)
        print(
            f"limit          {seconds:7.2f} s {lines / seconds:9,.0f} lines/s   ({stored:,} purchases stored)"
        )
        with _copied(chosen) as copy, _workers(copy) as workers:
            ours = _posted(copy, month, workers)
            _print("ours", ours)
            begun = time.perf_counter()
            assert _receive(month)[1], "the same bytes are the same file"
            same = time.perf_counter() - begun
            print(f"same bytes     {same:7.2f} s")
            replay = _posted(copy, again, workers)
            _print("same lines", replay)
            _audited()
        with _copied(chosen) as copy, _workers(copy) as workers:
            tenth = _posted(copy, small, workers)
            _print("a tenth", tenth)
    return {
        "ratio": seconds / ours.seconds,
        "limit_rate": lines / seconds,
        "ours_rate": ours.rate,
        "awards_per_line": ours.awards / ours.posted,
        "transfers_per_line": ours.transfers / ours.posted,
        "same_bytes_seconds": same,
        "same_lines_rate": replay.rate,
        "cost_growth": tenth.rate / ours.rate,
        "memory_mb": max(ours.memory_mb, replay.memory_mb),
    }


def _turned(content: str) -> str:
    """The same lines in another order: other bytes, nothing new."""
    header, *rows = content.splitlines(keepends=True)
    return "".join([header, *reversed(rows)])


def _prepare(chosen: Settings, promotions: int) -> None:
    base.drop(chosen, _TEMPLATE)
    base.as_owner(chosen, f"create database {_TEMPLATE}")
    template = base.within(chosen, _TEMPLATE)
    runner.upgrade(template.database_owner_url, template.database_url)
    process.begin(template)
    with db.transaction(None) as session:
        programme = seed.seed_bank(session)
        seed.seed_promotions(session, programme, promotions)
    db.dispose()
    with psycopg.connect(libpq(template.database_owner_url), autocommit=True) as connection:
        connection.execute("vacuum analyze")


@contextmanager
def _copied(chosen: Settings) -> Iterator[Settings]:
    """A fresh copy of the seeded database, and this process in it."""
    base.drop(chosen, _COPY)
    base.as_owner(chosen, f"create database {_COPY} template {_TEMPLATE}")
    copy = base.within(chosen, _COPY)
    process.begin(copy)
    try:
        yield copy
    finally:
        queues.disconnect()
        db.dispose()
        base.drop(chosen, _COPY)


@contextmanager
def _workers(chosen: Settings) -> Iterator[list[int]]:
    """Two workers, warm: their pids."""
    command = [sys.executable, "-m", "admin.cli.main", "worker"]
    children = [subprocess.Popen(command, env=chosen.environment()) for _ in range(WORKERS)]
    try:
        while queues.workers() < WORKERS:  # their imports are not what is measured
            time.sleep(0.1)
        yield [child.pid for child in children]
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait(20)


def _posted(chosen: Settings, path: Path, workers: list[int]) -> Run:
    begun = time.perf_counter()
    file_id, _ = _receive(path)
    while True:
        with db.transaction(1) as session:
            left = session.execute(
                text("select state, chunks_left from inbound_file where tenant_id = 1 and id = :id"),
                {"id": file_id},
            ).one()
        if left.state == "done" or (left.state == "posting" and left.chunks_left == 0):
            break
        time.sleep(0.05)
    seconds = time.perf_counter() - begun
    while left.state != "done":  # the result file is written after the points are committed
        time.sleep(0.2)
        with db.transaction(1) as session:
            left = session.execute(
                text("select state from inbound_file where tenant_id = 1 and id = :id"), {"id": file_id}
            ).one()
    with db.transaction(1) as session:
        row = session.execute(
            text(
                "select lines, posted, duplicate, points from inbound_file where tenant_id = 1 and id = :id"
            ),
            {"id": file_id},
        ).one()
        transfers = session.execute(text("select count(*) from transfer where tenant_id = 1")).scalar_one()
        awards = session.execute(
            text("select sum(cardinality(reason)) / 5 from purchase where tenant_id = 1")
        ).scalar_one()
    memory = max(map(_memory_mb, workers))
    return Run(row.lines, seconds, row.posted, row.duplicate, row.points, transfers, int(awards), memory)


def _receive(path: Path) -> tuple[int, bool]:
    with db.transaction(1) as session, path.open("rb") as stream:
        received = receive(session, SYSTEM, profile_code="bench", name=path.name, stream=stream)
        return received.file.id, received.already


def _audited() -> None:
    with db.transaction(1) as session:
        findings = audit(session)
    broken = [finding for finding in findings if finding.broken]
    assert not broken, broken
    print(f"audit          clean: {len(findings)} rules, {sum(f.checked for f in findings):,} rows looked at")


def _memory_mb(pid: int) -> int:
    """The most memory that a process ever had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def _print(name: str, run: Run) -> None:
    print(
        f"{name:14} {run.seconds:7.2f} s {run.rate:9,.0f} lines/s   ({run.posted:,} posted, {run.duplicate:,}"
        f" duplicate, {run.awards:,} awards in {run.transfers:,} transfers, {run.points:,} points,"
        f" worker {run.memory_mb} MB)"
    )
