"""Writes of claims up to their decision: open, take, ask, answer, withdraw, open again. Decisions are in `deciding`."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from coalition.claims.kinds import NEEDED, NO_FACTS, OF_A_PURCHASE, OF_A_REDEMPTION, ClaimFacts, Kind
from coalition.claims.models import Claim, ClaimDecision
from coalition.claims.moving import locked, locked_own, note, programme_of, staff_name, step
from coalition.claims.states import DECIDED, IN_HAND, OPEN, State, Verb, after
from coalition.claims.terms import seconds_for, terms_of, working_time
from coalition.claims.texts import plain
from coalition.members.queries import member_by_id, require_person
from coalition.messages.to_partners import tell_people
from coalition.partners.models import Partner
from coalition.partners.queries import partner_by_id
from coalition.programmes.queries import programme_by_id
from coalition.redemption.queries import redemption_by_id
from coalition.transactions.models import Purchase
from tenants.actor import Actor
from tenants.audit import record
from tenants.models import Staff
from tenants.parts import Part, require
from tenants.permissions import Permission
from tenants.roles import roles_of, together
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id, next_numbers
from tenants.runtime.tables import has_card_number
from tenants.vault import vault_of

OPEN_MAX = 20
"""How many claims one member has open at a time."""


def open_claim(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    kind: Kind,
    words: str,
    purchase_id: UUID | None = None,
    redemption_id: UUID | None = None,
    facts: ClaimFacts = NO_FACTS,
) -> Claim:
    """Open a claim for a member; its clock begins to run by the terms of its kind.

    Raises Refusal("words_missing"), "words_long", "claim_incomplete" (`field` is needed) or "claims_too_many",
    Conflict("claim_known", number=...) where the same is open already, "claim_answered" (number) where it was answered:
    that can only be disputed again; "card_number" for what must not be kept, NotFound for what is not hers, and
    Conflict("member_erased") where nobody is there to open one for.
    """
    actor.must(_opening(actor), member_id=member_id)
    return opened(
        session, actor, member_id=member_id, kind=kind, words=plain(words), purchase_id=purchase_id,
        redemption_id=redemption_id, facts=facts,
    )  # fmt: skip


def opened(
    session: Session,
    by: Actor,
    *,
    member_id: UUID,
    kind: Kind,
    words: str,
    purchase_id: UUID | None,
    redemption_id: UUID | None = None,
    facts: ClaimFacts = NO_FACTS,
) -> Claim:
    """Open a claim for an action that has checked who may; raises what `open_claim` does."""
    require(session, Part.CLAIMS)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    require_person(session, member_id)
    number = next_numbers(session, "claim")  # first: claims are opened one after another from here on
    purchase = _purchase(session, member_id, purchase_id) if purchase_id and kind in OF_A_PURCHASE else None
    if redemption_id and kind in OF_A_REDEMPTION:
        redemption_by_id(session, member_id, redemption_id)
    else:
        redemption_id = None
    known = purchase.id if purchase else None
    _complete(kind, purchase_id=known, redemption_id=redemption_id, facts=facts)
    if any(has_card_number(text) for text in (facts.shop, facts.order)):
        raise Refusal("card_number")
    told = facts.model_dump(mode="json", exclude_defaults=True)
    claim = Claim(
        tenant_id=tenant_of(session),
        member_id=member_id,
        id=new_id(),
        number=number,
        kind=kind,
        state=State.NEW,
        opening=0,
        steps=0,
        opened_at=clock.now(),
        opened_by=by.kind if by.of_participant is None else "partner",
        facts=told,
        purchase_id=known,
        redemption_id=redemption_id,
        partner_id=purchase.partner_id if purchase else _partner_named(session, facts.shop),
    )
    _alone(session, claim)
    claim.words = vault_of(session).seal(words, "claim.words", member_id, claim.id)
    working = working_time(session, programme)
    claim.term_seconds = seconds_for(terms_of(programme), kind, working)
    claim.due_at = working.after(claim.opened_at, claim.term_seconds)
    session.add(claim)
    session.flush()  # its history refers to it
    note(session, by, claim, Verb.OPEN, before=None)
    told_of = {"number": number, "kind": str(kind)}
    record(session, by, "claim.open", f"claim {number}", after=told_of | {"member_id": member_id})
    return claim


def take(session: Session, actor: Actor, *, number: int) -> Claim:
    """Take a claim that nobody has in hand; Conflict("claim_taken", by=...) when somebody has."""
    actor.must(Permission.DESK_CLAIM_DECIDE)
    claim = locked(session, number)
    if claim.state in DECIDED:
        raise Conflict("claim_decided", by=staff_name(session, decided_by(session, claim)))
    if claim.state in IN_HAND:
        raise Conflict("claim_taken", by=staff_name(session, claim.owner_id))
    step(session, actor, claim, Verb.TAKE, owner_id=_person(actor))
    return claim


def give_back(session: Session, actor: Actor, *, number: int) -> Claim:
    """Put a claim of one's own back for others."""
    actor.must(Permission.DESK_CLAIM_DECIDE)
    claim = own(session, actor, number)
    step(session, actor, claim, Verb.GIVE_BACK)
    return claim


