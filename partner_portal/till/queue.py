"""What a till sells while the line is down: kept on its own disk, sent in its order when the line is back."""

import json
import sqlite3
from pathlib import Path
from typing import NamedTuple

from partner_portal.till.client import Json, Refused, Till

_TABLE = """
create table if not exists kept (
    number integer primary key, path text not null, key text not null unique, body text not null, refused text
)"""


class Kept(NamedTuple):
    """A write that was refused when it was sent, and why: a person looks at it."""

    path: str
    body: Json
    problem: Json


class Queue:
    """Writes that wait. A write is on disk before `add` returns, and stays until the API has answered."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.execute(_TABLE)

    def add(self, path: str, body: Json, key: str = "") -> None:
        """Keep a write for later; the same key again is the same write."""
        self._db.execute(
            "insert into kept (path, key, body) values (?, ?, ?) on conflict do nothing",
            (path, key or f"{path} {body['reference']}", json.dumps(body)),
        )

    def __len__(self) -> int:
        return int(self._db.execute("select count(*) from kept where refused is null").fetchone()[0])

    def send(self, till: Till) -> int:
        """Send what waits, in its order; returns how many were done. Away leaves what is left for the next time."""
        done = 0
        for number, path, key, body in self._db.execute(
            "select number, path, key, body from kept where refused is null order by number"
        ).fetchall():
            try:
                till.write(path, json.loads(body), key)
            except Refused as refused:
                self._db.execute(
                    "update kept set refused = ? where number = ?", (json.dumps(refused.problem), number)
                )
                continue
            self._db.execute("delete from kept where number = ?", (number,))
            done += 1
        return done

    def refused(self) -> list[Kept]:
        """What was refused."""
        rows = self._db.execute(
            "select path, body, refused from kept where refused is not null order by number"
        )
        return [Kept(path, json.loads(body), json.loads(problem)) for path, body, problem in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()
