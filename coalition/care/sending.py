"""Sending a member again what she should have had: the link that activates her card, a certificate that she took."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.cards.links import make_link
from coalition.cards.models import Card
from coalition.cards.queries import number_of
from coalition.members.queries import member_by_id, person_of
from coalition.messages.actions import send_text, texts_go_out
from coalition.messages.models import What
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.redemption.queries import certificate_of, redemption_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.auth.limits import allowed
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.translations import N_

TEXTS, SECONDS = 5, 86_400
"""So many texts of this kind to one member in a day."""
_LIVES = timedelta(hours=12)


def send_link(
    session: Session, actor: Actor, *, member_id: UUID, card_id: UUID, address: Callable[[str], str]
) -> None:
    """Send a new link for an issued card, at the `address` of its token; older links are over.

    Raises NotFound("card_unknown"), Conflict("card_blocked"), "card_active", and what `_phone` raises.
    """
    actor.must(Permission.DESK_CARD_EDIT)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    card = session.get(Card, (tenant_of(session), member_id, card_id))
    if card is None:
        raise NotFound("card_unknown")
    phone = _phone(session, member_id)
    _card, link, token = make_link(session, actor, programme_id=programme.id, number=number_of(session, card))
    send_text(
        session,
        programme,
        what=What.ACTIVATION,
        member_id=member_id,
        phone=phone,
        message=N_("%(programme)s: activate your card •%(last_four)s: %(link)s"),
        until=link.expires_at,
        last_four=card.last_four,
        link=address(token),
    )
    record(session, actor, "card.send_link", f"member {member_id}", after={"card": str(card_id)})


def send_certificate(session: Session, actor: Actor, *, member_id: UUID, redemption_id: UUID) -> None:
    """Send the code of a certificate that she took once more; the staff does not see it.

    Raises NotFound("redemption_unknown"), "certificate_unknown", and what `_phone` raises.
    """
    actor.must(Permission.DESK_MESSAGE_SEND)
    programme: Programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    certificate, code = certificate_of(session, redemption_by_id(session, member_id, redemption_id))
    send_text(
        session,
        programme,
        what=What.CERTIFICATE,
        member_id=member_id,
        phone=_phone(session, member_id),
        message=N_("%(programme)s: the code of your certificate is %(code)s, valid to %(day)s"),
        until=clock.now() + _LIVES,
        code=code,
        day=certificate.valid_to.strftime("%d.%m.%Y"),
    )
    record(
        session, actor, "certificate.send", f"member {member_id}", after={"redemption": str(redemption_id)}
    )


def _phone(session: Session, member_id: UUID) -> str:
    """Where to send; Refusal("texts_not_sent"), "phone_missing" or "too_many_texts"."""
    if not texts_go_out():
        raise Refusal("texts_not_sent")
    phone = person_of(session, member_id).phone
    if not phone:
        raise Refusal("phone_missing")
    if not allowed(session, "desk-text", str(member_id), most=TEXTS, seconds=SECONDS):
        raise Refusal("too_many_texts")
    return phone
