"""The matrix of rights, role by page, made from the desk's own pages and the built-in roles: `docs/rights.md`."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import Rule

from admin.console import web as console_web
from admin.desk import DeskView
from coalition.cabinet import web as cabinet_web
from partner_portal.cabinet import web as portal_web
from tenants.branding import web as branding_web
from tenants.permissions import OF_PARTICIPANTS, Permission
from tenants.roles import Known, built_in
from tenants.runtime import web as runtime_web

DOOR = "desk_door."
HEAD = """# Rights: what each role may open and do at the desk

Made by `coalition rights`; a test compares this page with the desk's pages and roles, and asks for every cell by a real
request. A role of the tenant's own may do what it was put together from. Two roles together may do what either may.

"every person" needs no permission: it is what everybody keeps for themselves, or a first page that shows only what the
person may see anyway. A person who works for a participant opens only these, the pages that ask for `portal:…`, which
nobody else opens, and statements of the own company; `/desk/liability/` only where that is the operator.
A "—" is answered with 403 and changes nothing; whoever is not signed in is sent to sign in.
Pages that ask for `operator:…` open at the operators' own place alone.
"""
_HEADINGS = ("page", "", "asks for")


class Page(NamedTuple):
    """One way to ask for one page: its rule, with a part of the address filled in where that decides, what it asks."""

    endpoint: str
    rule: str
    method: str
    values: tuple[tuple[str, str], ...]
    asks: Sequence[Permission]
    for_all: bool
    narrows: bool

    def is_open_to(self, role: Known) -> bool:
        """Whether somebody with the role alone may; a role of participants is that of somebody who works for one."""
        of_participant = role.permissions <= OF_PARTICIPANTS
        return role.permissions.issuperset(self.asks) and (self.narrows or not of_participant)


def bare_desk() -> Flask:
    """The desk alone, for its map of pages."""
    app = Flask("admin.rights", static_folder=None)
    runtime_web.install(app)
    branding_web.install(app)
    cabinet_web.install(app)
    portal_web.install(app, console_web.install(app))
    return app


def pages(app: Flask) -> list[Page]:
    """Every page of the desk behind the door, by its address."""
    views = {str(view.endpoint): view for view in app.extensions["admin"][0]._views}
    found = [
        page
        for rule in app.url_map.iter_rules()
        if (view := views.get(rule.endpoint.rpartition(".")[0])) is not None
        if not rule.endpoint.endswith(".static")
        for page in _pages_of(view, rule)
    ]
    return sorted(found, key=lambda page: (page.rule, page.method))


def _pages_of(view: DeskView, rule: Rule) -> Iterator[Page]:
    name = rule.endpoint.rpartition(".")[2]
    _always, by_value = getattr(getattr(type(view), name), "asks", ((), {}))
    for method in sorted((rule.methods or set()) & {"GET", "POST"}):
        if not by_value:
            yield _page(view, rule, method, {})
        for place, values in by_value.items():
            for value in values:
                yield _page(view, rule, method, {place: value})


def _page(view: DeskView, rule: Rule, method: str, values: dict[str, str]) -> Page:
    name, shown = rule.endpoint.rpartition(".")[2], rule.rule
    for place, value in values.items():
        shown = shown.replace(f"<{place}>", value)
    asks = view.needed(name, values, method)
    assert asks or view.for_all, f"{rule.rule} asks for no permission, and does not say that it is for all"
    return Page(rule.endpoint, shown, method, tuple(values.items()), asks, not asks, view.narrows)


def matrix(app: Flask) -> str:
    """The whole page."""
    roles = list(built_in().values())
    lines = [HEAD, "## Roles", ""]
    lines += [f"- **{role.names['en']}** (`{role.code}`), «{role.names['ru']}»" for role in roles]
    headings = [*_HEADINGS, *(role.code for role in roles)]
    lines += ["", "## Pages", "", f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    for page in pages(app):
        asked = " and ".join(f"`{one}`" for one in page.asks) or "every person"
        cells = ["✓" if page.is_open_to(role) else "—" for role in roles]
        lines.append(f"| `{page.rule}` | {page.method} | {asked} | {' | '.join(cells)} |")
    lines += ["", "## What a permission allows", ""]
    lines += [f"- `{one}`: {one.words}" for one in Permission if one.words]
    return "\n".join(lines) + "\n"
