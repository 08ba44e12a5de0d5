"""Everything that is wrong with a document by which a tenant is to be opened, each flaw at its place."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from babel.numbers import is_currency

from admin.opening.document import Opening
from coalition import money
from coalition.promotions import checking
from coalition.promotions.checking import Flaw, unfit
from coalition.promotions.templates import templates
from coalition.promotions.templates.fill import attempt
from coalition.redemption.kinds.cashback import CashbackTerms
from coalition.redemption.kinds.certificate import CertificateTerms
from coalition.reports.offers import CATEGORIES
from tenants.branding import icons, mark
from tenants.branding.preview import try_brand
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

_UNSHAPED = ("string_pattern_mismatch", "string_too_short", "too_short")
_SHAPES = {
    "slug": "slug_shape", "hosts": "host_shape", "brand.brand": "colour_shape", "brand.accent": "colour_shape",
    "programme.currency": "currency_unknown", "administrator.login": "login_shape",
}  # fmt: skip
"""Fields whose shape has a sentence of its own."""
_TITLES = {"ru": "—", "en": "—"}
_STAND_INS: dict[str, Any] = {
    "slug": "xx", "hosts": ["xx.localhost"], "brand.name": _TITLES, "brand.brand": "#0b5f66",
    "brand.accent": "#d9532c", "programme.name": _TITLES, "programme.zone": "UTC", "programme.currency": "RUB",
    "programme.unit": {"ru": ["—"] * 3, "en": ["—"] * 2}, "programme.value.money": "1",
    "programme.expiry": {"kind": "never"}, "administrator.name": "—", "administrator.login": "administrator",
}  # fmt: skip
"""What stands in for a field of the wrong shape while the others are looked at."""
_REWARDS = {"cashback": CashbackTerms, "certificate": CertificateTerms}


def flaws(document: Any) -> Sequence[Flaw]:
    """What can be told without the database: the rest is told by opening, which changes nothing when it refuses."""
    if found := [_shaped(flaw) for flaw in unfit(Opening, document)]:
        places = [place for place in _STAND_INS if any(_within(flaw.field, place) for flaw in found)]
        patched = _patched(document, places)
        if not unfit(Opening, patched):  # what else is wrong is told with it, and not in instalments
            read = Opening.model_validate(patched)
            found += [one for one in _meaning(read) if not any(_within(one.field, place) for place in places)]
        return found
    return _meaning(Opening.model_validate(document))


def _meaning(read: Opening) -> list[Flaw]:
    """What is wrong with a document of which every field has the right shape."""
    return [
        *_brand(read),
        *_programme(read),
        *_twice("hosts", read.hosts),
        *_named_twice(read),
        *_payers(read),
        *_shown(read),
        *(flaw for place, one in enumerate(read.rewards) for flaw in _reward(place, one)),
        *(flaw for place, one in enumerate(read.promotions) for flaw in _promotion(read, place, one)),
    ]


def _shaped(flaw: Flaw) -> Flaw:
    """The flaw of a field whose shape has a sentence of its own, by that sentence."""
    if flaw.kind not in _UNSHAPED:
        return flaw
    kind = next((kind for place, kind in _SHAPES.items() if _within(flaw.field, place)), flaw.kind)
    return flaw._replace(kind=kind)


def _within(field: str, place: str) -> bool:
    return f"{field}.".startswith(f"{place}.")


def _patched(document: Any, places: Iterable[str]) -> Any:
    """The document with something good at the places; where one cannot be reached, as it is."""
    found = deepcopy(document)
    for place in places:
        *path, last = place.split(".")
        part = found
        for name in path:
            part = part.get(name) if isinstance(part, dict) else None
        if isinstance(part, dict):
            part[last] = _STAND_INS[place]
    return found


def values_of(read: Opening, fields: dict[str, str]) -> dict[str, str]:
    """A promotion's fields: who pays, where that is not said, is the first participant."""
    return {"payer": read.participants[0].code} | fields


