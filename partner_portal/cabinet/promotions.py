"""Promotions that the partner's people write: from a template, at its own expense, for its own places; then offered.

The programme signs and publishes them; nothing of other promotions is told here.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import redirect, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console import backtest_told, promotion_told
from admin.console.forecast_told import ToldForecast
from admin.console.forecasts import Forecasts
from admin.console.promotion_templates import PromotionTemplates
from admin.console.promotion_told import DRAFT_STATES
from admin.console.template_told import Known
from admin.desk import Answer, Cell, Column, Listing
from coalition.backtests.actions import start_backtest
from coalition.backtests.models import Backtest
from coalition.backtests.queries import backtest_by_id, latest_backtests, newest_day
from coalition.programmes.queries import programme_by_id
from coalition.promotions import life
from coalition.promotions.document import Document
from coalition.promotions.models import PromotionDraft
from coalition.promotions.overview import draft_by_id
from coalition.promotions.own import TRIGGERS, confined, drafts_of_participant, is_drafted_by, is_own
from coalition.promotions.templates.model import Template
from partner_portal.cabinet import paid
from partner_portal.cabinet.base import PortalView
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound, Refusal
from tenants.translations import N_

MEMBERS_LEAST = 10
"""Of how many members, at least, a forecast is told that asks who they are: of fewer it would tell who is who."""
_STATES = DRAFT_STATES | {
    "published": ("good", "check-circle", N_("Published")),
    "discarded": ("still", "slash-circle", N_("Given up")),
}


class _OfPromotions(PortalView):
    """What the pages of promotions share."""

    reads = Permission.PORTAL_PROMOTION_READ
    permission = Permission.PORTAL_PROMOTION_EDIT

    def draft_found(self, draft_id: int) -> PromotionDraft:
        """A draft that somebody of the company began; NotFound("draft_unknown") for anybody else's."""
        draft = draft_by_id(self.session, draft_id)
        if not is_drafted_by(self.session, self.own, draft):
            raise NotFound("draft_unknown")
        return draft

    def is_replay_of(self, draft: PromotionDraft, backtest: Backtest) -> bool:
        """Whether it tells of the draft, and not of what somebody else has written under the same code."""
        document = backtest.document or {}
        return backtest.code == draft.code and is_own(self.session, self.own, document)


