"""The catalogue of templates, and a template's form: a few fields of which a draft is made."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from admin import promotion_words
from admin.console import promotion_form, promotion_told, template_told
from admin.console.promotion_form import DraftForm
from admin.console.promotion_told import Terms
from admin.console.template_told import Known
from admin.desk import Answer, DeskView
from coalition.programmes.queries import the_programme
from coalition.promotions import life
from coalition.promotions.checking import Flaw
from coalition.promotions.doubts import half_titled
from coalition.promotions.overview import promotion_by_code, promotion_codes
from coalition.promotions.queries import codes_of, setting_of
from coalition.promotions.templates import families, template
from coalition.promotions.templates.fill import attempt, titles_of
from coalition.promotions.templates.model import Shape, Template
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import NotFound

_ASKED_MAX = 100  # characters of a search


class PromotionTemplates(DeskView):
    """Templates of promotions; their place in the menu is that of promotions."""

    reads = Permission.DESK_PROMOTION_READ
    permission = Permission.DESK_PROMOTION_EDIT
    within = "desk_promotions"
    home, blank = (
        "desk_promotions.index",
        "desk_promotions.new",
    )  # where promotions are, and one without a template
    goes_on = "desk_promotions.edit"  # where a draft that was begun is seen

    def needed(self, name: str, values: Mapping[str, Any], method: str) -> Sequence[Permission]:
        """Looking at a form asks for what sending it does."""
        return super().needed(name, values, "POST")

    def offers(self, _one: Template) -> bool:
        """Whether the section has the template."""
        return True

    def written(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document as the section's people may write it."""
        return document

    def known_codes(self) -> Known:
        """What fields that name something can be set to."""
        return template_told.known_codes(self.session, the_programme(self.session), self.visitor.w.lang)

    @expose("/")
    def index(self) -> Answer:
        """Templates by family: all, those of `?family=CODE`, those with the words of `?q=`."""
        asked, lang = request.args.get("q", "").strip()[:_ASKED_MAX], self.visitor.w.lang
        chosen = request.args.get("family", "")
        chosen = chosen if chosen in families() else ""
        shelves = template_told.shelves(chosen, asked, lang, self.offers)
        having = {shelf.code for shelf in template_told.shelves("", "", lang, self.offers)}
        names = {code: template_told.told(one, lang) for code, one in families().items() if code in having}
        return self.page(
            "templates.html",
            shelves=shelves,
            families=names,
            chosen=chosen,
            asked=asked,
            told=template_told.told,
        )

    @expose("/<code>")
    def template(self, code: str) -> Answer:
        """The form of a template, with its defaults."""
        one = self._offered(code)
        return self._page(one, DraftForm(code=self._free_code(one)), {}, numbers={})

    @expose("/<code>", methods=["POST"])
    def fill(self, code: str) -> Answer:
        """Show in words what the values make, or begin a draft of it."""
        one, programme = self._offered(code), the_programme(self.session)
        written, w = _sent(one), self.visitor.w
        values = template_told.plain(one, written, w.lang)
        setting = setting_of(self.session, programme)
        document, flaws = attempt(one, values, codes_of(self.session), setting)
        document = document if flaws else self.written(document)
        form, taken = promotion_form.sent(
            MultiDict({**request.form, "document": json.dumps(document)}), programme.zone
        )
        promotion_form.require_free(self.session, form)
        promotion_form.require_period(form, taken)
        form.errors = _errors(one, flaws, w.lang) | form.errors
        if form.errors:
            return self._page(one, form, written, numbers=None if flaws else values), 422
        if request.form.get("do") == "show":
            period = promotion_told.period(taken["starts_at"], taken["ends_at"], w)
            found = promotion_told.doubts_of(
                self.session, programme, document, starts_at=taken["starts_at"], now=clock.now()
            )
            unlike = half_titled(document["title"], titles_of(one, _untitled(values)))
            doubts = promotion_words.told_once([*unlike, *found], w.lang)
            terms = self._terms(document)
            return self._page(one, form, written, terms, period, doubts, numbers=values)
        wanted = {"programme_id": programme.id, "code": form.code, **taken}
        said = _("The draft is begun. Its budget, who pays and everything else can be set here")
        self.attempt(lambda: life.begin_draft(self.session, self.actor, **wanted), said)
        draft = promotion_by_code(self.session, form.code).draft
        assert draft is not None, "begun just now, or by somebody else at the same moment"
        return redirect(url_for(self.goes_on, draft_id=draft.id), 303)

    def _offered(self, code: str) -> Template:
        """The template; NotFound("template_unknown") for one that the section does not have."""
        one = template(code)
        if not self.offers(one):
            raise NotFound("template_unknown")
        return one

    def _terms(self, document: Mapping[str, Any]) -> Terms | None:
        """What the values make, in words."""
        w = self.visitor.w
        return promotion_told.terms(document, w, promotion_told.called(self.session, w.lang))

    def _page(
        self,
        one: Template,
        form: DraftForm,
        written: Mapping[str, str],
        terms: Terms | None = None,
        period: str = "",
        doubts: Sequence[str] = (),
        *,
        numbers: Mapping[str, str] | None,
    ) -> str:
        """The form as it was written; the example follows the numbers, where there is nothing wrong with them."""
        programme, w, known = the_programme(self.session), self.visitor.w, self.known_codes()
        return self.page(
            "template.html",
            one=one,
            told=template_told.told,
            entries=template_told.entries(one, written, known, w),
            example=template_told.example(one, setting_of(self.session, programme), known, w, numbers),
            form=form,
            errors=form.errors,
            terms=terms,
            period=period,
            doubts=doubts,
        )

    def _free_code(self, one: Template) -> str:
        """The template's code, with a number while there is such a promotion already."""
        taken, code, number = set(promotion_codes(self.session)), one.code, 2
        while code in taken:
            code, number = f"{one.code}-{number}", number + 1
        return code


def _sent(one: Template) -> dict[str, str]:
    """The values as they came: of boxes that are ticked, the codes."""
    return {
        field.name: ", ".join(request.form.getlist(field.name))
        if field.kind is Shape.CODES
        else request.form.get(field.name, "").strip()
        for field in one.fields
    }


def _untitled(values: Mapping[str, str]) -> dict[str, str]:
    """The values without the titles that were written."""
    return {name: value for name, value in values.items() if name not in ("title_ru", "title_en")}


def _errors(one: Template, flaws: Sequence[Flaw], lang: str) -> dict[str, str]:
    """The first reason of each field; what is of no field stands alone."""
    names = {field.name for field in one.fields}
    found: dict[str, str] = {}
    for flaw in flaws:
        found.setdefault(flaw.field if flaw.field in names else "", promotion_words.flaw(flaw, lang))
    return found
