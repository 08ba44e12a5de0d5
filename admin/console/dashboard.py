"""The figures on the desk's first page: points by day, liability, active members, budgets; nothing of it is scanned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.console.promotion_told import title_of
from admin.desk import Visitor
from coalition.promotions.overview import Stage, promotions
from coalition.reports import figures
from coalition.reports.figures import Budget, Members, Moved
from coalition.transactions.models import InboundFile
from tenants.branding.chart import Chart, Column, drawn
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.translations import N_

PERIODS = {28: (1, N_("4 weeks")), 91: (7, N_("13 weeks")), 364: (28, N_("A year"))}
"""By how many days: how many of them a bar is of, and the name."""
USUAL = 28
FILES_DAYS = 30
BUDGETS_SHOWN = 10


@dataclass(frozen=True)
class Span:
    """A bar and a row of the table: from its first day on, what moved, and what members had at its end."""

    first_day: date
    moved: Moved
    liability: int


@dataclass(frozen=True)
class Dashboard:
    """The figures of a period, ready to be drawn."""

    days: int
    step: int
    periods: dict[int, str]
    counted_at: datetime
    moved: Moved
    liability: int
    before: int
    members: Members | None
    spans: Sequence[Span]
    chart: Chart


@dataclass(frozen=True)
class BudgetLine:
    """A promotion's budget beside its name."""

    title: str
    budget: Budget


@dataclass(frozen=True)
class FilesMonth:
    """What files brought in 30 days."""

    files: int
    lines: int
    rejected: int
    unmatched: int


def dashboard(session: Session, visiting: Visitor, asked: str) -> dict[str, Any]:
    """What of the figures the person may see."""
    w = visiting.w
    shown: dict[str, Any] = {}
    if visiting.may(Permission.DESK_FIGURE_READ):
        shown["dashboard"] = _figures(session, w, int(asked) if asked in map(str, PERIODS) else USUAL)
    if visiting.may(Permission.DESK_PROMOTION_READ):
        shown["budget_lines"] = budget_lines(session, w)
    if visiting.may(Permission.DESK_FILE_READ):
        shown["files_month"] = files_month(session)
    return shown


def _figures(session: Session, w: Words, days: int) -> Dashboard | None:
    found = figures.days(session, w.today - timedelta(days=days - 1), w.today)
    if found is None:
        return None
    step = PERIODS[days][0]
    spans = list(_spans(found, step))
    return Dashboard(
        days,
        step,
        {count: title for count, (_, title) in PERIODS.items()},
        found.counted_at,
        found.moved,
        found.liability,
        found.before.liability,
        figures.members(session),
        spans,
        _drawn(spans, w.amount),
    )


def _spans(found: figures.Days, step: int) -> Sequence[Span]:
    spans, liability = [], found.before.liability
    for start in range(0, len(found.days), step):
        part = found.days[start : start + step]
        moved = sum((one for _, one in part), Moved())
        liability += moved.liability
        spans.append(Span(part[0][0], moved, liability))
    return spans


def _drawn(spans: Sequence[Span], said: Callable[[int], str]) -> Chart:
    """What came stands above the ground; what was spent and what burnt hangs below it."""
    return drawn(
        [
            Column(
                f"{span.first_day:%d.%m}",
                [
                    [
                        ("added", span.moved.issued + span.moved.adjusted),
                        ("then", -span.moved.spent),
                        ("cut", -span.moved.expired),
                    ]
                ],
            )
            for span in spans
        ],
        said,
    )


def budget_lines(session: Session, w: Words) -> Sequence[BudgetLine]:
    """Budgets of promotions that run, the fullest first."""
    found = {one.code: one for one in figures.budgets(session, w.today)}
    now = clock.now()
    running = {
        one.code: title_of(one, now, w.lang)
        for one in promotions(session, list(found))
        if found and one.stage(now) in (Stage.LIVE, Stage.PAUSED)
    }
    return [BudgetLine(running[code], one) for code, one in found.items() if code in running][:BUDGETS_SHOWN]


def files_month(session: Session) -> FilesMonth:
    """Of the files that came in the last 30 days; a line that was read again is one, rejected if it still is."""
    whole = InboundFile.reread_of.is_(None)
    sums = [
        func.coalesce(func.sum(InboundFile.lines).filter(whole), 0),
        func.coalesce(func.sum(InboundFile.rejected), 0)
        - func.coalesce(func.sum(InboundFile.lines).filter(~whole), 0),
        func.coalesce(func.sum(InboundFile.unmatched), 0),
    ]
    row = session.execute(
        select(func.count().filter(whole), *sums).where(
            InboundFile.tenant_id == tenant_of(session),
            InboundFile.received_at >= clock.now() - timedelta(days=FILES_DAYS),
        )
    ).one()
    return FilesMonth(*map(int, row))
