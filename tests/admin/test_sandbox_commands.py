"""Sandboxes at the command line."""

import json
from datetime import UTC, datetime

import pytest
import redis
from click.testing import CliRunner

from admin.cli.main import cli
from tenants.runtime import clock
from tenants.runtime.settings import Settings
from tests.transactions.bank import open_bank, per_step, query


def coalition(*arguments: str) -> tuple[int, str]:
    ended = CliRunner().invoke(cli, arguments)
    return ended.exit_code, ended.output


@pytest.fixture
def slug(live_database: Settings) -> str:
    redis.Redis.from_url(live_database.redis_url).flushall()
    bank = open_bank([per_step()])
    [(found,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    return str(found)


def test_the_commands_open_a_sandbox_and_move_its_clock(slug: str) -> None:
    with clock.stopped(datetime(2026, 11, 20, tzinfo=UTC)):
        opening = ("sandbox", "open", "--of", slug, "--slug", "try", "--host", "try.localhost")
        assert coalition(*opening) == (0, (
            f"The sandbox try has the terms of {slug} as they are now, and is served at try.localhost.\n"
            'A client for it: coalition clients add --tenant try --participant CODE "Till 1"\n'
        ))  # fmt: skip
        assert coalition(*opening)[0] == 2
        assert "There is a tenant `try` already" in coalition(*opening[:-1], "other.localhost")[1]
        made = coalition("clients", "add", "--tenant", "try", "--participant", "bank", "Till 1")
        assert made[0] == 0, made[1]
        assert "sandbox:clock" in coalition("clients", "list", "--tenant", "try")[1]
        told = "now: 2026-11-20T12:00:00+12:00\nlatest: 2036-11-20T12:00:00+12:00\n"
        assert coalition("sandbox", "clock", "--tenant", "try") == (0, told)
        moved = json.loads(
            coalition("sandbox", "clock", "--tenant", "try", "--advance-days", "40", "--json")[1]
        )
        assert moved == {"now": "2026-12-30T12:00:00+12:00", "latest": "2036-11-20T12:00:00+12:00"}
        for asked, said in {
            (slug, "1"): "This tenant is no sandbox: its clock is everybody's, and cannot be moved.",
            ("try", "401"): "Move it by 400 days at most at a time. Nothing was changed.",
        }.items():
            refused = coalition("sandbox", "clock", "--tenant", asked[0], "--advance-days", asked[1])
            assert refused == (2, f"Error: {said}\n")
        nobody = coalition("clients", "add", "--tenant", slug, "--participant", "bank", "Till 1")
        assert nobody[0] == 0
        assert "sandbox:clock" not in coalition("clients", "list", "--tenant", slug)[1]
