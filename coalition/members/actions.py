"""Writes of members: enrol, link a handle, change the profile, consent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger.models import Balance
from coalition.ledger.post import day_start
from coalition.members.models import Consent, Handle, HandleKind, Member, MemberPerson, Segment
from coalition.members.names import index_name
from coalition.members.person import PLACE, Person
from coalition.members.queries import member_by_id, person_of, segments_by_code
from coalition.members.referring import bring
from coalition.programmes.queries import programme_by_id
from coalition.webhooks.kinds import MemberEnrolled
from coalition.webhooks.telling import Happened, tell
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.jobs import ask_each, ask_once
from tenants.vault import vault_of


def enrol(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    person: Person,
    cards: Sequence[str] = (),
    segments: Sequence[str] = (),
    account_opened_on: date | None = None,
    referral_code: str = "",
    joined_on: date | None = None,
) -> Member:
    """Take a person into a programme, with bank card tokens that find her and the code of who brought her.

    She joins now; with `joined_on` she has been a member since that day, elsewhere, and nothing is given for joining.
    Raises Conflict("handle_taken", kind=...) when a card, phone or e-mail is another member's already,
    Refusal("bad_date") for a day that is yet to come, and what `referring.bring` raises.
    """
    actor.must(Permission.DESK_MEMBER_ENROL)
    tenant_id = tenant_of(session)
    member = Member(
        tenant_id=tenant_id,
        id=new_id(),
        programme_id=programme_id,
        segments=segment_mask(session, segments),
        account_opened_on=account_opened_on,
        enrolled_at=_since(session, programme_id, joined_on),
    )
    session.add(member)
    session.flush()  # everything below refers to it
    sealed = vault_of(session).seal(person.packed(), PLACE, member.id)
    session.add(MemberPerson(tenant_id=tenant_id, member_id=member.id, sealed=sealed))
    session.add(Balance(tenant_id=tenant_id, member_id=member.id))
    index_name(session, member.id, person.name)
    if person.phone:
        _link(session, member.id, HandleKind.PHONE, person.phone)
    if person.email:
        _link(session, member.id, HandleKind.EMAIL, person.email)
    for card in cards:
        link_card(session, actor, member_id=member.id, token=card)
    if referral_code:
        bring(session, member, referral_code)
    if joined_on is None:
        ask_each(session, "occasions.enrolment", member.id)
        joined = Happened(MemberEnrolled(member_id=member.id), member.id, member.enrolled_at)
        tell(session, programme_by_id(session, programme_id), joined)
    if person.is_complete:
        ask_each(session, "occasions.profile_completed", member.id)
    return member


def link_card(session: Session, actor: Actor, *, member_id: UUID, token: str) -> Handle:
    """Link a bank card's token to a member; lines that waited for this card are then posted by a job."""
    actor.must(Permission.DESK_MEMBER_ENROL)
    handle = _link(session, member_id, HandleKind.CARD_TOKEN, token)
    ask_once(session, "purchases.post_unmatched")  # one job finds the lines of all cards linked with this one
    ask_each(session, "occasions.card_activation", handle.digest)
    return handle


def link_number(session: Session, member_id: UUID, number: str) -> Handle:
    """Link a loyalty card's number, for an action of `coalition.cards` that has checked who may."""
    return _link(session, member_id, HandleKind.CARD_NUMBER, number)


def edit_profile(session: Session, actor: Actor, *, member_id: UUID, email: str | None) -> Person:
    """Change what a member may change of herself: the e-mail.

    It stays a way to write to her. A handle it becomes only from the bank's own base: nobody has shown here that the
    address is hers, and taking it would keep its owner out.
    """
    actor.must(Permission.CABINET_PROFILE_EDIT, member_id=member_id)
    member, person = member_by_id(session, member_id), person_of(session, member_id)
    email = email.strip().lower() if email else None
    if email and not ("@" in email[1:-1] and len(email) <= 254 and email.isprintable() and " " not in email):
        raise Refusal("email_invalid")
    if email == person.email:
        return person
    person = replace(person, email=email)
    row = session.get_one(MemberPerson, (member.tenant_id, member.id))
    row.sealed = vault_of(session).seal(person.packed(), PLACE, member.id)
    if person.is_complete:
        ask_each(session, "occasions.profile_completed", member.id)
    return person


def give_consent(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    topic: str,
    given: bool,
    text_version: str = "1",
    per_week: int | None = None,
) -> Consent:
    """Record that the member agreed to a topic ("terms", "email", "sms", "ads"), or withdrew it.

    `per_week` is how much advertising in seven days she was told of.
    """
    actor.must(Permission.CABINET_PROFILE_EDIT, member_id=member_id)
    source = "cabinet" if actor.kind == "member" else "programme"
    return note_consent(
        session, member_id, topic, given, text_version, source=source, per_week=per_week if given else None
    )


def note_consent(
    session: Session,
    member_id: UUID,
    topic: str,
    given: bool = True,
    text_version: str = "1",
    *,
    source: str = "programme",
    per_week: int | None = None,
) -> Consent:
    """Record a consent for an action that has checked who may; `source` as in `Consent`."""
    consent = Consent(
        tenant_id=tenant_of(session),
        member_id=member_id,
        id=new_id(),
        topic=topic,
        given=given,
        text_version=text_version,
        at=clock.now(),
        source=source,
        per_week=per_week,
    )
    session.add(consent)
    return consent


def segment_mask(session: Session, codes: Sequence[str]) -> int:
    """The bits of the segments, made for codes not seen before; Refusal("too_many_segments") beyond 63."""
    tenant_id = tenant_of(session)
    known = segments_by_code(session)
    for code in sorted(set(codes) - known.keys()):
        if len(known) > 62:
            raise Refusal("too_many_segments")
        known[code] = len(known)
        session.add(Segment(tenant_id=tenant_id, bit=known[code], code=code))
    return sum(1 << known[code] for code in set(codes))


def _since(session: Session, programme_id: int, joined_on: date | None) -> datetime:
    """When a membership begins: now, or with the day on the programme's clock."""
    if joined_on is None:
        return clock.now()
    zone = programme_by_id(session, programme_id).zone
    if joined_on > clock.business_day(zone):
        raise Refusal("bad_date")
    return day_start(joined_on, zone)


def _link(session: Session, member_id: UUID, kind: HandleKind, value: str) -> Handle:
    tenant_id, digest = tenant_of(session), vault_of(session).digest(kind.name, value)
    row = insert(Handle).values(
        tenant_id=tenant_id,
        kind=kind,
        digest=digest,
        member_id=member_id,
        hint=value[-4:] if len(value) > 8 else "",  # of a short one the last four would be half of it
        linked_at=clock.now(),
    )
    session.execute(row.on_conflict_do_nothing())  # waits for whoever is linking the same one at this moment
    handle = session.get_one(Handle, (tenant_id, kind, digest))
    if handle.member_id != member_id:
        raise Conflict("handle_taken", kind=kind.name.lower())
    return handle
