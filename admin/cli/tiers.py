"""`coalition tiers`: the levels of a programme, as a file."""

import json
from pathlib import Path
from typing import Any

import click
import yaml
from sqlalchemy.orm import Session

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.saying import counted, local
from admin.cli.tenancy import acting, changed, json_option, telling, tenant_option
from admin.promotion_source import read_value
from coalition.programmes.queries import the_programme
from coalition.promotions.levels import flaws, set_tiers
from coalition.promotions.queries import tiers_of
from coalition.promotions.tiers import TierHistory, TierTerms
from tenants.actor import SYSTEM

_programme = click.option(
    "--programme", "code", help="the programme's code; without it the tenant's first one"
)


@click.group()
def tiers() -> None:
    """Levels of members: what they go by, and from where each begins."""


@tiers.command()
@tenant_option
@_programme
@json_option
def show(slug: str, code: str | None, as_json: bool) -> None:
    """The levels as they are now, in the form that `set` takes, and when they were changed."""
    with house(), acting(slug) as session:
        programme = the_programme(session, code)
        document, history = programme.tiers, tiers_of(session, programme)
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    if document is None:
        click.echo("The programme has no levels.")
        return
    if isinstance(history, TierHistory):
        click.echo(f"# for what is booked since {local(history.newest, programme.zone)}")
    click.echo(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), nl=False)


@tiers.command("set")
@tenant_option
@_programme
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def set_levels(slug: str, code: str | None, path: Path) -> None:
    """Give the programme the levels in a YAML or JSON file, for what is booked from now on."""
    with telling(path):
        document = read_value(path)
    with house(), telling(path):
        terms = changed(slug, lambda session: _set(session, code, path, document))
    click.echo(f"{counted(len(terms.levels), 'level')}: {', '.join(level.code for level in terms.levels)}.")


def _set(session: Session, code: str | None, path: Path, document: Any) -> TierTerms:
    """Set the levels, or say at the fields why they cannot be."""
    programme = the_programme(session, code)
    stop_at(path, flaws(document, programme))
    return set_tiers(session, SYSTEM, programme_id=programme.id, document=document)
