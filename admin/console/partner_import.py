"""Outlets and terminals from a file: what it would change is shown first, and only that is done."""

import io
from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import words
from admin.desk import Answer, TakesFiles, attachment
from admin.problems import refusal
from admin.uploads import list_refused, no_file, sent_file
from coalition.partners.importing import COLUMNS, Plan, bring_outlets, plan_outlets
from coalition.partners.keeping import OUTLET_TEXTS
from tenants.approvals.papers import keep_paper, open_paper
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.tables import write_csv
from tenants.runtime.web import roll_back
from tenants.translations import N_

FILE_MEGABYTES = 16
ROWS_SHOWN = 200
FIELDS = {
    "name_ru": N_("Name in Russian"),
    "name_en": N_("Name in English"),
    "zone": N_("Time zone"),
    "region": N_("Region"),
    "brand": N_("Brand of the outlet"),
    "franchise": N_("Franchise"),
}


_SAMPLE = {"outlet": "centre-1", "name_ru": "Центральная", "name_en": "Central", "region": "north"}


class PartnerImport(TakesFiles):
    """The pages of a file of outlets and terminals."""

    reads = permission = Permission.DESK_PARTNER_EDIT
    icon = "shop"
    within = "desk_partners"
    upload_megabytes = FILE_MEGABYTES
    home = "desk_partners.index"
    columns = COLUMNS
    whole = False
    """Whether all rows are taken or none."""

    @expose("/")
    def index(self) -> Answer:
        """Ask for a file."""
        return self._form()

    @expose("/", methods=["POST"])
    def look(self) -> Answer:
        """Say what the file would change, and keep it until somebody says so."""
        if (file := sent_file()) is None:
            return self._form(no_file()), 422
        try:
            plan = plan_outlets(self.session, self.actor, stream=file.stream)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._form({"file": list_refused(no, self.visitor.w.lang)}), 422
        fits = plan.steps and not (self.whole and plan.rejects)
        kept = keep_paper(self.session, file.stream) if fits else ""
        return self._told(plan, kept)

    @expose("/make", methods=["POST"])
    def make(self) -> Answer:
        """Make exactly the changes that were shown."""
        try:
            stream = open_paper(self.session, request.form.get("file", ""))
            plan = bring_outlets(self.session, self.actor, stream=stream, meant=request.form.get("meant", ""))
        except (NotFound, Forbidden):
            raise
        except Conflict:
            roll_back()
            return self._form({"": refusal(Conflict("import_differs"))}), 409
        except Refusal as no:
            roll_back()
            return self._form({"": refusal(no)}), no.status
        flash(_("Done: %(told)s", told=self._counted(plan)), "good")
        return redirect(url_for(self.home), 303)

    @expose("/sample.csv")
    def sample(self) -> Answer:
        """A file as it is meant to be, with one row."""
        said = _SAMPLE | {"partner": self.sample_partner(), "zone": self.visitor.w.zone}
        stream = io.StringIO()
        write_csv(stream, self.columns, [[said.get(name, "") for name in self.columns]])
        return attachment(stream.getvalue(), "outlets.csv")

    def sample_partner(self) -> str:
        """The partner's code in the sample."""
        return "cafe"

    def _counted(self, plan: Plan) -> str:
        w, counts = self.visitor.w, counted(plan)
        if "mid" not in self.columns:
            return _(
                "outlets added %(outlets)s, changed %(changed)s",
                outlets=w.number(counts["outlet", "added"]),
                changed=w.number(counts["outlet", "changed"]),
            )
        return _(
            "outlets added %(outlets)s, changed %(changed)s; tills added %(tills)s",
            outlets=w.number(counts["outlet", "added"]),
            changed=w.number(counts["outlet", "changed"]),
            tills=w.number(counts["terminal", "added"]),
        )

    def _told(self, plan: Plan, kept: str) -> str:
        lang = self.visitor.w.lang
        return self.page(
            "partner_import_look.html",
            plan=plan,
            counts=counted(plan),
            kept=kept,
            whole=self.whole,
            home=url_for(self.home),
            shown=plan.steps[:ROWS_SHOWN],
            rejects=plan.rejects[:ROWS_SHOWN],
            why=lambda reject: words.reject_of_list(reject.code, lang),
            fields={name: _(said) for name, said in FIELDS.items()},
        )

    def _form(self, errors: dict[str, str] | None = None) -> str:
        return self.page(
            "partner_import.html",
            errors=errors or {},
            most=self.upload_megabytes,
            columns=", ".join(self.columns),
            longest={name: self.visitor.w.number(most) for name, most in OUTLET_TEXTS.items()},
            whole=self.whole,
            home=url_for(self.home),
        )


def counted(plan: Plan) -> Mapping[tuple[str, str], int]:
    """How many steps of each kind there are."""
    kinds = (("outlet", "added"), ("outlet", "changed"), ("terminal", "added"))
    return {kind: sum((step.what, step.how) == kind for step in plan.steps) for kind in kinds}
