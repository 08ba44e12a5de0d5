"""`coalition funds`: charities that members give points to."""

from datetime import date
from pathlib import Path

import click
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import changed, participant_number, telling, tenant_option
from admin.opening.document import FundTerms, Titles
from admin.promotion_source import read_value
from admin.reward_reading import limit_flaws
from charity.actions import admit_fund, begin_campaign
from coalition.partners.queries import all_participants
from coalition.promotions.checking import unfit
from coalition.redemption.queries import rewards_by_id
from tenants.actor import SYSTEM


class Gathering(BaseModel):
    """What a fund gathers for: a goal in points, the last day, and the first one if that is to come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Titles
    goal: int = Field(ge=1)
    starts_on: date | None = None
    ends_on: date


class FundFile(FundTerms):
    """A fund with what it gathers for: members give to that. `own` is the participant that the fund itself is."""

    participant: str | None = None
    own: str | None = None
    campaigns: tuple[Gathering, ...] = Field(min_length=1)


@click.group()
def funds() -> None:
    """Funds, and what they gather for."""


@funds.command()
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add(slug: str, path: Path) -> None:
    """Admit the fund of a YAML or JSON file: `code`, `name`, `about`, limits of a gift, `campaigns`."""
    with telling(path):
        document = read_value(path)
    stop_at(path, unfit(FundFile, document))
    read = FundFile.model_validate(document)
    stop_at(path, limit_flaws(read.model_dump()))
    with house(), telling(path):
        changed(slug, lambda session: _add(session, read))
    click.echo(f"Members can give to {read.code} now.")


def _add(session: Session, read: FundFile) -> None:
    payer = read.participant or all_participants(session)[0].code
    fund = admit_fund(
        session,
        SYSTEM,
        code=read.code,
        name=read.name.model_dump(),
        about=read.about.model_dump(),
        participant_id=participant_number(session, payer),
        points_min=read.points_min,
        points_max=read.points_max,
        place=len(rewards_by_id(session)),
        own=participant_number(session, read.own) if read.own else None,
    )
    for one in read.campaigns:
        begin_campaign(
            session,
            SYSTEM,
            fund_id=fund.id,
            name=one.name.model_dump(),
            goal=one.goal,
            starts_on=one.starts_on,
            ends_on=one.ends_on,
        )
