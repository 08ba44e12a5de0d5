"""`coalition channels`: who pays for a sale that a till and the bank's file both tell."""

import click

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, tenant_option
from coalition.programmes.queries import the_programme
from coalition.transactions.two_channels.terms import SameSaleTerms, same_sale_terms, set_same_sale_terms
from tenants.actor import SYSTEM

DEFAULTS = SameSaleTerms(pays="first")


@click.group()
def channels() -> None:
    """Who pays for a sale that a till and the bank's file both tell."""


@channels.command()
@tenant_option
def show(slug: str) -> None:
    """Print the terms."""
    with house(), acting(slug) as session:
        terms = same_sale_terms(the_programme(session))
    click.echo("Both pay." if terms is None else as_text(terms.model_dump(mode="json")))


@channels.command("set")
@tenant_option
@click.option("--pays", required=True, type=click.Choice(["both", "first", "till", "bank"]))
@click.option(
    "--minutes",
    default=DEFAULTS.minutes,
    show_default=True,
    type=click.IntRange(1, 2880),
    help="how far apart equal sums are still certainly the same sale",
)
@click.option(
    "--days",
    default=DEFAULTS.days,
    show_default=True,
    type=click.IntRange(1, 31),
    help="how far apart a person is asked; nothing further apart is looked at",
)
@click.option(
    "--tolerance-percent",
    default=DEFAULTS.tolerance_percent,
    show_default=True,
    type=click.IntRange(0, 50),
    help="by how much sums may differ of which a person is asked",
)
def set_terms(slug: str, pays: str, minutes: int, days: int, tolerance_percent: int) -> None:
    """Say who pays from now on; what is settled stays as it is."""
    told = {"pays": pays, "minutes": minutes, "days": days, "tolerance_percent": tolerance_percent}
    with house():
        changed(
            slug,
            lambda session: set_same_sale_terms(
                session,
                SYSTEM,
                programme_id=the_programme(session).id,
                terms=None if pays == "both" else told,
            ),
        )
    click.echo("From now on both pay." if pays == "both" else f"From now on one pays: {pays}.")
