"""Partners: how members see them, whose they are, their outlets, and the tills by which their sales are recognised."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import partner_words
from admin.console.pictures import PICTURES
from admin.desk import Answer, Cell, Column, DeskList, Listing, asks
from admin.problems import refusal
from coalition.partners import keeping
from coalition.partners.actions import add_partner, admit_participant, open_outlet
from coalition.partners.keeping import ABOUT_MAX, CODE, LANGUAGES, NAME_MAX, OUTLET_TEXTS
from coalition.partners.models import Outlet, Participant, Partner
from coalition.partners.queries import (
    all_outlets,
    all_participants,
    all_partners,
    outlet_by_code,
    participants_by_code,
    partner_by_code,
    partners_by_code,
    places_count,
    terminals_of,
)
from coalition.programmes.queries import the_programme
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

TERMINALS_SHOWN = 200
TEXTS = ("name", "about", "legal")
NEW = "new"
_CODE_SAID = N_("A code is small Latin letters, digits and hyphens, 32 at most")
Form = dict[str, str]


class Partners(DeskList):
    """The section of partners."""

    reads = Permission.DESK_PARTNER_READ
    permission = Permission.DESK_PARTNER_EDIT
    icon = "shop"

    @expose("/")
    def index(self) -> Answer:
        """Every partner with its state and places."""
        w, counts = self.visitor.w, places_count(self.session)
        owners = {one.id: one for one in all_participants(self.session)}

        def named(one: Partner) -> Cell:
            return Cell(self._called(one), one.code, href=url_for("desk_partners.partner", code=one.code))

        columns = (
            Column[Partner](N_("Name"), named),
            Column[Partner](N_("State"), state_cell),
            Column[Partner](
                N_("Legal entity"), lambda one: Cell(self._called(owners[one.participant_id])), wide=True
            ),
            Column[Partner](N_("Category"), lambda one: Cell(self._category(one.category)), wide=True),
            Column[Partner](
                N_("Outlets"), lambda one: Cell(w.number(counts.get(one.id, (0, 0))[0])), number=True
            ),
            Column[Partner](
                N_("Tills"),
                lambda one: Cell(w.number(counts.get(one.id, (0, 0))[1])),
                number=True,
                wide=True,
            ),
        )
        return self.page("partners.html", listing=self.listing(Partner, columns))

    @expose("/new")
    @asks(Permission.DESK_PARTNER_EDIT)
    def new(self) -> Answer:
        """The form of a partner."""
        return self._form(_blank() | {"category": "", "icon": "shop", "participant": NEW, "code": ""}, {})

    @expose("/new", methods=["POST"])
    def add(self) -> Answer:
        """Add a partner and, where it is a new legal entity, that one, too."""
        form, errors = _sent() | _typed("code", "participant"), dict[str, str]()
        owners = participants_by_code(self.session)
        if not CODE.fullmatch(form["code"]):
            errors["code"] = _(_CODE_SAID)
        elif form["code"] in partners_by_code(self.session):
            errors["code"] = refusal(Conflict("partner_code_taken"))
        elif form["participant"] == NEW and form["code"] in owners:
            errors["code"] = refusal(Conflict("participant_code_taken"))
        if form["participant"] != NEW and form["participant"] not in owners:
            errors["participant"] = _("Choose whose partner it is")
        asked = form["participant"] == NEW
        errors |= self._wrong(form, legal=asked)
        if errors:
            return self._form(form, errors), 422
        try:
            self._added(form, owners.get(form["participant"]))
        except Conflict as no:
            roll_back()
            return self._form(form, {"code": refusal(no)}), no.status
        flash(_("The partner is added. Add its tills, and its sales are recognised"), "good")
        return redirect(url_for("desk_partners.partner", code=form["code"]), 303)

    def _added(self, form: Form, owner: int | None) -> None:
        if owner is None:
            legal = _names(form, "legal")
            owner = admit_participant(self.session, self.actor, code=form["code"], name=legal).id
        add_partner(
            self.session,
            self.actor,
            participant_id=owner,
            code=form["code"],
            name=_names(form, "name"),
            about=_names(form, "about"),
            category=form["category"],
            icon=form["icon"],
        )

    @expose("/code/<code>")
    def partner(self, code: str) -> Answer:
        """One partner."""
        return self._page(partner_by_code(self.session, code))

    @expose("/code/<code>", methods=["POST"])
    def change(self, code: str) -> Answer:
        """Change it, or show the form again with everything that is wrong."""
        one, form = partner_by_code(self.session, code), _sent()
        if errors := self._wrong(form, legal=True):
            return self._page(one, errors, form), 422
        try:
            changed = keeping.change_partner(
                self.session,
                self.actor,
                partner_id=one.id,
                name=_names(form, "name"),
                about=_names(form, "about"),
                category=form["category"],
                icon=form["icon"],
                legal=_names(form, "legal"),
                seen=request.form.get("seen", ""),
            )
        except Conflict as no:
            roll_back()
            return self._page(partner_by_code(self.session, code), {"": refusal(no)}, form), no.status
        self._say(changed, _("Saved. Members see it so from now on"))
        return redirect(url_for("desk_partners.partner", code=code), 303)

    @expose("/code/<code>/state", methods=["POST"])
    def state(self, code: str) -> Answer:
        """Close it, or open it again."""
        one = partner_by_code(self.session, code)
        if request.form.get("do") == "close":
            done = keeping.close_partner(self.session, self.actor, partner_id=one.id)
            self._say(done, _("Closed. Members see it no more; sales that still come are recognised"))
        else:
            done = keeping.reopen_partner(self.session, self.actor, partner_id=one.id)
            self._say(done, _("Opened again. Members see it from now on"))
        return redirect(url_for("desk_partners.partner", code=code), 303)

    @expose("/code/<code>/terminals", methods=["POST"])
    def terminals(self, code: str) -> Answer:
        """Add a till, or take one off."""
        one, told = partner_by_code(self.session, code), _typed("mid", "tid")
        if request.form.get("do") == "remove":
            keeping.remove_terminal(self.session, self.actor, partner_id=one.id, **told)
            self._say(True, _("Taken off. What is posted stays the partner's"))
            return redirect(url_for("desk_partners.partner", code=code), 303)
        try:
            added = keeping.add_terminal(self.session, self.actor, partner_id=one.id, **told)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            again = partner_by_code(self.session, code)
            return self._page(again, {"mid": refusal(no)}, till=told), no.status
        self._say(added, _("Added. Its sales are recognised from now on"))
        return redirect(url_for("desk_partners.partner", code=code), 303)

    @expose("/code/<code>/outlets")
    @asks(Permission.DESK_PARTNER_EDIT)
    def new_outlet(self, code: str) -> Answer:
        """The form of an outlet."""
        one = partner_by_code(self.session, code)
        form = dict.fromkeys(("code", "name_ru", "name_en", *OUTLET_TEXTS), "")
        return self._outlet_page(one, None, form | {"zone": the_programme(self.session).zone}, {})

    @expose("/code/<code>/outlets", methods=["POST"])
    def add_outlet(self, code: str) -> Answer:
        """Open an outlet."""
        one, form = partner_by_code(self.session, code), _sent_outlet() | _typed("code")
        errors = self._wrong_outlet(form)
        if not CODE.fullmatch(form["code"]):
            errors = {"code": _(_CODE_SAID)} | errors
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
                name=_names(form, "name"),
                zone=form["zone"],
                **{field: form[field] for field in OUTLET_TEXTS},
            )
        except Conflict as no:
            roll_back()
            return self._outlet_page(
                partner_by_code(self.session, code), None, form, {"code": refusal(no)}
            ), 409
        self._say(True, _("The outlet is open"))
        return redirect(url_for("desk_partners.partner", code=code), 303)

    @expose("/outlet/<code>")
    def outlet(self, code: str) -> Answer:
        """One outlet."""
        one = outlet_by_code(self.session, code)
        return self._outlet_page(self._owner(one), one, _outlet_form(one), {})

    @expose("/outlet/<code>", methods=["POST"])
    def change_outlet(self, code: str) -> Answer:
        """Change an outlet."""
        one, form = outlet_by_code(self.session, code), _sent_outlet()
        if errors := self._wrong_outlet(form):
            return self._outlet_page(self._owner(one), one, form, errors), 422
        try:
            changed = keeping.change_outlet(
                self.session,
                self.actor,
                outlet_id=one.id,
                name=_names(form, "name"),
                zone=form["zone"],
                texts=form,
                seen=request.form.get("seen", ""),
            )
        except Conflict as no:
            roll_back()
            one = outlet_by_code(self.session, code)
            return self._outlet_page(self._owner(one), one, form, {"": refusal(no)}), no.status
        self._say(changed, _("Saved"))
        return redirect(url_for("desk_partners.outlet", code=code), 303)

    @expose("/outlet/<code>/state", methods=["POST"])
    def outlet_state(self, code: str) -> Answer:
        """Close an outlet, or open it again."""
        one = outlet_by_code(self.session, code)
        if request.form.get("do") == "close":
            done = keeping.close_outlet(self.session, self.actor, outlet_id=one.id)
            self._say(done, _("Closed. What was sold there keeps it"))
        else:
            done = keeping.reopen_outlet(self.session, self.actor, outlet_id=one.id)
            self._say(done, _("The outlet is open"))
        return redirect(url_for("desk_partners.outlet", code=code), 303)

    def _say(self, changed: bool, said: str) -> None:
        flash(
            said if changed else _("That was so already. Nothing was changed"), "good" if changed else "note"
        )

    def _called(self, one: Partner | Participant | Outlet) -> str:
        return str(one.name.get(self.visitor.w.lang) or one.code)

    def _category(self, code: str) -> str:
        return partner_words.categories(self.visitor.w.lang).get(code, code)

    def _owner(self, outlet: Outlet) -> Partner:
        return next(one for one in all_partners(self.session) if one.id == outlet.partner_id)

    def _wrong(self, form: Mapping[str, str], *, legal: bool) -> Form:
        """Everything that is wrong with a partner's form, from the top down."""
        found = {
            str(no.facts["field"]): refusal(no)
            for no in keeping.wrong_with_partner(*(_names(form, text) for text in TEXTS))
        }
        found["category"] = partner_words.unknown_category(form["category"])
        found["icon"] = partner_words.unknown_icon(form["icon"])
        return {field: said for field, said in found.items() if said and (legal or field[:5] != "legal")}

    def _wrong_outlet(self, form: Mapping[str, str]) -> Form:
        found = keeping.wrong_with_outlet(_names(form, "name"), form["zone"], form)
        return {str(no.facts["field"]): refusal(no) for no in found}

    def _choices(self, form: Mapping[str, str]) -> dict[str, Any]:
        pictures = {name: _(said) for name, said in PICTURES.items()}
        return {
            "categories": partner_words.categories(self.visitor.w.lang),
            "icons": ({} if form["icon"] in pictures else {form["icon"]: form["icon"]}) | pictures,
            "most": (NAME_MAX, ABOUT_MAX),
        }

    def _form(self, form: Form, errors: Form) -> str:
        owners = [(one.code, self._called(one)) for one in all_participants(self.session)]
        return self.page(
            "partner_new.html", form=form, errors=errors, owners=owners, new=NEW, **self._choices(form)
        )

    def _page(
        self,
        one: Partner,
        errors: Form | None = None,
        form: Form | None = None,
        till: Mapping[str, str] | None = None,
    ) -> str:
        owner = next(own for own in all_participants(self.session) if own.id == one.participant_id)
        form = form or _partner_form(one, owner)
        tills = terminals_of(self.session, one.id, limit=TERMINALS_SHOWN + 1)
        return self.page(
            "partner.html",
            one=one,
            owner=owner,
            name=self._called(one),
            chip=state_cell(one),
            category=self._category(one.category),
            form=form,
            seen=keeping.version_of(keeping.told_of(one, owner)),
            till=till or {"mid": "", "tid": ""},
            errors=errors or {},
            outlets=self._outlets(one),
            tills=tills[:TERMINALS_SHOWN],
            more=len(tills) > TERMINALS_SHOWN,
            others=sum(other.participant_id == owner.id for other in all_partners(self.session)) - 1,
            **self._choices(form),
        )

    def _outlets(self, one: Partner) -> Listing[Outlet]:
        columns = (
            Column[Outlet](
                N_("Outlet"),
                lambda row: Cell(
                    self._called(row), row.code, href=url_for("desk_partners.outlet", code=row.code)
                ),
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
            owner_name=self._called(owner),
            one=one,
            name=self._called(one) if one else _("New outlet"),
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


def _typed(*names: str) -> Form:
    return {name: request.form.get(name, "").strip()[: 2 * ABOUT_MAX] for name in names}


def _sent() -> Form:
    return _typed(*_blank(), "category", "icon")


def _sent_outlet() -> Form:
    return _typed("name_ru", "name_en", "zone", *OUTLET_TEXTS)


def _blank() -> Form:
    return dict.fromkeys((f"{text}_{lang}" for text in TEXTS for lang in LANGUAGES), "")


def _names(form: Mapping[str, str], text: str) -> Form:
    return {lang: form[f"{text}_{lang}"] for lang in LANGUAGES}


def _partner_form(one: Partner, owner: Participant) -> Form:
    words: Sequence[tuple[str, Mapping[str, Any]]] = (
        ("name", one.name), ("about", one.about), ("legal", owner.name),
    )  # fmt: skip
    texts = {f"{text}_{lang}": str(said.get(lang, "")) for text, said in words for lang in LANGUAGES}
    return texts | {"category": one.category, "icon": one.icon}


def _outlet_form(one: Outlet) -> Form:
    names = {f"name_{lang}": str(one.name.get(lang, "")) for lang in LANGUAGES}
    return names | {"zone": one.zone, **{field: getattr(one, field) for field in OUTLET_TEXTS}}
