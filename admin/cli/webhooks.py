"""`coalition webhooks`: where partners' programs are told of what happens, and what became of the messages."""

from datetime import UTC
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, json_option, participant_number, tenant_option
from coalition.partners.clients import client_by_id
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.webhooks import actions
from coalition.webhooks.kinds import KINDS
from coalition.webhooks.models import Endpoint
from coalition.webhooks.queries import (
    Tried,
    all_endpoints,
    endpoint_by_id,
    latest_attempts,
    messages_by_state,
)
from coalition.webhooks.signing import message_name
from tenants.actor import SYSTEM
from tenants.runtime import clock


class MessageName(click.ParamType):
    """`msg_…`, as receivers and the log have it."""

    name = "message"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        """The message's id."""
        try:
            return UUID(str(value).removeprefix("msg_"))
        except ValueError:
            self.fail(f"{value} is no message; one looks like msg_ and 32 digits and letters.", param, ctx)


@click.group()
def webhooks() -> None:
    """Endpoints of partners' programs, told of what happens by the Standard Webhooks specification."""


@webhooks.command("add")
@tenant_option
@click.option("--participant", help="the code of whose programs it hears of")
@click.option("--client", "client_id", help="the one client that it hears of")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(list(KINDS)),
    help="what is told; all if none is named",
)
@json_option
@click.argument("url")
def add(
    slug: str, participant: str | None, client_id: str | None, kinds: tuple[str, ...], as_json: bool, url: str
) -> None:
    """Tell URL what happens; the secret that messages are signed with is shown this once."""
    if (participant is None) == (client_id is None):
        raise click.UsageError("Say whose it is: --participant CODE or --client ID.")

    def let_hear(session: Session) -> dict[str, str]:
        programme_id, participant_id = _whose(session, participant, client_id)
        endpoint, secret = actions.add_endpoint(
            session,
            SYSTEM,
            url=url,
            kinds=kinds or tuple(KINDS),
            programme_id=programme_id,
            participant_id=participant_id,
            client_id=client_id,
        )
        return {"endpoint": str(endpoint.id), "secret": secret}

    with house():
        found = changed(slug, let_hear)
    if as_json:
        click.echo(as_text(found))
        return
    click.echo(f"endpoint: {found['endpoint']}\nsecret: {found['secret']}")
    click.echo("Keep the secret now: it is not shown again.")


def _whose(session: Session, participant: str | None, client_id: str | None) -> tuple[int, int]:
    """The programme and the participant."""
    if client_id is not None:
        client = client_by_id(session, client_id)
        return client.programme_id, client.participant_id
    assert participant is not None, "one of the two was said"
    return the_programme(session).id, participant_number(session, participant)


@webhooks.command("list")
@tenant_option
@json_option
def list_endpoints(slug: str, as_json: bool) -> None:
    """Every endpoint with its state, those that have ended among them."""
    with house(), acting(slug) as session:
        names = {number: code for code, number in participants_by_code(session).items()}
        counts = messages_by_state(session)
        found = [
            {
                "endpoint": row.id,
                "participant": names[row.participant_id],
                "client": row.client_id,
                "url": row.url,
                "kinds": row.kinds,
                "state": _state(row),
                "messages": counts.get(row.id, {}),
            }
            for row in all_endpoints(session)
        ]
    if as_json:
        click.echo(as_text(found))
        return
    for row in found:
        told = ", ".join(f"{state} {count:,}" for state, count in sorted(row["messages"].items()))
        click.echo(
            f"{row['endpoint']}  {row['url']} of {row['participant']}: {row['state']}; {told or 'no message'}"
        )
    if not found:
        click.echo("There is no endpoint.")


def _state(row: Endpoint) -> str:
    if row.ended_at is not None:
        return "ended" if row.ended_by == "us" else "ended by its receiver"
    resting = row.rests_until is not None and row.rests_until > clock.now()
    return f"rests after {row.failures} failures" if resting else " ".join(row.kinds)


@webhooks.command("rotate")
@tenant_option
@click.argument("endpoint_id", type=click.UUID)
def rotate(slug: str, endpoint_id: UUID) -> None:
    """Give ENDPOINT_ID its next secret; for 24 hours messages are signed with the old one, too."""
    with house():
        secret = changed(
            slug, lambda session: actions.rotate_endpoint(session, SYSTEM, endpoint_id=endpoint_id)
        )
    click.echo(f"secret: {secret}")


@webhooks.command("end")
@tenant_option
@click.argument("endpoint_id", type=click.UUID)
def end(slug: str, endpoint_id: UUID) -> None:
    """Send ENDPOINT_ID nothing any more; what waits for it is given up."""
    with house():
        changed(slug, lambda session: actions.end_endpoint(session, SYSTEM, endpoint_id=endpoint_id))
    click.echo("It is told nothing any more.")


@webhooks.command("replay")
@tenant_option
@click.option(
    "--message",
    "messages",
    multiple=True,
    type=MessageName(),
    help="this one; all that failed if none is named",
)
@click.argument("endpoint_id", type=click.UUID)
def replay(slug: str, messages: tuple[UUID, ...], endpoint_id: UUID) -> None:
    """Send ENDPOINT_ID messages anew, under the ids that they had."""
    with house():
        count = changed(
            slug,
            lambda session: actions.replay(session, SYSTEM, endpoint_id=endpoint_id, messages=messages),
        )
    click.echo(f"Sent anew: {count:,}" if count else "Nothing has failed.")


@webhooks.command("log")
@tenant_option
@click.option("--last", "most", default=50, show_default=True, type=click.IntRange(1, 10_000))
@json_option
@click.argument("endpoint_id", type=click.UUID)
def log(slug: str, most: int, as_json: bool, endpoint_id: UUID) -> None:
    """The latest attempts to reach ENDPOINT_ID: when, what came back, how long it took."""
    with house(), acting(slug) as session:
        endpoint_by_id(session, endpoint_id)
        found = [_told(one) for one in latest_attempts(session, endpoint_id, most=most)]
    if as_json:
        click.echo(as_text(found))
        return
    for row in found:
        came = f"{row['status'] or 'no answer'} in {row['milliseconds']:,} ms"
        answer = " ".join(row["answer"].split())
        click.echo(f"{row['at']}  {row['message']} {row['kind']}: {came}; {row['state']}. {answer}".rstrip())
    if not found:
        click.echo("Nothing was sent there yet.")


def _told(one: Tried) -> dict[str, Any]:
    return {
        "at": one.attempt.at.astimezone(UTC).isoformat(timespec="seconds"),
        "message": message_name(one.message.id),
        "kind": one.message.kind,
        "state": one.message.state,
        "status": one.attempt.status,
        "milliseconds": one.attempt.milliseconds,
        "answer": one.attempt.answer,
    }
