"""Processes by identity: a number alone may by now belong to somebody else."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tenants.runtime.embedded.account import Account

CLOCK_CORRECTION_SECONDS = 2.0


_started: list[subprocess.Popen[bytes]] = []


def launch(command: list[str], log: int, account: Account | None) -> subprocess.Popen[bytes]:
    """Start a server that may outlive us: in a session of its own, as `account`, saying everything to `log`."""
    _started[:] = [process for process in _started if process.poll() is None]
    process = subprocess.Popen(
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        **(account.arguments() if account else {}),
    )
    _started.append(process)
    return process


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

    def end(self, number: int, patience_seconds: float) -> None:
        """Ask it to stop with the signal `number`, wait, and kill it when it does not; returns when it is gone."""
        for signal_number in (number, signal.SIGKILL):
            deadline = time.monotonic() + patience_seconds
            if self.alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal_number)
            # Waited for by looking: it may be nobody's child, and whoever should bury it may be slow.
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.01)
        _started[:] = [process for process in _started if process.poll() is None]


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
