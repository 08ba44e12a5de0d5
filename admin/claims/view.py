"""The section of claims at the desk."""

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.claims import told
from admin.claims.proposing import Form, proposed
from admin.desk import Answer, DeskView, asks
from admin.problems import refusal
from coalition.cabinet import claim_words
from coalition.cabinet.claim_files import answer_of, kept
from coalition.cabinet.claim_paper import letter
from coalition.care.seeing import opened_claim, revealed_by_letter
from coalition.claims import actions, deciding
from coalition.claims.attaching import read_attachment
from coalition.claims.kinds import REASONS, TITLES, Kind
from coalition.claims.models import Claim, ClaimDecision
from coalition.claims.moving import programme_of, staff_name
from coalition.claims.queries import (
    VIEWS,
    answered,
    claim_by_number,
    counts,
    decisions_of,
    events_of,
    files_of,
    officers,
    queue,
)
from coalition.claims.replies import reply
from coalition.claims.states import IN_HAND, OPEN, State
from coalition.claims.terms import terms_of, working_time
from coalition.claims.texts import WORDS_MAX, name_of, reply_of, words_of
from coalition.ledger.queries import balance_of
from coalition.partners.models import Participant
from coalition.partners.queries import all_participants, all_partners
from coalition.programmes.queries import the_programme
from coalition.programmes.words import words_in
from coalition.reports.claim_evidence import Evidence, evidence
from tenants.branding.web import branding_of
from tenants.parts import Part
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

SHOWS = {
    "mine": N_("Mine and nobody's"),
    "all": N_("All open"),
    "overdue": N_("Overdue"),
    "member": N_("The member is asked"),
    "partner": N_("The partner is asked"),
    "signing": N_("Second signature"),
    "answered": N_("Answered this week"),
}
assert tuple(SHOWS) == VIEWS

_PLAIN: dict[str, tuple[Callable[..., object], str]] = {
    "take": (actions.take, N_("The claim is yours")),
    "give-back": (actions.give_back, N_("The claim is put back for others")),
    "go-on": (actions.go_on, N_("You go on without an answer")),
}
_WITH_WORDS: dict[str, tuple[Callable[..., object], str]] = {
    "ask-member": (
        actions.ask_member,
        N_("The member finds the question in the cabinet. The clock stands still"),
    ),
    "ask-partner": (actions.ask_partner, N_("The question is noted. The clock goes on")),
    "hear-partner": (actions.hear_partner, N_("The answer is noted")),
    "send-back": (deciding.send_back, N_("Nothing was signed. The author decides anew")),
}


