"""The coalition's closed month: its statements on their ways, by those who walk them."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.demo import plyos_terms
from coalition.partners.queries import participants_by_code
from coalition.programmes.models import Programme
from coalition.settlement.answering import agree, dispute, send
from coalition.settlement.closing import close
from coalition.settlement.queries import lines_of, statement_of
from tenants.actor import SYSTEM, Actor
from tenants.models import Staff
from tenants.permissions import OF_PARTICIPANTS
from tenants.runtime.db import tenant_of

SENT = ("brody", plyos_terms.RETAILER, plyos_terms.CAFE)
"""Whose statements are sent; of them the retailer agrees, the café disputes a line, and the bank has not answered."""


def close_month(session: Session, programme: Programme, month: date) -> None:
    """Draw up the month's statements: one sent, one agreed, one disputed on its fee, the others only drawn."""
    close(session, SYSTEM, programme_id=programme.id, month=month)
    owners = participants_by_code(session)
    for code in SENT:
        send(session, SYSTEM, programme_id=programme.id, month=month, participant_id=owners[code])
    retailer, cafe = (_manager(session, login) for login, *_ in plyos_terms.MANAGERS)
    assert retailer.participant_id is not None and cafe.participant_id is not None  # noqa: PT018  both are managers
    agree(session, retailer, programme_id=programme.id, month=month, participant_id=retailer.participant_id)
    statement = statement_of(session, programme.id, month, cafe.participant_id)
    fee = next(one for one in lines_of(session, statement) if one.kind == "fee")
    dispute(
        session, cafe, programme_id=programme.id, month=month, participant_id=cafe.participant_id,
        side=fee.side, place=fee.place, words=plyos_terms.OBJECTION, minor=fee.minor * 9 // 10,
    )  # fmt: skip


def _manager(session: Session, login: str) -> Actor:
    found = session.scalars(
        select(Staff).where(Staff.tenant_id == tenant_of(session), Staff.login == login)
    ).one()
    return Actor("staff", id=found.id, permissions=OF_PARTICIPANTS, participant_id=found.participant_id)
