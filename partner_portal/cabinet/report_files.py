"""A partner's report as a file: CSV and XLSX as lists are written, with the totals in the last row; a paper as PDF."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from coalition.cabinet.paper import letterhead
from coalition.reports.exports.writing import FORMS as TABLES
from coalition.reports.exports.writing import Plain, composed, plain, written
from coalition.reports.lists.base import Money, Points, Value
from coalition.reports.partner.base import Company, Span, Told
from tenants.branding.letterhead import Document, render
from tenants.branding.sheets import Sheet
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.language import translate

FORMS = {**TABLES, "pdf": "application/pdf"}
PAPER_ROWS_MOST = 1_000
"""What a paper holds: more is read in a spreadsheet."""
_BATCH = 5_000


def file_of(session: Session, company: Company, told: Told, form: str, w: Words) -> bytes:
    """The file; NotFound("form_unknown"), Refusal("report_paper_large", most=...) for more rows than a paper holds."""
    if form == "pdf":
        return paper(session, company, told, w)
    if form not in TABLES:
        raise NotFound("form_unknown")
    rows: list[Sequence[Plain]] = [
        [plain(one, w) for one in row] for row in [*told.rows, _total_row(told, w)]
    ]
    parts = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    header = [translate(w.lang, column.title) for column in told.report.columns]
    title = translate(w.lang, told.report.title)
    return b"".join(
        composed(
            form,
            w.lang,
            header,
            title,
            range(len(parts)),
            lambda number: written(form, w.lang, parts[number]),
        )
    )


def paper(session: Session, company: Company, told: Told, w: Words) -> bytes:
    """The report on the programme's letterhead: its own columns, with the sums above the rows and under them."""
    if len(told.rows) > PAPER_ROWS_MOST:
        raise Refusal("report_paper_large", most=PAPER_ROWS_MOST)
    columns = told.report.columns
    heads = [translate(w.lang, column.title) for column in columns]
    title = translate(w.lang, told.report.title)
    rows = [[said(value, w) for value in row] for row in (*told.rows, _total_row(told, w))]
    sheet = Sheet(
        title,
        translate(w.lang, told.report.about),
        heads,
        rows,
        total=True,
        listing=True,
        reads=[place for place, column in enumerate(columns) if not column.total],
    )
    sums = [
        (head, said(value, w))
        for head, value, column in zip(heads, told.totals, columns, strict=True)
        if column.total
    ]
    counted = translate(w.lang, "Rows"), w.number(len(told.rows))
    top, pairs = (sums[0], [counted, *sums[1:]]) if sums else (counted, [])
    return printed(session, company, title, told.span, top, [sheet], w, pairs)


def printed(
    session: Session,
    company: Company,
    title: str,
    span: Span,
    total: tuple[str, str],
    sheets: Sequence[Sheet],
    w: Words,
    more: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A paper about a company and a period; `more` stands under the period, as lines of label and value."""
    document = Document(
        title=title,
        subtitle=str(company.owner.name.get(w.lang) or company.owner.code),
        number=translate(w.lang, "Report of %(code)s", code=company.owner.code),
        made_at=clock.now(),
        pairs=[(translate(w.lang, "Period"), period(span, w)), *more],
        total=total,
        sheets=sheets,
    )
    return render(letterhead(session, company.programme, w.lang), document)


def period(span: Span, w: Words) -> str:
    """A period in words."""
    return f"{w.written_day(span.first)} — {w.written_day(span.last)}"


def said(value: Value, w: Words) -> str:
    """A value as pages and papers tell it."""
    match value:
        case Money(minor):
            return w.money(minor)
        case Points(units):
            return w.amount(units)
        case datetime():
            return w.written(value)
        case date():
            return w.written_day(value)
        case int():
            return w.number(value)
        case str():
            return value
    return ""


def _total_row(told: Told, w: Words) -> Sequence[Value]:
    """The last row: the sums, and in the first column that they are."""
    return [translate(w.lang, "In all"), *told.totals[1:]]
