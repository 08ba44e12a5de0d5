"""The month's figures by mail: figures alone, as a paper, to who has asked for them; once a month and person.

Asked for each hour, because only the hour tells whether the first working day has begun in the programme's zone. What
was mailed stands with the subscription, in the transaction that mails it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.messages.mail import Attached, mail_goes_out, post_mail
from coalition.partners.queries import participant_by_id
from coalition.programmes.queries import the_programme
from coalition.programmes.words import words_in
from coalition.reports.partner.base import Company, Span, company_of, told
from coalition.reports.partner.given import CARDS, CERTIFICATES
from coalition.reports.partner.monthly import due_to, is_due, month_before, subscription_due
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
from tenants.runtime.errors import NotFound
from tenants.runtime.ids import derived_id
from tenants.runtime.jobs import ask, every, job
from tenants.runtime.language import LANGUAGES, translate
from tenants.translations import N_

_SUBJECT = N_("%(company)s: figures of %(month)s")
_TEXT = N_(
    "The figures of your company for %(month)s are attached. The reports with every row are here: %(address)s\n\n"
    "To have no more letters, choose so on that page."
)


@job("reports.monthly")
def look(session: Session) -> None:
    """Ask for the letters of the month before, once its figures are due; what was mailed is not asked for again."""
    try:
        programme = the_programme(session)
    except NotFound:
        return  # the operators' own place
    if not mail_goes_out() or not is_due(session, programme):
        return
    month = month_before(clock.business_day(programme.zone))
    for staff_id in due_to(session, month, programme.zone):
        ask(session, "reports.mail_month", staff_id=staff_id, month=month.isoformat())


@job("reports.mail_month", calls=True)
def mail_month(session: Session, staff_id: str, month: str) -> None:
    """Mail one person the month's figures, unless that was done, or she or her company is not there any more."""
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
    paper, name = _paper(session, company, span, w), f"{company.owner.code}-{first:%Y-%m}.pdf"
    row.mailed = first
    session.flush()  # what cannot be kept is not mailed
    post_mail(
        derived_id(row.since, "month", tenant_of(session), person_id, first),
        to=[person.login],
        subject=translate(w.lang, _SUBJECT, **named),
        text=translate(w.lang, _TEXT, address=row.address, **named),
        attached=Attached(name, "application/pdf", paper),
    )


def _paper(session: Session, company: Company, span: Span, w: Words) -> bytes:
    rows = [list(one) for one in _figures(session, company, span, w)]
    title = translate(w.lang, "Figures of %(month)s", month=formats.month(span.first, w.lang))
    about = translate(w.lang, "By the day on which the programme learned of them")
    sheet = Sheet(title, about, [translate(w.lang, one) for one in (N_("Figure"), N_("In all"))], rows)
    return printed(session, company, title, span, (rows[0][0], rows[0][1]), [sheet], w)


def _figures(session: Session, company: Company, span: Span, w: Words) -> Iterator[tuple[str, str]]:
    """What each report adds up to, and nothing of any row: no member is told in a letter."""
    for report in (OPERATIONS, MOVEMENT, CERTIFICATES, CARDS):
        found = told(session, report, company, span, w)
        if report is OPERATIONS:
            yield translate(w.lang, "Sales and returns"), w.number(len(found.rows))
            members = told(session, MEMBERS, company, span, w)
            yield translate(w.lang, "Members who bought"), w.number(len(members.rows))
        for column, total in zip(report.columns, found.totals, strict=True):
            if column.total:
                yield _titled(report.title, column.title, w), said(total, w)


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
