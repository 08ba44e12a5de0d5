"""Signatures: everything that waits for the person at the desk, what that person has asked for, one change of others.

What changes is told in words before it is signed; signing makes it, in the same moment.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin import words
from admin.console import approval_told
from admin.console.promotion_told import people_named
from admin.console.signing import may_sign, to_sign_count, waiting_for
from admin.desk import Answer, Cell, DeskView, asks
from admin.problems import refusal
from coalition.care.seeing import masked_email, masked_name
from coalition.members.enrol_import import asked_rows, enrol_asked
from coalition.members.fact_import import bring_asked_facts
from coalition.partners import bounds
from coalition.partners.asking import change_client
from coalition.partners.by_hand import let_by_hand
from coalition.privacy.erasing import erase
from coalition.privacy.signing import sign_copy
from coalition.promotions.holidays import set_days_off
from coalition.promotions.levels import set_tiers
from coalition.promotions.own_categories import save_categories
from coalition.redemption.actions import add_reward
from coalition.redemption.pricing import change_terms
from coalition.redemption.queries import rewards_by_id
from coalition.segments.actions import bring_asked_list
from coalition.settlement.leaving import leave
from coalition.transactions.profile_versions import add_profile
from coalition.transactions.programme_terms import set_terms
from tenants.actor import Actor
from tenants.approvals import actions
from tenants.approvals.actions import REASON_MAX, REPLACED, approval_by_id, facts_of
from tenants.approvals.kinds import signed_by
from tenants.approvals.models import Approval, ApprovalDecision
from tenants.approvals.queries import decision_of, own_approvals
from tenants.branding.formats import masked_phone
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.tables.rows import BaseReject
from tenants.runtime.web import roll_back

ROWS_SHOWN = 100
CHANGES_SHOWN = 3  # of each that waits, in the list
_SIGNS = asks(Permission.DESK_CHANGE_APPROVE)


class Asked(NamedTuple):
    """Something that the person has asked for, as its author is told of it."""

    title: str
    href: str
    since: str
    state: Cell
    why: str


class Paper(NamedTuple):
    """What a kept file holds, as who signs sees it: its name and digest, rows that join, masked, and those left out."""

    name: str
    sha256: str
    rows: Sequence[tuple[int, str, str, str, int]]
    count: int
    rejects: Sequence[BaseReject]


class Approvals(DeskView):
    """The section of signatures; each person sees what that person may sign."""

    for_all = True
    icon = "pencil"

    def waits(self) -> tuple[int, str]:
        """What waits for the signature of whoever looks."""
        return to_sign_count(), _("to sign")

    @expose("/")
    def index(self) -> Answer:
        """What waits for this person, and what this person has asked for."""
        visiting = self.visitor
        return self.page(
            "approvals.html",
            waits=waiting_for(self.session, visiting) if may_sign(visiting) else (),
            signs=may_sign(visiting),
            shown=CHANGES_SHOWN,
            own=self._own(),
        )

    @expose("/<uuid:approval_id>")
    def approval(self, approval_id: UUID) -> Answer:
        """One change: what was and will be, who asked, until when it can be signed."""
        return self._shown(self._known(approval_id))

    @expose("/<uuid:approval_id>/sign", methods=["POST"])
    @_SIGNS
    def sign(self, approval_id: UUID) -> Answer:
        """Make the change, with this signature."""
        approval = self._known(approval_id)

        def sign() -> None:
            if decision_of(self.session, approval_id) is not None:
                raise Conflict("approval_decided")
            _MAKE[approval.kind](self.session, self.actor, approval_id, facts_of(approval)["after"])
            if decision_of(self.session, approval_id) is None:  # all of it was so already
                raise Conflict("approval_differs")

        return self._done(approval_id, sign, _("Signed. The change is made"))

    @expose("/<uuid:approval_id>/refuse", methods=["POST"])
    @_SIGNS
    def refuse(self, approval_id: UUID) -> Answer:
        """Refuse it, with a reason."""
        self._known(approval_id)
        reason = request.form.get("reason", "")
        return self._done(
            approval_id,
            lambda: actions.refuse(self.session, self.actor, approval_id=approval_id, reason=reason),
            _("Refused. Nothing was changed, and who asked sees why"),
        )

    @expose("/<uuid:approval_id>/withdraw", methods=["POST"])
    def withdraw(self, approval_id: UUID) -> Answer:
        """Take back what one has asked for, with a reason."""
        self._known(approval_id)
        reason = request.form.get("reason", "")
        return self._done(
            approval_id,
            lambda: actions.withdraw(self.session, self.actor, approval_id=approval_id, reason=reason),
            _("Withdrawn. Nothing was changed"),
        )

    def _done(self, approval_id: UUID, act: Callable[[], object], said: str) -> Answer:
        """Act, or show the change again with why not and what was typed."""
        try:
            act()
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            if no.code == "approval_reason":
                return self._shown(self._known(approval_id), {"reason": refusal(no)}), no.status
            flash(refusal(no), "note")  # the browser's way back leads to a page that it can ask for again
            return redirect(url_for("desk_approvals.approval", approval_id=approval_id), 303)
        flash(said, "good")
        return redirect(url_for("desk_approvals.index"), 303)

    def _known(self, approval_id: UUID) -> Approval:
        """What this person has asked for or may sign; anything else is not there."""
        approval = approval_by_id(self.session, approval_id)
        if approval.author_id != self.actor.id and approval.kind not in signed_by(self.actor):
            raise NotFound("approval_unknown")
        return approval

    def _shown(self, approval: Approval, errors: dict[str, str] | None = None) -> str:
        w, decision = self.visitor.w, decision_of(self.session, approval.id)
        people = people_named(self.session, (approval.author_id, decision.decided_by if decision else None))
        state = _state(approval, decision)
        return self.page(
            "approval.html",
            approval=approval,
            title=approval_told.title(self.session, approval, w),
            changes=approval_told.told(self.session, approval, w),
            author=people.get(approval.author_id, ""),
            decider=people.get(decision.decided_by, "") if decision else "",
            decision=decision,
            why=_why(decision),
            state=state,
            open=decision is None and not _is_over(approval),
            own=approval.author_id == self.actor.id,
            why_left_out=lambda reject: words.reject(reject.code, w.lang),
            rows_shown=ROWS_SHOWN,
            reason=request.form.get("reason", ""),
            most=REASON_MAX,
            errors=errors or {},
            paper=self._paper(approval) if decision is None and not _is_over(approval) else None,
        )

    def _paper(self, approval: Approval) -> Paper | None:
        """The rows of a file of new members, masked; nothing of other changes."""
        if approval.kind != "members":
            return None
        facts = facts_of(approval)["after"]
        try:
            rows, found = asked_rows(self.session, approval)
        except Conflict:
            return Paper(facts.get("name", ""), facts["sha256"], (), 0, ())
        shown = [
            (
                row.line_no,
                masked_name(row.person.name),
                masked_phone(row.person.phone) if row.person.phone else "",
                masked_email(row.person.email) if row.person.email else "",
                len(row.cards),
            )
            for row in rows[:ROWS_SHOWN]
        ]
        return Paper(facts.get("name", ""), facts["sha256"], shown, len(rows), found.rejects)

    def _own(self) -> Sequence[Asked]:
        assert self.actor.id is not None, "people of the staff have one"
        w = self.visitor.w
        return [
            Asked(
                approval_told.title(self.session, approval, w),
                url_for("desk_approvals.approval", approval_id=approval.id),
                w.moment(approval.asked_at),
                _state(approval, decision),
                _why(decision),
            )
            for approval, decision in own_approvals(self.session, self.actor.id)
        ]


def asked(approval: Approval | None) -> Answer:
    """After a change was asked for: on to it; nothing to ask for is said by whoever calls."""
    assert approval is not None, "there is something to sign"
    flash(_("Nothing is changed yet: another person signs it within 72 hours"), "good")
    return redirect(url_for("desk_approvals.approval", approval_id=approval.id), 303)


def _is_over(approval: Approval) -> bool:
    return clock.real_now() >= approval.expires_at


def _state(approval: Approval, decision: ApprovalDecision | None) -> Cell:
    if decision is None and _is_over(approval):
        return Cell(_("Not signed in time"), tone="still", icon="hourglass")
    match decision.outcome if decision else "":
        case "signed":
            return Cell(_("Signed and made"), tone="good", icon="check-circle")
        case "refused":
            return Cell(_("Refused"), tone="bad", icon="slash-circle")
        case "withdrawn":
            return Cell(_("Withdrawn"), tone="still", icon="slash-circle")
    return Cell(_("Waits for a signature"), tone="wait", icon="hourglass-split")


def _why(decision: ApprovalDecision | None) -> str:
    if decision is None:
        return ""
    return _("It was asked for anew") if decision.reason == REPLACED else decision.reason


def _levels(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    subject = approval_by_id(session, approval_id).subject
    programme_id = int(subject.removeprefix("programme "))
    set_tiers(session, actor, programme_id=programme_id, document=after, approval_id=approval_id)


def _categories(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    written = {one["code"]: {name: one[name] for name in ("name", "mcc", "partners")} for one in after}
    save_categories(session, actor, written=written, approval_id=approval_id)


def _days_off(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    days = [date.fromisoformat(text) for text in after["days"]]
    set_days_off(session, actor, days=days, off=after["off"], approval_id=approval_id)


def _terms(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    programme_id = int(approval_by_id(session, approval_id).subject.removeprefix("programme "))
    set_terms(session, actor, programme_id=programme_id, document=after, approval_id=approval_id)


def _profile(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    add_profile(session, actor, document=after, approval_id=approval_id)


def _reward(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    code = approval_by_id(session, approval_id).subject.removeprefix("reward ")
    change_terms(session, actor, reward_code=code, terms=after, approval_id=approval_id)


def _reward_new(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    place = len(rewards_by_id(session))
    add_reward(session, actor, place=place, approval_id=approval_id, **after)


def _leaving(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    leave(session, actor, participant_id=after["participant"], approval_id=approval_id)


def _client(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    match after["do"]:
        case "limit":
            bounds.set_limit(
                session,
                actor,
                client_id=after["client"],
                requests=after["requests"],
                approval_id=approval_id,
            )
        case "revoke":
            asked = {name: after[name] for name in ("what", "thumbprint")}
            bounds.revoke(session, actor, client_id=after["client"], approval_id=approval_id, **asked)
        case "allow":
            whose, scopes = after["participant"], after["scopes"]
            bounds.allow(session, actor, participant_id=whose, scopes=scopes, approval_id=approval_id)
        case _:
            change_client(session, actor, approval_id=approval_id)


def _by_hand(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    limits, whose = after["limits"], after["participant"]
    let_by_hand(session, actor, participant_id=whose, limits=limits, approval_id=approval_id)


def _members(session: Session, actor: Actor, approval_id: UUID, _after: Any) -> None:
    enrol_asked(session, actor, approval_id=approval_id)


def _segment_list(session: Session, actor: Actor, approval_id: UUID, _after: Any) -> None:
    bring_asked_list(session, actor, approval_id=approval_id)


def _facts(session: Session, actor: Actor, approval_id: UUID, _after: Any) -> None:
    bring_asked_facts(session, actor, approval_id=approval_id)


def _erasure(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    erase(session, actor, request_id=UUID(after["request"]), approval_id=approval_id)


def _copy(session: Session, actor: Actor, approval_id: UUID, after: Any) -> None:
    sign_copy(session, actor, request_id=UUID(after["request"]), approval_id=approval_id)


_MAKE: dict[str, Callable[[Session, Actor, UUID, Any], None]] = {
    "levels": _levels,
    "categories": _categories,
    "days_off": _days_off,
    "terms": _terms,
    "profile": _profile,
    "reward": _reward,
    "reward_new": _reward_new,
    "leaving": _leaving,
    "client": _client,
    "client_bounds": _client,
    "by_hand": _by_hand,
    "members": _members,
    "segment_list": _segment_list,
    "erasure": _erasure,
    "copy": _copy,
    "facts": _facts,
}
"""How each kind of change is made with a signature."""
