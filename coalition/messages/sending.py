"""Sending: a job for each text, tried again while the gateway is away and the text is of use."""

import json
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from coalition.messages import gateway
from coalition.messages.models import PLACE, TextMessage
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import every, job
from tenants.vault import vault_of

KEPT = timedelta(days=30)
"""How long it is known that a text was sent; what it said is forgotten at once."""


@job("messages.send", calls=True)
def send(session: Session, *, message_id: str) -> None:
    """Hand a text to the gateway, once if nothing breaks between; too late, or told no, it has failed."""
    row = session.get_one(TextMessage, (tenant_of(session), UUID(message_id)), with_for_update=True)
    if row.state != "waiting":
        return
    phone, text = json.loads(vault_of(session).open(row.sealed or b"", PLACE, row.id))
    if row.until <= clock.now():
        _finish(row, "failed")
    elif not phone:
        _finish(row, "sent")
    else:
        row.status = gateway.post(row.id, phone, text)
        _finish(row, "sent" if 200 <= row.status < 300 else "failed")


def _finish(row: TextMessage, state: str) -> None:
    row.state, row.finished_at, row.sealed = state, clock.now(), None


@job("messages.tidy", bulk=True)
def tidy(session: Session) -> None:
    """Forget that texts were sent a month ago."""
    session.execute(
        delete(TextMessage).where(
            TextMessage.tenant_id == tenant_of(session), TextMessage.finished_at < clock.now() - KEPT
        )
    )


every(86_400, "messages.tidy")
