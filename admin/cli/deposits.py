"""`coalition deposits`: what those who pay for promotions have paid in, and what is left of it."""

from decimal import Decimal, InvalidOperation

import click

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, tenant_option
from coalition import money
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.promotions.deposits import UNITS, deposits_of, top_up
from tenants.actor import SYSTEM
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import new_id


@click.group()
def deposits() -> None:
    """Deposits that bound what promotions give at a participant's cost."""


@deposits.command("list")
@tenant_option
@json_option
def list_deposits(slug: str, as_json: bool) -> None:
    """Every deposit: paid in, taken by promotions, left."""
    with house(), acting(slug) as session:
        found = [
            {
                "participant": one.participant.code,
                "unit": one.deposit.unit,
                "paid": one.deposit.paid,
                "points": one.deposit.points,
                "taken": one.taken,
                "left": one.left,
            }
            for one in deposits_of(session, the_programme(session).id)
        ]
    if as_json:
        click.echo(as_text(found))
        return
    for row in found:
        click.echo(
            f"{row['participant']}: {row['points']:,} points paid in, {row['taken']:,} taken, {row['left']:,} left"
        )


@deposits.command("pay")
@tenant_option
@click.option("--unit", type=click.Choice(UNITS), default="money", show_default=True)
@click.option("--note", default="", help="the payment order's number, for example")
@click.option("--request", "request_id", help="a name of this payment: the same name pays once")
@click.argument("participant")
@click.argument("amount")
def pay(slug: str, unit: str, note: str, request_id: str | None, participant: str, amount: str) -> None:
    """Pay AMOUNT into PARTICIPANT's deposit; the first payment opens it."""
    with house(), acting(slug) as session:
        programme, known = the_programme(session), participants_by_code(session)
        if participant not in known:
            raise NotFound("participant_unknown", known=", ".join(sorted(known)) or "none yet")
        digits = money.exponent(programme.currency) if unit == "money" else programme.scale
        deposit = top_up(
            session,
            SYSTEM,
            programme_id=programme.id,
            participant_id=known[participant],
            unit=unit,
            paid=_units(amount, digits),
            request_id=request_id or str(new_id()),
            note=note,
        )
        answer = f"{participant}: {deposit.points:,} points paid in so far."
    click.echo(answer)


def _units(amount: str, digits: int) -> int:
    try:
        return money.in_units(Decimal(amount), digits)
    except (InvalidOperation, ValueError, OverflowError):
        raise Refusal("amount_unreadable", amount=amount) from None
