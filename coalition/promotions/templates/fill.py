"""From a template and the values of its fields to a document. Pure.

Whatever is wrong is said of a field: what the document refuses is traced back to the field that was put there.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from coalition.promotions import checking
from coalition.promotions.case import Setting
from coalition.promotions.checking import Flaw
from coalition.promotions.document import Document
from coalition.promotions.index import Codes
from coalition.promotions.templates.model import Template
from coalition.promotions.templates.reading import Written, read
from tenants.runtime.errors import Refusal

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PAID = [{"participant": "{payer}", "share": "100"}]
PAYER = {"payer": "bank"}
"""Who pays in an example."""


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


def attempt(
    template: Template,
    values: Mapping[str, Written],
    codes: Codes | None = None,
    setting: Setting | None = None,
) -> Filled:
    """The document or everything that is wrong, for a form that shows each reason at its field.

    Whatever is wrong with a field alone is told at once: where one is, the example's value stands in for it, so that
    the document can still say what it thinks of the others.
    """
    wrong = {
        name: Flaw(name, "extra_forbidden", "there is no such field", {})
        for name in values.keys() - {field.name for field in template.fields}
    }
    given = {field.name: read(field, values.get(field.name, field.default)) for field in template.fields}
    wrong |= {name: value for name, value in given.items() if isinstance(value, Flaw)}
    while True:
        document, places = _written(template, given | _standing_in(template, wrong))
        found = list(checking.flaws(document, codes, setting))
        if (sound := checking.as_far_as_sound(document, found)) is not None:
            found += checking.budget_flaws(sound, setting)
        news = {
            name: flaw._replace(field=name)
            for flaw in reversed(found)
            if (name := _put_at(flaw.field, places))
        }
        if not news.keys() - wrong.keys():
            break
        wrong = news | wrong
    if wrong:
        return Filled({}, list(wrong.values()))
    if found:
        changed = {
            field.name for field in template.fields if values.get(field.name, field.default) != field.default
        }
        return Filled({}, [flaw._replace(field=_near(flaw.field, places, changed)) for flaw in found])
    return Filled(Document.model_validate(document).model_dump(mode="json", exclude_unset=True))


def titles_of(template: Template, written: Mapping[str, Written]) -> dict[str, str]:
    """What members read where no title is written; of a field that is wrong, with its default."""
    given = {field.name: read(field, written.get(field.name, field.default)) for field in template.fields}
    return _titles(
        template,
        {
            field.name: read(field, field.default)
            if isinstance(given[field.name], Flaw)
            else given[field.name]
            for field in template.fields
        },
    )


def _titles(template: Template, values: Mapping[str, Any]) -> dict[str, str]:
    """The template's own words with the values in them."""
    offer = template.offer or template.title
    return {
        "ru": _told(offer.ru, values, point=","),
        "en": _told(offer.en, values, point="."),
    }


def _standing_in(template: Template, names: Iterable[str]) -> dict[str, Any]:
    """For these fields, values with which the template can be filled in whatever the others are."""
    sure = PAYER | template.example.values
    fields = (field for field in template.fields if field.name in set(names))
    return {field.name: read(field, sure.get(field.name, field.default)) for field in fields}


def _written(template: Template, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The document, and which field was put at which path of it."""
    places: dict[str, str] = {}
    own = _titles(template, values)
    title = {lang: values[f"title_{lang}"] or own[lang] for lang in own}
    return _put({"title": title, "funding": _PAID} | template.document, values, "", places), places


def _told(offer: str, values: Mapping[str, Any], *, point: str) -> str:
    return _PLACE.sub(lambda found: str(values[found[1]]).replace(".", point), offer)


def _put(node: Any, values: Mapping[str, Any], path: str, places: dict[str, str]) -> Any:
    """The node with values in their places; an entry whose field is empty is left out, and a part of such alone."""
    if isinstance(node, dict):
        entries = {key: _put(inner, values, f"{path}{key}.", places) for key, inner in node.items()}
        kept = {key: inner for key, inner in entries.items() if inner is not None}
        return kept if kept or not entries else None
    if isinstance(node, list):
        return [_put(inner, values, f"{path}{number}.", places) for number, inner in enumerate(node)]
    if isinstance(node, str) and (found := _PLACE.fullmatch(node)):
        places[path] = found[1]
        return values[found[1]]
    return node


def _put_at(path: str, places: Mapping[str, str]) -> str:
    """The field that was put at the path of a flaw, or above it."""
    here = f"{path}." if path else ""
    return next((name for place, name in places.items() if here.startswith(place)), "")


def _near(path: str, places: Mapping[str, str], changed: Collection[str]) -> str:
    """One of the fields below a path whose values do not go together: the last that is not at its default."""
    here = f"{path}." if path else ""
    below = [name for place, name in places.items() if place.startswith(here)]
    return ([name for name in below if name in changed] or below or [""])[-1]
