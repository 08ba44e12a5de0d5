"""`coalition draws`: promise a draw, draw it, and prove that it was drawn as it says."""

import sys
from pathlib import Path

import click

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, telling, tenant_option
from admin.promotion_source import read_fields, read_moment
from coalition.draws.actions import draw_lots, open_draw
from coalition.draws.queries import draw_by_code, proof_of
from coalition.draws.queries import draws as all_draws
from coalition.programmes.queries import the_programme
from tenants.actor import SYSTEM
from tenants.runtime.errors import Refusal

_code = click.option("--code", required=True, help="the draw's code")


@click.group()
def draws() -> None:
    """Prizes among the holders of tickets, by a seed that was promised."""


@draws.command("list")
@tenant_option
def list_draws(slug: str) -> None:
    """Every draw of the tenant, the newest first."""
    with house(), acting(slug) as session:
        found = [(one.code, one.closes_at, one.drawn_at, one.commitment.hex()) for one in all_draws(session)]
    for code, closes_at, drawn_at, commitment in found:
        state = f"drawn {drawn_at:%Y-%m-%d}" if drawn_at else f"closes {closes_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{code:24} {state:28} {commitment}")


@draws.command("open")
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def open_(slug: str, path: Path) -> None:
    """Promise the draw of a file: `code`, `ticket`, `name`, `closes_at`, and `prizes` of code, name and count."""
    with telling(path):
        fields = read_fields(path)
    with house(), acting(slug) as session, telling(path):
        closes_at = read_moment(str(fields.get("closes_at", "")), the_programme(session).zone)
        if closes_at is None:
            raise Refusal("draw_invalid", field="closes_at")
        draw = open_draw(
            session,
            SYSTEM,
            code=str(fields.get("code", "")),
            ticket=str(fields.get("ticket", "")),
            name=fields.get("name"),  # type: ignore[arg-type]  the action checks whatever a file holds
            prizes=fields.get("prizes"),  # type: ignore[arg-type]
            closes_at=closes_at,
        )
        commitment = draw.commitment.hex()
    click.echo(f"Promised. The SHA-256 of its seed, to be published now: {commitment}")


@draws.command()
@tenant_option
@_code
def draw(slug: str, code: str) -> None:
    """Draw the prizes, once, after the close."""
    with house(), acting(slug) as session:
        draw_lots(session, SYSTEM, code=code)
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
            f"{proof.tickets:,} tickets; they are {'' if proof.entries_hold else 'NOT '}those drawn from"
        )
        click.echo(f"the winners are {'' if proof.winners_hold else 'NOT '}those that are drawn again")
        for win in wins:
            click.echo(f"{win['place']:>4}  ticket {win['ticket']:<10} {win['prize']:16} {win['member']}")
    if not proof.holds:
        sys.exit(1)
