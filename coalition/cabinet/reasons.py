"""The sum step by step: the amount, what each promotion gives of it, what its limits cut. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from coalition import money
from coalition.cabinet.views import Cut, Step
from coalition.promotions import wording
from coalition.promotions.document import Document
from coalition.promotions.explain import Applied
from coalition.promotions.mechanics.fixed import Fixed
from coalition.promotions.mechanics.per_step import PerStep
from coalition.promotions.mechanics.percent import Percent
from tenants.branding.formats import amount as written
from tenants.branding.words import Words

_RATE_DIGITS = 4  # a rate in hundredths of a percent adds so many decimal digits
_SEAM = 6  # thousandths of the bar between what is kept and what is cut
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def short(met: Sequence[tuple[Document, int, int, int]], w: Words) -> str:
    """What gave a purchase its points, in one line: rule and base of each promotion, with its name.

    A promotion whose limit left nothing is told only where nothing else gave points; the whole sum is under "why".
    """
    gave = [one for one in met if one[2]] or [one for one in met if one[3]]
    parts = [
        _(
            "%(reason)s · %(name)s",
            reason=wording.gave(Applied(0, document, _LONG_AGO, base, points, cut), w),
            name=wording.title(document, w),
        )
        for document, base, points, cut in gave
    ]
    return "; ".join(parts)


def rate_of(document: Document, w: Words) -> str:
    """How much a promotion gives, as short as a price: "7 %", "2 points per £1", "up to 100 points"."""
    mechanic = document.mechanic
    if isinstance(mechanic, Percent):
        return w.percent(int(mechanic.rate * 100))
    if isinstance(mechanic, PerStep):
        step = w.money(money.in_units(mechanic.step, w.exponent))
        return _(
            "%(points)s per %(step)s", points=w.points(money.in_units(mechanic.points, w.scale)), step=step
        )
    if isinstance(mechanic, Fixed):
        return w.points(money.in_units(mechanic.points, w.scale))
    most = max(money.in_units(band.points, w.scale) for band in mechanic.bands)
    return _("up to %(points)s", points=w.points(most))


def steps(applied: Sequence[Applied], amount: int, w: Words) -> list[Step]:
    """The steps from the amount to the points."""
    found = [Step(_("Amount counted"), _("What was paid by card"), w.money(amount))]
    for one in applied:
        raw = one.points + one.cut
        found.append(Step(wording.title(one.document, w), _rule(one, raw, w), w.amount(raw)))
        if one.cut:
            found.append(
                Step(_("Limit of the offer"), _limits(one.document, w), w.amount(-one.cut), _bar(one, raw, w))
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


def _limits(document: Document, w: Words) -> str:
    limits, found = document.limits, []
    if limits.per_purchase is not None:
        most = w.amount(money.in_units(limits.per_purchase, w.scale))
        found.append(_("No more than %(most)s for one purchase", most=most))
    if limits.per_month is not None:
        most = w.amount(money.in_units(limits.per_month, w.scale))
        found.append(_("No more than %(most)s a month", most=most))
    return ". ".join(found)


def _rule(one: Applied, raw: int, w: Words) -> str:
    mechanic = one.document.mechanic
    if isinstance(mechanic, Percent):
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
        whole = one.base // money.in_units(mechanic.step, w.exponent)
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
