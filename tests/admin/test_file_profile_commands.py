"""Profiles of files by command: kept as the next version, listed and shown; the same document twice is one version."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from admin.cli.main import cli
from tenants.runtime.settings import Settings
from tests.transactions.bank import PROFILE, open_bank, per_step, query


@pytest.fixture
def slug(live_database: Settings) -> str:
    bank = open_bank([per_step()])
    [(found,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    return str(found)


def run(slug: str, *words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(cli, ("files", "profile", *words, "--tenant", slug))
    return ended.exit_code, ended.output


def test_versions_are_added_listed_and_shown(slug: str, tmp_path: Path) -> None:
    path = tmp_path / "cards.json"
    path.write_text(json.dumps(PROFILE | {"title": "Cards", "decimal_mark": ","}), "utf-8")
    for _twice in range(2):
        code, said = run(slug, "add", str(path))
        assert (code, said) == (0, "cards: version 2. Files that come from now on are read by it.\n")
    assert run(slug, "list") == (0, "cards 2  Cards\ncards 1\n")
    assert json.loads(run(slug, "show", "cards")[1])["decimal_mark"] == ","
    assert json.loads(run(slug, "show", "cards", "--version", "1")[1])["decimal_mark"] == "."
    code, said = run(slug, "show", "cards", "--version", "7")
    assert (code, "`cards` has no version 7" in said) == (2, True)


def test_a_profile_that_cannot_be_read_by_is_told_field_by_field(slug: str, tmp_path: Path) -> None:
    path = tmp_path / "cards.yaml"
    path.write_text("name: cards\n", "utf-8")
    code, said = run(slug, "add", str(path))
    assert (code, f"{path}: dates: " in said, f"{path}: card: " in said) == (1, True, True)
    assert run(slug, "list") == (0, "cards 1\n")
