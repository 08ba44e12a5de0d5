"""Documents in the tenant's brand: an A4 page with its mark, titled, in a language, code and digest below.

The same content gives the same bytes; when it was made is a part of the content, for the reader and in the file.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Spacer,
    Table,
    TableStyle,
)

from tenants.branding import mark
from tenants.branding.accounts import Account, Party, account_table, parties, signatures
from tenants.branding.formats import clock_time, day, printed
from tenants.branding.printing import BOLD, INK, LINE, MARGIN, REGULAR, SECOND, WIDTH, load_fonts, text
from tenants.branding.sheets import Sheet, sheet
from tenants.runtime import clock
from tenants.runtime.language import translate


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
    details: Sequence[str] = ()  # of the legal entity, at the right of the head


@dataclass(frozen=True)
class Document:
    """What is printed: `pairs` as lines of label and value; `code`, when given, boxed with its QR; sheets below.

    Of an act the `parties` stand first, then its `accounts`, the total with how it comes, and at last who signs.
    """

    title: str
    subtitle: str
    number: str
    made_at: datetime
    pairs: Sequence[tuple[str, str]]
    total: tuple[str, str]
    code: str = ""
    code_label: str = ""
    sheets: Sequence[Sheet] = ()
    notes: Sequence[str] = ()
    parties: Sequence[Party] = ()
    accounts: Sequence[Account] = ()
    total_comes: str = ""
    signed: Sequence[tuple[str, str]] = ()  # who signs, and the name
    digest: str = ""  # in hex, of what the document was made from, where that has one of its own


def render(head: Letterhead, document: Document) -> bytes:
    """The document as PDF."""
    load_fonts()
    buffer = io.BytesIO()
    template = BaseDocTemplate(
        buffer,
        pagesize=A4,
        title=document.title,
        author=head.name,
        subject=document.number,
        creator=head.name,
        lang=head.lang,
        displayDocTitle=True,
        invariant=1,  # no moment but the document's own
    )
    frame = Frame(MARGIN, 22 * mm, WIDTH, A4[1] - 56 * mm, 0, 0, 0, 0)

    def decorate(canvas: Canvas, page: BaseDocTemplate) -> None:
        canvas.setDateFormatter(lambda *_moment: f"D:{document.made_at.astimezone(UTC):%Y%m%d%H%M%S}Z")
        _page(canvas, head, document, page.page)

    template.addPageTemplates(PageTemplate("letter", [frame], onPage=decorate))
    template.build(_story(head, document))
    return buffer.getvalue()


def digest(document: Document) -> str:
    """Sixteen hex digits in fours that stand for the content: what a bank is asked to compare."""
    parts = (
        document.title,
        document.subtitle,
        document.number,
        document.made_at.isoformat(),
        *(f"{label}={value}" for label, value in document.pairs),
        "=".join(document.total),
        document.code,
        *(part for one in document.sheets for part in one.words()),
        *(part for party in document.parties for part in party.words()),
        *(part for account in document.accounts for part in account.words()),
    )
    hashed = document.digest or sha256("\n".join(parts).encode()).hexdigest()
    return " ".join(hashed[at : at + 4] for at in range(0, 16, 4))


def _story(head: Letterhead, document: Document) -> list[Flowable]:
    story: list[Flowable] = [
        text(document.title, 15 if document.parties else 17, bold=True),
        Spacer(1, 3),
        text(document.subtitle, 10.5, colour=SECOND),
        Spacer(1, 14),
        *([_pairs(document.pairs), Spacer(1, 12)] if document.pairs else []),
    ]
    if document.parties:
        story += [parties(document.parties), Spacer(1, 12)]
    for account in document.accounts:
        story += [account_table(account, HexColor(head.soft)), Spacer(1, 10)]
    story.append(_total(head, document.total, document.total_comes))
    if document.code:
        story += [Spacer(1, 14), KeepTogether(_code(head, document))]
    for one in document.sheets:
        story += sheet(one, HexColor(head.brand), HexColor(head.soft))
    for note in document.notes:
        story += [Spacer(1, 8), text(note, 8.8, colour=SECOND)]
    if document.signed:
        story += [Spacer(1, 20), KeepTogether([signatures(document.signed, document.number, head.lang)])]
    return story


def _pairs(pairs: Sequence[tuple[str, str]]) -> Flowable:
    rows = [[text(label, colour=SECOND), text(value, bold=True, align=TA_RIGHT)] for label, value in pairs]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
    ]
    # A value may be longer than what is left of the page, or than a page.
    return Table(rows, [WIDTH * 0.4, WIDTH * 0.6], style=TableStyle(style), splitInRow=1)


def _total(head: Letterhead, total: tuple[str, str], comes: str) -> Flowable:
    colour = HexColor(head.on_brand)
    words = [text(total[0], 10, colour=colour), *([text(comes, 8.5, colour=colour)] if comes else [])]
    row = [words, text(total[1], 16, bold=True, colour=colour, align=TA_RIGHT)]
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), HexColor(head.brand)),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 9),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 11),
        ("LEFTPADDING", (0, 0), (0, 0), 12),
        ("RIGHTPADDING", (-1, 0), (-1, 0), 12),
    ]
    return Table([row], [WIDTH * 0.5, WIDTH * 0.5], style=TableStyle(style))


def _code(head: Letterhead, document: Document) -> Flowable:
    side = 34 * mm
    widget = QrCodeWidget(document.code, barLevel="M")
    left, bottom, right, top = widget.getBounds()
    picture = Drawing(side, side, transform=[side / (right - left), 0, 0, side / (top - bottom), 0, 0])
    picture.add(widget)
    words = [
        text(document.code_label, 9, colour=SECOND, align=TA_CENTER),
        Spacer(1, 4),
        text(document.code, 18, bold=True, align=TA_CENTER),
    ]
    style = [
        ("BACKGROUND", (0, 0), (0, 0), HexColor(head.soft)),
        ("BOX", (0, 0), (-1, -1), 1, HexColor(head.soft)),
        ("ALIGN", (1, 0), (1, 0), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 10),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 10),
    ]
    return Table([[words, picture]], [WIDTH - side - 12 * mm, side + 12 * mm], style=TableStyle(style))


def _page(canvas: Canvas, head: Letterhead, document: Document, page: int) -> None:
    width, height = A4
    canvas.saveState()
    canvas.setFillColor(HexColor(head.brand))
    canvas.rect(0, height - 4 * mm, width, 4 * mm, stroke=0, fill=1)
    top = height - 20 * mm
    _draw_mark(canvas, mark.read(head.mark_svg), MARGIN, top - 7, 26)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 12.5)
    canvas.drawString(MARGIN + 34, top + 6, printed(head.name))
    canvas.setFillColor(SECOND)
    canvas.setFont(REGULAR, 8.5)
    canvas.drawString(MARGIN + 34, top - 5, printed(head.programme))
    for place, said in enumerate(head.details):
        canvas.drawRightString(width - MARGIN, top + 6 - 11 * place, printed(said))
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, 17 * mm, width - MARGIN, 17 * mm)
    canvas.setFont(REGULAR, 7)
    made = document.made_at
    foot = translate(
        head.lang,
        "%(number)s. Made on %(day)s, %(time)s. Digest %(digest)s",
        number=document.number,
        day=day(clock.business_day(head.zone, made), head.lang),
        time=clock_time(made, head.zone),
        digest=digest(document),
    )
    canvas.drawString(MARGIN, 12.5 * mm, printed(foot))
    canvas.drawRightString(
        width - MARGIN, 12.5 * mm, printed(translate(head.lang, "Page %(page)s", page=page))
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
