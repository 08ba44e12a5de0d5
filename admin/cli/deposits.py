"""`coalition deposits`: what those who pay for promotions have paid in, and what is left of it."""

from decimal import Decimal, InvalidOperation
from typing import Any

import click
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, json_option, participant_number, tenant_option
from coalition import money
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.programmes.words import words_in
from coalition.promotions.deposits import UNITS, Standing, deposits_of, top_up
from tenants.actor import SYSTEM
from tenants.runtime.errors import Refusal
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
        programme = the_programme(session)
        words = words_in("en", programme)
        found = [_told(one, programme) for one in deposits_of(session, programme.id)]
    if as_json:
        click.echo(as_text(found))
        return
    for row in found:
        paid, taken, left = (words.points(row[name]) for name in ("points", "taken", "left"))
        money = f" ({words.money(row['paid'])})" if row["unit"] == "money" else ""
        click.echo(f"{row['participant']}: {paid} paid in{money}, {taken} taken, {left} left")
    if not found:
        click.echo("Nobody has paid in; promotions give without a bound of that kind.")


def _told(one: Standing, programme: Programme) -> dict[str, Any]:
    """In the smallest units: `exponent` digits of points, `paid_exponent` of what was paid, are the fraction."""
    in_money = one.deposit.unit == "money"
    return {
        "participant": one.participant.code,
        "unit": one.deposit.unit,
        "paid": one.deposit.paid,
        "paid_exponent": money.exponent(programme.currency) if in_money else programme.scale,
        "currency": programme.currency if in_money else None,
        "points": one.deposit.points,
        "taken": one.taken,
        "left": one.left,
        "exponent": programme.scale,
    }


@deposits.command("pay")
@tenant_option
@click.option("--unit", type=click.Choice(UNITS), default="money", show_default=True)
@click.option("--note", default="", help="the payment order's number, for example")
@click.option("--request", "request_id", help="a name of this payment: the same name pays once")
@click.argument("participant")
@click.argument("amount")
def pay(slug: str, unit: str, note: str, request_id: str | None, participant: str, amount: str) -> None:
    """Pay AMOUNT into PARTICIPANT's deposit; the first payment opens it."""
    request = request_id or str(new_id())

    def paid_in(session: Session) -> str:
        programme, payer = the_programme(session), participant_number(session, participant)
        digits = money.exponent(programme.currency) if unit == "money" else programme.scale
        deposit = top_up(
            session,
            SYSTEM,
            programme_id=programme.id,
            participant_id=payer,
            unit=unit,
            paid=_units(amount, digits),
            request_id=request,
            note=note,
        )
        return f"{participant}: {words_in('en', programme).points(deposit.points)} paid in so far."

    with house():
        answer = changed(slug, paid_in)
    click.echo(answer)


def _units(amount: str, digits: int) -> int:
    try:
        return money.in_units(Decimal(amount), digits)
    except (InvalidOperation, ValueError, OverflowError):
        raise Refusal("amount_unreadable", amount=amount) from None
