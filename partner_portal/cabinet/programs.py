"""The company's own programs that call the API: made within what the programme lets it, ended, with new secrets."""

from collections.abc import Mapping, Sequence

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.clients import state_cell
from admin.desk import Answer, Cell, Column, Listing, asks
from admin.problems import refusal
from coalition.partners import own_clients
from coalition.partners.asking import NAME_MAX
from coalition.partners.clients import valid_secrets
from coalition.partners.models import ApiClient, Outlet
from coalition.partners.queries import outlets_of_participant
from coalition.programmes.queries import the_programme
from partner_portal.api.callers import SCOPES
from partner_portal.cabinet.base import PortalView
from tenants.permissions import Permission
from tenants.runtime import settings
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_


class Programs(PortalView):
    """The section of programs."""

    reads = Permission.PORTAL_CLIENT_READ
    permission = Permission.PORTAL_CLIENT_EDIT
    icon = "plug"
    begins = ("new", "add")

    @expose("/")
    def index(self) -> Answer:
        """Every program of the company, those that have ended among them."""

        def named(one: ApiClient) -> Cell:
            href = "" if one.ended_at else url_for(".program", client_id=one.id)
            return Cell(one.name, one.id, href=href)

        w = self.visitor.w
        columns = (
            Column[ApiClient](N_("Name"), named),
            Column[ApiClient](N_("State"), state_cell),
            Column[ApiClient](N_("May"), lambda one: Cell(", ".join(one.scopes)), wide=True),
            Column[ApiClient](N_("Since"), lambda one: Cell(w.moment(one.made_at)), wide=True),
        )
        found = own_clients.clients_of_participant(self.session, self.own)
        listing = Listing(columns, found, (), "", None, None, tells_all=True)
        return self.page("portal/programs.html", listing=listing, allowed=self._allowed())

    @expose("/new")
    @asks(Permission.PORTAL_CLIENT_EDIT)
    def new(self) -> Answer:
        """The form of a program."""
        return self._new_page({"name": "", "outlet": ""}, (), {})

    @expose("/new", methods=["POST"])
    def add(self) -> Answer:
        """Make it, and show its secret this once."""
        form = {name: request.form.get(name, "").strip()[:200] for name in ("name", "outlet")}
        scopes = [one for one in request.form.getlist("scope") if one in SCOPES]
        outlets = {str(one.id): one.id for one in self._outlets()}
        if form["outlet"] and form["outlet"] not in outlets:
            return self._new_page(form, scopes, {"outlet": _("There is no such outlet")}), 422
        try:
            one, secret = own_clients.add_own_client(
                self.session,
                self.actor,
                name=form["name"],
                programme_id=the_programme(self.session).id,
                scopes=scopes,
                outlet_id=outlets.get(form["outlet"]),
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._new_page(form, scopes, {_FIELD.get(no.code, ""): refusal(no)}), no.status
        return self._secret_page(one, secret)

    @expose("/<client_id>")
    def program(self, client_id: str) -> Answer:
        """One program."""
        one = own_clients.own_client(self.session, self.own, client_id)
        outlets = {row.id: self._called(row) for row in self._outlets()}
        return self.page(
            "portal/program.html",
            one=one,
            outlet=outlets.get(one.outlet_id, "") if one.outlet_id else "",
            may=[(code, _(SCOPES[code].about)) for code in one.scopes if code in SCOPES],
            held=valid_secrets(self.session, one.id),
            per_minute=one.requests_per_minute or settings.current().api_requests_per_minute,
        )

    @expose("/<client_id>/secret", methods=["POST"])
    def secret(self, client_id: str) -> Answer:
        """Show its next secret this once; the one before holds for some days."""
        return self._secret_page(*own_clients.renew_own_secret(self.session, self.actor, client_id=client_id))

    @expose("/<client_id>/end", methods=["POST"])
    def end(self, client_id: str) -> Answer:
        """Let it in no more, at once."""
        name = own_clients.own_client(self.session, self.own, client_id).name
        asked, back = _("End the program “%(name)s”?", name=name), url_for(".program", client_id=client_id)
        means = _(
            "It is let in no more from this moment on, and cannot be let in again: another one has to be added"
        )
        if (question := self.question(asked, means, _("Let it in no more"), back)) is not None:
            return question
        own_clients.end_own_client(self.session, self.actor, client_id=client_id)
        flash(_("“%(name)s” is let in no more", name=name), "good")
        return redirect(url_for(".index"), 303)

    def _allowed(self) -> dict[str, str]:
        """What programs of the company may do at most, each in words."""
        return {code: _(SCOPES[code].about) for code in self.owner.api_scopes if code in SCOPES}

    def _outlets(self) -> Sequence[Outlet]:
        return outlets_of_participant(self.session, self.own)

    def _called(self, outlet: Outlet) -> str:
        return str(outlet.name.get(self.visitor.w.lang) or outlet.code)

    def _secret_page(self, one: ApiClient, secret: str) -> str:
        earlier = len(valid_secrets(self.session, one.id)) > 1
        home = url_for(".index")
        return self.page("client_secret.html", one=one, secret=secret, earlier=earlier, home=home)

    def _new_page(self, form: Mapping[str, str], scopes: Sequence[str], errors: dict[str, str]) -> str:
        return self.page(
            "portal/program_new.html",
            form=form,
            ticked=scopes,
            scopes=self._allowed(),
            outlets=[(one.id, self._called(one)) for one in self._outlets() if one.closed_at is None],
            most=NAME_MAX,
            errors=errors,
        )


_FIELD = {
    "client_name": "name",
    "client_scopes": "scope",
    "client_not_allowed": "scope",
    "client_outlet": "outlet",
    "client_outlet_other": "outlet",
}
