"""Mail to people of a participant that something waits in their place: what and its number, and nothing that was said.

It goes to everybody of the company who is active and signs in with an e-mail address, where the deployment has a server
for mail (SMTP_URL).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from coalition.messages.mail import mail_goes_out, post_mail
from tenants.models import Branding
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


@job("messages.tell_partner", calls=True)
def tell(session: Session, participant_id: int, what: str, number: int, step: int, at: str) -> None:
    """Send the letter; a lost answer sends the same letter again."""
    to = [one.login for one in people_of(session, participant_id) if one.active and "@" in one.login]
    if not to:
        return
    brand = session.get(Branding, tenant_of(session))
    lang = brand.language if brand else LANGUAGES[0]
    post_mail(
        derived_id(datetime.fromisoformat(at), what, tenant_of(session), number, step),
        to=to,
        subject=translate(lang, _SUBJECTS[what], number=number),
        text=translate(lang, _TEXTS[what], number=number),
    )
