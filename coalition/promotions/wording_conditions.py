"""Conditions in words: as terms, and why a purchase did not meet one."""

from collections.abc import Sequence
from datetime import date, datetime

from coalition.promotions import wording_hours
from coalition.promotions.base import Base
from coalition.promotions.categories import Category
from coalition.promotions.conditions import Condition
from coalition.promotions.conditions.amount_below import AmountBelow
from coalition.promotions.conditions.attribute import Attribute
from coalition.promotions.conditions.channel import Channel
from coalition.promotions.conditions.entitlement import Entitlement
from coalition.promotions.conditions.goods import Goods
from coalition.promotions.conditions.hours import Hours
from coalition.promotions.conditions.items import Items
from coalition.promotions.conditions.opt_in import OptIn
from coalition.promotions.conditions.payment import Payment
from coalition.promotions.conditions.place import Place
from coalition.promotions.conditions.tier import Tier
from coalition.promotions.conditions.without_spending import WithoutSpending
from coalition.promotions.document import Document
from coalition.promotions.explain import Missed
from tenants.branding import formats
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate
from tenants.translations import N_

_PLACES = {
    "outlet": N_("at certain outlets"),
    "region": N_("in certain regions"),
    "brand": N_("in shops of certain brands"),
    "franchise": N_("in shops of certain owners"),
}
_OTHER_PLACES = {
    "outlet": N_("It is for other outlets"),
    "region": N_("It is for other regions"),
    "brand": N_("It is for shops of other brands"),
    "franchise": N_("It is for shops of other owners"),
}
_NOT_MET = {
    "receipt": N_("It needs the receipt's details, and they did not come with this purchase"),
    "goods": N_("None of its goods was on the receipt"),
    "channel": N_("It is for other ways to buy"),
    "tier": N_("It is for members of other levels"),
    "attribute": N_("It is for certain members"),
}


def counted(base: Base, words: Words) -> list[str]:
    """What of a purchase counts, as clauses that go on from the mechanic's."""
    clauses, goods = [], base.goods
    if goods is not None:
        named = goods.skus or goods.brands or goods.categories or goods.tags
        only = translate(words.lang, "only certain goods count")
        clauses.append(only if named else translate(words.lang, "certain goods do not count"))
    if base.payments:
        clauses.append(translate(words.lang, "how much counts depends on the way it is paid"))
    return clauses


def categories(named: Sequence[Category], words: Words) -> list[str]:
    """The tenant's own categories that it is for, as a clause that goes on from the mechanic's."""
    names = [category.called(words.lang) for category in named]
    if len(names) > 1:
        return [translate(words.lang, "in the categories %(names)s", names=", ".join(names))]
    return [translate(words.lang, "in the category “%(name)s”", name=name) for name in names]


def said(condition: Condition, words: Words) -> str:
    """The condition as a term: a clause that goes on from the mechanic's."""
    lang = words.lang
    match condition:
        case Hours():
            return wording_hours.timetable(condition, lang)
        case Place():
            return translate(lang, _PLACES[condition.kind])
        case Goods():
            return _goods(condition, words)
        case Items():
            return _items(condition, words)
        case AmountBelow():
            bound = words.money_written(condition.amount)
            return translate(lang, "for purchases below %(amount)s", amount=bound)
        case Payment() if condition.share_from is not None:
            share = words.percent(int(condition.share_from * 100))
            return translate(lang, "when %(share)s and more is paid in certain ways", share=share)
        case Payment():
            return translate(lang, "when paid in certain ways")
        case Channel():
            return translate(lang, "for certain ways to buy")
        case Tier():
            return translate(lang, "for members of certain levels")
        case Attribute():
            return translate(lang, "for certain members")
        case Entitlement():
            return translate(lang, "for those who have a special right")
        case OptIn():
            return translate(lang, "after you accept the offer")
        case WithoutSpending():
            return translate(lang, "when no points are spent")


