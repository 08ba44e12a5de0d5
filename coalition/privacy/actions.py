"""Taking a request about personal data in, refusing it, and handing the copy over."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import MemberPerson
from coalition.members.queries import member_by_id
from coalition.privacy.copying import open_copy
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.queries import request_by_id
from coalition.privacy.terms import due_on
from coalition.programmes.queries import programme_by_id
from coalition.promotions.queries import newest_days
from tenants.actor import SYSTEM, Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import new_id, next_numbers
from tenants.runtime.jobs import ask

KINDS = ("copy", "erasure")
REASONS = ("not_the_member", "taken_back", "in_the_way")
"""Why a request is refused: codes alone, so that no word about the person stays."""


def register(session: Session, actor: Actor, *, member_id: UUID, kind: str) -> PrivacyRequest:
    """Take in what a member asks for; a copy is made at once, in the background.

    While one of the kind is open it is the same request. Raises NotFound("member_unknown"), NotFound("person_erased").
    """
    actor.must(
        Permission.CABINET_PROFILE_EDIT if actor.kind == "member" else Permission.DESK_PRIVACY_EDIT,
        member_id=member_id,
    )
    if kind not in KINDS:
        raise NotFound("privacy_kind_unknown")
    member = member_by_id(session, member_id)
    if session.get(MemberPerson, (member.tenant_id, member_id)) is None:
        raise NotFound("person_erased")
    session.refresh(member, with_for_update=True)  # from here on nobody else registers for her
    if (known := _open(session, member_id, (kind,))) is not None:
        return known
    now = clock.now()
    days_off = {day: row.off for day, row in newest_days(session).items()}
    today = clock.business_day(programme_by_id(session, member.programme_id).zone)
    made = PrivacyRequest(
        tenant_id=member.tenant_id,
        member_id=member_id,
        id=new_id(),
        number=next_numbers(session, "privacy_request"),
        kind=kind,
        state="open",
        asked_at=now,
        asked_by=None if actor.kind == "member" else actor.id,
        due_on=due_on(kind, today, days_off),
    )
    session.add(made)
    if kind == "copy":
        ask(session, "privacy.copy", request_id=made.id)
    told = {"member": str(member_id), "kind": kind, "due_on": made.due_on}
    record(session, actor, "privacy.register", f"request {made.id}", after=told)
    return made


def refuse(session: Session, actor: Actor, *, request_id: UUID, reason: str) -> PrivacyRequest:
    """End an erasure that is not made, for one of `REASONS`; Conflict("privacy_request_ended") where it is over."""
    actor.must(Permission.DESK_PRIVACY_EDIT)
    if reason not in REASONS:
        raise Refusal("privacy_reason")
    found = locked(session, request_id, "erasure")
    found.state, found.reason = "refused", reason
    found.ended_at, found.ended_by = clock.now(), actor.id
    record(session, actor, "privacy.refuse", f"request {request_id}", after={"reason": reason})
    return found


def download(session: Session, actor: Actor, *, member_id: UUID, request_id: UUID) -> bytes:
    """The copy of a member as a ZIP, each time written down.

    NotFound("privacy_copy_over") where it is made no more or not yet, "privacy_request_unknown" for somebody else's.
    """
    actor.must(
        Permission.CABINET_PROFILE_EDIT if actor.kind == "member" else Permission.DESK_PRIVACY_EDIT,
        member_id=member_id,
    )
    found, by_herself = request_by_id(session, request_id), actor.kind == "member"
    if found.member_id != member_id:
        raise NotFound("privacy_request_unknown")
    content = open_copy(session, found)
    told = {"number": found.number, "member": str(found.member_id)} | ({"by": "member"} if by_herself else {})
    record(session, SYSTEM if by_herself else actor, "privacy.download", f"request {request_id}", after=told)
    return content


def locked(session: Session, request_id: UUID, kind: str) -> PrivacyRequest:
    """A request that is open, nobody else's to end meanwhile; Conflict("privacy_request_ended")."""
    found = session.scalars(
        select(PrivacyRequest)
        .where(
            PrivacyRequest.tenant_id == tenant_of(session),
            PrivacyRequest.id == request_id,
            PrivacyRequest.kind == kind,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("privacy_request_unknown")
    if found.state != "open":
        raise Conflict("privacy_request_ended")
    return found


def _open(session: Session, member_id: UUID, kinds: Collection[str]) -> PrivacyRequest | None:
    return session.scalars(
        select(PrivacyRequest).where(
            PrivacyRequest.tenant_id == tenant_of(session),
            PrivacyRequest.member_id == member_id,
            PrivacyRequest.kind.in_(kinds),
            PrivacyRequest.state == "open",
        )
    ).first()
