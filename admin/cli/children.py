"""The processes that `run` keeps alive, and the note of them that survives `run` itself."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tenants.runtime.embedded.processes import Identity
from tenants.runtime.settings import Settings

STOP_SECONDS = 10.0
QUICK_END_SECONDS = 2.0


@dataclass
class Child:
    """A process of ours, started again whenever it ends; in a session of its own, with whatever it starts."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = field(default=0.0)

    def keep(self) -> None:
        """Start it when it does not run; one that ended at once gets a pause first."""
        if self.process is not None and self.process.poll() is None:
            return
        if time.monotonic() - self.started_at < QUICK_END_SECONDS:
            return
        if self.process is not None:
            end_group(self.process.pid)  # What it had started may have outlived it.
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            list(self.command), env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def stop(self) -> None:
        """Ask it to finish, and kill it and everything it started when it does not."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        end_group(self.process.pid)
        self.process.wait()


def end_group(pid: int) -> None:
    """Kill what is left of a process group that we started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def child(name: str, arguments: Sequence[str], chosen: Settings) -> Child:
    """A child that runs this same Python with these arguments and settings."""
    return Child(name, [sys.executable, *arguments], chosen.environment())


@dataclass(frozen=True)
class Running:
    """What `run` notes about itself in the data directory, for `stop` and for the next `run`."""

    address: str
    run: Identity
    children: list[Identity]

    @classmethod
    def read(cls, data_dir: Path) -> "Running | None":
        """The note that lies there; None when there is none."""
        try:
            noted = json.loads((data_dir / "run.json").read_text())
        except FileNotFoundError:
            return None
        return cls(
            noted["address"], Identity(**noted["run"]), [Identity(**each) for each in noted["children"]]
        )

    def write(self, data_dir: Path) -> None:
        """Replace the note by this one."""
        draft = data_dir / "run.draft"
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(data_dir / "run.json")

    def end_orphans(self) -> None:
        """End the children of a `run` that was killed itself, side by side."""
        left = [orphan for orphan in self.children if orphan.alive()]
        for orphan in left:
            os.kill(orphan.pid, signal.SIGTERM)
        for orphan in left:
            if orphan.alive():
                orphan.end(signal.SIGTERM, STOP_SECONDS)
                end_group(orphan.pid)


def forget(data_dir: Path) -> None:
    """Remove the note."""
    (data_dir / "run.json").unlink(missing_ok=True)
