"""What every page of the staff's desk stands on: who is there, what they may do, how lists and problems look.

The desk is Flask-Admin with a theme of our own: its views, menu and blueprints, none of its Bootstrap 4. It is used
without `contrib.sqla`: the pages here call actions of the core and read by its queries, so a session bound to a view,
bulk deletes and forms made from tables would be in the way. A view authenticates, parses, calls one action, presents.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, request, url_for
from flask_admin import BaseView
from flask_babel import gettext
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin.keeping import to_sign_in
from admin.problems import refusal, tell_problems
from coalition.cabinet.visit import words_of
from coalition.programmes.queries import the_programme
from tenants.actor import Actor
from tenants.auth.passkeys import has_second_factor
from tenants.auth.sign_ins import signed_in, way_of
from tenants.branding.web import language
from tenants.branding.words import Words
from tenants.models import Staff
from tenants.parts import Part, switched_off, without
from tenants.permissions import OF_PARTICIPANTS, Permission
from tenants.roles import roles_of, together
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import number, roll_back, session
from tenants.support import Guest, guest_terms, rights_of
from tenants.translations import N_

COOKIE = "staff"
ROWS = 25
PHONE_COLUMNS = 3

Answer = str | AnyResponse | tuple[str, int]
Row = TypeVar("Row")
Shown = TypeVar("Shown", bound=Callable[..., Any])


@dataclass(frozen=True)
class Visitor:
    """A signed-in person of the staff; plain values, so that it outlives a transaction that was given up."""

    actor: Actor
    name: str
    w: Words
    second_factor_missing: bool = False
    guest: Guest | None = None

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
    if staff.guest:
        return _find_guest(staff)
    held = roles_of(session(), staff.id)
    rights = without(together(held), parts_off())
    if staff.participant_id is not None:
        rights &= OF_PARTICIPANTS
    actor = Actor("staff", staff.id, rights, participant_id=staff.participant_id)
    missing = (
        any(role.second_factor for role in held)
        and not has_second_factor(session(), staff)
        and not way_of(session(), secret)  # the provider has asked for its own, a passkey is one
    )
    return Visitor(actor, staff.name, _words(), missing)


def _find_guest(staff: Staff) -> Visitor | None:
    """An operator whom the tenant has let in, while that holds."""
    guest = guest_terms(session(), staff)
    if guest is None:
        return None
    actor = Actor("staff", staff.id, without(rights_of(session(), guest), parts_off()))
    return Visitor(actor, staff.name, _words(), guest=guest)


def _words() -> Words:
    """How the reader is told numbers; at the operators' place, which has no programme, there are no points."""
    try:
        programme = the_programme(session())
    except NotFound:
        return Words(language(), ("",) * 3, 0, "RUB", "UTC", clock.business_day("UTC"))
    return words_of(programme)


def parts_off() -> frozenset[Part]:
    """What is switched off here, asked once in a request."""
    if "desk_parts_off" not in g:
        g.desk_parts_off = switched_off(session())
    found: frozenset[Part] = g.desk_parts_off
    return found


def asks(
    *permissions: Permission, **by_value: Mapping[str, Sequence[Permission]]
) -> Callable[[Shown], Shown]:
    """Say what a page asks for, where that is not what its section does.

    `step={"approve": [...], ...}` says it by the value that a part of the address has; any other value asks for what is
    said before, and finds nothing.
    """
    assert len(by_value) <= 1, "one part of the address decides"

    def noted(view: Shown) -> Shown:
        view.asks = (permissions, by_value)  # type: ignore[attr-defined]
        return view

    return noted


