"""Enrolment at a till: the person by the programme's questionnaire, her card, what she agreed to."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.cards.actions import give_card
from coalition.cards.models import Enrolment
from coalition.members.actions import enrol, note_consent
from coalition.members.facts import note_fact
from coalition.members.models import FactKind, Member
from coalition.members.queries import member_by_id
from coalition.members.questionnaire import questionnaire_of
from coalition.programmes.queries import programme_by_id
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import digest


class Agreed(NamedTuple):
    """What somebody agreed to, or not, and under which text."""

    topic: str
    given: bool
    text_version: str


def enrol_at_till(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    source: str,
    reference: str,
    fields: Mapping[str, Any],
    number: str | None = None,
    referral_code: str = "",
    consents: Sequence[Agreed] = (),
) -> Member:
    """Enrol a person, with the card in her hand or else one that is issued; of a reference that came before, who came.

    Raises pydantic's ValidationError for answers that cannot be, each at its field, Refusal("handle_missing") where
    nothing would find her, and what `members.actions.enrol` and `cards.actions.issue_card` raise.
    """
    actor.must(Permission.DESK_MEMBER_ENROL)
    tenant_id, key = tenant_of(session), UUID(bytes=digest("enrolment", source, reference))
    _one_at_a_time(session, key)
    known = session.get(Enrolment, (tenant_id, key))
    if known is not None:
        return member_by_id(session, known.member_id)
    answers = questionnaire_of(programme_by_id(session, programme_id)).read(fields)
    if not (answers.person.phone or answers.person.email or number):
        raise Refusal("handle_missing")
    member = enrol(
        session, actor, programme_id=programme_id, person=answers.person, referral_code=referral_code
    )
    give_card(session, member, actor.name, number)
    for name, value in answers.attributes.items():
        note_fact(session, member.id, FactKind.ATTRIBUTE, name, value)
    for one in consents:
        note_consent(session, member.id, *one, source="till")
    session.add(Enrolment(tenant_id=tenant_id, key=key, member_id=member.id, source=source, at=clock.now()))
    return member


def _one_at_a_time(session: Session, key: UUID) -> None:
    """Wait for whoever enrols under the same reference, so that she is found."""
    lock = int.from_bytes(digest("enrolling", tenant_of(session), key)[:8], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(lock)))
