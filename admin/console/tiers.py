"""The levels of the programme: what they go by, from where each begins; changed for what is booked from now on."""

import re
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import promotion_words
from admin.desk import Answer, DeskView
from admin.problems import refusal
from coalition.programmes.queries import the_programme
from coalition.promotions.levels import flaws, set_tiers
from coalition.promotions.queries import tiers_of
from coalition.promotions.tiers import TierHistory
from tenants.permissions import Permission
from tenants.runtime.errors import Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

LEVELS_MAX = 10
_FIELDS = ("code", "ru", "en", "above")
_EMPTY: dict[str, Any] = {
    "measure": "turnover",
    "window": "ever",
    "downgrade": "next",
    "levels": [{"code": "base", "above": "0"}, {}],
}
CHOICES = {
    "measure": (
        ("turnover", N_("the sum of purchases")),
        ("purchases", N_("the number of purchases")),
        ("points", N_("points given for purchases")),
    ),
    "window": (
        ("ever", N_("over all time")),
        ("year", N_("of the calendar year")),
        ("quarter", N_("of the quarter")),
        ("month", N_("of the month")),
        ("week", N_("of the week")),
        ("day", N_("of the day")),
    ),
    "downgrade": (
        ("at_once", N_("with the new period, at once")),
        ("next", N_("one period later")),
        ("never", N_("never")),
    ),
}


class Tiers(DeskView):
    """The section of levels."""

    permission = Permission.DESK_PROGRAMME_EDIT
    icon = "layers"

    @expose("/")
    def index(self) -> Answer:
        """The levels as they are, in the form that changes them."""
        return self._page(the_programme(self.session).tiers or _EMPTY)

    @expose("/", methods=["POST"])
    def change(self) -> Answer:
        """Add a level, take one off, or save them all."""
        document, pressed = _sent(request.form), request.form.get("do", "")
        if pressed == "add" and len(document["levels"]) < LEVELS_MAX:
            document["levels"].append({})
        if pressed != "save":
            return self._page(document)
        errors = {
            one.field: promotion_words.flaw(one, self.visitor.w.lang) for one in reversed(flaws(document))
        }
        if errors:
            return self._page(document, errors), 422
        programme_id = the_programme(self.session).id
        try:
            set_tiers(self.session, self.actor, programme_id=programme_id, document=document)
        except Refusal as no:
            roll_back()
            return self._page(document, {"": refusal(no)}), 422
        flash(_("The levels are saved. They hold for what is booked from now on"), "good")
        return redirect(url_for("desk_tiers.index"), 303)

    def _page(self, document: Mapping[str, Any], errors: dict[str, str] | None = None) -> str:
        programme = the_programme(self.session)
        history = tiers_of(self.session, programme)
        return self.page(
            "tiers.html",
            document=document,
            choices={name: [(code, _(text)) for code, text in few] for name, few in CHOICES.items()},
            errors=errors or {},
            changed=history.newest if isinstance(history, TierHistory) else None,
            given=programme.tiers is not None,
            most=LEVELS_MAX,
        )


def _sent(form: Mapping[str, str]) -> dict[str, Any]:
    """The document as it stands in the form, without the level whose button was pressed."""
    numbers = sorted(int(name[5:]) for name in form if re.fullmatch(r"code-\d{1,2}", name))[:LEVELS_MAX]
    levels = [
        {field: text for field in _FIELDS if (text := form.get(f"{field}-{number}", "").strip())}
        for number in numbers
        if form.get("do") != f"remove-{number}"
    ]
    for level in levels:
        if "above" in level:
            level["above"] = re.sub(r"[\s\u00a0\u202f]", "", level["above"]).replace(",", ".")
    return {name: form.get(name, "") for name in CHOICES} | {"levels": levels}
