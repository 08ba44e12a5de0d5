"""A backtest as its panel tells it: figures, the chart, who would gain and who would lose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.console.backtest_chart import Week, drawn, weeks_of
from admin.console.backtest_units import Unit, unit_of
from admin.console.promotion_told import meant
from coalition import money
from coalition.backtests.queries import (
    Found,
    backtest_by_id,
    budget_ends,
    has_stopped,
    latest_backtests,
    places_end,
    sales_since,
    sales_span,
    untimed,
)
from coalition.backtests.tally import Pair, Tally
from coalition.members.queries import segments_by_code
from coalition.partners.models import Participant
from coalition.partners.queries import all_partners
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.document import Document
from coalition.promotions.gives import Giving
from coalition.promotions.models import PromotionDraft
from coalition.promotions.tiers import TierTerms
from coalition.segments.queries import segment_titles
from tenants.branding.chart import Chart
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound

WEEKS = 12
POLL_SECONDS, POLL_SECONDS_LATER = 2, 5  # the second after the first minute


@dataclass(frozen=True)
class Row:
    """A line of a table, in whole units."""

    name: str
    was: int
    would: int

    @property
    def difference(self) -> int:
        """What the change would make."""
        return self.would - self.was


@dataclass(frozen=True)
class Table:
    """Rows by one thing, the largest difference first."""

    code: str
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Result:
    """What a finished backtest says in one unit; `ends` is told with what the document itself gives."""

    unit: Unit
    tally: Tally
    weeks: Sequence[Week]
    chart: Chart
    label: str
    tables: Sequence[Table]
    payers: str
    ends: date | None
    places_end: date | None
    value: tuple[int, int]  # points and the minor units that they are worth

    def worth(self, points: int) -> int:
        """What so many points more, or less, are worth."""
        worth = money.worth(abs(points), self.value[1], self.value[0])
        return worth if points >= 0 else -worth


@dataclass(frozen=True)
class ToldBacktest:
    """A backtest as far as it is; `stale` when the draft says something else now.

    When it is finished, `result` is in points, and `own` in what the document gives, if that is something else;
    `since` is the first day with a sale, where there is none before it; `span` are the first and the last of its days
    with one. `untimed` of so many purchases have no time of day, where the document asks for hours.
    """

    found: Found
    stopped: bool
    stale: bool
    result: Result | None
    own: Result | None
    since: date | None = None
    span: tuple[date, date] | None = None
    untimed: tuple[int, int] | None = None

    @property
    def first_day(self) -> date:
        """The first day of which something is told."""
        return self.since or self.found.backtest.first_day

    def untimed_said(self, w: Words) -> str:
        """That hours could not be tried on purchases without one; empty where they could."""
        if self.untimed is None or not self.untimed[0]:
            return ""
        without, every = (w.number(count) for count in self.untimed)
        return _(
            "%(without)s of %(every)s purchases have no time of day: they stand at 0:00, and hours could not be tried "
            "on them",
            without=without,
            every=every,
        )

    def span_said(self, w: Words) -> str:
        """From when to when there were sales."""
        if self.span is None:
            return _("No sales are stored of these days")
        first, last = (w.day(day) for day in self.span)
        return _("Sales from %(first)s to %(last)s", first=first, last=last)

    def since_said(self, w: Words) -> str:
        """That sales are known from a day on; empty where they are known for all days."""
        return since_said(self.since, w) if self.since else ""

    @property
    def results(self) -> Sequence[Result]:
        """Those there are, the document's own first."""
        return [one for one in (self.own, self.result) if one]

    @property
    def hundredths(self) -> int:
        """Of a percent of its slices."""
        return 10_000 * self.found.done // self.found.backtest.slices if self.found.backtest.slices else 0

    @property
    def poll_seconds(self) -> int | None:
        """When to ask again; None when there is nothing more to come."""
        if self.found.finished or self.stopped:
            return None
        young = clock.now() - self.found.backtest.asked_at < timedelta(minutes=1)
        return POLL_SECONDS if young else POLL_SECONDS_LATER


def latest_of(session: Session, draft: PromotionDraft, w: Words) -> ToldBacktest | None:
    """The newest backtest of the draft's promotion, as a change to what is live."""
    kept = (
        one
        for one in latest_backtests(session, draft.code)
        if one.programme_id == draft.programme_id and one.document is not None and not one.alone
    )
    newest = next(kept, None)
    return told(session, newest.id, draft, w) if newest else None


