"""Every field of a promotion's document asks for itself, in both languages, so that a new part has its form at once."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from admin.console.promotion_sections import SECTIONS
from admin.console.promotion_tree import asks_of, bare, parts_of
from coalition.programmes.asks import Asks
from coalition.promotions.document import Document
from tenants.runtime.language import translate


def parts(part: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """The part and all that can stand in it."""
    if part in seen:
        return
    seen.add(part)
    yield part
    for info in part.model_fields.values():
        if (asks := asks_of(info)) is not None and asks.of:
            continue  # chosen by their codes
        for inner in (info.annotation, *get_args(bare(info.annotation))):
            for one in parts_of(inner):
                yield from parts(one, seen)


PARTS = list(parts(Document, set()))
FIELDS = [
    (f"{part.__name__}.{name}", info)
    for part in PARTS
    for name, info in part.model_fields.items()
    if name != "schema_version"  # it has one value, and nobody is asked for it
]


def of_choice(annotation: Any) -> list[str]:
    """The values there are to choose from, where the type names them."""
    inner = bare(annotation)
    if get_origin(inner) is Literal:
        return [str(value) for value in get_args(inner)]
    if get_origin(inner) in (tuple, dict):
        return [value for one in get_args(inner) if one is not ... for value in of_choice(one)]
    return [member.value for member in inner] if hasattr(inner, "__members__") else []


def texts(asks: Asks) -> list[str]:
    every = (asks.label, asks.help, asks.key, asks.value, *asks.choices.values())
    return [text for text in every if text]


def test_all_parts_are_found() -> None:
    assert len(PARTS) > 50
    assert {"Hours", "Span", "Bands", "Band", "AfterEvent", "Titles", "Goods"} <= {
        one.__name__ for one in PARTS
    }


@pytest.mark.parametrize(("name", "info"), FIELDS, ids=[name for name, _info in FIELDS])
def test_a_field_has_its_words_in_both_languages(name: str, info: FieldInfo) -> None:
    asks = asks_of(info)
    assert asks is not None, f"{name} says nothing of itself: give it Asks(...)"
    assert asks.label or name.endswith(".kind")
    assert set(of_choice(info.annotation)) <= set(asks.choices), f"{name} has values without a name"
    if get_origin(bare(info.annotation)) is dict:
        assert asks.key
        assert asks.value
    untold = [text for text in texts(asks) if translate("ru", text) == text or not text.isascii()]
    assert untold == []


def test_every_field_of_a_document_stands_in_a_section() -> None:
    placed = {name for _title, names in SECTIONS.values() for name in names}
    assert set(Document.model_fields) - placed == {"schema_version"}