def not_given(missed: Missed, document: Document, words: Words) -> str | None:
    """Why a condition was not met; nothing for what is no condition's."""
    lang, wanted, actual = words.lang, missed.wanted, missed.actual
    match missed.condition:
        case "hours" | "holiday":
            return wording_hours.not_given(missed, document, words)
        case str(kind) if kind in _NOT_MET:
            return translate(lang, _NOT_MET[kind])
        case str(kind) if kind in _PLACES:
            if actual is None:
                return translate(
                    lang, "It is for certain shops, and it is not known where this purchase was made"
                )
            return translate(lang, _OTHER_PLACES[kind])
        case "goods_amount" | "goods_share" | "items_from" | "items_to":
            return _not_on_receipt(missed, words)
        case "amount_below":
            return translate(
                lang,
                "It is for purchases below %(wanted)s; this one was for %(actual)s",
                wanted=words.money(int(wanted)),
                actual=words.money(int(actual)),
            )
        case "payment" if not wanted:
            return translate(lang, "It is for other ways to pay")
        case "payment":
            return translate(
                lang,
                "It takes %(wanted)s of the receipt paid in certain ways; it was %(actual)s",
                wanted=words.percent(int(wanted)),
                actual=words.percent(int(actual)),
            )
        case "without_spending":
            return translate(
                lang,
                "It is for purchases on which no points are spent; you spent %(points)s",
                points=words.points(int(actual)),
            )
        case "entitlement" | "opt_in":
            return _not_entitled(missed, words)
        case _:
            return None


def _goods(condition: Goods, words: Words) -> str:
    lang = words.lang
    parts = []
    if condition.quantity_from is not None:
        quantity = formats.decimal(condition.quantity_from, lang)
        parts.append(translate(lang, "for %(quantity)s pcs or kg of certain goods", quantity=quantity))
    if condition.amount_from is not None:
        amount = words.money_written(condition.amount_from)
        parts.append(translate(lang, "for certain goods from %(amount)s", amount=amount))
    if condition.share_from is not None:
        share = words.percent(int(condition.share_from * 100))
        parts.append(translate(lang, "when certain goods make %(share)s of the receipt", share=share))
    return ", ".join(parts) or translate(lang, "when certain goods are on the receipt")


def _items(condition: Items, words: Words) -> str:
    lang, parts = words.lang, []
    if condition.count_from is not None:
        parts.append(
            ntranslate(
                lang,
                "for receipts of %(count)s line and more",
                "for receipts of %(count)s lines and more",
                condition.count_from,
            )
        )
    if condition.count_to is not None:
        parts.append(
            ntranslate(
                lang,
                "for receipts of no more than %(count)s line",
                "for receipts of no more than %(count)s lines",
                condition.count_to,
            )
        )
    return ", ".join(parts)


def _not_on_receipt(missed: Missed, words: Words) -> str:
    lang, wanted, actual = words.lang, int(str(missed.wanted)), int(str(missed.actual))
    match missed.condition:
        case "goods_amount":
            return translate(
                lang,
                "It takes certain goods from %(wanted)s; %(gap)s were missing",
                wanted=words.money(wanted),
                gap=words.money(wanted - actual),
            )
        case "goods_share":
            return translate(
                lang,
                "It takes certain goods for %(wanted)s of the receipt; they made %(actual)s",
                wanted=words.percent(wanted),
                actual=words.percent(actual),
            )
        case "items_from":
            return ntranslate(
                lang,
                "It takes a receipt of %(count)s line and more; this one had %(actual)s",
                "It takes a receipt of %(count)s lines and more; this one had %(actual)s",
                wanted,
                actual=words.number(actual),
            )
        case _:
            return ntranslate(
                lang,
                "It takes a receipt of no more than %(count)s line; this one had %(actual)s",
                "It takes a receipt of no more than %(count)s lines; this one had %(actual)s",
                wanted,
                actual=words.number(actual),
            )


def _not_entitled(missed: Missed, words: Words) -> str:
    lang = words.lang
    if missed.condition == "entitlement":
        if missed.actual is None:
            return translate(lang, "It takes a special right, and you had none on that day")
        until = words.day(date.fromisoformat(str(missed.actual)))
        return translate(lang, "The right that it takes was yours until %(day)s", day=until)
    if missed.actual is None:
        return translate(lang, "You had not accepted this offer")
    accepted = words.moment(datetime.fromisoformat(str(missed.actual)))
    return translate(lang, "You accepted this offer later, %(moment)s", moment=accepted)
