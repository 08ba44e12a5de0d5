"""Codes that a till scans, as SVG for a page: Code 128 for lasers, QR for cameras. Black on white in every theme."""

from collections.abc import Iterator

from markupsafe import Markup
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

_QUIET_BARS, _QUIET_QR = 10, 4  # modules of silence around, as the standards ask
_BARS_HEIGHT = 40


def bars(value: str, label: str) -> Markup:
    """`value` as Code 128; `label` is read out."""
    coded = Code128(value)
    coded.validate()
    coded.encode()
    widths = [(element.isupper(), ord(element.upper()) - ord("A") + 1) for element in coded.decompose()]
    path, x = "", _QUIET_BARS
    for is_bar, width in widths:
        if is_bar:
            path += f"M{x} 0h{width}v{_BARS_HEIGHT}h-{width}z"
        x += width
    return _svg(x + _QUIET_BARS, _BARS_HEIGHT, path, label)


def qr(value: str, label: str) -> Markup:
    """`value` as a QR code of medium correction; `label` is read out."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(value)
    code.make()
    side = code.getModuleCount() + 2 * _QUIET_QR
    path = "".join(
        f"M{_QUIET_QR + start} {_QUIET_QR + row}h{length}v1h-{length}z"
        for row, modules in enumerate(code.modules)
        for start, length in _runs(modules)
    )
    return _svg(side, side, path, label)


def _runs(modules: list[bool]) -> Iterator[tuple[int, int]]:
    """Stretches of dark modules: (start, length)."""
    start: int | None = None
    for at, dark in enumerate([*modules, False]):
        if dark and start is None:
            start = at
        elif not dark and start is not None:
            yield start, at - start
            start = None


def _svg(width: int, height: int, path: str, label: str) -> Markup:
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" shape-rendering="crispEdges"><path d="{}"/></svg>'
    ).format(width, height, label, path)
