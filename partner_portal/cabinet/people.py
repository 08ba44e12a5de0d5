"""People of the partner: invited by a link that is shown once, deactivated and activated again."""

from uuid import UUID

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.desk import Answer, Cell, Column, Listing
from admin.problems import refusal
from partner_portal.cabinet.base import PortalView
from tenants import own_password
from tenants import staff as people
from tenants.models import Staff
from tenants.permissions import OF_PARTICIPANTS, Permission
from tenants.roles import Known, holders, roles
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_OF_ADDRESS = {
    "login_invalid": N_(
        "Write an e-mail address of small Latin letters and digits, like anna@example.com, 64 characters at most"
    ),
    "login_known": N_("Somebody signs in with this address already. Write another one"),
}
"""Here the login is asked for as an e-mail address."""
_FIELD = {"staff_name": "name", "role_unknown": "role"}


class People(PortalView):
    """The section of people."""

    reads = Permission.PORTAL_STAFF_READ
    permission = Permission.PORTAL_STAFF_EDIT
    icon = "people"

    @expose("/")
    def index(self) -> Answer:
        """Everybody of the company."""
        having, known, lang = holders(self.session), _roles(self.session), self.visitor.w.lang
        columns = (
            Column[Staff](N_("Person"), lambda one: Cell(one.name, one.login)),
            Column[Staff](
                N_("Roles"),
                lambda one: Cell(
                    ", ".join(known[code].names[lang] for code in having.get(one.id, ()) if code in known)
                ),
                wide=True,
            ),
            Column[Staff](N_("State"), _state),
        )
        found = people.people_of(self.session, self.own)
        listing = Listing(columns, found, (), "", None, None, tells_all=True)
        others = [one for one in found if one.id != self.actor.id]
        return self.page("portal/people.html", listing=listing, others=others, form={}, roles=known.values())

    @expose("/", methods=["POST"])
    def invite(self) -> Answer:
        """Invite somebody, and show the link by which the password is set."""
        form = {name: request.form.get(name, "").strip()[:200] for name in ("login", "name", "role")}
        try:
            if form["role"] not in _roles(self.session):
                raise Refusal("role_unknown")
            staff = people.invite_staff(
                self.session,
                self.actor,
                login=form["login"],
                name=form["name"],
                roles=[form["role"]],
                participant_id=self.own,
            )
            return self._link_page(staff)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            said = _(_OF_ADDRESS[no.code]) if no.code in _OF_ADDRESS else refusal(no)
            errors = {_FIELD.get(no.code, "login"): said}
            return self.page(
                "portal/person_new.html", form=form, errors=errors, roles=_roles(self.session).values()
            ), 422

    @expose("/<uuid:staff_id>/<step>", methods=["POST"])
    def step(self, staff_id: UUID, step: str) -> Answer:
        """Deactivate somebody, or activate; or a new link for who has no password yet."""
        staff = people.staff_by_id(self.session, staff_id)
        if staff.participant_id != self.own or step not in ("deactivate", "activate", "link"):
            raise NotFound("staff_unknown")
        if step == "link":
            return self._link_page(staff)
        if step == "deactivate":
            asked, means = (
                _("Deactivate %(name)s?", name=staff.name),
                _("Every sign-in ends at once. What was done keeps the name"),
            )
            if (question := self.question(asked, means, _("Deactivate"), url_for(".index"))) is not None:
                return question
            said = _("Deactivated. Every sign-in of this person has ended")
            self.attempt(lambda: people.deactivate(self.session, self.actor, staff_id=staff_id), said)
        else:
            said = _("This person can sign in again")
            self.attempt(lambda: people.activate(self.session, self.actor, staff_id=staff_id), said)
        return redirect(url_for(".index"), 303)

    def _link_page(self, staff: Staff) -> str:
        """The link by which she sets her password, shown this once; an earlier one holds no more."""
        secret = own_password.make_link(self.session, self.actor, staff_id=staff.id)
        address = url_for("desk_door.link", secret=secret, _external=True)
        return self.page("portal/person_link.html", staff=staff, address=address)


def _roles(session: Session) -> dict[str, Known]:
    """Roles that open nothing but what people of a participant may see."""
    return {code: role for code, role in roles(session).items() if role.permissions <= OF_PARTICIPANTS}


def _state(staff: Staff) -> Cell:
    if not staff.active:
        return Cell(_("Deactivated"), tone="none", icon="slash-circle")
    if staff.password_hash is None:
        return Cell(_("Invited, has no password yet"), tone="wait", icon="hourglass-split")
    return Cell(_("Active"), tone="good", icon="check-circle")
