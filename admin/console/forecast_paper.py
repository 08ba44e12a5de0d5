"""The forecast as a paper for the partner: the same figures as the page, from the same object."""

from collections.abc import Iterator
from datetime import datetime

from flask_babel import gettext as _

from admin.console.forecast_told import ToldForecast, bound_rows, exact, keys, notes
from tenants.branding.letterhead import Document
from tenants.branding.sheets import Picture, Sheet
from tenants.branding.words import Words


def printed(told: ToldForecast, w: Words, made_at: datetime) -> Document:
    """The document for the letterhead; something must be assumed."""
    assert told.assumed is not None, "a paper is of what is assumed"
    asked, even = told.found.backtest, told.forecast.break_even
    return Document(
        title=_("Forecast of the promotion"),
        subtitle=told.title,
        number=_("Forecast %(code)s-%(number)s", code=told.code, number=asked.id),
        made_at=made_at,
        pairs=[
            *([(_("Partner"), told.partners)] if told.partners else []),
            (_("Terms"), told.terms.rule),
            (
                _("Purchases of these days"),
                f"{w.written_day(told.first_day)} — {w.written_day(asked.last_day)}",
            ),
            (_("The partner's margin, entered"), w.percent(told.forecast.margin)),
        ],
        total=(
            _("Pays for itself from an uplift of"),
            _("never") if even is None else w.percent(even),
        ),
        sheets=list(_sheets(told, w)),
        notes=notes(told, w),
    )


def _sheets(told: ToldForecast, w: Words) -> Iterator[Sheet]:
    reckoned = told.forecast
    yield Sheet(
        _("Mechanical effect"),
        _("What the promotion would have given on purchases that were made anyway"),
        (_("Month"), _("Turnover it pays for"), _("Points"), _("Their cost")),
        [
            *(
                (
                    f"{one.name}, {one.part}" if one.part else one.name,
                    exact(one.sums.turnover, w),
                    w.points(one.sums.points),
                    exact(one.sums.cost, w),
                )
                for one in told.months
            ),
            (_("In all"), exact(reckoned.turnover, w), w.points(reckoned.points), exact(reckoned.cost, w)),
        ],
        total=True,
        picture=Picture(told.month_chart, {"then": _("Cost of points given anyway")}),
    )
    yield Sheet(
        _("Assumed effect"),
        _(
            "What would be added if members bought that much more because of it; apart from the mechanical effect"
        ),
        (_("Uplift"), *(w.percent(one.uplift) for one in reckoned.bounds)),
        bound_rows(reckoned, w),
        picture=Picture(told.chart, keys()),
    )
