"""What is asked of who joins, at the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from admin.cli.main import cli
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.transactions.bank import open_bank, per_step, query

EXAMPLE = Path(__file__).parents[2] / "docs/examples/questionnaire.yaml"


@pytest.fixture
def slug(live_database: Settings) -> str:
    bank: House = open_bank([per_step()])
    [(found,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    return str(found)


def run(*arguments: str) -> tuple[int, str]:
    ended = CliRunner().invoke(cli, ("members", "questionnaire", *arguments))
    return ended.exit_code, ended.output


def test_the_example_is_set_and_shown(slug: str) -> None:
    assert run("set", "--tenant", slug, str(EXAMPLE)) == (0, "Tills ask by this questionnaire from now on.\n")
    code, said = run("show", "--tenant", slug)
    shown = json.loads(said)
    assert (code, [one["code"] for one in shown["fields"] if one["mandatory"]]) == (0, ["name", "phone"])
    assert shown["plastic"] == [{"prefix": "7712", "digits": 13}]


def test_a_questionnaire_that_cannot_be_changes_nothing(slug: str, tmp_path: Path) -> None:
    wrong = tmp_path / "q.json"
    wrong.write_text(json.dumps({"fields": [{"code": "pet"}]}), "utf-8")
    code, said = run("set", "--tenant", slug, str(wrong))
    assert (code, "an own field needs its label" in said) == (2, True)
    assert [one["code"] for one in json.loads(run("show", "--tenant", slug)[1])["fields"]][-1] == "sex"
