"""A definition in words: a clause for each criterion, by where it stands."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from coalition.segments.criteria import AnyCriterion
from coalition.segments.criteria.balance import Balance
from coalition.segments.criteria.burning import Burning
from coalition.segments.criteria.facts import Attribute, Entitlement
from coalition.segments.criteria.last_purchase import LastPurchase
from coalition.segments.criteria.listed import Listed
from coalition.segments.criteria.purchases import Purchases
from coalition.segments.criteria.rfm import Rfm
from coalition.segments.criteria.sold import OfPurchases
from coalition.segments.criteria.tenure import Tenure
from coalition.segments.definition import PLACES, Definition
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate
from tenants.translations import N_

_PLACES = {
    "all_of": N_("All of these hold"),
    "any_of": N_("At least one of these holds"),
    "none_of": N_("None of these holds"),
}
_VALUES = {
    "count": N_("number of purchases"),
    "turnover": N_("sum of purchases"),
    "average": N_("average cheque"),
    "available": N_("points that can be spent"),
    "pending": N_("points that wait for their day"),
    "enrolment": N_("days in the programme"),
    "account": N_("days since the account was opened"),
    "recency": N_("by the last purchase, in fifths %(fifths)s of 5"),
    "frequency": N_("by the number of purchases, in fifths %(fifths)s of 5"),
    "monetary": N_("by the sum of purchases, in fifths %(fifths)s of 5"),
}


Names = Mapping[str, Mapping[str, str]]
"""What `partners` and `lists` are called by their codes; others stay codes."""
_NAMELESS: Names = {}


def told(definition: Definition, words: Words, names: Names = _NAMELESS) -> list[tuple[str, list[str]]]:
    """What must hold, with its clauses, for each place that has any."""
    found = []
    for place in PLACES:
        if clauses := [said(criterion, words, names) for criterion in getattr(definition, place)]:
            found.append((translate(words.lang, _PLACES[place]), clauses))
    return found


def said(criterion: AnyCriterion, words: Words, names: Names = _NAMELESS) -> str:
    """One criterion as a clause."""
    lang = words.lang
    match criterion:
        case Purchases():
            return _joined([_purchases(criterion, words), *_narrowed(criterion, words, names)])
        case LastPurchase():
            return _joined([_last(criterion, words), *_narrowed(criterion, words, names)])
        case Rfm():
            fifths = ", ".join(map(str, sorted(set(criterion.fifths))))
            return _joined(
                [
                    translate(lang, _VALUES[criterion.measure], fifths=fifths),
                    *_narrowed(criterion, words, names),
                ]
            )
        case Balance():
            low, high = (_points(bound, words) for bound in (criterion.at_least, criterion.at_most))
            return _within(translate(lang, _VALUES[criterion.account]), low, high, words)
        case Burning():
            return translate(
                lang,
                "%(points)s or more burn within %(days)s",
                points=_points(criterion.at_least, words),
                days=_days(criterion.within_days, words),
            )
        case Attribute():
            return translate(
                lang,
                "attribute %(name)s: %(values)s",
                name=criterion.name,
                values=_any(criterion.any_of, words),
            )
        case Entitlement():
            return translate(lang, "right %(code)s, valid today", code=criterion.code)
        case Tenure():
            low, high = (
                None if bound is None else words.number(bound)
                for bound in (criterion.at_least_days, criterion.at_most_days)
            )
            return _within(translate(lang, _VALUES[criterion.of]), low, high, words)
        case Listed():
            lists = _any(_called(criterion.any_of, "lists", names), words)
            return translate(lang, "on the list %(lists)s", lists=lists)


def _purchases(criterion: Purchases, words: Words) -> str:
    def written(bound: Decimal | None) -> str | None:
        if bound is None:
            return None
        if criterion.measure == "count":
            return words.number(int(bound))
        return words.money_written(bound)

    return _within(
        translate(words.lang, _VALUES[criterion.measure]),
        written(criterion.at_least),
        written(criterion.at_most),
        words,
    )


def _last(criterion: LastPurchase, words: Words) -> str:
    near, far = criterion.at_least_days_ago, criterion.within_days
    if near is None:
        return translate(words.lang, "bought within the last %(days)s", days=_days(far or 0, words))
    if far is None:
        return translate(words.lang, "bought last %(days)s ago or earlier", days=_days(near, words))
    return translate(
        words.lang,
        "bought last between %(near)s and %(far)s ago",
        near=words.number(near),
        far=_days(far, words),
    )


def _narrowed(criterion: OfPurchases, words: Words, names: Names) -> list[str]:
    found = []
    if criterion.partners:
        named = _any(_called(criterion.partners, "partners", names), words)
        found.append(translate(words.lang, "at partners %(partners)s", partners=named))
    if criterion.mcc:
        found.append(translate(words.lang, "in categories (MCC) %(mcc)s", mcc=_any(criterion.mcc, words)))
    window = getattr(criterion, "window_days", None)
    if window is not None:
        found.append(translate(words.lang, "over the last %(days)s", days=_days(window, words)))
    return found


def _within(what: str, low: Any, high: Any, words: Words) -> str:
    if high is None:
        return translate(words.lang, "%(what)s: %(low)s or more", what=what, low=low)
    if low is None:
        return translate(words.lang, "%(what)s: %(high)s or less", what=what, high=high)
    return translate(words.lang, "%(what)s: from %(low)s to %(high)s", what=what, low=low, high=high)


def _points(points: Decimal | None, words: Words) -> str | None:
    return None if points is None else words.points_written(points)


def _days(days: int, words: Words) -> str:
    return ntranslate(words.lang, "%(count)s day", "%(count)s days", days)


def _called(codes: Sequence[str], what: str, names: Names) -> list[str]:
    return [names.get(what, {}).get(code, code) for code in codes]


def _any(codes: Sequence[str], words: Words) -> str:
    return translate(words.lang, " or ").join(codes)


def _joined(parts: Sequence[str]) -> str:
    return ", ".join(parts)
