"""Templates by words, in either language: of titles, texts, families and tags. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache

from coalition.programmes.titles import Titles
from coalition.promotions.templates import families, templates
from coalition.promotions.templates.model import Said, Template

_WORD = re.compile(r"[\w+-]+")
_NOUN = r"[иь]?(?:ями|ям|ях|ей|ем|й|я|е|ю|и)|ами|ам|ах|[ое]в|ом|ой|а|о|ы|у|ь"
_ADJECTIVE = r"[ыи]ми|[ыи][йехм]|[ое](?:го|му|е|ю)|[ая]я|[ую]ю"
_ENDING = re.compile(rf"(?<=..)(?:{_NOUN}|{_ADJECTIVE})$")
"""Of Russian words: the first place where one fits is that of the longest."""
_FLEETING = re.compile(r"(?<=[^аеиоуыюя])[ео](?=[кнц]$)")  # «подарок, подарки», «день, дни»
_LEAST, _WHOLE = 2, 5
"""Stems no longer than the first are met whole; from the second on the last letter that is asked for may be lacking."""
_UNASKED = re.compile(
    r"[^\W\d_]{1,2}|[\d-]+"
)  # «на», «в», "of", and numbers, which a template has places for


def found(asked: str) -> list[Template]:
    """The templates that have a word for each that is asked for, whatever its ending; all of them for none."""
    stems = [_stem(word) for word in _words(asked) if not _UNASKED.fullmatch(word)]
    return [
        one
        for one in templates().values()
        if all(any(_meets(stem, known) for known in _stems_of(one.code)) for stem in stems)
    ]


def _meets(asked: str, known: str) -> bool:
    """Whether a stem is the other, the beginning of it, or a derived word: «зарплатный» of «зарплата»."""
    if len(asked) <= _LEAST:
        return asked == known
    return known.startswith(asked) or (len(known) >= _WHOLE and asked[:-1] == known)


def _stem(word: str) -> str:
    """The word without what changes with case and number: «подарок» and «подарки», "gift" and "gifts"."""
    if word.isascii():
        word = f"{word[:-3]}y" if word.endswith("ies") else word
        return word[:-1] if word.endswith("s") and len(word) > 3 and not word.endswith("ss") else word
    return _FLEETING.sub("", _ENDING.sub("", word))


@lru_cache(maxsize=512)
def _stems_of(code: str) -> frozenset[str]:
    one = templates()[code]
    return frozenset(_stem(word) for text in [code, *_texts(one)] for word in _words(text))


def _texts(one: Template) -> Iterator[str]:
    family = families()[one.family]
    said: list[Said | Titles | None] = [one.title, one.about, one.offer, one.tags, family, family.tags]
    for text in said:
        yield from (text.ru, text.en) if text else ()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("ё", "е").replace("э", "е"))
