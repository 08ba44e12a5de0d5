"""Documents in the tenant's brand: an A4 page with its mark, titled, in a language, code and digest below.

Fonts are DejaVu Sans: ReportLab's own have no Cyrillic and no rouble. The same content gives the same bytes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from markupsafe import escape
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from tenants.branding import mark
from tenants.branding.formats import clock_time, day, printed
from tenants.runtime.language import translate

_FONTS = Path(__file__).parent / "fonts"
_REGULAR, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_INK, _SECOND, _LINE = HexColor("#14191e"), HexColor("#46525b"), HexColor("#c9d1d5")
_MARGIN = 18 * mm
_WIDTH = A4[0] - 2 * _MARGIN


@dataclass(frozen=True)
class Letterhead:
    """Whose paper it is: names as they are printed, the palette's colours, the mark as SVG, the language."""

    name: str
    programme: str
    mark_svg: str
    brand: str
    soft: str
    on_brand: str
    lang: str
    zone: str


@dataclass(frozen=True)
class Document:
    """What is printed: `pairs` as lines of label and value; `code`, when given, boxed with its QR."""

    title: str
    subtitle: str
    number: str
    made_at: datetime
    pairs: Sequence[tuple[str, str]]
    total: tuple[str, str]
    code: str = ""
    code_label: str = ""
    notes: Sequence[str] = ()


def render(head: Letterhead, document: Document) -> bytes:
    """The document as PDF."""
    _load_fonts()
    buffer = io.BytesIO()
    template = BaseDocTemplate(
        buffer,
        pagesize=A4,
        title=document.title,
        author=head.name,
        subject=document.number,
        lang=head.lang,
        displayDocTitle=True,
        invariant=1,
    )
    frame = Frame(_MARGIN, 22 * mm, _WIDTH, A4[1] - 56 * mm, 0, 0, 0, 0)

    def decorate(canvas: Canvas, page: BaseDocTemplate) -> None:
        _page(canvas, head, document, page.page)

    template.addPageTemplates(PageTemplate("letter", [frame], onPage=decorate))
    template.build(_story(head, document))
    return buffer.getvalue()


def digest(document: Document) -> str:
    """Sixteen hex digits in fours that stand for the printed content: what a bank is asked to compare."""
    parts = (
        document.title,
        document.subtitle,
        document.number,
        document.made_at.isoformat(),
        *(f"{label}={value}" for label, value in document.pairs),
        "=".join(document.total),
        document.code,
    )
    text = sha256("\n".join(parts).encode()).hexdigest()
    return " ".join(text[at : at + 4] for at in range(0, 16, 4))


@lru_cache(maxsize=1)
def _load_fonts() -> None:
    for name in (_REGULAR, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(_REGULAR, normal=_REGULAR, bold=_BOLD, italic=_REGULAR, boldItalic=_BOLD)


def _text(
    text: str, size: float = 9.5, *, bold: bool = False, colour: HexColor = _INK, align: int = 0
) -> Paragraph:
    style = ParagraphStyle(
        "text",
        fontName=_BOLD if bold else _REGULAR,
        fontSize=size,
        leading=size * 1.4,
        textColor=colour,
        alignment=align,
    )
    return Paragraph(str(escape(printed(text))), style)


def _story(head: Letterhead, document: Document) -> list[Flowable]:
    story: list[Flowable] = [
        _text(document.title, 17, bold=True),
        Spacer(1, 3),
        _text(document.subtitle, 10.5, colour=_SECOND),
        Spacer(1, 14),
        _pairs(document.pairs),
        Spacer(1, 12),
        _total(head, document.total),
    ]
    if document.code:
        story += [Spacer(1, 14), KeepTogether(_code(head, document))]
    for note in document.notes:
        story += [Spacer(1, 8), _text(note, 8.8, colour=_SECOND)]
    return story


def _pairs(pairs: Sequence[tuple[str, str]]) -> Flowable:
    rows = [[_text(label, colour=_SECOND), _text(value, bold=True, align=TA_RIGHT)] for label, value in pairs]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
    ]
    return Table(rows, [_WIDTH * 0.4, _WIDTH * 0.6], style=TableStyle(style))