def hand_over(session: Session, actor: Actor, *, number: int, to: UUID, words: str = "") -> Claim:
    """Give a claim to somebody else of the staff, or take over one of somebody else's; NotFound("staff_unknown")."""
    actor.must(Permission.DESK_CLAIM_DECIDE)
    claim = locked(session, number)
    person = session.get(Staff, (tenant_of(session), to))
    may = together(roles_of(session, to)) if person is not None and person.active else frozenset()
    if person is None or Permission.DESK_CLAIM_DECIDE not in may:
        raise NotFound("staff_unknown")
    step(session, actor, claim, Verb.HAND_OVER, owner_id=to, words=plain(words, needed=False), to=person.name)
    return claim


def ask_member(session: Session, actor: Actor, *, number: int, words: str) -> Claim:
    """Ask the member; the clock stands still until she answers."""
    actor.must(Permission.DESK_CLAIM_DECIDE)
    claim = own(session, actor, number)
    step(session, actor, claim, Verb.ASK_MEMBER, words=plain(words))
    return claim


def ask_partner(session: Session, actor: Actor, *, number: int, words: str) -> Claim:
    """Ask the partner, whose people read it in their place; where none is known it is a note. The clock goes on."""
    actor.must(Permission.DESK_CLAIM_DECIDE)
    claim = own(session, actor, number)
    step(session, actor, claim, Verb.ASK_PARTNER, words=plain(words), told=claim.partner_id is not None)
    if claim.partner_id is not None:
        whose = partner_by_id(session, claim.partner_id).participant_id
        tell_people(session, whose, "claim", number, claim.steps)
    return claim


def hear_partner(session: Session, actor: Actor, *, number: int, words: str) -> Claim:
    """Note what the partner answered by another way than its own place."""
    actor.must(Permission.DESK_CLAIM_DECIDE)
    claim = own(session, actor, number)
    step(session, actor, claim, Verb.HEAR_PARTNER, words=plain(words))
    return claim


def go_on(session: Session, actor: Actor, *, number: int) -> Claim:
    """Go on without the answer that was asked for."""
    actor.must(Permission.DESK_CLAIM_DECIDE)
    claim = own(session, actor, number)
    step(session, actor, claim, Verb.GO_ON)
    return claim


def answer(session: Session, actor: Actor, *, member_id: UUID, claim_id: UUID, words: str) -> Claim:
    """Answer what the desk asked."""
    actor.must(_opening(actor), member_id=member_id)
    claim = locked_own(session, member_id, claim_id)
    step(session, actor, claim, Verb.ANSWER, words=plain(words))
    return claim


def withdraw(session: Session, actor: Actor, *, member_id: UUID, claim_id: UUID) -> Claim:
    """Give a claim up; a proposal that waits for its signature is dropped."""
    actor.must(_opening(actor), member_id=member_id)
    claim = locked_own(session, member_id, claim_id)
    step(session, actor, claim, Verb.WITHDRAW)
    drop_proposal(session, claim)
    return claim


def reopen(session: Session, actor: Actor, *, member_id: UUID, claim_id: UUID, words: str) -> Claim:
    """Dispute the answer; Refusal("reopen_late", days=...) when the terms' days are over. The clock begins anew.

    Conflict("member_erased") where the member's data was erased since.
    """
    actor.must(_opening(actor), member_id=member_id)
    said = plain(words)
    require_person(session, member_id)
    claim = locked_own(session, member_id, claim_id)
    after(claim.state, Verb.REOPEN)
    programme = programme_of(session, claim)
    days = terms_of(programme).reopen_days
    assert claim.ended_at is not None, "a check of the table holds this"
    if clock.now() > claim.ended_at + timedelta(days=days):
        raise Refusal("reopen_late", days=days)
    claim.due_at = working_time(session, programme).after(clock.now(), claim.term_seconds)
    claim.ended_at = claim.overdue_at = claim.decided_at = None
    claim.opening += 1
    step(session, actor, claim, Verb.REOPEN, words=said)
    return claim


