"""Tables and charts of a printed document, in the brand's colours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, Table, TableStyle

from tenants.branding.chart import HEIGHT, Chart
from tenants.branding.chart import WIDTH as UNITS
from tenants.branding.formats import printed
from tenants.branding.printing import BOLD, LINE, REGULAR, SECOND, WIDTH, text

_DARK = HexColor("#7d8891")
_HEAD_LEAST = 120
"""Points of paper that a title and the first rows under it ask for."""


@dataclass(frozen=True)
class Picture:
    """A chart with what its kinds of parts mean."""

    chart: Chart
    keys: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A table under its title: the first column reads, the others are figures; the last row is their sum if `total`.

    Of a `listing` every column of `reads` reads too, and its rows begin under the title and go on from page to page.
    """

    title: str
    about: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    total: bool = False
    picture: Picture | None = None
    listing: bool = False
    reads: Sequence[int] = (0,)

    def words(self) -> Iterator[str]:
        """All that is printed of it, for the digest."""
        yield from (self.title, self.about, *self.heads)
        for row in self.rows:
            yield from row


def sheet(one: Sheet, brand: HexColor, soft: HexColor) -> list[Flowable]:
    """The title, the chart and the table; the title is never left alone on a page."""
    head: list[Flowable] = [Spacer(1, 18), text(one.title, 12, bold=True), Spacer(1, 2)]
    if one.about:
        head += [text(one.about, 8.8, colour=SECOND), Spacer(1, 6)]
    if one.picture:
        head += [_drawing(one.picture.chart, brand, soft), _keys(one.picture, brand, soft), Spacer(1, 8)]
    if one.listing:
        return [CondPageBreak(_HEAD_LEAST), *head, _listed(one)]
    return [KeepTogether([*head, _table(one)])]


def _listed(one: Sheet) -> Flowable:
    """Many columns in small type: each as wide as the longest words in it ask for, within what there is."""
    last, figures = len(one.rows) - 1, set(range(len(one.heads))) - set(one.reads)
    rows = [
        [
            text(name, 6.8, colour=SECOND, align=TA_RIGHT * (at in figures))
            for at, name in enumerate(one.heads)
        ]
    ]
    rows += [
        [
            text(cell, 7.2, bold=one.total and place == last, align=TA_RIGHT * (at in figures))
            for at, cell in enumerate(row)
        ]
        for place, row in enumerate(one.rows)
    ]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
    ]
    table = Table(rows, _widths(one), style=TableStyle(style), repeatRows=1)
    table.hAlign = "LEFT"
    return table


def _widths(one: Sheet) -> list[float]:
    """Every column has its longest word whole where that fits; what is left goes by how much they say."""
    columns = list(zip(one.heads, *one.rows, strict=True))
    least = [max(_wide(word) for cell in cells for word in cell.split(" ")) + 8 for cells in columns]
    wished = [min(max(map(_wide, cells)) + 8, WIDTH / 3) for cells in columns]
    spare = WIDTH - sum(least)
    if spare < 0:
        return [width * WIDTH / sum(least) for width in least]
    more = [max(wish - width, 0) for wish, width in zip(wished, least, strict=True)]
    part = min(spare / (sum(more) or 1), 1)
    filled = [width + extra * part for width, extra in zip(least, more, strict=True)]
    return [width * WIDTH / sum(filled) for width in filled]


def _wide(words: str) -> float:
    return float(stringWidth(printed(words), BOLD, 7.2))


def _table(one: Sheet) -> Flowable:
    last = len(one.rows) - 1
    rows = [[text(name, 8.5, colour=SECOND, align=TA_RIGHT * bool(at)) for at, name in enumerate(one.heads)]]
    rows += [
        [
            text(cell, 9, bold=one.total and place == last, align=TA_RIGHT * bool(at))
            for at, cell in enumerate(row)
        ]
        for place, row in enumerate(one.rows)
    ]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
    ]
    first = WIDTH * (0.34 if len(one.heads) > 2 else 0.8)  # one number takes little room beside its words
    others = (WIDTH - first) / max(len(one.heads) - 1, 1)
    table = Table(rows, [first, *[others] * (len(one.heads) - 1)], style=TableStyle(style), repeatRows=1)
    table.hAlign = "LEFT"
    return table


def _drawing(chart: Chart, brand: HexColor, soft: HexColor) -> Drawing:
    """The chart as wide as the text; paper counts upwards."""
    scale = WIDTH / UNITS
    found = Drawing(WIDTH, HEIGHT * scale)

    def label(x: float, y: float, words: str, anchor: str) -> None:
        said = String(x * scale, (HEIGHT - y) * scale, printed(words))
        said.fontName, said.fontSize, said.fillColor, said.textAnchor = REGULAR, 7.5, SECOND, anchor
        found.add(said)

    for y, words in chart.lines:
        level = (HEIGHT - y) * scale
        found.add(Line(chart.left * scale, level, WIDTH, level, strokeColor=LINE, strokeWidth=0.4))
        label(chart.left - 8, y + 4, words, "end")
    labels = [bar for bar in chart.bars if bar.label]
    for place, bar in enumerate(labels):
        if place % chart.every == 0:
            label(bar.middle, HEIGHT - 8, bar.label, "middle")
    for bar in chart.bars:
        for block in bar.blocks:
            below = HEIGHT - block.y - block.height
            found.add(_rect(block.kind, [bar.x, below, bar.width, block.height], scale, brand, soft))
    return found


def _rect(kind: str, box: Sequence[float], scale: float, brand: HexColor, soft: HexColor) -> Rect:
    """A part in its kind's colour: what is not certain is an outline on a tint."""
    x, y, width, height = (value * scale for value in box)
    found = Rect(x, y, width, height, strokeWidth=0)
    found.fillColor, found.strokeColor = {"then": (_DARK, None), "added": (brand, None)}.get(
        kind, (soft, _DARK)
    )
    if found.strokeColor is not None:
        found.strokeWidth, found.strokeDashArray = 0.6, (2, 1.5)
    return found


def _keys(picture: Picture, brand: HexColor, soft: HexColor) -> Flowable:
    cells: list[Flowable] = []
    widths: list[float] = []
    for kind, words in picture.keys.items():
        if kind in picture.chart.kinds:
            square = Drawing(8, 8)
            square.add(_rect(kind, [0.5, 0.5, 7, 7], 1, brand, soft))
            cells += [square, text(words, 8, colour=SECOND)]
            widths += [14.0, (WIDTH - 14 * len(picture.keys)) / len(picture.keys)]
    if not cells:
        return Spacer(1, 0)
    style = [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("BACKGROUND", (0, 0), (-1, -1), white),
    ]
    return Table([cells], widths, style=TableStyle(style), hAlign="LEFT")
