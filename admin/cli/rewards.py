"""`coalition rewards`: what members get for points."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import (
    acting,
    as_text,
    changed,
    json_option,
    participant_number,
    telling,
    tenant_option,
)
from admin.opening.document import RewardTerms
from admin.promotion_source import read_value
from admin.reward_reading import reward_flaws
from coalition.partners.queries import all_participants
from coalition.redemption.actions import add_reward
from coalition.redemption.queries import rewards_by_id
from tenants.actor import SYSTEM


@click.group()
def rewards() -> None:
    """Certificates and cashback; funds are `coalition funds`."""


@rewards.command("list")
@tenant_option
@json_option
def list_rewards(slug: str, as_json: bool) -> None:
    """Every reward, in the order of the showcase."""
    with house(), acting(slug) as session:
        rows = sorted(rewards_by_id(session).values(), key=lambda one: (one.place, one.id))
        found = [
            {"code": one.code, "kind": one.kind, "name": one.name, "terms": one.terms, "offered": one.offered}
            for one in rows
        ]
    if as_json:
        click.echo(as_text(found))
        return
    for one in found:
        withdrawn = "" if one["offered"] else ", withdrawn"
        click.echo(f"{one['code']:24} {one['kind']:12} {one['name']['en']}{withdrawn}")
    if not found:
        click.echo("There is no reward.")


@rewards.command()
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add(slug: str, path: Path) -> None:
    """Offer the reward of a YAML or JSON file: `code`, `kind`, `name` and `about` with ru and en, `terms`."""
    with telling(path):
        document = read_value(path)
    stop_at(path, reward_flaws(document))
    read = RewardTerms.model_validate(document)
    with house(), telling(path):
        changed(slug, lambda session: _add(session, read))
    loaded = " Load its codes at the desk." if read.kind == "certificate" else ""
    click.echo(f"Members are offered {read.code} now.{loaded}")


def _add(session: Session, read: RewardTerms) -> Any:
    payer = read.participant or all_participants(session)[0].code
    return add_reward(
        session,
        SYSTEM,
        code=read.code,
        kind=read.kind,
        name=read.name.model_dump(),
        about=read.about.model_dump(),
        terms=read.terms,
        participant_id=participant_number(session, payer),
        place=len(rewards_by_id(session)),
    )
