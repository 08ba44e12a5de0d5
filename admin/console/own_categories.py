"""The tenant's own categories: pages on which they are defined by MCCs and partners, for promotions to name them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import promotion_words
from admin.console.approvals import asked
from admin.desk import Answer, Cell, Column, DeskView, Listing, asks
from admin.problems import refusal
from coalition.partners.queries import all_partners, partners_by_code
from coalition.promotions.categories import Category, mcc_of_both
from coalition.promotions.checking import CODE, Flaw
from coalition.promotions.own_categories import ask_for_category, flaws
from coalition.promotions.queries import own_categories
from coalition.promotions.templates.reading import codes_in
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.web import roll_back
from tenants.translations import N_

_TEXTS = ("code", "name_ru", "name_en", "mcc")
_CHARS_MAX = 10_000
_PLACES = {"name.ru": "name_ru", "name.en": "name_en", "mcc": "mcc", "partners": "partners", "": "mcc"}
"""Where what is wrong with a part of a category is told; of the whole it is that it holds no sales."""
_NAMELESS = {
    "name_ru": N_("Write the name in Russian, 120 letters at most"),
    "name_en": N_("Write the name in English, 120 letters at most"),
}
_KNOWN = N_("There is a category of this code already")
_TOLD_MAX = 5  # reasons at one field

Form = dict[str, Any]


class OwnCategories(DeskView):
    """The section of own categories."""

    reads = Permission.DESK_PROGRAMME_READ
    permission = Permission.DESK_PROGRAMME_EDIT
    icon = "basket"

    @expose("/")
    def index(self) -> Answer:
        """Every category with what it means now."""
        found = own_categories(self.session)
        listing = Listing(self._columns(found), list(found.values()), (), "", None, None)
        return self.page("own_categories.html", listing=listing)

    @expose("/new")
    @asks(Permission.DESK_PROGRAMME_EDIT)
    def new(self) -> Answer:
        """The form of a category."""
        return self._form(dict.fromkeys(_TEXTS, "") | {"partners": [], "seen": ""})

    @expose("/new", methods=["POST"])
    def add(self) -> Answer:
        """Define a category, or show the form again with everything that is wrong."""
        form, errors = _sent(), {}
        if not CODE.fullmatch(form["code"]):
            errors["code"] = _("A code is small Latin letters, digits and hyphens, 64 at most")
        elif form["code"] in own_categories(self.session):
            errors["code"] = _(_KNOWN)
        return self._save(form, errors)

    @expose("/code/<code>")
    def definition(self, code: str) -> Answer:
        """What a category means now, to be changed."""
        one = self._known(code)
        assert one.name is not None, "what is defined has a name"
        names = {"name_ru": one.name.ru, "name_en": one.name.en}
        form = {
            "code": code,
            **names,
            "mcc": ", ".join(one.mcc),
            "partners": [*one.partners],
            "seen": one.mark,
        }
        return self._form(form, known=one)

    @expose("/code/<code>", methods=["POST"])
    def change(self, code: str) -> Answer:
        """Define it anew, or show the form again with everything that is wrong."""
        return self._save(_sent() | {"code": code}, {}, self._known(code))

    def _known(self, code: str) -> Category:
        found = own_categories(self.session).get(code)
        if found is None:
            raise NotFound("category_unknown")
        return found

    def _save(self, form: Form, errors: dict[str, str], known: Category | None = None) -> Answer:
        meaning = {
            "name": {"ru": form["name_ru"], "en": form["name_en"]},
            "mcc": codes_in(form["mcc"]),
            "partners": form["partners"],
        }
        code = "any" if "code" in errors else form["code"]  # nothing else that is wrong depends on it
        errors |= _errors(flaws({code: meaning}, partners_by_code(self.session)), code, self.visitor.w.lang)
        for name, said in _NAMELESS.items():
            if not form[name]:
                errors[name] = _(said)
        if errors:
            return self._form(form, known, errors), 422
        try:
            approval = ask_for_category(
                self.session, self.actor, code=code, meaning=meaning, seen=form["seen"] if known else ""
            )
        except Conflict as no:
            roll_back()
            if no.code == "approval_waits":
                return self._form(form, known, {"": refusal(no)}), 409
            return self._overtaken(form, known), 409
        if approval is not None:
            return asked(approval)
        flash(_("That was so already. Nothing was changed"), "note")
        return redirect(url_for("desk_categories.index"), 303)

    def _overtaken(self, form: Form, known: Category | None) -> str:
        """The form with all that was typed, for somebody else was first; saved again it replaces what is there."""
        if known is None:
            return self._form(form, errors={"code": _(_KNOWN)})
        known = self._known(form["code"])
        said = _(
            "Somebody has changed the category meanwhile, so nothing was saved. Look at theirs in another tab; "
            "saving again replaces it with yours"
        )
        return self._form(form | {"seen": known.mark}, known, {"": said})

    def _form(self, form: Form, known: Category | None = None, errors: dict[str, str] | None = None) -> str:
        lang = self.visitor.w.lang
        shared = _shared(known, own_categories(self.session).values(), lang) if known else ""
        return self.page(
            "own_category.html",
            form=form,
            known=known,
            partners=[(one.code, one.name[lang]) for one in all_partners(self.session)],
            shared=shared,
            errors=errors or {},
        )

    def _columns(self, found: Mapping[str, Category]) -> Sequence[Column[Category]]:
        lang = self.visitor.w.lang
        partners = {one.code: one.name[lang] for one in all_partners(self.session)}

        def named(one: Category) -> Cell:
            return Cell(one.called(lang), one.code, href=url_for("desk_categories.definition", code=one.code))

        def held(one: Category) -> Cell:
            return Cell(", ".join(one.mcc) or "—", _shared(one, found.values(), lang))

        def at(one: Category) -> Cell:
            return Cell(", ".join(partners.get(code, code) for code in one.partners) or "—")

        return (
            Column(N_("Category"), named),
            Column(N_("Categories (MCC)"), held),
            Column(N_("Partners"), at, wide=True),
        )


def _sent() -> Form:
    form: Form = {name: request.form.get(name, "").strip()[:_CHARS_MAX] for name in _TEXTS}
    return form | {"partners": request.form.getlist("partners"), "seen": request.form.get("seen", "")}


def _errors(found: Iterable[Flaw], code: str, lang: str) -> dict[str, str]:
    """Every reason at its field, each once."""
    told: dict[str, dict[str, None]] = {}
    for flaw in found:
        place = flaw.field.removeprefix(code).removeprefix(".")
        name = place if place in _PLACES else place.partition(".")[0]
        told.setdefault(_PLACES.get(name, "mcc"), {})[promotion_words.flaw(flaw, lang)] = None
    return {name: ". ".join([*reasons][:_TOLD_MAX]) for name, reasons in told.items()}


def _shared(one: Category, every: Iterable[Category], lang: str) -> str:
    """With which others it shares MCCs: a sale under them is of both."""
    others = [
        f"{other.called(lang)} ({', '.join(codes)})"
        for other in every
        if other.code != one.code and (codes := mcc_of_both(one, other))
    ]
    return _("Also in: %(categories)s", categories="; ".join(others)) if others else ""
