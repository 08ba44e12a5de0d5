"""The audit trail and a required second factor at the command line, as their users type them."""

import json

import pytest
import redis
from click.testing import CliRunner

from admin.cli.main import cli
from tenants.audit import head_of
from tenants.roles import roles
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.transactions.bank import open_bank, query


@pytest.fixture
def bank(live_database: Settings) -> House:
    redis.Redis.from_url(live_database.redis_url).flushall()
    return open_bank([])


def done(*arguments: str) -> str:
    ended = CliRunner().invoke(cli, arguments)
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_a_role_is_made_to_require_the_second_factor_and_the_end_of_the_trail_is_told(bank: House) -> None:
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    said = done("staff", "require-second-factor", "--tenant", str(slug), "--role", "administrator")
    assert said == "who has the role administrator signs in with a second factor\n"
    with db.transaction(bank.tenant) as session:
        assert roles(session)["administrator"].second_factor is True
        number, digest = head_of(session)
    assert number > 0
    end = f"  the audit trail ends with entry {number}, to be kept elsewhere: {digest.hex()}"
    assert end in done("audit", "--tenant", str(slug)).splitlines()
    told = json.loads(done("audit", "--tenant", str(slug), "--json"))
    assert told["trail_ends"] == {slug: {"number": number, "digest": digest.hex()}}
