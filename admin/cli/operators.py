"""`coalition operators`: the people who operate the deployment, and sign in at an address of their own."""

import click

from admin.cli.house import house
from admin.cli.tenancy import changed
from admin.opening.addresses import address_of_desk
from tenants import operators as places
from tenants import own_password
from tenants import staff as people
from tenants.actor import SYSTEM
from tenants.models import Host
from tenants.runtime import db
from tenants.runtime.errors import Conflict


@click.group()
def operators() -> None:
    """People who open tenants and look after them; each signs in with a second factor."""


@operators.command()
@click.option("--login", required=True)
@click.option("--name", required=True, help="as the tenants' trails tell it")
@click.option("--host", default="operator.localhost", show_default=True, help="where operators sign in")
def invite(login: str, name: str, host: str) -> None:
    """Let an operator in, and say the link by which the password is set; the first one opens the operators' place."""
    with house():
        slug, address = _place(host.lower())
        secret = changed(slug, lambda session: _invited(session, login, name))
    click.echo("The link to set the password, for this person alone; it is shown only now:")
    click.echo(f"{address_of_desk(address)}/link/{secret}")


def _place(host: str) -> tuple[str, str]:
    """The operators' place, opened if there is none, and its address."""
    with db.transaction(None) as session:
        place = places.the_place(session)
        if place is None:
            try:
                place = places.open_place(session, hosts=[host])
            except Conflict as no:
                if no.code == "host_taken":
                    raise
                raise Conflict("tenant_exists", slug=places.SLUG) from no
        hosts = session.query(Host.name).filter(Host.tenant_id == place.id).order_by(Host.name).all()
        return place.slug, hosts[0][0]


def _invited(session: object, login: str, name: str) -> str:
    person = people.invite_staff(session, SYSTEM, login=login, name=name, roles=["operator"])  # type: ignore[arg-type]
    return own_password.make_link(session, SYSTEM, staff_id=person.id)  # type: ignore[arg-type]
