"""`coalition mailings`: how much advertising of partners a member may get."""

import click

from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import acting, as_text, changed, json_option, tenant_option
from coalition.mailings.terms import mailing_terms, set_mailing_terms
from coalition.programmes.queries import the_programme
from tenants.actor import SYSTEM


@click.group()
def mailings() -> None:
    """The limit of advertising that partners' mailings keep."""


@mailings.command()
@tenant_option
@json_option
def show(slug: str, as_json: bool) -> None:
    """Say how many mailings of all partners together a member gets in seven days."""
    with house(), acting(slug) as session:
        most = mailing_terms(the_programme(session)).per_week
    if as_json:
        click.echo(as_text({"per_week": most}))
    else:
        click.echo(f"A member gets {counted(most, 'mailing')} of partners in seven days at most.")


@mailings.command()
@tenant_option
@click.argument("per_week", type=click.IntRange(1, 50))
def limit(slug: str, per_week: int) -> None:
    """Let a member get so many mailings of all partners together in seven days."""
    with house():
        changed(
            slug,
            lambda session: set_mailing_terms(
                session, SYSTEM, programme_id=the_programme(session).id, terms={"per_week": per_week}
            ),
        )
    click.echo("Mailings keep this limit from now on.")
