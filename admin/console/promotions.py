"""Promotions: what is live, what comes, what a draft would change; and the way of a draft to its signature."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import true

from admin.console import (
    backtest_told,
    correction_told,
    promotion_form,
    promotion_told,
    test_told,
    version_told,
)
from admin.console.promotion_form import EMPTY, DraftForm
from admin.console.terms_editor import EditsTerms, redrawn, tells_all
from admin.desk import ROWS, Answer, Cell, Column, Listing, Pill, asks
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.promotions import life
from coalition.promotions.categories import named_again
from coalition.promotions.checking import Flaw, period_flaws
from coalition.promotions.models import PromotionDraft
from coalition.promotions.overview import (
    Overview,
    Stage,
    draft_by_id,
    promotion_by_code,
    promotion_codes,
    promotions,
)
from coalition.promotions.queries import own_categories
from coalition.transactions.corrections.queries import corrections_of
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, Forbidden, NotFound
from tenants.runtime.web import roll_back
from tenants.translations import N_

_SHOWN = (Stage.LIVE, Stage.SCHEDULED, Stage.PAUSED, Stage.ENDED, Stage.DRAFT)
_STEPS: dict[str, tuple[Callable[..., object], str]] = {
    "check": (life.check, N_("Nothing is wrong with the draft. Another person signs it now")),
    "approve": (life.approve, N_("You have signed the draft. It can be published now")),
    "publish": (life.publish_draft, N_("The draft is the newest version now")),
    "discard": (life.discard, N_("The draft is discarded. What is live stays as it is")),
}
_TURNS: dict[str, tuple[Callable[..., object], str]] = {
    "pause": (life.pause, N_("The promotion is paused. It gives nothing until it is resumed")),
    "resume": (life.resume, N_("The promotion is live again")),
    "end": (life.end, N_("The promotion has ended. Points that were given stay")),
}
_EDITS, _PUBLISHES = [Permission.DESK_PROMOTION_EDIT], [Permission.DESK_PROMOTION_PUBLISH]
_STEP_ASKS = {
    "check": _EDITS,
    "approve": [Permission.DESK_PROMOTION_APPROVE],
    "publish": _PUBLISHES,
    "discard": _EDITS,
}
_TURN_ASKS = dict.fromkeys(_TURNS, _PUBLISHES)
_MAY_TURN = {Stage.LIVE: ("pause", "end"), Stage.PAUSED: ("resume", "end"), Stage.SCHEDULED: ("end",)}


class Promotions(EditsTerms):
    """The section of promotions."""

    reads = Permission.DESK_PROMOTION_READ
    permission = Permission.DESK_PROMOTION_EDIT
    icon = "percent"

    @expose("/")
    def index(self) -> Answer:
        """Promotions by code, a page of them, or of those in one state: `?show=STAGE`, `?from=CODE`."""
        chosen, first = request.args.get("show", ""), request.args.get("from", "")
        chosen = chosen if chosen in set(_SHOWN) else ""
        rows = self._from(first, chosen)
        pills = [Pill(stage, promotion_told.STAGES[stage][2], true()) for stage in _SHOWN]
        begin, further = ({"show": chosen} if chosen else {}), rows[ROWS:]
        listing = Listing(
            self._columns(),
            rows[:ROWS],
            pills,
            chosen,
            url_for(".index", **begin) if first else None,
            url_for(".index", **begin, **{"from": further[0].code}) if further else None,
            ways=(N_("To the beginning"), N_("Further")),
        )
        return self.page("promotions.html", listing=listing, may_edit=self._may_edit)

    def _from(self, first: str, stage: str) -> list[Overview]:
        """A page of promotions from this code on, in this state ("" for any), and the first of the next page."""
        now, found = clock.now(), list[Overview]()
        codes = [code for code in promotion_codes(self.session) if code >= first]
        for begin in range(0, len(codes), 2 * ROWS):
            some = promotions(self.session, codes[begin : begin + 2 * ROWS])
            found += [one for one in some if not stage or one.stage(now) == stage]
            if len(found) > ROWS:
                break
        return found[: ROWS + 1]

    @expose("/<code>")
    def promotion(self, code: str) -> Answer:
        """One promotion: its terms, its draft, its versions."""
        found, now, w = promotion_by_code(self.session, code), clock.now(), self.visitor.w
        shown, stage = found.shown(now), found.stage(now)
        names = promotion_told.called(self.session, w.lang)
        corrections = corrections_of(self.session, found.promotion.id) if found.promotion else ()
        return self.page(
            "promotion.html",
            found=found,
            title=promotion_told.title_of(found, now, w.lang),
            chip=promotion_told.stage_cell(stage),
            terms=promotion_told.terms(shown.document, w, names) if shown else None,
            period=promotion_told.period(shown.starts_at, shown.ends_at, w) if shown else "",
            draft=promotion_told.told_draft(self.session, found, now, self.visitor, names),
            backtest=backtest_told.latest_of(self.session, found.draft, w) if found.draft else None,
            versions=version_told.told_versions(self.session, found, corrections, now, w, names),
            test=test_told.told(self.session, found, shown, now, w),
            corrections=corrections,
            correction_states=correction_told.STATES,
            turns=self._turns(stage),
            given=promotion_told.given_so_far(self.session, found, shown, w),
            may_edit=self._may_edit,
        )

    @expose("/drafts/new")
    @asks(Permission.DESK_PROMOTION_EDIT)
    def new(self) -> Answer:
        """A form with little in it, or one filled from the newest version of `?of=CODE`."""
        code, programme = request.args.get("of", ""), the_programme(self.session)
        if not code:
            return self._form(promotion_form.filled(EMPTY), programme)
        found = promotion_by_code(self.session, code)
        if found.draft is not None:
            return redirect(url_for("desk_promotions.edit", draft_id=found.draft.id), 303)
        shown = found.shown(clock.now())
        programme = self._programme_of(code)
        form = promotion_form.filled(self._as_named(shown.document) if shown else EMPTY, code)
        if shown is not None and shown.ends_at is not None and shown.ends_at > clock.now():
            form.ends_at = promotion_form.shown_moment(shown.ends_at, programme.zone)
        return self._form(form, programme, of=code)

    @expose("/drafts/new", methods=["POST"])
    def begin(self) -> Answer:
        """Begin a draft, or draw its form anew."""
        of = request.form.get("of", "")
        programme = self._programme_of(of)
        form, taken = self.sent(programme)
        form.code = of or form.code
        if (pressed := request.form.get("do", "save")) != "save":
            return self._redrawn(form, programme, taken, pressed, of=of)
        if of:
            promotion_form.require_code(form)
        else:
            promotion_form.require_free(self.session, form)
        if form.errors:
            return self._form(form, programme, taken, of=of), 422
        wanted = {"programme_id": programme.id, "code": form.code, **taken}
        self.attempt(lambda: life.begin_draft(self.session, self.actor, **wanted), _("The draft is saved"))
        return self._onward(form.code)

    @expose("/drafts/<int:draft_id>")
    @asks(Permission.DESK_PROMOTION_EDIT)
    def edit(self, draft_id: int) -> Answer:
        """The form of an open draft, each reason of the checker at its field."""
        draft = self._open(draft_id)
        programme = programme_by_id(self.session, draft.programme_id)
        form = promotion_form.filled(self._as_named(draft.document), draft.code, draft, programme.zone)
        period = {"starts_at": draft.starts_at, "ends_at": draft.ends_at}
        return self._form(form, programme, period, draft=draft)

    @expose("/drafts/<int:draft_id>", methods=["POST"])
    def save(self, draft_id: int) -> Answer:
        """Save the draft, or draw it anew; when somebody else has changed it meanwhile, nothing typed is lost."""
        draft = self._open(draft_id)
        programme = programme_by_id(self.session, draft.programme_id)
        code, seen = draft.code, draft.revision
        form, taken = self.sent(programme)
        form.code = code
        if (pressed := request.form.get("do", "save")) != "save":
            return self._redrawn(form, programme, taken, pressed, draft=draft)
        if form.errors:
            return self._form(form, programme, taken, draft=draft), 422
        try:
            life.save_draft(self.session, self.actor, draft_id=draft_id, revision=form.revision, **taken)
        except Conflict:
            roll_back()
            form.revision = seen
            form.errors["changed"] = _(
                "Somebody has changed the draft meanwhile, so nothing was saved. Look at theirs in another tab; "
                "saving again replaces it with yours"
            )
            draft = self._open(draft_id)
            return self._form(form, programme_by_id(self.session, draft.programme_id), draft=draft), 409
        flash(_("The draft is saved"), "good")
        return self._onward(code)

    @expose("/drafts/<int:draft_id>/publish")
    @asks(Permission.DESK_PROMOTION_PUBLISH)
    def ask_publish(self, draft_id: int) -> Answer:
        """Say what publishing means."""
        draft = self._open(draft_id)
        found, now = promotion_by_code(self.session, draft.code), clock.now()
        names = promotion_told.called(self.session, self.visitor.w.lang)
        told = promotion_told.told_draft(self.session, found, now, self.visitor, names)
        return self.page("promotion_publish.html", found=found, draft=told, shown=found.shown(now))

    @expose("/drafts/<int:draft_id>/<step>", methods=["POST"])
    @asks(Permission.DESK_PROMOTION_READ, step=_STEP_ASKS)
    def step(self, draft_id: int, step: str) -> Answer:
        """Check, sign, publish or discard what was seen."""
        if step not in _STEPS:
            raise NotFound("step_unknown")
        draft, (action, said) = draft_by_id(self.session, draft_id), _STEPS[step]
        revision = request.form.get("revision", type=int) or 0
        code = draft.code
        self.attempt(lambda: action(self.session, self.actor, draft_id=draft_id, revision=revision), _(said))
        if promotions(self.session, [code]):  # a new one of which the draft is discarded is gone
            return redirect(url_for("desk_promotions.promotion", code=code), 303)
        return redirect(url_for("desk_promotions.index"), 303)

    @expose("/<code>/<turn>")
    @asks(Permission.DESK_PROMOTION_READ, turn=_TURN_ASKS)
    def ask_turn(self, code: str, turn: str) -> Answer:
        """Say what pausing, resuming or ending means."""
        if turn not in _TURNS:
            raise NotFound("turn_unknown")
        found, now = promotion_by_code(self.session, code), clock.now()
        if turn not in self._turns(found.stage(now)):
            return redirect(url_for("desk_promotions.promotion", code=code), 303)
        title = promotion_told.title_of(found, now, self.visitor.w.lang)
        coming = [one for one in found.versions if found.stage_of(one, now) is Stage.SCHEDULED]
        return self.page("promotion_turn.html", found=found, title=title, turn=turn, coming=coming)

    @expose("/<code>/<turn>", methods=["POST"])
    @asks(Permission.DESK_PROMOTION_READ, turn=_TURN_ASKS)
    def turn(self, code: str, turn: str) -> Answer:
        """Pause, resume or end."""
        if turn not in _TURNS:
            raise NotFound("turn_unknown")
        action, said = _TURNS[turn]
        self.attempt(lambda: action(self.session, self.actor, code=code), _(said))
        return redirect(url_for("desk_promotions.promotion", code=code), 303)

    @property
    def _may_edit(self) -> bool:
        return self.visitor.may(Permission.DESK_PROMOTION_EDIT)

    def _open(self, draft_id: int) -> PromotionDraft:
        draft = draft_by_id(self.session, draft_id)
        if draft.state not in life.OPEN:
            raise NotFound("draft_unknown")
        return draft

    def _turns(self, stage: Stage) -> Sequence[str]:
        """What this person may do with a promotion in that state."""
        return _MAY_TURN.get(stage, ()) if self.visitor.may(Permission.DESK_PROMOTION_PUBLISH) else ()

    def _programme_of(self, code: str) -> Programme:
        """That of a promotion, else the tenant's first."""
        known = promotion_by_code(self.session, code).promotion if code else None
        return programme_by_id(self.session, known.programme_id) if known else the_programme(self.session)

    def _as_named(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with the tenant's categories by their codes: it is to mean what they mean when it is checked."""
        return named_again(document, own_categories(self.session))

    def _onward(self, code: str) -> Answer:
        """To the promotion; as long as something is wrong with its draft, to the form, where that is put right."""
        draft = promotion_by_code(self.session, code).draft
        if draft and promotion_told.wrong_of(self.session, draft, clock.now(), self.visitor.w.lang):
            return redirect(url_for("desk_promotions.edit", draft_id=draft.id, **self.view()), 303)
        return redirect(url_for("desk_promotions.promotion", code=code), 303)

    def _redrawn(
        self, form: DraftForm, programme: Programme, taken: dict[str, Any], pressed: str, **known: Any
    ) -> Answer:
        """The form after a button that saves nothing: what is wrong is told where somebody asks how it reads."""
        if "document" in form.errors:
            return self._form(form, programme, **known), 422
        redrawn(form)
        return self._form(form, programme, taken, pressed, **known)

    def _form(
        self,
        form: DraftForm,
        programme: Programme,
        taken: Mapping[str, Any] | None = None,
        pressed: str = "",
        *,
        draft: PromotionDraft | None = None,
        of: str = "",
    ) -> str:
        """The form; with what was taken of it, its dates among that, everything that is wrong with it is told."""
        if not self._may_edit:
            raise Forbidden("not_permitted", permission=str(Permission.DESK_PROMOTION_EDIT))
        dates = {name: (taken or {}).get(name) for name in ("starts_at", "ends_at")}
        flaws: Sequence[Flaw] = ()
        if taken is not None and tells_all(pressed) and "document" not in form.errors:
            flaws = promotion_told.flaws_of(
                self.session, programme, form.code, form.content, **dates, now=clock.now()
            )
        elif taken is not None:
            flaws = period_flaws(**dates, now=clock.now())
        return self.terms_page(
            "promotion_edit.html",
            form,
            programme,
            flaws,
            dates["starts_at"],
            draft=draft,
            of=of,
            action=url_for("desk_promotions.save", draft_id=draft.id)
            if draft
            else url_for("desk_promotions.begin"),
            period=promotion_told.period(dates["starts_at"], dates["ends_at"], self.visitor.w),
            pressed=pressed,
        )

    def _columns(self) -> Sequence[Column[Overview]]:
        now, w = clock.now(), self.visitor.w

        def named(one: Overview) -> Cell:
            title = promotion_told.title_of(one, now, w.lang)
            return Cell(title, one.code, href=url_for("desk_promotions.promotion", code=one.code))

        def waits(one: Overview) -> Cell:
            if one.draft is None:
                return Cell("—")
            tone, icon, text = promotion_told.DRAFT_STATES[one.draft.state]
            return Cell(_(text), tone=tone, icon=icon)

        def lasts(one: Overview) -> Cell:
            shown = one.shown(now) or one.draft
            dated = shown is not None and (shown is not one.draft or shown.starts_at or shown.ends_at)
            return Cell(promotion_told.period(shown.starts_at, shown.ends_at, w) if shown and dated else "—")

        return (
            Column(N_("Promotion"), named),
            Column(N_("State"), lambda one: promotion_told.stage_cell(one.stage(now))),
            Column(N_("Period"), lasts, wide=True),
            Column(N_("Draft"), waits, wide=True),
        )
