"""How much a promotion gives, as short as a price. Pure."""

from collections.abc import Iterable
from decimal import Decimal

from coalition.promotions.document import Document
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
from coalition.promotions.wording_gives import words_for
from tenants.branding.formats import decimal
from tenants.branding.words import Words
from tenants.runtime.language import translate


def rate_of(document: Document, w: Words) -> str:
    """How much a promotion gives, as short as a price: "7 %", "2 points per £1", "up to 100 points", "1 + 1"."""
    mechanic, w = document.mechanic, words_for(document, w)
    lang = w.lang
    match mechanic:
        case Percent() | CategoryOfMonth():
            return _rate(mechanic.rate, w)
        case PerStep():
            step = w.money_written(mechanic.step)
            return translate(
                lang, "%(points)s per %(step)s", points=w.points_written(mechanic.points), step=step
            )
        case Fixed() | PerUnit():
            return w.points_written(mechanic.points)
        case Tenure():
            return translate(
                lang, "up to %(points)s", points=w.points_written(max(band.points for band in mechanic.bands))
            )
        case Bands():
            return _up_to((band.rate for band in mechanic.bands), w)
        case BothSides():
            return w.points_written(mechanic.referrer)
        case Ladder():
            return _up_to(mechanic.steps, w)
        case ByPayment():
            return _up_to(mechanic.rates.values(), w)
        case Multiplier():
            return f"× {decimal(mechanic.times, w.lang)}"
        case BuyGet():
            return f"{mechanic.buy} + {mechanic.get}"
        case Cheapest():
            return f"{mechanic.of - 1} + 1"


def _rate(rate: Decimal, w: Words) -> str:
    return w.percent(int(rate * 100))


def _up_to(rates: Iterable[Decimal], w: Words) -> str:
    """The highest rate; "up to" only where there are others."""
    found = set(rates)
    most = _rate(max(found), w)
    return translate(w.lang, "up to %(rate)s", rate=most) if len(found) > 1 else most
