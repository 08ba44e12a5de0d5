"""What every printed thing is set in: the fonts, the ink, the width between the margins.

Fonts are DejaVu Sans: ReportLab's own have no Cyrillic and no rouble.
"""

from functools import lru_cache
from pathlib import Path

from markupsafe import escape
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from tenants.branding.formats import printed

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, SECOND, LINE = HexColor("#14191e"), HexColor("#46525b"), HexColor("#c9d1d5")
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
_FONTS = Path(__file__).parent / "fonts"


@lru_cache(maxsize=1)
def load_fonts() -> None:
    """Make the fonts known, once."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def text(
    words: str, size: float = 9.5, *, bold: bool = False, colour: HexColor = INK, align: int = 0
) -> Paragraph:
    """Words as they stand: markup in them is printed and not obeyed."""
    style = ParagraphStyle(
        "text",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.4,
        textColor=colour,
        alignment=align,
    )
    return Paragraph(str(escape(printed(words))), style)
