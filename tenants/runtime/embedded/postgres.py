"""One embedded PostgreSQL: made, started, found again after a crash, stopped."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tenants.runtime.embedded.account import Account
from tenants.runtime.embedded.processes import Identity, command_of, last_words, launch
from tenants.runtime.errors import Outage

RECOVERY_SECONDS = 600.0
LEAVING_SECONDS = 8.0
STOP_SECONDS = 30.0
LOG_BYTES_MAX = 16 << 20
SHARED_BUFFERS_MB_MAX = 2048
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

# For work that comes in large transactions. Durability stays as it is: fsync, synchronous commits, checksums.
TUNING = {
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "random_page_cost": "1.1",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server in `home`, listening on 127.0.0.1:`port`, where "postgres" signs in with `password`."""

    binaries: Path
    home: Path
    port: int
    password: str
    account: Account | None

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        """What the server says about itself."""
        return self.home / "postgres.log"

    def running(self) -> Identity | None:
        """The server process when it is up, judged by its own pid file and by what that process really is."""
        lines = self._pid_file()
        if not lines or str(self.data) not in command_of(int(lines[0])):
            return None
        return Identity.of(int(lines[0]))

    def ready(self) -> bool:
        """Whether it takes connections, by the status line that it keeps in its pid file."""
        lines = self._pid_file()
        return len(lines) >= 8 and lines[7].strip() == "ready" and self.running() is not None

    def start(self) -> None:
        """Make the data directory when there is none, start the server and wait until it takes connections.

        Raises Outage("postgres_not_started") with the last words of its log.
        """
        if not self.data.exists():
            self._initialise()
        deadline = time.monotonic() + LEAVING_SECONDS
        # After a kill the old server's children need a moment to leave, and until then a new one refuses to start.
        while not self._launched():
            if time.monotonic() > deadline:
                raise Outage("postgres_not_started", log=str(self.log), said=last_words(self.log))
            time.sleep(0.1)

    def stop(self) -> None:
        """Disconnect everybody, write everything down and end."""
        if server := self.running():
            server.end(signal.SIGINT, STOP_SECONDS)

    def _launched(self) -> bool:
        """Start the server and wait for as long as it recovers; False when it gave up."""
        if self.running() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        log = _opened(self.log)
        command = [str(self.binaries / "postgres"), "-D", str(self.data), *self._options()]
        process = launch(command, log, self.account)
        os.close(log)
        deadline = time.monotonic() + RECOVERY_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self.ready():
                return True
            time.sleep(0.02)
        return False

    def _options(self) -> list[str]:
        settings = TUNING | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": f"{shared_buffers_mb()}MB",
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _initialise(self) -> None:
        """Make the data directory aside and move it into place, so that a half-made one is never started."""
        draft = self.home / "postgres.draft"
        shutil.rmtree(draft, ignore_errors=True)
        password = self.home / "postgres.password"
        password.write_text(self.password)
        password.chmod(0o600)
        if self.account:
            self.account.own(password)
        # The builtin locale sorts and folds case alike on every host; what the system's libraries say does not matter.
        command = [
            str(self.binaries / "initdb"),
            "-D",
            str(draft),
            "-U",
            "postgres",
            "--pwfile",
            str(password),
        ]
        command += ["--auth=scram-sha-256", "--data-checksums", "--no-instructions", "-E", "UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        made = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **(self.account.arguments() if self.account else {}),
        )
        password.unlink()
        if made.returncode != 0:
            raise Outage("postgres_not_made", path=str(self.data), said=made.stderr.strip()[-500:])
        draft.rename(self.data)

    def _pid_file(self) -> list[str]:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        return lines if lines and lines[0].isdigit() else []


def shared_buffers_mb() -> int:
    """A quarter of the memory this machine or container has, 2 GB at most, in MB."""
    memory = psutil.virtual_memory().total
    if CGROUP_LIMIT.exists() and (limit := CGROUP_LIMIT.read_text().strip()).isdigit():
        memory = min(memory, int(limit))
    return max(16, min(memory // 4 >> 20, SHARED_BUFFERS_MB_MAX))


def _opened(log: Path) -> int:
    """The log, opened for appending; begun anew when it has grown large."""
    large = log.exists() and log.stat().st_size > LOG_BYTES_MAX
    return os.open(log, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if large else os.O_APPEND), 0o600)
