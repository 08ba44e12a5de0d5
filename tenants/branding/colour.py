"""Colours in OKLCH: lightness moves without the hue moving, which sRGB cannot do. Contrast is WCAG 2.2's.

The conversion matrices are Björn Ottosson's (Oklab, public domain). Floats are fine here: nothing is money.
"""

import math
import re
from collections.abc import Callable

_HEX = re.compile(r"#[0-9a-f]{6}")
_CHROMA_STEP = 0.96


def is_hex(colour: str) -> bool:
    """Whether `colour` is written #rrggbb in lower case."""
    return _HEX.fullmatch(colour) is not None


def _channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _hex(channels: list[float]) -> str:
    return "#" + "".join(f"{round(max(0.0, min(1.0, channel)) * 255):02x}" for channel in channels)


def _to_linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _from_linear(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (_to_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def to_lch(colour: str) -> tuple[float, float, float]:
    """Lightness 0 to 1, chroma, hue in radians."""
    red, green, blue = (_to_linear(channel) for channel in _channels(colour))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def from_lch(lightness: float, chroma: float, hue: float) -> str:
    """The nearest colour a screen can show: the chroma gives way, lightness and hue stay."""
    while True:
        a, b = chroma * math.cos(hue), chroma * math.sin(hue)
        long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        linear = [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ]
        if chroma < 0.002 or all(-0.002 <= channel <= 1.002 for channel in linear):
            return _hex([_from_linear(max(0.0, channel)) for channel in linear])
        chroma *= _CHROMA_STEP


def tint(colour: str, lightness: float, chroma_max: float) -> str:
    """The colour's hue at a given lightness, no stronger than `chroma_max`."""
    _, chroma, hue = to_lch(colour)
    return from_lch(lightness, min(chroma, chroma_max), hue)


def shifted(colour: str, by: float) -> str:
    """The colour, lighter (by > 0) or darker."""
    lightness, chroma, hue = to_lch(colour)
    return from_lch(lightness + by, chroma, hue)


def walk(colour: str, step: float, fits: Callable[[str], bool]) -> str | None:
    """The first colour of the same hue that fits, going lighter or darker by `step`; None if none does."""
    lightness, chroma, hue = to_lch(colour)
    lightness = max(lightness, 0.021)  # pure black has somewhere to go; pure white has nothing to keep
    while 0.02 < lightness < 0.99:
        candidate = from_lch(lightness, chroma, hue)
        if fits(candidate):
            return candidate
        lightness += step
    return None
