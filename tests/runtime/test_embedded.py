"""The embedded servers: started, shared, killed, found again, stopped."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tenants.runtime.embedded import Servers
from tenants.runtime.embedded.processes import Identity


@pytest.fixture
def place() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="coalition-embedded-"))
    path.chmod(0o711)
    yield path
    Servers(path).erase()
    shutil.rmtree(path)


def processes(servers: Servers) -> tuple[Identity, Identity]:
    assert servers.postgres is not None
    assert servers.redis is not None
    one, two = servers.postgres.running(), servers.redis.running()
    assert one is not None
    assert two is not None
    return one, two


def test_they_start_work_and_leave_nothing_running(place: Path) -> None:
    with Servers(place) as servers:
        running = processes(servers)
        with psycopg.connect(servers.database_url, options="-c role=coalition_app") as connection:
            found = connection.execute("select session_user, current_user, current_setting('data_checksums')")
            assert found.fetchone() == ("coalition_login", "coalition_app", "on")
        assert redis.Redis.from_url(servers.redis_url).ping() is True
    assert [one.alive() for one in running] == [False, False]
    assert not [
        p for p in psutil.process_iter(["cmdline"]) if str(servers.home) in " ".join(p.info["cmdline"] or [])
    ]


def test_they_never_run_as_root_and_keep_their_files_to_themselves(place: Path) -> None:
    with Servers(place) as servers:
        for one in processes(servers):
            assert psutil.Process(one.pid).uids().effective != 0
        assert servers.home.stat().st_mode & 0o077 == 0
        assert (place / "servers.json").stat().st_mode & 0o077 == 0


def test_nobody_enters_without_a_password(place: Path) -> None:
    with Servers(place) as servers:
        port = servers.secrets.postgres_port
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres")
        stranger = redis.Redis(host="127.0.0.1", port=servers.secrets.redis_port)
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_the_login_owns_nothing_and_cannot_pass_the_walls(place: Path) -> None:
    with Servers(place) as servers, psycopg.connect(servers.database_url) as connection:
        found = connection.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
        )
        assert found.fetchone() == (False, False, False, False)
        owner = connection.execute(
            "select pg_get_userbyid(datdba) from pg_database where datname = 'coalition'"
        )
        assert owner.fetchone() == ("coalition_owner",)


def test_data_and_addresses_survive_a_restart(place: Path) -> None:
    with Servers(place) as first:
        with psycopg.connect(first.owner_url) as connection:
            connection.execute("create table kept as select 7 as number")
        redis.Redis.from_url(first.redis_url).set("kept", "yes")
    with Servers(place) as second:
        assert (second.database_url, second.redis_url) == (first.database_url, first.redis_url)
        with psycopg.connect(second.owner_url) as connection:
            assert connection.execute("select number from kept").fetchone() == (7,)
        assert redis.Redis.from_url(second.redis_url).get("kept") == b"yes"


def test_killed_servers_start_again_with_what_was_committed(place: Path) -> None:
    with Servers(place) as servers:
        with psycopg.connect(servers.owner_url) as connection:
            connection.execute("create table kept as select 7 as number")
        for one in processes(servers):
            one.end(signal.SIGKILL, 10)
        assert not servers.running()
        servers.start()
        with psycopg.connect(servers.owner_url) as connection:
            assert connection.execute("select number from kept").fetchone() == (7,)
        assert redis.Redis.from_url(servers.redis_url).ping() is True


def test_a_pid_file_of_another_process_does_not_confuse_the_start(place: Path) -> None:
    with Servers(place) as servers:
        for one in processes(servers):
            one.end(signal.SIGKILL, 10)
        assert servers.postgres is not None
        pid_file = servers.postgres.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        assert servers.postgres.running() is None
        servers.start()
        assert servers.running()


def test_the_last_one_out_stops_them(place: Path) -> None:
    with Servers(place) as outer:
        running = processes(outer)
        with Servers(place) as inner:
            assert processes(inner) == running
        assert outer.running()
    assert not outer.running()


def test_a_port_taken_meanwhile_is_left_to_its_owner(place: Path) -> None:
    with Servers(place) as servers:
        port = servers.secrets.postgres_port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with Servers(place) as servers:
            assert servers.secrets.postgres_port != port
            psycopg.connect(servers.database_url).close()
            assert Servers(place).secrets == servers.secrets
