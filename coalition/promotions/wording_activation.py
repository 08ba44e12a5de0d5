"""Points that wait for a condition, in words: as a term, and what is still to be done."""

from datetime import date

from coalition.promotions.activation import Activation, AfterEvent, AfterPurchases, AfterTurnover
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate


def said(activation: Activation, words: Words) -> str:
    """The condition as a term: a clause that goes on from the mechanic's."""
    lang, condition = words.lang, activation.condition
    match condition:
        case AfterPurchases():
            text = ntranslate(
                lang,
                "yours after %(count)s more purchase",
                "yours after %(count)s more purchases",
                condition.count,
            )
        case AfterTurnover():
            least = words.money_written(condition.amount)
            text = translate(lang, "yours after more purchases worth %(money)s", money=least)
        case AfterEvent():
            text = translate(lang, "yours after the event “%(name)s”", name=condition.name)
    within = ntranslate(lang, "within %(count)s day", "within %(count)s days", activation.within_days)
    return f"{text} {within}"


def to_do(activation: Activation, wanted: int, so_far: int, last_day: date, words: Words) -> str:
    """What is still missing, and until when, for the member whose points wait."""
    lang, day, left = words.lang, words.day(last_day), max(wanted - so_far, 0)
    match activation.condition:
        case AfterPurchases():
            return ntranslate(
                lang,
                "Make %(count)s more purchase by %(day)s",
                "Make %(count)s more purchases by %(day)s",
                left,
                day=day,
            )
        case AfterTurnover():
            return translate(lang, "Buy for %(money)s more by %(day)s", money=words.money(left), day=day)
        case AfterEvent():
            name = activation.condition.name
            return translate(lang, "They wait for the event “%(name)s” until %(day)s", name=name, day=day)
