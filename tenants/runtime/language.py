"""Sentences in the reader's language, for code that knows no request. One catalogue serves it and the faces."""

from functools import lru_cache
from pathlib import Path

from babel.support import NullTranslations, Translations

LANGUAGES = ("ru", "en")
CATALOGUE = Path(__file__).parent.parent / "translations"


@lru_cache(maxsize=8)
def _catalogue(lang: str) -> NullTranslations:
    return Translations.load(CATALOGUE, [lang])


def translate(lang: str, message: str, **facts: object) -> str:
    """The message in `lang`, with `%(name)s` places filled from `facts`."""
    return _catalogue(lang).gettext(message) % facts if facts else _catalogue(lang).gettext(message)


def ntranslate(lang: str, singular: str, plural: str, count: int, **facts: object) -> str:
    """As `translate`, choosing the form that `count` takes in `lang`."""
    return _catalogue(lang).ngettext(singular, plural, count) % {
        "count": count,
        **facts,
    }
