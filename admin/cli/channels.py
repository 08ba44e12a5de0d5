"""`coalition channels`: who pays for a sale that is told twice: by a till, the bank's file, or a shop's network."""

from collections.abc import Callable
from typing import Any

import click

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, tenant_option
from coalition.programmes.queries import the_programme
from coalition.transactions.of_orders.terms import OrderTerms, order_terms, set_order_terms
from coalition.transactions.two_channels.terms import SameSaleTerms, same_sale_terms, set_same_sale_terms
from tenants.actor import SYSTEM

DEFAULTS, ORDER_DEFAULTS = SameSaleTerms(pays="first"), OrderTerms(pays="order")


@click.group()
def channels() -> None:
    """Who pays for a sale that is told twice: by a till, the bank's file, or a shop's network."""


@channels.command()
@tenant_option
def show(slug: str) -> None:
    """Print the terms."""
    with house(), acting(slug) as session:
        programme = the_programme(session)
        found = {"till and bank": same_sale_terms(programme), "orders": order_terms(programme)}
    for name, terms in found.items():
        click.echo(f"{name}: {'both pay' if terms is None else as_text(terms.model_dump(mode='json'))}")


@channels.command("set")
@tenant_option
@click.option("--pays", required=True, type=click.Choice(["both", "first", "till", "bank"]))
@click.option(
    "--minutes",
    default=DEFAULTS.minutes,
    show_default=True,
    type=click.IntRange(1, 2880),
    help="how far apart equal sums are still certainly the same sale",
)
@click.option(
    "--days",
    default=DEFAULTS.days,
    show_default=True,
    type=click.IntRange(1, 31),
    help="how far apart a person is asked; nothing further apart is looked at",
)
@click.option(
    "--tolerance-percent",
    default=DEFAULTS.tolerance_percent,
    show_default=True,
    type=click.IntRange(0, 50),
    help="by how much sums may differ of which a person is asked",
)
def set_terms(slug: str, pays: str, minutes: int, days: int, tolerance_percent: int) -> None:
    """Say who pays from now on; what is settled stays as it is."""
    told = {"pays": pays, "minutes": minutes, "days": days, "tolerance_percent": tolerance_percent}
    _say(slug, set_same_sale_terms, told)


@channels.command("orders")
@tenant_option
@click.option("--pays", required=True, type=click.Choice(["both", "order", "sale", "greater"]))
@click.option(
    "--days",
    default=ORDER_DEFAULTS.days,
    show_default=True,
    type=click.IntRange(1, 31),
    help="how far apart an order and its purchase may lie",
)
@click.option(
    "--tolerance-percent",
    default=ORDER_DEFAULTS.tolerance_percent,
    show_default=True,
    type=click.IntRange(0, 50),
    help="by how much sums may differ that are certainly the same",
)
@click.option(
    "--asked-percent",
    default=ORDER_DEFAULTS.asked_percent,
    show_default=True,
    type=click.IntRange(0, 50),
    help="by how much sums may differ of which a person is asked",
)
def set_orders(slug: str, pays: str, days: int, tolerance_percent: int, asked_percent: int) -> None:
    """Say who pays of an order at an online shop and its purchase; pairs that are settled stay pairs."""
    told = {
        "pays": pays,
        "days": days,
        "tolerance_percent": tolerance_percent,
        "asked_percent": asked_percent,
    }
    _say(slug, set_order_terms, told)


def _say(slug: str, set_: Callable[..., None], told: dict[str, Any]) -> None:
    """Let the terms hold from now on, and tell who pays."""
    terms = None if told["pays"] == "both" else told
    with house():
        changed(
            slug, lambda session: set_(session, SYSTEM, programme_id=the_programme(session).id, terms=terms)
        )
    click.echo("From now on both pay." if terms is None else f"From now on one pays: {told['pays']}.")
