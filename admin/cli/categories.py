"""`coalition categories`: the tenant's own categories, as a file."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import acting, as_text, changed, json_option, telling, tenant_option
from admin.promotion_source import read_value
from coalition.partners.queries import partners_by_code
from coalition.promotions.own_categories import flaws, save_categories
from coalition.promotions.queries import own_categories
from tenants.actor import SYSTEM


@click.group()
def categories() -> None:
    """Categories of the tenant's own, which promotions name: sets of MCCs and partners."""


@categories.command("list")
@tenant_option
@json_option
def list_categories(slug: str, as_json: bool) -> None:
    """What each category means now; in JSON in the form that `load` takes."""
    with house(), acting(slug) as session:
        found = own_categories(session)
    if as_json:
        click.echo(
            as_text({code: one.model_dump(mode="json", exclude={"code"}) for code, one in found.items()})
        )
        return
    for code, one in found.items():
        click.echo(f"{code:24} {one.called('en'):32} {', '.join((*one.mcc, *one.partners))}")
    if not found:
        click.echo("There is no category.")


@categories.command()
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(slug: str, path: Path) -> None:
    """Define the categories in a YAML or JSON file, for what is published from now on; others stay as they are."""
    with telling(path):
        written = read_value(path)
    with house(), telling(path):
        news = changed(slug, lambda session: _load(session, path, written))
    click.echo(f"{counted(len(news), 'category', 'categories')}: {', '.join(news) or 'no news'}")


def _load(session: Session, path: Path, written: Any) -> list[str]:
    """Save the categories, or say at the fields why they cannot be."""
    stop_at(path, flaws(written, partners_by_code(session)))
    return save_categories(session, SYSTEM, written=written)
