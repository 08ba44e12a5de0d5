"""The wizard that opens a tenant: a template, and five steps that each keep what was filled in, right or wrong."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import select, update

from admin import promotion_words
from admin.console.brand_form import NAMES, TriesBrands
from admin.desk import Answer
from admin.opening.addresses import address_of_desk
from admin.opening.checking import flaws
from admin.opening.opening import Flawed, Opened, open_by
from admin.opening.templates import business, businesses
from admin.operator import draft as drafts
from admin.operator.draft import STEPS
from admin.operator.told import Told, promotions_told, summary
from admin.operator.within import within
from coalition.promotions.checking import Flaw
from tenants.audit import record
from tenants.branding.shapes import SHAPES
from tenants.models import Host, OpeningDraft, Tenant
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.ids import new_id
from tenants.translations import N_

TITLES = {
    "who": N_("Name and address"),
    "brand": N_("Brand"),
    "programme": N_("Programme"),
    "promotions": N_("Promotions"),
    "person": N_("Administrator"),
    "check": N_("Check and open"),
}
CURRENCIES = ("RUB", "BYN", "KZT", "UZS", "AMD", "GEL", "AZN", "CNY", "EUR", "GBP", "USD")
_LONGEST = 500
_OPENED = "opened"
"""The one field of a draft by which a tenant was opened: its short name, for who comes back to it."""


class Wizard(TriesBrands):
    """Drafts of tenants, each its operator's own; their place in the menu is that of tenants."""

    reads = Permission.OPERATOR_TENANT_EDIT
    permission = Permission.OPERATOR_TENANT_EDIT
    within = "desk_tenants"

    @expose("/")
    def index(self) -> Answer:
        """Which kind of business it is, or a draft that is not opened yet."""
        begun = self.session.scalars(
            select(OpeningDraft)
            .where(
                OpeningDraft.tenant_id == tenant_of(self.session),
                OpeningDraft.staff_id == self.actor.id,
                ~OpeningDraft.fields.has_key(_OPENED),
            )
            .order_by(OpeningDraft.changed_at.desc())
        ).all()
        titles = {one.code: one.title[self.visitor.w.lang] for one in businesses()}
        return self.page("opening_new.html", businesses=businesses(), begun=begun, titles=titles)

    @expose("/", methods=["POST"])
    def begin(self) -> Answer:
        """Begin a draft of a template."""
        code = business(request.form.get("template", "")[:32]).code
        fields = drafts.beginning(code)
        row = OpeningDraft(
            tenant_id=tenant_of(self.session),
            id=new_id(),
            staff_id=self.actor.id,
            changed_at=clock.real_now(),
            template=code,
            fields=fields,
        )
        self.session.add(row)
        return redirect(url_for("desk_opening.step", opening_id=row.id, step=STEPS[0]), 303)

    @expose("/<uuid:opening_id>/<step>")
    def step(self, opening_id: UUID, step: str) -> Answer:
        """A step with what was filled in; of what is open already the tenant, where a way back leads."""
        row = self._draft(opening_id)
        return self._already(row) or self._step(row, step, {})

    @expose("/<uuid:opening_id>/<step>", methods=["POST"])
    def save(self, opening_id: UUID, step: str) -> Answer:
        """Keep what was filled in; go on where nothing is wrong with it, or back whatever it is."""
        if step == "check":
            return self._open(opening_id)
        row = self._draft(opening_id, lock=True)
        if (opened := self._already(row)) is not None:
            return opened
        names = drafts.names_of(row.template, step)
        if not names:
            raise NotFound("page_unknown")
        sent = {name: request.form.get(name, "").strip()[:_LONGEST] for name in names}
        row.fields, row.changed_at = {**row.fields, **sent}, clock.real_now()
        place = STEPS.index(step)
        if request.form.get("do") == "back":
            return (
                redirect(self._address(row, STEPS[place - 1]), 303)
                if place
                else redirect(url_for(".index"), 303)
            )
        if wrong := self._wrong(row, step):
            return self._step(row, step, wrong), 422
        if request.form.get("do") == "show":
            return redirect(self._address(row, step), 303)
        return redirect(self._address(row, STEPS[place + 1]), 303)

    @expose("/<uuid:opening_id>/discard", methods=["POST"])
    def discard(self, opening_id: UUID) -> Answer:
        """Throw a draft away."""
        self.session.delete(self._draft(opening_id, lock=True))
        return redirect(url_for("desk_tenants.index"), 303)

    def _open(self, opening_id: UUID) -> Answer:
        """Open the tenant, and show where it is and the link for its first person, once."""
        row, lang = self._draft(opening_id), self.visitor.w.lang
        if (opened_before := self._already(row)) is not None:
            return opened_before
        document = drafts.document_of(row.template, row.fields, lang=lang)
        by = {"operator": self.visitor.name}
        try:
            with within(None) as session:
                opened = open_by(session, document, by=by)
        except Flawed as flawed:
            row = self._draft(opening_id)  # the request's own transaction has begun anew
            return self._step(row, "check", drafts.errors_of(row.template, row.fields, flawed.flaws)), 422
        except Conflict as no:
            row = self._draft(opening_id)
            return self._already(row) or (self._step(row, "check", _taken(no)), 422)
        record(
            self.session,
            self.actor,
            "tenant.open",
            f"tenant {opened.slug}",
            after={"hosts": list(opened.hosts)},
        )
        kept = update(OpeningDraft).where(OpeningDraft.tenant_id == tenant_of(self.session))
        own = kept.where(OpeningDraft.id == opening_id)  # or another tab has thrown it away
        self.session.execute(own.values(fields={_OPENED: opened.slug}, changed_at=clock.real_now()))
        return self._opened(opened, document["participants"][0]["code"])

    def _already(self, row: OpeningDraft) -> Answer | None:
        """To the tenant that was opened by this draft, in another tab or before going back, if there is one."""
        if (slug := row.fields.get(_OPENED)) is None:
            return None
        flash(_("This tenant is open already"), "note")
        return redirect(url_for("desk_tenants.tenant", slug=slug), 303)

    def _opened(self, opened: Opened, participant: str) -> str:
        desk = address_of_desk(opened.hosts[0])
        return self.page(
            "opening_done.html",
            opened=opened,
            participant=participant,
            cabinet=desk.removesuffix("/desk"),
            desk=desk,
            link=f"{desk}/link/{opened.link}",
        )

    def _draft(self, opening_id: UUID, *, lock: bool = False) -> OpeningDraft:
        """One's own draft; NotFound("draft_unknown")."""
        row = self.session.get(
            OpeningDraft,
            (tenant_of(self.session), opening_id),
            with_for_update=lock or None,
            populate_existing=lock,
        )
        if row is None or row.staff_id != self.actor.id:
            raise NotFound("draft_unknown")
        return row

    def _wrong(self, row: OpeningDraft, step: str) -> dict[str, Flaw]:
        found = drafts.step_flaws(row.template, row.fields, step, self.visitor.w.lang)
        if step == "who":
            document = drafts.document_of(row.template, row.fields, lang=self.visitor.w.lang)
            found = self._known_already(document) | found
        return found

    def _known_already(self, document: Mapping[str, Any]) -> dict[str, Flaw]:
        """A short name or an address that another tenant has; whoever opens at the same moment is met at the end."""
        found: dict[str, Flaw] = {}
        if not all(said.isprintable() for said in (document["slug"], *document["hosts"])):
            return found
        if self.session.scalars(select(Tenant.id).where(Tenant.slug == document["slug"])).first() is not None:
            found |= _taken(Conflict("tenant_exists", slug=document["slug"]))
        taken = select(Host.name).where(Host.name.in_(document["hosts"])).order_by(Host.name)
        if (host := self.session.scalars(taken).first()) is not None:
            found |= _taken(Conflict("host_taken", host=host))
        return found

    def _address(self, row: OpeningDraft, step: str) -> str:
        return url_for("desk_opening.step", opening_id=row.id, step=step)

    def _step(self, row: OpeningDraft, step: str, wrong: Mapping[str, Flaw]) -> str:
        if step not in STEPS:
            raise NotFound("page_unknown")
        w, fields, one = self.visitor.w, row.fields, business(row.template)
        shown: dict[str, Any] = {
            "draft": row,
            "business": one,
            "step": step,
            "steps": [(code, _(title), self._address(row, code)) for code, title in TITLES.items()],
            "form": fields,
            "errors": {name: promotion_words.flaw(flaw, w.lang) for name, flaw in wrong.items()},
            "address": self._address(row, step),
        }
        match step:
            case "who":
                shown |= {"zones": sorted(available_timezones()), "currencies": CURRENCIES}
            case "brand":
                shown |= {
                    "preview": self.preview(*(fields.get(name, "") for name in NAMES)),
                    "shapes": list(SHAPES),
                }
            case "promotions":
                shown["told"] = promotions_told(one, fields, w)
            case "check":
                document = drafts.document_of(row.template, fields, lang=w.lang)
                found = wrong or drafts.errors_of(row.template, fields, flaws(document))
                shown["told"] = self._summary(row, document, found)
        return self.page(f"opening_{step}.html", **shown)

    def _summary(self, row: OpeningDraft, document: Mapping[str, Any], found: Mapping[str, Flaw]) -> Told:
        w = self.visitor.w
        wrong = []
        for name, flaw in found.items():
            step = drafts.step_of(row.template, name)
            title = f"{_(TITLES[step])} · {_(_LABELS[name])}" if name in _LABELS else _(TITLES[step])
            wrong.append((title, promotion_words.flaw(flaw, w.lang), self._address(row, step)))
        return Told(summary(business(row.template), document, row.fields, w), wrong)


_LABELS = {
    "name_ru": N_("Name in Russian"),
    "name_en": N_("Name in English"),
    "slug": N_("Short name"),
    "hosts": N_("Addresses"),
    "person_name": N_("Full name"),
    "person_login": N_("Login"),
    "programme_ru": N_("Programme's name in Russian"),
    "programme_en": N_("Programme's name in English"),
}
"""What the steps' forms call these fields, for who sees the flaws of all steps together."""


def _taken(no: Conflict) -> dict[str, Flaw]:
    field = "hosts" if no.code == "host_taken" else "slug"
    return {field: Flaw(field, no.code, no.code, dict(no.facts))}
