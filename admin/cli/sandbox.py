"""`coalition sandbox`: tenants where partners try their programs, and their clocks."""

import click
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.saying import iso
from admin.cli.tenancy import acting, as_text, changed, json_option, tenant_option
from admin.sandbox import open_sandbox, terms_of
from coalition.programmes.queries import the_programme
from tenants import sandbox as sandboxes
from tenants.actor import SYSTEM
from tenants.runtime import db


@click.group()
def sandbox() -> None:
    """Tenants beside the real ones, where a till is tried and the clock can be moved on."""


@sandbox.command("open")
@click.option("--of", "source", required=True, help="whose terms it begins with")
@click.option("--slug", required=True, help="its short name")
@click.option("--host", required=True, help="the host name under which it is served")
def open_one(source: str, slug: str, host: str) -> None:
    """Open a sandbox with the terms and the look of a tenant, and with none of its members, files, sales or secrets."""
    with house():
        with acting(source) as session:
            terms = terms_of(session)
        with db.transaction(None) as session:
            open_sandbox(session, terms, terms_of=source, slug=slug, host=host)
    click.echo(f"The sandbox {slug} has the terms of {source} as they are now, and is served at {host}.")
    click.echo(f'A client for it: coalition clients add --tenant {slug} --participant CODE "Till 1"')


@sandbox.command("clock")
@tenant_option
@click.option("--advance-days", "days", type=click.IntRange(1), help="move it so many days on")
@json_option
def clock(slug: str, days: int | None, as_json: bool) -> None:
    """What time it is in a sandbox; moved on, everything that is due by then is done first."""
    with house():
        found, zone = changed(slug, lambda session: _clock(session, days))
    if as_json:
        click.echo(as_text({"now": iso(found.now, zone), "latest": iso(found.latest, zone)}))
        return
    click.echo(f"now: {iso(found.now, zone)}\nlatest: {iso(found.latest, zone)}")


def _clock(session: Session, days: int | None) -> tuple[sandboxes.Clock, str]:
    found = sandboxes.move_clock(session, SYSTEM, days=days) if days else sandboxes.clock_of(session)
    return found, the_programme(session).zone
