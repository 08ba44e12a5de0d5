"""The form of a benefit: what was typed as terms, and everything that is wrong with it, each at its field."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from admin import promotion_words
from admin.problems import refusal
from coalition import money
from coalition.benefits.models import BenefitKind
from coalition.cabinet.kinds.base import read_units
from coalition.promotions.checking import Flaw
from tenants.branding.words import Words
from tenants.runtime.errors import Refusal
from tenants.translations import N_

FIELDS = ("name_ru", "name_en", "kind", "face", "uses", "valid_days", "valid_to", "code")
"""From the top of the form down."""
KINDS = {
    BenefitKind.COUPON: N_("Coupon"),
    BenefitKind.CERTIFICATE: N_("Certificate with a face value"),
    BenefitKind.PRIVILEGE: N_("Privilege"),
    BenefitKind.UNITS: N_("Game units"),
    BenefitKind.TICKET: N_("Tickets of a draw"),
}


def read_terms(form: Mapping[str, str], w: Words) -> tuple[dict[str, Any], dict[str, str]]:
    """The terms that the fields say, and the sentence for each that cannot be understood."""
    terms: dict[str, Any] = {}
    errors = {}
    for name in ("uses", "valid_days"):
        if form[name]:
            if form[name].isdecimal() and len(form[name]) < 10:
                terms[name] = int(form[name])
            else:
                errors[name] = _whole(name)
    if form["face"]:
        try:
            units = read_units(form["face"], w.exponent, w)
            terms["face"] = str(Decimal(units).scaleb(-w.exponent))
        except Refusal as no:
            errors["face"] = _face(no, w)
    if form["valid_to"]:
        try:
            terms["valid_to"] = date.fromisoformat(form["valid_to"]).isoformat()
        except ValueError:
            errors["valid_to"] = _("Write the day as year, month and day, like 2026-12-31")
    return terms, errors


def wrong(refused: Iterable[Refusal], unread: Mapping[str, str], kind: str, w: Words) -> dict[str, str]:
    """What is wrong, by the field of the form; `unread` is what could not be understood at all."""
    found = dict(unread)
    for no in refused:
        field = str(no.facts.get("field", "code")).replace(".", "_")
        found.setdefault(field, _sentence(no, field, kind, w))
    return {name: found[name] for name in FIELDS if name in found}


def _sentence(no: Refusal, field: str, kind: str, w: Words) -> str:
    match no.code, field:
        case "benefit_code", _field:
            return _("A code is small Latin letters, digits and hyphens, 64 at most")
        case "benefit_known", _field:
            return _("There is a benefit of this code already")
        case "benefit_name", "name_ru":
            return _("Write the name in Russian, 120 letters at most")
        case "benefit_name", _field:
            return _("Write the name in English, 120 letters at most")
        case "benefit_terms", "face" if kind == BenefitKind.CERTIFICATE:
            return _("Write the face value of the certificate")
        case "benefit_terms", "face":
            return _("Only a certificate has a face value. Leave it empty")
        case "benefit_terms", "uses":
            return _("Only a privilege has a number of uses. Leave it empty")
        case "benefit_terms", _field:
            return _("Choose one of the kinds")
        case "benefit_past", _field:
            return _("This day is over. Choose today or a later day")
        case "benefit_value", "uses" | "valid_days":
            return _whole(field)
        case "benefit_value", "face":
            return _face(no, w)
        case "benefit_value", _field:
            return promotion_words.flaw(Flaw(field, no.facts["kind"], "", no.facts["facts"]), w.lang)
    return refusal(no)


def _whole(name: str) -> str:
    if name == "uses":
        return _("The number of uses is a whole number from 1 to 10,000")
    return _("The number of days is a whole number from 1 to 3,660")


def _face(no: Refusal, w: Words) -> str:
    if no.code == "amount_digits":
        return refusal(no)
    most = w.money(money.in_units("10000000", w.exponent))
    return _("The face value is a sum above zero, like 1500 or 1500.50, and %(most)s at most", most=most)
