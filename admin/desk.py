"""What every page of the staff's desk stands on: who is there, what they may do, how lists and problems look.

The desk is Flask-Admin with a theme of our own: its views, menu and blueprints, none of its Bootstrap 4. It is used
without `contrib.sqla`: the pages here call actions of the core and read by its queries, so a session bound to a view,
bulk deletes and forms made from tables would be in the way. A view authenticates, parses, calls one action, presents.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, request, url_for
from flask_admin import BaseView
from flask_babel import gettext
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin.problems import refusal, tell_problems
from coalition.cabinet.visit import words_of
from coalition.programmes.queries import the_programme
from tenants.actor import Actor
from tenants.auth.sign_ins import signed_in
from tenants.branding.words import Words
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import number, roll_back, session

COOKIE = "staff"
ROWS = 25

Answer = str | AnyResponse | tuple[str, int]
Row = TypeVar("Row")


@dataclass(frozen=True)
class Visitor:
    """A signed-in person of the staff; plain values, so that it outlives a transaction that was given up."""

    actor: Actor
    name: str
    w: Words

    def may(self, *permissions: Permission) -> bool:
        """Whether the person has all of them."""
        return self.actor.permissions.issuperset(permissions)


def visitor() -> Visitor | None:
    """Who is at the desk in this request."""
    if "desk_visitor" not in g:
        g.desk_visitor = _find_visitor(request.cookies.get(COOKIE, ""))
    found: Visitor | None = g.desk_visitor
    return found


def _find_visitor(secret: str) -> Visitor | None:
    staff_id = signed_in(session(), kind="staff", secret=secret) if secret else None
    staff = session().get(Staff, (tenant_of(session()), staff_id)) if staff_id else None
    if staff is None or not staff.active:
        return None
    permissions = frozenset(known for known in Permission if known in staff.permissions)
    actor = Actor("staff", id=staff.id, permissions=permissions)
    return Visitor(actor, staff.name, words_of(the_programme(session())))


class DeskView(BaseView):  # type: ignore[misc]
    """A section of the desk. Whoever is not signed in is sent to sign in; who may not, is told so."""

    permission: Permission | None = None
    icon = "house"
    within = ""  # the section whose pages these are, when they have no place in the menu themselves

    @property
    def section(self) -> str:
        """The endpoint of the section that the menu marks."""
        return self.within or str(self.endpoint)

    def is_visible(self) -> bool:
        """Whether the menu has it."""
        return not self.within

    @property
    def visitor(self) -> Visitor:
        """Who looks; a view runs only when somebody does."""
        found = visitor()
        assert found is not None, "is_accessible() comes first"
        return found

    @property
    def actor(self) -> Actor:
        """As whom actions are asked for."""
        return self.visitor.actor

    @property
    def session(self) -> Session:
        """This request's transaction."""
        return session()

    def is_accessible(self) -> bool:
        """Decides the menu, too."""
        found = visitor()
        return found is not None and (self.permission is None or found.may(self.permission))

    def inaccessible_callback(self, name: str, **kwargs: Any) -> AnyResponse:
        """Flask-Admin asks this when `is_accessible` says no."""
        if visitor() is None:
            return redirect(url_for("desk_door.sign_in"), 303)
        raise Forbidden("not_permitted", permission=str(self.permission))

    def create_blueprint(self, admin: Any) -> Blueprint:
        """Problems of the desk are told on the desk."""
        blueprint: Blueprint = super().create_blueprint(admin)
        tell_problems(blueprint)
        return blueprint

    def _run_view(self, fn: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
        """Flask-Admin's own would call the view again, wrongly, after any TypeError in it, and hide that error."""
        return fn(self, *args, **kwargs)

    def said(self, message: str) -> str:
        """A message noted with `N_`, in the reader's language: for templates."""
        return gettext(message)

    def attempt(self, act: Callable[[], object], said: str = "") -> None:
        """Act and say so; when the answer is no, say why, where the reader sees how things are now."""
        try:
            act()
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            flash(refusal(no), "note")
        else:
            if said:
                flash(said, "good")

    def page(self, template: str, **values: Any) -> str:
        """Draw a page of the desk."""
        visiting = self.visitor
        shown = {"w": visiting.w, "visitor": visiting, "errors": {}, **values}
        return str(self.render(f"desk/{template}", **shown))


class TakesFiles(DeskView):
    """A section to which files are brought: a body as large as a file is read only from a person who may bring one."""

    upload_megabytes = 0

    def create_blueprint(self, admin: Any) -> Blueprint:
        """Before anything of a body is read it is asked who sends it."""
        blueprint = super().create_blueprint(admin)
        blueprint.url_value_preprocessor(self._allow_upload)
        return blueprint

    def _allow_upload(self, _endpoint: str | None, _values: dict[str, Any] | None) -> None:
        if request.method != "POST":
            return
        if not self.is_accessible():
            abort(self.inaccessible_callback("bring"))
        request.max_content_length = self.upload_megabytes << 20


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: text, a quiet second line, a link, or a chip of a tone with an icon."""

    text: str
    sub: str = ""
    href: str = ""
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its heading (a message) and how it shows a row. Wide ones are left out on a phone."""

    title: str
    cell: Callable[[Row], Cell]
    number: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Pill:
    """A condition that a list can be narrowed by: a link with its name (a message), and what it asks of the rows."""

    code: str
    title: str
    where: ColumnElement[bool]


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """One page of a list, ready to be drawn."""

    columns: Sequence[Column[Row]]
    rows: Sequence[Row]
    pills: Sequence[Pill]
    chosen: str
    newer: str | None
    older: str | None


class DeskList(DeskView):
    """A section that opens with a list, newest first. Pages go on from a row's key, so any page costs the same."""

    pills: Sequence[Pill] = ()

    def listing(
        self,
        model: type[Row],
        columns: Sequence[Column[Row]],
        *where: ColumnElement[bool],
        key: Callable[[str], int | UUID] = number,
        size: int = ROWS,
    ) -> Listing[Row]:
        """The page of `model`'s rows that the address asks for: `?older=KEY`, `?newer=KEY`, `?show=PILL`."""
        ident = model.id  # type: ignore[attr-defined]
        chosen = next((pill for pill in self.pills if pill.code == request.args.get("show")), None)
        query = select(model).where(model.tenant_id == tenant_of(self.session), *where)  # type: ignore[attr-defined]
        if chosen:
            query = query.where(chosen.where)
        older, newer = (request.args.get(name, type=key) for name in ("older", "newer"))
        if newer is not None:
            rows = self.session.scalars(query.where(ident > newer).order_by(ident).limit(size + 1)).all()
            more, rows = len(rows) > size, rows[:size][::-1]
            ends = (more, bool(rows))
        else:
            query = query.where(ident < older) if older is not None else query
            rows = self.session.scalars(query.order_by(ident.desc()).limit(size + 1)).all()
            ends, rows = (older is not None, len(rows) > size), rows[:size]
        code = chosen.code if chosen else ""
        return Listing(
            columns,
            rows,
            self.pills,
            code,
            self._onward("newer", rows[0].id, code) if ends[0] and rows else None,  # type: ignore[attr-defined]
            self._onward("older", rows[-1].id, code) if ends[1] and rows else None,  # type: ignore[attr-defined]
        )

    def _onward(self, way: str, key: object, show: str) -> str:
        asked: dict[str, Any] = {**(request.view_args or {}), way: str(key)}
        if show:
            asked["show"] = show
        return url_for(str(request.endpoint), **asked)


def attachment(body: str, name: str) -> Response:
    """A CSV to be kept."""
    answer = current_app.response_class(body, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
