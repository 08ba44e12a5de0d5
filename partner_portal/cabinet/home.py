"""The first page of the partner's place: its sales of four weeks, drawn, and what to do next."""

from collections.abc import Callable
from datetime import timedelta

from flask_admin import expose

from admin.desk import Answer
from coalition.programmes.queries import the_programme
from coalition.reports.of_partner import Figures, figures
from coalition.settlement import leaving
from partner_portal.cabinet.base import PortalView
from tenants.branding.chart import Chart, Column, drawn
from tenants.permissions import Permission

DAYS = 28


class PortalHome(PortalView):
    """The home of a participant's people."""

    reads = Permission.PORTAL_FIGURE_READ
    icon = "house"

    @expose("/")
    def index(self) -> Answer:
        """Four weeks in words, sums and bars."""
        programme, today = the_programme(self.session), self.visitor.w.today
        first = today - timedelta(days=DAYS - 1)
        found = figures(self.session, self.own, self.partners, programme.zone, first, today)
        return self.page(
            "portal/home.html",
            company=self.company,
            found=found,
            chart=_drawn(found, self.visitor.w.money),
            tail=leaving.tail_of(self.session, programme, self.own) if self.owner.left_at else None,
            partners=[one for one in self.partners.values() if one.closed_at is None],
        )


def _drawn(found: Figures, said: Callable[[int], str]) -> Chart:
    columns = [Column(f"{one.day:%d.%m}", [[("added", one.minor)]]) for one in found.days]
    return drawn(columns, said)
