"""Sending: a job for each text, tried again while the gateway is away and the text is of use."""

import json
import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, delete, update
from sqlalchemy.orm import Session

from coalition.members.consents import ADVERTISING, has_agreed
from coalition.messages import gateway
from coalition.messages.models import PLACE, TextMessage, What
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import every, job
from tenants.vault import vault_of

logger = logging.getLogger(__name__)

KEPT, ADVERTISING_KEPT = timedelta(days=30), timedelta(days=90)
"""How long it is known that a text was sent; what it said is forgotten at once. Advertising is read longer."""


@job("messages.send", calls=True)
def send(session: Session, *, message_id: str) -> None:
    """Hand a text to the gateway, once if nothing breaks between; too late, or told no, it has failed."""
    row = session.get_one(TextMessage, (tenant_of(session), UUID(message_id)), with_for_update=True)
    if row.state != "waiting":
        return
    phone, text = json.loads(vault_of(session).open(row.sealed or b"", PLACE, row.id))
    if row.until <= clock.now():
        _finish(row, "failed")
        logger.warning("The text %s came too late", row.id)
    elif _is_refused(session, row):
        _finish(row, "failed")
    elif not phone:
        _finish(row, "sent")
    else:
        row.status = gateway.post(row.id, phone, text)
        taken = 200 <= row.status < 300
        _finish(row, "sent" if taken else "failed")
        if not taken:
            logger.warning("The gateway refused the text %s: %s", row.id, row.status)


def _is_refused(session: Session, row: TextMessage) -> bool:
    """Whether it is advertising for somebody who wants none any more: a refusal holds at once."""
    if row.what != What.ADVERTISING or row.member_id is None:
        return False
    return not has_agreed(session, row.member_id, ADVERTISING)


def _finish(row: TextMessage, state: str) -> None:
    row.state, row.finished_at, row.sealed, row.phone = state, clock.now(), None, None


@job("messages.tidy", bulk=True)
def tidy(session: Session) -> None:
    """Forget what texts said that nobody sends any more, and that some were sent, a month or more ago."""
    over = (
        update(TextMessage)
        .where(
            TextMessage.tenant_id == tenant_of(session),
            TextMessage.state == "waiting",
            TextMessage.until <= clock.now(),
        )
        .values(state="failed", finished_at=clock.now(), sealed=None, phone=None)
        .returning(TextMessage.id)
    )
    for message in session.scalars(over):
        logger.warning("The text %s came too late", message)
    session.execute(
        delete(TextMessage).where(
            TextMessage.tenant_id == tenant_of(session),
            TextMessage.finished_at
            < case(
                (TextMessage.what == What.ADVERTISING, clock.now() - ADVERTISING_KEPT),
                else_=clock.now() - KEPT,
            ),
        )
    )


every(86_400, "messages.tidy")
