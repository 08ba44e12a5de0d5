"""The form of a draft: dates in fields of their own; the document by its parts' fields, or for experts as JSON text."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin import promotion_words
from admin.console.promotion_reading import press, read
from admin.console.promotion_tree import Node
from admin.promotion_source import read_json, read_moment
from coalition.promotions.checking import CODE, period_flaws
from coalition.promotions.document import Document
from coalition.promotions.models import PromotionDraft
from coalition.promotions.moments import OLDEST
from coalition.promotions.overview import promotions
from tenants.runtime import clock
from tenants.runtime.errors import Refusal
from tenants.runtime.language import LANGUAGES

DRAWN = "drawn"
"""The field that carries the document as the form was drawn of it."""
DRAWN_IN = "drawn_in"
"""The field that carries the language in which it was, which says what a comma in a number is."""
_FIELD = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")  # as a browser's field of a day and a time has it
_TOO_OLD = {"starts_at": "start_too_old", "ends_at": "end_in_past"}
EMPTY = {
    "conditions": {"kinds": ["purchase"]},
    "mechanic": {"kind": "percent", "rate": "5"},
    "funding": [{"participant": "bank", "share": 100}],
}


@dataclass
class DraftForm:
    """What stands in the fields, and the sentence under each that cannot be understood."""

    code: str = ""
    title_ru: str = ""
    title_en: str = ""
    starts_at: str = ""
    ends_at: str = ""
    note: str = ""
    document: str = ""
    content: dict[str, Any] = field(default_factory=dict)  # the document itself, checked or not
    revision: int = 0
    errors: dict[str, str] = field(default_factory=dict)

    def look(self, name: str) -> str:
        """How the field of a moment is drawn: as text where a browser's own field would drop what stands in it."""
        text = getattr(self, name)
        return (
            "datetime-local" if not text or (_FIELD.fullmatch(text) and read_moment(text, "UTC")) else "text"
        )


def filled(
    document: Mapping[str, Any], code: str = "", draft: PromotionDraft | None = None, zone: str = "UTC"
) -> DraftForm:
    """The fields for a document; for a draft also its dates, note and revision."""
    title = document.get("title")
    titles = title if isinstance(title, dict) else {}
    order = list(Document.model_fields)
    names = sorted(document, key=lambda name: order.index(name) if name in order else len(order))
    rest = {name: document[name] for name in names if name not in ("title", "schema_version")}
    form = DraftForm(
        code=code,
        title_ru=str(titles.get("ru", "")),
        title_en=str(titles.get("en", "")),
        document=json.dumps(_short(rest), ensure_ascii=False, indent=2),
        content=dict(document),
    )
    if draft is not None:
        form.starts_at, form.ends_at = (shown_moment(at, zone) for at in (draft.starts_at, draft.ends_at))
        form.note, form.revision = draft.note, draft.revision
    return form


def sent(
    form: MultiDict[str, str], zone: str, fields: Callable[[Any, str], Sequence[Node]] | None = None
) -> tuple[DraftForm, dict[str, Any]]:
    """The fields as they came, and what an action takes of them; with errors that is not whole.

    A draft may hold dates that do not go together, as anything else that is wrong; what is no date cannot be held.
    With `fields`, which draws a document in a language, a form that was drawn so is read so.
    """
    names = ("code", "title_ru", "title_en", "starts_at", "ends_at", "note", "document")
    values = {name: form.get(name, "").strip() for name in names}
    revision = form.get("revision", "")
    found = DraftForm(**values, revision=int(revision) if revision.isdecimal() and len(revision) < 9 else 0)
    taken: dict[str, Any] = {"note": found.note[:1000]}
    for name, too_old in _TOO_OLD.items():
        at = taken[name] = read_moment(values[name], zone) if values[name] else None
        if values[name] and (at is None or at < OLDEST):
            found.errors[name] = _(promotion_words.KINDS["moment" if at is None else too_old])
    drawn = fields is not None and DRAWN in form
    document = _document(found, form[DRAWN] if drawn else found.document)
    if document is not None and fields is not None and drawn:
        found.content = taken["document"] = _changed(form, document, fields)
    elif document is not None:
        title = {"title": {"ru": found.title_ru, "en": found.title_en}}
        found.content = taken["document"] = title | document
    return found, taken


def _changed(
    form: MultiDict[str, str], before: dict[str, Any], fields: Callable[[Any, str], Sequence[Node]]
) -> dict[str, Any]:
    """The document of which the form was drawn, with what was changed since, and after the button that was pressed."""
    told = form.get(DRAWN_IN, "")
    lang = told if told in LANGUAGES else str(get_locale())
    changed = read(fields(before, lang), form, before, lang)
    pressed = form.get("do", "")
    made: dict[str, Any] = press(fields(changed, lang), pressed, form.get(f"new:{pressed}", ""), changed)
    return made


def _document(found: DraftForm, text: str) -> dict[str, Any] | None:
    """The document of a JSON text; or nothing, and what is wrong with it."""
    if not text:
        found.errors["document"] = _("Write the terms: what it gives, for what, up to how much and who pays")
        return None
    try:
        document = read_json(text)
    except Refusal as refusal:
        found.errors["document"] = _no_json(refusal)
        return None
    if not isinstance(document, dict):
        found.errors["document"] = _("The terms are a group of fields in braces")
        return None
    return document


def require_code(form: DraftForm) -> None:
    """Note what is wrong with the code of a new promotion."""
    if not CODE.fullmatch(form.code):
        form.errors["code"] = _("A code is small Latin letters, digits and hyphens, 64 at most")


def require_free(session: Session, form: DraftForm) -> None:
    """As `require_code`, and that no promotion has the code yet."""
    require_code(form)
    if "code" not in form.errors and promotions(session, [form.code]):
        form.errors["code"] = _("There is a promotion of this code already")


def require_period(form: DraftForm, taken: Mapping[str, Any]) -> None:
    """Note what is wrong with the dates, where both can be read."""
    if form.errors.keys().isdisjoint(_TOO_OLD):
        for flaw in period_flaws(taken["starts_at"], taken["ends_at"], clock.now()):
            form.errors[flaw.field] = promotion_words.flaw(flaw, str(get_locale()))


def _no_json(refusal: Refusal) -> str:
    if "deep" in refusal.facts:
        return _("The terms go deeper than any terms do")
    if "field" in refusal.facts:
        return _("The field %(field)s stands twice in the terms", field=refusal.facts["field"])
    return _("The terms are no JSON: it breaks off at line %(line)s", line=refusal.facts["line"])


def _short(value: Any) -> Any:
    """The value without fields that say nothing, and the kind of a part before its parameters."""
    if isinstance(value, list):
        return [_short(one) for one in value]
    if not isinstance(value, dict):
        return value
    short = {name: _short(value[name]) for name in sorted(value, key=lambda name: name != "kind")}
    return {name: one for name, one in short.items() if one is not None and one not in ([], {})}


def shown_moment(at: datetime | None, zone: str) -> str:
    """A moment as its field has it."""
    return f"{at.astimezone(clock.zone(zone)):%Y-%m-%dT%H:%M}" if at else ""
