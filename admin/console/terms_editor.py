"""What edits a promotion's terms, in fields or for experts as a document: the page of a draft, and of a correction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import request

from admin import promotion_words
from admin.console import promotion_form, promotion_sections, promotion_told
from admin.console.promotion_form import DRAWN, DraftForm
from admin.console.promotion_sections import tree
from admin.desk import DeskView
from coalition.programmes.models import Programme
from coalition.promotions.checking import Flaw
from tenants.runtime import clock


class EditsTerms(DeskView):
    """A page whose form holds a promotion's terms (`desk/terms_edit.html`)."""

    def sent(self, programme: Programme) -> tuple[DraftForm, dict[str, Any]]:
        """The form as it came, and what an action takes of it."""
        known = promotion_sections.choices(self.session, programme, self.visitor.w.lang)
        return promotion_form.sent(
            request.form,
            programme.zone,
            lambda document, lang: tree(document, known, replace(self.visitor.w, lang=lang)),
        )

    def view(self, pressed: str = "") -> dict[str, str]:
        """Whether the document is shown as a text: as it is asked for, else as it was."""
        as_text = request.args.get("as") == "document" or (request.form and DRAWN not in request.form)
        as_text = pressed == "document" or (as_text and pressed != "fields")
        return {"as": "document"} if as_text else {}

    def terms_page(
        self,
        template: str,
        form: DraftForm,
        programme: Programme,
        flaws: Iterable[Flaw],
        starts_at: datetime | None = None,
        **values: Any,
    ) -> str:
        """The form with what is wrong: each reason at its field, and all of them at its top."""
        w, pressed = self.visitor.w, values.get("pressed", "")
        told = [one for one in flaws if one.field not in form.errors]
        known = promotion_sections.choices(self.session, programme, w.lang)
        refused = any(one.field == "starts_at" for one in told)  # then it is no doubt any more
        in_doubt = promotion_told.doubts_of(
            self.session, programme, form.content, starts_at=None if refused else starts_at, now=clock.now()
        )
        terms = promotion_sections.terms(tree(form.content, known, w), told, w.lang, in_doubt)
        names = promotion_told.called(self.session, w.lang)
        shown = {
            "form": form,
            "view": self.view(pressed),
            "drawn": json.dumps(form.content, ensure_ascii=False),
            "terms": terms,
            "wrong": promotion_words.wrong(told, w.lang),
            "told": promotion_told.terms(promotion_told.meant(self.session, form.content), w, names),
            "doubts": terms.doubts,
            "errors": terms.errors | form.errors,
            "refused": _listed(form, w.lang),
            "pressed": pressed,
        }
        return self.page(template, **shown | values)


def tells_all(pressed: str) -> bool:
    """Whether what is wrong is told after this button: not at once after a part was added or another kind chosen."""
    return not pressed.startswith(("add:", "remove:", "kind:"))


def redrawn(form: DraftForm) -> None:
    """The titles and the text of the document as the form holds it now, for a form that is drawn anew."""
    filled = promotion_form.filled(form.content)
    form.document, form.title_ru, form.title_en = filled.document, filled.title_ru, filled.title_en


def _listed(form: DraftForm, lang: str) -> Sequence[tuple[str, str, str]]:
    """For what the form was refused: where its field is, what that is called, why."""
    return [
        (name, promotion_words.place(name, lang), why) if name in promotion_words.FORM else ("", "", why)
        for name, why in form.errors.items()
    ]
