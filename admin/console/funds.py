"""Funds at the desk: what they gather for, their documents, and which participant each is."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, Cell, Column, Listing, TakesFiles
from admin.problems import refusal
from admin.uploads import no_file, sent_file
from charity.actions import add_document, begin_campaign, belong, remove_document
from charity.models import Fund
from charity.queries import Gathered, campaigns, documents, fund_by_id, funds
from coalition.cabinet.kinds.base import read_points
from coalition.papers import MEGABYTES_MAX
from coalition.partners.queries import all_participants
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

FIELDS = ("name_ru", "name_en", "goal", "starts_on", "ends_on")
_PLACES = {"campaign_goal": "goal", "campaign_days": "ends_on", "campaign_name": "name_ru"}


class Funds(TakesFiles):
    """The section of funds."""

    reads = permission = Permission.DESK_FUND_EDIT
    icon = "heart"
    upload_megabytes = MEGABYTES_MAX + 1

    @expose("/")
    def index(self) -> Answer:
        """Every fund with what it has collected."""
        w, sums = self.visitor.w, dict[int, tuple[int, int]]()
        for one in campaigns(self.session, None):
            minor, many = sums.get(one.fund.id, (0, 0))
            sums[one.fund.id] = minor + one.minor, many + 1

        def named(fund: Fund) -> Cell:
            return Cell(self._said(fund.name), fund.code, href=url_for("desk_funds.fund", fund_id=fund.id))

        columns = (
            Column[Fund](N_("Fund"), named),
            Column[Fund](
                N_("Collections"), lambda fund: Cell(w.number(sums.get(fund.id, (0, 0))[1])), number=True
            ),
            Column[Fund](
                N_("Collected"), lambda fund: Cell(w.money(sums.get(fund.id, (0, 0))[0])), number=True
            ),
        )
        listing = Listing(columns, funds(self.session), (), "", None, None)
        return self.page("funds.html", listing=listing)

    @expose("/<int:fund_id>")
    def fund(self, fund_id: int) -> Answer:
        """One fund."""
        return self._page(fund_id, dict.fromkeys(FIELDS, ""), {})

    @expose("/<int:fund_id>/campaigns", methods=["POST"])
    def campaign(self, fund_id: int) -> Answer:
        """Begin a collection, or show the form again with what is wrong."""
        fund_by_id(self.session, fund_id)
        form = {name: request.form.get(name, "").strip()[:120] for name in FIELDS}
        errors: dict[str, str] = {}
        goal, days = 0, {name: _day(form[name], name, errors) for name in ("starts_on", "ends_on")}
        try:
            goal = read_points(form["goal"], self.visitor.w)
        except Refusal:
            errors["goal"] = _("Write a goal above nothing")
        ends_on = days["ends_on"]
        if errors or ends_on is None:
            return self._page(fund_id, form, errors), 422
        name = {lang: form[f"name_{lang}"] or form["name_ru"] or form["name_en"] for lang in ("ru", "en")}
        try:
            begin_campaign(
                self.session, self.actor, fund_id=fund_id, name=name, goal=goal, starts_on=days["starts_on"],
                ends_on=ends_on,
            )  # fmt: skip
        except Refusal as no:
            roll_back()
            return self._page(fund_id, form, {_PLACES.get(no.code, ""): refusal(no)}), no.status
        flash(_("Members see the collection now, or from its first day on"), "good")
        return redirect(url_for("desk_funds.fund", fund_id=fund_id), 303)

    @expose("/<int:fund_id>/documents", methods=["POST"])
    def document(self, fund_id: int) -> Answer:
        """Keep a document that everybody may read."""
        fund_by_id(self.session, fund_id)
        form, sent = dict.fromkeys(FIELDS, ""), sent_file()
        if sent is None:
            return self._page(fund_id, form, no_file()), 422
        try:
            content = sent.stream.read((MEGABYTES_MAX << 20) + 1)
            add_document(self.session, self.actor, fund_id=fund_id, name=sent.name, content=content)
        except Refusal as no:
            roll_back()
            return self._page(fund_id, form, {"file": refusal(no)}), no.status
        flash(_("Everybody can read it now"), "good")
        return redirect(url_for("desk_funds.fund", fund_id=fund_id), 303)

    @expose("/<int:fund_id>/documents/<int:document_id>/remove", methods=["POST"])
    def remove(self, fund_id: int, document_id: int) -> Answer:
        """Keep a document no longer."""
        remove_document(self.session, self.actor, fund_id=fund_id, document_id=document_id)
        flash(_("The document is removed"), "good")
        return redirect(url_for("desk_funds.fund", fund_id=fund_id), 303)

    @expose("/<int:fund_id>/participant", methods=["POST"])
    def participant(self, fund_id: int) -> Answer:
        """Say which participant the fund is."""
        fund_by_id(self.session, fund_id)
        said = request.form.get("participant", "")
        known = {str(one.id): one.id for one in all_participants(self.session)}
        if said and said not in known:
            raise NotFound("participant_unknown")
        number = known[said] if said else None
        belong(self.session, self.actor, fund_id=fund_id, participant_id=number)
        flash(_("Saved. Its people see the fund's gifts in the partner's place"), "good")
        return redirect(url_for("desk_funds.fund", fund_id=fund_id), 303)

    def _page(self, fund_id: int, form: Mapping[str, str], errors: Mapping[str, str]) -> str:
        fund, w = fund_by_id(self.session, fund_id), self.visitor.w
        own = [one for one in campaigns(self.session, None) if one.fund.id == fund_id]
        columns = (
            Column[Gathered](N_("Collection"), lambda one: Cell(self._said(one.campaign.name))),
            Column[Gathered](
                N_("Goal"), lambda one: Cell(w.points(one.campaign.goal)), number=True, wide=True
            ),
            Column[Gathered](
                N_("Collected"), lambda one: Cell(w.points(one.points), w.money(one.minor)), number=True
            ),
            Column[Gathered](N_("Until"), lambda one: Cell(w.short_day(one.campaign.ends_on))),
        )
        return self.page(
            "fund.html",
            fund=fund,
            name=self._said(fund.name),
            form=form,
            errors=errors,
            listing=Listing(columns, own, (), "", None, None),
            documents=[one for one in documents(self.session) if one.fund_id == fund_id],
            participants=[(one.id, self._said(one.name)) for one in all_participants(self.session)],
            megabytes=MEGABYTES_MAX,
        )

    def _said(self, name: Mapping[str, Any]) -> str:
        return str(name.get(self.visitor.w.lang) or next(iter(name.values()), ""))


def _day(text: str, name: str, errors: dict[str, str]) -> date | None:
    if not text and name == "starts_on":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[name] = _("Choose a day")
        return None
