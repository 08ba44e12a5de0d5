"""The tenant's own provider of sign-ins: where it is, what its groups may do, whether passwords are taken, too."""

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import oidc
from admin.desk import Answer, DeskView
from admin.problems import refusal
from tenants.permissions import Permission
from tenants.provider import provider_of, remove_provider, set_provider
from tenants.roles import roles
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.web import roll_back

TEXT_MAX = 20_000
_TEXTS = ("issuer", "client_id", "client_secret", "scope", "claim")

Form = dict[str, str]


class StaffProviders(DeskView):
    """The section of the provider."""

    reads = Permission.DESK_STAFF_READ
    permission = Permission.DESK_ROLE_EDIT
    icon = "key"

    @expose("/")
    def index(self) -> Answer:
        """What is set, without its secret."""
        found = provider_of(self.session)
        if found is None:
            return self._form(
                dict.fromkeys(_TEXTS, "")
                | {"scope": "openid profile", "claim": "groups", "groups": "", "passwords": "yes"}
            )
        groups = "\n".join(f"{name} = {code}" for name, code in found.groups.items())
        return self._form(
            {
                "issuer": found.issuer,
                "client_id": found.client_id,
                "client_secret": "",
                "scope": found.scope,
                "claim": found.claim,
                "groups": groups,
                "passwords": "yes" if found.passwords else "",
            }
        )

    @expose("/", methods=["POST"])
    def change(self) -> Answer:
        """Set it, once it has answered; or show the form again with why not."""
        form: Form = {name: request.form.get(name, "").strip()[:TEXT_MAX] for name in (*_TEXTS, "groups")}
        form["passwords"] = "yes" if request.form.get("passwords") else ""
        groups = groups_in(form["groups"])
        if groups is None:
            return self._form(
                form, {"groups": _("Write a group, =, and the code of a role on each line")}
            ), 422
        told = {name: form[name] for name in _TEXTS} | {"passwords": bool(form["passwords"])}
        actor = self.actor
        try:
            set_provider(self.session, actor, groups=groups, **told)
            roll_back()  # it may be set; while the provider is asked nothing is held
            oidc.look(form["issuer"])
            set_provider(self.session, actor, groups=groups, **told)
        except Outage:
            roll_back()
            return self._form(form, {"issuer": _("There is no answer from this address")}), 422
        except Refusal as no:
            roll_back()
            return self._form(form, {_field(no): _said(no)}), 422
        flash(_("Saved. People sign in by their organisation's account now"), "good")
        return redirect(url_for("desk_provider.index"), 303)

    @expose("/remove")
    def ask_remove(self) -> Answer:
        """Say what removing means."""
        if provider_of(self.session) is None:
            return redirect(url_for("desk_provider.index"), 303)
        return self.page("provider_remove.html")

    @expose("/remove", methods=["POST"])
    def remove(self) -> Answer:
        """Let nobody sign in by it any more."""
        said = _("Nobody signs in by the organisation's account any more")
        self.attempt(lambda: remove_provider(self.session, self.actor), said)
        return redirect(url_for("desk_provider.index"), 303)

    def _form(self, form: Form, errors: dict[str, str] | None = None) -> str:
        lang = self.visitor.w.lang
        return self.page(
            "provider.html",
            form=form,
            known=provider_of(self.session) is not None,
            roles=[(one.code, one.names[lang]) for one in roles(self.session).values()],
            back=url_for("desk_door.from_provider", _external=True),
            errors=errors or {},
        )


def groups_in(text: str) -> Mapping[str, str] | None:
    """Lines of "group = role" as pairs; nothing for a line that is none, or a group that stands twice."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, code = (part.strip() for part in line.rpartition("="))
        if not line.strip():
            continue
        if not (name and equals and code) or name in found:
            return None
        found[name] = code
    return found or None


def _field(no: Refusal) -> str:
    if no.code in ("provider_issuer", "provider_answer"):
        return "issuer"
    return "groups" if no.code == "role_unknown" else str(no.facts.get("field", ""))


def _said(no: Refusal) -> str:
    if no.code == "role_unknown":
        return _("There is no role %(code)s", code=", ".join(no.facts["roles"]))
    return refusal(no)
