"""Deciding a claim: what is proposed, who must sign it, and what it does, exactly once.

Everything happens under the lock of the claim's row, so of two who decide at once one wins and the other is told who.
What is posted has the claim as its cause and an id derived from it and the decision: twice is once.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.claims.actions import drop_proposal, own
from coalition.claims.kinds import REASONS, ClaimFacts
from coalition.claims.limits import Why, why_two
from coalition.claims.models import Claim, ClaimDecision
from coalition.claims.moving import locked, programme_of, step
from coalition.claims.states import State, Verb
from coalition.claims.terms import terms_of
from coalition.claims.texts import plain
from coalition.ledger.bulk import lock_balances
from coalition.ledger.models import Purpose, Transfer
from coalition.ledger.post import Cause, open_book
from coalition.partners.queries import participant_here
from coalition.programmes.terms import expires_on
from coalition.redemption.actions import undo
from coalition.redemption.queries import redemption_by_id
from coalition.transactions.dry_run import dry_run
from coalition.transactions.recording import Told, record
from coalition.transactions.sales import points_moved, sale_of
from tenants import audit
from tenants.actor import SYSTEM, Actor
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.tables import has_card_number
from tenants.vault import vault_of

Way = Literal["grant", "record", "return", "refuse"]
WAYS: tuple[Way, ...] = ("grant", "record", "return", "refuse")
SOURCE = "claim"
"""The source of purchases that claims record; their references are the claims' numbers: a claim records one."""
_ALONE = {State.IN_FAVOUR: Verb.FAVOUR, State.PARTLY: Verb.FAVOUR_PARTLY, State.AGAINST: Verb.REFUSE}
_SIGNED = {State.IN_FAVOUR: Verb.SIGN, State.PARTLY: Verb.SIGN_PARTLY}


