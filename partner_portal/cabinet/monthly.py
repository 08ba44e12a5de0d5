"""The month's figures by mail: figures alone, as a paper, to who has asked for them; once a month and person.

Asked for each hour, because only the hour tells whether the first working day has begun in the programme's zone. Whose
letter was asked for stands with the subscription, in the transaction that asks: whatever fails, it is not asked again.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.messages.mail import Attached, mail_goes_out, post_mail
from coalition.partners.queries import participant_by_id
from coalition.programmes.queries import the_programme
from coalition.programmes.words import words_in
from coalition.reports.partner.base import Company, Report, Span, Told, company_of, told
from coalition.reports.partner.given import CARDS, CERTIFICATES
from coalition.reports.partner.monthly import is_due, month_before, subscription_due, take_due
from coalition.reports.partner.points import MOVEMENT
from coalition.reports.partner.sales import MEMBERS, OPERATIONS
from partner_portal.cabinet.report_files import printed, said
from tenants.branding import formats
from tenants.branding.sheets import Sheet
from tenants.branding.words import Words
from tenants.models import Branding, Staff
from tenants.permissions import Permission
from tenants.roles import roles_of, together
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import derived_id
from tenants.runtime.jobs import ask, every, job
from tenants.runtime.language import LANGUAGES, translate
from tenants.translations import N_

_SUBJECT = N_("%(company)s: figures of %(month)s")
_TEXT = N_(
    "The figures of your company for %(month)s are attached. The reports with every row are here: %(address)s\n\n"
    "To have no more letters, choose so on that page."
)
_SALES = next(place for place, one in enumerate(MEMBERS.columns) if one.title == "Sales")
_LACKS = N_(
    "The month has more rows than one report holds, so some figures are not in this letter. Read those reports by "
    "shorter periods, on the page below."
)


@job("reports.monthly")
def look(session: Session) -> None:
    """Ask for the letters of the month before, once its figures are due; each is asked for once."""
    try:
        programme = the_programme(session)
    except NotFound:
        return  # the operators' own place
    if not mail_goes_out() or not is_due(session, programme):
        return
    month = month_before(clock.business_day(programme.zone))
    for staff_id in take_due(session, month, programme.zone):
        ask(session, "reports.mail_month", staff_id=staff_id, month=month.isoformat())


@job("reports.mail_month", calls=True)
def mail_month(session: Session, staff_id: str, month: str) -> None:
    """Mail one person the month's figures, unless she wants none, or she or her company is not there any more.

    What has more rows than a report holds is left out, and the letter says so.
    """
    first, person_id = date.fromisoformat(month), UUID(staff_id)
    row = subscription_due(session, person_id, first)
    person = session.get_one(Staff, (tenant_of(session), person_id))
    if row is None or not _may_read(session, person):
        return
    programme, brand = the_programme(session), session.get(Branding, tenant_of(session))
    company = company_of(session, participant_by_id(session, person.participant_id or 0), programme)
    w = words_in(brand.language if brand else LANGUAGES[0], programme)
    span = Span(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), programme.zone)
    named = {"month": formats.month(first, w.lang), "company": _name(company, w)}
    rows, whole = _figures(session, company, span, w)
    paper, name = _paper(session, company, span, rows, w), f"{company.owner.code}-{first:%Y-%m}.pdf"
    text = translate(w.lang, _TEXT, address=row.address, **named)
    if not whole:
        text = f"{translate(w.lang, _LACKS)}\n\n{text}"
    post_mail(
        derived_id(row.since, "month", tenant_of(session), person_id, first),
        to=[person.login],
        subject=translate(w.lang, _SUBJECT, **named),
        text=text,
        attached=Attached(name, "application/pdf", paper),
    )


def _paper(
    session: Session, company: Company, span: Span, rows: Sequence[tuple[str, str]], w: Words
) -> bytes:
    title = translate(w.lang, "Figures of %(month)s", month=formats.month(span.first, w.lang))
    about = translate(w.lang, "By the day on which the programme learned of them")
    sheet = Sheet(
        title,
        about,
        [translate(w.lang, one) for one in (N_("Figure"), N_("In all"))],
        [list(one) for one in rows],
    )
    return printed(session, company, title, span, rows[0], [sheet], w)


def _figures(
    session: Session, company: Company, span: Span, w: Words
) -> tuple[Sequence[tuple[str, str]], bool]:
    """What each report adds up to, and whether every one is in it; nothing of a row: no member is told in a letter."""
    rows: list[tuple[str, str]] = []
    lacks = translate(w.lang, N_("Too large for a letter"))
    counted = {OPERATIONS.code: N_("Sales and returns"), MEMBERS.code: N_("Members who bought")}
    whole = True
    for report in (OPERATIONS, MEMBERS, MOVEMENT, CERTIFICATES, CARDS):
        found = _found(session, report, company, span, w)
        if found is None:
            whole = False
            rows.append((translate(w.lang, counted.get(report.code, report.title)), lacks))
            continue
        if report.code in counted:
            many = sum(1 for row in found.rows if report is OPERATIONS or row[_SALES])
            rows.append((translate(w.lang, counted[report.code]), w.number(many)))
        if report is not MEMBERS:
            rows += [
                (_titled(report.title, column.title, w), said(total, w))
                for column, total in zip(report.columns, found.totals, strict=True)
                if column.total
            ]
    return rows, whole


def _found(session: Session, report: Report, company: Company, span: Span, w: Words) -> Told | None:
    """The report; nothing where it is too large, which no other attempt would change."""
    try:
        return told(session, report, company, span, w)
    except Refusal as no:
        if no.code != "report_large":
            raise
        return None


def _titled(report: str, column: str, w: Words) -> str:
    return f"{translate(w.lang, report)}: {translate(w.lang, column)}"


def _name(company: Company, w: Words) -> str:
    return str(company.owner.name.get(w.lang) or company.owner.code)


def _may_read(session: Session, person: Staff) -> bool:
    """Whether she is there, her company has not left, and her roles still open reports."""
    if not person.active or person.participant_id is None:
        return False
    if participant_by_id(session, person.participant_id).left_at is not None:
        return False
    return Permission.PORTAL_REPORT_READ in together(roles_of(session, person.id))


every(3600, "reports.monthly")
