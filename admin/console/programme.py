"""The programme's terms: those that another person signs, and those that stay, each with why."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import promotion_words
from admin.console import programme_told
from admin.console.approvals import asked
from admin.console.programme_told import EXPIRY, ORDER_PAYS, PAYS, RETURNS
from admin.desk import Answer, DeskView
from admin.problems import refusal
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.redemption.paying import terms_of
from coalition.transactions.of_orders.terms import OrderTerms
from coalition.transactions.programme_terms import RunningTerms, ask_for_terms, flaws, running_terms
from coalition.transactions.two_channels.terms import SameSaleTerms
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.ids import digest
from tenants.runtime.web import roll_back

NUMBERS = (
    "activation_delay_days", "expiry_count", "match_window_days", "return_window_days", "return_wait_days",
    "per_grant", "per_member_month", "per_agent_day", "days", "minutes", "tolerance_percent",
    "order_days", "order_tolerance_percent", "order_asked_percent",
)  # fmt: skip
TEXTS = (
    "name_ru", "name_en", "unit_ru_1", "unit_ru_2", "unit_ru_5", "unit_en_1", "unit_en_2", "expiry", "expiry_date",
    "return_policy", "pays", "order_pays",
)  # fmt: skip
_USUAL = SameSaleTerms(pays="first")
_USUAL_ORDER = OrderTerms(pays="order")
_GOODWILL, _APART, _ORDER = NUMBERS[5:8], NUMBERS[8:11], NUMBERS[11:]
_PLACES = {"name.ru": "name_ru", "name.en": "name_en", "same_sale.pays": "pays"}
_PLACES |= {f"goodwill.{name}": name for name in _GOODWILL} | {f"same_sale.{name}": name for name in _APART}
_PLACES |= {f"same_order.{name.removeprefix('order_')}": name for name in ("order_pays", *_ORDER)}
_PLACES |= {f"unit.ru.{place}": name for place, name in enumerate(TEXTS[2:5])}
_PLACES |= {f"unit.en.{place}": name for place, name in enumerate(TEXTS[5:7])}
Form = dict[str, str]


class ProgrammeTerms(DeskView):
    """The section of the programme's terms."""

    reads = Permission.DESK_PROGRAMME_READ
    permission = Permission.DESK_PROGRAMME_EDIT
    icon = "sliders"

    @expose("/")
    def index(self) -> Answer:
        """The terms as they are, in the form that changes them."""
        return self._page(_form(running_terms(the_programme(self.session))))

    @expose("/", methods=["POST"])
    def change(self) -> Answer:
        """Say what would change, or ask another person to sign it."""
        programme = the_programme(self.session)
        form = {name: request.form.get(name, "").strip()[:200] for name in (*TEXTS, *NUMBERS)}
        seen, pressed = request.form.get("seen", ""), request.form.get("do", "")
        document = _document(form)
        if pressed == "back":
            return self._page(form, seen=seen)
        if errors := self._wrong(programme, document):
            return self._page(form, errors, seen), 422
        before, after = running_terms(programme), RunningTerms.model_validate(document)
        if seen != _seen(before):
            said = _(
                "Somebody has changed the terms since you opened this page. Nothing was done: look at them"
            )
            return self._page(_form(before), {"": said}), 409
        if before == after:
            flash(_("That was so already. Nothing was changed"), "note")
            return redirect(url_for("desk_programme.index"), 303)
        if pressed != "ask":
            changes = programme_told.changes(
                before.model_dump(mode="json"), after.model_dump(mode="json"), self.visitor.w
            )
            return self.page("programme_change.html", form=form, seen=seen, changes=list(changes))
        try:
            approval = ask_for_terms(self.session, self.actor, programme_id=programme.id, document=document)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._page(form, {"": refusal(no)}, seen), no.status
        return asked(approval)

    def _wrong(self, programme: Programme, document: Mapping[str, Any]) -> Form:
        """What is wrong, by the field of the form."""
        found: Form = {}
        for one in flaws(programme, document):
            place = _PLACES.get(one.field, one.field)
            if (part := place.partition(".")[0]) in ("same_sale", "same_order"):
                place = "minutes" if part == "same_sale" else "order_days"
            said = (
                _("Fill this in") if one.kind == "missing" else promotion_words.flaw(one, self.visitor.w.lang)
            )
            if one.kind == "value_error":
                place, said = _whole(one.why, document)
            found.setdefault(place, said)
        return found

    def _page(self, form: Form, errors: Form | None = None, seen: str | None = None) -> str:
        programme = the_programme(self.session)
        terms = running_terms(programme)
        return self.page(
            "programme.html",
            form=form,
            errors=errors or {},
            seen=_seen(terms) if seen is None else seen,
            told=programme_told.told(terms, self.visitor.w),
            fixed=self._fixed(programme),
            expiry={code: _(said) for code, said in EXPIRY.items()},
            returns={code: _(said) for code, said in RETURNS.items()},
            pays={code: _(said) for code, said in PAYS.items()},
            order_pays={code: _(said) for code, said in ORDER_PAYS.items()},
        )

    def _fixed(self, programme: Programme) -> list[tuple[str, str, str]]:
        """What stays: its name, how it is, and why."""
        w, paying = self.visitor.w, terms_of(programme)
        worth = f"{w.points(programme.value_points)} = {w.money(programme.value_minor)}"
        share = f"{w.number(int(paying.percent))}\u00a0%" if paying else _("nothing")
        return [
            (
                _("Worth of a point"),
                worth,
                _("members hold points that were given at it, and deposits count by it"),
            ),
            (_("Digits after the point"), w.number(programme.scale), _("every balance is kept in them")),
            (_("Currency"), programme.currency, _("every purchase is kept in it")),
            (_("Time zone"), programme.zone, _("the days of all that is booked go by it")),
            (
                _("Paid with points at a till, at most"),
                share,
                _("who runs the deployment sets it: coalition paying"),
            ),
        ]


