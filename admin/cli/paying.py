"""`coalition paying`: how much of a cheque a programme's points may pay."""

from pathlib import Path

import click

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, telling, tenant_option
from admin.promotion_source import read_fields
from coalition.programmes.queries import the_programme
from coalition.promotions.checking import unfit
from coalition.redemption.paying import PayTerms, set_pay_terms, terms_of
from tenants.actor import SYSTEM


@click.group()
def paying() -> None:
    """Terms of paying with points at tills."""


@paying.command()
@tenant_option
def show(slug: str) -> None:
    """Print the terms."""
    with house(), acting(slug) as session:
        terms = terms_of(the_programme(session))
    click.echo("Points do not pay at tills." if terms is None else as_text(terms.model_dump(mode="json")))


@paying.command("set")
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def set_terms(slug: str, path: Path) -> None:
    """Let points pay by the terms of a file: `percent` of a cheque, and `goods` with a percent of their own."""
    with telling(path):
        terms = dict(read_fields(path))
    stop_at(path, unfit(PayTerms, terms))
    with house(), telling(path):
        changed(
            slug,
            lambda session: set_pay_terms(
                session, SYSTEM, programme_id=the_programme(session).id, terms=terms
            ),
        )
    click.echo("Points pay by these terms from now on.")
