"""Marks for tenants that bring none: plain shapes in a box of 28 by 28, filled with the brand's own colour."""

from tenants.branding.derive import WHITE, Palette

SHAPES = {
    "bag": "M6 9h16l2 16H4zM9 8c0-2.8 2.2-5 5-5s5 2.2 5 5h-2c0-1.7-1.3-3-3-3s-3 1.3-3 3z",
    "bank": "M14 3 3 9v2h22V9zM5 12h3v8H5zM12.5 12h3v8h-3zM20 12h3v8h-3zM3 22h22v3H3z",
    "cup": "M4 9h15v7c0 3.3-2.7 6-6 6h-3c-3.3 0-6-2.7-6-6zM20 10h1.5c2.2 0 4 1.8 4 4s-1.8 4-4 4H20v-2h1.5"
    "c1.1 0 2-.9 2-2s-.9-2-2-2H20zM4 23.5h15V26H4z",
    "dish": "M3 20c0-6.1 4.9-11 11-11s11 4.9 11 11zM2 21.5h24V24H2zM12 7c0-1.1.9-2 2-2s2 .9 2 2-.9 2-2 2-2-.9-2-2z",
    "star": "M14 3l3.4 6.9 7.6 1.1-5.5 5.4 1.3 7.6-6.8-3.6-6.8 3.6 1.3-7.6L3 11l7.6-1.1z",
}


def drawn(shape: str, palette: Palette) -> tuple[str, str]:
    """The mark on a light ground, and the one on a dark ground and on the brand's colour."""
    return _svg(shape, palette.light["brand-ink"]), _svg(shape, WHITE)


def _svg(shape: str, fill: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28">'
        f'<path d="{SHAPES[shape]}" fill="{fill}"/></svg>'
    )