class Promotions(_OfPromotions):
    """The section of promotions."""

    icon = "percent"

    @expose("/")
    def index(self) -> Answer:
        """What people of the company have written."""
        w = self.visitor.w
        columns = (
            Column[PromotionDraft](
                N_("Promotion"),
                lambda one: Cell(self._title(one), one.code, href=url_for(".draft", draft_id=one.id)),
            ),
            Column[PromotionDraft](N_("State"), _state),
            Column[PromotionDraft](N_("Saved"), lambda one: Cell(w.moment(one.saved_at)), wide=True),
        )
        rows: Sequence[PromotionDraft] = drafts_of_participant(self.session, self.own)
        return self.page(
            "portal/promotions.html",
            listing=Listing(columns, rows, (), "", None, None, tells_all=True),
            paid=paid.listing(paid.paid_by(self.session, self.owner.code, w), w),
        )

    @expose("/<int:draft_id>")
    def draft(self, draft_id: int) -> Answer:
        """One: its terms in words, its forecast, what can be done with it."""
        draft, w = self.draft_found(draft_id), self.visitor.w
        names = promotion_told.called(self.session, w.lang)
        replays = latest_backtests(self.session, draft.code)
        replayed = next((one for one in replays if self.is_replay_of(draft, one)), None)
        told = backtest_told.told(self.session, replayed.id, draft, w) if replayed else None
        return self.page(
            "portal/draft.html",
            draft=draft,
            title=self._title(draft),
            state=_state(draft),
            terms=promotion_told.terms(draft.document, w, names),
            period=promotion_told.period(draft.starts_at, draft.ends_at, w),
            told=told,
            wrong=promotion_told.wrong_of(self.session, draft, draft.saved_at, w.lang),
        )

    @expose("/<int:draft_id>/<step>", methods=["POST"])
    def step(self, draft_id: int, step: str) -> Answer:
        """Replay it on the last weeks, offer it to the programme, or give it up."""
        draft, back = self.draft_found(draft_id), url_for(".draft", draft_id=draft_id)
        seen = {"draft_id": draft_id, "revision": draft.revision}
        if step == "replay":
            self.attempt(lambda: self._replay(draft))
        elif step == "offer":
            said = _("Offered. The programme reads it, signs and publishes it, or asks you")
            self.attempt(lambda: life.check(self.session, self.actor, **seen), said)
        elif step == "discard":
            asked = _("Give the promotion “%(title)s” up?", title=self._title(draft))
            means = _("It stays here to be read; nobody can publish it")
            if (question := self.question(asked, means, _("Give up"), back)) is not None:
                return question
            self.attempt(lambda: life.discard(self.session, self.actor, **seen), _("Given up"))
        else:
            raise NotFound("step_unknown")
        return redirect(back, 303)

    def _replay(self, draft: PromotionDraft) -> None:
        last = newest_day(self.session, programme_by_id(self.session, draft.programme_id))
        start_backtest(
            self.session,
            self.actor,
            programme_id=draft.programme_id,
            code=draft.code,
            document=draft.document,
            first_day=last - timedelta(days=7 * backtest_told.WEEKS - 1),
            last_day=last,
        )

    def _title(self, draft: PromotionDraft) -> str:
        titles = draft.document.get("title") or {}
        return str(titles.get(self.visitor.w.lang) or draft.code)


class Templates(_OfPromotions, PromotionTemplates):
    """Templates that give points for purchases; their place in the menu is that of promotions."""

    within = "portal_promotions"
    home, blank = "portal_promotions.index", ""
    goes_on = "portal_promotions.draft"
    begins = ("index", "template", "fill")

    def offers(self, one: Template) -> bool:
        """A template whose promotion can be the company's own."""
        trigger = one.document.get("trigger", {}).get("kind", "purchase")
        return trigger in TRIGGERS and "gives" not in one.document and "tiers" not in one.document

    def written(self, document: dict[str, Any]) -> dict[str, Any]:
        """For the company's own partners, at its own expense."""
        return confined(document, self.owner.code, frozenset(one.code for one in self.partners.values()))

    def known_codes(self) -> Known:
        """Partners and payers are the company's own."""
        known = dict(super().known_codes())
        own = {one.code for one in self.partners.values()}
        known["participant"] = [(self.owner.code, self.company)]
        known["partner"] = [(code, name) for code, name in known["partner"] if code in own]
        return known


class OwnForecasts(_OfPromotions, Forecasts):
    """Forecasts of the company's own drafts."""

    within = "portal_promotions"

    def told(self, draft_id: int, backtest_id: int) -> ToldForecast:
        """The forecast; where it asks who members are, only of so many that it tells of nobody."""
        found = super().told(draft_id, backtest_id)
        document = Document.model_validate(found.found.backtest.document)
        asks_who = document.is_personal or bool(document.conditions.segments)
        if asks_who and found.found.tally.reached < MEMBERS_LEAST:
            raise Refusal("forecast_few", least=MEMBERS_LEAST)
        return found

    def require_backtest(self, draft: PromotionDraft, backtest_id: int) -> None:
        """NotFound("backtest_unknown") for the replay of what somebody else has written."""
        if not self.is_replay_of(draft, backtest_by_id(self.session, backtest_id).backtest):
            raise NotFound("backtest_unknown")

    def back(self, draft: PromotionDraft) -> str:
        """The draft's page."""
        return url_for("portal_promotions.draft", draft_id=draft.id)


def _state(draft: PromotionDraft) -> Cell:
    tone, icon, text = _STATES[draft.state]
    return Cell(_(text), tone=tone, icon=icon)
