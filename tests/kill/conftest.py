"""Workers that are killed and started again."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import redis

from tenants.runtime.settings import Settings

Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start(live_database: Settings) -> Iterator[Start]:
    """Start a worker, as often as asked; all end with the test."""
    redis.Redis.from_url(live_database.redis_url).flushall()
    with ExitStack() as ended:

        def start_one() -> subprocess.Popen[bytes]:
            worker = subprocess.Popen(
                [sys.executable, "-m", "tests.kill.worker", "worker"],
                env=live_database.environment(),
                stderr=subprocess.DEVNULL,
            )
            ended.callback(worker.wait)
            ended.callback(worker.kill)
            return worker

        yield start_one