class DeskView(BaseView):  # type: ignore[misc]
    """A section of the desk. Whoever is not signed in is sent to sign in; who may not, is told so.

    Looking asks for `reads`, and whatever is sent for `permission`, unless a page says otherwise with `asks`. A section
    without either says that it is `for_all`. A person of a participant sees only sections that narrow what they show.
    """

    reads: Permission | None = None
    permission: Permission | None = None
    for_all = False
    narrows = False
    enrols = False  # whether it is open to who has to set up a second factor first
    part: Part | None = None  # of what part of the product it is, where that can be switched off
    icon = "house"
    within = ""  # the section whose pages these are, when they have no place in the menu themselves

    @property
    def section(self) -> str:
        """The endpoint of the section that the menu marks."""
        return self.within or str(self.endpoint)

    def is_visible(self) -> bool:
        """Whether the menu has it."""
        return not self.within

    def waits(self) -> tuple[int, str]:
        """How much here asks for somebody, for the menu of every page, and what is said of that number."""
        return 0, ""

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
        """Decides the menu."""
        return not self._lacks("index", {}, "GET") and not self._is_off()

    def _is_off(self) -> bool:
        """Whether the part of the product that this belongs to is off for the tenant."""
        return self.part is not None and self.part in parts_off()

    def needed(self, name: str, values: Mapping[str, Any], method: str) -> Sequence[Permission]:
        """What a page asks for, by the name of its view; `values` are those in its address."""
        said = getattr(getattr(type(self), name, None), "asks", None)
        if said is None:
            usual = self.reads if method in ("GET", "HEAD") else self.permission
            return () if usual is None else (usual,)
        always, by_value = said
        for place, found in by_value.items():
            return tuple(found.get(str(values.get(place)), always))
        return tuple(always)

    def _lacks(self, name: str, values: Mapping[str, Any], method: str) -> bool:
        """Whether this is closed to whoever looks."""
        found = visitor()
        if found is None or (found.second_factor_missing and not self.enrols):
            return True
        if found.actor.participant_id is not None and not self.narrows:
            return True
        return not found.may(*self.needed(name, values, method))

    def _handle_view(self, name: str, **kwargs: Any) -> AnyResponse | None:
        """Flask-Admin asks this before every page: None, or what is answered instead."""
        found = visitor()
        if found is not None and self._is_off():
            raise NotFound("part_off", part=str(self.part))
        if not self._lacks(name, kwargs, request.method):
            return None
        if found is None:
            return to_sign_in()
        if found.second_factor_missing and not self.enrols:
            return redirect(url_for("desk_profile.index"), 303)
        raise Forbidden(
            "not_permitted", permission=", ".join(map(str, self.needed(name, kwargs, request.method)))
        )

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

    def question(self, asked: str, means: str, button: str, back: str) -> str | None:
        """The page that asks before something is ended, with what was sent; None once its answer has come."""
        if request.form.get("sure"):
            return None
        sent = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
        return self.page("sure.html", asked=asked, means=means, button=button, back=back, sent=sent)

    def page(self, template: str, **values: Any) -> str:
        """Draw a page: a template of the desk's by its name, another face's by its place."""
        visiting = self.visitor
        may_change = self.permission is not None and visiting.may(self.permission)
        shown = {"w": visiting.w, "visitor": visiting, "may_change": may_change, "errors": {}, **values}
        return str(self.render(template if "/" in template else f"desk/{template}", **shown))


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
        name = str(request.endpoint).rpartition(".")[2]
        if (refused := self._handle_view(name, **(request.view_args or {}))) is not None:
            abort(refused)
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
    ways: tuple[str, str] = (N_("Newer"), N_("Older"))
    """What the two ways are called."""
    tells_all: bool = False
    """Whether a phone tells what its wide columns have under the first one."""

    @property
    def folded(self) -> Sequence[Column[Row]]:
        """Columns that a phone leaves out: the wide ones, and of a list that tells all those it has no room for."""
        narrow = [one for one in self.columns if not one.wide]
        kept = narrow[:PHONE_COLUMNS] if self.tells_all else narrow
        return [one for one in self.columns if one not in kept]


class DeskList(DeskView):
    """A section that opens with a list, newest first. Pages go on from a row's key, so any page costs the same."""

    pills: Sequence[Pill] = ()
    conditions: Sequence[str] = ()
    """What else of the address the ways to older and newer rows keep."""

    def listing(
        self,
        model: type[Row],
        columns: Sequence[Column[Row]],
        *where: ColumnElement[bool],
        key: Callable[[str], int | UUID] = number,
        size: int = ROWS,
        by: str = "id",
    ) -> Listing[Row]:
        """The page of `model`'s rows that the address asks for: `?older=KEY`, `?newer=KEY`, `?show=PILL`."""
        ident = getattr(model, by)
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
            self._onward("newer", getattr(rows[0], by), code) if ends[0] and rows else None,
            self._onward("older", getattr(rows[-1], by), code) if ends[1] and rows else None,
        )

    def _onward(self, way: str, key: object, show: str) -> str:
        asked: dict[str, Any] = {**(request.view_args or {}), way: str(key)}
        if show:
            asked["show"] = show
        asked |= {name: said for name in self.conditions if (said := request.args.get(name))}
        return url_for(str(request.endpoint), **asked)


def attachment(body: str, name: str) -> Response:
    """A CSV to be kept."""
    answer = current_app.response_class(body, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
