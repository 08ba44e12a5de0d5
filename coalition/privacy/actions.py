"""Taking a request about personal data in, refusing it, and handing the copy over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import MemberPerson
from coalition.members.queries import member_by_id
from coalition.privacy.copying import open_copy
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.queries import request_by_id
from coalition.privacy.terms import COPY_PAUSE, due_on
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
from tenants.runtime.models import OutboxJob

KINDS = ("copy", "erasure")
REASONS = ("not_the_member", "taken_back", "in_the_way")
"""Why a request is refused: codes alone, so that no word about the person stays."""

ERASED = "erased"
"""Why a copy that was asked for is not made: an erasure came first."""


def register(session: Session, actor: Actor, *, member_id: UUID, kind: str) -> PrivacyRequest:
    """Take in what a member asks for; the copy that she asks for herself is made at once, in the background.

    One that the staff takes in waits for a signature. While one of the kind is open it is the same request, and so is
    a copy that was made within a day. Raises NotFound("member_unknown"), NotFound("person_erased").
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
    now, by_herself = clock.now(), actor.kind == "member"
    if (known := _open(session, member_id, kind)) is not None:
        return _taken_up(session, known, by_herself=by_herself)
    if kind == "copy" and (kept := _made_since(session, member_id, now - COPY_PAUSE)) is not None:
        return kept
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
        asked_by=None if by_herself else actor.id,
        due_on=due_on(kind, today, days_off),
    )
    session.add(made)
    if kind == "copy" and not made.waits_for_signature:
        ask(session, "privacy.copy", request_id=made.id)
    told = {"member": str(member_id), "kind": kind, "due_on": made.due_on}
    record(session, actor, "privacy.register", f"request {made.id}", after=told)
    return made


def refuse(session: Session, actor: Actor, *, request_id: UUID, reason: str) -> PrivacyRequest:
    """End what is not made, for one of `REASONS`; Conflict("privacy_request_ended") where it is over."""
    actor.must(Permission.DESK_PRIVACY_EDIT)
    if reason not in REASONS:
        raise Refusal("privacy_reason")
    found = locked(session, request_id)
    found.state, found.reason = "refused", reason
    found.ended_at, found.ended_by = clock.now(), actor.id
    record(session, actor, "privacy.refuse", f"request {request_id}", after={"reason": reason})
    return found


def download(session: Session, actor: Actor, *, member_id: UUID, request_id: UUID) -> bytes:
    """The copy of a member as a ZIP, each time written down.

    The staff has what the member asked for herself, or what another person has signed. NotFound("privacy_copy_over")
    where it is made no more or not yet, "privacy_request_unknown" for somebody else's.
    """
    actor.must(
        Permission.CABINET_PROFILE_EDIT if actor.kind == "member" else Permission.DESK_PRIVACY_EDIT,
        member_id=member_id,
    )
    found, by_herself = request_by_id(session, request_id), actor.kind == "member"
    if found.member_id != member_id:
        raise NotFound("privacy_request_unknown")
    if not by_herself and found.asked_by is not None and found.signed_by is None:
        raise NotFound("privacy_copy_over")
    content = open_copy(session, found)
    told = {"number": found.number, "member": str(found.member_id)} | ({"by": "member"} if by_herself else {})
    record(session, SYSTEM if by_herself else actor, "privacy.download", f"request {request_id}", after=told)
    return content


def locked(session: Session, request_id: UUID, kind: str | None = None) -> PrivacyRequest:
    """An open request, of the kind where it is told, that nobody else ends now; Conflict("privacy_request_ended")."""
    found = session.scalars(
        select(PrivacyRequest)
        .where(
            PrivacyRequest.tenant_id == tenant_of(session),
            PrivacyRequest.id == request_id,
            PrivacyRequest.kind.in_((kind,) if kind else KINDS),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("privacy_request_unknown")
    if found.state != "open":
        raise Conflict("privacy_request_ended")
    return found


def _taken_up(session: Session, known: PrivacyRequest, *, by_herself: bool) -> PrivacyRequest:
    """What is open is asked for again: by the member it is hers from now on, and a copy that failed is made anew."""
    if known.kind != "copy":
        return known
    if by_herself:
        known.asked_by = None
    at_work = select(OutboxJob.id).where(
        OutboxJob.tenant_id == tenant_of(session),
        OutboxJob.state == "asked",
        OutboxJob.name == "privacy.copy",
        OutboxJob.arguments["request_id"].astext == str(known.id),
    )
    if not known.waits_for_signature and session.scalar(at_work.limit(1)) is None:
        ask(session, "privacy.copy", request_id=known.id)
    return known


def _made_since(session: Session, member_id: UUID, since: datetime) -> PrivacyRequest | None:
    return session.scalars(
        select(PrivacyRequest)
        .where(
            PrivacyRequest.tenant_id == tenant_of(session),
            PrivacyRequest.member_id == member_id,
            PrivacyRequest.kind == "copy",
            PrivacyRequest.state == "done",
            PrivacyRequest.ended_at > since,
            PrivacyRequest.kept_until > clock.now(),
        )
        .order_by(PrivacyRequest.id.desc())
    ).first()


def _open(session: Session, member_id: UUID, kind: str) -> PrivacyRequest | None:
    return session.scalars(
        select(PrivacyRequest).where(
            PrivacyRequest.tenant_id == tenant_of(session),
            PrivacyRequest.member_id == member_id,
            PrivacyRequest.kind == kind,
            PrivacyRequest.state == "open",
        )
    ).first()
