"""What an operator has filled in of a tenant so far, as flat fields of a form, and the document that it makes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from admin.console import template_told
from admin.opening.checking import flaws
from admin.opening.templates import ZONE, business
from coalition.promotions.checking import Flaw
from coalition.promotions.templates import template
from coalition.promotions.templates.model import Template

STEPS = ("who", "brand", "programme", "promotions", "person", "check")
_OF_STEP: Mapping[str, Sequence[str]] = {
    "who": ("name_ru", "name_en", "slug", "hosts", "language", "zone", "currency"),
    "brand": ("brand", "accent", "corner", "mark"),
    "programme": (
        *("programme_ru", "programme_en", "unit_ru_0", "unit_ru_1", "unit_ru_2", "unit_en_0", "unit_en_1"),
        *("worth", "expiry", "expiry_count"),
    ),
    "person": ("person_name", "person_login"),
}
_PLACES = {
    "slug": "slug", "hosts": "hosts", "brand.name.ru": "name_ru", "brand.name.en": "name_en",
    "brand.language": "language", "programme.zone": "zone", "programme.currency": "currency",
    "brand.brand": "brand", "brand.accent": "accent", "brand.corner": "corner", "brand.mark": "mark",
    "programme.name.ru": "programme_ru", "programme.name.en": "programme_en", "programme.value.money": "worth",
    "programme.expiry.kind": "expiry", "programme.expiry.count": "expiry_count",
    "administrator.name": "person_name", "administrator.login": "person_login",
}  # fmt: skip
_UNIT = re.compile(r"programme\.unit\.(ru|en)\.(\d)")
_PROMOTION = re.compile(r"promotions\.(\d+)\.fields\.(.+)")
_STAND_IN = {
    "name_ru": "—", "name_en": "—", "slug": "xx", "hosts": "xx.localhost",
    "person_name": "—", "person_login": "administrator",
}  # fmt: skip
_HIDDEN = ("payer", "title_ru", "title_en")
Fields = Mapping[str, str]


def beginning(code: str) -> dict[str, str]:
    """The fields as the template fills them in."""
    terms = business(code).document
    programme, brand = terms["programme"], terms["brand"]
    fields = {
        "language": "ru", "zone": ZONE, "currency": programme["currency"], "person_login": "administrator",
        "programme_ru": programme["name"]["ru"], "programme_en": programme["name"]["en"],
        "worth": programme["value"]["money"], "expiry": programme["expiry"]["kind"],
        "expiry_count": str(programme["expiry"].get("count", "")),
        **{name: str(brand[name]) for name in ("brand", "accent", "corner", "mark")},
    }  # fmt: skip
    for lang, forms in programme["unit"].items():
        fields |= {f"unit_{lang}_{number}": form for number, form in enumerate(forms)}
    for one in terms["promotions"]:
        known = template(one["template"])
        fields[f"p.{one['code']}"] = "on"
        fields |= {
            f"p.{one['code']}.{name}": text for name, text in shown_of(known, one.get("fields", {})).items()
        }
    return fields


def shown_of(known: Template, given: Mapping[str, str]) -> dict[str, str]:
    """The fields of a promotion that the wizard asks for: those that say something."""
    written = {
        one.name: str(given.get(one.name, one.default)) for one in known.fields if one.name not in _HIDDEN
    }
    return {name: text for name, text in written.items() if text}


def names_of(code: str, step: str) -> Sequence[str]:
    """The fields of a step's form."""
    if step != "promotions":
        return _OF_STEP.get(step, ())
    return [name for name in beginning(code) if name.startswith("p.")]


def document_of(code: str, fields: Fields, *, lang: str, standing_in: str = "") -> dict[str, Any]:
    """The whole document; for a step alone, what other steps do not say yet is stood in for."""
    own = _OF_STEP.get(standing_in, ())
    said = dict(fields)
    if standing_in:
        said |= {name: text for name, text in _STAND_IN.items() if name not in own and not said.get(name)}
    get = lambda name: said.get(name, "").strip()  # noqa: E731
    document: dict[str, Any] = deepcopy(dict(business(code).document))
    document |= {
        "slug": get("slug").lower(),
        "hosts": [host.lower() for host in re.split(r"[\s,]+", get("hosts")) if host],
        "administrator": {"login": get("person_login").lower(), "name": get("person_name")},
    }
    document["brand"] |= {
        "name": {"ru": get("name_ru"), "en": get("name_en")},
        "language": get("language"),
        **{name: get(name).lower() for name in ("brand", "accent", "corner", "mark")},
    }
    document["programme"] |= {
        "name": {"ru": get("programme_ru"), "en": get("programme_en")},
        "unit": {
            "ru": [get(f"unit_ru_{n}") for n in range(3)],
            "en": [get(f"unit_en_{n}") for n in range(2)],
        },
        "currency": get("currency").upper(),
        "zone": get("zone"),
        "value": {"points": 1, "money": get("worth").replace(",", ".")},
        "expiry": {"kind": get("expiry")}
        | ({"count": _whole(get("expiry_count"))} if get("expiry") != "never" else {}),
    }
    document["promotions"] = list(_promotions(document["promotions"], said, lang))
    for profile in document.get("profiles", ()):
        profile["dates"]["zone"], profile["currency"] = get("zone"), get("currency").upper()
    return document


def errors_of(code: str, fields: Fields, found: Sequence[Flaw]) -> dict[str, Flaw]:
    """Flaws of a document by the form's fields; what belongs to no field is of ""."""
    kept = [one["code"] for one in business(code).document["promotions"] if fields.get(f"p.{one['code']}")]
    placed: dict[str, Flaw] = {}
    for flaw in found:
        placed.setdefault(_field(flaw.field, kept), flaw)
    return placed


def step_flaws(code: str, fields: Fields, step: str, lang: str) -> dict[str, Flaw]:
    """What is wrong with a step's fields."""
    found = errors_of(code, fields, flaws(document_of(code, fields, lang=lang, standing_in=step)))
    return {name: flaw for name, flaw in found.items() if name in names_of(code, step)}


def step_of(code: str, field: str) -> str:
    """The step that asks for a field."""
    return next((step for step in STEPS if field in names_of(code, step)), "check")


def _field(path: str, kept: Sequence[str]) -> str:
    if (unit := _UNIT.fullmatch(path)) is not None:
        return f"unit_{unit[1]}_{unit[2]}"
    if (promotion := _PROMOTION.fullmatch(path)) is not None:
        return f"p.{kept[int(promotion[1])]}.{promotion[2]}"
    while path and path not in _PLACES:
        path = path.rpartition(".")[0]
    return _PLACES.get(path, "")


def _promotions(terms: Sequence[dict[str, Any]], said: Fields, lang: str) -> Iterator[dict[str, Any]]:
    for one in terms:
        code = one["code"]
        if said.get(f"p.{code}"):
            below = f"p.{code}."
            written = {name[len(below) :]: text for name, text in said.items() if name.startswith(below)}
            known = template(one["template"])
            yield one | {"fields": dict(one.get("fields", {})) | template_told.plain(known, written, lang)}


def _whole(text: str) -> int | str:
    """A whole number, or what was written instead, of which the document says that it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
