"""Parts of a printed act: the two parties, accounts with their lines and totals, and places to sign."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from tenants.branding.printing import INK, LINE, SECOND, WIDTH, text
from tenants.runtime.language import translate

_COLUMNS = (28 * mm, 25 * mm, 33 * mm)
_QR = 24 * mm


@dataclass(frozen=True)
class Party:
    """One of the two, by its part in it: what it is called, and its numbers."""

    part: str
    name: str
    about: str

    def words(self) -> Iterator[str]:
        """All that is printed of it, for the digest."""
        yield from (self.part, self.name, self.about)


@dataclass(frozen=True)
class Account:
    """What one owes the other: a title with the heads of three columns of figures, lines, and the total.

    A line is its words, a smaller line below them, and its figures.
    """

    title: str
    heads: Sequence[str]
    lines: Sequence[tuple[str, str, Sequence[str]]]
    total: tuple[str, str]

    def words(self) -> Iterator[str]:
        """All that is printed of it, for the digest."""
        yield from (self.title, *self.heads)
        for words, below, figures in self.lines:
            yield from (words, below, *figures)
        yield from self.total


def parties(them: Sequence[Party]) -> Flowable:
    """Side by side."""
    cells = [
        [text(one.part, 8, colour=SECOND), text(one.name, 9.5, bold=True), text(one.about, 9)] for one in them
    ]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)]
    return Table([cells], [WIDTH / len(cells)] * len(cells), style=TableStyle(style))


def account_table(one: Account, soft: HexColor) -> Flowable:
    """Its lines between the heads and the total; the heads come again on a new page."""
    rows = [
        [text(one.title, 9, bold=True), *(text(name, 8.5, bold=True, align=TA_RIGHT) for name in one.heads)]
    ]
    for words, below, figures in one.lines:
        said = [text(words, 9), *([text(below, 7.8, colour=SECOND)] if below else [])]
        rows.append([said, *(text(figure, 9, align=TA_RIGHT) for figure in figures)])
    empty = [""] * (len(one.heads) - 1)
    rows.append([text(one.total[0], 9, bold=True), *empty, text(one.total[1], 9, bold=True, align=TA_RIGHT)])
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("BACKGROUND", (0, 0), (-1, 0), soft),
        ("LINEABOVE", (0, -1), (-1, -1), 0.9, INK),
    ]
    return Table(rows, [WIDTH - sum(_COLUMNS), *_COLUMNS], style=TableStyle(style), repeatRows=1)


def signatures(who: Sequence[tuple[str, str]], number: str, lang: str) -> Flowable:
    """A place for each to sign, and the act's number as a QR code."""
    cells: list[list[Flowable]] = [
        [
            text(part, 9, bold=True),
            Spacer(1, 26),
            text(f"____________________ / {name or '____________'} /", 8.5),
            text(translate(lang, "signature, date, seal if there is one"), 7.2, colour=SECOND),
        ]
        for part, name in who
    ]
    cells.append(
        [_qr(number), text(translate(lang, "number of the act"), 7.2, colour=SECOND, align=TA_CENTER)]
    )
    widths = [(WIDTH - _QR - 6 * mm) / len(who)] * len(who)
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)]
    return Table([cells], [*widths, _QR + 6 * mm], style=TableStyle(style))


def _qr(said: str) -> Drawing:
    widget = QrCodeWidget(said, barLevel="M")
    left, bottom, right, top = widget.getBounds()
    found = Drawing(_QR, _QR, transform=[_QR / (right - left), 0, 0, _QR / (top - bottom), 0, 0])
    found.add(widget)
    return found
