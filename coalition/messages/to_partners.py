"""Mail to people of a participant that something waits in their place: what and its number, and nothing that was said.

It goes to everybody of the company who is active, signs in with an e-mail address and may open the page that it is
about; to each on her own, where the deployment has a server for mail (SMTP_URL).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.messages.mail import mail_goes_out, post_mail
from tenants.models import Branding, Staff
from tenants.permissions import Permission
from tenants.roles import roles_of, together
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import derived_id
from tenants.runtime.jobs import ask, job
from tenants.runtime.language import LANGUAGES, translate
from tenants.staff import people_of
from tenants.translations import N_

_SUBJECTS = {
    "ticket": N_("Your question %(number)s was answered"),
    "claim": N_("You are asked about the claim C-%(number)s"),
    "mailing": N_("The programme has decided about your mailing %(number)s"),
}
_OPENS = {
    "ticket": Permission.PORTAL_TICKET_READ,
    "claim": Permission.PORTAL_CLAIM_READ,
    "mailing": Permission.PORTAL_MAILING_READ,
}
_TEXTS = {
    "ticket": N_(
        "The programme has answered your question %(number)s. Read it in your place, under “Questions”."
    ),
    "claim": N_(
        "The programme asks your company about the claim C-%(number)s. Answer in your place, under “Claims”."
    ),
    "mailing": N_(
        "The programme has decided about your mailing %(number)s. Read it in your place, under “Communications plan”."
    ),
}


def tell_people(session: Session, participant_id: int, what: str, number: int, step: int) -> None:
    """Have them told of a "ticket", a "claim" or a "mailing"; each step of it once."""
    if mail_goes_out():
        ask(
            session,
            "messages.tell_partner",
            participant_id=participant_id,
            what=what,
            number=number,
            step=step,
            at=clock.now().isoformat(),
        )


@job("messages.tell_partner")
def tell(session: Session, participant_id: int, what: str, number: int, step: int, at: str) -> None:
    """Have each of them told on her own: of several addresses none sees another."""
    for one in people_of(session, participant_id):
        if _is_told(session, one, what):
            ask(
                session,
                "messages.tell_person",
                staff_id=str(one.id),
                what=what,
                number=number,
                step=step,
                at=at,
            )


@job("messages.tell_person", calls=True)
def tell_person(session: Session, staff_id: str, what: str, number: int, step: int, at: str) -> None:
    """Send one person the letter, unless it is not hers to read any more; a lost answer sends the same letter again."""
    tenant_id = tenant_of(session)
    person = session.get_one(Staff, (tenant_id, UUID(staff_id)))
    if not _is_told(session, person, what):
        return
    brand = session.get(Branding, tenant_id)
    lang = brand.language if brand else LANGUAGES[0]
    post_mail(
        derived_id(datetime.fromisoformat(at), what, tenant_id, number, step, person.id),
        to=[person.login],
        subject=translate(lang, _SUBJECTS[what], number=number),
        text=translate(lang, _TEXTS[what], number=number),
    )


def _is_told(session: Session, person: Staff, what: str) -> bool:
    """Whether she is active, has an address, and her roles open the page that the letter is about."""
    if not person.active or person.participant_id is None or "@" not in person.login:
        return False
    return _OPENS[what] in together(roles_of(session, person.id))
