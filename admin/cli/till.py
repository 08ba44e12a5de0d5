"""`coalition till`: a till that plays a shop's receipts through the running server."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import acting, as_text, changed, json_option, participant_number, tenant_option
from coalition.members.actions import enrol, link_number
from coalition.members.person import Person
from coalition.members.queries import handle_of
from coalition.partners.clients import add_client, all_clients, rotate_secret
from coalition.programmes.queries import the_programme
from partner_portal.till.client import Till
from partner_portal.till.receipts import Read, read
from partner_portal.till.replay import Played, play
from tenants.actor import SYSTEM
from tenants.hosts import hosts_of
from tenants.runtime.errors import NotFound, Refusal

NAME = "replay"
SCOPES = ("purchases:write",)
ENROLLED_AT_ONCE = 500


@click.group()
def till() -> None:
    """A till, for trying a programme on a shop's own receipts."""


@till.command()
@tenant_option
@click.option("--participant", required=True, help="the code of whose tills these are")
@click.option(
    "--partner", help="the code of the one whose receipts these are, where the participant has several"
)
@click.option("--tills", default=8, show_default=True, type=click.IntRange(1, 64), help="so many at a time")
@click.option("--url", help="where the server is; the one on this machine if not told")
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(
    slug: str, participant: str, partner: str | None, tills: int, url: str | None, as_json: bool, path: Path
) -> None:
    """Play the receipts of FILE, in the order of their time, through the running server.

    FILE is CSV (or .gz) with InvoiceNo, StockCode, Quantity, InvoiceDate, UnitPrice and CustomerID; numbers beginning
    with C are credit notes. Customers who are not members are enrolled, with their number as their card. The second
    time every receipt is the one that is booked already, so nothing changes.
    """
    with house() as chosen:
        try:
            found = read(path, _zone(slug), partner)
        except (ValueError, ArithmeticError, UnicodeDecodeError) as error:
            raise Refusal("receipts_unclear", path=path, why=str(error)) from None
        new = _enrol(slug, sorted(found.customers))
        client = changed(slug, lambda session: _client(session, participant))
        address = url or f"http://{chosen.host}:{chosen.port}/v1"

        def open_till() -> Till:
            return Till(address, client.id, client.secret, host=client.host, language="en")

        receipts = list(found.customers.values())
        count = sum(map(len, receipts))
        with click.progressbar(length=count, label="Playing", file=sys.stderr) as bar:
            played = play(receipts, open_till, tills, bar.update)
    click.echo(as_text(_told(found, new, played)) if as_json else _sentence(found, new, played))


@dataclass(frozen=True)
class _Client:
    id: str
    secret: str
    host: str


def _zone(slug: str) -> str:
    with acting(slug) as session:
        return the_programme(session).zone


def _client(session: Session, participant: str) -> _Client:
    """The participant's client for this, with a new secret: it is the same one each time, and so are its sales."""
    owner = participant_number(session, participant)
    host = next(iter(hosts_of(session)), None)
    if host is None:
        raise NotFound("host_unknown")
    for client in all_clients(session):
        if client.name == NAME and client.participant_id == owner:
            return _Client(client.id, rotate_secret(session, SYSTEM, client_id=client.id), host)
    client, secret = add_client(
        session,
        SYSTEM,
        name=NAME,
        programme_id=the_programme(session).id,
        participant_id=owner,
        scopes=SCOPES,
    )
    return _Client(client.id, secret, host)


def _enrol(slug: str, customers: list[str]) -> int:
    """Enrol those who are not members yet; returns how many."""
    new = 0
    for i in range(0, len(customers), ENROLLED_AT_ONCE):
        part = customers[i : i + ENROLLED_AT_ONCE]
        new += changed(slug, lambda session, part=part: sum(_enrolled(session, one) for one in part))  # type: ignore[misc]
    return new


def _enrolled(session: Session, customer: str) -> bool:
    try:
        handle_of(session, customer)
    except NotFound:
        member = enrol(
            session,
            SYSTEM,
            programme_id=the_programme(session).id,
            person=Person(name=f"Customer {customer}"),
        )
        link_number(session, member.id, customer)
        return True
    return False


def _told(found: Read, new: int, played: Played) -> dict[str, Any]:
    return {
        "lines": found.lines,
        "anonymous_lines": found.anonymous,
        "free_receipts": found.free,
        "members": len(found.customers),
        "enrolled": new,
        "sales": played.sales,
        "returns": played.returns,
        "returns_waiting": played.waiting,
        "refused": dict(played.refused),
        "points": played.points,
        "seconds": round(played.seconds, 1),
        "per_second": round((played.sales + played.returns) / played.seconds, 1) if played.seconds else 0,
        "ms": {f"p{percent}": round(played.share(percent), 1) for percent in (50, 95, 99)},
    }


def _sentence(found: Read, new: int, played: Played) -> str:
    told = _told(found, new, played)
    refused = ", ".join(f"{code}: {count}" for code, count in sorted(played.refused.items())) or "none"
    return (
        f"{found.lines} lines, {found.anonymous} of them without a customer.\n"
        f"{counted(told['members'], 'member')}, {new} of them enrolled now.\n"
        f"{counted(played.sales, 'sale')} and {counted(played.returns, 'return')} answered, of which {played.waiting} "
        f"wait for their sale; refused: {refused}.\n"
        f"{told['per_second']} a second; half within {told['ms']['p50']} ms, 99 % within {told['ms']['p99']} ms."
    )
