"""The calendar of days off: a page on which days are added and taken off."""

from collections.abc import Sequence
from datetime import date

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.desk import Answer, DeskView
from coalition.promotions.holidays import YEARS, set_days_off
from coalition.promotions.queries import newest_days
from tenants.permissions import Permission

DAYS_MAX = 60


class Holidays(DeskView):
    """The section of days off."""

    reads = Permission.DESK_PROGRAMME_READ
    permission = Permission.DESK_PROGRAMME_EDIT
    icon = "calendar-event"

    @expose("/")
    def index(self) -> Answer:
        """The days off by year."""
        return self._page()

    @expose("/", methods=["POST"])
    def change(self) -> Answer:
        """Add the days from one to another, or take those that are ticked off."""
        if request.form.get("do") == "remove":
            chosen = [day for text in request.form.getlist("day") if (day := _day(text))]
            return self._set(chosen, off=False)
        first, last = _day(request.form.get("first", "")), _day(request.form.get("last", ""))
        if first is None or (request.form.get("last") and last is None):
            return self._page({"first": _("Write the day as year, month and day, like 2026-12-31")}), 422
        count = (last or first).toordinal() - first.toordinal() + 1
        if not 0 < count <= DAYS_MAX:
            said = _("The last day is not before the first, and %(most)s days at most", most=DAYS_MAX)
            return self._page({"first": said}), 422
        return self._set([date.fromordinal(first.toordinal() + place) for place in range(count)], off=True)

    def _set(self, days: Sequence[date], *, off: bool) -> Answer:
        changed = set_days_off(self.session, self.actor, days=days, off=off)
        if changed and off:
            said = ngettext(
                "%(count)s day is off now", "%(count)s days are off now", len(changed), count=len(changed)
            )
        elif changed:
            said = ngettext(
                "%(count)s day is a working day again",
                "%(count)s days are working days again",
                len(changed),
                count=len(changed),
            )
        else:
            said = _("That was so already. Nothing was changed")
        flash(said, "good" if changed else "note")
        return redirect(url_for("desk_holidays.index"), 303)

    def _page(self, errors: dict[str, str] | None = None) -> str:
        years: dict[int, list[date]] = {}
        for row in newest_days(self.session).values():
            if row.off:
                years.setdefault(row.day.year, []).append(row.day)
        values = {name: request.form.get(name, "") for name in ("first", "last")}
        return self.page(
            "holidays.html",
            years=dict(sorted(years.items(), reverse=True)),
            values=values,
            errors=errors or {},
        )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if YEARS[0] <= day.year <= YEARS[1] else None
