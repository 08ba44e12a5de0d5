"""The form of a promotion's terms: its document's fields in sections, each reason of the checker at its field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin import promotion_words
from admin.console.pictures import PICTURES
from admin.console.promotion_tree import Drawing, Known, Node
from admin.console.template_told import known_codes
from coalition.draws.queries import prizes_by_draw
from coalition.partners.queries import all_outlets
from coalition.programmes.models import Programme
from coalition.promotions.checking import Flaw
from coalition.promotions.document import Document
from coalition.promotions.overview import promotions
from coalition.reports.offers import CATEGORIES, category_name
from tenants.branding import icons
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.translations import N_

SECTIONS = {
    "titles": (N_("What members read"), ("title", "category", "icon")),
    "what": (N_("What it is for"), ("trigger", "once")),
    "where": (N_("To whom, where and for what"), ("conditions", "where")),
    "gives": (N_("What is given"), ("gives", "mechanic", "base")),
    "limits": (N_("Limits"), ("limits",)),
    "budget": (N_("Budget"), ("limits.budget", "limits.budget_money")),
    "others": (N_("Together with others"), ("lane", "test")),
    "life": (N_("When points can be spent, and how long"), ("activation_delay_days", "activation", "valid")),
    "payers": (N_("Who pays"), ("funding",)),
}
"""Every field of a document stands in one of them; `limits.budget` stands apart from the other limits."""
_WHOLE = ("conditions", "limits")  # whose fields stand in the section itself
FORM = "d"


@dataclass
class Section:
    """A section of the form."""

    id: str
    title: str
    nodes: list[Node]


@dataclass
class Terms:
    """The sections, what is wrong by the name of its field, and the same for the list at the top."""

    sections: Sequence[Section]
    errors: dict[str, str] = field(default_factory=dict)
    listed: list[tuple[str, str, str]] = field(default_factory=list)  # where it leads, what it is called, why
    doubts: dict[str, str] = field(default_factory=dict)  # what may be a slip, by the name of its field


def tree(document: Any, known: Known, w: Words) -> list[Node]:
    """The document's fields."""
    gives = document.get("gives")
    kind = gives.get("kind") if isinstance(gives, dict) else None
    points = {"discount": w.symbol, "benefit": _("pieces")}.get(str(kind), w.point_word(10 * 10**w.scale))
    drawing = Drawing(known, w, {"points": points, "money": w.symbol})
    return drawing.fields(Document, document, (), FORM)


def choices(session: Session, programme: Programme, lang: str) -> Known:
    """What there is to choose from in the tenant, as (code, name), by what codes are of."""
    outlets, now = all_outlets(session), clock.now()
    named = ("region", "brand", "franchise")
    draws = prizes_by_draw(session)
    titled = [(one.code, _title(one.shown(now), lang)) for one in promotions(session) if one.promotion]
    return {
        **known_codes(session, programme, lang),
        **{name: _codes(getattr(one, name) for one in outlets) for name in named},
        "outlet": [(one.code, str(one.name.get(lang, one.code))) for one in outlets],
        "promotion": [(code, f"{title} ({code})" if title else code) for code, title in titled],
        "draw": _codes(draws),
        "prize": _codes(prize for prizes in draws.values() for prize in prizes),
        "icon": [(name, _(PICTURES[name])) for name in PICTURES if name in icons.names()],
        "section": [
            ("", _("By its conditions")),
            *sorted(((code, category_name(code, lang)) for code in CATEGORIES), key=itemgetter(1)),
        ],
    }


def terms(nodes: Sequence[Node], flaws: Iterable[Flaw], lang: str, doubts: Iterable[Flaw] = ()) -> Terms:
    """The tree in sections, with what is wrong, and with what may be."""
    names = {".".join(map(str, node.path)): node.name for top in nodes for node in top.walk()}
    by_field = {".".join(map(str, node.path[:1])): node for node in nodes}
    limits = by_field["limits"]
    apart = {f"limits.{node.path[-1]}": node for node in limits.nodes if f"limits.{node.path[-1]}" in _APART}
    limits.nodes = [node for node in limits.nodes if node not in apart.values()]
    every = by_field | apart
    found = Terms(
        [
            Section(id_, _(title), [one for name in names if name in every for one in _shown(every[name])])
            for id_, (title, names) in SECTIONS.items()
        ]
    )
    _place(found, flaws, lang)
    found.doubts = {names.get(one.field, one.field): promotion_words.flaw(one, lang) for one in doubts}
    return found


_APART = SECTIONS["budget"][1]


def _shown(node: Node) -> list[Node]:
    """The fields of a part that has a section of its own stand in it without a frame."""
    return node.nodes if node.path[0] in _WHOLE and node.nodes and len(node.path) == 1 else [node]


def _place(found: Terms, flaws: Iterable[Flaw], lang: str) -> None:
    """Each reason at its field, else at the nearest part around it that is shown."""
    places: dict[str, tuple[Node | None, Section]] = {}
    for section in found.sections:
        for name in SECTIONS[section.id][1]:
            places[name] = (None, section)
    for section in found.sections:
        for node in (one for top in section.nodes for one in top.walk()):
            places[".".join(map(str, node.path))] = (node, section)
    for flaw in flaws:
        why, path = promotion_words.flaw(flaw, lang), flaw.field
        while path and path not in places:
            path = path.rpartition(".")[0]
        if not path:
            found.listed.append(_apart(found, flaw.field, why, lang))
            continue
        node, section = places[path]
        name, label = (node.name, node.label or section.title) if node else (section.id, section.title)
        if name not in found.errors:
            found.errors[name] = why
            found.listed.append((node.id if node else section.id, label, why))


def _apart(found: Terms, field: str, why: str, lang: str) -> tuple[str, str, str]:
    """The entry of what is wrong with no part of the document: at its field where the page has one, as for dates."""
    if field in promotion_words.FORM:
        found.errors.setdefault(field, why)
    return field if field in promotion_words.FORM else "", promotion_words.place(field, lang), why


def _codes(codes: Iterable[str]) -> list[tuple[str, str]]:
    return [(code, code) for code in sorted({code for code in codes if code})]


def _title(version: Any, lang: str) -> str:
    title: Mapping[str, Any] = version.document.get("title") or {} if version else {}
    return str(title.get(lang, "")) if isinstance(title, dict) else ""
