"""The list of tenants with how much there is of each, and a tenant's page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.desk import ROWS, Answer, Cell, Column, DeskView, Listing, asks
from admin.opening.addresses import address_of_desk
from admin.operator.within import tenant_by_slug, within
from admin.problems import refusal
from coalition.cabinet.visit import words_of
from coalition.programmes.queries import the_programme
from coalition.reports import figures
from coalition.reports.figures import Members
from tenants import support
from tenants.actor import SYSTEM
from tenants.audit import record
from tenants.branding.web import branding_of
from tenants.hosts import add_host, drop_host, hosts_of
from tenants.models import Staff, Tenant
from tenants.parts import Part, switched_off
from tenants.parts import switch as switch_part
from tenants.permissions import Permission
from tenants.roles import roles
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.web import number
from tenants.translations import N_


class Switch(NamedTuple):
    """A part of the product, and whether the tenant has it."""

    code: str
    title: str
    on: bool


class Access(NamedTuple):
    """By what operators may enter now."""

    by: str
    until: datetime
    role: str
    reason: str


class Usage(NamedTuple):
    """How much there is of a tenant, by its figures: the points in its own words, counted at that moment."""

    members: Members | None
    points: str
    at: datetime


@dataclass(frozen=True)
class One:
    """A tenant as operators see it: plain values, read in its own transaction."""

    id: int
    slug: str
    name: str
    hosts: Sequence[tuple[str, str]]
    usage: Usage | None
    parts: Sequence[Switch] = ()
    access: Access | None = None


class Tenants(DeskView):
    """The section of tenants, at the operators' own place."""

    reads = Permission.OPERATOR_TENANT_READ
    permission = Permission.OPERATOR_TENANT_EDIT
    icon = "building"

    @expose("/")
    def index(self) -> Answer:
        """Tenants in the order in which they were opened, the newest first; each page asks so many tenants."""
        older = request.args.get("older", type=number)
        query = (
            select(Tenant.id, Tenant.slug)
            .where(Tenant.operates.is_(False))
            .order_by(Tenant.id.desc())
            .limit(ROWS + 1)
        )
        found = self.session.execute(query.where(Tenant.id < older) if older is not None else query).all()
        w = self.visitor.w
        rows = [read(tenant_id, slug, w.lang) for tenant_id, slug in found[:ROWS]]
        columns = (
            Column[One](
                N_("Tenant"),
                lambda one: Cell(one.name, one.hosts[0][0], url_for("desk_tenants.tenant", slug=one.slug)),
            ),
            Column[One](
                N_("Members"),
                lambda one: Cell(
                    w.number(one.usage.members.members) if one.usage and one.usage.members else "—"
                ),
                number=True,
            ),
            Column[One](
                N_("Active in 30 days"),
                lambda one: Cell(
                    w.number(one.usage.members.active) if one.usage and one.usage.members else "—"
                ),
                number=True,
            ),
            Column[One](
                N_("Points not spent yet"),
                lambda one: Cell(one.usage.points if one.usage else "—"),
                number=True,
                wide=True,
            ),
        )
        onward = url_for(".index", older=rows[-1].id) if len(found) > ROWS else None
        newest = url_for(".index") if older is not None else None
        return self.page("tenants.html", listing=Listing(columns, rows, (), "", newest, onward))

    @expose("/<slug>")
    def tenant(self, slug: str) -> Answer:
        """One tenant."""
        tenant_id = tenant_by_slug(self.session, slug).id
        return self.page("tenant.html", one=read(tenant_id, slug, self.visitor.w.lang))

    @expose("/<slug>/parts/<part>", methods=["POST"])
    def switch(self, slug: str, part: str) -> Answer:
        """Switch a part of the product on or off."""
        chosen = next((one for one in Part if one == part), None)
        if chosen is None:
            raise NotFound("part_unknown")
        if not request.form.get("on"):
            asked = _("Switch off: %(part)s?", part=_(chosen.words))
            means = _(
                "Its pages are gone for members and staff of this tenant at once. "
                "What it holds stays, for when it is on again"
            )
            if (
                question := self.question(asked, means, _("Switch off"), url_for(".tenant", slug=slug))
            ) is not None:
                return question
        on, by, tenant_id = (
            bool(request.form.get("on")),
            self.visitor.name,
            tenant_by_slug(self.session, slug).id,
        )
        with within(tenant_id) as session:
            switch_part(session, SYSTEM, part=chosen, on=on, by=by)
        record(
            self.session, self.actor, "part.switch", f"tenant {slug}", after={"part": str(chosen), "on": on}
        )
        return redirect(url_for(".tenant", slug=slug), 303)

    @expose("/<slug>/hosts", methods=["POST"])
    def add_host(self, slug: str) -> Answer:
        """Serve the tenant under one more name; what is wrong with it is told where it was written."""
        name = request.form.get("host", "").strip().lower()
        try:
            self._change_hosts(slug, add_host, name)
        except (Refusal, Conflict) as no:
            found = tenant_by_slug(self.session, slug)
            one = read(found.id, slug, self.visitor.w.lang)
            return self.page("tenant.html", one=one, host=name[:255], errors={"host": refusal(no)}), 422
        return redirect(url_for(".tenant", slug=slug), 303)

    @expose("/<slug>/hosts/<host>/drop")
    @asks(Permission.OPERATOR_TENANT_EDIT)
    def ask_drop_host(self, slug: str, host: str) -> Answer:
        """Say what ends with an address."""
        one = read(tenant_by_slug(self.session, slug).id, slug, self.visitor.w.lang)
        if host not in dict(one.hosts):
            return redirect(url_for(".tenant", slug=slug), 303)
        return self.page("tenant_host_drop.html", one=one, host=host)

    @expose("/<slug>/hosts/<host>/drop", methods=["POST"])
    def drop_host(self, slug: str, host: str) -> Answer:
        """Serve the tenant under this name no more."""
        self.attempt(lambda: self._change_hosts(slug, drop_host, host))
        return redirect(url_for(".tenant", slug=slug), 303)

    def _change_hosts(self, slug: str, act: Callable[..., None], name: str) -> None:
        """In the tenant's own transaction, told in both trails."""
        actor, by = self.actor, self.visitor.name
        with within(tenant_by_slug(self.session, slug).id) as session:
            act(session, SYSTEM, name=name, by=by)
            hosts = hosts_of(session)
        record(self.session, actor, "tenant.hosts", f"tenant {slug}", after={"hosts": hosts})

    @expose("/<slug>/enter", methods=["POST"])
    def enter(self, slug: str) -> Answer:
        """Make the way in, where the tenant allows it: an address that works once, in the tenant's own place."""
        assert self.actor.id is not None, "a person is there"
        operator_id, name = self.actor.id, self.visitor.name
        tenant_id = tenant_by_slug(self.session, slug).id
        with within(tenant_id) as session:
            secret = support.let_in(session, operator_id=operator_id, name=name)
            (_host, desk), *_others = _hosts(session)
        record(self.session, self.actor, "support.let_in", f"tenant {slug}")
        return self.page("tenant_visit.html", slug=slug, href=f"{desk}/visit/{secret}")


