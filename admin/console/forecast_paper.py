"""The forecast as a paper for the partner: the same figures as the page, from the same object."""

from collections.abc import Iterator
from datetime import datetime

from flask_babel import gettext as _

from admin.console.forecast_told import ToldForecast, keys, notes, pays
from tenants.branding.formats import money
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
                f"{w.written_day(asked.first_day)} — {w.written_day(asked.last_day)}",
            ),
            (_("The partner's margin, entered"), w.percent(told.forecast.margin)),
        ],
        total=(
            _("Pays for itself from an uplift of"),
            _("never") if even is None else w.percent(even),
        ),
        sheets=list(_sheets(told, w)),
        notes=notes(),
    )


def _sheets(told: ToldForecast, w: Words) -> Iterator[Sheet]:
    reckoned = told.forecast

    def exact(minor: int) -> str:
        return money(minor, w.currency, w.lang, always_minor=True)

    yield Sheet(
        _("Mechanical effect"),
        _("What the promotion would have given on purchases that were made anyway"),
        (_("Month"), _("Turnover it pays for"), _("Points"), _("Their cost")),
        [
            *(
                (
                    f"{one.name}{f', {one.part}' if one.part else ''}",
                    exact(one.sums.turnover),
                    w.points(one.sums.points),
                    exact(one.sums.cost),
                )
                for one in told.months
            ),
            (_("In all"), exact(reckoned.turnover), w.points(reckoned.points), exact(reckoned.cost)),
        ],
        total=True,
        picture=Picture(told.month_chart, {"then": keys()["then"]}),
    )
    yield Sheet(
        _("Assumed effect"),
        _("What would be added if members bought that much more because of it; apart from the mechanical effect"),
        (
            _("Uplift"), _("Added turnover"), _("Margin on it"), _("Points on it"), _("Their cost"),
            _("Covers all points"),
        ),
        [
            (
                w.percent(one.uplift),
                exact(one.turnover),
                exact(one.margin),
                w.points(one.points),
                exact(one.cost),
                _("yes") if pays(reckoned, one.uplift) else _("no"),
            )
            for one in reckoned.bounds
        ],
        picture=Picture(told.chart, keys()),
    )  # fmt: skip
    yield Sheet(
        _("Cost for each %(unit)s of added turnover", unit=w.money(10**w.exponent)),
        "",
        (_("Uplift"), _("Of points given anyway"), _("Of points on what is added")),
        [
            (
                w.percent(one.uplift),
                *(
                    "—" if part is None else exact(part)
                    for part in (one.mechanical_per_unit, one.added_per_unit)
                ),
            )
            for one in reckoned.bounds
        ],
    )
