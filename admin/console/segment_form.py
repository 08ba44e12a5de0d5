"""The form of a segment: rows of criteria, drawn from the criteria's own fields, added and removed without a script."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin import promotion_words
from admin.console.template_told import codes_in
from coalition.partners.queries import all_partners
from coalition.promotions.checking import CODE, Flaw
from coalition.segments.actions import CODE_CHARS_MAX
from coalition.segments.checking import flaws, known_codes
from coalition.segments.criteria import CRITERIA
from coalition.segments.definition import PLACES, Definition
from coalition.segments.queries import Found, segment_titles
from tenants.branding.formats import plain_number
from tenants.branding.words import Words
from tenants.translations import N_

ROWS_MAX = 60
KINDS = {
    "purchases": N_("Purchases: number, sum, average cheque"),
    "last_purchase": N_("Last purchase"),
    "rfm": N_("Recency, frequency, monetary value (RFM)"),
    "balance": N_("Balance of points"),
    "burning": N_("Points that burn soon"),
    "attribute": N_("Attribute of the member"),
    "entitlement": N_("Right of the member"),
    "tenure": N_("Time in the programme or with the bank"),
    "listed": N_("On a list"),
}
_LABELS = {
    "account": N_("Which points"),
    "any_of": N_("Any of these values"),
    "at_least": N_("At least"),
    "at_least_days": N_("At least, days"),
    "at_least_days_ago": N_("Bought last so many days ago or earlier"),
    "at_most": N_("At most"),
    "at_most_days": N_("At most, days"),
    "code": N_("Code of the right"),
    "fifths": N_("Fifths: 1 is the weakest, 5 the best"),
    "listed.any_of": N_("Lists"),
    "burning.within_days": N_("Within, days"),
    "mcc": N_("Categories (MCC)"),
    "measure": N_("What counts"),
    "name": N_("Name of the attribute"),
    "of": N_("Since when"),
    "partners": N_("Partners"),
    "rfm.window_days": N_("Over the last days"),
    "window_days": N_("Over the last days"),
    "within_days": N_("Bought within the last days"),
}
PLACE_CHOICES = {
    "all_of": N_("must hold"),
    "any_of": N_("one of these is enough"),
    "none_of": N_("must not hold"),
}
_HINTS = {
    "any_of": N_("Several with commas between them"),
    "at_least": N_("Purchases, money or points. Empty: without a bound"),
    "at_most": N_("Empty: without a bound"),
    "mcc": N_("Several with commas between them. Empty: all"),
    "partners": N_("None ticked: all"),
    "window_days": N_("Empty: over all time"),
}
_OPTIONS = {
    "account": N_("the account was opened"),
    "available": N_("can be spent"),
    "average": N_("average cheque"),
    "count": N_("number of purchases"),
    "enrolment": N_("joined the programme"),
    "frequency": N_("number of purchases"),
    "monetary": N_("sum of purchases"),
    "pending": N_("wait for their day"),
    "recency": N_("last purchase"),
    "turnover": N_("sum of purchases"),
}
_NARROWING = ("partners", "mcc")
_BY_KIND = {criterion.model_fields["kind"].default: criterion for criterion in CRITERIA}


@dataclass(frozen=True)
class Entry:
    """A field of a row, ready to be drawn: plain text, one of the options, or with `many` any of them."""

    name: str
    label: str
    hint: str
    value: str
    ticked: Sequence[str]
    options: Sequence[tuple[str, str]]
    many: bool


@dataclass
class Row:
    """A criterion as it stands in the form: where, of which kind, and what is written in its fields."""

    place: str
    kind: str
    values: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class SegmentForm:
    """What stands in the form, and the sentence at each field that cannot be understood."""

    code: str = ""
    title: str = ""
    revision: int = 0
    lang: str = "en"  # in which its numbers are written
    rows: list[Row] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The definition that the rows make; not checked."""
        made: dict[str, Any] = {"title": self.title}
        for row in self.rows:
            made.setdefault(row.place, []).append({"kind": row.kind, **_written(row, self.lang)})
        return made

    def check(self, session: Session, lang: str) -> None:
        """Note everything that is wrong, at its field."""
        if not CODE.fullmatch(self.code) or len(self.code) > CODE_CHARS_MAX:
            self.errors["code"] = _("A code is small Latin letters, digits and hyphens, 32 at most")
        for flaw in flaws(self.document(), known_codes(session)):
            self.errors.setdefault(self._field_of(flaw), promotion_words.flaw(flaw, lang))

    def _field_of(self, flaw: Flaw) -> str:
        """`title`, a row and its field, a row alone, or nothing for the whole."""
        place, _dot, rest = flaw.field.partition(".")
        number, _dot, name = rest.partition(".")
        if place not in PLACES:
            return place
        rows = [place_of for place_of, row in enumerate(self.rows) if row.place == place]
        if not number.isdecimal():
            return ""
        inner = name.partition(".")[0]
        return f"{rows[int(number)]}.{inner}" if inner else f"{rows[int(number)]}"


