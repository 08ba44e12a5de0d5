"""`coalition tenants`: open a tenant by one document, list those there are, show one."""

import json
from pathlib import Path
from typing import Any

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, json_option, telling, tenant_option
from admin.opening.addresses import address_of_desk
from admin.opening.checking import flaws
from admin.opening.document import Opening
from admin.opening.opening import Flawed, Opened, open_by
from admin.opening.templates import TEMPLATES, ZONE, businesses, filled
from admin.promotion_source import read_value
from coalition.members.models import Member
from coalition.programmes.models import Programme
from coalition.promotions.models import Promotion
from tenants.actor import SYSTEM
from tenants.hosts import add_host, drop_host, hosts_of
from tenants.models import Branding, Tenant
from tenants.runtime import db
from tenants.runtime.db import tenant_of


@click.group()
def tenants() -> None:
    """Tenants of this deployment: banks, retailers and others, each behind its wall."""


@tenants.command("open")
@click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--template", type=click.Choice(TEMPLATES), help="a kind of business instead of a file")
@click.option("--slug", help="with --template: the short name, small Latin letters, digits and hyphens")
@click.option("--name", help="with --template: what members read")
@click.option("--name-en", help="with --template: the same in English, where it is another")
@click.option(
    "--host", "hosts", multiple=True, help="with --template: an address; may be given several times"
)
@click.option("--language", default="ru", type=click.Choice(["ru", "en"]), show_default=True)
@click.option("--zone", default=ZONE, show_default=True, help="with --template: where its day begins")
@click.option("--login", default="administrator", show_default=True, help="of the first administrator")
@click.option("--person", default="Administrator", show_default=True, help="the administrator's name")
@click.option("--dry-run", is_flag=True, help="say what is wrong, or that nothing is, and open nothing")
@click.option("--print", "only_print", is_flag=True, help="print the document instead of opening by it")
def open_(
    path: Path | None,
    template: str | None,
    slug: str | None,
    name: str | None,
    hosts: tuple[str, ...],
    dry_run: bool,
    only_print: bool,
    **rest: Any,
) -> None:
    """Open a tenant by the document FILE (YAML or JSON), or by a template; all of it or nothing."""
    if (path is None) == (template is None):
        raise click.UsageError("name a file, or a --template")
    if path is not None:
        with telling(path):
            document = read_value(path)
    else:
        document = _from_template(template or "", slug, name, hosts, **rest)
    if only_print:
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    said = path or Path(f"--template {template}")
    stop_at(said, flaws(document))
    with house():
        try:
            opened = _open(document, dry_run=dry_run)
        except Flawed as flawed:
            stop_at(said, flawed.flaws)
            raise
    if dry_run:
        click.echo(f"Nothing is wrong: {opened.slug} could be opened. Nothing was.")
    else:
        _tell(opened)


@tenants.command()
def schema() -> None:
    """Print the JSON Schema of the document."""
    click.echo(schema_text(), nl=False)


@tenants.command()
@json_option
def templates(as_json: bool) -> None:
    """The kinds of business, each with what it brings."""
    if as_json:
        click.echo(as_text([vars(one) for one in businesses()]))
        return
    for one in businesses():
        click.echo(f"{one.code:16} {one.title['en']}: {one.about['en']}")


@tenants.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Every tenant with its addresses."""
    with house():
        with db.transaction(None) as session:
            known = session.scalars(
                select(Tenant.slug).where(Tenant.operates.is_(False)).order_by(Tenant.id)
            ).all()
        found = [_told(slug) for slug in known]
    if as_json:
        click.echo(as_text(found))
        return
    for one in found:
        click.echo(f"{one['slug']:24} {one['name'] or '-'}: {', '.join(one['hosts'])}")
    if not found:
        click.echo("none yet: `coalition tenants open` opens the first")


@tenants.command()
@click.argument("slug")
@json_option
def show(slug: str, as_json: bool) -> None:
    """One tenant: addresses, programme, how much there is of it."""
    with house():
        told = _told(slug)
    if as_json:
        click.echo(as_text(told))
        return
    for name, value in told.items():
        click.echo(f"{name:12} {', '.join(value) if isinstance(value, list) else value}")


def schema_text() -> str:
    """The schema as docs/tenant.schema.json keeps it."""
    return json.dumps(Opening.model_json_schema(), ensure_ascii=False, indent=2) + "\n"


def _from_template(
    template: str,
    slug: str | None,
    name: str | None,
    hosts: tuple[str, ...],
    *,
    name_en: str | None,
    language: str,
    zone: str,
    login: str,
    person: str,
) -> dict[str, Any]:
    missing = [
        option for option, value in (("--slug", slug), ("--name", name), ("--host", hosts)) if not value
    ]
    if missing:
        raise click.UsageError(f"--template needs {', '.join(missing)} too")
    return filled(
        template,
        slug=str(slug),
        hosts=hosts,
        name={"ru": str(name), "en": name_en or str(name)},
        language=language,
        zone=zone,
        administrator={"login": login, "name": person},
    )


@tenants.command("host")
@tenant_option
@click.argument("do", type=click.Choice(["add", "drop"]))
@click.argument("name")
def change_host(slug: str, do: str, name: str) -> None:
    """Serve an open tenant under one more name, or under one less."""
    act = add_host if do == "add" else drop_host
    with house():
        changed(slug, lambda session: act(session, SYSTEM, name=name.lower()))
        with acting(slug) as session:
            hosts = hosts_of(session)
    click.echo(f"{slug} is served under {', '.join(hosts)}.")


class _Enough(Exception):
    """Ends a transaction that was only tried."""


def _open(document: Any, *, dry_run: bool) -> Opened:
    try:
        with db.transaction(None) as session:
            opened = open_by(session, document)
            if dry_run:
                raise _Enough
    except _Enough:
        pass
    return opened


def _told(slug: str) -> dict[str, Any]:
    with acting(slug) as session:
        tenant_id = tenant_of(session)
        brand = session.get(Branding, tenant_id)
        programmes = session.scalars(
            select(Programme.code).where(Programme.tenant_id == tenant_id).order_by(Programme.id)
        ).all()
        return {
            "slug": slug,
            "name": brand.name[brand.language] if brand else "",
            "hosts": hosts_of(session),
            "programmes": list(programmes),
            "promotions": _count(session, Promotion),
            "members": _count(session, Member),
        }


def _count(session: Session, model: Any) -> int:
    found = session.scalar(
        select(func.count()).select_from(model).where(model.tenant_id == tenant_of(session))
    )
    return int(found or 0)


def _tell(opened: Opened) -> None:
    address = address_of_desk(opened.hosts[0])
    click.echo(f"{opened.slug} is open.")
    click.echo(f"Members:   {address.removesuffix('/desk')}")
    click.echo(f"The staff: {address}")
    click.echo("The link by which the first administrator sets a password, within 72 hours; shown only now:")
    click.echo(f"{address}/link/{opened.link}")
