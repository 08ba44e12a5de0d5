"""Every command that the documentation shows is one of ours: its options are known and its files are there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from admin import promotion_source
from admin.cli.main import cli
from admin.demo.avacha import avacha_base
from admin.demo.wexley import wexley_base
from coalition.members.importing import BaseMapping, read_base
from coalition.programmes.models import Programme
from coalition.promotions.levels import flaws as level_flaws
from coalition.segments.checking import flaws as segment_flaws

ROOT = Path(__file__).parents[2]
DOCS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/examples").iterdir()),
]
INNER = re.compile(r"\$\(([^)]+)\)")
COMMAND = re.compile(r"(?:\$ )?((?:\.venv/bin/)?coalition [a-z].*)")


def commands(path: Path) -> tuple[list[str], list[str]]:
    """Whole lines of commands, and what is named in a sentence."""
    whole, named, fenced = [], [], False
    for line in path.read_text("utf-8", errors="replace").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced and (command := COMMAND.fullmatch(line)):
            whole += [INNER.sub("id", command[1]), *INNER.findall(line)]
        else:
            named += [span for span in re.findall(r"`([^`]+)`", line) if COMMAND.fullmatch(span)]
    return whole, named


WHOLE = sorted({command for path in DOCS for command in commands(path)[0]})
NAMED = sorted({command for path in DOCS for command in commands(path)[1]})


def found(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and those after its name."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(click.Context(command), words[0])
        assert inner is not None, f"there is no command {words[0]}"
        command, words = inner, words[1:]
    return command, words


def parsed(line: str) -> click.Context:
    """The command as the command line would read it, not run."""
    command, words = found(shlex.split(line)[1:])
    assert not isinstance(command, click.Group), f"{line} names a group, not a command"
    return command.make_context(command.name, words)


def test_there_are_commands_to_look_at() -> None:
    assert len(WHOLE) > 35
    assert len(NAMED) > 15


@pytest.mark.parametrize("line", WHOLE)
def test_a_line_of_the_documentation_can_be_copied(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert parsed(line).command.name in shlex.split(line)


@pytest.mark.parametrize("line", NAMED)
def test_a_command_named_in_a_sentence_is_there(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    command, words = found(shlex.split(line)[1:])
    if len(words) > 1:
        parsed(line)
    else:  # a command by its name, perhaps with the option that is spoken of
        known = {option for one in command.params for option in one.opts}
        assert set(words) <= known


def test_what_is_no_command_of_ours_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for wrong in (
        "coalition promotions try --tenant a --handle b docs/examples/nothing.yaml",
        "coalition promotions check --strict docs/examples/fuel.yaml",
        "coalition promotions publish docs/examples/fuel.yaml",
    ):
        with pytest.raises(click.UsageError):
            parsed(wrong)
    with pytest.raises(AssertionError, match="there is no command"):
        parsed("coalition promotions praise")


def test_the_documentation_asks_about_the_banks_and_clients_of_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    phones = {"avacha": avacha_base(), "wexley": wexley_base()}
    asked = [parsed(line).params for line in WHOLE]
    opened = {
        one["slug"] for one in asked if one.get("source") or one.get("template")
    }  # by the lines themselves
    opened |= {"zerno"}  # which `tenants show` is asked about
    assert {one["source"] for one in asked if one.get("source")} <= phones.keys()
    assert {one["slug"] for one in asked if one.get("slug")} - opened == phones.keys() | {"plyos"}
    for one in asked:
        if one.get("handle"):
            assert one["handle"] in {row.person.phone for row in phones[one["slug"]]}


def test_the_examples_are_good() -> None:
    examples = ROOT / "docs/examples"
    for name in ("fuel", "sopka"):
        assert promotion_source.flaws_of(promotion_source.read_file(examples / f"{name}.yaml")) == []
    assert segment_flaws(promotion_source.read_file(examples / "sleeping.yaml").document) == []
    assert level_flaws(promotion_source.read_value(examples / "levels.yaml"), Programme(tiers=None)) == []
    mapping = BaseMapping.model_validate_json((examples / "clients-mapping.json").read_bytes())
    with (examples / "clients.csv").open("rb") as stream:
        rows = list(read_base(stream, mapping))
    assert [getattr(row, "code", row.line_no) for row in rows] == [2, 3, "bad_phone"]
