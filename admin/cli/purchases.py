"""`coalition purchases`: which purchases there are, so that one can be asked about."""

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.saying import iso
from admin.cli.tenancy import acting, as_text, json_option, tenant_option
from coalition.members.models import Member
from coalition.members.queries import member_by_handle
from coalition.partners.models import Merchant
from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.promotions import measures
from coalition.transactions.models import Purchase
from tenants.runtime.db import tenant_of


@click.group()
def purchases() -> None:
    """Purchases that are booked; `coalition promotions explain` tells what one gave, and why."""


@purchases.command("list")
@tenant_option
@click.option("--handle", help="of this member alone: card token, card number, phone or e-mail")
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 1000), help="how many")
@click.option("--ids", is_flag=True, help="print the ids alone")
@json_option
def list_purchases(slug: str, handle: str | None, limit: int, ids: bool, as_json: bool) -> None:
    """The latest purchases, the newest first."""
    with house(), acting(slug) as session:
        found = [_told(session, *row) for row in _latest(session, handle, limit)]
    if as_json:
        click.echo(as_text(found))
        return
    for one in found:
        told = f"  {one['when']}  {one['where']}  {one['amount'].text}"
        click.echo(f"{one['purchase']}{'' if ids else told}")
    if not found and not ids:
        click.echo("No purchase is booked yet.")


def _latest(session: Session, handle: str | None, limit: int) -> Sequence[Any]:
    tenant_id = tenant_of(session)
    query = (
        select(Purchase, Merchant.name, Member.programme_id)
        .join(Merchant, (Merchant.tenant_id == Purchase.tenant_id) & (Merchant.id == Purchase.merchant_id))
        .join(Member, (Member.tenant_id == Purchase.tenant_id) & (Member.id == Purchase.member_id))
        .where(Purchase.tenant_id == tenant_id, Member.tenant_id == tenant_id)
        .order_by(Purchase.id.desc())
        .limit(limit)
    )
    if handle is not None:
        query = query.where(Purchase.member_id == member_by_handle(session, handle).id)
    return session.execute(query).all()


def _told(session: Session, purchase: Purchase, merchant: str, programme_id: int) -> dict[str, Any]:
    words = words_in("en", programme_by_id(session, programme_id))
    return {
        "purchase": purchase.id,
        "member": purchase.member_id,
        "at": iso(purchase.occurred_at, words.zone),
        "when": words.written(purchase.occurred_at),
        "where": merchant,
        "amount": measures.money(purchase.amount, words),
    }
