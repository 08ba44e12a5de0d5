"""Mechanics in words: the arithmetic as a term, and with the purchase's own sums in it."""

from collections.abc import Iterable
from decimal import Decimal

from coalition.promotions import wording_pieces as pieces
from coalition.promotions.case import Worth
from coalition.promotions.explain import Missed
from coalition.promotions.mechanics import Mechanic
from coalition.promotions.mechanics.bands import Bands
from coalition.promotions.mechanics.both_sides import BothSides
from coalition.promotions.mechanics.buy_get import BuyGet
from coalition.promotions.mechanics.by_payment import ByPayment
from coalition.promotions.mechanics.category_of_month import CategoryOfMonth
from coalition.promotions.mechanics.cheapest import Cheapest
from coalition.promotions.mechanics.fixed import Fixed
from coalition.promotions.mechanics.ladder import Ladder
from coalition.promotions.mechanics.multiplier import Multiplier
from coalition.promotions.mechanics.per_step import PerStep
from coalition.promotions.mechanics.per_unit import PerUnit
from coalition.promotions.mechanics.percent import Percent
from coalition.promotions.mechanics.tenure import Tenure
from coalition.promotions.periods import Span
from tenants.branding import formats
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate
from tenants.translations import N_

WITHIN = {
    Span.DAY: N_("within the day"),
    Span.WEEK: N_("within the week"),
    Span.MONTH: N_("within the month"),
    Span.QUARTER: N_("within the quarter"),
    Span.YEAR: N_("within the year"),
    Span.EVER: N_("in all"),
}


def said(mechanic: Mechanic, words: Words, worth: Worth | None) -> str:
    """The mechanic as a term; with what it made of a purchase, why that much."""
    match mechanic:
        case Percent():
            return _percent(mechanic.rate, words, worth)
        case PerStep():
            return _per_step(mechanic, words, worth)
        case Fixed():
            points = words.points_written(mechanic.points)
            return translate(words.lang, "%(points)s for each operation", points=points)
        case Tenure():
            return _tenure(mechanic, words, worth)
        case Bands():
            return _bands_gave(mechanic, words, worth) if worth else _bands(mechanic, words)
        case BothSides():
            friend, referrer = (words.points_written(side) for side in (mechanic.friend, mechanic.referrer))
            return translate(
                words.lang,
                "%(referrer)s to you and %(friend)s to your friend",
                referrer=referrer,
                friend=friend,
            )
        case Ladder():
            return _ladder_gave(mechanic, words, worth) if worth else _ladder(mechanic, words)
        case Multiplier():
            return _multiplier(mechanic, words, worth)
        case PerUnit():
            return pieces.per_unit(mechanic, words, worth)
        case BuyGet():
            return pieces.gifts(mechanic.rate, words, worth) if worth else pieces.buy_get(mechanic, words)
        case Cheapest():
            return pieces.gifts(mechanic.rate, words, worth) if worth else pieces.cheapest(mechanic, words)
        case ByPayment():
            return _by_payment(mechanic, words, worth)
        case CategoryOfMonth():
            return _category(mechanic, words, worth)


def not_given(missed: Missed, words: Words) -> str | None:
    """Why a mechanic gave nothing; nothing for a condition that is none of theirs."""
    lang, wanted, actual = words.lang, missed.wanted, missed.actual
    match missed.condition:
        case "ladder":
            return ntranslate(
                lang,
                "It is for your first %(count)s purchase; this was number %(number)s",
                "It is for your first %(count)s purchases; this was number %(number)s",
                int(wanted),
                number=words.number(int(actual)),
            )
        case "given":
            return translate(lang, "It adds to what other offers give, and they gave nothing")
        case "paid_by":
            return translate(lang, "It is for other ways to pay")
        case "category" if wanted is None:
            return translate(lang, "You had chosen no category for the month")
        case "category":
            return translate(lang, "It is for the category you chose for the month, and this was another")
        case _:
            return pieces.not_given(missed, words)


def _percent(rate: Decimal, words: Words, worth: Worth | None) -> str:
    written = words.percent(int(rate * 100))
    if worth is None:
        return translate(words.lang, "%(rate)s of the amount", rate=written)
    return translate(words.lang, "%(rate)s of %(amount)s", rate=written, amount=words.money(worth.base))


def _per_step(mechanic: PerStep, words: Words, worth: Worth | None) -> str:
    lang, points = words.lang, words.points_written(mechanic.points)
    step = words.money_written(mechanic.step)
    if worth is None:
        return translate(lang, "%(points)s for every full %(step)s", points=points, step=step)
    return translate(
        lang,
        "%(points)s for every full %(step)s of %(amount)s",
        points=points,
        step=step,
        amount=words.money(worth.base),
    )


def _tenure(mechanic: Tenure, words: Words, worth: Worth | None) -> str:
    lang = words.lang
    if worth is None:
        least, most = (
            words.amount_written(edge(band.points for band in mechanic.bands)) for edge in (min, max)
        )
        return translate(
            lang,
            "From %(least)s to %(most)s, the more the longer you are with the bank",
            least=least,
            most=most,
        )
    if worth.base == 0:
        return translate(lang, "You have been with the bank for less than a year")
    return ntranslate(
        lang,
        "You have been with the bank for %(count)s full year",
        "You have been with the bank for %(count)s full years",
        worth.base,
    )


