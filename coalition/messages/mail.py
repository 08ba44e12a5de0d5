"""Mail to people of the house: one plain letter by the deployment's server, which is an address as SMS_URL is one."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from uuid import UUID

from tenants.runtime import settings
from tenants.runtime.errors import Outage, Refusal

SECONDS_MAX = 10.0
_PORTS = {"smtp": 587, "smtps": 465}


def mail_goes_out() -> bool:
    """Whether this deployment has a server for mail."""
    return bool(settings.current().smtp_url)


class Attached(NamedTuple):
    """A file that goes with a letter: what it is called, its media type ("application/pdf") and its bytes."""

    name: str
    media: str
    content: bytes


def post_mail(
    message_id: UUID, *, to: Sequence[str], subject: str, text: str, attached: Attached | None = None
) -> None:
    """Hand a letter over to the server, for all of them at once, with one file if there is one.

    Raises Outage("mail_away") when it is worth asking again, Refusal("mail_refused") where the server takes it for none
    of them. It may get the same letter twice, under the same id, when its answer is lost.
    """
    chosen = settings.current()
    if not chosen.smtp_url:
        raise Outage("mail_away", why="SMTP_URL is not set")
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = chosen.mail_from, ", ".join(to), subject
    letter["Message-ID"] = f"<{message_id}@{chosen.mail_from.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    if attached is not None:
        kind, _, form = attached.media.partition("/")
        letter.add_attachment(attached.content, maintype=kind, subtype=form, filename=attached.name)
    try:
        with _server(chosen.smtp_url) as server:
            server.send_message(letter, from_addr=chosen.mail_from, to_addrs=list(to))
    except smtplib.SMTPRecipientsRefused as error:
        if all(status >= 500 for status, _said in error.recipients.values()):
            raise Refusal("mail_refused") from None
        raise Outage("mail_away", why="recipients") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Outage("mail_away", why=type(error).__name__) from None


def _server(url: str) -> smtplib.SMTP:
    """A connection that was let in: encrypted from the first byte by smtps, else as soon as the server offers it."""
    at = urlsplit(url)
    host, port = at.hostname or "", at.port or _PORTS[at.scheme]
    trusted = ssl.create_default_context()
    if at.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS_MAX, context=trusted)
    else:
        server = smtplib.SMTP(host, port, timeout=SECONDS_MAX)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=trusted)
    if at.username:
        server.login(unquote(at.username), unquote(at.password or ""))
    return server
