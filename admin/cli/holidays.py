"""`coalition holidays`: the tenant's calendar of days off."""

from datetime import date, datetime

import click

from admin.cli.house import house
from admin.cli.saying import counted, iso, local
from admin.cli.tenancy import acting, as_text, changed, json_option, tenant_option
from coalition.programmes.queries import the_programme
from coalition.promotions.holidays import set_days_off
from coalition.promotions.queries import newest_days
from tenants.actor import SYSTEM

_days = click.argument("days", nargs=-1, required=True, type=click.DateTime(["%Y-%m-%d"]))


@click.group()
def holidays() -> None:
    """Days off, which hours of promotions and gifts for holidays ask for."""


@holidays.command("list")
@tenant_option
@json_option
def list_days(slug: str, as_json: bool) -> None:
    """The days off as they are known now, and since when."""
    with house(), acting(slug) as session:
        zone = the_programme(session).zone
        found = [(row.day, row.since) for row in newest_days(session).values() if row.off]
    if as_json:
        click.echo(as_text([{"day": day, "since": iso(since, zone)} for day, since in found]))
        return
    for day, since in found:
        click.echo(f"{day:%Y-%m-%d}  known since {local(since, zone)}")
    if not found:
        click.echo("There is no day off.")


@holidays.command()
@tenant_option
@_days
def add(slug: str, days: tuple[datetime, ...]) -> None:
    """Make days off; what is booked already keeps the calendar of its booking."""
    _set(slug, days, off=True)


@holidays.command()
@tenant_option
@_days
def remove(slug: str, days: tuple[datetime, ...]) -> None:
    """Make days off working days again, for what is booked from now on."""
    _set(slug, days, off=False)


def _set(slug: str, days: tuple[datetime, ...], *, off: bool) -> None:
    wanted: list[date] = [day.date() for day in days]
    with house():
        news = changed(slug, lambda session: set_days_off(session, SYSTEM, days=wanted, off=off))
    said = ("day off", "days off") if off else ("working day again", "working days again")
    click.echo(f"{counted(len(news), *said)}: {', '.join(map(str, news)) or 'no news'}")