def _brand(read: Opening) -> Iterator[Flaw]:
    brand = read.brand
    tried = try_brand(brand.brand, brand.accent, brand.corner)
    if tried.nearest:
        facts = {"nearest": tried.nearest}
        yield Flaw(f"brand.{tried.wrong}", "brand_unreadable", "nobody could read this colour", facts)
    elif tried.palette is None:
        yield Flaw(f"brand.{tried.wrong}", "brand_pair", "nobody could read these two colours", {})
    for name in ("logo", "logo_dark"):
        drawing = getattr(brand, name)
        try:
            if drawing is not None:
                mark.read(drawing)
        except Refusal:
            yield Flaw(f"brand.{name}", "mark_invalid", "a mark is an SVG of plain shapes", {})
    if (brand.logo is None) != (brand.logo_dark is None):
        yield Flaw(
            "brand.logo_dark", "logo_alone", "a mark of your own is for light and for dark grounds", {}
        )


def _programme(read: Opening) -> Iterator[Flaw]:
    terms = read.programme
    try:
        clock.zone(terms.zone)
    except ZoneInfoNotFoundError:
        yield Flaw("programme.zone", "zone_unknown", "there is no such time zone", {})
    if not is_currency(terms.currency):
        yield Flaw("programme.currency", "currency_unknown", "there is no such currency", {})
    elif terms.value.money != round(terms.value.money, money.exponent(terms.currency)):
        yield Flaw("programme.value.money", "money_parts", "money has no such small parts", {})
    if (terms.expiry.kind == "never") != (terms.expiry.count is None):
        yield Flaw(
            "programme.expiry.count", "expiry_count", "`never` has no count, and the others need one", {}
        )


def _named_twice(read: Opening) -> Iterator[Flaw]:
    for name in ("participants", "partners", "promotions", "benefits", "rewards", "funds"):
        yield from _twice(name, [one.code for one in getattr(read, name)], ".code")


def _twice(place: str, codes: Sequence[str], below: str = "") -> Iterator[Flaw]:
    for number, code in enumerate(codes):
        if code in codes[:number]:
            yield Flaw(f"{place}.{number}{below}", "twice", f"{code} stands twice", {"code": code})


def _payers(read: Opening) -> Iterator[Flaw]:
    known = {one.code for one in read.participants}
    for name in ("partners", "rewards"):
        for number, one in enumerate(getattr(read, name)):
            if one.participant is not None and one.participant not in known:
                why = f"there is no {one.participant}"
                yield Flaw(f"{name}.{number}.participant", "unknown_code", why, {"code": one.participant})


def _shown(read: Opening) -> Iterator[Flaw]:
    """Categories and icons that members could not be shown."""
    for number, one in enumerate(read.partners):
        for field, code, known in (("category", one.category, CATEGORIES), ("icon", one.icon, icons.names())):
            if code not in known:
                facts = {"code": code, "known": ", ".join(sorted(known))}
                yield Flaw(f"partners.{number}.{field}", f"{field}_unknown", f"there is no {code}", facts)


def _promotion(read: Opening, place: int, one: Any) -> Iterable[Flaw]:
    here = f"promotions.{place}"
    if (one.template is None) == (one.document is None):
        return [Flaw(here, "template_or_document", "it has a template or a document, and not both", {})]
    if one.document is not None:
        return placed(f"{here}.document", checking.flaws(one.document))
    known = templates().get(one.template)
    if known is None:
        return [
            Flaw(f"{here}.template", "unknown_code", f"there is no {one.template}", {"code": one.template})
        ]
    return placed(f"{here}.fields", attempt(known, values_of(read, one.fields)).flaws)


def _reward(place: int, one: Any) -> Iterable[Flaw]:
    return placed(f"rewards.{place}.terms", unfit(_REWARDS[one.kind], one.terms))


def placed(below: str, found: Iterable[Flaw]) -> list[Flaw]:
    """Flaws of a part, at their places in the whole."""
    return [one._replace(field=f"{below}.{one.field}".rstrip(".")) for one in found]
