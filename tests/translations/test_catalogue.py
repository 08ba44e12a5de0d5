"""The Russian catalogue is whole: every message is there, is translated, and keeps its places."""

import re

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tenants.runtime.language import CATALOGUE
from tenants.translations import messages

PLACE = re.compile(r"%\((\w+)\)[sd]")


def russian() -> Catalog:
    """The catalogue as committed."""
    with (CATALOGUE / "ru/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="ru")


def test_every_message_of_the_house_is_in_russian() -> None:
    catalogue = russian()
    untold = {
        (str(path), message)
        for path, message in messages()
        if message[0] not in catalogue or not all(_texts(catalogue[message[0]].string))
    }
    assert untold == set()


def test_nothing_is_translated_that_nobody_says() -> None:
    said = {message[0] for _path, message in messages()}
    kept = {entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in russian() if entry.id}
    assert kept - said == set()


def test_a_translation_keeps_the_places_of_its_message() -> None:
    wrong = [
        entry.id
        for entry in russian()
        if entry.id
        for text in _texts(entry.string)
        if set(PLACE.findall(text)) != set(PLACE.findall(_texts(entry.id)[0]))
    ]
    assert wrong == []


def test_a_plural_has_all_three_russian_forms() -> None:
    plurals = [entry for entry in russian() if isinstance(entry.id, tuple)]
    assert plurals
    assert {len(entry.string) for entry in plurals} == {3}


def _texts(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
