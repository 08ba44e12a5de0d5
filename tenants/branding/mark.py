"""A tenant's mark: an SVG of plain shapes, so that it is safe on a page and can be drawn in a document.

Taken are <path>, <circle>, <rect> and <g> with their fill; paths of lines and curves. Scripts, styles, links,
images and text are refused by not being on the list.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tenants.runtime.errors import Refusal

_LENGTH_MAX = 20_000
_SHAPES = {
    "path": {"d", "fill", "fill-rule"},
    "circle": {"cx", "cy", "r", "fill"},
    "rect": {"x", "y", "width", "height", "rx", "fill"},
    "g": {"fill"},
}
_TOKEN = re.compile(r"[MLHVCSQZmlhvcsqz]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[,\s]+")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "Z": 0}

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """One filled shape: absolute commands M, L, C and Z with their points, in the mark's own units."""

    fill: str
    commands: list[tuple[str, list[Point]]]


@dataclass(frozen=True)
class Mark:
    """A drawable mark: its box (x, y, width, height) and its shapes, the lowest first."""

    box: tuple[float, float, float, float]
    shapes: list[Shape]


def read(svg: str) -> Mark:
    """Understand a mark; refuses with `mark_invalid` (fact: what) anything that is not plain shapes."""
    if len(svg) > _LENGTH_MAX:
        raise Refusal("mark_invalid", what="size")
    try:
        root = fromstring(svg)
    except (ParseError, DefusedXmlException, ValueError):
        raise Refusal("mark_invalid", what="xml") from None
    box = root.get("viewBox", "").replace(",", " ").split()
    if _name(root) != "svg" or set(root.attrib) - {"viewBox", "width", "height"} or len(box) != 4:
        raise Refusal("mark_invalid", what="svg")
    x, y, width, height = (_number(part) for part in box)
    return Mark((x, y, width, height), list(_shapes(root, "#000000")))


def _shapes(parent: Element, inherited: str) -> Iterator[Shape]:
    for element in parent:
        name = _name(element)
        if name not in _SHAPES or set(element.attrib) - _SHAPES[name]:
            raise Refusal("mark_invalid", what=name[:20])
        fill = element.get("fill", inherited)
        if not re.fullmatch(r"#[0-9a-fA-F]{6}|none", fill):
            raise Refusal("mark_invalid", what="fill")
        if name == "g":
            yield from _shapes(element, fill)
        elif fill != "none":
            yield Shape(fill, _commands(name, element))


def _commands(name: str, element: Element) -> list[tuple[str, list[Point]]]:
    if name == "path":
        return list(_path(element.get("d", "")))
    if name == "circle":
        x, y, r = (_number(element.get(key, "0")) for key in ("cx", "cy", "r"))
        return _ellipse(x, y, r)
    x, y, width, height = (_number(element.get(key, "0")) for key in ("x", "y", "width", "height"))
    corners: list[Point] = [(x + width, y), (x + width, y + height), (x, y + height)]
    return [("M", [(x, y)]), *(("L", [corner]) for corner in corners), ("Z", [])]


def _ellipse(x: float, y: float, r: float) -> list[tuple[str, list[Point]]]:
    k = 0.5522847498 * r  # the handle with which four curves make a circle
    return [
        ("M", [(x + r, y)]),
        ("C", [(x + r, y + k), (x + k, y + r), (x, y + r)]),
        ("C", [(x - k, y + r), (x - r, y + k), (x - r, y)]),
        ("C", [(x - r, y - k), (x - k, y - r), (x, y - r)]),
        ("C", [(x + k, y - r), (x + r, y - k), (x + r, y)]),
        ("Z", []),
    ]


def _path(text: str) -> Iterator[tuple[str, list[Point]]]:
    here: Point = (0.0, 0.0)
    start: Point = here
    handle: Point | None = None
    for letter, numbers in _segments(text):
        dx, dy = here if letter.islower() else (0.0, 0.0)
        kind = letter.upper()
        if kind == "Z":
            here, handle = start, None
            yield "Z", []
            continue
        if kind == "H":
            points = [(numbers[0] + dx, here[1])]
        elif kind == "V":
            points = [(here[0], numbers[0] + dy)]
        else:
            points = [(x + dx, y + dy) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        if kind == "S":
            first = (2 * here[0] - handle[0], 2 * here[1] - handle[1]) if handle else here
            points = [first, *points]
        elif kind == "Q":
            points = [_towards(here, points[0]), _towards(points[1], points[0]), points[1]]
        handle = points[-2] if kind in "CS" else None
        here = points[-1]
        if kind == "M":
            start = here
        yield "M" if kind == "M" else "C" if kind in "CSQ" else "L", points


def _towards(end: Point, control: Point) -> Point:
    return end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1])


def _segments(text: str) -> Iterator[tuple[str, list[float]]]:
    """The path's commands with their numbers; a command repeated without its letter gets it back."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise Refusal("mark_invalid", what="path")
    letter, numbers = "", list[float]()
    for token in (token for token in tokens if token.strip(", \t\r\n")):
        if token.isalpha():
            if numbers:
                raise Refusal("mark_invalid", what="path")
            letter = token
            if letter in "Zz":
                yield letter, []
        else:
            numbers.append(_number(token))
            takes = _TAKES.get(letter.upper(), 0)
            if not takes:
                raise Refusal("mark_invalid", what="path")
            if len(numbers) == takes:
                yield letter, numbers
                numbers = []
                letter = {"M": "L", "m": "l"}.get(letter, letter)
    if numbers:
        raise Refusal("mark_invalid", what="path")


def _name(element: Element) -> str:
    return str(element.tag).removeprefix("{http://www.w3.org/2000/svg}")


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Refusal("mark_invalid", what="number") from None
    if not abs(value) < 1e6:
        raise Refusal("mark_invalid", what="number")
    return value
