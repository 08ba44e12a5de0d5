"""Sales as their tills would have told them with the discount that is tried, by the code that tills ask. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from coalition.backtests.replaying import DRAFT, Trial
from coalition.promotions.case import Facts, Failed, Receipt
from coalition.promotions.discounts import taken, taken_back, taken_off
from coalition.promotions.document import Document
from coalition.promotions.engine import Past, evaluate
from coalition.promotions.gives import Giving
from coalition.promotions.index import Rule

_UNTOLD = Receipt(points_spent=1)
"""Of a sale without a receipt: nobody knows what was spent on it, so what wants nothing spent gives nothing."""


def sold(trial: Trial, facts: Facts, past: Past) -> tuple[Past, int]:
    """The sale with what the discount would have taken off its full price, beside what others took off.

    With it comes what the limits would cut of the discount, in minor units: of what is told they have nothing to cut
    any more. A sale that the discount does not touch, now or then, is left as it was. The facts stay as they are.
    """
    rule, index = trial.tried, trial.index
    if rule is None or past.line.amount <= 0 or not rule.starts <= past.line.at < rule.ends:
        return past, 0
    facts.segments = past.segments
    aside = replace(facts, counters=dict(facts.counters), touched=set(), rooms=dict(facts.rooms))
    asked = evaluate(
        index, aside, past.line, past.day, past.receipt, booked=past.booked, asking=(rule.promotion,)
    )
    cut = sum(award.cut for award in asked if award.rule.version == DRAFT)
    offered = [award for award in asked if award.rule.giving is Giving.DISCOUNT and award.points]
    promotions = index.setting.promotions
    if rule.promotion not in {award.rule.promotion for award in offered} and not taken(
        past.receipt, promotions, rule.promotion
    ):
        return past, cut
    codes = {number: code for code, number in promotions.items()}
    amount, receipt = taken_back(past.line.amount, past.receipt or _UNTOLD, promotions)
    amount, receipt = taken_off(
        amount,
        receipt,
        [(codes[one.rule.promotion], trial.documents[one.rule.version], one.points) for one in offered],
    )
    return past._replace(line=past.line._replace(amount=amount), receipt=receipt), cut


def lacking(document: Document, receipt: Receipt | None, missed: Iterable[tuple[Rule, Failed]]) -> bool:
    """Whether what is tried gave nothing for want of something that was not told of the sale."""
    failed = next((failed for rule, failed in missed if rule.version == DRAFT), None)
    if failed is None:
        return False
    receipt, base = receipt or Receipt(), document.base
    match failed.condition:
        case "receipt" | "no_outlet":
            return True
        case "channel":
            return not receipt.channel
        case "outlet" | "region" | "brand" | "franchise":
            return receipt.outlet is None
        case "payment" | "paid_by":
            return not receipt.payments
        case "too_little" if base is not None:
            return bool((base.goods and not receipt.items) or (base.payments and not receipt.payments))
    return False
