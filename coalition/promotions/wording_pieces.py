"""Mechanics that count goods, in words."""

from decimal import Decimal

from coalition.promotions.case import Worth
from coalition.promotions.explain import Missed
from coalition.promotions.mechanics.buy_get import BuyGet
from coalition.promotions.mechanics.cheapest import Cheapest
from coalition.promotions.mechanics.per_unit import PerUnit
from tenants.branding import formats
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate

_THOUSANDTH = Decimal("0.001")


def per_unit(mechanic: PerUnit, words: Words, worth: Worth | None) -> str:
    """Points by the quantity; the quantity itself, where there is one."""
    lang = words.lang
    points = words.points_written(mechanic.points)
    if mechanic.per == 1:
        per = translate(lang, "each piece or kg")
    else:
        per = translate(lang, "every %(quantity)s pcs or kg", quantity=formats.decimal(mechanic.per, lang))
    if worth is None:
        return translate(lang, "%(points)s for %(per)s of certain goods", points=points, per=per)
    return translate(
        lang,
        "%(points)s for %(per)s of certain goods, and there were %(quantity)s",
        points=points,
        per=per,
        quantity=formats.decimal(worth.base * _THOUSANDTH, lang),
    )


def buy_get(mechanic: BuyGet, words: Words) -> str:
    """So many to buy, so many as a gift."""
    return translate(
        words.lang,
        "%(buy)s + %(get)s of certain goods: %(rate)s of the price of the cheaper ones",
        buy=words.number(mechanic.buy),
        get=words.number(mechanic.get),
        rate=words.percent(int(mechanic.rate * 100)),
    )


def cheapest(mechanic: Cheapest, words: Words) -> str:
    """The size of the group of which one is a gift."""
    return ntranslate(
        words.lang,
        "%(rate)s of the price of the cheapest of every %(count)s piece of certain goods",
        "%(rate)s of the price of the cheapest of every %(count)s pieces of certain goods",
        mechanic.of,
        rate=words.percent(int(mechanic.rate * 100)),
    )


def gifts(rate: Decimal, words: Words, worth: Worth) -> str:
    """The gifts there were, and their price."""
    return ntranslate(
        words.lang,
        "%(rate)s of %(amount)s, the price of %(count)s gift",
        "%(rate)s of %(amount)s, the price of %(count)s gifts",
        worth.step,
        rate=words.percent(int(rate * 100)),
        amount=words.money(worth.base),
    )


def not_given(missed: Missed, words: Words) -> str | None:
    """Too few of the goods; nothing for any other condition."""
    lang = words.lang
    match missed.condition:
        case "quantity":
            wanted, actual = (
                formats.decimal(int(value) * _THOUSANDTH, lang) for value in (missed.wanted, missed.actual)
            )
            return translate(
                lang,
                "It takes %(wanted)s pcs or kg of certain goods, and there were %(actual)s",
                wanted=wanted,
                actual=actual,
            )
        case "pieces":
            return ntranslate(
                lang,
                "It takes %(count)s piece of certain goods, and there were %(actual)s",
                "It takes %(count)s pieces of certain goods, and there were %(actual)s",
                int(missed.wanted),
                actual=words.number(int(missed.actual)),
            )
        case _:
            return None
