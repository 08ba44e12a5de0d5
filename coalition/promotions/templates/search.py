"""Templates by words, in either language: of titles, texts, families and tags. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache

from coalition.programmes.titles import Titles
from coalition.promotions.templates import families, templates
from coalition.promotions.templates.model import Said, Template

_WORD = re.compile(r"[\w+-]+")
_ENDING, _LEAST = 2, 4  # of a Russian word
_SMALL = 2  # «на», «в», "of" are asked for by nobody


def found(asked: str) -> list[Template]:
    """The templates that have a word for each that is asked for, whatever its ending; all of them for none."""
    stems = [_stem(word) for word in _words(asked) if not (len(word) <= _SMALL and word.isalpha())]
    return [
        one
        for one in templates().values()
        if all(any(word.startswith(stem) for word in _words_of(one.code)) for stem in stems)
    ]


def _stem(word: str) -> str:
    """The word without what changes with case and number: «подарок» and «подарки», "gift" and "gifts"."""
    return word.removesuffix("s") if word.isascii() else word[: max(len(word) - _ENDING, _LEAST)]


@lru_cache(maxsize=512)
def _words_of(code: str) -> frozenset[str]:
    one = templates()[code]
    return frozenset(word for text in [code, *_texts(one)] for word in _words(text))


def _texts(one: Template) -> Iterator[str]:
    family = families()[one.family]
    said: list[Said | Titles | None] = [one.title, one.about, one.offer, one.tags, family, family.tags]
    for text in said:
        yield from (text.ru, text.en) if text else ()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("ё", "е").replace("э", "е"))
