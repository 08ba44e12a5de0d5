"""Charts of stacked bars as whole numbers, for an SVG or for paper: parts stand on a ground, or hang below it. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH, HEIGHT = 720, 260
_TOP, _BOTTOM, _LETTER, _STEPS_MOST, _LABELS_MOST = 16, 30, 15, 5, 12  # a letter as wide as a phone shows it

Stack = Sequence[tuple[str, int]]
"""Parts of a bar, each one further from the ground: their kind and how much they are of, below zero what hangs."""


@dataclass(frozen=True)
class Column:
    """What stands over one label: a bar, or several side by side."""

    label: str
    stacks: Sequence[Stack]

    @property
    def height(self) -> int:
        """How high its highest bar stands."""
        return max((sum(max(much, 0) for _, much in stack) for stack in self.stacks), default=0)

    @property
    def depth(self) -> int:
        """How low its lowest bar hangs."""
        return max((sum(max(-much, 0) for _, much in stack) for stack in self.stacks), default=0)


@dataclass(frozen=True)
class Block:
    """One part of a bar: its kind and where it stands."""

    kind: str
    y: int
    height: int


@dataclass(frozen=True)
class Bar:
    """A bar; `label` under the middle of its column, on the first bar of each."""

    x: int
    width: int
    label: str
    middle: int
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Chart:
    """Bars, and the lines behind them as (y, label); `left` is where the bars begin.

    Every `every`-th label has room on paper and wide screens, every `spare`-th on a phone.
    """

    left: int
    bars: Sequence[Bar]
    lines: Sequence[tuple[int, str]]
    kinds: frozenset[str]
    every: int
    spare: int


class _Ruler(NamedTuple):
    """How the amounts become heights: `ground` is where zero is, the whole chart is `whole` high."""

    ground: int
    whole: int

    def high(self, much: int) -> int:
        """The height of an amount."""
        return (HEIGHT - _BOTTOM - _TOP) * much // self.whole


def drawn(columns: Sequence[Column], said: Callable[[int], str]) -> Chart:
    """The columns on a common ground; `said` tells what a line stands for."""
    highest = max((column.height for column in columns), default=0)
    lowest = max((column.depth for column in columns), default=0)
    step = step_of(max(highest, lowest))
    below = -(-lowest // step)
    above = max(-(-highest // step), 0 if below else 1)
    ruler = _Ruler(_TOP + (HEIGHT - _BOTTOM - _TOP) * above // (above + below), step * (above + below))
    labels = [(number * step, said(number * step)) for number in range(-below, above + 1)]
    left = _LETTER * max(len(label) for _, label in labels) + 8
    lines = [(ruler.ground - ruler.high(much), label) for much, label in labels]
    bars = list(_bars(columns, left, ruler))
    kinds = frozenset(block.kind for bar in bars for block in bar.blocks)
    letters = max((len(column.label) for column in columns), default=1)
    phone = max((WIDTH - left) // (_LETTER * (letters + 1)), 1)
    return Chart(
        left,
        bars,
        lines,
        kinds,
        max(-(-len(columns) // _LABELS_MOST), 1),
        max(-(-len(columns) // phone), 1),
    )


def _bars(columns: Sequence[Column], left: int, ruler: _Ruler) -> Iterator[Bar]:
    pitch = (WIDTH - left) // max(len(columns), 1)
    for place, column in enumerate(columns):
        first, room = left + place * pitch + pitch // 5, pitch * 3 // 5
        width = min(max(room // max(len(column.stacks), 1), 1), WIDTH // 6)
        first += (room - width * len(column.stacks)) // 2
        middle = left + place * pitch + pitch // 2
        for number, stack in enumerate(column.stacks):
            label = "" if number else column.label
            gap = 0 if len(column.stacks) == 1 else width // 12
            yield Bar(
                first + number * width + gap, width - 2 * gap, label, middle, list(_blocks(stack, ruler))
            )


def _blocks(stack: Stack, ruler: _Ruler) -> Iterator[Block]:
    """Away from the ground; a part of nothing is not drawn, a small one is seen."""
    up = down = 0
    for kind, much in stack:
        if much > 0:
            below, up = ruler.ground - ruler.high(up), up + much
            height = max(below - (ruler.ground - ruler.high(up)), 2)
            yield Block(kind, below - height, height)
        elif much < 0:
            above, down = ruler.ground + ruler.high(down), down - much
            yield Block(kind, above, max(ruler.ground + ruler.high(down) - above, 2))


def step_of(highest: int) -> int:
    """The least of 1, 2, 5, 10, 20... of which few enough reach the highest."""
    step, power = 1, 1
    while step * _STEPS_MOST < highest:
        lead = step // power
        step, power = (10 * power, 10 * power) if lead == 5 else ({1: 2, 2: 5}[lead] * power, power)
    return step
