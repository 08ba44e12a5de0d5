"""`coalition members questionnaire`: what a programme asks of who joins at a till."""

from pathlib import Path

import click

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, telling, tenant_option
from admin.promotion_source import read_fields
from coalition.members.questionnaire import questionnaire_of, set_questionnaire
from coalition.programmes.queries import the_programme
from tenants.actor import SYSTEM


@click.group()
def questionnaire() -> None:
    """What is asked of who joins at a till, and whose cards are taken."""


@questionnaire.command()
@tenant_option
def show(slug: str) -> None:
    """Print the questionnaire."""
    with house(), acting(slug) as session:
        asked = questionnaire_of(the_programme(session))
    click.echo(as_text(asked.model_dump(mode="json")))


@questionnaire.command("set")
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def set_asked(slug: str, path: Path) -> None:
    """Ask by a file from now on: its `fields`, which of them are `mandatory`, and the `plastic` that is taken."""
    with telling(path):
        document = dict(read_fields(path))
    with house(), telling(path):
        changed(
            slug,
            lambda session: set_questionnaire(
                session, SYSTEM, programme_id=the_programme(session).id, document=document
            ),
        )
    click.echo("Tills ask by this questionnaire from now on.")
