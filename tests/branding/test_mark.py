"""A mark is plain shapes or it is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.branding import mark
from tenants.runtime.errors import Refusal

MARKS = Path(__file__).parents[2] / "tenants/branding/marks"


def svg(inside: str, attributes: str = "") -> str:
    """An SVG around some content."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" {attributes}>{inside}</svg>'


def test_the_mountain_is_a_path_and_a_sun() -> None:
    drawing = mark.read((MARKS / "mountain.svg").read_text())
    assert drawing.box == (0, 0, 28, 28)
    assert [shape.fill for shape in drawing.shapes] == ["#0b5f66", "#d9532c"]
    peak = drawing.shapes[0].commands
    assert [command for command, _ in peak] == ["M", "L", "L", "L", "L", "L", "Z"]
    assert peak[1] == ("L", [(11.0, 8.0)])
    assert [(round(x, 6), round(y, 6)) for x, y in peak[4][1]] == [(17.0, 11.2)]


def test_relative_and_repeated_commands_are_understood() -> None:
    commands = mark.read(svg('<path d="m1 2 3 4h5v-6z" fill="#000000"/>')).shapes[0].commands
    assert commands == [("M", [(1, 2)]), ("L", [(4, 6)]), ("L", [(9, 6)]), ("L", [(9, 0)]), ("Z", [])]


def test_a_quadratic_curve_becomes_a_cubic_one() -> None:
    commands = mark.read(svg('<path d="M0 0Q3 3 6 0" fill="#000000"/>')).shapes[0].commands
    assert commands[1] == ("C", [(2, 2), (4, 2), (6, 0)])


@pytest.mark.parametrize("name", [path.name for path in sorted(MARKS.glob("*.svg"))])
def test_every_mark_of_ours_can_be_drawn(name: str) -> None:
    assert mark.read((MARKS / name).read_text()).shapes


@pytest.mark.parametrize(
    "hostile",
    [
        svg("<script>alert(1)</script>"),
        svg('<path d="M0 0z" onclick="alert(1)"/>'),
        svg('<path d="M0 0z" style="fill:red"/>'),
        svg('<image href="x"/>'),
        svg('<path d="M0 0z"/>', 'onload="alert(1)"'),
        svg('<path d="M0 0A1 1 0 0 0 2 2z"/>'),
        svg('<path d="M0 0 1" fill="#000000"/>'),
        svg('<path d="1 2" fill="#000000"/>'),
        svg('<path d="M0 0z" fill="url(#x)"/>'),
        svg('<path d="M1e9 0z" fill="#000000"/>'),
        '<!DOCTYPE x [<!ENTITY e "e">]><svg viewBox="0 0 1 1">&e;</svg>',
        "not xml",
        "<svg/>",
        svg(" " * 20_000),
    ],
)
def test_anything_else_is_refused(hostile: str) -> None:
    with pytest.raises(Refusal) as refused:
        mark.read(hostile)
    assert refused.value.code == "mark_invalid"


@given(st.text(alphabet="MLHVCSQZmlhvcsqz0123456789 .,-+e", max_size=60))
def test_no_path_does_worse_than_be_refused(path: str) -> None:
    try:
        drawing = mark.read(svg(f'<path d="{path}" fill="#000000"/>'))
    except Refusal:
        return
    assert len(drawing.shapes) == 1
