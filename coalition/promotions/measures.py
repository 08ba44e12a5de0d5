"""The whole numbers of an explanation with what they are in: for programs, beside the sentences of `wording`. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from coalition.promotions.document import Document
from coalition.promotions.explain import Applied, Missed
from coalition.promotions.gives import GivesBenefit, GivesDiscount
from coalition.promotions.mechanics.multiplier import Multiplier
from coalition.promotions.mechanics.per_unit import PerUnit
from coalition.promotions.mechanics.tenure import Tenure
from coalition.promotions.triggers.mission import Mission
from coalition.promotions.triggers.streak import Streak
from tenants.branding import formats
from tenants.branding.words import Words


@dataclass(frozen=True, slots=True)
class Measure:
    """A whole number of what it counts; the last `exponent` of its digits are the fraction.

    `kind` is points, money, benefit, percent or count, and `unit` what of it: a currency or a benefit by its code, or
    what is counted. `name` is that for people, and `text` all together as they read it.
    """

    value: int
    exponent: int
    kind: str
    unit: str
    name: str
    text: str


In = Callable[[int], Measure]
"""What a number is in."""

_COUNTS = {
    "first_n_purchases": "purchases",
    "gap": "minutes",
    "items_from": "lines",
    "items_to": "lines",
    "ladder": "purchases",
    "nth": "purchases",
    "once": "times",
    "pieces": "pieces",
    "referral_late": "days",
    "repeat": "days",
    "times_day": "times",
    "times_ever": "times",
    "times_month": "times",
    "times_week": "times",
    "unsettled": "days",
    "win_back": "days",
    "yearly": "days",
}


def points(units: int, words: Words) -> Measure:
    """Points of the programme."""
    return Measure(units, words.scale, "points", "points", words.point_word(units), words.points(units))


def money(minor: int, words: Words) -> Measure:
    """Money of the programme's currency."""
    return Measure(minor, words.exponent, "money", words.currency, words.currency, words.money(minor))


def given(units: int, document: Document, words: Words) -> Measure:
    """What the promotion gives: points, money off the price, pieces of a benefit."""
    match document.gives:
        case GivesDiscount():
            return money(units, words)
        case GivesBenefit():
            name = document.gives.name.ru if words.lang == "ru" else document.gives.name.en
            text = f"{words.number(units)} × {name}"
            return Measure(units, 0, "benefit", document.gives.code, name, text)
        case _:
            return points(units, words)


def levelled(units: int, by: str, words: Words) -> Measure:
    """What levels go by (`tiers.TierTerms.measure`): turnover, points or purchases."""
    match by:
        case "turnover":
            return money(units, words)
        case "points":
            return points(units, words)
        case _:
            return _counting(by, words)(units)


def counted(applied: Applied, words: Words) -> Measure:
    """What the promotion looked at: mostly the money that counts."""
    return _base_of(applied.document, words)(applied.base)


def missed(found: Missed, document: Document, words: Words) -> tuple[Any, Any]:
    """What was wanted and what there was, as measures where they are numbers; else as they are."""
    if found.condition == "not_taken":
        return given(int(found.wanted), document, words), given(0, document, words)
    measure = _measure_of(found, document, words)
    if measure is None:
        return found.wanted, found.actual
    wanted, actual = (None if fact is None else measure(int(fact)) for fact in (found.wanted, found.actual))
    return wanted, actual


def _measure_of(found: Missed, document: Document, words: Words) -> In | None:
    match found.condition, document.trigger:
        case (("amount" | "amount_below" | "goods_amount"), _):
            return lambda minor: money(minor, words)
        case (("goods_share" | "payment"), _):
            return lambda hundredths: Measure(
                hundredths, 2, "percent", "percent", "%", words.percent(hundredths)
            )
        case "quantity", _:
            return lambda thousandths: _quantity(thousandths, words)
        case (("without_spending" | "given"), _):
            return lambda units: points(units, words)
        case "too_little", _:
            return _base_of(document, words)
        case "mission", Mission(measure="turnover"):
            return lambda minor: money(minor, words)
        case "mission", Mission():
            return _counting("purchases", words)
        case "streak", Streak(span=span):
            return _counting(f"{span}s", words)
        case str(condition), _ if condition in _COUNTS:
            return _counting(_COUNTS[condition], words)
        case _:
            return None


def _base_of(document: Document, words: Words) -> In:
    match document.mechanic:
        case Tenure():
            return _counting("years", words)
        case Multiplier():
            return lambda units: points(units, words)
        case PerUnit():
            return lambda thousandths: _quantity(thousandths, words)
        case _:
            return lambda minor: money(minor, words)


def _counting(unit: str, words: Words) -> In:
    return lambda count: Measure(count, 0, "count", unit, unit, words.number(count))


def _quantity(thousandths: int, words: Words) -> Measure:
    return Measure(
        thousandths,
        3,
        "count",
        "pieces",
        "pieces",
        formats.decimal(Decimal(thousandths).scaleb(-3), words.lang),
    )
