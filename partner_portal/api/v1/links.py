"""Activation of an issued card by a link that is texted to its member's phone."""

from datetime import datetime

from flask import request

from coalition.cards.links import make_link
from coalition.members.queries import person_of
from coalition.messages.actions import send_text, texts_go_out
from coalition.messages.models import What
from coalition.programmes.queries import programme_by_id
from partner_portal.api.limits import HOUR
from partner_portal.api.operations import Answer, Call, operation
from partner_portal.api.v1.cards import Number
from partner_portal.api.v1.members import guessing
from tenants.auth.limits import allowed
from tenants.runtime import settings
from tenants.runtime.errors import Refusal
from tenants.translations import N_

LINKS_PER_PHONE, LINKS_PER_CLIENT = 5, 600
"""So many links an hour go to one phone, and from one client: it may be all tills of a chain."""


class LinkSent(Answer):
    """A link on its way to the member's phone. Only a demo tells it here, too."""

    card_last_four: str
    expires_at: datetime
    demo_link: str | None = None


@operation(
    "POST",
    "/cards/activation-link",
    scope="cards:write",
    about=N_(
        "Text a link to the phone of an issued card's member. Who opens it there activates the card, once, within "
        "three days; a new link ends those before it"
    ),
    takes=Number,
    gives=LinkSent,
    status=201,
    problems=(
        "card_unknown",
        "card_blocked",
        "card_active",
        "phone_missing",
        "texts_not_sent",
        "too_many_tries",
        "too_many_links",
    ),
    writes=True,
)
def send_activation_link(call: Call, body: Number) -> LinkSent:
    """Make a link and have it sent."""
    demo = settings.current().demo
    programme = programme_by_id(call.session, call.caller.programme_id)
    with guessing(call.session, call.caller, "card_unknown"):
        card, link, token = make_link(
            call.session, call.caller.actor, programme_id=programme.id, number=body.number
        )
    if not (demo or texts_go_out()):
        raise Refusal("texts_not_sent")
    phone = person_of(call.session, card.member_id).phone
    if not phone:
        raise Refusal("phone_missing")
    _require_few(call, phone)
    address = f"{request.scheme}://{request.host}/activate/{token}"
    if texts_go_out():
        message = N_("%(programme)s: activate your card •%(last_four)s: %(link)s")
        facts = {"last_four": card.last_four, "link": address}
        send_text(
            call.session,
            programme,
            what=What.ACTIVATION,
            member_id=card.member_id,
            phone=phone,
            message=message,
            until=link.expires_at,
            **facts,
        )
    return LinkSent(
        card_last_four=card.last_four, expires_at=link.expires_at, demo_link=address if demo else None
    )


def _require_few(call: Call, phone: str) -> None:
    for kind, value, most in (
        ("link-phone", phone, LINKS_PER_PHONE),
        ("link-client", call.caller.client_id, LINKS_PER_CLIENT),
    ):
        if not allowed(call.session, kind, value, most=most, seconds=HOUR):
            raise Refusal("too_many_links")
