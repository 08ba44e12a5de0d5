"""Writes of texts: one is asked for in the transaction of its cause."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from coalition.messages.models import PHONE, PLACE, TextMessage, What
from coalition.programmes.models import Programme
from tenants.models import Branding
from tenants.runtime import clock, settings
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import new_id
from tenants.runtime.jobs import ask
from tenants.runtime.language import LANGUAGES, translate
from tenants.vault import vault_of


def texts_go_out() -> bool:
    """Whether this deployment has a gateway for texts to phones."""
    return bool(settings.current().sms_url)


def send_text(
    session: Session,
    programme: Programme,
    *,
    what: What,
    member_id: UUID | None,
    phone: str,
    message: str,
    until: datetime,
    **facts: object,
) -> UUID:
    """Have a message sent to a member's phone (E.164) in the tenant's language, if it can be before `until`.

    `message` may name the %(programme)s; `what` it is stays known without its words. One to no phone at all is kept and
    forgotten alike: nothing that can be measured tells a member's phone from a stranger's.
    """
    brand = session.get(Branding, tenant_of(session))
    lang = brand.language if brand else LANGUAGES[0]
    text = translate(lang, message, programme=programme.name.get(lang, ""), **facts)
    row_id, vault = new_id(), vault_of(session)
    session.add(
        TextMessage(
            tenant_id=tenant_of(session),
            id=row_id,
            sealed=vault.seal(json.dumps([phone, text]), PLACE, row_id),
            phone=vault.digest(PHONE, phone),
            member_id=member_id,
            what=what,
            made_at=clock.now(),
            until=until,
        )
    )
    ask(session, "messages.send", message_id=row_id)
    return row_id


def forget_texts(session: Session, *which: ColumnElement[bool]) -> None:
    """Let none of these texts leave any more, and forget them; one that is on its way is waited for."""
    session.execute(
        update(TextMessage)
        .where(TextMessage.tenant_id == tenant_of(session), TextMessage.state == "waiting", *which)
        .values(sealed=None, phone=None, state="failed", finished_at=clock.now())
    )
