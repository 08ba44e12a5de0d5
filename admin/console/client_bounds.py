"""What bounds programs of the API at the desk: a limit of its own, keys and certificates that hold no more, and what
programs a company may make itself. Each is asked for here, and signed by another person.
"""

from collections.abc import Callable, Sequence

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.approvals import asked
from admin.desk import Answer, DeskView, asks
from admin.problems import refusal
from coalition.partners import bounds
from coalition.partners.clients import client_by_id
from coalition.partners.models import ApiClient, Participant
from coalition.partners.queries import participant_by_id
from partner_portal.api.callers import SANDBOX_SCOPE, SCOPES
from tenants.approvals.models import Approval
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.sandbox import is_sandbox


class ClientBounds(DeskView):
    """Pages of the section of programs that bound them; `clients.Clients` is the section."""

    @expose("/<client_id>/limit", methods=["POST"])
    @asks(Permission.DESK_CLIENT_LIMIT)
    def limit(self, client_id: str) -> Answer:
        """Ask another person to sign another limit."""

        def ask() -> Approval | None:
            requests = _requests(request.form.get("requests", ""))
            return bounds.ask_for_limit(self.session, self.actor, client_id=client_id, requests=requests)

        return self._asked_of(client_id, ask, "requests")

    @expose("/<client_id>/revoke", methods=["POST"])
    @asks(Permission.DESK_CLIENT_LIMIT)
    def revoke(self, client_id: str) -> Answer:
        """Ask another person to sign that a key or a certificate holds no more."""
        what, thumbprint = (request.form.get(name, "") for name in ("what", "thumbprint"))
        return self._asked_of(
            client_id,
            lambda: bounds.ask_for_revoking(
                self.session, self.actor, client_id=client_id, what=what, thumbprint=thumbprint
            ),
            "",
        )

    @expose("/allowed/<int:participant_id>")
    @asks(Permission.DESK_CLIENT_READ)
    def allowed(self, participant_id: int) -> Answer:
        """What programs a company may make itself."""
        return self._allowed_page(participant_by_id(self.session, participant_id), {})

    @expose("/allowed/<int:participant_id>", methods=["POST"])
    def allow(self, participant_id: int) -> Answer:
        """Ask another person to sign other ones."""
        wanted = self.ticked()
        try:
            approval = bounds.ask_for_allowing(
                self.session, self.actor, participant_id=participant_id, scopes=wanted
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            owner = participant_by_id(self.session, participant_id)
            return self._allowed_page(owner, {"": refusal(no)}, wanted), no.status
        return self._onward(approval, url_for(".allowed", participant_id=participant_id))

    def known_scopes(self) -> dict[str, str]:
        """What a program can be let do here, each in words."""
        offered = [one for one in SCOPES if one != SANDBOX_SCOPE or is_sandbox(self.session)]
        return {code: _(SCOPES[code].about) for code in offered}

    def ticked(self) -> list[str]:
        """What of that a form asks for."""
        known = self.known_scopes()
        return [one for one in request.form.getlist("scope") if one in known]

    def client_page(self, one: ApiClient, errors: dict[str, str], ticked: Sequence[str] | None = None) -> str:
        """A program's page; the section draws it."""
        raise NotImplementedError

    def _asked_of(self, client_id: str, ask: Callable[[], Approval | None], field: str) -> Answer:
        try:
            approval = ask()
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self.client_page(client_by_id(self.session, client_id), {field: refusal(no)}), no.status
        return self._onward(approval, url_for(".client", client_id=client_id))

    def _onward(self, approval: Approval | None, back: str) -> Answer:
        if approval is not None:
            return asked(approval)
        flash(_("That was so already. Nothing was changed"), "note")
        return redirect(back, 303)

    def _allowed_page(
        self, owner: Participant, errors: dict[str, str], ticked: Sequence[str] | None = None
    ) -> str:
        return self.page(
            "client_allowed.html",
            owner=owner,
            name=owner.name.get(self.visitor.w.lang) or owner.code,
            scopes=self.known_scopes(),
            ticked=owner.api_scopes if ticked is None else ticked,
            errors=errors,
        )


def _requests(text: str) -> int | None:
    """Requests a minute as they are written, none for nothing; Refusal("client_requests") for what is no number."""
    plain = "".join(text.split()).replace(",", "")
    if not plain:
        return None
    if not plain.isascii() or not plain.isdigit() or len(plain) > len(str(bounds.REQUESTS_MOST)):
        raise Refusal("client_requests", most=bounds.REQUESTS_MOST)
    return int(plain)
