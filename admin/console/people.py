"""People of the staff: who they are and what roles they have; invited by a link that is shown once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import func, select

from admin.desk import Answer, Cell, Column, DeskView, Listing, asks
from admin.problems import refusal
from coalition.partners.models import Participant
from tenants import own_password
from tenants import staff as people
from tenants.models import SignIn, Staff
from tenants.permissions import Permission
from tenants.roles import Known, holders, roles, roles_of
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_FIELD = {"login_invalid": "login", "login_known": "login", "staff_name": "name"}
_STEPS: dict[str, tuple[Callable[..., object], str]] = {
    "deactivate": (people.deactivate, N_("Deactivated. Every sign-in of this person has ended")),
    "activate": (people.activate, N_("This person can sign in again")),
    "second-factor": (
        people.reset_second_factor,
        N_("The second factor is off. This person signs in by the password alone until it is set up again"),
    ),
}


class People(DeskView):
    """The section of people."""

    reads = Permission.DESK_STAFF_READ
    permission = Permission.DESK_STAFF_EDIT
    icon = "people"

    @expose("/")
    def index(self) -> Answer:
        """Everybody, those who are active first, by name."""
        known, having, seen = roles(self.session), holders(self.session), self._seen()
        columns = (
            Column[Staff](
                N_("Person"),
                lambda one: Cell(one.name, one.login, url_for("desk_people.person", staff_id=one.id)),
            ),
            Column[Staff](
                N_("Roles"),
                lambda one: Cell(
                    self._called([role for role in known.values() if role.code in having.get(one.id, ())])
                    or _("None")
                ),
                wide=True,
            ),
            Column[Staff](N_("State"), _state),
            Column[Staff](
                N_("Last seen"),
                lambda one: Cell(self.visitor.w.moment(seen[one.id]) if one.id in seen else _("Never")),
                wide=True,
            ),
        )
        everybody = self.session.scalars(
            select(Staff)
            .where(Staff.tenant_id == tenant_of(self.session), Staff.guest.is_(False))
            .order_by(Staff.active.desc(), Staff.name, Staff.login)
        ).all()
        return self.page(
            "people.html", listing=Listing(columns, everybody, (), "", None, None, tells_all=True)
        )

    @expose("/new")
    @asks(Permission.DESK_STAFF_EDIT)
    def new(self) -> Answer:
        """The form of an invitation."""
        return self._form({})

    @expose("/new", methods=["POST"])
    def invite(self) -> Answer:
        """Invite somebody, and show the link by which the password is set."""
        try:
            staff = people.invite_staff(
                self.session,
                self.actor,
                login=request.form.get("login", "")[:64],
                name=request.form.get("name", "")[:200],
                roles=request.form.getlist("role"),
                participant_id=self._participant(),
            )
            secret = own_password.make_link(self.session, self.actor, staff_id=staff.id)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._form({_FIELD.get(no.code, "login"): refusal(no)}), 422
        return self._link(staff, secret)

    @expose("/<uuid:staff_id>")
    def person(self, staff_id: UUID) -> Answer:
        """One person: roles, state, the last of what this person did."""
        staff = people.staff_by_id(self.session, staff_id)
        held = roles_of(self.session, staff_id)
        return self.page(
            "person.html",
            staff=staff,
            held=held,
            codes=[role.code for role in held],
            roles=self._choices(),
            participants=self._participants(),
            state=_state(staff),
            link_until=own_password.link_holds_until(staff),
            own=staff_id == self.actor.id,
            reads_trail=self.visitor.may(Permission.DESK_AUDIT_READ),
        )

    @expose("/<uuid:staff_id>", methods=["POST"])
    def change(self, staff_id: UUID) -> Answer:
        """Give other roles."""
        participant_id, chosen = self._participant(), request.form.getlist("role")
        self.attempt(
            lambda: people.give_roles(
                self.session, self.actor, staff_id=staff_id, roles=chosen, participant_id=participant_id
            ),
            _("The roles are changed, from the next page on"),
        )
        return redirect(url_for("desk_people.person", staff_id=staff_id), 303)

    @expose("/<uuid:staff_id>/link", methods=["POST"])
    def link(self, staff_id: UUID) -> Answer:
        """A new link, shown once."""
        secret = own_password.make_link(self.session, self.actor, staff_id=staff_id)
        return self._link(people.staff_by_id(self.session, staff_id), secret)

    @expose("/<uuid:staff_id>/deactivate")
    @asks(Permission.DESK_STAFF_EDIT)
    def ask_deactivate(self, staff_id: UUID) -> Answer:
        """Say what deactivating somebody means."""
        staff = people.staff_by_id(self.session, staff_id)
        held = ", ".join(role.names[self.visitor.w.lang] for role in roles_of(self.session, staff_id))
        return self.page("person_deactivate.html", staff=staff, held=held)

    @expose("/<uuid:staff_id>/<step>", methods=["POST"])
    def step(self, staff_id: UUID, step: str) -> Answer:
        """Deactivate, activate, or take the second factor off."""
        if step not in _STEPS:
            raise NotFound("step_unknown")
        action, said = _STEPS[step]
        self.attempt(lambda: action(self.session, self.actor, staff_id=staff_id), _(said))
        return redirect(url_for("desk_people.person", staff_id=staff_id), 303)

    def _link(self, staff: Staff, secret: str) -> str:
        address = url_for("desk_door.link", secret=secret, _external=True)
        return self.page("person_link.html", staff=staff, address=address)

    def _form(self, errors: dict[str, str]) -> str:
        form = {name: request.form.get(name, "")[:200] for name in ("login", "name", "participant")}
        return self.page(
            "person_new.html",
            form=form,
            codes=request.form.getlist("role"),
            errors=errors,
            roles=self._choices(),
            participants=self._participants(),
        )

    def _choices(self) -> Sequence[Known]:
        return list(roles(self.session).values())

    def _called(self, found: Sequence[Known]) -> str:
        return ", ".join(role.names[self.visitor.w.lang] for role in found)

    def _participants(self) -> Sequence[tuple[int, str]]:
        rows = self.session.scalars(
            select(Participant)
            .where(Participant.tenant_id == tenant_of(self.session))
            .order_by(Participant.id)
        )
        return [(one.id, str(one.name[self.visitor.w.lang])) for one in rows]

    def _participant(self) -> int | None:
        """The participant that is chosen; NotFound for one that is not there."""
        said = request.form.get("participant", "")
        if not said:
            return None
        if said not in {str(number) for number, _name in self._participants()}:
            raise NotFound("participant_unknown")
        return int(said)

    def _seen(self) -> dict[UUID, datetime]:
        """When everybody was seen last."""
        rows = self.session.execute(
            select(SignIn.subject_id, func.max(SignIn.seen_at))
            .where(SignIn.tenant_id == tenant_of(self.session), SignIn.kind == "staff")
            .group_by(SignIn.subject_id)
        )
        return dict(rows.all())


def _held(known: Mapping[str, Known], codes: Collection[str]) -> Sequence[Known]:
    """The roles of these codes, in the order in which roles are always told."""
    return [role for role in known.values() if role.code in codes]


def _state(staff: Staff) -> Cell:
    if not staff.active:
        return Cell(_("Deactivated"), tone="none", icon="slash-circle")
    if staff.password_hash is None:
        return Cell(_("Invited, has no password yet"), tone="wait", icon="hourglass-split")
    if staff.totp_since is None:
        return Cell(_("Active"), tone="good", icon="check-circle")
    return Cell(_("Active, with a second factor"), tone="good", icon="shield-check")
