"""`coalition promotions try`: what a sale would give, by the code that gives it, touching nothing."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from pydantic import Field
from sqlalchemy.orm import Session

from admin.cli.explain import line_of
from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, language_option, telling, tenant_option
from admin.promotion_source import read_fields, read_moment
from coalition.ledger.queries import balance_of
from coalition.members.queries import member_by_handle
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions import measures
from coalition.promotions.case import Item, Receipt
from coalition.promotions.checking import unfit
from coalition.promotions.explain import Applied, Missed
from coalition.promotions.part import Mcc, Part
from coalition.promotions.queries import outlets_by_code, setting_of, versions_by_id
from coalition.redemption.paying import payable, terms_of
from coalition.reports.reasons import reasons_in
from coalition.transactions.dry_run import Answer, dry_run
from coalition.transactions.recording import Told
from tenants.actor import SYSTEM
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.language import translate
from tenants.translations import N_

_LABELS = {"to_pay": N_("To pay"), "points": N_("Points for it"), "with_points": N_("Points can pay")}


class _Bought(Part):
    """A line of the cheque: what it costs as a whole, and how much of it there is."""

    sum: Decimal = Field(decimal_places=2)
    quantity: Decimal = Field(default=Decimal(1), decimal_places=3)
    sku: str = ""
    brand: str = ""
    category: str = ""
    tags: frozenset[str] = frozenset()


class _Sale(Part):
    """A sale as a file tells it: its lines, or its amount alone; money in main units."""

    amount: Decimal | None = Field(default=None, decimal_places=2)
    items: tuple[_Bought, ...] = ()
    at: str | None = None
    seller: str = "shop"
    partner: str | None = None
    mcc: Mcc | None = None
    payments: dict[str, Decimal] = Field(default_factory=dict)
    channel: str = ""
    outlet: str | None = None
    spent: int = 0


@click.command("try")
@tenant_option
@click.option("--handle", required=True, help="card token, card number, phone or e-mail of the member")
@language_option
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def try_sale(slug: str, handle: str, lang: str, as_json: bool, path: Path) -> None:
    """Tell what the sale in a YAML or JSON file would give this member now: discounts, points, benefits."""
    with telling(path):
        sale = _sale(path, dict(read_fields(path)))
    with house(), acting(slug) as session, telling(path):
        member = member_by_handle(session, handle)
        programme = programme_by_id(session, member.programme_id)
        told = _told(session, programme, sale, member.id)
        answer = dry_run(session, SYSTEM, programme_id=programme.id, told=told)
        found = _answered(session, programme, answer, balance_of(session, member.id).available, lang)
    if as_json:
        click.echo(as_text(found))
        return
    for name, label in _LABELS.items():
        click.echo(f"{translate(lang, label)}: {found[name].text}")
    for sign, name in (("=", "lines"), ("+", "given"), ("-", "missed")):
        for one in found[name]:
            click.echo(line_of(sign, one))


def _sale(path: Path, fields: dict[str, Any]) -> _Sale:
    stop_at(path, unfit(_Sale, fields))
    sale = _Sale.model_validate(fields)
    if (sale.amount is None) == (not sale.items):
        raise Refusal("document_invalid", field="amount", why="a sale has its lines, or its amount alone")
    return sale


def _told(session: Session, programme: Programme, sale: _Sale, member_id: Any) -> Told:
    setting = setting_of(session, programme)
    items = tuple(
        Item(one.sku, int(one.quantity * 1000), setting.minor(one.sum), one.brand, one.category, one.tags)
        for one in sale.items
    )
    at = clock.now() if sale.at is None else read_moment(sale.at, programme.zone)
    if at is None:
        raise Refusal(
            "document_invalid", field="at", why="a day and a time are written like 2026-12-01 00:00"
        )
    outlets = outlets_by_code(session) if sale.outlet else {}
    if sale.outlet and sale.outlet not in outlets:
        raise NotFound("outlet_unknown", outlet=sale.outlet)
    paid = tuple((name, setting.minor(sum_)) for name, sum_ in sale.payments.items())
    receipt = Receipt(items, paid, sale.channel, outlets.get(sale.outlet or ""), sale.spent)
    return Told(
        reference="try",
        member_id=member_id,
        occurred_at=at,
        amount=sum(item.amount for item in items) if items else setting.minor(sale.amount or Decimal(0)),
        seller=sale.seller,
        partner=sale.partner,
        mcc=int(sale.mcc) if sale.mcc else None,
        receipt=receipt if receipt != Receipt() else None,
    )


def _answered(
    session: Session, programme: Programme, answer: Answer, available: int, lang: str
) -> dict[str, Any]:
    """The answer in words, with the numbers that they tell."""
    versions = {award.rule.version for award in answer.awards} | {rule.version for rule, _ in answer.missed}
    documents, reasons = versions_by_id(session, versions), reasons_in(lang, session, programme, versions)
    words, now, terms = reasons.words, clock.now(), terms_of(programme)
    items = answer.receipt.items if answer.receipt else ()
    exchange = (programme.value_points, programme.value_minor)
    most = payable(terms, answer.amount, items, exchange, available).points if terms else 0
    return {
        "to_pay": measures.money(answer.amount, words),
        "points": measures.points(answer.points, words),
        "with_points": measures.points(most, words),
        "lines": [_line(item, words) for item in items],
        "given": [
            reasons.gave(Applied(rule.version, documents[rule.version], now, *rest))
            for rule, *rest in answer.awards
        ],
        "missed": [
            reasons.missed(
                Missed(rule.version, failed.condition, failed.wanted, failed.actual), documents[rule.version]
            )
            for rule, failed in answer.missed
        ],
    }


def _line(item: Item, words: Words) -> dict[str, Any]:
    """A line of the cheque, with what was taken off it."""
    name = item.sku or item.category or "—"
    text = f"{name}: {words.money(item.amount)}"
    if item.discount:
        off = translate(words.lang, "%(discount)s off", discount=words.money(item.discount))
        text = f"{text} ({off})"
    return {
        "sku": item.sku,
        "category": item.category,
        "amount": measures.money(item.amount, words),
        "discount": measures.money(item.discount, words),
        "text": text,
    }
