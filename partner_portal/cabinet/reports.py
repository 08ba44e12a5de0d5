"""The company's standard reports: each as a page and as files, for a period; and the month's figures by mail."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.settlement_desk import kept
from admin.desk import Answer, Cell, Column, Listing, asks
from admin.problems import refusal
from coalition.messages.mail import mail_goes_out
from coalition.programmes.queries import the_programme
from coalition.reports.lists.base import Value
from coalition.reports.partner import REPORTS, report_by_code
from coalition.reports.partner import base as partner
from coalition.reports.partner.base import Company, Report, Span, Told
from coalition.reports.partner.monthly import is_subscribed, month_before, subscribe, unsubscribe
from partner_portal.cabinet.base import PortalView
from partner_portal.cabinet.report_files import FORMS, file_of, said
from tenants.audit import record
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.errors import Refusal
from tenants.runtime.web import roll_back
from tenants.staff import staff_by_id

ROWS_SHOWN = 100


class Reports(PortalView):
    """The section of reports."""

    reads = Permission.PORTAL_REPORT_READ
    icon = "file-earmark-text"

    @expose("/")
    def index(self) -> Answer:
        """The reports, the period, and the letter of the month."""
        span, wrong = self._span()
        today = self.visitor.w.today
        begun = today.replace(day=1)
        return self.page(
            "portal/reports.html",
            reports=[(one.code, _(one.title), _(one.about)) for one in REPORTS],
            span=span,
            errors=wrong,
            forms=FORMS,
            asked=self._asked(span),
            months=[
                (_("This month"), begun, today),
                (_("Last month"), month_before(today), begun - timedelta(days=1)),
            ],
            days_most=partner.DAYS_MOST,
            subscribed=is_subscribed(self.session, self.actor.id) if self.actor.id else False,
            mails=mail_goes_out(),
            has_address=self.actor.id is not None and "@" in staff_by_id(self.session, self.actor.id).login,
        ), 422 if wrong else 200

    @expose("/<code>")
    def report(self, code: str) -> Answer:
        """One report: its totals and its first rows."""
        report, (span, wrong) = report_by_code(code), self._span()
        told: Told | None = None
        if not wrong:
            try:
                told = self._told(report, span)
            except Refusal as no:
                roll_back()
                wrong = {"last": self._sentence(no)}
        return self.page(
            "portal/report.html",
            report=report,
            title=_(report.title),
            about=_(report.about),
            span=span,
            errors=wrong,
            asked=self._asked(span),
            forms=FORMS,
            days_most=partner.DAYS_MOST,
            told=told,
            sums=self._sums(told) if told else (),
            listing=self._listing(told) if told else None,
            most=ROWS_SHOWN,
        ), 422 if wrong else 200

    @expose("/<code>.<form>")
    def file(self, code: str, form: str) -> Answer:
        """One report as a file, every row of it; who took which is in the audit trail."""
        report, (span, wrong) = report_by_code(code), self._span()
        try:
            if wrong:
                raise Refusal("report_days", most=partner.DAYS_MOST)
            told = self._told(report, span)
            body = file_of(self.session, self._company(), told, form, self.visitor.w)
        except Refusal as no:
            if no.code not in ("report_days", "report_large", "report_paper_large"):
                raise
            roll_back()
            flash(self._sentence(no), "note")
            return redirect(url_for(".index", **self._asked(span)), 303)
        taken = {"report": report.code, "form": form, "rows": len(told.rows)}
        days = {"first_day": span.first.isoformat(), "last_day": span.last.isoformat()}
        record(
            self.session, self.actor, "report.download", f"participant {self.owner.code}", after=taken | days
        )
        name = f"{report.code}-{self.owner.code}-{span.first:%Y-%m-%d}-{span.last:%Y-%m-%d}.{form}"
        return kept(body, FORMS[form], name)

    @expose("/mail", methods=["POST"])
    @asks(Permission.PORTAL_REPORT_READ)
    def mail(self) -> Answer:
        """Have the month's figures mailed to oneself, or no more."""
        if request.form.get("mail") == "on":
            address = url_for(".index", _external=True)
            on = _("The figures of each month come by mail, on the first working day after it")
            self.attempt(lambda: subscribe(self.session, self.actor, address=address), on)
        else:
            self.attempt(lambda: unsubscribe(self.session, self.actor), _("No more letters come"))
        return redirect(url_for(".index"), 303)

    def _company(self) -> Company:
        return partner.company_of(self.session, self.owner, the_programme(self.session))

    def _told(self, report: Report, span: Span) -> Told:
        return partner.told(self.session, report, self._company(), span, self.visitor.w)

    def _span(self) -> tuple[Span, dict[str, str]]:
        """The period that is asked for, else the present month; and what is wrong with it."""
        today, zone = self.visitor.w.today, self.visitor.w.zone
        usual = Span(today.replace(day=1), today, zone)
        if not (request.args.get("first") or request.args.get("last")):
            return usual, {}
        try:
            first, last = (date.fromisoformat(request.args.get(name, "")) for name in ("first", "last"))
        except ValueError:
            return usual, {"first": _("Write both days")}
        try:
            return partner.span_of(first, last, zone), {}
        except Refusal as no:
            return usual, {"last": self._sentence(no)}

    def _asked(self, span: Span) -> dict[str, str]:
        return {"first": span.first.isoformat(), "last": span.last.isoformat()}

    def _sentence(self, no: Refusal) -> str:
        most = self.visitor.w.number(no.facts["most"]) if "most" in no.facts else ""
        match no.code:
            case "report_days":
                return _("A period has %(most)s days at most, and does not end before it begins", most=most)
            case "report_large":
                return _("The period has more than %(most)s rows. Choose a shorter one", most=most)
            case "report_paper_large":
                return _("A PDF holds %(most)s rows. Take CSV or XLSX, or a shorter period", most=most)
        return refusal(no)

    def _sums(self, told: Told) -> Sequence[tuple[str, str]]:
        w = self.visitor.w
        return [
            (_(column.title), said(total, w))
            for column, total in zip(told.report.columns, told.totals, strict=True)
            if column.total
        ]

    def _listing(self, told: Told) -> Listing[Sequence[Value]]:
        w = self.visitor.w

        def cell(place: int) -> "Column[Sequence[Value]]":
            column = told.report.columns[place]
            return Column(
                column.title,
                lambda row: Cell(_shown(row[place], w) or "—"),
                number=column.total,
                wide=not column.total and place > 0,
            )

        columns = tuple(cell(place) for place in range(len(told.report.columns)))
        return Listing(columns, told.rows[:ROWS_SHOWN], (), "", None, None, tells_all=True)


def _shown(value: Value, w: Words) -> str:
    """A value on a page: a moment without its year where that is the present one."""
    return w.moment(value) if isinstance(value, datetime) else said(value, w)
