"""`coalition claims`: by which terms claims are answered."""

from pathlib import Path

import click

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, telling, tenant_option
from admin.promotion_source import read_fields
from coalition.claims.terms import ClaimTerms, set_claim_terms, terms_of
from coalition.programmes.queries import the_programme
from coalition.promotions.checking import unfit
from tenants.actor import SYSTEM


@click.group()
def claims() -> None:
    """Terms of claims: working hours, how long each kind may take, how much one person decides alone."""


@claims.command()
@tenant_option
def show(slug: str) -> None:
    """Print the terms."""
    with house(), acting(slug) as session:
        terms = terms_of(the_programme(session))
    click.echo(as_text(terms.model_dump(mode="json")))


@claims.command("set")
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def set_terms(slug: str, path: Path) -> None:
    """Let claims go by the terms of a file; what it leaves out is as usual."""
    with telling(path):
        terms = dict(read_fields(path))
    stop_at(path, unfit(ClaimTerms, terms))
    with house(), telling(path):
        changed(
            slug,
            lambda session: set_claim_terms(
                session, SYSTEM, programme_id=the_programme(session).id, terms=terms
            ),
        )
    click.echo("Claims that are opened from now on go by these terms.")
