"""A forecast as its page and its paper tell it: what history says, what is assumed, and what the two are drawn as."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console import backtest_told, promotion_told
from admin.console.promotion_told import Terms
from coalition.backtests.forecast import (
    WHOLE,
    Exchange,
    Forecast,
    Month,
    forecast,
    is_bounded,
    require_points,
)
from coalition.backtests.queries import Found
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.diff import listed
from coalition.promotions.document import Document
from coalition.promotions.models import PromotionDraft
from tenants.branding import formats
from tenants.branding.chart import Chart, Column, drawn
from tenants.branding.words import Words
from tenants.runtime.errors import Refusal

FIELDS = ("low", "expected", "high", "margin")
UPLIFT_MOST = 10 * WHOLE
_HUNDRED = 2  # digits: costs are told for a hundred of the currency, as for one they would often be nothing
_PERCENT = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?\s*%?")


@dataclass
class ForecastForm:
    """What was typed, and what is wrong with it; `assumed` in hundredths of a percent once all of it is right."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    assumed: Mapping[str, int] | None = None


@dataclass(frozen=True)
class ToldMonth:
    """A calendar month; `part` names its days where the backtest has not all of them."""

    name: str
    short: str
    part: str
    sums: Month


@dataclass(frozen=True)
class ToldForecast:
    """The forecast with its words; `chart` and `label` are of what is assumed.

    `first_day` is the first that is told of; `since` is it, too, where there were no sales before.
    """

    found: Found
    programme: Programme
    code: str
    title: str
    terms: Terms
    partners: str
    stale: bool
    first_day: date
    since: date | None
    form: ForecastForm
    forecast: Forecast
    months: Sequence[ToldMonth]
    month_chart: Chart
    month_label: str
    chart: Chart
    label: str

    @property
    def assumed(self) -> Mapping[str, int] | None:
        """What the marketer assumes."""
        return self.form.assumed


def keys() -> dict[str, str]:
    """What the parts of the bars mean."""
    return {
        "then": _("Points given anyway"),
        "more": _("Points on added turnover"),
        "added": _("Margin on added turnover"),
    }


def notes(told: ToldForecast, w: Words) -> Sequence[str]:
    """What a forecast stands on, for page and paper alike."""
    reckoned = told.forecast
    rounded = sum(one.cost for one in reckoned.months) != reckoned.cost
    return (
        *((backtest_told.since_said(told.since, w),) if told.since else ()),
        _("Mechanical: points on the purchases that were made anyway, as the stored purchases give them"),
        _(
            "Assumed: turnover added to what the promotion pays for, in percent; it earns points as the other does. "
            "The percentages and the margin were entered, nothing has measured them"
        ),
        _("Points cost what they are worth in the programme; nothing of them expires"),
        *(
            (_("The budget of the terms is not regarded: all sums are as if it had no end"),)
            * is_bounded(told.found.backtest.document)
        ),
        *(
            (_("The cost of each month is rounded by itself, so the months may differ from the whole"),)
            * rounded
        ),
    )


def sent(said: Mapping[str, str], w: Words) -> ForecastForm:
    """What was typed into the form; one that was not sent is no mistake."""
    form = ForecastForm({name: said.get(name, "").strip()[:60] for name in FIELDS})
    if not said.keys() & set(FIELDS):
        return form
    found: dict[str, int] = {}
    for name, text in form.values.items():
        read = _PERCENT.fullmatch(text)
        if read is None:
            form.errors[name] = _("Write a percentage from 0 on, like 5 or 2.5, with two decimals at most")
        else:
            found[name] = int(read[1]) * 100 + int((read[2] or "").ljust(2, "0"))
    if not 0 < found.get("margin", 1) <= WHOLE:
        form.errors["margin"] = _("The margin is above 0 and 100 percent at most")
    for name in FIELDS[:3]:
        if found.get(name, 0) > UPLIFT_MOST:
            form.errors[name] = _("The uplift is %(most)s at most", most=w.percent(UPLIFT_MOST))
    for less, more, why in (
        ("low", "expected", _("The expected uplift is below the low one. Write them rising")),
        ("expected", "high", _("The high uplift is below the expected one. Write them rising")),
        ("low", "high", _("The high uplift is below the low one. Write them rising")),
    ):
        if less in found and more in found and found[less] > found[more]:
            form.errors.setdefault(more, why)
    form.assumed = None if form.errors else found
    return form


