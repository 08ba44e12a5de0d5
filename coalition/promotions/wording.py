"""A promotion in words: its rule, what it gave and why, why it gave nothing. One function each, for every face."""

from decimal import Decimal

from coalition.promotions.document import Document
from coalition.promotions.explain import Applied, Missed
from coalition.promotions.mechanics.fixed import Fixed
from coalition.promotions.mechanics.per_step import PerStep
from coalition.promotions.mechanics.percent import Percent
from coalition.promotions.mechanics.tenure import Tenure
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate


def title(document: Document, words: Words) -> str:
    """The promotion's name for members."""
    return document.title.ru if words.lang == "ru" else document.title.en


def rule(document: Document, words: Words) -> str:
    """The terms in one sentence: how much, for what, and up to how much."""
    return _limited(document, words, _mechanic(document, words, None))


def gave(applied: Applied, words: Words) -> str:
    """Why an award was so big, in one line: the rule with the purchase's own amount in it."""
    return _limited(applied.document, words, _mechanic(applied.document, words, applied.base))


def not_given(missed: Missed, document: Document, words: Words) -> str:
    """Why a promotion gave nothing, and by how much it was missed."""
    lang = words.lang
    match missed.condition:
        case "amount":
            gap = words.money(missed.wanted - missed.actual)
            return translate(
                lang,
                "It takes a purchase of %(wanted)s or more; this one was %(gap)s short",
                wanted=words.money(missed.wanted),
                gap=gap,
            )
        case "segment":
            return translate(lang, "It is for certain clients of the bank")
        case "once":
            return translate(lang, "It is given once, and you have had it already")
        case _:
            return translate(
                lang, "The month's limit of %(limit)s was reached before", limit=words.points(missed.wanted)
            )


def _mechanic(document: Document, words: Words, base: int | None) -> str:
    lang, mechanic = words.lang, document.mechanic
    match mechanic:
        case Percent():
            rate = _rate(mechanic.rate, words)
            if base is None:
                return translate(lang, "%(rate)s of the amount", rate=rate)
            return translate(lang, "%(rate)s of %(amount)s", rate=rate, amount=words.money(base))
        case PerStep():
            points, step = (
                words.points(_units(mechanic.points, words)),
                words.money(_minor(mechanic.step, words)),
            )
            if base is None:
                return translate(lang, "%(points)s for every full %(step)s", points=points, step=step)
            return translate(
                lang,
                "%(points)s for every full %(step)s of %(amount)s",
                points=points,
                step=step,
                amount=words.money(base),
            )
        case Fixed():
            return translate(
                lang, "%(points)s for each operation", points=words.points(_units(mechanic.points, words))
            )
        case Tenure():
            return _tenure(mechanic, words, base)


def _tenure(mechanic: Tenure, words: Words, years: int | None) -> str:
    lang = words.lang
    if years is None:
        least, most = (
            words.amount(_units(edge(b.points for b in mechanic.bands), words)) for edge in (min, max)
        )
        return translate(
            lang,
            "From %(least)s to %(most)s, the more the longer you are with the bank",
            least=least,
            most=most,
        )
    if years == 0:
        return translate(lang, "You have been with the bank for less than a year")
    return ntranslate(
        lang,
        "You have been with the bank for %(count)s full year",
        "You have been with the bank for %(count)s full years",
        years,
    )


def _limited(document: Document, words: Words, text: str) -> str:
    limits = document.limits
    if limits.per_purchase is not None:
        limit = words.amount(_units(limits.per_purchase, words))
        text = translate(
            words.lang, "%(rule)s, but no more than %(limit)s a purchase", rule=text, limit=limit
        )
    if limits.per_month is not None:
        limit = words.amount(_units(limits.per_month, words))
        text = translate(words.lang, "%(rule)s, but no more than %(limit)s a month", rule=text, limit=limit)
    return text


def _rate(rate: Decimal, words: Words) -> str:
    return words.percent(int(rate * 100))


def _units(points: Decimal, words: Words) -> int:
    return int(points * 10**words.scale)


def _minor(amount: Decimal, words: Words) -> int:
    return int(amount * 10**words.exponent)