def read(tenant_id: int, slug: str, lang: str) -> One:
    """Ask the tenant itself, in a transaction of its own."""
    with within(tenant_id) as session:
        off = switched_off(session)
        parts = [Switch(str(part), part.words, part not in off) for part in Part]
        access = _access(session, lang)
        return One(
            tenant_id, slug, _name(session, slug, lang), _hosts(session), _usage(session), parts, access
        )


def _access(session: Session, lang: str) -> Access | None:
    held = support.holding(session)
    if held is None:
        return None
    by = session.get_one(Staff, (tenant_of(session), held.granted_by)).name
    role = roles(session)[held.role].names[lang] if held.role else ""
    return Access(by, held.until, role, held.reason)


def _name(session: Session, slug: str, lang: str) -> str:
    try:
        return str(branding_of(session).name[lang])
    except NotFound:
        return slug


def _hosts(session: Session) -> Sequence[tuple[str, str]]:
    return [(name, address_of_desk(name)) for name in hosts_of(session)] or [(_("No address"), "")]


def _usage(session: Session) -> Usage | None:
    """As its figures were counted last; nothing before that."""
    try:
        w = words_of(the_programme(session))
    except NotFound:
        return None
    found = figures.days(session, w.today, w.today)
    if found is None:
        return None
    return Usage(figures.members(session), w.points(found.liability), found.counted_at)