def told(
    session: Session, backtest_id: int, draft: PromotionDraft, form: ForecastForm, w: Words
) -> ToldForecast:
    """A forecast from a backtest of the draft.

    Raises NotFound("backtest_unknown"), Refusal("forecast_unfinished") and as `require_points` does.
    """
    backtest = backtest_told.told(session, backtest_id, draft, w)
    found, asked = backtest.found, backtest.found.backtest
    require_points(asked.document)
    if not found.finished:
        raise Refusal("forecast_unfinished")
    assert asked.document is not None, "a forecast is of points"
    programme = programme_by_id(session, asked.programme_id)
    assumed = form.assumed or {}
    reckoned = forecast(
        found.tally,
        Exchange(programme.value_points, programme.value_minor),
        uplifts=[assumed[name] for name in FIELDS[:3]] if assumed else (),
        margin=assumed.get("margin", 0),
        exponent=w.exponent + _HUNDRED,
    )
    document = Document.model_validate(asked.document)
    months = _months(reckoned, backtest.first_day, asked.last_day, w)
    names = promotion_told.called(session, w.lang)
    return ToldForecast(
        found,
        programme,
        draft.code,
        document.title.ru if w.lang == "ru" else document.title.en,
        promotion_told.terms(asked.document, w, names),
        listed("conditions.partners", document.conditions.partners, names),
        backtest.stale,
        backtest.first_day,
        backtest.since,
        form,
        reckoned,
        months,
        drawn([Column(one.short, [[("then", one.sums.cost)]]) for one in months], w.money),
        _("Cost of points by month: %(cost)s in all", cost=w.money(reckoned.cost)),
        _bounds(reckoned, w),
        _label(reckoned, w),
    )


def _months(reckoned: Forecast, first: date, last: date, w: Words) -> Sequence[ToldMonth]:
    """Every calendar month of the days that have sales, also those in which nothing is given."""
    sums = {one.month: one for one in reckoned.months}
    found, start = [], first
    while start <= last:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        end = min(following - timedelta(days=1), last)
        whole = start.day == 1 and end == following - timedelta(days=1)
        key = f"{start:%Y-%m}"
        found.append(
            ToldMonth(
                formats.month(start, w.lang),
                f"{start:%m.%Y}",
                "" if whole else _("%(first)s to %(last)s", first=start.day, last=end.day),
                sums.get(key, Month(key, 0, 0, 0)),
            )
        )
        start = following
    return found


def _bounds(reckoned: Forecast, w: Words) -> Chart:
    """Beside each other: what points cost, in its two parts, and the margin that is to cover it."""
    return drawn(
        [
            Column(
                w.percent(one.uplift),
                [[("then", reckoned.cost), ("more", one.cost)], [("added", one.margin)]],
            )
            for one in reckoned.bounds
        ],
        w.money,
    )


def _label(reckoned: Forecast, w: Words) -> str:
    """The chart of what is assumed, in one sentence."""
    parts = [
        _(
            "at %(uplift)s points on added turnover cost %(cost)s and its margin is %(margin)s",
            uplift=w.percent(one.uplift),
            cost=w.money(one.cost),
            margin=w.money(one.margin),
        )
        for one in reckoned.bounds
    ]
    return _("Points given anyway cost %(cost)s", cost=w.money(reckoned.cost)) + "; " + "; ".join(parts)


def exact(minor: int | None, w: Words) -> str:
    """Money with its kopecks, as tables have it; a dash where there is none."""
    return "—" if minor is None else formats.money(minor, w.currency, w.lang, always_minor=True)


def bound_rows(reckoned: Forecast, w: Words) -> Sequence[Sequence[str]]:
    """What is assumed as rows of a name and a figure for each uplift, for page and paper alike."""
    bounds, unit = reckoned.bounds, w.money(10 ** (w.exponent + _HUNDRED))
    anyway = _("Cost of points given anyway, for each %(unit)s added", unit=unit)
    more = _("Cost of points on what is added, for each %(unit)s of it", unit=unit)
    return [
        (_("Added turnover"), *(exact(one.turnover, w) for one in bounds)),
        (_("Margin on it"), *(exact(one.margin, w) for one in bounds)),
        (_("Points on it"), *(w.amount(one.points) for one in bounds)),
        (_("Their cost"), *(exact(one.cost, w) for one in bounds)),
        (anyway, *(exact(one.mechanical_per_unit, w) for one in bounds)),
        (more, *(exact(one.added_per_unit, w) for one in bounds)),
        (
            _("The margin covers all points"),
            *(_("yes") if _pays(reckoned, one.uplift) else _("no") for one in bounds),
        ),
    ]


def _pays(reckoned: Forecast, uplift: int) -> bool:
    """Whether the margin of what is added covers all points at this uplift."""
    return reckoned.break_even is not None and uplift >= reckoned.break_even
