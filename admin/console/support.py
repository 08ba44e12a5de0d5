"""Letting operators of the deployment in: for some hours, with a reason, to read or as a role; and ending it."""

from collections.abc import Sequence

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, Cell, Column, DeskView, Listing
from admin.problems import refusal
from tenants import support
from tenants.models import Staff, SupportGrant
from tenants.permissions import Permission
from tenants.roles import roles
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_FIELD = {"support_hours": "hours", "support_reason": "reason"}


class Support(DeskView):
    """The section of access for operators."""

    reads = Permission.DESK_SUPPORT_GRANT
    permission = Permission.DESK_SUPPORT_GRANT
    icon = "key"

    @expose("/")
    def index(self) -> Answer:
        """The access that holds, or the form of one; and those of before."""
        return self._page({"hours": "4", "reason": "", "role": ""}, {})

    @expose("/", methods=["POST"])
    def grant(self) -> Answer:
        """Let them in."""
        form = {name: request.form.get(name, "").strip()[:500] for name in ("hours", "reason", "role")}
        hours = int(form["hours"]) if form["hours"].isascii() and form["hours"].isdigit() else 0
        if wrong := support.wrong(hours, form["reason"]):
            return self._page(form, {_FIELD[no.code]: refusal(no) for no in wrong}), 422
        try:
            support.grant(
                self.session, self.actor, hours=hours, reason=form["reason"], role=form["role"] or None
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._page(form, {_FIELD.get(no.code, ""): refusal(no)}), 422
        return redirect(url_for(".index"), 303)

    @expose("/end", methods=["POST"])
    def end(self) -> Answer:
        """Let nobody in any more, and whoever is in out."""
        self.attempt(lambda: support.end(self.session, self.actor), _("Ended. Nobody is in by it any more"))
        return redirect(url_for(".index"), 303)

    def _page(self, form: dict[str, str], errors: dict[str, str]) -> str:
        w = self.visitor.w
        names = {code: role.names[w.lang] for code, role in roles(self.session).items()}
        columns = (
            Column[SupportGrant](N_("Let in by"), lambda one: Cell(self._person(one), one.reason)),
            Column[SupportGrant](N_("As"), lambda one: Cell(called(one.role, names))),
            Column[SupportGrant](N_("From"), lambda one: Cell(w.moment(one.granted_at)), wide=True),
            Column[SupportGrant](N_("Until"), lambda one: Cell(w.moment(one.ended_at or one.until))),
        )
        held, before = support.holding(self.session), self._over()
        return self.page(
            "support.html",
            held=held,
            by=self._person(held) if held else "",
            role=called(held.role, names) if held else "",
            roles=names,
            form=form,
            errors=errors,
            most=support.HOURS_MAX,
            listing=Listing(columns, before, (), "", None, None),
        )

    def _over(self) -> Sequence[SupportGrant]:
        now = clock.real_now()
        return [one for one in support.past(self.session) if one.ended_at or one.until <= now]

    def _person(self, one: SupportGrant) -> str:
        return self.session.get_one(Staff, (tenant_of(self.session), one.granted_by)).name


def called(role: str | None, names: dict[str, str]) -> str:
    """As what somebody comes in."""
    return names.get(role, role) if role else _("To read only")
