"""One step of a claim: the row locked, its next state, its clock, its history."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.claims.models import Claim, ClaimEvent
from coalition.claims.states import DECIDED, State, Verb, after
from coalition.claims.terms import working_time
from coalition.members.queries import member_by_id
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from tenants.actor import Actor
from tenants.models import Staff
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.vault import vault_of


def locked(session: Session, number: int) -> Claim:
    """The claim of that number, nobody else's until the transaction ends; NotFound("claim_unknown")."""
    found = session.scalars(
        select(Claim)
        .where(Claim.tenant_id == tenant_of(session), Claim.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("claim_unknown")
    return found


def locked_own(session: Session, member_id: UUID, claim_id: UUID) -> Claim:
    """A member's claim, as `locked`."""
    found = session.get(
        Claim, (tenant_of(session), member_id, claim_id), with_for_update=True, populate_existing=True
    )
    if found is None:
        raise NotFound("claim_unknown")
    return found


def step(
    session: Session,
    by: Actor,
    claim: Claim,
    verb: Verb,
    *,
    words: str = "",
    owner_id: UUID | None = None,
    **facts: Any,
) -> ClaimEvent:
    """Take the step and write it down; Conflict("claim_state") where the table has none."""
    before, new = claim.state, after(claim.state, verb)
    _turn_clock(session, claim, new)
    claim.state = new
    if new is State.NEW:
        claim.owner_id = None
    elif owner_id is not None:
        claim.owner_id = owner_id
    return note(session, by, claim, verb, before=before, words=words, **facts)


def note(
    session: Session,
    by: Actor,
    claim: Claim,
    verb: Verb,
    *,
    before: str | None,
    words: str = "",
    **facts: Any,
) -> ClaimEvent:
    """A row of the claim's history."""
    number = claim.steps = claim.steps + 1
    event = ClaimEvent(
        tenant_id=claim.tenant_id,
        member_id=claim.member_id,
        claim_id=claim.id,
        number=number,
        at=clock.now(),
        actor=by.name,
        staff_id=by.id if by.kind == "staff" else None,
        verb=verb,
        before=before,
        after=claim.state,
        words=_sealed(session, claim, number, words) if words else None,
        facts=facts,
    )
    session.add(event)
    session.flush()  # the checks of the claim's row are met here
    return event


def _sealed(session: Session, claim: Claim, number: int, words: str) -> bytes:
    return vault_of(session).seal(words, "claim_event.words", claim.member_id, claim.id, number)


def programme_of(session: Session, claim: Claim) -> Programme:
    """The programme of the claim's member."""
    return programme_by_id(session, member_by_id(session, claim.member_id).programme_id)


def staff_name(session: Session, staff_id: UUID | None) -> str:
    """What somebody of the staff is called."""
    found = session.get(Staff, (tenant_of(session), staff_id)) if staff_id else None
    return found.name if found else ""


def _turn_clock(session: Session, claim: Claim, new: State) -> None:
    """Stop the clock while the member is asked and when the claim ends; go on with what was left."""
    if new is State.ASKED_MEMBER:
        if claim.due_at is not None:  # else it stands still already
            working = working_time(session, programme_of(session, claim))
            claim.left_seconds, claim.due_at = working.between(clock.now(), claim.due_at), None
    elif new in (State.WITHDRAWN, State.CLOSED, *DECIDED):
        claim.due_at = claim.left_seconds = None
        claim.ended_at = claim.ended_at or clock.now()
    elif claim.left_seconds is not None:
        working = working_time(session, programme_of(session, claim))
        now = clock.now()
        left, claim.left_seconds = claim.left_seconds, None
        claim.due_at = working.after(now, left) if left >= 0 else working.before(now, -left)
