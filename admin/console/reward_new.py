"""The forms of a new reward and of other terms: what they say, and what of it cannot be understood."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from admin import promotion_words
from admin.problems import refusal
from admin.reward_reading import reward_flaws
from coalition.cabinet.kinds.base import read_units
from coalition.redemption.keeping import wrong_with
from coalition.redemption.pricing import wrong_with_terms
from tenants.branding.words import Words
from tenants.runtime.errors import Refusal

TEXTS = ("code", "participant", "name_ru", "name_en", "about_ru", "about_en")
NUMBERS = {"certificate": ("points", "minor"), "cashback": ("points_min", "points_max", "days")}
_PRICED = {
    "certificate": ("points",),
    "cashback": ("points_min", "points_max", "days"),
    "donation": ("points_min", "points_max"),
}


def priced(kind: str) -> tuple[str, ...]:
    """The terms of a kind that can be changed, by two people."""
    return _PRICED.get(kind, ())


def read_terms(form: Mapping[str, str], w: Words) -> tuple[dict[str, int], dict[str, str]]:
    """The terms of the form, and what is wrong with them by its fields."""
    terms, errors = _read_numbers(form, w)
    for no in wrong_with_terms(terms):
        errors.setdefault(str(no.facts["field"]), refusal(no))
    return terms, {name: errors[name] for name in form if name in errors}


def read_new(form: Mapping[str, str], kind: str, w: Words) -> tuple[dict[str, Any], dict[str, str]]:
    """The document of the form, and what is wrong with it by its fields."""
    terms, errors = _read_numbers({name: form[name] for name in NUMBERS[kind]}, w)
    name, about = ({lang: form[f"{field}_{lang}"] for lang in ("ru", "en")} for field in ("name", "about"))
    for no in wrong_with(name, about, None):
        errors.setdefault(str(no.facts["field"]), refusal(no))
    document = {"code": form["code"], "kind": kind, "name": name, "about": about, "terms": terms}
    for one in reward_flaws(document):
        field = one.field.removeprefix("terms.").replace(".", "_")
        said = promotion_words.flaw(one, w.lang)
        if field == "code":
            said = _("A code has small Latin letters, digits and hyphens, 32 at most")
        if field in form:
            errors.setdefault(field, said)
    order = [*TEXTS, *NUMBERS[kind]]
    return document, {name: errors[name] for name in order if name in errors}


def _read_numbers(form: Mapping[str, str], w: Words) -> tuple[dict[str, int], dict[str, str]]:
    digits, errors = {"minor": w.exponent, "days": 0}, dict[str, str]()
    terms = dict[str, int]()
    for name, text in form.items():
        try:
            terms[name] = read_units(text, digits.get(name, w.scale), w)
        except Refusal:
            errors[name] = _("A number is expected")
    return terms, errors
