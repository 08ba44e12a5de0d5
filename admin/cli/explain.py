"""`coalition explain`: why a purchase gave what it gave, in words."""

from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, language_option, tenant_option
from coalition.members.queries import member_by_handle
from coalition.promotions import wording
from coalition.reports.why import Why, why
from coalition.transactions.models import Purchase
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@click.command()
@tenant_option
@click.option("--handle", required=True, help="card token, card number, phone or e-mail of the member")
@click.option("--purchase", "purchase_id", help="the purchase; without it the member's latest ones")
@click.option("--last", default=5, show_default=True, help="how many purchases, without --purchase")
@language_option
@json_option
def explain(slug: str, handle: str, purchase_id: str | None, last: int, lang: str, as_json: bool) -> None:
    """Tell step by step why a member's purchases gave their points, and what they missed."""
    with house(), acting(slug) as session:
        member = member_by_handle(session, handle)
        if purchase_id is None:
            ids = session.scalars(
                select(Purchase.id)
                .where(Purchase.tenant_id == tenant_of(session), Purchase.member_id == member.id)
                .order_by(Purchase.id.desc())
                .limit(last)
            ).all()
        else:
            ids = [_uuid(purchase_id)]
        found = [_told(why(session, member_id=member.id, purchase_id=number), lang) for number in ids]
    _tell(found, as_json)


@click.command("explain")
@tenant_option
@click.option("--purchase", "purchase_id", required=True, help="the purchase")
@language_option
@json_option
def explain_purchase(slug: str, purchase_id: str, lang: str, as_json: bool) -> None:
    """Name every promotion that was considered for a purchase: what it gave, or why it gave nothing."""
    number = _uuid(purchase_id)
    with house(), acting(slug) as session:
        member_id = session.scalars(
            select(Purchase.member_id).where(Purchase.tenant_id == tenant_of(session), Purchase.id == number)
        ).one_or_none()
        if member_id is None:
            raise NotFound("purchase_unknown")
        found = [_told(why(session, member_id=member_id, purchase_id=number), lang)]
    _tell(found, as_json)


def _tell(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(as_text(found))
        return
    for told in found:
        click.echo(
            f"\n{told['purchase']}  {told['when']}  {told['where']}  {told['amount']}: {told['points']}"
        )
        for line in told["steps"]:
            click.echo(f"  + {line}")
        for line in told["missed"]:
            click.echo(f"  - {line}")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("purchase_unknown") from None


def _told(found: Why, lang: str) -> dict[str, Any]:
    programme = found.programme
    words = Words(
        lang,
        programme.unit[lang],
        programme.scale,
        programme.currency,
        programme.zone,
        clock.business_day(programme.zone),
    )
    steps = []
    for item in found.applied:
        cut = f" ({words.amount(-item.cut, signed=True)})" if item.cut else ""
        steps.append(
            f"{wording.title(item.document, words)}: {wording.gave(item, words)} = {words.points(item.points)}{cut}"
        )
    steps += [
        f"{wording.title(one.after or one.before, words) if one.after or one.before else one.correction.id}"
        f" ({one.correction.approved_at:%Y-%m-%d}): {wording.corrected(one.before, one.after, words)}"
        f" = {words.amount(one.points, signed=True)}"
        for one in found.corrections
    ]
    missed = [
        f"{wording.title(document, words)}: {wording.not_given(item, document, words)}"
        for item, document in found.missed
    ]
    return {
        "purchase": found.purchase.id,
        "when": words.moment(found.purchase.occurred_at),
        "where": found.merchant,
        "amount": words.money(found.purchase.amount),
        "points": words.points(found.net_points),
        "steps": steps,
        "missed": missed,
    }
