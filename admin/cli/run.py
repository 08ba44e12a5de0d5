"""`coalition run`, `stop` and `reset`: the whole house on one machine."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import redis

import migrations
from admin.cli.children import Child, Running, child, forget
from admin.cli.served import served
from tenants.runtime import settings
from tenants.runtime.embedded import Servers
from tenants.runtime.embedded.processes import Identity
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.settings import Settings

MAIN = "admin.cli.main"
WATCH_SECONDS = 0.25
READY_SECONDS = 60.0
STOP_SECONDS = 60.0
OURS = (
    "files",
    "drop",
    "master.key",
    "secret.key",
    "demo.loaded",
    "run.lock",
    "servers.used",
    "servers.lock",
)


@click.command()
@click.option("--demo/--no-demo", default=True, help="Load the demo into an empty house.")
def run(demo: bool) -> None:
    """Start everything and stay until Ctrl-C: databases, migrations, demo, web, workers."""
    chosen = settings.current()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with contextlib.ExitStack() as stack:
        stack.enter_context(_only_one(chosen))
        _require_free_port(chosen)
        chosen, servers = stack.enter_context(served(chosen))
        redis.Redis.from_url(chosen.redis_url).ping()
        _migrate(chosen)
        workers, web = _workers(chosen), child("web", _web(chosen), chosen)
        children = stack.enter_context(_stopped_at_the_end())
        if demo and chosen.demo and not _demo_loaded(chosen):
            children += workers
            _load_demo(chosen, children, servers, stop)
        # The web comes first: whoever started us waits for it, and jobs can wait another second.
        children += [web]
        _await_web(children, servers, chosen, stop)
        children += [one for one in workers if one not in children]
        if demo and chosen.demo:
            children += [child("network", _network(), chosen)]
        if not stop.is_set():
            _print_addresses(chosen)
        _watch_until(children, servers, chosen, stop, lambda: False)
        click.echo("\nStopping...")


@click.command()
def stop() -> None:
    """Stop what `run` started, and the embedded servers."""
    chosen = settings.current()
    noted = Running.read(chosen.data_dir)
    if noted is not None:
        noted.run.end(signal.SIGTERM, STOP_SECONDS)
        noted.end_orphans()
        forget(chosen.data_dir)
    if (chosen.data_dir / "servers.json").exists():
        Servers(chosen.data_dir, postgres=not chosen.database_url, redis=not chosen.redis_url).stop()
    click.echo("Everything is stopped." if noted else "Nothing is running.")


@click.command()
@click.pass_context
def reset(context: click.Context) -> None:
    """Stop everything and delete all data of the embedded servers, stored files and keys."""
    chosen = settings.current()
    for name, value in (("DATABASE_URL", chosen.database_url), ("REDIS_URL", chosen.redis_url)):
        if value:
            raise Refusal("not_embedded", name=name)
    context.invoke(stop)
    if (chosen.data_dir / "servers.json").exists():
        Servers(chosen.data_dir).erase()
    for name in OURS:
        _remove(chosen.data_dir / name)
    click.echo("All data are deleted.")


@contextlib.contextmanager
def _only_one(chosen: Settings) -> Iterator[None]:
    """Hold the house's one place for `run`, and end what a killed predecessor left behind."""
    settings.make_data_dir(chosen.data_dir)
    lock = os.open(chosen.data_dir / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        noted = Running.read(chosen.data_dir)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal("already_running", address=noted.address if noted else _address(chosen)) from None
        if noted is not None:
            noted.end_orphans()
        _note(chosen, [])
        yield
        forget(chosen.data_dir)
    finally:
        os.close(lock)


@contextlib.contextmanager
def _stopped_at_the_end() -> Iterator[list[Child]]:
    """A list for our children; at the end they stop, the web first."""
    children: list[Child] = []
    try:
        yield children
    finally:
        for one in reversed(children):
            if one.process is not None and one.process.poll() is None:
                one.process.terminate()  # All at once, so that they finish side by side.
        for one in reversed(children):
            one.stop()


def _workers(chosen: Settings) -> list[Child]:
    return [child(f"worker {number + 1}", ["-m", MAIN, "worker"], chosen) for number in range(chosen.workers)]


def _migrate(chosen: Settings) -> None:
    """Migrate in a process of its own when there is anything to do: usually there is not, and time is short."""
    if migrations.present(chosen.database_owner_url) != migrations.head():
        done = subprocess.run(
            [sys.executable, "-m", MAIN, "db", "upgrade"], env=chosen.environment(), check=False
        )
        if done.returncode != 0:
            raise Outage("not_migrated")


def _watch(children: list[Child], servers: Servers | None, chosen: Settings) -> None:
    """Start again whatever ended, and note who runs now."""
    if servers is not None and not servers.running():
        servers.start()
    before = [one.process for one in children]
    for one in children:
        one.keep()
    if before != [one.process for one in children]:
        _note(chosen, children)


def _note(chosen: Settings, children: list[Child]) -> None:
    """Write down who runs, for `stop` and for a successor."""
    me = Identity.of(os.getpid())
    assert me is not None, "this process lives"
    running = [found for one in children if one.process and (found := Identity.of(one.process.pid))]
    Running(_address(chosen), me, running).write(chosen.data_dir)


def _watch_until(
    children: list[Child],
    servers: Servers | None,
    chosen: Settings,
    stop: threading.Event,
    met: Callable[[], bool],
) -> None:
    while not stop.is_set() and not met():
        _watch(children, servers, chosen)
        stop.wait(WATCH_SECONDS)


def _await_web(
    children: list[Child], servers: Servers | None, chosen: Settings, stop: threading.Event
) -> None:
    """Start what is in `children` and wait until the web application can serve."""
    deadline = time.monotonic() + READY_SECONDS

    def ready() -> bool:
        if time.monotonic() > deadline:
            raise Outage("web_not_started")
        return _ready(chosen)

    _watch_until(children, servers, chosen, stop, ready)


def _load_demo(
    chosen: Settings, children: list[Child], servers: Servers | None, stop: threading.Event
) -> None:
    """Load the demo in a process of its own, while workers work; a demo that fails ends `run`."""
    loading = child("demo", ["-m", MAIN, "demo", "load"], chosen)
    loading.keep()
    assert loading.process is not None
    process = loading.process
    try:
        _watch_until(children, servers, chosen, stop, lambda: process.poll() is not None)
    finally:
        loading.stop()
    if stop.is_set():
        return
    if process.returncode != 0:
        raise Outage("demo_not_loaded")
    _demo_mark(chosen).write_text(_marked(chosen))


def _demo_mark(chosen: Settings) -> Path:
    return chosen.data_dir / "demo.loaded"


def _demo_loaded(chosen: Settings) -> bool:
    mark = _demo_mark(chosen)
    return mark.exists() and mark.read_text() == _marked(chosen)


def _marked(chosen: Settings) -> str:
    """What the mark says: where the demo is, and that the coalition is in it; a demo of before gets that, too."""
    return f"{settings.described(chosen.database_url)} with a coalition"


def _web(chosen: Settings) -> list[str]:
    """The web server's command: one process with several threads, so that its metrics are one set of numbers."""
    options = ["--interface", "wsgi", "--factory", "--host", chosen.host, "--port", str(chosen.port)]
    options += ["--workers", "1", "--blocking-threads", str(chosen.web_threads), "--respawn-failed-workers"]
    options += ["--workers-kill-timeout", "5", "--log-level", "error"]
    return ["-m", "granian", *options, "wsgi:create_app"]


def _network() -> list[str]:
    """The command of the demonstration's network of shops, on a port that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return ["-m", MAIN, "aggregator", "loopback", "--into", "plyos", "--port", port]


def _address(chosen: Settings, host: str | None = None) -> str:
    return f"http://{host or chosen.host}:{chosen.port}"


def _ready(chosen: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"{_address(chosen)}/readyz", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _require_free_port(chosen: Settings) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((chosen.host, chosen.port))
        except OSError:
            raise Refusal("port_taken", port=chosen.port, host=chosen.host) from None


def _print_addresses(chosen: Settings) -> None:
    """Where to go now, said by a process of its own: it needs the whole house, and `run` does not."""
    click.echo(
        f"\nCoalition is up; its health is at {_address(chosen)}/readyz, every tenant at an address of its own:"
    )
    subprocess.run([sys.executable, "-m", MAIN, "welcome"], env=chosen.environment(), check=False)
    click.echo("Ctrl-C stops everything.\n")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
