"""Processes by identity: a number alone may by now belong to somebody else."""

from dataclasses import dataclass
from pathlib import Path

import psutil

CLOCK_CORRECTION_SECONDS = 2.0


@dataclass(frozen=True)
class Identity:
    """A process as it can be recognised later: its number and the moment it started."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The identity of a living process; None when there is none (a zombie is none)."""
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return cls(pid, process.create_time())
        except psutil.NoSuchProcess:
            return None

    def alive(self) -> bool:
        """Whether this very process still runs."""
        there = Identity.of(self.pid)
        # The start is told in wall-clock time, which the system may have corrected meanwhile.
        return there is not None and abs(there.started - self.started) < CLOCK_CORRECTION_SECONDS

    def end(self, signal: int, patience_seconds: float) -> None:
        """Ask it to stop with `signal`, wait, and kill it when it does not; returns when it is gone."""
        if not self.alive():
            return
        process = psutil.Process(self.pid)
        try:
            process.send_signal(signal)
            process.wait(patience_seconds)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(patience_seconds)
        except psutil.NoSuchProcess:
            return


def command_of(pid: int) -> list[str]:
    """The command line of a living process; empty when there is none or it may not be read."""
    try:
        return psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return []


def last_words(log: Path) -> str:
    """The end of a server's log, for the sentence that says why it did not start."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-4:])
    except FileNotFoundError:
        return ""
