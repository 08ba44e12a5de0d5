"""From a brand book's two colours to every colour role, light and dark, with each contrast proved.

Rules (WCAG 2.2 AA, with a margin): text on its ground 4.5:1, marks, borders and focus 3:1, the balance and
what is written beside it 7:1. A brand that cannot be made safe is refused when it is saved, before any member
sees it.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

from tenants.branding.colour import contrast, is_hex, shifted, tint, walk
from tenants.runtime.errors import Refusal

INK, WHITE = "#10161b", "#ffffff"
# surface, page, sunken of the light theme; page, surface, raised of the dark one (tokens.css states the same)
SURFACES = {"light": ("#ffffff", "#f4f6f6", "#e9edee"), "dark": ("#0e1316", "#161c20", "#1f272c")}
CORNERS = {"sharp": Decimal(0), "soft": Decimal("0.5"), "round": Decimal(1)}
_STEP = 0.008  # of lightness; finer than the eye tells apart

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Proof:
    """One measured contrast: `role` on `ground` in a theme, and what it must be at least."""

    theme: Theme
    role: str
    ground: str
    ratio: float
    least: float

    @property
    def holds(self) -> bool:
        """Whether the measured contrast is enough."""
        return self.ratio >= self.least


@dataclass(frozen=True)
class Palette:
    """Everything the faces need from a brand; colours by role name without the leading dashes."""

    brand: str
    accent: str
    corner: str
    light: dict[str, str]
    dark: dict[str, str]

    def proofs(self) -> list[Proof]:
        """Every contrast that the design promises, measured."""
        return [*_proofs(self.light, "light"), *_proofs(self.dark, "dark")]

    def document(self) -> dict[str, Any]:
        """The palette with its proof table, as it is kept beside the brand."""
        return {"light": self.light, "dark": self.dark, "proofs": [asdict(proof) for proof in self.proofs()]}

    def css(self) -> str:
        """The brand's stylesheet: custom properties only, light first, dark when the device asks for it."""
        return (
            f"/* Derived from brand {self.brand} and accent {self.accent}; do not edit by hand. */\n"
            f":root {{\n  --corner: {CORNERS[self.corner]};\n{_declarations(self.light)}}}\n"
            f"@media (prefers-color-scheme: dark) {{\n:root {{\n{_declarations(self.dark)}}}\n}}\n"
        )


def derive(brand: str, accent: str, corner: str = "round") -> Palette:
    """The whole palette of a brand.

    `brand` and `accent` are #rrggbb; `corner` is sharp, soft or round. Refuses with `brand_colour_invalid`,
    `brand_corner_unknown` or `brand_unreadable` (facts: colour, role, theme).
    """
    brand, accent = brand.strip().lower(), accent.strip().lower()
    for colour in (brand, accent):
        if not is_hex(colour):
            raise Refusal("brand_colour_invalid", colour=colour[:20])
    if corner not in CORNERS:
        raise Refusal("brand_corner_unknown", corner=corner[:20])
    palette = Palette(brand, accent, corner, _light(brand, accent), _dark(brand, accent))
    for proof in palette.proofs():
        if not proof.holds:
            raise Refusal("brand_unreadable", colour=brand, role=proof.role, theme=proof.theme)
    return palette


