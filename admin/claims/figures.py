"""Figures of claims: by kind, by reason and by partner, in tables with bars where people compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, DeskView
from coalition.cabinet import claim_words
from coalition.claims.kinds import REASONS, TITLES, Kind
from coalition.claims.queries import Figures, figures
from coalition.partners.models import Partner
from tenants.parts import Part
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.translations import N_

PERIODS = {30: N_("30 days"), 90: N_("90 days"), 365: N_("A year")}
DAY_SECONDS = 24 * 3600
_WAYS = {
    "grant": N_("Points granted"),
    "record": N_("Purchase recorded"),
    "return": N_("Redemption given back"),
}


@dataclass(frozen=True)
class Line:
    """A row of a table: its name, its figures, and its bar in hundredths of a percent of the longest one."""

    name: str
    one: Figures
    bar: int
    median: str


@dataclass(frozen=True)
class Table:
    """Claims parted one way."""

    code: str
    title: str
    lines: Sequence[Line]


class ClaimFigures(DeskView):
    """A page of the section of claims."""

    part = Part.CLAIMS
    reads = permission = Permission.DESK_CLAIM_READ
    icon = "chat-left-text"
    within = "desk_claims"

    @expose("/")
    def index(self) -> Answer:
        """The figures of a period."""
        asked = request.args.get("days", "")
        days = int(asked) if asked in map(str, PERIODS) else 90
        return self.page("claim_figures.html", tables=self._tables(days), days=days, periods=PERIODS)

    def _tables(self, days: int) -> list[Table]:
        since = clock.now() - timedelta(days=days)
        titles = {"kind": _("By kind"), "reason": _("By answer"), "partner": _("By partner")}
        return [
            Table(by, title, self._lines(by, figures(self.session, by, since)))
            for by, title in titles.items()
        ]

    def _lines(self, by: str, found: Sequence[Figures]) -> list[Line]:
        most = max((one.claims for one in found), default=1)
        return [
            Line(
                self._name(by, one.key),
                one,
                10_000 * one.claims // most,
                claim_words.time_left(max(one.median_seconds, 60), DAY_SECONDS)
                if one.median_seconds is not None
                else "—",
            )
            for one in found
        ]

    def _name(self, by: str, key: object) -> str:
        if by == "kind":
            return _(TITLES[Kind(str(key))])
        if by == "reason":
            if key is None:
                return _("Not answered yet")
            return _(_WAYS[str(key)]) if str(key) in _WAYS else _(REASONS[str(key)])
        if key is None:
            return _("No partner")
        partner = self.session.get_one(Partner, (tenant_of(self.session), key))
        return str(partner.name.get(self.visitor.w.lang) or partner.code)
