"""The wizard in words: promotions with their examples, and all of it once more before the tenant is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from flask_babel import gettext as _

from admin.console import template_told
from admin.console.template_told import Entry, Example
from admin.opening.templates import Business
from coalition import money
from coalition.promotions.case import Setting, Units
from coalition.promotions.document import Document
from coalition.promotions.mechanics.per_step import PerStep
from coalition.promotions.mechanics.percent import Percent
from coalition.promotions.templates import template
from coalition.promotions.templates.fill import attempt
from coalition.promotions.templates.play import example_document
from coalition.promotions.wording_gives import words_for as own_words
from tenants.branding import formats
from tenants.branding.words import Words
from tenants.runtime import clock


@dataclass(frozen=True)
class Offer:
    """A promotion of the template: what it is, its form's entries, and an example with these numbers."""

    code: str
    title: str
    about: str
    on: bool
    entries: Sequence[Entry]
    example: Example
    of_hundred: tuple[str, str] | None  # what a hundred of the currency gives, where that can be said


Part = tuple[str, Sequence[tuple[str, str]]]
_HUNDRED = Decimal(100)


class Told(NamedTuple):
    """The summary as (heading, facts), and what is wrong as (step, why, where)."""

    parts: Sequence[Part]
    wrong: Sequence[tuple[str, str, str]]


def words_for(fields: Mapping[str, str], w: Words) -> Words:
    """How the programme that is being made tells its numbers to this reader."""
    forms = [fields.get(f"unit_{w.lang}_{n}", "") for n in range(3 if w.lang == "ru" else 2)]
    currency = fields.get("currency", "RUB")
    return Words(w.lang, forms, 0, currency, "UTC", clock.business_day("UTC"), _worth(fields))


def promotions_told(business: Business, fields: Mapping[str, str], w: Words) -> Sequence[Offer]:
    """Every promotion of the template, with the fields that the wizard asks for."""
    own = words_for(fields, w)
    setting = Setting(Units(0, money.exponent(own.currency)), exchange=own.exchange)
    return [_offer(one, fields, setting, own) for one in business.document["promotions"]]


def _offer(one: Mapping[str, Any], fields: Mapping[str, str], setting: Setting, own: Words) -> Offer:
    code, known = one["code"], template(one["template"])
    below = f"p.{code}."
    written = {name[len(below) :]: text for name, text in fields.items() if name.startswith(below)}
    values = {"payer": "bank", **one.get("fields", {}), **template_told.plain(known, written, own.lang)}
    playable = not attempt(known, values).flaws
    entries = template_told.entries(known, written, {}, own)
    return Offer(
        code,
        template_told.told(known.title, own.lang),
        template_told.told(known.about, own.lang),
        bool(fields.get(f"p.{code}")),
        [entry for entry in entries if entry.name in written],
        template_told.example(known, setting, {}, own, values if playable else None, worth=True),
        _of_hundred(example_document(known, values), setting, own) if playable else None,
    )


def _of_hundred(document: Document, setting: Setting, own: Words) -> tuple[str, str] | None:
    """What a hundred of the currency gives in points, where that follows from the sum alone; with its worth."""
    if not isinstance(document.mechanic, Percent | PerStep) or own_words(document, own) is not own:
        return None
    linear = document.mechanic.compile(setting)
    minor = setting.minor(_HUNDRED)
    points = linear.flat + minor // linear.unit * linear.numerator // linear.denominator
    label = _("A purchase of %(sum)s gives", sum=own.money(minor))
    return label, template_told.with_worth(points, own) if points else _("nothing")


def summary(
    business: Business, document: Mapping[str, Any], fields: Mapping[str, str], w: Words
) -> Sequence[Part]:
    """All that will be opened, part by part, with every number that was filled in."""
    own = words_for(fields, w)
    get = lambda name: fields.get(name, "") or "—"  # noqa: E731
    offers = [one for one in promotions_told(business, fields, w) if one.on]
    return [
        (
            _("Name and address"),
            [
                (_("Name"), f"{get('name_ru')} / {get('name_en')}"),
                (_("Addresses"), get("hosts")),
                (_("Short name"), get("slug")),
                (_("Time zone"), get("zone")),
                (_("Currency"), get("currency")),
            ],
        ),
        (_("Programme"), _programme(document, fields, own)),
        *((one.title, _facts(one)) for one in offers),
        *([] if offers else [(_("Promotions"), [(_("Promotions"), _("None"))])]),
        *((one["name"][w.lang], _reward(one, own)) for one in document.get("rewards", ())),
        (_("Administrator"), [(_("Full name"), get("person_name")), (_("Login"), get("person_login"))]),
    ]


def _programme(document: Mapping[str, Any], fields: Mapping[str, str], own: Words) -> list[tuple[str, str]]:
    get = lambda name: fields.get(name, "") or "—"  # noqa: E731
    points, minor = own.exchange
    units = [
        ", ".join(get(f"unit_{lang}_{n}") for n in range(count)) for lang, count in (("ru", 3), ("en", 2))
    ]
    paying = document.get("paying")
    return [
        (_("Name"), f"{get('programme_ru')} / {get('programme_en')}"),
        (_("What a point is called"), " / ".join(units)),
        (_("What it is worth"), f"{own.points(points)} — {own.money(minor)}"),
        (_("How long points live"), _life(get("expiry"), get("expiry_count"))),
        *(
            [(_("Of a sale points pay at most"), own.percent_written(Decimal(paying["percent"])))]
            if paying
            else []
        ),
    ]


def _life(kind: str, count: str) -> str:
    match kind:
        case "days":
            return _("Days: %(count)s", count=count)
        case "month_end":
            return _("To the end of the month, months: %(count)s", count=count)
    return _("For ever")


def _facts(one: Offer) -> list[tuple[str, str]]:
    """The numbers of a promotion as they were filled in, and what follows from them."""
    numbers = [(entry.label, _chosen(entry)) for entry in one.entries]
    return [*numbers, *([one.of_hundred] if one.of_hundred else [])]


def _chosen(entry: Entry) -> str:
    return dict(entry.options).get(entry.value, entry.value)


def _reward(one: Mapping[str, Any], own: Words) -> list[tuple[str, str]]:
    terms = one["terms"]
    if one["kind"] == "certificate":
        return [
            (_("Price"), own.points(terms["points"])),
            (_("Face value"), own.money(terms["minor"])),
        ]
    return [
        (_("Points at least"), own.points(terms["points_min"])),
        (_("Points at most"), own.points(terms["points_max"])),
        (_("The bank pays within, days"), own.number(terms["days"])),
    ]


def _worth(fields: Mapping[str, str]) -> tuple[int, int]:
    """What one point is worth in minor units; where that cannot be read, one whole unit."""
    currency = fields.get("currency", "RUB")
    try:
        minor = int(Decimal(fields.get("worth", "").replace(",", ".")).scaleb(formats.precision(currency)))
    except (InvalidOperation, ValueError):
        minor = 0
    return (1, minor) if minor > 0 else (1, 10 ** formats.precision(currency))