def _light(brand: str, accent: str) -> dict[str, str]:
    grounds = SURFACES["light"]
    bright = contrast(brand, INK) >= 7  # a yellow or lime keeps its colour and takes dark text
    find = _finder("light")
    soft, accent_soft = tint(brand, 0.955, 0.024), tint(accent, 0.955, 0.03)
    fill = brand if bright else find("brand-fill", brand, -_STEP, lambda c: contrast(c, WHITE) >= 4.6)
    hero = brand if bright else find("brand-hero", brand, -_STEP, lambda c: contrast(c, WHITE) >= 7.1)
    return {
        **_fill(fill),
        "brand-hero": hero,
        "on-hero": INK if bright else WHITE,
        "brand-ink": find("brand-ink", brand, -_STEP, lambda c: _least(c, (*grounds, soft)) >= 4.6),
        "brand-soft": soft,
        "brand-edge": find("brand-edge", brand, -_STEP, lambda c: _least(c, grounds) >= 3.1),
        "accent-fill": find("accent-fill", accent, -_STEP, lambda c: _least(c, grounds) >= 3.1),
        "accent-ink": find("accent-ink", accent, -_STEP, lambda c: _least(c, (*grounds, accent_soft)) >= 4.6),
        "accent-soft": accent_soft,
        "hero-accent": find(
            "hero-accent", accent, -_STEP if bright else _STEP, lambda c: contrast(c, hero) >= 4.6
        ),
    }


def _dark(brand: str, accent: str) -> dict[str, str]:
    grounds = SURFACES["dark"]
    bright = contrast(brand, INK) >= 7
    find = _finder("dark")
    soft, accent_soft = tint(brand, 0.285, 0.036), tint(accent, 0.30, 0.05)
    hero = tint(brand, 0.33, 0.07)
    fill = brand if bright else find("brand-fill", brand, _STEP, lambda c: _stands_out(c, grounds[1]))
    return {
        **_fill(fill),
        "brand-hero": hero,
        "on-hero": WHITE,
        "brand-ink": find("brand-ink", brand, _STEP, lambda c: _least(c, (*grounds, soft)) >= 4.6),
        "brand-soft": soft,
        "brand-edge": find("brand-edge", brand, _STEP, lambda c: _least(c, grounds) >= 3.1),
        "accent-fill": find("accent-fill", accent, _STEP, lambda c: _least(c, grounds) >= 3.1),
        "accent-ink": find("accent-ink", accent, _STEP, lambda c: _least(c, (*grounds, accent_soft)) >= 4.6),
        "accent-soft": accent_soft,
        "hero-accent": find("hero-accent", accent, _STEP, lambda c: contrast(c, hero) >= 4.6),
    }


def _fill(fill: str) -> dict[str, str]:
    """A filled button: what is written on it, and its colour under the pointer, away from the text."""
    text = WHITE if contrast(fill, WHITE) >= 4.5 else INK
    return {
        "brand-fill": fill,
        "on-brand": text,
        "brand-fill-hover": shifted(fill, -0.05 if text == WHITE else 0.05),
    }


def _stands_out(fill: str, surface: str) -> bool:
    return contrast(fill, surface) >= 3.1 and max(contrast(fill, WHITE), contrast(fill, INK)) >= 4.6


def _least(colour: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def _finder(theme: Theme) -> Callable[[str, str, float, Callable[[str], bool]], str]:
    def find(role: str, colour: str, step: float, fits: Callable[[str], bool]) -> str:
        found = walk(colour, step, fits)
        if found is None:
            raise Refusal("brand_unreadable", colour=colour, role=role, theme=theme)
        return found

    return find


def _declarations(roles: dict[str, str]) -> str:
    return "".join(f"  --{role}: {colour};\n" for role, colour in roles.items())


def _proofs(roles: dict[str, str], theme: Theme) -> list[Proof]:
    pairs = [
        ("on-brand", "brand-fill", 4.5),
        ("on-brand", "brand-fill-hover", 4.5),
        ("on-hero", "brand-hero", 7.0),
        ("hero-accent", "brand-hero", 4.5),
        ("brand-ink", "brand-soft", 4.5),
        ("accent-ink", "accent-soft", 4.5),
    ]
    marks = [("brand-ink", 4.5), ("brand-edge", 3.0), ("accent-ink", 4.5), ("accent-fill", 3.0)]
    return [
        *(Proof(theme, one, two, contrast(roles[one], roles[two]), least) for one, two, least in pairs),
        *(
            Proof(theme, role, ground, contrast(roles[role], ground), least)
            for role, least in marks
            for ground in SURFACES[theme]
        ),
    ]
