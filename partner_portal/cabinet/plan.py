"""The communications plan: mailings that the company's people write and offer, month by month, and their numbers."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console import mailing_told
from admin.console.mailings import MailingPages, promotion_code
from admin.desk import Answer, asks
from admin.problems import refusal
from coalition.mailings import actions, wording
from coalition.mailings.actions import Plan
from coalition.mailings.audience import Audience, audience_of, size_for_company
from coalition.mailings.hours import HOURS
from coalition.mailings.models import Mailing
from coalition.mailings.queries import mailing_by_id, text_of
from coalition.members.queries import retired_segments, segments_by_code
from coalition.messages.actions import texts_go_out
from coalition.programmes.queries import the_programme
from coalition.promotions.own import own_promotions
from coalition.segments.queries import segment_titles
from partner_portal.cabinet.base import PortalView
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tried
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back

_OF_SEGMENT = "segment:"
_FIELDS = {
    "mailing_title": "title",
    "mailing_channel": "channel",
    "mailing_audience": "whom",
    "mailing_segment": "whom",
    "mailing_promotion": "promotion",
    "mailing_day": "day",
    "mailing_past": "day",
    "mailing_hour": "hour",
}
"""The field at which a refusal is told; any other is one of the words."""


class Looked(NamedTuple):
    """What a form would make: all that is read, in how many parts, and how many would get it."""

    text: str
    parts: int
    size: str


class CommunicationsPlan(PortalView, MailingPages):
    """The section of mailings."""

    reads = Permission.PORTAL_MAILING_READ
    permission = Permission.PORTAL_MAILING_EDIT
    people = staticmethod(mailing_told.about)
    calendar_page = "index"
    begins = ("new", "planned")

    @property
    def whose(self) -> int:
        """The company's own alone."""
        return self.own

    @expose("/")
    def index(self) -> Answer:
        """A month of the plan."""
        return self.month_page("portal/plan.html")

    @expose("/new")
    @asks(Permission.PORTAL_MAILING_EDIT)
    def new(self) -> Answer:
        """The form of a mailing."""
        form = dict.fromkeys(("title", "words", "day", "promotion"), "")
        channel = "text" if texts_go_out() else "notice"
        return self._form(None, form | {"whom": "all", "channel": channel, "hour": "12"})

    @expose("/new", methods=["POST"])
    def planned(self) -> Answer:
        """Look at what it would be, or keep it."""
        programme_id = the_programme(self.session).id
        return self._kept(
            None,
            lambda plan: actions.plan_mailing(self.session, self.actor, programme_id=programme_id, plan=plan),
        )

    @expose("/<int:mailing_id>/edit")
    @asks(Permission.PORTAL_MAILING_EDIT)
    def edit(self, mailing_id: int) -> Answer:
        """The form with what it is."""
        one = mailing_by_id(self.session, mailing_id, self.whose)
        codes = {bit: code for code, bit in segments_by_code(self.session).items()}
        at = one.starts_at.astimezone(clock.zone(the_programme(self.session).zone))
        whom = one.audience if one.segment_bit is None else f"{_OF_SEGMENT}{codes[one.segment_bit]}"
        form = {
            "title": one.title, "words": one.words, "channel": one.channel, "whom": whom,
            "day": at.date().isoformat(), "hour": str(at.hour),
            "promotion": promotion_code(self.session, one.promotion_id) if one.promotion_id else "",
        }  # fmt: skip
        return self._form(one, form)

    @expose("/<int:mailing_id>/edit", methods=["POST"])
    def changed(self, mailing_id: int) -> Answer:
        """Look at what it would be, or keep it so."""
        one = mailing_by_id(self.session, mailing_id, self.whose)
        revision = request.form.get("revision", 0, type=int)
        return self._kept(
            one,
            lambda plan: actions.change_mailing(
                self.session, self.actor, mailing_id=mailing_id, revision=revision, plan=plan
            ),
        )

    @expose("/<int:mailing_id>/<step>", methods=["POST"])
    def step(self, mailing_id: int, step: str) -> Answer:
        """Offer it to the programme, or withdraw it."""
        one = mailing_by_id(self.session, mailing_id, self.whose)
        back = url_for(".mailing", mailing_id=mailing_id)
        if step == "offer":
            revision = request.form.get("revision", 0, type=int)
            said = _("Offered. The programme reads it and decides; you are told by mail")
            self.attempt(
                lambda: actions.offer_mailing(
                    self.session, self.actor, mailing_id=mailing_id, revision=revision
                ),
                said,
            )
        elif step == "withdraw":
            asked, means = _("Withdraw “%(title)s”?", title=one.title), _("It does not go out any more")
            if (question := self.question(asked, means, _("Withdraw"), back)) is not None:
                return question
            self.attempt(
                lambda: actions.withdraw_mailing(self.session, self.actor, mailing_id=mailing_id),
                _("Withdrawn"),
            )
        else:
            raise NotFound("step_unknown")
        return redirect(back, 303)

    def _kept(self, one: Mailing | None, keep: Callable[[Plan], Mailing]) -> Answer:
        """What came of a form that was sent: it is shown what it would make, kept, or told what is wrong."""
        form = {name: request.form.get(name, "") for name in ("title", "words", "channel", "whom", "day")}
        form |= {name: request.form.get(name, "") for name in ("hour", "promotion")}
        try:
            if request.form.get("do") == "look":
                return self._form(one, form, looked=self._looked(keep, _plan(form)))
            kept = keep(_plan(form))
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            field = "title" if isinstance(no, Conflict) else _FIELDS.get(no.code, "words")
            return self._form(one, form, errors={field: refusal(no)}), no.status
        flash(_("Saved. It goes to the programme when you offer it"), "good")
        return redirect(url_for(".mailing", mailing_id=kept.id), 303)

    def _looked(self, keep: Callable[[Plan], Mailing], plan: Plan) -> Looked:
        with tried(self.session):  # what it would be is learnt by making it
            made = keep(plan)
            text, audience = text_of(self.session, made), audience_of(made)
        return Looked(text, wording.parts_of(text), self.size_told(audience))

    def size_told(self, audience: Audience) -> str:
        """As at the desk, and of so many audiences in a day."""
        try:
            size = size_for_company(self.session, audience)
        except Refusal as no:
            return refusal(no)
        return _("counting takes long") if size is None else self.people(size, self.visitor.w)

    def _form(
        self,
        one: Mailing | None,
        form: dict[str, str],
        *,
        looked: Looked | None = None,
        errors: dict[str, str] | None = None,
    ) -> str:
        titles, retired = segment_titles(self.session), retired_segments(self.session)
        segments = sorted(
            (f"{_OF_SEGMENT}{code}", _("Segment: %(name)s", name=title))
            for code, title in titles.items()
            if code not in retired
        )
        return self.page(
            "portal/plan_form.html",
            one=one,
            form=form,
            looked=looked,
            errors=errors or {},
            whom=[
                ("all", _("Everybody of the programme")),
                ("met", _("Everybody who has bought at the company's places")),
                *segments,
            ],
            channels=[
                (code, _(text))
                for code, text in mailing_told.CHANNELS.items()
                if code != "text" or texts_go_out() or form["channel"] == "text"
            ],
            promotions=[
                ("", _("None in particular")),
                *(
                    (found.code, self.promotion_title(found.code))
                    for found in own_promotions(self.session, self.own)
                ),
            ],
            hours=[(hour, f"{hour}:00") for hour in HOURS],
            title_max=wording.TITLE_MAX,
            words_max=wording.WORDS_MAX,
            parts_max=wording.PARTS_MAX,
        )


def _plan(form: dict[str, str]) -> Plan:
    """The plan of a form: what is no day or hour is none."""
    try:
        day = date.fromisoformat(form["day"])
    except ValueError:
        day = None
    segment = form["whom"].removeprefix(_OF_SEGMENT) if form["whom"].startswith(_OF_SEGMENT) else ""
    return Plan(
        title=form["title"],
        words=form["words"],
        channel=form["channel"],
        audience="segment" if segment else form["whom"],
        day=day,
        hour=int(form["hour"]) if form["hour"].isdecimal() and len(form["hour"]) < 3 else -1,
        segment=segment,
        promotion=form["promotion"],
    )
