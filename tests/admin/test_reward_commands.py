"""Rewards and funds of a tenant that is open, by command."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from admin.cli.main import cli
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.transactions.bank import open_bank, per_step, query

WORDS = {"name": {"ru": "Чай", "en": "Tea"}, "about": {"ru": "Пачка", "en": "A pack"}}


@pytest.fixture
def bank(live_database: Settings) -> House:
    return open_bank([per_step()])


def run(bank: House, *words: str) -> tuple[int, str]:
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    ended = CliRunner().invoke(cli, (*words, "--tenant", str(slug)))
    return ended.exit_code, ended.output


def test_a_reward_is_added_once(bank: House, tmp_path: Path) -> None:
    path = tmp_path / "tea.json"
    terms = {"points": 100, "minor": 50_000}
    path.write_text(json.dumps(WORDS | {"code": "tea", "kind": "certificate", "terms": terms}), "utf-8")
    said = "Members are offered tea now. Load its codes at the desk.\n"
    assert run(bank, "rewards", "add", str(path)) == (0, said)
    code, said = run(bank, "rewards", "add", str(path))
    assert (code, "There is a reward `tea` already" in said) == (2, True)
    assert run(bank, "rewards", "list")[1].split()[:3] == ["tea", "certificate", "Tea"]


def test_a_reward_that_cannot_be_is_told_field_by_field(bank: House, tmp_path: Path) -> None:
    path = tmp_path / "tea.json"
    terms = {"points_min": 9, "points_max": 5, "days": 1}
    path.write_text(json.dumps(WORDS | {"code": "tea", "kind": "cashback", "terms": terms}), "utf-8")
    code, said = run(bank, "rewards", "add", str(path))
    assert (code, "terms.points_max: The most is not below the least" in said) == (1, True)
    assert run(bank, "rewards", "list") == (0, "There is no reward.\n")


def test_a_fund_comes_with_what_it_gathers_for(bank: House, tmp_path: Path) -> None:
    path = tmp_path / "fund.json"
    campaign = {"name": {"ru": "Зима", "en": "Winter"}, "goal": 500_000, "ends_on": "2027-03-01"}
    path.write_text(json.dumps(WORDS | {"code": "hospice", "campaigns": [campaign]}), "utf-8")
    assert run(bank, "funds", "add", str(path)) == (0, "Members can give to hospice now.\n")
    assert query(bank, "select goal, ends_on::text from campaign") == [(500_000, "2027-03-01")]
    assert query(bank, "select code, kind from reward") == [("fund-hospice", "donation")]
    assert run(bank, "funds", "add", str(path))[0] == 2