def filled(found: Found) -> SegmentForm:
    """The form of a segment as it is."""
    form = SegmentForm(code=found.code, title=found.title)
    if found.terms is not None and found.definition is not None:
        form.revision = found.terms.revision
        for place, _number, criterion in found.definition.criteria():
            values = criterion.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
            form.rows.append(Row(place, criterion.kind, {name: _texts(one) for name, one in values.items()}))
    return form


def sent(form: MultiDict[str, str], lang: str) -> SegmentForm:
    """The form as it came, its numbers written in that language, after the button that adds a row or removes one."""
    revision = form.get("revision", "")
    found = SegmentForm(
        code=form.get("code", "").strip(),
        title=form.get("title", "").strip(),
        lang=lang,
        revision=int(revision) if revision.isdecimal() and len(revision) < 9 else 0,
    )
    pressed = form.get("do", "")
    for number in sorted(int(name[1:]) for name in form if re.fullmatch(r"k\d{1,3}", name))[:ROWS_MAX]:
        place, kind = form.get(f"p{number}", ""), form.get(f"k{number}", "")
        if kind in _BY_KIND and place in PLACES and pressed != f"remove-{number}":
            names = [name for name in _BY_KIND[kind].model_fields if name != "kind"]
            values = {name: [one.strip() for one in form.getlist(f"{number}.{name}")] for name in names}
            found.rows.append(Row(place, kind, values))
    added = form.get("new_kind", "")
    if pressed == "add" and added in _BY_KIND and len(found.rows) < ROWS_MAX:
        place = form.get("new_place", "")
        found.rows.append(Row(place if place in PLACES else PLACES[0], added, _defaults(added)))
    return found


def entries(
    row: Row, number: int, known: Mapping[str, Sequence[tuple[str, str]]], w: Words
) -> Sequence[Entry]:
    """A row's fields, ready to be drawn."""
    names = [name for name in _BY_KIND[row.kind].model_fields if name != "kind"]
    ordered = sorted(
        names, key=lambda name: name in _NARROWING
    )  # what it is about, before where it was bought
    return [_entry(row, number, name, known, w) for name in ordered]


def choices(session: Session, own: str, lang: str) -> dict[str, Sequence[tuple[str, str]]]:
    """What there is to tick, as (code, name): partners, and lists but the segment's own."""
    titles = segment_titles(session)
    return {
        "partners": [(one.code, str(one.name.get(lang, one.code))) for one in all_partners(session)],
        "listed.any_of": [(code, titles[code]) for code in known_codes(session).lists if code != own],
        "fifths": [(str(number), str(number)) for number in range(1, 6)],
    }


def _entry(
    row: Row, number: int, name: str, known: Mapping[str, Sequence[tuple[str, str]]], w: Words
) -> Entry:
    own = f"{row.kind}.{name}"
    given = row.values.get(name, [])
    options = known.get(own, known.get(name, ()))
    many = bool(options)
    annotation = _BY_KIND[row.kind].model_fields[name].annotation
    if get_origin(annotation) is Literal:
        options = [(value, _(_OPTIONS[value])) for value in get_args(annotation)]
    label = _(_LABELS[own] if own in _LABELS else _LABELS[name])
    hint = "" if own in _LABELS or name not in _HINTS else _(_HINTS[name])
    return Entry(f"{number}.{name}", label, hint, ", ".join(given), given, options, many)


def _defaults(kind: str) -> dict[str, list[str]]:
    fields = _BY_KIND[kind].model_fields
    return {
        name: _texts(one.default)
        for name, one in fields.items()
        if name != "kind" and not one.is_required() and one.default is not None
    }


def _written(row: Row, lang: str) -> dict[str, Any]:
    """The row's fields as a document has them; what is empty is left out."""
    made: dict[str, Any] = {}
    for name, given in row.values.items():
        values = [code for text in given for code in codes_in(text)]
        annotation = _BY_KIND[row.kind].model_fields[name].annotation
        if get_origin(annotation) is tuple:
            made[name] = values
        elif given and given[0]:
            is_number = name.startswith(("at_", "window", "within"))
            made[name] = plain_number(given[0], lang) if is_number else given[0]
    return made


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def definition_of(form: SegmentForm) -> Definition:
    """The definition of a form with nothing wrong in it."""
    return Definition.model_validate(form.document())