class Sale(BaseModel):
    """A purchase that nobody told, as it is to be recorded: minor units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    occurred_at: datetime
    amount: int = Field(gt=0, lt=10**15)
    seller: str = Field(min_length=1, max_length=120)
    partner: str | None = None
    mcc: int | None = Field(default=None, ge=0, le=9999)


@dataclass(frozen=True)
class Proposal:
    """What is to be done: points and their payer, a sale, or a reason, as the way needs it; and the reply."""

    way: Way
    reply: str
    lang: str
    points: int = 0
    funder_id: int | None = None
    sale: Sale | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Weighed:
    """A proposal as it would be carried out: what it moves, what it is to the member, and why two sign it, if they do.

    `alone_points` is the limit of one person for one claim, in the programme's units.
    """

    way: Way
    points: int
    outcome: State
    why_two: Why = ""
    funder_id: int | None = None
    sale: dict[str, Any] | None = None
    reason: str | None = None
    redemption_id: UUID | None = None
    alone_points: int = field(default=0, compare=False)

    @property
    def two(self) -> bool:
        """Whether a second person signs."""
        return bool(self.why_two)


def weigh(session: Session, actor: Actor, *, number: int, proposal: Proposal) -> Weighed:
    """What a proposal would do, changing nothing: the page says it before the button.

    Raises Refusal("points_unclear"), "reason_unknown" or "sale_missing", NotFound("participant_unknown") or
    "redemption_unknown", Conflict("redemption_ended") or "claim_has_purchase", and what `dry_run` refuses.
    """
    actor.must(Permission.DESK_CLAIM_DECIDE)
    found = session.scalars(
        select(Claim).where(Claim.tenant_id == tenant_of(session), Claim.number == number)
    ).one_or_none()
    if found is None:
        raise NotFound("claim_unknown")
    return _weighed(session, actor, found, proposal)


def decide(session: Session, actor: Actor, *, number: int, proposal: Proposal) -> ClaimDecision:
    """Decide a claim that one has in hand; what one person may not decide alone waits for a second one.

    Raises what `weigh` does, Conflict("claim_decided", by=...), "claim_owned", "claim_state", "claim_gives_more" (a
    purchase gives more than was weighed), and what the rooms below refuse; then nothing is changed.
    """
    actor.must(Permission.DESK_CLAIM_DECIDE)
    claim = own(session, actor, number)
    if claim.state != State.TAKEN:
        raise Conflict("claim_state", state=claim.state, verb="decide")
    _hold_sums(session, actor, claim)
    drop_proposal(session, claim)
    weighed = _weighed(session, actor, claim, proposal)
    reply = plain(proposal.reply)
    assert actor.id is not None, "own() has asked"
    decision = ClaimDecision(
        tenant_id=claim.tenant_id,
        member_id=claim.member_id,
        claim_id=claim.id,
        id=new_id(),
        opening=claim.opening,
        state="proposed",
        way=weighed.way,
        outcome=weighed.outcome,
        points=weighed.points,
        funder_id=weighed.funder_id,
        sale=weighed.sale,
        redemption_id=weighed.redemption_id,
        reason=weighed.reason,
        lang=proposal.lang,
        two=weighed.two,
        author_id=actor.id,
        proposed_at=clock.now(),
    )
    decision.reply = vault_of(session).seal(reply, "claim_decision.reply", claim.member_id, decision.id)
    decision.digest = digest_of(decision, reply)
    session.add(decision)
    if weighed.two:
        step(session, actor, claim, Verb.PROPOSE, decision=str(decision.id))
    else:
        _carry_out(session, actor, claim, decision)
    _write_down(session, actor, "claim.propose" if weighed.two else "claim.decide", claim, decision)
    return decision


def sign(session: Session, actor: Actor, *, number: int, digest: bytes) -> ClaimDecision:
    """Sign what somebody else proposed, and do it; `digest` is that of what the signer has read.

    Raises Refusal("second_pair_of_eyes"), and Conflict("proposal_changed") when something else is proposed by now.
    """
    actor.must(Permission.DESK_CLAIM_APPROVE)
    claim = locked(session, number)
    decision = _proposed(session, claim)
    if actor.kind != "staff" or decision.author_id == actor.id:
        raise Refusal("second_pair_of_eyes")
    reply = vault_of(session).open(decision.reply, "claim_decision.reply", claim.member_id, decision.id)
    if digest != decision.digest or digest_of(decision, reply) != digest:
        raise Conflict("proposal_changed")
    decision.approved_by, decision.approved_digest = actor.id, digest
    _carry_out(session, actor, claim, decision)
    _write_down(session, actor, "claim.sign", claim, decision)
    return decision


def send_back(session: Session, actor: Actor, *, number: int, words: str) -> Claim:
    """Do not sign what is proposed: its author decides anew."""
    actor.must(Permission.DESK_CLAIM_APPROVE)
    claim = locked(session, number)
    _proposed(session, claim)
    step(session, actor, claim, Verb.SEND_BACK, words=plain(words))
    drop_proposal(session, claim)
    audit.record(session, actor, "claim.send_back", f"claim {claim.number}")
    return claim


def digest_of(decision: ClaimDecision, reply: str) -> bytes:
    """Thirty-two bytes that stand for everything that is decided: what is approved is exactly this."""
    names = (
        "claim_id",
        "opening",
        "way",
        "outcome",
        "points",
        "funder_id",
        "sale",
        "redemption_id",
        "reason",
    )
    told = {name: getattr(decision, name) for name in names} | {"reply": reply, "lang": decision.lang}
    written = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(written.encode()).digest()


def _proposed(session: Session, claim: Claim) -> ClaimDecision:
    found = session.scalars(
        select(ClaimDecision).where(
            ClaimDecision.tenant_id == claim.tenant_id,
            ClaimDecision.member_id == claim.member_id,
            ClaimDecision.claim_id == claim.id,
            ClaimDecision.state == "proposed",
        )
    ).one_or_none()
    if found is None:
        raise Conflict("claim_state", state=claim.state, verb="sign")
    return found


def _weighed(session: Session, actor: Actor, claim: Claim, proposal: Proposal) -> Weighed:
    programme = programme_of(session, claim)
    match proposal.way:
        case "grant":
            weighed = _granting(session, claim, proposal)
        case "record":
            actor.must(Permission.DESK_PURCHASE_RECORD)
            weighed = _recording(session, claim, proposal.sale)
        case "return":
            weighed = _returning(session, claim)
        case "refuse":
            if proposal.reason not in REASONS:
                raise Refusal("reason_unknown")
            return Weighed("refuse", 0, State.AGAINST, reason=proposal.reason)
    why = why_two(session, claim, officer_id=actor.id, points=weighed.points, sale=proposal.sale)
    return replace(weighed, why_two=why, alone_points=terms_of(programme).alone_points * 10**programme.scale)


def _granting(session: Session, claim: Claim, proposal: Proposal) -> Weighed:
    if not 0 < proposal.points < 10**15:
        raise Refusal("points_unclear")
    participant_here(session, proposal.funder_id or 0)
    asked = ClaimFacts.model_validate(claim.facts).points
    outcome = State.PARTLY if asked and proposal.points < asked else State.IN_FAVOUR
    return Weighed("grant", proposal.points, outcome, funder_id=proposal.funder_id)


def _recording(session: Session, claim: Claim, sale: Sale | None) -> Weighed:
    if sale is None:
        raise Refusal("sale_missing")
    if has_card_number(sale.seller):
        raise Refusal("card_number")
    _not_recorded(session, claim)
    points = dry_run(
        session,
        SYSTEM,
        programme_id=programme_of(session, claim).id,
        told=_told(claim, sale),
        discounts=False,
    ).points
    return Weighed("record", points, State.IN_FAVOUR, sale=sale.model_dump(mode="json"))


def _returning(session: Session, claim: Claim) -> Weighed:
    if claim.redemption_id is None:
        raise NotFound("redemption_unknown")
    spent = redemption_by_id(session, claim.member_id, claim.redemption_id)
    if spent.state != "done":
        raise Conflict("redemption_ended", state=spent.state)
    return Weighed("return", spent.points - spent.points_back, State.IN_FAVOUR, redemption_id=spent.id)


def _not_recorded(session: Session, claim: Claim) -> None:
    """Refuse to record what is there: the claim's purchase, or what the claim recorded before."""
    recorded = select(ClaimDecision.id).where(
        ClaimDecision.tenant_id == claim.tenant_id,
        ClaimDecision.member_id == claim.member_id,
        ClaimDecision.claim_id == claim.id,
        ClaimDecision.state == "done",
        ClaimDecision.way == "record",
    )
    if claim.purchase_id is not None or session.scalars(recorded).first() is not None:
        raise Conflict("claim_has_purchase")


