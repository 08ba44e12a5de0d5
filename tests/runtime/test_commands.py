"""What the commands about files, members and jobs say when something is wrong, and what they do about it."""

import json
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner, Result

from admin.cli.main import cli
from coalition.transactions import staging
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.transactions.bank import COLUMNS, line, open_bank, per_step, query

FOUND = ", ".join(COLUMNS).replace("kind", "sort")


@pytest.fixture
def bank(live_database: Settings) -> House:
    redis.Redis.from_url(live_database.redis_url).flushall()  # no worker of another test is in sight
    return open_bank([per_step()])


@pytest.fixture
def slug(bank: House) -> str:
    [(found,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    return str(found)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "cards.csv"
    found.write_text("\n".join([",".join(COLUMNS), line("token-vera", "2026-11-01", 100), ""]))
    return found


def coalition(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def refused(*arguments: str) -> str:
    """The one sentence of a command that ends with exit code 2."""
    ended = coalition(*arguments)
    assert ended.exit_code == 2, ended.output
    return ended.output.removeprefix("Error: ").removesuffix("\n")


def test_what_is_not_there_is_told_with_what_is(bank: House, slug: str, path: Path) -> None:
    receive = ("files", "receive", "--profile")
    assert refused(*receive, "cards", "--tenant", "moon", str(path)) == (
        f"There is no tenant `moon`; choose one of these with --tenant: {slug}."
    )
    assert refused(*receive, "moon", "--tenant", slug, str(path)) == (
        "The tenant has no file profile `moon`; choose one of these with --profile: cards."
    )
    assert refused("members", "show", "--tenant", slug, "--handle", "nobody").startswith("No member has this")


def test_a_refused_file_is_told_by_name_and_line(slug: str, path: Path) -> None:
    path.write_text(path.read_text().replace("kind", "sort"))
    said = refused("files", "receive", "--profile", "cards", "--tenant", slug, str(path))
    assert said == (
        f"{path}: Line 1. There is no column “kind”. The columns found: {FOUND}. Nothing of this file was"
        " kept. Correct the file, or how it is read, and try again."
    )


def test_a_refused_base_is_told_by_name_and_line(slug: str, path: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"name": ["who"], "cards": "card", "region": "RU"}))
    said = refused("members", "import", "--mapping", str(mapping), "--tenant", slug, str(path))
    assert said.startswith(f"{path}: Line 1. There is no column “who”. The columns found: card, at, amount")


def test_waiting_ends_when_the_work_has_failed_and_goes_on_after_a_retry(
    slug: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = ("files", "receive", "--profile", "cards", "--tenant", slug, "--wait", str(path))

    def failing(*_: object) -> None:
        raise Refusal("moon_in_the_way")

    monkeypatch.setattr(staging, "_parted", failing)
    assert refused(*receive) == (
        "cards.csv is not posted any further: the job files.stage of file 1 failed (moon_in_the_way). Mend the cause,"
        " then run `coalition jobs retry`; nothing is lost or counted twice."
    )
    monkeypatch.undo()
    [row] = json.loads(coalition("jobs", "failed", "--json").output)
    assert (row["tenant"], row["job"], row["error"]) == (slug, "files.stage", "moon_in_the_way")
    assert coalition("jobs", "retry", "--tenant", slug).output.endswith("Asked for again: 1\n")
    assert coalition("jobs", "failed").output == "No work has failed\n"
    assert "done (received before); lines 1" in coalition(*receive).output
