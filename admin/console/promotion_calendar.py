"""What runs when: three months of promotions beside each other, each version a bar, a draft a dashed one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from flask import request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console import promotion_told
from admin.desk import Answer, DeskView
from coalition.programmes.queries import the_programme
from coalition.promotions.overview import Overview, Stage, codes_between, promotions
from tenants.branding import formats
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime import clock

MONTHS = 3
ROWS = 50
_FIRST, _LAST = date(2000, 1, 1), date(2199, 12, 1)
_UNSHOWN = (Stage.WITHDRAWN,)


@dataclass(frozen=True)
class Bar:
    """A piece of a month in ten-thousandths of it, in the tone of a state, and the same in words."""

    start: int
    width: int
    tone: str
    words: str


@dataclass(frozen=True)
class Line:
    """A promotion: its name, its code, and its bars month by month."""

    title: str
    code: str
    months: Sequence[Sequence[Bar]]


class PromotionCalendar(DeskView):
    """The calendar of promotions."""

    reads = Permission.DESK_PROMOTION_READ
    within = "desk_promotions"
    icon = "calendar-event"

    @expose("/")
    def index(self) -> Answer:
        """Three months from `?month=YYYY-MM` on, the present one without it; further rows from `?from=CODE` on."""
        zone = clock.zone(the_programme(self.session).zone)
        month = month_in(request.args.get("month", ""), clock.now().astimezone(zone).date())
        starts = list(_months(month, MONTHS + 1))
        moments = [datetime(one.year, one.month, 1, tzinfo=zone) for one in starts]
        first = request.args.get("from", "")
        codes = [
            code
            for code in codes_between(self.session, moments[0], moments[-1], clock.now())
            if code >= first
        ]
        shown = promotions(self.session, codes[:ROWS])
        w, now = self.visitor.w, clock.now()
        return self.page(
            "promotion_calendar.html",
            names=[formats.month(one, w.lang) for one in starts[:-1]],
            lines=[lines_of(one, moments, now, w) for one in shown],
            today=[_place(now, *span) for span in pairwise(moments)],
            tones=promotion_told.STAGES,
            earlier=self._at(shifted(month, -MONTHS)),
            later=self._at(starts[-1]),
            further=self._at(month, codes[ROWS]) if len(codes) > ROWS else "",
            begin=self._at(month) if first else "",
            present=url_for(".index"),
        )

    def _at(self, month: date, code: str = "") -> str:
        if not _FIRST <= month <= _LAST:
            return ""
        return url_for(".index", month=f"{month:%Y-%m}", **({"from": code} if code else {}))


def month_in(text: str, today: date) -> date:
    """The first day of the month that is written there; the present month's for anything else."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        found = today
    return (found if _FIRST <= found <= _LAST else today).replace(day=1)


def lines_of(one: Overview, moments: Sequence[datetime], now: datetime, w: Words) -> Line:
    """A promotion's bars, in the months that begin and end at these moments."""
    spans = list(_spans(one, now, w))
    months = [
        [bar for start, end, tone, words in spans if (bar := _bar(start, end, *month, tone, words))]
        for month in pairwise(moments)
    ]
    return Line(promotion_told.title_of(one, now, w.lang), one.code, months)


def _spans(one: Overview, now: datetime, w: Words) -> Iterator[tuple[datetime, datetime | None, str, str]]:
    """From when, until when, in what tone, in what words: of every version, then of the draft."""
    for version in reversed(one.versions):
        if (stage := one.stage_of(version, now)) in _UNSHOWN:
            continue
        tone, _icon, name = promotion_told.STAGES[stage]
        yield version.starts_at, version.ends_at, tone, _said(name, version.starts_at, version.ends_at, w)
    if one.draft is not None:
        tone, _icon, name = promotion_told.STAGES[Stage.DRAFT]
        said = _said(name, one.draft.starts_at, one.draft.ends_at, w)
        yield one.draft.starts_at or now, one.draft.ends_at, tone, said


def _said(name: str, start: datetime | None, end: datetime | None, w: Words) -> str:
    """The state and from when until when, each with its year: the months beside each other are of two years."""
    first = w.written(start) if start else _("from its publication")
    last = w.written(end) if end else _("no end")
    return f"{_(name)}: {first} — {last}"


def _bar(
    start: datetime, end: datetime | None, begun: datetime, over: datetime, tone: str, words: str
) -> Bar | None:
    start, end = max(start, begun), min(end or over, over)
    if start >= end:
        return None
    place = _part(start - begun, over - begun)
    return Bar(place, max(_part(end - begun, over - begun) - place, 1), tone, words)


def _place(moment: datetime, begun: datetime, over: datetime) -> int | None:
    """Where in a month the moment is; None when it is in another one."""
    return _part(moment - begun, over - begun) if begun <= moment < over else None


def _part(some: timedelta, whole: timedelta) -> int:
    return int(10_000 * some // whole)


def shifted(month: date, count: int) -> date:
    """The first day of the month so many months on."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def _months(first: date, count: int) -> Iterator[date]:
    return (shifted(first, number) for number in range(count))
