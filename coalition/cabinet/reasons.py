"""The sum step by step: the amount, what each promotion gives of it, what its limits cut. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from coalition.cabinet.views import Cut, Step
from coalition.promotions import wording
from coalition.promotions.awards import CUT_BY_BUDGET, CUT_BY_DEPOSIT, CUT_BY_LANE, CUT_BY_RIVAL
from coalition.promotions.document import Document
from coalition.promotions.explain import Applied
from coalition.promotions.gives import Giving
from coalition.promotions.mechanics.category_of_month import CategoryOfMonth
from coalition.promotions.mechanics.per_step import PerStep
from coalition.promotions.mechanics.percent import Percent
from coalition.promotions.periods import Span
from coalition.promotions.wording_gives import words_for
from coalition.promotions.wording_rates import rate_of
from tenants.branding.formats import amount as written
from tenants.branding.words import Words
from tenants.translations import N_

_RATE_DIGITS = 4  # a rate in hundredths of a percent adds so many decimal digits
_SEAM = 6  # thousandths of the bar between what is kept and what is cut
_MOST = {
    Span.DAY: N_("No more than %(most)s a day"),
    Span.WEEK: N_("No more than %(most)s a week"),
    Span.MONTH: N_("No more than %(most)s a month"),
    Span.YEAR: N_("No more than %(most)s a year"),
    Span.EVER: N_("No more than %(most)s in all"),
}
_OTHERS = {
    CUT_BY_BUDGET: N_("The offer has nothing more to give"),
    CUT_BY_DEPOSIT: N_("Who pays for the offer has nothing more to give"),
    CUT_BY_LANE: N_("Offers like this one together give no more than a part of the amount"),
    CUT_BY_RIVAL: N_("Another offer was given instead of this one"),
}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def short(met: Sequence[tuple[Document, int, int, int, int]], w: Words) -> str:
    """What gave a purchase its points, in one line: rule and base of each promotion, with its name.

    A promotion whose limit left nothing is told only where nothing else gave points; the whole sum is under "why". What
    came beside points is named at the end.
    """
    paid = [one for one in met if one[0].gives.giving is Giving.POINTS]
    beside = [words_for(one[0], w).points(one[2]) for one in met if one not in paid and one[2]]
    gave = [one for one in paid if one[2]] or [one for one in paid if one[3]]
    parts = [
        _(
            "%(reason)s · %(name)s",
            reason=wording.gave(Applied(0, document, _LONG_AGO, base, points, cut, step), w),
            name=wording.title(document, w),
        )
        for document, base, points, cut, step in gave
    ]
    if beside:
        parts.append(_("also: %(things)s", things=", ".join(beside)))
    return "; ".join(parts)


def steps(applied: Sequence[Applied], amount: int, words: Words) -> list[Step]:
    """The steps from the amount to the points, and to what else was given."""
    found = [Step(_("Amount counted"), _("What was paid by card"), words.money(amount))]
    for one in applied:
        raw, w = one.points + one.cut, words_for(one.document, words)
        found.append(Step(wording.title(one.document, w), _rule(one, raw, w), w.amount(raw)))
        if one.cut:
            found.append(
                Step(_("Limit of the offer"), _limits(one, w), w.amount(-one.cut), _bar(one, raw, w))
            )
    return found


def _bar(one: Applied, raw: int, w: Words) -> Cut:
    label = _(
        "%(points)s of %(raw)s given, the limit cut %(cut)s",
        points=w.amount(one.points),
        raw=w.amount(raw),
        cut=w.amount(one.cut),
    )
    kept = one.points * (1000 - _SEAM) // raw
    return Cut(label, _percent(kept), _percent(kept + _SEAM), _percent(1000 - _SEAM - kept))


def _percent(thousandths: int) -> str:
    return f"{thousandths // 10}.{thousandths % 10}"


def _limits(one: Applied, w: Words) -> str:
    """What cut the points; where limits of the member's own did, all of them."""
    limits = one.document.limits
    if one.cut_by == CUT_BY_BUDGET and limits.first_members is not None and not limits.has_budget:
        return _("Others were first: all places of the offer are taken")
    if one.cut_by in _OTHERS:
        return _(_OTHERS[one.cut_by])
    found = []
    if limits.per_purchase is not None:
        most = w.amount_written(limits.per_purchase)
        found.append(_("No more than %(most)s for one purchase", most=most))
    for span, points in limits.by_span():
        found.append(_(_MOST[span], most=w.amount_written(points)))
    return ". ".join(found)


def _rule(one: Applied, raw: int, w: Words) -> str:
    mechanic = one.document.mechanic
    if isinstance(mechanic, Percent | CategoryOfMonth):
        rate, digits = int(mechanic.rate * 100), w.exponent + _RATE_DIGITS
        sum_of = _(
            "%(base)s × %(rate)s = %(result)s",
            base=written(one.base, w.exponent, w.lang),
            rate=w.percent(rate),
            result=_exactly(one.base * rate, digits, w),
        )
        dropped = one.base * rate * 10**w.scale != raw * 10**digits
        return _("%(sum)s. Fractions are dropped", sum=sum_of) if dropped else sum_of
    if isinstance(mechanic, PerStep):
        whole = one.base // int(mechanic.step.scaleb(w.exponent))
        return ngettext(
            "%(rate)s: %(count)s whole step in %(base)s",
            "%(rate)s: %(count)s whole steps in %(base)s",
            whole,
            rate=rate_of(one.document, w),
            count=w.number(whole),
            base=w.money(one.base),
        )
    return wording.gave(one, w)


def _exactly(value: int, digits: int, w: Words) -> str:
    """A decimal of `digits` digits without the empty ones, two at least if there is a fraction."""
    while digits > 2 and value % 10 == 0:
        value, digits = value // 10, digits - 1
    return written(value, digits, w.lang)