def told(session: Session, backtest_id: int, draft: PromotionDraft, w: Words) -> ToldBacktest:
    """A backtest for the page of a draft of its promotion; NotFound("backtest_unknown")."""
    found = backtest_by_id(session, backtest_id)
    if (found.backtest.code, found.backtest.programme_id) != (draft.code, draft.programme_id):
        raise NotFound("backtest_unknown")
    stopped = not found.finished and has_stopped(session, backtest_id)
    stale = found.backtest.document != _canonical(meant(session, draft.document))
    if not found.finished:
        return ToldBacktest(found, stopped, stale, None, None)
    since = sales_since(session, backtest_id)
    unit, own = unit_of(found.backtest.document, w), found.tally.own
    return ToldBacktest(
        found,
        stopped,
        stale,
        result_of(session, found, Unit(w), found.tally, since),
        result_of(session, found, unit, own, since) if own else None,
        since,
        sales_span(session, backtest_id),
        untimed(session, backtest_id),
    )


def result_of(session: Session, found: Found, unit: Unit, tally: Tally, since: date | None) -> Result:
    """Figures, chart and tables of a finished backtest in one unit."""
    asked, w = found.backtest, unit.w
    programme = programme_by_id(session, asked.programme_id)
    weeks = weeks_of(tally, asked.first_day, asked.last_day, since)
    tables = tables_of(session, programme, tally, w.lang)
    payers = next((table.rows for table in tables if table.code == "funders"), ())
    return Result(
        unit,
        tally,
        weeks,
        drawn(weeks, unit.line),
        _label(len(weeks), unit, tally),
        tables,
        ", ".join(f"{row.name} {w.amount(row.difference, signed=True)}" for row in payers if row.difference),
        budget_ends(session, asked.id) if tally is (found.tally.own or found.tally) else None,
        places_end(session, asked.id),
        (programme.value_points, programme.value_minor),
    )


def tables_of(session: Session, programme: Programme, tally: Tally, lang: str) -> Sequence[Table]:
    """By partner, level, segment and payer, with their names; what has no row is left out."""
    partners = {str(one.id): one.name.get(lang, one.code) for one in all_partners(session)}
    titles = segment_titles(session)
    segments = {str(bit): titles[code] for code, bit in segments_by_code(session).items()}
    payers = session.scalars(select(Participant).where(Participant.tenant_id == tenant_of(session)))
    levels = TierTerms.model_validate(programme.tiers).levels if programme.tiers else ()
    tables = (
        Table(
            "partners", _("By partner"), _rows(tally.partners, partners | {"0": _("Outside the partners")})
        ),
        Table(
            "tiers",
            _("By level"),
            _rows(tally.tiers, {str(number): getattr(one, lang) for number, one in enumerate(levels)}),
        ),
        Table("segments", _("By segment"), _rows(tally.segments, segments)),
        Table(
            "funders",
            _("By payer"),
            _rows(tally.funders, {str(one.id): one.name.get(lang, one.code) for one in payers}),
        ),
    )
    return [table for table in tables if table.rows and (table.code != "tiers" or levels)]


def csv_rows(result: Result) -> Iterable[tuple[str, str, int, int]]:
    """Every line of every table as (by what, name, then, would be), the days first."""
    for day, (was, would) in sorted(result.tally.days.items()):
        yield "days", day, was, would
    for table in result.tables:
        for row in table.rows:
            yield table.code, row.name, row.was, row.would


def since_said(since: date, w: Words) -> str:
    """That sales are known from a day on."""
    return _(
        "There are stored sales since %(day)s only; what comes before is not in the figures",
        day=w.written_day(since),
    )


def _rows(pairs: Mapping[str, Pair], names: Mapping[str, str]) -> Sequence[Row]:
    rows = [Row(names.get(key, key), was, would) for key, (was, would) in pairs.items()]
    return sorted(rows, key=lambda row: (-abs(row.difference), row.name))


def _canonical(document: Mapping[str, object]) -> dict[str, object] | None:
    """A draft's document as a backtest keeps it; None for one that is wrong."""
    try:
        return Document.model_validate(document).model_dump(mode="json")
    except ValidationError:
        return None


def _label(weeks: int, unit: Unit, tally: Tally) -> str:
    """The chart in one sentence."""
    was, would = tally.whole
    said = {
        "number": unit.w.number(weeks),
        "was": unit.said(was),
        "would": unit.said(would),
        "cut": unit.said(tally.cut),
    }
    match unit.giving:
        case Giving.DISCOUNT:
            return ngettext(
                "Taken off by week, %(number)s week: then %(was)s, would be %(would)s, limits would cut %(cut)s",
                "Taken off by week, %(number)s weeks: then %(was)s, would be %(would)s, limits would cut %(cut)s",
                weeks,
                **said,
            )
        case Giving.BENEFIT:
            return ngettext(
                "Granted by week, %(number)s week: then %(was)s, would be %(would)s, limits would cut %(cut)s",
                "Granted by week, %(number)s weeks: then %(was)s, would be %(would)s, limits would cut %(cut)s",
                weeks,
                **said,
            )
    return ngettext(
        "Points by week, %(number)s week: given then %(was)s, would be %(would)s, limits would cut %(cut)s",
        "Points by week, %(number)s weeks: given then %(was)s, would be %(would)s, limits would cut %(cut)s",
        weeks,
        **said,
    )
