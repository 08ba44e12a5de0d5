"""Mailings of partners at the desk: what waits, each as it is read, the calendar of all. A partner has the same."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console import mailing_told, promotion_told
from admin.console.promotion_calendar import month_in, shifted
from admin.desk import Answer, Cell, Column, DeskList, Listing, Pill
from admin.problems import refusal
from coalition.claims.moving import staff_name
from coalition.mailings import actions
from coalition.mailings.audience import Audience, audience_of, size_of
from coalition.mailings.models import Mailing
from coalition.mailings.queries import (
    mailing_by_id,
    mailings_between,
    mailings_offered,
    text_of,
)
from coalition.mailings.terms import mailing_terms
from coalition.mailings.wording import PARTS_MAX, parts_of
from coalition.messages.actions import texts_go_out
from coalition.partners.queries import all_participants
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.promotions.models import Promotion
from coalition.promotions.overview import promotion_by_code
from tenants.branding import formats
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_


class MailingPages(DeskList):
    """The calendar of mailings and one of them, for either side."""

    icon = "envelope"
    people: mailing_told.People = staticmethod(mailing_told.exactly)
    calendar_page = "calendar"

    @property
    def whose(self) -> int | None:
        """The participant whose mailings these are; None for those of all."""
        return None

    @expose("/<int:mailing_id>")
    def mailing(self, mailing_id: int) -> Answer:
        """One."""
        return self.shown(mailing_id, {})

    def shown(self, mailing_id: int, errors: dict[str, str], reason: str = "") -> str:
        """The page of one: as it is read, to whom it goes, what came of it, what can be done."""
        one, w = mailing_by_id(self.session, mailing_id, self.whose), self.visitor.w
        text, ahead = text_of(self.session, one), one.state in ("draft", "offered", "declined", "scheduled")
        begun = one.state in mailing_told.COUNTED and one.looked_at
        return self.page(
            "mailing.html",
            one=one,
            company=self.owners()[one.participant_id] if self.whose is None else "",
            state=mailing_told.state(one),
            pairs=self._pairs(one),
            text=text,
            in_parts=_parts(text) if one.channel == "text" else "",
            ahead=ahead,
            size=self.size_told(audience_of(one)) if ahead else "",
            figures=mailing_told.figures(one, self.people, w) if begun else [],
            per_week=mailing_terms(programme_by_id(self.session, one.programme_id)).per_week,
            texts=texts_go_out() or one.channel != "text",
            errors=errors,
            form={"reason": reason[: actions.REASON_MAX]},
            reason_max=actions.REASON_MAX,
        )

    def size_told(self, audience: Audience) -> str:
        """How many would get it, or why that is not told."""
        size = size_of(self.session, audience)
        return _("counting takes long") if size is None else self.people(size, self.visitor.w)

    def _pairs(self, one: Mailing) -> list[tuple[str, str]]:
        w = self.visitor.w
        found = [
            (_("Goes out"), _("%(from)s, until %(until)s", **self._span(one))),
            (_("To whom"), mailing_told.audience(one, mailing_told.titles_of_segments(self.session))),
            (_("How"), _(mailing_told.CHANNELS[one.channel])),
        ]
        if one.promotion_id is not None:
            code = promotion_code(self.session, one.promotion_id)
            found.append((_("Promotion"), self.promotion_title(code)))
        if self.whose is None:
            found.append((_("Written by"), staff_name(self.session, one.author_id)))
        if one.decided_at is not None:
            found.append((_("Decided"), w.moment(one.decided_at)))
        if one.reason:
            found.append((_("Reason"), one.reason))
        return found

    def promotion_title(self, code: str) -> str:
        """What a promotion is called."""
        found = promotion_by_code(self.session, code)
        return promotion_told.title_of(found, clock.now(), self.visitor.w.lang)

    def _span(self, one: Mailing) -> dict[str, str]:
        w = self.visitor.w
        return {"from": w.moment(one.starts_at), "until": w.clock_time(one.until)}

    def month_page(self, template: str) -> str:
        """A month of the plan, from `?month=YYYY-MM`, the present one without it."""
        zone = clock.zone(the_programme(self.session).zone)
        month = month_in(request.args.get("month", ""), clock.now().astimezone(zone).date())
        after = shifted(month, 1)
        first, last = (datetime(one.year, one.month, 1, tzinfo=zone) for one in (month, after))
        rows = mailings_between(self.session, first, last, self.whose)
        return self.page(
            template,
            month=formats.month(month, self.visitor.w.lang),
            listing=Listing(self.columns(rows), rows, (), "", None, None, tells_all=True),
            earlier=self._at(shifted(month, -1)),
            later=self._at(after),
            present=url_for(f".{self.calendar_page}"),
        )

    def _at(self, month: date) -> str:
        return url_for(f".{self.calendar_page}", month=f"{month:%Y-%m}")

    def columns(self, rows: Sequence[Mailing]) -> tuple[Column[Mailing], ...]:
        """What a month has; at the desk also whose each is, and how many others go out that day."""
        w, segments = self.visitor.w, mailing_told.titles_of_segments(self.session)
        found = [
            Column[Mailing](N_("Mailing"), self.at_its_hour),
            Column[Mailing](N_("State"), mailing_told.state),
            Column[Mailing](N_("To whom"), lambda one: Cell(mailing_told.audience(one, segments)), wide=True),
            Column[Mailing](N_("How"), lambda one: Cell(_(mailing_told.CHANNELS[one.channel])), wide=True),
        ]
        if self.whose is None:
            owners, days = self.owners(), self._by_day(rows)
            found += [
                Column[Mailing](N_("Company"), lambda one: Cell(owners[one.participant_id]), wide=True),
                Column[Mailing](
                    N_("Others that day"),
                    lambda one: Cell(w.number(days[w.day_of(one.starts_at)] - 1) if _counts(one) else "—"),
                    number=True,
                    wide=True,
                ),
            ]
        return tuple(found)

    def at_its_hour(self, one: Mailing) -> Cell:
        """A mailing by its title, with when it begins."""
        href = url_for(".mailing", mailing_id=one.id)
        return Cell(one.title, self.visitor.w.moment(one.starts_at), href)

    def named(self, one: Mailing) -> Cell:
        """A mailing by its title, with how it goes."""
        return Cell(one.title, _(mailing_told.CHANNELS[one.channel]), url_for(".mailing", mailing_id=one.id))

    def _by_day(self, rows: Sequence[Mailing]) -> Mapping[date, int]:
        found: dict[date, int] = {}
        for one in filter(_counts, rows):
            day = self.visitor.w.day_of(one.starts_at)
            found[day] = found.get(day, 0) + 1
        return found

    def owners(self) -> dict[int, str]:
        """What companies are called."""
        lang = self.visitor.w.lang
        return {one.id: str(one.name.get(lang) or one.code) for one in all_participants(self.session)}


class Mailings(MailingPages):
    """The section of the programme's people."""

    reads = Permission.DESK_MAILING_READ
    permission = Permission.DESK_MAILING_DECIDE
    pills = (
        Pill("offered", N_("To decide"), Mailing.state == "offered"),
        Pill("scheduled", N_("To go out"), Mailing.state.in_(("scheduled", "sending", "sent"))),
        Pill("done", N_("Gone out"), Mailing.state == "done"),
    )

    def waits(self) -> tuple[int, str]:
        """How many wait for a decision."""
        return mailings_offered(self.session), _("mailings wait for a decision")

    @expose("/")
    def index(self) -> Answer:
        """All that was offered, the newest first."""
        owners, w = self.owners(), self.visitor.w
        columns = (
            Column[Mailing](N_("Mailing"), self.named),
            Column[Mailing](
                N_("Goes out"), lambda one: Cell(w.moment(one.starts_at), owners[one.participant_id])
            ),
            Column[Mailing](N_("State"), mailing_told.state),
        )
        listing = self.listing(Mailing, columns, Mailing.state != "draft")
        return self.page("mailings.html", listing=listing)

    @expose("/calendar")
    def calendar(self) -> Answer:
        """A month of all companies."""
        return self.month_page("mailing_calendar.html")

    @expose("/<int:mailing_id>/approve", methods=["POST"])
    def approve(self, mailing_id: int) -> Answer:
        """Let it go out at its hour, as it was read."""
        revision = request.form.get("revision", 0, type=int)
        said = _("Approved. It goes out at its hour; the company is told")
        self.attempt(
            lambda: actions.approve_mailing(
                self.session, self.actor, mailing_id=mailing_id, revision=revision
            ),
            said,
        )
        return redirect(url_for(".mailing", mailing_id=mailing_id), 303)

    @expose("/<int:mailing_id>/decline", methods=["POST"])
    def decline(self, mailing_id: int) -> Answer:
        """Decline it with the reason."""
        seen = {"mailing_id": mailing_id, "revision": request.form.get("revision", 0, type=int)}
        return self._with_reason(
            mailing_id,
            lambda reason: actions.decline_mailing(self.session, self.actor, reason=reason, **seen),
            _("Declined. The company is told"),
        )

    @expose("/<int:mailing_id>/stop", methods=["POST"])
    def stop(self, mailing_id: int) -> Answer:
        """Let nothing of it go out any more."""
        return self._with_reason(
            mailing_id,
            lambda reason: actions.stop_mailing(
                self.session, self.actor, mailing_id=mailing_id, reason=reason
            ),
            _("Stopped. What has not left yet does not leave"),
        )

    def _with_reason(self, mailing_id: int, act: Callable[[str], object], said: str) -> Answer:
        reason = request.form.get("reason", "")
        try:
            act(reason)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self.shown(mailing_id, {"reason": refusal(no)}, reason), no.status
        flash(said, "good")
        return redirect(url_for(".mailing", mailing_id=mailing_id), 303)


def promotion_code(session: Session, promotion_id: int) -> str:
    """The code of a promotion that a mailing is for."""
    return session.get_one(Promotion, (tenant_of(session), promotion_id)).code


def _counts(one: Mailing) -> bool:
    """Whether members get it, as far as is known."""
    return one.state not in ("declined", "withdrawn", "missed")


def _parts(text: str) -> str:
    return _("%(count)s of %(most)s parts of a text", count=parts_of(text), most=PARTS_MAX)
