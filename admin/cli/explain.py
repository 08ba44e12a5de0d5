"""`coalition explain`: why a purchase gave what it gave, in words."""

from typing import Any
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.saying import iso
from admin.cli.tenancy import acting, as_text, json_option, language_option, tenant_option
from coalition.members.queries import member_by_handle
from coalition.promotions import measures
from coalition.reports.reasons import reasons_in
from coalition.reports.why import Why, why
from coalition.transactions.models import Purchase
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.language import translate
from tenants.translations import N_

TWICE = {
    (True, True): N_("The bank's file has told it, too, and pays"),
    (False, True): N_("The till has told it, too, and pays"),
    (True, False): N_("The bank's file has told this sale, too: it gives points once"),
    (False, False): N_("The till has told this sale, too: it gives points once"),
}
"""By whether the other telling is the bank's, and whether that one pays."""


@click.command()
@tenant_option
@click.option("--handle", required=True, help="card token, card number, phone or e-mail of the member")
@click.option("--purchase", "purchase_id", help="the purchase; without it the member's latest ones")
@click.option(
    "--last",
    default=5,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="how many purchases, without --purchase",
)
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
        found = [told(session, member.id, number, lang) for number in ids]
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
        found = [told(session, member_id, number, lang)]
    _tell(found, as_json)


def _tell(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(as_text(found))
        return
    for one in found:
        amount, points = one["amount"].text, one["points"].text
        click.echo(f"\n{one['purchase']}  {one['when']}  {one['where']}  {amount}: {points}")
        for sign, reasons in (("+", one["given"]), ("+", one["corrections"]), ("-", one["missed"])):
            for reason in reasons:
                click.echo(line_of(sign, reason))
        if one["returned"].value:
            click.echo(f"  - {one['returned_text']}")
        if one["same_sale"]:
            click.echo(f"  = {one['same_sale']['text']}")


def line_of(sign: str, reason: dict[str, Any]) -> str:
    """A reason in a line; of points that are given, with how long they can be spent.

    Where a limit has left nothing of what was earned, the sign says so.
    """
    nothing = "given" in reason and reason["given"].value == 0
    said = "; ".join(filter(None, (reason["text"], reason.get("valid"))))
    return f"  {'=' if nothing else sign} {said}"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("purchase_unknown") from None


def told(session: Session, member_id: UUID, purchase_id: UUID, lang: str) -> dict[str, Any]:
    """A purchase explained, for people and for programs."""
    found = why(session, member_id=member_id, purchase_id=purchase_id)
    versions = {one.version for one in (*found.applied, *(one for one, _ in found.missed))}
    reasons = reasons_in(lang, session, found.programme, versions)
    words, purchase = reasons.words, found.purchase
    return {
        "purchase": purchase.id,
        "at": iso(purchase.occurred_at, words.zone),
        "when": words.moment(purchase.occurred_at),
        "where": found.merchant,
        "amount": measures.money(purchase.amount, words),
        "points": measures.points(found.net_points, words),
        "returned": measures.points(found.returned_points, words),
        "returned_text": translate(
            lang, "Changed by returns: %(points)s", points=words.points(found.returned_points, signed=True)
        ),
        "given": [reasons.gave(one) for one in found.applied],
        "corrections": [reasons.corrected(one) for one in found.corrections],
        "missed": [reasons.missed(one, document) for one, document in found.missed],
        "same_sale": _same_sale(found, lang),
    }


def _same_sale(found: Why, lang: str) -> dict[str, Any] | None:
    """The sale as the other channel told it, and which of the two pays."""
    other = found.told_twice
    if other is None:
        return None
    return {
        "purchase": other.id,
        "by": "bank" if other.file_id else "till",
        "pays": found.paid_there,
        "text": translate(lang, TWICE[other.file_id is not None, found.paid_there]),
    }
