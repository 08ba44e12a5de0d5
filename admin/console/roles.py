"""Roles: the built-in ones and the tenant's own, and in words what each of them may do."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.desk import Answer, Cell, Column, DeskView, Listing, asks
from admin.problems import refusal
from tenants import staff as people
from tenants.permissions import OF_PORTAL, OF_STAFF, Permission
from tenants.roles import LANGUAGES, Known, holders, roles
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_FIELD = {"role_code": "code", "role_known": "code", "role_empty": "permissions", "role_mixed": "permissions"}


class Right(NamedTuple):
    """One permission in words, as a role's form shows it."""

    code: str
    words: str
    held: bool


class Roles(DeskView):
    """The section of roles."""

    reads = Permission.DESK_STAFF_READ
    permission = Permission.DESK_ROLE_EDIT
    icon = "person-check"

    @expose("/")
    def index(self) -> Answer:
        """All roles: the built-in ones first."""
        lang, having = (
            self.visitor.w.lang,
            [code for codes in holders(self.session).values() for code in codes],
        )
        columns = (
            Column[Known](
                N_("Role"),
                lambda role: Cell(
                    role.names[lang],
                    _("Built in") if role.built_in else role.code,
                    url_for("desk_roles.role", code=role.code),
                ),
            ),
            Column[Known](
                N_("May"),
                lambda role: Cell(
                    ngettext(
                        "%(count)s thing",
                        "%(count)s things",
                        len(role.permissions),
                        count=len(role.permissions),
                    )
                ),
                wide=True,
            ),
            Column[Known](
                N_("Second factor"),
                lambda role: Cell(_("Required") if role.second_factor else _("As one likes")),
            ),
            Column[Known](N_("People"), lambda role: Cell(str(having.count(role.code))), number=True),
        )
        listing = Listing(columns, list(roles(self.session).values()), (), "", None, None)
        return self.page("roles.html", listing=listing)

    @expose("/new")
    @asks(Permission.DESK_ROLE_EDIT)
    def new(self) -> Answer:
        """The form of a new role; `?of=CODE` begins with what another one may do."""
        known = roles(self.session).get(request.args.get("of", ""))
        return self._form(None, held=known.permissions if known else (), errors={})

    @expose("/new", methods=["POST"])
    def make(self) -> Answer:
        """Make a role."""
        return self._save(request.form.get("code", "").strip()[:64], new=True)

    @expose("/<code>")
    def role(self, code: str) -> Answer:
        """A role, to be read or changed."""
        known = self._known(code)
        return self._form(known, held=known.permissions, errors={})

    @expose("/<code>", methods=["POST"])
    def change(self, code: str) -> Answer:
        """Change a role."""
        self._known(code)
        return self._save(code, new=False)

    @expose("/<code>/second-factor", methods=["POST"])
    def require(self, code: str) -> Answer:
        """Require the second factor; also of those who have the role oneself."""
        people.require_second_factor(self.session, self.actor, code=code)
        flash(_("Who has the role signs in with a second factor, from the next page on"), "good")
        return redirect(url_for("desk_roles.role", code=code), 303)

    def _save(self, code: str, *, new: bool) -> Answer:
        chosen = request.form.getlist("permission")
        try:
            people.save_role(
                self.session,
                self.actor,
                code=code,
                names={lang: request.form.get(f"name_{lang}", "")[:200] for lang in LANGUAGES},
                permissions=chosen,
                second_factor="second_factor" in request.form,
                new=new,
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            field = f"name_{no.facts['lang']}" if no.code == "role_name" else _FIELD.get(no.code, "role")
            known = None if new else self._known(code)
            return self._form(known, held=chosen, errors={field: refusal(no)}, sent=True), 422
        flash(_("The role is saved. It holds from the next page of everybody who has it"), "good")
        return redirect(url_for("desk_roles.index"), 303)

    def _known(self, code: str) -> Known:
        known = roles(self.session).get(code)
        if known is None:
            raise NotFound("role_unknown")
        return known

    def _form(
        self,
        known: Known | None,
        *,
        held: Sequence[str] | frozenset[str],
        errors: dict[str, str],
        sent: bool = False,
    ) -> str:
        form = {"code": request.form.get("code", "")[:64]}
        for lang in LANGUAGES:
            name = known.names[lang] if known and not sent else request.form.get(f"name_{lang}", "")[:200]
            form[f"name_{lang}"] = name
        factor = "second_factor" in request.form if sent else known is not None and known.second_factor
        mine = next((codes for who, codes in holders(self.session).items() if who == self.actor.id), [])
        own = known is not None and known.code in mine
        return self.page(
            "role.html",
            known=known,
            form=form,
            rights=_rights(OF_STAFF, held),
            portal=_rights(OF_PORTAL, held),
            second_factor=factor,
            errors=errors,
            own=own,
            may_change=self.visitor.may(Permission.DESK_ROLE_EDIT) and not own,
        )


def _rights(known: Sequence[Permission], held: Sequence[str] | frozenset[str]) -> list[Right]:
    return [Right(one, _(one.words), one in held) for one in known]
