"""Programs that call the API: what each may do, its secrets, its end; whatever gives more takes a second person."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.approvals import asked
from admin.console.client_bounds import ClientBounds
from admin.desk import Answer, Cell, Column, Listing, Visitor, asks
from admin.problems import refusal
from coalition.partners.asking import (
    NAME_MAX,
    ask_for_client,
    ask_for_scopes,
    ask_for_secret,
    draw_secret,
    to_draw,
)
from coalition.partners.bounds import keys_of
from coalition.partners.clients import all_clients, client_by_id, end_client, valid_secrets
from coalition.partners.models import ApiClient
from coalition.partners.queries import all_outlets, all_participants, outlets_of_participant
from coalition.programmes.queries import the_programme
from tenants.approvals.actions import facts_of
from tenants.permissions import Permission
from tenants.runtime import settings
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_


class Clients(ClientBounds):
    """The section of programs."""

    reads = Permission.DESK_CLIENT_READ
    permission = Permission.DESK_CLIENT_EDIT
    icon = "plug"

    @expose("/")
    def index(self) -> Answer:
        """Every program, those that have ended among them, and secrets that the person can draw."""
        w, owners = self.visitor.w, self._owners()

        def named(one: ApiClient) -> Cell:
            href = "" if one.ended_at else url_for("desk_clients.client", client_id=one.id)
            return Cell(one.name, one.id, href=href)

        columns = (
            Column[ApiClient](N_("Name"), named),
            Column[ApiClient](N_("State"), state_cell),
            Column[ApiClient](N_("Whose"), lambda one: Cell(owners[one.participant_id]), wide=True),
            Column[ApiClient](N_("May"), lambda one: Cell(", ".join(one.scopes)), wide=True),
            Column[ApiClient](N_("Since"), lambda one: Cell(w.moment(one.made_at)), wide=True),
        )
        rows = list(reversed(all_clients(self.session)))
        return self.page(
            "clients.html",
            listing=Listing(columns, rows, (), "", None, None),
            draws=draws_of(self.session, self.visitor),
            companies=[(one.id, owners[one.id], one.api_scopes) for one in all_participants(self.session)],
        )

    @expose("/new")
    @asks(Permission.DESK_CLIENT_EDIT)
    def new(self) -> Answer:
        """The form of a program; another participant chosen in it brings that one's outlets."""
        form = {"name": "", "participant": request.args.get("participant", ""), "outlet": ""}
        return self._new_page(form, (), {})

    @expose("/new", methods=["POST"])
    def add(self) -> Answer:
        """Ask another person to sign a program."""
        form = {name: request.form.get(name, "")[:200] for name in ("name", "participant", "outlet")}
        scopes = self.ticked()
        owners = {str(number): number for number in self._owners()}
        outlets = {str(one.id): one.id for one in all_outlets(self.session)}
        if form["participant"] not in owners:
            return self._new_page(form, scopes, {"participant": _("Choose whose program it is")}), 422
        if form["outlet"] and form["outlet"] not in outlets:
            return self._new_page(form, scopes, {"outlet": _("There is no such outlet")}), 422
        try:
            approval = ask_for_client(
                self.session,
                self.actor,
                name=form["name"],
                programme_id=the_programme(self.session).id,
                participant_id=owners[form["participant"]],
                scopes=scopes,
                outlet_id=outlets.get(form["outlet"]),
            )
        except Refusal as no:
            if isinstance(no, NotFound | Forbidden):
                raise
            roll_back()
            return self._new_page(form, scopes, {_field(no): refusal(no)}), no.status
        return asked(approval)

    @expose("/<client_id>")
    def client(self, client_id: str) -> Answer:
        """One program."""
        return self.client_page(client_by_id(self.session, client_id), {})

    @expose("/<client_id>/scopes", methods=["POST"])
    def scopes(self, client_id: str) -> Answer:
        """Ask another person to sign other scopes."""
        wanted = self.ticked()
        try:
            approval = ask_for_scopes(self.session, self.actor, client_id=client_id, scopes=wanted)
        except Refusal as no:
            if isinstance(no, NotFound | Forbidden):
                raise
            roll_back()
            one = client_by_id(self.session, client_id)
            return self.client_page(one, {_field(no): refusal(no)}, wanted), no.status
        if approval is None:
            flash(_("That was so already. Nothing was changed"), "note")
            return redirect(url_for("desk_clients.client", client_id=client_id), 303)
        return asked(approval)

    @expose("/<client_id>/secret", methods=["POST"])
    def secret(self, client_id: str) -> Answer:
        """Ask another person to sign a new secret."""
        try:
            return asked(ask_for_secret(self.session, self.actor, client_id=client_id))
        except Refusal as no:
            if isinstance(no, NotFound | Forbidden):
                raise
            roll_back()
            return self.client_page(client_by_id(self.session, client_id), {"": refusal(no)}), no.status

    @expose("/<client_id>/end", methods=["POST"])
    def end(self, client_id: str) -> Answer:
        """Let it in no more, at once."""
        name = client_by_id(self.session, client_id).name
        asked, back = _("End the program “%(name)s”?", name=name), url_for(".client", client_id=client_id)
        means = _(
            "It is let in no more from this moment on, and cannot be let in again: another one has to be added"
        )
        if (question := self.question(asked, means, _("Let it in no more"), back)) is not None:
            return question
        end_client(self.session, self.actor, client_id=client_id)
        flash(_("“%(name)s” is let in no more", name=name), "good")
        return redirect(url_for("desk_clients.index"), 303)

    @expose("/draw/<uuid:approval_id>", methods=["POST"])
    def draw(self, approval_id: UUID) -> Answer:
        """Show a signed secret to who asked for it, once."""
        try:
            one, secret = draw_secret(self.session, self.actor, approval_id=approval_id)
        except Refusal as no:
            if isinstance(no, NotFound | Forbidden):
                raise
            roll_back()
            flash(refusal(no), "note")
            return redirect(url_for("desk_clients.index"), 303)
        earlier = len(valid_secrets(self.session, one.id)) > 1
        home = url_for("desk_clients.index")
        return self.page("client_secret.html", one=one, secret=secret, earlier=earlier, home=home)

    def _owners(self) -> dict[int, str]:
        lang = self.visitor.w.lang
        return {one.id: one.name.get(lang) or one.code for one in all_participants(self.session)}

    def _new_page(self, form: Mapping[str, str], scopes: Sequence[str], errors: dict[str, str]) -> str:
        lang = self.visitor.w.lang
        owners = self._owners()
        chosen = next((one for one in owners if str(one) == form["participant"]), next(iter(owners), 0))
        outlets = outlets_of_participant(self.session, chosen)
        return self.page(
            "client_new.html",
            form=form,
            ticked=scopes,
            scopes=self.known_scopes(),
            owners=owners,
            outlets=[(one.id, one.name.get(lang) or one.code) for one in outlets],
            most=NAME_MAX,
            errors=errors,
        )

    def client_page(self, one: ApiClient, errors: dict[str, str], ticked: Sequence[str] | None = None) -> str:
        """A program's page."""
        outlets = {row.id: row.name.get(self.visitor.w.lang) or row.code for row in all_outlets(self.session)}
        return self.page(
            "client.html",
            one=one,
            owner=self._owners()[one.participant_id],
            outlet=outlets[one.outlet_id] if one.outlet_id else "",
            scopes=self.known_scopes(),
            ticked=one.scopes if ticked is None else ticked,
            held=valid_secrets(self.session, one.id),
            per_minute=settings.current().api_requests_per_minute,
            keys=keys_of(one),
            may_limit=self.visitor.may(Permission.DESK_CLIENT_LIMIT),
            errors=errors,
        )


def draws_of(session: Session, visiting: Visitor) -> list[tuple[UUID, str]]:
    """Signed secrets that whoever looks has asked for and not seen yet."""
    if visiting.actor.id is None or not visiting.may(Permission.DESK_CLIENT_EDIT):
        return []
    return [(one.id, facts_of(one)["after"]["name"]) for one in to_draw(session, visiting.actor.id)]


def state_cell(one: ApiClient) -> Cell:
    """Whether it is let in, as a chip."""
    if one.ended_at is None:
        return Cell(_("Let in"), tone="good", icon="check-circle")
    return Cell(_("Ended"), tone="still", icon="slash-circle")


def _field(no: Refusal) -> str:
    if no.code.startswith("client_outlet"):
        return "outlet"
    return {"client_name": "name", "client_scopes": "scope"}.get(no.code, "")