def _whole(why: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with several fields together, at the one to be mended."""
    if "grant" in why:
        return "per_grant", _("One grant is no more than a member's month and an agent's day")
    if "minutes" in why or "days hold" in why:
        return "minutes", _("These are more minutes than the days hold")
    if document.get("expiry") == "date" or document.get("expiry_date"):
        return "expiry_date", _("A fixed last day needs its day, and only that has one")
    return "expiry_count", _("Days and months need a number, and only they have one")


def _seen(terms: RunningTerms) -> str:
    return digest(terms.model_dump_json()).hex()


def _form(terms: RunningTerms) -> Form:
    """The terms as fields of the form."""
    one, of_orders = terms.same_sale, terms.same_order
    values: dict[str, object] = {
        **terms.model_dump(mode="json", exclude={"name", "unit", "goodwill", "same_sale", "same_order"}),
        **terms.goodwill.model_dump(),
        **(one or _USUAL).model_dump(exclude={"pays"}),
        "pays": one.pays if one else "both",
        **{f"order_{name}": value for name, value in (of_orders or _USUAL_ORDER).model_dump().items()},
        "order_pays": of_orders.pays if of_orders else "both",
        "name_ru": terms.name.ru,
        "name_en": terms.name.en,
        **dict(zip(TEXTS[2:7], (*terms.unit.ru, *terms.unit.en), strict=True)),
    }
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _document(form: Mapping[str, str]) -> dict[str, Any]:
    """The document that the form says; what is no number stays as it was typed, and is told."""

    def number(name: str) -> Any:
        text = form[name].replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else (form[name] or None)

    same = {name: number(name) for name in _APART} | {"pays": form["pays"]}
    order = {name.removeprefix("order_"): number(name) for name in _ORDER} | {"pays": form["order_pays"]}
    return {
        "name": {"ru": form["name_ru"], "en": form["name_en"]},
        "unit": {"ru": [form[name] for name in TEXTS[2:5]], "en": [form[name] for name in TEXTS[5:7]]},
        **{name: number(name) for name in NUMBERS[:5]},
        "expiry": form["expiry"],
        "expiry_date": form["expiry_date"] or None,
        "return_policy": form["return_policy"],
        "goodwill": {name: number(name) for name in _GOODWILL},
        "same_sale": None if form["pays"] == "both" else same,
        "same_order": None if form["order_pays"] == "both" else order,
    }