def _hold_sums(session: Session, actor: Actor, claim: Claim) -> None:
    """Let what one person gives, and what one member is given, be decided one after another until the commit."""
    session.execute(
        select(Staff.id)
        .where(Staff.tenant_id == claim.tenant_id, Staff.id == actor.id)
        .with_for_update(key_share=True)
    )
    lock_balances(session, [claim.member_id])


def _carry_out(session: Session, actor: Actor, claim: Claim, decision: ClaimDecision) -> None:
    """Do what is decided, and say so."""
    session.flush()  # what is posted refers to the decision's rows; a second one of this opening stops here
    decision.done_at = claim.decided_at = clock.now()
    match decision.way:
        case "grant":
            decision.given = _grant(session, claim, decision).points
        case "record":
            decision.given = _record(session, claim, decision)
        case "return":
            assert decision.redemption_id is not None, "the weighing looked"
            undo(session, claim.member_id, decision.redemption_id)
            decision.given = decision.points
        case _:
            decision.given = 0
    decision.state = "done"
    verbs = _SIGNED if decision.two else _ALONE
    step(session, actor, claim, verbs[State(decision.outcome)], decision=str(decision.id))


def _grant(session: Session, claim: Claim, decision: ClaimDecision) -> Transfer:
    """An ordinary award, whose cause is the claim; its openings tell several apart."""
    programme = programme_of(session, claim)
    book = open_book(session, member_id=claim.member_id, zone=programme.zone)
    assert decision.funder_id is not None, "a check of the table holds this"
    participant_here(session, decision.funder_id)  # it may have left since this was weighed
    return book.earn(
        Cause(Purpose.CLAIM, claim.id, decision.proposed_at),
        decision.points,
        funder_id=decision.funder_id,
        active_on=book.today,
        expires_on=expires_on(programme, book.today),
        part=claim.opening,
    )


def _record(session: Session, claim: Claim, decision: ClaimDecision) -> int:
    """Record the sale as a till would; returns what it gave, which is never more than was decided."""
    _not_recorded(session, claim)
    told = _told(claim, Sale.model_validate(decision.sale))
    record(session, SYSTEM, programme_id=programme_of(session, claim).id, source=SOURCE, told=[told])
    purchase = sale_of(session, source=SOURCE, reference=told.reference)
    assert purchase is not None, "it was recorded just now"
    decision.purchase_id = purchase.id
    given = points_moved(session, claim.member_id, purchase.id)
    if given > decision.points:
        raise Conflict("claim_gives_more")
    return given


def _write_down(session: Session, actor: Actor, verb: str, claim: Claim, decision: ClaimDecision) -> None:
    """In the staff's trail: what was decided, in numbers and codes."""
    names = ("way", "outcome", "points", "given", "funder_id", "redemption_id", "purchase_id", "reason")
    told = {name: getattr(decision, name) for name in names} | {"digest": decision.digest.hex()}
    audit.record(session, actor, verb, f"claim {claim.number}", after=told)


def _told(claim: Claim, sale: Sale) -> Told:
    return Told(
        reference=str(claim.number),
        member_id=claim.member_id,
        occurred_at=sale.occurred_at,
        amount=sale.amount,
        seller=sale.seller,
        partner=sale.partner,
        mcc=sale.mcc,
    )
