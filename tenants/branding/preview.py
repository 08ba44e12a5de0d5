"""A brand before it is saved: its colours on a small page, light and dark, and the nearest colours that can be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from tenants.branding.colour import from_lch, is_hex, to_lch
from tenants.branding.derive import CORNERS, Palette, derive
from tenants.runtime.errors import Refusal

_GROUNDS = {
    "light": {
        "page": "#f4f6f6",
        "surface": "#ffffff",
        "ink": "#14191e",
        "ink-2": "#46525b",
        "line": "#dce2e4",
    },
    "dark": {
        "page": "#0e1316",
        "surface": "#161c20",
        "ink": "#e9edef",
        "ink-2": "#b3bec6",
        "line": "#2a343a",
    },
}
_STEP, _FURTHEST = 0.01, 60


@dataclass(frozen=True)
class Tried:
    """What a brand book's colours make: a palette, or which of them nobody could read and the nearest one that all can.

    `nearest` is empty where no change of one colour alone helps. `misshapen` are those that are no colours at all.
    """

    palette: Palette | None
    wrong: str = ""
    nearest: str = ""
    misshapen: Sequence[str] = ()

    @property
    def least(self) -> dict[str, int]:
        """The smallest contrast of a text on its ground, by theme."""
        assert self.palette is not None, "it can be read"
        proofs = [one for one in self.palette.proofs() if one.least >= 4.5]
        return {
            theme: int(min(one.ratio for one in proofs if one.theme == theme) * 100) for theme in _GROUNDS
        }


def try_brand(brand: str, accent: str, corner: str) -> Tried:
    """Derive a palette; where that is refused, say which colour is wrong and what is nearest to it."""
    brand, accent = brand.strip().lower(), accent.strip().lower()
    corner = corner if corner in CORNERS else "round"
    misshapen = [name for name, said in (("brand", brand), ("accent", accent)) if not is_hex(said)]
    if misshapen:
        return Tried(None, misshapen[0], misshapen=misshapen)
    try:
        return Tried(derive(brand, accent, corner))
    except Refusal:
        pass
    first, other = ("brand", "accent") if _fits(accent, accent, corner) else ("accent", "brand")
    for wrong in (first, other):
        if nearest := _nearest(wrong, brand, accent, corner):
            return Tried(None, wrong, nearest)
    return Tried(None, "brand")


def stylesheet(palette: Palette) -> str:
    """The brand's colours and the grounds beside them for the two halves of a preview, whatever the device shows."""
    found = []
    for theme, roles in (("light", palette.light), ("dark", palette.dark)):
        said = "".join(f"  --{role}: {colour};\n" for role, colour in {**_GROUNDS[theme], **roles}.items())
        found.append(f".tried-{theme} {{\n  --corner: {CORNERS[palette.corner]};\n{said}}}\n")
    return "".join(found)


def _nearest(wrong: str, brand: str, accent: str, corner: str) -> str:
    """The first colour of the same hue, a little darker or lighter and more or less strong, that can be read."""
    lightness, chroma, hue = to_lch(brand if wrong == "brand" else accent)
    for step in range(1, _FURTHEST):
        for by in (-step * _STEP, step * _STEP):
            if not 0.05 < lightness + by < 0.97:
                continue
            found = from_lch(lightness + by, chroma, hue)
            pair = (found, accent) if wrong == "brand" else (brand, found)
            if _fits(*pair, corner):
                return found
    return ""


def _fits(brand: str, accent: str, corner: str) -> bool:
    try:
        derive(brand, accent, corner)
    except Refusal:
        return False
    return True
