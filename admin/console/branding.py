"""The tenant's brand: where it is served, its name, colours and marks, tried before they are saved."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.brand_form import NAMES, TriesBrands, refused
from admin.desk import Answer, TakesFiles
from tenants.actions import rebrand
from tenants.branding import mark
from tenants.branding.preview import try_brand
from tenants.branding.web import branding_of
from tenants.hosts import hosts_of
from tenants.models import Branding as Row
from tenants.permissions import Permission
from tenants.runtime.errors import Refusal

_FIELDS = ("name_ru", "name_en", "language", *NAMES)
_MARKS = ("logo", "logo_dark")
_MARK_BYTES = 20_000
NAME_MAX = 120


class Branding(TriesBrands, TakesFiles):
    """The section of the brand."""

    reads = Permission.DESK_BRANDING_EDIT
    permission = Permission.DESK_BRANDING_EDIT
    icon = "palette"
    upload_megabytes = (
        50  # far more than any mark has: one that is too large is refused at its field, with the form kept
    )

    @expose("/")
    def index(self) -> Answer:
        """The brand as it is, in a form."""
        row = branding_of(self.session)
        form = {"name_ru": row.name["ru"], "name_en": row.name["en"], "version": str(row.version)}
        return self._form(form | {name: getattr(row, name) for name in ("language", *NAMES)}, {})

    @expose("/", methods=["POST"])
    def save(self) -> Answer:
        """Save it, where all can be read and nobody has saved another one meanwhile."""
        form = {name: request.form.get(name, "").strip()[: NAME_MAX + 1] for name in (*_FIELDS, "version")}
        marks = {name: _sent(name) for name in _MARKS}
        row = branding_of(self.session)
        self.session.refresh(row, with_for_update=True)
        if errors := _wrong(form, marks, row):
            return self._form(form, errors), 422
        rebrand(
            self.session,
            self.actor,
            name={"ru": form["name_ru"], "en": form["name_en"]},
            language=form["language"],
            brand=form["brand"].lower(),
            accent=form["accent"].lower(),
            corner=form["corner"],
            logo=marks["logo"] or row.logo,
            logo_dark=marks["logo_dark"] or row.logo_dark,
        )
        flash(_("The brand is saved. Members see it from the next page on"), "good")
        return redirect(url_for(".index"), 303)

    def _form(self, form: Mapping[str, Any], errors: Mapping[str, str]) -> str:
        return self.page(
            "branding.html",
            form=form,
            errors=errors,
            hosts=hosts_of(self.session),
            preview=self.preview(*(form[name] for name in NAMES)),
        )


def _sent(name: str) -> str | None:
    """The mark that is sent along, as text; nothing where none is. What is no text is none that can be read."""
    found = request.files.get(name)
    if found is None or not found.filename:
        return None
    with closing(found):
        return found.stream.read(_MARK_BYTES + 1).decode("utf-8", "replace")


def _wrong(form: Mapping[str, str], marks: Mapping[str, str | None], row: Row) -> dict[str, str]:
    """Every refusal at its field."""
    errors = {}
    for name in ("name_ru", "name_en"):
        if not 0 < len(form[name]) <= NAME_MAX or not form[name].isprintable():
            errors[name] = _("Write the name, %(most)s characters at most", most=NAME_MAX)
    errors |= refused(try_brand(*(form[name] for name in NAMES)))
    for name, svg in marks.items():
        try:
            if svg is not None:
                mark.read(svg)
        except Refusal:
            errors[name] = _("A mark is an SVG of plain shapes: without text, pictures, styles and scripts")
    if form["language"] not in ("ru", "en") or form["corner"] not in ("sharp", "soft", "round"):
        errors[""] = _("Choose from the lists")
    if form["version"] != str(row.version):
        errors[""] = _(
            "Somebody has saved another brand since you opened this page. Open it anew: nothing was saved"
        )
    return errors