def _total(head: Letterhead, total: tuple[str, str]) -> Flowable:
    colour = HexColor(head.on_brand)
    row = [_text(total[0], 10, colour=colour), _text(total[1], 16, bold=True, colour=colour, align=TA_RIGHT)]
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), HexColor(head.brand)),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 9),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 11),
        ("LEFTPADDING", (0, 0), (0, 0), 12),
        ("RIGHTPADDING", (-1, 0), (-1, 0), 12),
    ]
    return Table([row], [_WIDTH * 0.5, _WIDTH * 0.5], style=TableStyle(style))


def _code(head: Letterhead, document: Document) -> Flowable:
    side = 34 * mm
    widget = QrCodeWidget(document.code, barLevel="M")
    left, bottom, right, top = widget.getBounds()
    picture = Drawing(side, side, transform=[side / (right - left), 0, 0, side / (top - bottom), 0, 0])
    picture.add(widget)
    words = [
        _text(document.code_label, 9, colour=_SECOND, align=TA_CENTER),
        Spacer(1, 4),
        _text(document.code, 18, bold=True, align=TA_CENTER),
    ]
    style = [
        ("BACKGROUND", (0, 0), (0, 0), HexColor(head.soft)),
        ("BOX", (0, 0), (-1, -1), 1, HexColor(head.soft)),
        ("ALIGN", (1, 0), (1, 0), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 10),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 10),
    ]
    return Table([[words, picture]], [_WIDTH - side - 12 * mm, side + 12 * mm], style=TableStyle(style))


def _page(canvas: Canvas, head: Letterhead, document: Document, page: int) -> None:
    width, height = A4
    canvas.saveState()
    canvas.setFillColor(HexColor(head.brand))
    canvas.rect(0, height - 4 * mm, width, 4 * mm, stroke=0, fill=1)
    top = height - 20 * mm
    _draw_mark(canvas, mark.read(head.mark_svg), _MARGIN, top - 7, 26)
    canvas.setFillColor(_INK)
    canvas.setFont(_BOLD, 12.5)
    canvas.drawString(_MARGIN + 34, top + 6, printed(head.name))
    canvas.setFillColor(_SECOND)
    canvas.setFont(_REGULAR, 8.5)
    canvas.drawString(_MARGIN + 34, top - 5, printed(head.programme))
    canvas.setStrokeColor(_LINE)
    canvas.setLineWidth(0.5)
    canvas.line(_MARGIN, 17 * mm, width - _MARGIN, 17 * mm)
    canvas.setFont(_REGULAR, 7)
    made = document.made_at
    foot = translate(
        head.lang,
        "%(number)s. Made on %(day)s, %(time)s. Digest %(digest)s",
        number=document.number,
        day=day(made.date(), head.lang),
        time=clock_time(made, head.zone),
        digest=digest(document),
    )
    canvas.drawString(_MARGIN, 12.5 * mm, printed(foot))
    canvas.drawRightString(
        width - _MARGIN, 12.5 * mm, printed(translate(head.lang, "Page %(page)s", page=page))
    )
    canvas.restoreState()


def _draw_mark(canvas: Canvas, drawing: mark.Mark, x: float, y: float, side: float) -> None:
    """Draw with the mark's own box scaled to `side`; PDF counts upwards, SVG downwards."""
    left, top, width, height = drawing.box
    scale = side / max(width, height)
    for shape in drawing.shapes:
        path = canvas.beginPath()
        for command, points in shape.commands:
            flat = [
                value
                for px, py in points
                for value in (x + (px - left) * scale, y + side - (py - top) * scale)
            ]
            {"M": path.moveTo, "L": path.lineTo, "C": path.curveTo, "Z": path.close}[command](*flat)
        canvas.setFillColor(HexColor(shape.fill))
        canvas.drawPath(path, stroke=0, fill=1, fillMode=1)
