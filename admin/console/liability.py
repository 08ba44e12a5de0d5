"""The liability and the breakage of a programme's points, as of any day: drawn, as a table, and as a file."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import request
from flask_admin import expose

from admin.console.settlement_desk import SettlementDesk, kept
from admin.desk import Answer
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.reports.exports.writing import composed, plain, written
from coalition.reports.lists.base import Points
from coalition.settlement.liability import Cohort, Liability, liability_on, worth
from tenants.branding import formats
from tenants.branding.chart import Chart, Column, drawn
from tenants.runtime import clock
from tenants.translations import N_

MONTHS_DRAWN = 24
COLUMNS = (
    N_("Earned in"),
    N_("Given"),
    N_("Can be spent"),
    N_("Set aside"),
    N_("Spent"),
    N_("Burnt"),
    N_("Taken back"),
)


class LiabilityPage(SettlementDesk):
    """Of the whole programme: for the tenant's own people."""

    narrows = False
    within = "desk_settlement"

    @expose("/")
    def index(self) -> Answer:
        """As of a day, that of yesterday unless another one is asked for."""
        programme, w = the_programme(self.session), self.visitor.w
        day, errors = self._day(programme)
        found = liability_on(self.session, programme, day)
        return self.page(
            "liability.html",
            found=found,
            whole=found.whole,
            value=w.money(worth(programme, found.whole.owed)),
            debt=w.money(worth(programme, found.debt)),
            month=lambda one: formats.month(one, w.lang),
            chart=self._chart(found),
            errors=errors,
            until=w.today,
        )

    @expose("/liability.csv")
    def table(self) -> Answer:
        """The same table as a file."""
        programme, w = the_programme(self.session), self.visitor.w
        found = liability_on(self.session, programme, self._day(programme)[0])
        rows = [[one.month, *(plain(Points(value), w) for value in figures(one))] for one in found.cohorts]
        header = [self.said(title) for title in COLUMNS]
        body = composed("csv", w.lang, header, "liability", [0], lambda _n: written("csv", w.lang, rows))
        return kept(b"".join(body), "text/csv", f"liability-{found.day}.csv")

    def _day(self, programme: Programme) -> tuple[date, dict[str, str]]:
        """The day that is asked for, and what is wrong with it."""
        today, asked = clock.business_day(programme.zone), request.args.get("day", "")
        try:
            day = date.fromisoformat(asked) if asked else today - timedelta(days=1)
        except ValueError:
            return today - timedelta(days=1), {"day": self.said(N_("Choose a day"))}
        return min(day, today), {}

    def _chart(self, found: Liability) -> Chart:
        w = self.visitor.w
        months = list(found.cohorts[:MONTHS_DRAWN])[::-1]
        return drawn(
            [
                Column(
                    f"{one.month:%m.%y}",
                    [[("added", max(one.owed, 0)), ("then", max(one.spent, 0)), ("cut", max(one.burnt, 0))]],
                )
                for one in months
            ],
            w.amount,
        )


def figures(one: Cohort) -> Sequence[int]:
    """The columns of a month after its name."""
    return (one.given, one.left, one.held, one.spent, one.burnt, one.other)
