"""`coalition draws`: promise a draw, draw it, and prove that it was drawn as it says."""

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.saying import counted, iso, local
from admin.cli.tenancy import acting, as_text, changed, json_option, telling, tenant_option
from admin.promotion_source import read_fields, read_moment
from coalition.draws.actions import open_draw
from coalition.draws.models import Draw
from coalition.draws.queries import draw_by_code, proof_of
from coalition.draws.queries import draws as all_draws
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.transactions.drawing import draw_lots
from tenants.actor import SYSTEM
from tenants.runtime.errors import Refusal

_code = click.option("--code", required=True, help="the draw's code")


@click.group()
def draws() -> None:
    """Prizes among the holders of tickets, by a seed that was promised."""


@draws.command("list")
@tenant_option
@json_option
def list_draws(slug: str, as_json: bool) -> None:
    """Every draw of the tenant, the newest first."""
    with house(), acting(slug) as session:
        found = [_told(session, one) for one in all_draws(session)]
    if as_json:
        click.echo(as_text(found))
        return
    for one in found:
        state, when = ("drawn", one["drawn_at"]) if one["drawn_at"] else ("closes", one["closes_at"])
        moment = local(datetime.fromisoformat(when), one["zone"])
        click.echo(f"{one['code']:24} {state:6} {moment}  {one['commitment']}")
    if not found:
        click.echo("There is no draw.")


def _told(session: Session, draw: Draw) -> dict[str, Any]:
    zone = programme_by_id(session, draw.programme_id).zone
    return {
        "code": draw.code,
        "name": draw.name,
        "closes_at": iso(draw.closes_at, zone),
        "drawn_at": iso(draw.drawn_at, zone) if draw.drawn_at else None,
        "zone": zone,
        "commitment": draw.commitment.hex(),
    }


@draws.command("open")
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def open_(slug: str, path: Path) -> None:
    """Promise the draw of a file: `code`, `ticket`, `name`, `closes_at`, and `prizes` of code, name and count."""
    with telling(path):
        fields = read_fields(path)
    with house(), telling(path):
        draw = changed(slug, lambda session: _open(session, fields))
    click.echo(f"Promised. The SHA-256 of its seed, to be published now: {draw.commitment.hex()}")


def _open(session: Session, fields: Mapping[str, Any]) -> Draw:
    closes_at = read_moment(str(fields.get("closes_at", "")), the_programme(session).zone)
    if closes_at is None:
        raise Refusal("draw_invalid", field="closes_at")
    return open_draw(
        session,
        SYSTEM,
        code=str(fields.get("code", "")),
        ticket=str(fields.get("ticket", "")),
        name=fields.get("name"),  # type: ignore[arg-type]  the action checks whatever a file holds
        prizes=fields.get("prizes"),  # type: ignore[arg-type]
        closes_at=closes_at,
    )


@draws.command()
@tenant_option
@_code
def draw(slug: str, code: str) -> None:
    """Draw the prizes, once, after the close."""
    with house():
        changed(slug, lambda session: draw_lots(session, SYSTEM, code=code))
    click.echo(f"Drawn; `coalition draws verify --tenant {slug} --code {code}` proves it.")


@draws.command()
@tenant_option
@_code
@json_option
def verify(slug: str, code: str, as_json: bool) -> None:
    """Draw once more from the seed and the tickets, and compare; ends with 1 where something is another."""
    with house(), acting(slug) as session:
        proof = proof_of(session, draw_by_code(session, code))
        wins = [
            {"place": win.place + 1, "ticket": win.ticket, "prize": win.prize, "member": str(win.member_id)}
            for win in proof.wins
        ]
    told = {
        "seed": proof.seed.hex(),
        "seed_holds": proof.seed_holds,
        "entries_hold": proof.entries_hold,
        "winners_hold": proof.winners_hold,
        "tickets": proof.tickets,
        "wins": wins,
    }
    if as_json:
        click.echo(as_text(told))
    else:
        click.echo(
            f"seed {told['seed']}; it is {'' if proof.seed_holds else 'NOT '}the one that was promised"
        )
        click.echo(
            f"{counted(proof.tickets, 'ticket')}; they are {'' if proof.entries_hold else 'NOT '}those drawn from"
        )
        click.echo(f"the winners are {'' if proof.winners_hold else 'NOT '}those that are drawn again")
        for win in wins:
            click.echo(f"{win['place']:>4}  ticket {win['ticket']:<10} {win['prize']:16} {win['member']}")
    if not proof.holds:
        sys.exit(1)