def _bands(mechanic: Bands, words: Words) -> str:
    lang, bounds = words.lang, [words.money_written(band.at_least) for band in mechanic.bands]
    listed = [
        translate(lang, "%(rate)s from %(amount)s", rate=_rate(band.rate, words), amount=bound)
        for band, bound in zip(mechanic.bands[1:], bounds[1:], strict=True)
    ]
    if first := mechanic.bands[0].rate:
        below = translate(lang, "%(rate)s below %(amount)s", rate=_rate(first, words), amount=bounds[1])
        listed.insert(0, below)
    rates = ", ".join(listed)
    if mechanic.span is None:
        if mechanic.mode == "marginal":
            return translate(lang, "Each part of the amount at its own rate: %(rates)s", rates=rates)
        return translate(lang, "The whole amount at one rate: %(rates)s", rates=rates)
    span = translate(lang, WITHIN[mechanic.span])
    if mechanic.mode == "marginal":
        return translate(
            lang, "Each part of what you buy %(span)s at its own rate: %(rates)s", span=span, rates=rates
        )
    return translate(lang, "By what you have bought before %(span)s: %(rates)s", span=span, rates=rates)


def _bands_gave(mechanic: Bands, words: Words, worth: Worth) -> str:
    bands = [(int(band.at_least.scaleb(words.exponent)), band.rate) for band in mechanic.bands]
    before, after = worth.step, worth.step + worth.base
    if mechanic.mode == "marginal":
        ends = [bound for bound, _ in bands[1:]] + [after]
        parts = [
            (rate, min(after, end) - max(before, bound))
            for (bound, rate), end in zip(bands, ends, strict=True)
        ]
        return " + ".join(_percent(rate, words, Worth(part, 0)) for rate, part in parts if rate and part > 0)
    reached = after if mechanic.span is None else before
    rate = max((bound, rate) for bound, rate in bands if bound <= reached)[1]
    if mechanic.span is None:
        return _percent(rate, words, worth)
    return translate(
        words.lang,
        "%(rate)s of %(amount)s: you had bought for %(turnover)s before %(span)s",
        rate=_rate(rate, words),
        amount=words.money(worth.base),
        turnover=words.money(before),
        span=translate(words.lang, WITHIN[mechanic.span]),
    )


def _ladder(mechanic: Ladder, words: Words) -> str:
    lang, rates = words.lang, _rates(mechanic.steps, words)
    match mechanic.then:
        case "none":
            text = translate(
                lang, "In turn, from your first purchase on: %(rates)s, then no more", rates=rates
            )
        case "last":
            text = translate(
                lang,
                "In turn, from your first purchase on: %(rates)s, and the last rate from then on",
                rates=rates,
            )
        case "again":
            text = translate(
                lang, "In turn, from your first purchase on: %(rates)s, then from the start", rates=rates
            )
    return translate(lang, "%(rule)s; every shop counts apart", rule=text) if mechanic.per_partner else text


def _ladder_gave(mechanic: Ladder, words: Words, worth: Worth) -> str:
    return translate(
        words.lang,
        "%(rate)s of %(amount)s: step %(step)s of %(count)s",
        rate=_rate(mechanic.steps[worth.step - 1], words),
        amount=words.money(worth.base),
        step=worth.step,
        count=len(mechanic.steps),
    )


def _multiplier(mechanic: Multiplier, words: Words, worth: Worth | None) -> str:
    lang, times = words.lang, formats.decimal(mechanic.times, words.lang)
    if worth is not None:
        points = words.points(worth.base)
        return translate(lang, "%(points)s of other offers × %(times)s", points=points, times=times)
    if mechanic.of:
        return translate(lang, "What some other offers give, × %(times)s", times=times)
    return translate(lang, "What all other offers give, × %(times)s", times=times)


def _by_payment(mechanic: ByPayment, words: Words, worth: Worth | None) -> str:
    lang, rates = words.lang, _rates(sorted(set(mechanic.rates.values())), words)
    if worth is None:
        return translate(lang, "%(rates)s of what is paid in certain ways", rates=rates)
    return translate(
        lang, "%(rates)s of %(amount)s paid in certain ways", rates=rates, amount=words.money(worth.base)
    )


def _category(mechanic: CategoryOfMonth, words: Words, worth: Worth | None) -> str:
    lang, rate = words.lang, _rate(mechanic.rate, words)
    if worth is None:
        return translate(lang, "%(rate)s in the category you choose for the month", rate=rate)
    return translate(
        lang,
        "%(rate)s of %(amount)s in the category you chose for the month",
        rate=rate,
        amount=words.money(worth.base),
    )


def _rates(rates: Iterable[Decimal], words: Words) -> str:
    return ", ".join(_rate(rate, words) for rate in rates)


def _rate(rate: Decimal, words: Words) -> str:
    return words.percent(int(rate * 100))
