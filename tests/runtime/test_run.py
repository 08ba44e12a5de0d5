"""`coalition run` as its user meets it: one command, one address, one sentence when something is wrong, Ctrl-C."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from admin.cli.children import Running
from admin.cli.sentences import sentence
from tenants.runtime.embedded import Servers
from tenants.runtime.settings import Settings

PATIENCE_SECONDS = 90.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def environment(**settings: str) -> dict[str, str]:
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DATA_DIR", "MASTER_KEY", "DEMO")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    return clean | {"PORT": str(free_port())} | settings


def coalition(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-m", "admin.cli.main", *arguments]
    return subprocess.run(
        command, env=environment(**settings), capture_output=True, text=True, timeout=120, check=False
    )


def refused(ended: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a command that ended with exit code 2."""
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0].removeprefix("Error: ")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="coalition-run-"))
    path.chmod(0o711)
    yield path
    coalition("reset", DATA_DIR=str(path / "data"))
    shutil.rmtree(path)


class House:
    """A `coalition run --no-demo` in the background."""

    def __init__(self, place: Path) -> None:
        self.data_dir = place / "data"
        self.environment = environment(DATA_DIR=str(self.data_dir))
        self.address = f"http://127.0.0.1:{self.environment['PORT']}"
        command = [sys.executable, "-m", "admin.cli.main", "run", "--no-demo"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.ready():
            assert self.process.poll() is None, "it ended"
            assert time.monotonic() < deadline, "it is not ready"
            time.sleep(0.05)

    def left(self) -> list[str]:
        """The command lines of what still runs of it."""
        port, data = self.environment["PORT"], str(self.data_dir)
        lines = [" ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])]
        return [line for line in lines if data in line or f"--port {port}" in line]


@pytest.fixture
def house(place: Path) -> Iterator[House]:
    house = House(place)
    try:
        house.wait_until_ready()
        yield house
    finally:
        coalition("stop", DATA_DIR=str(house.data_dir))
        house.process.kill()
        house.process.wait()
        assert house.left() == []


def test_it_serves_and_ctrl_c_leaves_nothing_running(house: House) -> None:
    for page, words in (
        ("healthz", b"ok"),
        ("readyz", b'"database":true'),
        ("metrics", b"coalition_requests_total"),
    ):
        with urllib.request.urlopen(f"{house.address}/{page}", timeout=5) as answer:
            assert words in answer.read()
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(30) == 0
    assert house.left() == []


def test_a_second_run_says_where_the_first_is(house: House) -> None:
    said = refused(coalition("run", DATA_DIR=str(house.data_dir)))
    assert said == f"Coalition is already running at {house.address}; stop it with `make stop` first."
    assert house.ready()


def test_stop_from_another_terminal_stops_everything(house: House) -> None:
    ended = coalition("stop", DATA_DIR=str(house.data_dir))
    assert (ended.returncode, ended.stdout) == (0, "Everything is stopped.\n")
    assert house.process.wait(10) == 0
    assert house.left() == []


def test_whatever_is_killed_comes_back(house: House) -> None:
    noted = Running.read(house.data_dir)
    assert noted is not None
    assert noted.children
    servers = Servers(house.data_dir)
    for server in (servers.postgres, servers.redis):
        assert server is not None
        process = server.running()
        assert process is not None
        process.end(signal.SIGKILL, 10)
    for child in noted.children:
        child.end(signal.SIGKILL, 10)
    house.wait_until_ready()
    assert servers.running()


def test_a_run_that_was_killed_itself_does_not_hinder_the_next(house: House, place: Path) -> None:
    noted = Running.read(house.data_dir)
    assert noted is not None
    house.process.kill()
    house.process.wait()
    assert all(child.alive() for child in noted.children)
    successor = House(place)
    try:
        successor.wait_until_ready()
        assert not any(child.alive() for child in noted.children)
    finally:
        successor.process.send_signal(signal.SIGTERM)
        assert successor.process.wait(30) == 0


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        said = refused(coalition("run", DATA_DIR=str(tmp_path / "data"), PORT=port))
    assert (
        said
        == f"Port {port} of 127.0.0.1 is taken by another program; stop that, or choose another: PORT=8001."
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "nonsense",
            "DATABASE_URL cannot be understood; it should look like this: postgresql://user:password@host:5432/base.",
        ),
        (
            "postgresql://me:no@127.0.0.1:1/points",
            "The PostgreSQL of DATABASE_URL does not answer; start it, or unset DATABASE_URL to use the embedded one.",
        ),
        (
            "postgresql://me:no@nowhere.invalid/points",
            "The PostgreSQL of DATABASE_URL cannot be found; correct the host name nowhere.invalid.",
        ),
    ],
)
def test_a_wrong_database_address_is_one_sentence(url: str, said: str, tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0"}
    assert refused(coalition("db", "upgrade", **settings)) == said


def test_a_wrong_password_is_one_sentence(base: Settings, tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path / "data"), "REDIS_URL": base.redis_url}
    url = base.database_url.replace("coalition_login", "somebody")
    said = refused(coalition("db", "upgrade", DATABASE_URL=url, **settings))
    assert said == "The PostgreSQL of DATABASE_URL refuses the password of somebody; correct it there."


def test_a_redis_that_is_down_is_one_sentence(base: Settings, tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": base.database_url}
    settings |= {"DATABASE_OWNER_URL": base.database_owner_url, "REDIS_URL": "redis://127.0.0.1:1/0"}
    said = refused(coalition("run", **settings))
    assert said == "Redis at REDIS_URL does not answer; start it, or unset REDIS_URL to use the embedded one."


def test_a_full_disk_is_one_sentence() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    assert sentence(full) == "The disk is full; make room and start again: nothing is half done."


def test_what_nobody_foresaw_keeps_its_traceback() -> None:
    assert sentence(ZeroDivisionError()) is None


def test_reset_does_not_touch_a_database_that_is_not_ours(base: Settings, tmp_path: Path) -> None:
    said = refused(coalition("reset", DATA_DIR=str(tmp_path / "data"), DATABASE_URL=base.database_url))
    assert said.startswith("DATABASE_URL is set, so these data are not ours to delete")


def test_a_single_owner_address_is_enough_and_still_ends_behind_the_walls(
    base: Settings, tmp_path: Path
) -> None:
    settings = {"DATA_DIR": str(tmp_path / "data"), "REDIS_URL": base.redis_url}
    ended = coalition("db", "upgrade", DATABASE_URL=base.database_owner_url, **settings)
    assert ended.returncode == 0, ended.stderr