def own(session: Session, by: Actor, number: int) -> Claim:
    """The claim, locked, for who has it in hand; Conflict("claim_decided", by=...) or ("claim_owned", by=...)."""
    claim = locked(session, number)
    if claim.state in DECIDED:
        raise Conflict("claim_decided", by=staff_name(session, decided_by(session, claim)))
    if claim.state in (*IN_HAND, State.SIGNING) and claim.owner_id != _person(by):
        raise Conflict("claim_owned", by=staff_name(session, claim.owner_id))
    return claim


def decided_by(session: Session, claim: Claim) -> UUID | None:
    """Who decided a claim last."""
    return session.scalars(
        select(ClaimDecision.author_id)
        .where(
            ClaimDecision.tenant_id == claim.tenant_id,
            ClaimDecision.member_id == claim.member_id,
            ClaimDecision.claim_id == claim.id,
            ClaimDecision.state == "done",
        )
        .order_by(ClaimDecision.opening.desc())
        .limit(1)
    ).one_or_none()


def drop_proposal(session: Session, claim: Claim) -> None:
    """What was proposed is proposed no more."""
    for proposed in session.scalars(
        select(ClaimDecision).where(
            ClaimDecision.tenant_id == claim.tenant_id,
            ClaimDecision.member_id == claim.member_id,
            ClaimDecision.claim_id == claim.id,
            ClaimDecision.state == "proposed",
        )
    ):
        proposed.state = "dropped"


def _opening(actor: Actor) -> Permission:
    return Permission.CABINET_CLAIM_OPEN if actor.kind == "member" else Permission.DESK_CLAIM_OPEN


def _person(actor: Actor) -> UUID:
    """Who of the staff it is: a claim is in somebody's hand, and somebody answers for its decision."""
    if actor.kind != "staff" or actor.id is None:
        raise Forbidden("not_permitted", permission=str(Permission.DESK_CLAIM_DECIDE))
    return actor.id


def _purchase(session: Session, member_id: UUID, purchase_id: UUID) -> Purchase:
    found = session.get(Purchase, (tenant_of(session), member_id, purchase_id))
    if found is None:
        raise NotFound("purchase_unknown")
    return found


def _complete(kind: Kind, *, purchase_id: UUID | None, redemption_id: UUID | None, facts: ClaimFacts) -> None:
    if purchase_id is not None and kind in OF_A_PURCHASE:
        return
    known: dict[str, Any] = {"purchase": purchase_id, "redemption": redemption_id, **facts.model_dump()}
    for field in NEEDED[kind]:
        if not known[field]:
            raise Refusal("claim_incomplete", field=field)


def _alone(session: Session, claim: Claim) -> None:
    """Refuse what is open or was answered already, and more than anybody needs."""
    others = session.scalars(
        select(Claim).where(
            Claim.tenant_id == claim.tenant_id,
            Claim.member_id == claim.member_id,
            Claim.state != State.WITHDRAWN,
            Claim.state.in_(OPEN) | _same(claim),
        )
    ).all()
    for one in others:
        if _about(one) == _about(claim):
            raise Conflict("claim_known" if one.state in OPEN else "claim_answered", number=one.number)
    like = [one for one in others if (one.opened_by == "partner") == (claim.opened_by == "partner")]
    if len(like) >= OPEN_MAX:  # what partners open takes nothing from what she may
        raise Refusal("claims_too_many", most=OPEN_MAX)


def _about(claim: Claim) -> tuple[object, ...]:
    """What a claim is about: a purchase or a redemption, whatever the kind, or else what was told."""
    thing = (claim.purchase_id, claim.redemption_id)
    return thing if any(thing) else (claim.kind, claim.facts)


def _same(claim: Claim) -> ColumnElement[bool]:
    """Claims that are about the same."""
    if claim.purchase_id is not None:
        return Claim.purchase_id == claim.purchase_id
    if claim.redemption_id is not None:
        return Claim.redemption_id == claim.redemption_id
    return (Claim.kind == claim.kind) & (Claim.facts == claim.facts)


def _partner_named(session: Session, shop: str) -> int | None:
    """The partner of that name, in any of its languages."""
    wanted = shop.casefold().strip(" «»“”\"'")
    if not wanted:
        return None
    for partner in session.scalars(
        select(Partner).where(Partner.tenant_id == tenant_of(session)).order_by(Partner.id)
    ):
        if wanted in (str(name).casefold().strip(" «»“”\"'") for name in partner.name.values()):
            return partner.id
    return None
