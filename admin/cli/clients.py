"""`coalition clients`: programs of partners that call the API, and the secrets they sign in with."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from sqlalchemy.orm import Session

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
from coalition.partners.bounds import REQUESTS_MOST, allow, set_limit
from coalition.partners.clients import (
    add_client,
    all_clients,
    end_client,
    rotate_secret,
    set_certificates,
    set_keys,
)
from coalition.partners.queries import all_outlets, participants_by_code
from coalition.programmes.queries import the_programme
from partner_portal.api.callers import SANDBOX_SCOPE, SCOPES, TILL_SCOPES
from tenants.actor import SYSTEM
from tenants.runtime.errors import NotFound
from tenants.sandbox import is_sandbox


@click.group()
def clients() -> None:
    """Tills, shops and apps that call the API at /v1."""


@clients.command("add")
@tenant_option
@click.option("--participant", required=True, help="the code of whose program it is")
@click.option("--outlet", help="the code of the one place of sale that it speaks for")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(SCOPES)),
    help="all but cards:unblock, events:write and, outside sandboxes, sandbox:clock if none is named",
)
@json_option
@click.argument("name")
def add(
    slug: str, participant: str, outlet: str | None, scopes: tuple[str, ...], as_json: bool, name: str
) -> None:
    """Let the program NAME call the API; its secret is shown this once."""

    def let_in(session: Session) -> dict[str, str]:
        owner = participant_number(session, participant)
        outlets = {row.code: row.id for row in all_outlets(session)}
        if outlet is not None and outlet not in outlets:
            raise NotFound("outlet_unknown", outlet=outlet)
        client, secret = add_client(
            session,
            SYSTEM,
            name=name,
            programme_id=the_programme(session).id,
            participant_id=owner,
            outlet_id=outlets[outlet] if outlet else None,
            scopes=scopes or (*TILL_SCOPES, *([SANDBOX_SCOPE] if is_sandbox(session) else [])),
        )
        return {"client_id": client.id, "client_secret": secret}

    with house():
        found = changed(slug, let_in)
    if as_json:
        click.echo(as_text(found))
        return
    click.echo(f"client_id: {found['client_id']}\nclient_secret: {found['client_secret']}")
    click.echo("Keep the secret now: it is not shown again.")


@clients.command("list")
@tenant_option
@json_option
def list_clients(slug: str, as_json: bool) -> None:
    """Every client, those that have ended among them."""
    with house(), acting(slug) as session:
        names = {number: code for code, number in participants_by_code(session).items()}
        found = [
            {
                "client_id": row.id,
                "name": row.name,
                "participant": names[row.participant_id],
                "scopes": row.scopes,
                "ended": row.ended_at is not None,
            }
            for row in all_clients(session)
        ]
    if as_json:
        click.echo(as_text(found))
        return
    for row in found:
        state = "ended" if row["ended"] else " ".join(row["scopes"])
        click.echo(f"{row['client_id']}  {row['name']} of {row['participant']}: {state}")
    if not found:
        click.echo("There is no client.")


@clients.command("rotate")
@tenant_option
@click.argument("client_id")
def rotate(slug: str, client_id: str) -> None:
    """Give CLIENT_ID its next secret; the old one holds for seven days more."""
    with house():
        secret = changed(slug, lambda session: rotate_secret(session, SYSTEM, client_id=client_id))
    click.echo(f"client_secret: {secret}")


@clients.command("key")
@tenant_option
@click.argument("client_id")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def key(slug: str, client_id: str, path: Path) -> None:
    """Let CLIENT_ID sign in by what it signs: FILE holds its public key (PEM, JWK or a JWK set)."""
    _bind(slug, client_id, path, set_keys)


@clients.command("certificate")
@tenant_option
@click.argument("client_id")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def certificate(slug: str, client_id: str, path: Path) -> None:
    """Let CLIENT_ID call by mutual TLS alone: FILE holds its certificates (PEM), which replace those it had."""
    _bind(slug, client_id, path, set_certificates)


def _bind(slug: str, client_id: str, path: Path, set_: Callable[..., Iterable[str]]) -> None:
    """Give the client what the file holds, and print the thumbprints of that."""
    with house(), telling(path):
        written = path.read_bytes().decode("utf-8", "replace")
        prints = changed(slug, lambda session: set_(session, SYSTEM, client_id=client_id, written=written))
    for found in prints:
        click.echo(f"thumbprint: {found}")


@clients.command("limit")
@tenant_option
@click.argument("client_id")
@click.argument("requests", type=click.IntRange(0, REQUESTS_MOST))
def limit(slug: str, client_id: str, requests: int) -> None:
    """Let the client ask REQUESTS times a minute at most, of each process; 0: as often as all others."""
    with house():
        asked = {"client_id": client_id, "requests": requests or None}
        changed(slug, lambda session: set_limit(session, SYSTEM, **asked))
    click.echo(f"{client_id}: {requests or 'the common limit'}.")


@clients.command("allow")
@tenant_option
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(list(SCOPES)), help="nothing if none is named"
)
@click.argument("participant")
def let(slug: str, scopes: tuple[str, ...], participant: str) -> None:
    """Let people of PARTICIPANT (its code) make programs with these scopes themselves, in the partner's place."""

    def let_make(session: Session) -> None:
        owner = participant_number(session, participant)
        allow(session, SYSTEM, participant_id=owner, scopes=scopes)

    with house():
        changed(slug, let_make)
    click.echo(f"{participant}: {' '.join(sorted(scopes)) or 'no programs of its own'}.")


@clients.command("end")
@tenant_option
@click.argument("client_id")
def end(slug: str, client_id: str) -> None:
    """Let CLIENT_ID in no more: its secrets and tokens end now."""
    with house():
        changed(slug, lambda session: end_client(session, SYSTEM, client_id=client_id))
    click.echo("It is let in no more.")
