"""Partners: how members see them, whose they are, their outlets, and the tills by which their sales are recognised."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import partner_words
from admin.console.outlets import CODE_SAID, Form, OutletPages, names, state_cell, typed
from admin.console.pictures import PICTURES
from admin.desk import Answer, Cell, Column, asks
from admin.problems import refusal
from coalition.partners import keeping
from coalition.partners.actions import add_partner, admit_participant
from coalition.partners.keeping import ABOUT_MAX, CODE, LANGUAGES, NAME_MAX
from coalition.partners.models import Participant, Partner
from coalition.partners.queries import (
    all_participants,
    all_partners,
    participants_by_code,
    partner_by_code,
    partners_by_code,
    places_count,
    terminals_of,
)
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

TERMINALS_SHOWN = 200
TEXTS = ("name", "about", "legal")
NEW = "new"


class Partners(OutletPages):
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
            return Cell(self.called(one), one.code, href=url_for("desk_partners.partner", code=one.code))

        columns = (
            Column[Partner](N_("Name"), named),
            Column[Partner](N_("State"), state_cell),
            Column[Partner](
                N_("Legal entity"), lambda one: Cell(self.called(owners[one.participant_id])), wide=True
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
        form, errors = _sent() | typed("code", "participant"), dict[str, str]()
        owners = participants_by_code(self.session)
        if not CODE.fullmatch(form["code"]):
            errors["code"] = _(CODE_SAID)
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
            legal = names(form, "legal")
            owner = admit_participant(self.session, self.actor, code=form["code"], name=legal).id
        add_partner(
            self.session,
            self.actor,
            participant_id=owner,
            code=form["code"],
            name=names(form, "name"),
            about=names(form, "about"),
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
                name=names(form, "name"),
                about=names(form, "about"),
                category=form["category"],
                icon=form["icon"],
                legal=names(form, "legal"),
                seen=request.form.get("seen", ""),
            )
        except Conflict as no:
            roll_back()
            return self._page(partner_by_code(self.session, code), {"": refusal(no)}, form), no.status
        self.say(changed, _("Saved. Members see it so from now on"))
        return redirect(url_for("desk_partners.partner", code=code), 303)

    @expose("/code/<code>/state", methods=["POST"])
    def state(self, code: str) -> Answer:
        """Close it, or open it again."""
        one = partner_by_code(self.session, code)
        if request.form.get("do") == "close":
            asked = _("Close the partner “%(name)s”?", name=self.called(one))
            means = _(
                "Members see it no more. Its sales are still recognised, and its promotions go on until they end"
            )
            back = url_for("desk_partners.partner", code=code)
            if (question := self.question(asked, means, _("Close"), back)) is not None:
                return question
            done = keeping.close_partner(self.session, self.actor, partner_id=one.id)
            self.say(done, _("Closed. Members see it no more; sales that still come are recognised"))
        else:
            done = keeping.reopen_partner(self.session, self.actor, partner_id=one.id)
            self.say(done, _("Opened again. Members see it from now on"))
        return redirect(url_for("desk_partners.partner", code=code), 303)

    @expose("/code/<code>/terminals", methods=["POST"])
    def terminals(self, code: str) -> Answer:
        """Add a till, or take one off."""
        one, told = partner_by_code(self.session, code), typed("mid", "tid")
        if request.form.get("do") == "remove":
            asked = _("Take the till %(mid)s %(tid)s off?", **told)
            means = _("Its sales are not recognised as this partner's from now on. What is posted stays")
            back = url_for("desk_partners.partner", code=code)
            if (question := self.question(asked, means, _("Take off"), back)) is not None:
                return question
            keeping.remove_terminal(self.session, self.actor, partner_id=one.id, **told)
            self.say(True, _("Taken off. What is posted stays the partner's"))
            return redirect(url_for("desk_partners.partner", code=code), 303)
        try:
            added = keeping.add_terminal(self.session, self.actor, partner_id=one.id, **told)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            again = partner_by_code(self.session, code)
            return self._page(again, {"mid": refusal(no)}, till=told), no.status
        self.say(added, _("Added. Its sales are recognised from now on"))
        return redirect(url_for("desk_partners.partner", code=code), 303)

    def _category(self, code: str) -> str:
        return partner_words.categories(self.visitor.w.lang).get(code, code)

    def _wrong(self, form: Mapping[str, str], *, legal: bool) -> Form:
        """Everything that is wrong with a partner's form, from the top down."""
        found = {
            str(no.facts["field"]): refusal(no)
            for no in keeping.wrong_with_partner(*(names(form, text) for text in TEXTS))
        }
        found["category"] = partner_words.unknown_category(form["category"])
        found["icon"] = partner_words.unknown_icon(form["icon"])
        return {field: said for field, said in found.items() if said and (legal or field[:5] != "legal")}

    def _choices(self, form: Mapping[str, str]) -> dict[str, Any]:
        pictures = {name: _(said) for name, said in PICTURES.items()}
        return {
            "categories": partner_words.categories(self.visitor.w.lang),
            "icons": ({} if form["icon"] in pictures else {form["icon"]: form["icon"]}) | pictures,
            "most": (NAME_MAX, ABOUT_MAX),
        }

    def _form(self, form: Form, errors: Form) -> str:
        owners = [(one.code, self.called(one)) for one in all_participants(self.session)]
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
            name=self.called(one),
            chip=state_cell(one),
            category=self._category(one.category),
            form=form,
            seen=keeping.version_of(keeping.told_of(one, owner)),
            till=till or {"mid": "", "tid": ""},
            errors=errors or {},
            outlets=self.outlets_of(one),
            tills=tills[:TERMINALS_SHOWN],
            more=len(tills) > TERMINALS_SHOWN,
            others=sum(other.participant_id == owner.id for other in all_partners(self.session)) - 1,
            **self._choices(form),
        )


def _sent() -> Form:
    return typed(*_blank(), "category", "icon")


def _blank() -> Form:
    return dict.fromkeys((f"{text}_{lang}" for text in TEXTS for lang in LANGUAGES), "")


def _partner_form(one: Partner, owner: Participant) -> Form:
    words: Sequence[tuple[str, Mapping[str, Any]]] = (
        ("name", one.name), ("about", one.about), ("legal", owner.name),
    )  # fmt: skip
    texts = {f"{text}_{lang}": str(said.get(lang, "")) for text, said in words for lang in LANGUAGES}
    return texts | {"category": one.category, "icon": one.icon}
