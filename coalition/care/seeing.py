"""Looking at a member: masked, and every look behind a mask is written down with its reason."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.person import Person
from coalition.members.queries import person_of
from tenants.actor import Actor
from tenants.audit import record
from tenants.auth.limits import allowed
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound, Refusal

FIELDS = ("name", "phone", "email", "born_on")
"""What can be revealed, one at a time."""
REASON_MOST = 200
REVEALS, SECONDS = 60, 3_600
"""So many reveals of one person in an hour."""
VISIBLE = timedelta(minutes=1)
_DAY = 86_400
_DOTS = "•••"


def opened(session: Session, actor: Actor, *, member_id: UUID) -> None:
    """Write down that somebody looks at the member; once for each person, member and day (of UTC)."""
    actor.must(Permission.DESK_MEMBER_READ)
    if allowed(session, "desk-open", f"{actor.id}|{member_id}", most=1, seconds=_DAY):
        record(session, actor, "member.open", f"member {member_id}")


def opened_claim(session: Session, actor: Actor, *, number: int, member_id: UUID) -> None:
    """Write down that somebody looks at a claim of the member's; once for each person, claim and day (of UTC)."""
    actor.must(Permission.DESK_CLAIM_READ)
    if allowed(session, "desk-open-claim", f"{actor.id}|{number}", most=1, seconds=_DAY):
        record(session, actor, "claim.look", f"claim {number}", after={"member": member_id})


def revealed_by_letter(session: Session, actor: Actor, *, number: int, member_id: UUID) -> None:
    """Write down that somebody has the letter of a claim, which begins with the member's whole name: each time."""
    actor.must(Permission.DESK_CLAIM_READ)
    told = {"field": "name", "claim": number}
    record(session, actor, "member.reveal", f"member {member_id}", after=told)


def reveal(session: Session, actor: Actor, *, member_id: UUID, what: str, reason: str) -> Person:
    """Open one value of the member's personal data, written down with the reason.

    The person comes with that value alone. Raises Refusal("reveal_reason") without a reason, "too_many_reveals",
    NotFound("field_unknown"), NotFound("person_erased").
    """
    actor.must(Permission.DESK_MEMBER_REVEAL)
    if what not in FIELDS:
        raise NotFound("field_unknown")
    reason = " ".join(reason.split())[:REASON_MOST]
    if not reason:
        raise Refusal("reveal_reason")
    if not allowed(session, "desk-reveal", str(actor.id), most=REVEALS, seconds=SECONDS):
        raise Refusal("too_many_reveals")
    person = person_of(session, member_id)
    record(session, actor, "member.reveal", f"member {member_id}", after={"field": what}, reason=reason)
    return Person(**({"name": ""} | {what: getattr(person, what)}))


def masked_name(name: str) -> str:
    """The first letters of a name: "И••• К•••". Pure."""
    return " ".join(f"{word[0]}{_DOTS}" for word in name.split())


def masked_email(email: str) -> str:
    """An e-mail of which the beginning and where it is are shown: "ir•••@mail.example". Pure."""
    name, _at, domain = email.rpartition("@")
    return f"{name[: min(2, len(name) - 1)]}{_DOTS}@{domain}"
