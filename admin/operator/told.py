"""The wizard in words: promotions with their examples, and all of it once more before the tenant is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from flask_babel import gettext as _

from admin.console import template_told
from admin.console.template_told import Entry, Example
from admin.opening.templates import Business
from coalition import money
from coalition.promotions.case import Setting, Units
from coalition.promotions.templates import template
from coalition.promotions.templates.fill import attempt
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


class Told(NamedTuple):
    """The summary as (heading, facts), and what is wrong as (step, why, where)."""

    parts: Sequence[tuple[str, Sequence[tuple[str, str]]]]
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
    found = []
    for one in business.document["promotions"]:
        code, known = one["code"], template(one["template"])
        below = f"p.{code}."
        written = {name[len(below) :]: text for name, text in fields.items() if name.startswith(below)}
        values = template_told.plain(known, written, w.lang)
        whole = dict(one.get("fields", {})) | values
        playable = not attempt(known, {"payer": "bank"} | whole).flaws
        entries = [entry for entry in template_told.entries(known, written, {}, own) if entry.name in written]
        found.append(
            Offer(
                code,
                template_told.told(known.title, w.lang),
                template_told.told(known.about, w.lang),
                bool(fields.get(f"p.{code}")),
                entries,
                template_told.example(known, setting, {}, own, whole if playable else None),
            )
        )
    return found


def summary(
    business: Business, fields: Mapping[str, str], w: Words
) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """All that will be opened, part by part."""
    own = words_for(fields, w)
    lang = w.lang
    kept = [
        template_told.told(template(one["template"]).title, lang)
        for one in business.document["promotions"]
        if fields.get(f"p.{one['code']}")
    ]
    rewards = [one["name"][lang] for one in business.document.get("rewards", ())]
    get = lambda name: fields.get(name, "") or "—"  # noqa: E731
    points, minor = own.exchange
    return [
        (
            _("Name and address"),
            [
                (_("Name"), f"{get('name_ru')} / {get('name_en')}"),
                (_("Addresses"), get("hosts")),
                (_("Short name"), get("slug")),
                (_("Time zone"), get("zone")),
            ],
        ),
        (
            _("Programme"),
            [
                (_("Name"), f"{get('programme_ru')} / {get('programme_en')}"),
                (_("What it is worth"), f"{own.points(points)} — {own.money(minor)}"),
                (_("Promotions"), ", ".join(dict.fromkeys(kept)) or _("None")),
                *([(_("Rewards"), ", ".join(rewards))] if rewards else []),
            ],
        ),
        (_("Administrator"), [(_("Full name"), get("person_name")), (_("Login"), get("person_login"))]),
    ]


def _worth(fields: Mapping[str, str]) -> tuple[int, int]:
    """What one point is worth in minor units; where that cannot be read, one whole unit."""
    currency = fields.get("currency", "RUB")
    try:
        minor = int(Decimal(fields.get("worth", "").replace(",", ".")).scaleb(formats.precision(currency)))
    except (InvalidOperation, ValueError):
        minor = 0
    return (1, minor) if minor > 0 else (1, 10 ** formats.precision(currency))
