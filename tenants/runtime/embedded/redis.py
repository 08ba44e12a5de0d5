"""One embedded Redis, keeping an append-only file."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
import redis.exceptions

from tenants.runtime.embedded.account import Account
from tenants.runtime.embedded.processes import Identity, command_of, last_words, launch
from tenants.runtime.errors import Outage

START_SECONDS = 30.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Redis:
    """A Redis server in `home`, listening on 127.0.0.1:`port`."""

    binaries: Path
    home: Path
    port: int
    password: str
    account: Account | None

    @property
    def data(self) -> Path:
        """Redis' own directory: its configuration, its append-only file, its log."""
        return self.home / "redis"

    @property
    def log(self) -> Path:
        """What the server says about itself."""
        return self.data / "redis.log"

    def running(self) -> Identity | None:
        """The server process when it is up, judged by its pid file and by what that process really is."""
        try:
            text = (self.data / "redis.pid").read_text().strip()
        except FileNotFoundError:
            return None
        command = " ".join(command_of(int(text))) if text.isdigit() else ""
        return Identity.of(int(text)) if "redis-server" in command and f":{self.port}" in command else None

    def ready(self) -> bool:
        """Whether it answers, its file read to the end."""
        client = redis.Redis(host="127.0.0.1", port=self.port, password=self.password, socket_timeout=1)
        try:
            return bool(client.ping())
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
            return False
        finally:
            client.close()

    def start(self) -> None:
        """Start the server and wait until it answers; raises Outage("redis_not_started") with what it said."""
        self._configure()
        command = [str(self.binaries / "redis-server"), str(self.data / "redis.conf")]
        process = launch(command, subprocess.DEVNULL, self.account)
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Outage("redis_not_started", log=str(self.log), said=last_words(self.log))
            time.sleep(0.02)

    def stop(self) -> None:
        """Write everything down and end."""
        if server := self.running():
            server.end(signal.SIGTERM, STOP_SECONDS)

    def _configure(self) -> None:
        """The configuration goes into a file: a password on a command line can be read by everybody."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{self.data}"',
            "pidfile": f'"{self.data / "redis.pid"}"',
            "logfile": f'"{self.log}"',
            "loglevel": "warning",
            "appendonly": "yes",
            "save": '""',
        }
        path = self.data / "redis.conf"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(f"{name} {value}\n" for name, value in lines.items())
        if self.account:
            self.account.own(self.data)
            self.account.own(path)
