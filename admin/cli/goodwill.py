"""`coalition goodwill`: how many points the contact centre may give, why, and who pays."""

from pathlib import Path

import click

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, telling, tenant_option
from admin.promotion_source import read_fields
from coalition.care.terms import GoodwillTerms, goodwill_terms, set_goodwill_terms
from coalition.programmes.queries import the_programme
from coalition.promotions.checking import unfit
from tenants.actor import SYSTEM


@click.group()
def goodwill() -> None:
    """Terms of the points that the contact centre gives."""


@goodwill.command()
@tenant_option
def show(slug: str) -> None:
    """Print the terms, the usual ones too."""
    with house(), acting(slug) as session:
        terms = goodwill_terms(the_programme(session))
    click.echo(as_text(terms.model_dump(mode="json")))


@goodwill.command("set")
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def set_terms(slug: str, path: Path) -> None:
    """Give points by the terms of a YAML or JSON file: limits in whole points, `funder`, `reasons` with both titles."""
    with telling(path):
        terms = dict(read_fields(path))
    stop_at(path, unfit(GoodwillTerms, terms))
    with house(), telling(path):
        changed(
            slug,
            lambda session: set_goodwill_terms(
                session, SYSTEM, programme_id=the_programme(session).id, terms=terms
            ),
        )
    click.echo("The contact centre gives points by these terms from now on.")