class Claims(DeskView):
    """The queue on the left, the chosen claim on the right; on a phone one after the other."""

    part = Part.CLAIMS
    reads = Permission.DESK_CLAIM_READ
    permission = Permission.DESK_CLAIM_DECIDE
    icon = "chat-left-text"

    @expose("/")
    def index(self) -> Answer:
        """The queue: what has least time left first."""
        return self._page()

    @expose("/<int:number>")
    def claim(self, number: int) -> Answer:
        """A claim beside the queue."""
        return self._page(claim_by_number(self.session, number))

    @expose("/<int:number>/weigh")
    def weigh(self, number: int) -> Answer:
        """What a decision would do, and the reply as it would be; nothing is changed."""
        claim, form = claim_by_number(self.session, number), Form.sent(request.args)
        return self._weighed(claim, form)

    @expose("/<int:number>/decide", methods=["POST"])
    def decide(self, number: int) -> Answer:
        """Decide, or send to be signed; who was faster is told by name."""
        claim, form = claim_by_number(self.session, number), Form.sent(request.form)
        w = self.visitor.w
        try:
            said = told.as_kept(self.session, claim.member_id, request.form.get("reply", "")[:WORDS_MAX])
            proposal = proposed(form, w, reply=said, lang=self._lang())
            decision = deciding.decide(self.session, self.actor, number=number, proposal=proposal)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            if no.code.startswith("claim_"):
                flash(refusal(no), "note")
                return redirect(url_for("desk_claims.claim", number=number), 303)
            claim = claim_by_number(self.session, number)
            return self._weighed(claim, form, no=no, said=request.form.get("reply", "")), 422
        if decision.state == "proposed":
            flash(_("Sent to be signed: another person finds it in “Second signature”"), "good")
        else:
            flash(_("Decided. The member sees the answer in the cabinet"), "good")
        return redirect(url_for("desk_claims.claim", number=number), 303)

    @expose("/<int:number>/sign", methods=["POST"])
    @asks(Permission.DESK_CLAIM_APPROVE)
    def sign(self, number: int) -> Answer:
        """Sign exactly what was read."""
        try:
            digest = bytes.fromhex(request.form.get("digest", ""))
        except ValueError:
            digest = b""
        self.attempt(
            lambda: deciding.sign(self.session, self.actor, number=number, digest=digest),
            _("You have signed the decision. It is posted"),
        )
        return redirect(url_for("desk_claims.claim", number=number), 303)

    @expose("/<int:number>/hand-over", methods=["POST"])
    def hand_over(self, number: int) -> Answer:
        """Give it to somebody else, or take it over."""
        try:
            to = UUID(request.form.get("to", ""))
        except ValueError:
            raise NotFound("staff_unknown") from None
        words = request.form.get("words", "")
        self.attempt(
            lambda: actions.hand_over(self.session, self.actor, number=number, to=to, words=words),
            _("The claim is handed over"),
        )
        return redirect(url_for("desk_claims.claim", number=number), 303)

    @expose("/<int:number>/<step>", methods=["POST"])
    @asks(Permission.DESK_CLAIM_DECIDE, step={"send-back": [Permission.DESK_CLAIM_APPROVE]})
    def step(self, number: int, step: str) -> Answer:
        """Take, put back, ask, hear, go on, send back."""
        if step in _PLAIN:
            action, said = _PLAIN[step]
            self.attempt(lambda: action(self.session, self.actor, number=number), _(said))
        elif step in _WITH_WORDS:
            action, said = _WITH_WORDS[step]
            words = request.form.get("words", "")
            try:
                action(self.session, self.actor, number=number, words=words)
            except (NotFound, Forbidden):
                raise
            except Refusal as no:
                roll_back()
                claim = claim_by_number(self.session, number)
                errors = {f"{step}-words": refusal(no)}
                return self._page(claim, errors=errors, said={step: words[:WORDS_MAX]}), 422
            flash(_(said), "good")
        else:
            raise NotFound("step_unknown")
        return redirect(url_for("desk_claims.claim", number=number), 303)

    @expose("/<int:number>/files/<uuid:file_id>")
    def file(self, number: int, file_id: UUID) -> Answer:
        """A file of the claim, to be kept; that it was read is written down."""
        claim = claim_by_number(self.session, number)
        found = read_attachment(
            self.session, self.actor, member_id=claim.member_id, claim_id=claim.id, file_id=file_id
        )
        return kept(found.content, found.media, found.name)

    @expose("/<int:number>/answer-<int:opening>.pdf")
    def letter(self, number: int, opening: int) -> Answer:
        """The answer as a letter; that the member's name was seen in it is written down."""
        claim = claim_by_number(self.session, number)
        decision = answer_of(self.session, claim, opening)
        revealed_by_letter(self.session, self.actor, number=number, member_id=claim.member_id)
        content = letter(self.session, programme_of(self.session, claim), claim, decision)
        return kept(content, "application/pdf", f"claim-{number}.pdf")

    def _page(
        self,
        claim: Claim | None = None,
        *,
        template: str = "claims.html",
        errors: dict[str, str] | None = None,
        said: dict[str, str] | None = None,
        **more: object,
    ) -> str:
        """The queue, with the chosen claim's panel beside it; that it was looked at is written down."""
        show = request.args.get("show", "")
        show = show if show in SHOWS else "mine"
        working = working_time(self.session, the_programme(self.session))
        staff_id = self.actor.id
        shown: dict[str, object] = {
            "show": show,
            "shows": SHOWS,
            "counts": counts(self.session, staff_id),
            "rows": [
                told.row_of(self.session, self.visitor, one, working)
                for one in queue(self.session, show, staff_id)
            ],
            "month": answered(self.session),
            "time_left": lambda seconds: claim_words.time_left(seconds, 24 * 3600),
        }
        if claim is not None:
            opened_claim(self.session, self.actor, number=claim.number, member_id=claim.member_id)
            shown |= {"one": self._panel(claim), "chosen": claim.number}
        return self.page(template, errors=errors or {}, said=said or {}, **(shown | more))

    def _panel(self, claim: Claim) -> dict[str, object]:
        """Everything about one claim."""
        opened, w = self.session, self.visitor.w
        programme = programme_of(opened, claim)
        working = working_time(opened, programme)
        found, decisions = evidence(opened, claim), decisions_of(opened, claim)
        proposal = next((one for one in decisions if one.state == "proposed"), None)
        return {
            "claim": claim,
            "row": told.row_of(opened, self.visitor, claim, working),
            "title": _(TITLES[Kind(claim.kind)]),
            "words": words_of(opened, claim),
            "facts": claim_words.facts(claim, w),
            "due": w.moment(claim.due_at) if claim.due_at else "",
            "found": told.found(found, claim, w),
            "files": [(one.id, name_of(opened, one)) for one in files_of(opened, claim)],
            "history": told.history(opened, events_of(opened, claim), w),
            "answers": [
                (
                    one,
                    told.as_shown(opened, claim.member_id, reply_of(opened, one)),
                    staff_name(opened, one.author_id),
                    staff_name(opened, one.approved_by),
                )
                for one in decisions
                if one.state == "done"
            ],
            "proposal": proposal,
            "proposed": self._proposal(claim, proposal, found) if proposal else None,
            "can": self._can(claim, decisions),
            "form": Form.of(claim, found, programme, w),
            "reasons": REASONS,
            "partners": [(one.code, one.name.get(w.lang) or one.code) for one in all_partners(opened)],
            "payers": [(one.id, one.name.get(w.lang) or one.code) for one in all_participants(opened)],
            "people": [one for one in officers(opened) if one.id != claim.owner_id],
            "alone": w.points(terms_of(programme).alone_points * 10**programme.scale),
        }

    def _can(self, claim: Claim, decisions: Sequence[ClaimDecision]) -> set[str]:
        """What this person may press now."""
        proposal = next((one for one in decisions if one.state == "proposed"), None)
        there = claim.purchase_id is not None or any(one.purchase_id for one in decisions)
        can: set[str] = set()
        if self.visitor.may(Permission.DESK_CLAIM_DECIDE):
            state, mine = State(claim.state), claim.owner_id == self.actor.id
            if state is State.NEW:
                can.add("take")
            if state in IN_HAND:
                can.add("hand_over")
            if mine and state is State.TAKEN:
                can |= {"give_back", "ask", "decide"}
            if mine and state is State.ASKED_PARTNER:
                can |= {"hear", "go_on"}
            if mine and state is State.ASKED_MEMBER:
                can.add("go_on")
            if claim.redemption_id is not None:
                can.add("return")
            if self.visitor.may(Permission.DESK_PURCHASE_RECORD) and not there:
                can.add("record")
        if proposal is not None and self.visitor.may(Permission.DESK_CLAIM_APPROVE):
            can.add("sign" if proposal.author_id != self.actor.id else "own")
        return can if claim.state in OPEN else set()

    def _proposal(
        self, claim: Claim, proposal: ClaimDecision, found: Evidence
    ) -> tuple[told.Consequences, str, str]:
        """What waits to be signed, the reply, and who proposes it."""
        weighed = deciding.Weighed(
            proposal.way,  # type: ignore[arg-type]
            proposal.points,
            State(proposal.outcome),
            sale=proposal.sale,
        )
        shown = told.consequences(
            weighed, found.balance.available, self._payer(proposal.funder_id), claim, self.visitor.w
        )
        said = told.as_shown(self.session, claim.member_id, reply_of(self.session, proposal))
        return shown, said, staff_name(self.session, proposal.author_id)

    def _weighed(self, claim: Claim, form: Form, *, no: Refusal | None = None, said: str = "") -> Answer:
        """The page that asks, or the claim's page with what is wrong."""
        w = self.visitor.w
        try:
            proposal = proposed(form, w, reply="", lang=self._lang())
            weighed = deciding.weigh(self.session, self.actor, number=claim.number, proposal=proposal)
        except (NotFound, Forbidden):
            raise
        except Refusal as wrong:
            errors = {"decision": form.wrong(wrong) or refusal(wrong)}
            return self._page(claim, errors=errors, form=form), 422
        mine = words_in(proposal.lang, programme_of(self.session, claim))
        name = told.reply_name(self.session, claim.member_id)
        balance = balance_of(self.session, claim.member_id).available
        return self._page(
            claim,
            template="claim_decide.html",
            asked=told.consequences(weighed, balance, self._payer(proposal.funder_id), claim, w),
            form=form,
            reply=said or reply(weighed, name=name, w=mine),
            errors={"reply": refusal(no)} if no else {},
        )

    def _payer(self, funder_id: int | None) -> str:
        if funder_id is None:
            return ""
        payer = self.session.get(Participant, (tenant_of(self.session), funder_id))
        return str(payer.name.get(self.visitor.w.lang) or payer.code) if payer else ""

    def _lang(self) -> str:
        """The language in which members of the tenant are written to."""
        return branding_of(self.session).language
