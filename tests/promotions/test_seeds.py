"""The page that says where each sentence of the seeds is held names only what there is."""

import re
from pathlib import Path

from coalition.promotions.templates import templates

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/seeds.md").read_text("utf-8")
CASES = (
    "W1 W2 W3 B1 B2 B3 R1 R2 R3 R4 R5 R6 R7 C1 C2 C3 T1 T2 T3 H1 H2 F1 F2 P1 P2 P3 N1 N2 N3 N4 N5 N6 D1 G1"
)


def rows() -> list[list[str]]:
    """The cells of every row of both tables."""
    found = re.findall(r"^\| (.*) \|$", PAGE, re.MULTILINE)
    return [row.split(" | ") for row in found if re.match(r"[A-Z]\d|00\d", row)]


def test_every_case_is_there_once() -> None:
    assert [cells[0] for cells in rows() if len(cells) == 5] == CASES.split()


def test_every_seed_has_its_sentences() -> None:
    said = [cells[0] for cells in rows() if len(cells) == 4]
    assert {seed: said.count(seed) for seed in sorted(set(said))} == {
        "000": 10, "001": 47, "002": 13, "003": 22, "004": 16,
    }  # fmt: skip


def test_what_holds_a_sentence_is_a_template_or_said_in_words() -> None:
    named = {code for cells in rows() for code in re.findall(r"`([a-z0-9-]+)`", cells[-2])}
    assert named - templates().keys() == set()
    assert len(named) > 80


def test_every_test_that_is_named_is_there() -> None:
    for cells in rows():
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", cells[-1])
        assert named or cells[-1] == "its example" or "not built yet" in cells[-2], cells
        for path, test in named:
            assert re.search(rf"^def {test}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), test


def test_what_is_held_by_an_example_names_a_template() -> None:
    assert all("`" in cells[-2] for cells in rows() if cells[-1] == "its example")
