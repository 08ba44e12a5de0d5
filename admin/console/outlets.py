"""Outlets of partners: opened, changed, closed, each in its own time zone."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, Cell, Column, DeskList, Listing
from admin.problems import refusal
from coalition.partners import keeping
from coalition.partners.actions import open_outlet
from coalition.partners.keeping import ABOUT_MAX, CODE, LANGUAGES, NAME_MAX, OUTLET_TEXTS
from coalition.partners.models import Outlet, Participant, Partner
from coalition.partners.queries import all_outlets, all_partners, outlet_by_code, partner_by_code
from coalition.programmes.queries import the_programme
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict
from tenants.runtime.web import roll_back
from tenants.translations import N_

CODE_SAID = N_("A code is small Latin letters, digits and hyphens, 32 at most")
Form = dict[str, str]


class OutletPages(DeskList):
    """What the section of partners has for outlets."""

    def needed(self, name: str, values: Mapping[str, Any], method: str) -> Sequence[Permission]:
        """The empty form asks for what sending it does."""
        return super().needed(name, values, "POST" if name == "new_outlet" else method)

    def partner_named(self, code: str) -> Partner:
        """The partner of a code, among those that the section is about."""
        return partner_by_code(self.session, code)

    def outlet_named(self, code: str) -> Outlet:
        """The outlet of a code, likewise."""
        return outlet_by_code(self.session, code)

    @expose("/code/<code>/outlets")
    def new_outlet(self, code: str) -> Answer:
        """The form of an outlet."""
        one = self.partner_named(code)
        form = dict.fromkeys(("code", "name_ru", "name_en", *OUTLET_TEXTS), "")
        return self._outlet_page(one, None, form | {"zone": the_programme(self.session).zone}, {})

    @expose("/code/<code>/outlets", methods=["POST"])
    def add_outlet(self, code: str) -> Answer:
        """Open an outlet."""
        one, form = self.partner_named(code), _sent_outlet() | typed("code")
        errors = self._wrong_outlet(form)
        if not CODE.fullmatch(form["code"]):
            errors = {"code": _(CODE_SAID)} | errors
        elif any(known.code == form["code"] for known in all_outlets(self.session)):
            errors = {"code": refusal(Conflict("outlet_code_taken"))} | errors
        if errors:
            return self._outlet_page(one, None, form, errors), 422
        try:
            open_outlet(
                self.session,
                self.actor,
                partner_id=one.id,
                code=form["code"],
                name=names(form, "name"),
                zone=form["zone"],
                **{field: form[field] for field in OUTLET_TEXTS},
            )
        except Conflict as no:
            roll_back()
            return self._outlet_page(self.partner_named(code), None, form, {"code": refusal(no)}), 409
        self.say(True, _("The outlet is open"))
        return redirect(url_for(".partner", code=code), 303)

    @expose("/outlet/<code>")
    def outlet(self, code: str) -> Answer:
        """One outlet."""
        one = self.outlet_named(code)
        return self._outlet_page(self._owner(one), one, _outlet_form(one), {})

    @expose("/outlet/<code>", methods=["POST"])
    def change_outlet(self, code: str) -> Answer:
        """Change an outlet."""
        one, form = self.outlet_named(code), _sent_outlet()
        if errors := self._wrong_outlet(form):
            return self._outlet_page(self._owner(one), one, form, errors), 422
        try:
            changed = keeping.change_outlet(
                self.session,
                self.actor,
                outlet_id=one.id,
                name=names(form, "name"),
                zone=form["zone"],
                texts=form,
                seen=request.form.get("seen", ""),
            )
        except Conflict as no:
            roll_back()
            one = self.outlet_named(code)
            return self._outlet_page(self._owner(one), one, form, {"": refusal(no)}), no.status
        self.say(changed, _("Saved"))
        return redirect(url_for(".outlet", code=code), 303)

    @expose("/outlet/<code>/state", methods=["POST"])
    def outlet_state(self, code: str) -> Answer:
        """Close an outlet, or open it again."""
        one = self.outlet_named(code)
        if request.form.get("do") == "close":
            asked = _("Close the outlet? %(name)s", name=self.called(one))
            back = url_for(".outlet", code=code)
            if (
                question := self.question(asked, _("What was sold there keeps it"), _("Close"), back)
            ) is not None:
                return question
            done = keeping.close_outlet(self.session, self.actor, outlet_id=one.id)
            self.say(done, _("Closed. What was sold there keeps it"))
        else:
            done = keeping.reopen_outlet(self.session, self.actor, outlet_id=one.id)
            self.say(done, _("The outlet is open"))
        return redirect(url_for(".outlet", code=code), 303)

    def say(self, changed: bool, said: str) -> None:
        flash(
            said if changed else _("That was so already. Nothing was changed"), "good" if changed else "note"
        )

    def called(self, one: Partner | Participant | Outlet) -> str:
        return str(one.name.get(self.visitor.w.lang) or one.code)

    def _owner(self, outlet: Outlet) -> Partner:
        return next(one for one in all_partners(self.session) if one.id == outlet.partner_id)

    def _wrong_outlet(self, form: Mapping[str, str]) -> Form:
        found = keeping.wrong_with_outlet(names(form, "name"), form["zone"], form)
        return {str(no.facts["field"]): refusal(no) for no in found}

    def outlets_of(self, one: Partner) -> Listing[Outlet]:
        columns = (
            Column[Outlet](
                N_("Outlet"),
                lambda row: Cell(self.called(row), row.code, href=url_for(".outlet", code=row.code)),
            ),
            Column[Outlet](N_("State"), state_cell),
            Column[Outlet](N_("Time zone"), lambda row: Cell(row.zone), wide=True),
            Column[Outlet](N_("Region"), lambda row: Cell(row.region or "—"), wide=True),
        )
        return self.listing(Outlet, columns, Outlet.partner_id == one.id)

    def _outlet_page(self, owner: Partner, one: Outlet | None, form: Form, errors: Form) -> str:
        return self.page(
            "outlet.html",
            owner=owner,
            owner_name=self.called(owner),
            one=one,
            name=self.called(one) if one else _("New outlet"),
            chip=state_cell(one) if one else None,
            form=form,
            seen=keeping.version_of(keeping.told_of_outlet(one)) if one else "",
            errors=errors,
            most=NAME_MAX,
            texts=OUTLET_TEXTS,
        )


def state_cell(one: Partner | Outlet) -> Cell:
    """Whether it is open, as a chip."""
    if one.closed_at is None:
        return Cell(_("In operation"), tone="good", icon="check-circle")
    return Cell(_("Closed"), tone="still", icon="slash-circle")


def typed(*names: str) -> Form:
    return {name: request.form.get(name, "").strip()[: 2 * ABOUT_MAX] for name in names}


def names(form: Mapping[str, str], text: str) -> Form:
    return {lang: form[f"{text}_{lang}"] for lang in LANGUAGES}


def _sent_outlet() -> Form:
    return typed("name_ru", "name_en", "zone", *OUTLET_TEXTS)


def _outlet_form(one: Outlet) -> Form:
    names = {f"name_{lang}": str(one.name.get(lang, "")) for lang in LANGUAGES}
    return names | {"zone": one.zone, **{field: getattr(one, field) for field in OUTLET_TEXTS}}
