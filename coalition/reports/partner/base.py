"""What a report of a partner is: rows of a period about one company, told as plain values, and their totals.

A page, a spreadsheet, a paper and the month's letter stand on the same rows, so none tells more than another. A member
is told by the name that only this company has for her. What a period has too much of is refused, and not cut: a report
that lacks rows without saying so is wrong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from coalition.ledger.post import day_start
from coalition.partners.models import ApiClient, Outlet, Participant, Partner
from coalition.partners.queries import partners_of
from coalition.programmes.models import Programme
from coalition.reports.lists.base import Money, Points, Value
from coalition.reports.of_partner import own_versions
from tenants.branding.words import Words
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import milliseconds
from tenants.runtime.patience import within

DAYS_MOST = 92
ROWS_MOST = 50_000
SECONDS_MOST = 20
"""How long one report may take: a page waits for it."""


class Span(NamedTuple):
    """Business days of a programme's, both included."""

    first: date
    last: date
    zone: str

    @property
    def asked(self) -> dict[str, Any]:
        """When it begins and when it is over, as statements take it: moments, and the least ids of them."""
        begun, over = (day_start(day, self.zone) for day in (self.first, self.last + timedelta(days=1)))
        ids = {"from": UUID(int=milliseconds(begun) << 80), "until": UUID(int=milliseconds(over) << 80)}
        return {"begun": begun, "over": over, "zone": self.zone, **ids}


class Company(NamedTuple):
    """Whose report it is, with what its rows are recognised by and told with."""

    owner: Participant
    programme: Programme
    partners: Mapping[int, Partner]
    outlets: Mapping[str, Outlet]
    clients: Mapping[str, int | None]

    def outlet(self, code: str | None, lang: str) -> str:
        """What an outlet is called; nothing where none is known, or it is another's."""
        found = self.outlets.get(code or "")
        return str(found.name.get(lang) or found.code) if found else ""

    def outlet_of(self, number: int | None, lang: str) -> str:
        """The same, by its number."""
        code = next((one.code for one in self.outlets.values() if one.id == number), None)
        return self.outlet(code, lang)

    def partner(self, number: int | None, lang: str) -> str:
        """What one of its partners is called."""
        found = self.partners.get(number or 0)
        return str(found.name.get(lang) or found.code) if found else ""


class Column(NamedTuple):
    """A column: its heading (a message), and whether its sum says something."""

    title: str
    total: bool = False


@dataclass(frozen=True)
class Report:
    """A report: its code, title and what it tells (messages), its columns, and its rows for a company and a period."""

    code: str
    title: str
    about: str
    columns: tuple[Column, ...]
    read: Callable[[Session, Company, Span, Words], Iterator[Sequence[Value]]]


class Told(NamedTuple):
    """A report as it was read: every row, and for each column its sum or nothing."""

    report: Report
    span: Span
    rows: Sequence[Sequence[Value]]
    totals: Sequence[Value]


def company_of(session: Session, owner: Participant, programme: Programme) -> Company:
    """A company with its places and its programs, those that have ended too."""
    tenant_id, partners = tenant_of(session), {one.id: one for one in partners_of(session, owner.id)}
    outlets = session.scalars(
        select(Outlet).where(Outlet.tenant_id == tenant_id, Outlet.partner_id.in_(partners))
    )
    clients = session.execute(
        select(ApiClient.id, ApiClient.outlet_id).where(
            ApiClient.tenant_id == tenant_id, ApiClient.participant_id == owner.id
        )
    )
    by_code = {one.code: one for one in outlets}
    return Company(owner, programme, partners, by_code, dict(clients.all()))


def span_of(first: date, last: date, zone: str) -> Span:
    """A period of a report; Refusal("report_days", most=...) where it ends before it begins, or is longer than that."""
    if not 0 <= (last - first).days < DAYS_MOST:
        raise Refusal("report_days", most=DAYS_MOST)
    return Span(first, last, zone)


def told(session: Session, report: Report, company: Company, span: Span, w: Words) -> Told:
    """The whole report.

    Raises Refusal("report_large", most=...) for more than so many rows, or for what takes too long to find.
    """
    rows = within(session, SECONDS_MOST, lambda: _read(session, report, company, span, w))
    if rows is None:
        raise Refusal("report_large", most=ROWS_MOST)
    return Told(report, span, rows, totals_of(report, rows))


def totals_of(report: Report, rows: Sequence[Sequence[Value]]) -> Sequence[Value]:
    """The sum of each column that has one; nothing for the others."""
    return [
        _sum([row[place] for row in rows]) if column.total else None
        for place, column in enumerate(report.columns)
    ]


def asked_of(session: Session, company: Company, span: Span) -> dict[str, Any]:
    """What the statements of reports are asked with."""
    return {
        "tenant": tenant_of(session),
        "programme": company.programme.id,
        "owner": company.owner.id,
        "partners": sorted(company.partners),
        "versions": sorted(own_versions(session, company.owner.id)),
        "most": ROWS_MOST + 1,
        **span.asked,
    }


def rows_of(session: Session, statement: str, asked: Mapping[str, Any]) -> Sequence[Any]:
    """What a statement finds."""
    return session.execute(text(statement), dict(asked)).all()


def _read(
    session: Session, report: Report, company: Company, span: Span, w: Words
) -> Sequence[Sequence[Value]]:
    rows: list[Sequence[Value]] = []
    for row in report.read(session, company, span, w):
        if len(rows) == ROWS_MOST:
            raise Refusal("report_large", most=ROWS_MOST)
        rows.append(row)
    return rows


def _sum(values: Sequence[Value]) -> Value:
    """The sum of values of one kind; whole numbers where there are none."""
    minors = [one.minor for one in values if isinstance(one, Money)]
    units = [one.units for one in values if isinstance(one, Points)]
    if minors:
        return Money(sum(minors))
    if units:
        return Points(sum(units))
    return sum(one for one in values if isinstance(one, int))
