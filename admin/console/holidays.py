"""The calendar of days off: a page on which days are added and taken off."""

from collections.abc import Sequence
from datetime import date

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.approvals import asked
from admin.desk import Answer, DeskView
from admin.problems import refusal
from coalition.promotions.holidays import YEARS, ask_for_days
from coalition.promotions.queries import newest_days
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict
from tenants.runtime.web import roll_back

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
        """Ask for the days from one to another, or for those that are ticked to be working days."""
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
        try:
            approval = ask_for_days(self.session, self.actor, days=days, off=off)
        except Conflict as no:
            roll_back()
            return self._page({"": refusal(no)}), 409
        if approval is not None:
            return asked(approval)
        flash(_("That was so already. Nothing was changed"), "note")
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
