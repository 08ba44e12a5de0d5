"""The levels of the programme: what they go by, from where each begins; changed for what is booked from now on."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import promotion_words
from admin.console import tier_told
from admin.console.approvals import asked
from admin.desk import Answer, DeskView
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.programmes.queries import the_programme
from coalition.promotions.checking import Flaw
from coalition.promotions.levels import ask_for_tiers, flaws
from coalition.promotions.queries import tiers_of
from coalition.promotions.tiers import TierHistory, TierTerms
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.errors import Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

LEVELS_MAX = 10
_FIELDS = {
    "code": N_("Code"),
    "ru": N_("Name in Russian"),
    "en": N_("Name in English"),
    "above": N_("Above"),
}
_EMPTY: dict[str, Any] = {
    "measure": "turnover",
    "window": "ever",
    "downgrade": "next",
    "levels": [{"code": "base", "above": "0"}, {}],
}


class Tiers(DeskView):
    """The section of levels."""

    reads = Permission.DESK_PROGRAMME_READ
    permission = Permission.DESK_PROGRAMME_EDIT
    icon = "layers"

    @expose("/")
    def index(self) -> Answer:
        """The levels as they are, in the form that changes them."""
        return self._page(the_programme(self.session).tiers or _EMPTY)

    @expose("/", methods=["POST"])
    def change(self) -> Answer:
        """Add a level, take one off, say what would change, or ask another person to sign it."""
        w, pressed, seen = self.visitor.w, request.form.get("do", ""), request.form.get("seen")
        document, errors = _sent(request.form, w)
        if pressed == "add" and len(document["levels"]) < LEVELS_MAX:
            document["levels"].append({})
        if pressed not in ("save", "change"):
            return self._page(document, seen=seen)
        programme = the_programme(self.session)
        if errors := _told(flaws(document, programme), errors, w.lang):
            return self._page(document, errors, seen), 422
        if seen is not None and seen != self._seen():
            errors[""] = _(
                "Somebody has changed the levels meanwhile, so nothing was saved. Look at theirs in another tab; "
                "saving again replaces them with yours"
            )
            return self._page(document, errors), 409
        older = TierTerms.model_validate(programme.tiers) if programme.tiers else None
        newer = TierTerms.model_validate(document)
        if older == newer:
            flash(_("Nothing is another than it was. The levels stay as they are"), "note")
            return redirect(url_for("desk_tiers.index"), 303)
        if pressed == "save":
            return self._ask(document, older, newer)
        try:
            approval = ask_for_tiers(self.session, self.actor, programme_id=programme.id, document=document)
        except Refusal as no:
            roll_back()
            return self._page(document, {"": refusal(no)}, seen), 422
        return asked(approval)

    def _ask(self, document: Mapping[str, Any], older: TierTerms | None, newer: TierTerms) -> str:
        """Say what changes, before it does."""
        w = self.visitor.w
        gone = tier_told.ended(older, newer)
        return self.page(
            "tiers_change.html",
            document=document,
            changes=tier_told.changes(older, newer, w),
            naming=tier_told.named_by(self.session, gone, w.lang) if gone else (),
            sees_promotions=self.visitor.may(Permission.DESK_PROMOTION_READ),
            given=older is not None,
            seen=self._seen(),
        )

    def _page(
        self, document: Mapping[str, Any], errors: dict[str, str] | None = None, seen: str | None = None
    ) -> str:
        """The form, with the levels that its reader has `seen`: those of now, unless it comes back to be mended."""
        programme = the_programme(self.session)
        history = tiers_of(self.session, programme)
        return self.page(
            "tiers.html",
            document=document,
            choices={
                name: [(code, _(text)) for code, text in few] for name, few in tier_told.CHOICES.items()
            },
            names={name: _(text) for name, text in tier_told.NAMES.items()},
            errors=errors or {},
            told={field: _at(field, said) for field, said in (errors or {}).items()},
            changed=history.newest if isinstance(history, TierHistory) else None,
            given=programme.tiers is not None,
            most=LEVELS_MAX,
            seen=self._seen() if seen is None else seen,
        )

    def _seen(self) -> str:
        """Which levels the page shows: when they were changed last."""
        history = tiers_of(self.session, the_programme(self.session))
        return history.newest.isoformat() if isinstance(history, TierHistory) else ""


def _told(found: Iterable[Flaw], unread: Mapping[str, str], lang: str) -> dict[str, str]:
    """What is wrong, by its path, from the top of the form down; `unread` are bounds that are no numbers."""
    told = dict(unread)
    for one in found:
        said = _("Fill this in") if one.kind == "missing" else promotion_words.flaw(one, lang)
        told.setdefault(one.field, said)
    return dict(sorted(told.items(), key=_place))


def _place(item: tuple[str, str]) -> tuple[int, int]:
    match item[0].split("."):
        case ["levels", number, field] if number.isdecimal() and field in _FIELDS:
            return int(number), list(_FIELDS).index(field)
    return -1, 0


def _at(path: str, said: str) -> str:
    """A sentence with the level and the field that it is about."""
    match path.split("."):
        case ["levels", number, field] if number.isdecimal() and field in _FIELDS:
            where, name = _("Level %(number)s", number=int(number) + 1), _(_FIELDS[field])
            return f"{where}, {_small(name)}: {_small(said)}"
        case [field] if field in tier_told.NAMES:
            return f"{_(tier_told.NAMES[field])}: {_small(said)}"
    return said


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]


def _sent(form: Mapping[str, str], w: Words) -> tuple[dict[str, Any], dict[str, str]]:
    """The document as it stands in the form, without the level whose button was pressed, and bounds that are none."""
    numbers = sorted(int(name[5:]) for name in form if re.fullmatch(r"code-\d{1,2}", name))[:LEVELS_MAX]
    levels = [
        {field: text for field in _FIELDS if (text := form.get(f"{field}-{number}", "").strip())}
        for number in numbers
        if form.get("do") != f"remove-{number}"
    ]
    document: dict[str, Any] = {name: form.get(name, "") for name in tier_told.CHOICES} | {"levels": levels}
    errors, digits = {}, tier_told.digits(document["measure"], w)
    for place, level in enumerate(levels):
        if "above" in level:
            try:
                bound = Decimal(read_units(level["above"], digits, w)).scaleb(-digits)
                level["above"] = str(bound).removesuffix("." + "0" * digits)
            except Refusal as no:
                errors[f"levels.{place}.above"] = _above(no)
    return document, errors


def _above(no: Refusal) -> str:
    if no.code == "points_unclear":
        return _("A number is expected")
    return _("This is more than a level can ask") if no.code == "amount_large" else refusal(no)
