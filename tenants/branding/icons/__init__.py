"""Icons by name, drawn into the page itself: a page carries the few that it shows and asks for no file."""

import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

_SPRITE = Path(__file__).parent / "sprite.svg"
_SYMBOL = re.compile(r'<symbol id="([\w-]+)" viewBox="0 0 16 16">(.*?)</symbol>')
_UNKNOWN = "tag"  # data may name an icon that a later sprite does not have


def icon(name: str, label: str | None = None) -> Markup:
    """The icon; silent for screen readers beside its word, or read out as `label` when it stands alone."""
    role = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="i" viewBox="0 0 16 16" {}>{}</svg>').format(role, _drawing(name))


def names() -> frozenset[str]:
    """Every icon there is."""
    return frozenset(_drawings())


def _drawing(name: str) -> Markup:
    drawings = _drawings()
    return drawings.get(name, drawings[_UNKNOWN])


@lru_cache(maxsize=1)
def _drawings() -> dict[str, Markup]:
    return {name: Markup(body) for name, body in _SYMBOL.findall(_SPRITE.read_text())}  # noqa: S704
