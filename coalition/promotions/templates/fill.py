"""From a template and the values of its fields to a document. Pure.

Whatever is wrong is said of a field: what the document refuses is traced back to the field that was put there.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from coalition.promotions import checking
from coalition.promotions.checking import Flaw
from coalition.promotions.document import Document
from coalition.promotions.index import Codes
from coalition.promotions.templates.model import Template
from coalition.promotions.templates.reading import Written, read
from tenants.runtime.errors import Refusal

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PAID = [{"participant": "{payer}", "share": "100"}]


class Filled(NamedTuple):
    """A document, or what is wrong, field by field."""

    document: dict[str, Any]
    flaws: Sequence[Flaw] = ()


def fill(template: Template, values: Mapping[str, Written], codes: Codes | None = None) -> dict[str, Any]:
    """The document; fields that are not named keep their defaults.

    With codes it is asked whether partners, segments and others exist. Raises Refusal("template_field", field=...,
    why=...) for the first field that is wrong.
    """
    document, flaws = attempt(template, values, codes)
    if flaws:
        raise Refusal("template_field", field=flaws[0].field, why=flaws[0].why)
    return document


def attempt(template: Template, values: Mapping[str, Written], codes: Codes | None = None) -> Filled:
    """The document or everything that is wrong, for a form that shows each reason at its field."""
    flaws = [
        Flaw(name, "extra_forbidden", "there is no such field", {})
        for name in values.keys() - {field.name for field in template.fields}
    ]
    read_ = {field.name: read(field, values.get(field.name, field.default)) for field in template.fields}
    flaws += [found for found in read_.values() if isinstance(found, Flaw)]
    if flaws:
        return Filled({}, flaws)
    places: dict[str, str] = {}
    written = {"title": _titles(template, read_), "funding": _PAID} | template.document
    document = _put(written, read_, "", places)
    if found := checking.flaws(document, codes):
        changed = {
            field.name for field in template.fields if values.get(field.name, field.default) != field.default
        }
        return Filled({}, [flaw._replace(field=_field(flaw.field, places, changed)) for flaw in found])
    return Filled(Document.model_validate(document).model_dump(mode="json", exclude_unset=True))


def _titles(template: Template, values: Mapping[str, Any]) -> dict[str, str]:
    """What members read: as written, or the template's own words with the values in them."""
    offer = template.offer or template.title
    return {
        "ru": values["title_ru"] or _told(offer.ru, values, point=","),
        "en": values["title_en"] or _told(offer.en, values, point="."),
    }


def _told(offer: str, values: Mapping[str, Any], *, point: str) -> str:
    return _PLACE.sub(lambda found: str(values[found[1]]).replace(".", point), offer)


def _put(node: Any, values: Mapping[str, Any], path: str, places: dict[str, str]) -> Any:
    """The node with values in their places; an entry whose field is empty is left out."""
    if isinstance(node, dict):
        entries = {key: _put(inner, values, f"{path}{key}.", places) for key, inner in node.items()}
        return {key: inner for key, inner in entries.items() if inner is not None}
    if isinstance(node, list):
        return [_put(inner, values, f"{path}{number}.", places) for number, inner in enumerate(node)]
    if isinstance(node, str) and (found := _PLACE.fullmatch(node)):
        places[path] = found[1]
        return values[found[1]]
    return node


def _field(path: str, places: Mapping[str, str], changed: Collection[str]) -> str:
    """The field that a flaw of the document comes from: put at its path or above it, else one of those below it.

    Of several below, whose values do not go together, it is the last one that is not at its default.
    """
    here = f"{path}." if path else ""
    above = [name for place, name in places.items() if here.startswith(place)]
    below = [name for place, name in places.items() if place.startswith(here)]
    return (above or [name for name in below if name in changed] or below or [""])[-1]
