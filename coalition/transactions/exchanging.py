"""Giving game units for what a promotion gives for them."""

from uuid import UUID

from sqlalchemy.orm import Session

from coalition.benefits.actions import spend_units
from coalition.members.queries import member_by_id
from coalition.programmes.queries import programme_by_id
from coalition.promotions.explain import entries
from coalition.transactions.models import Occasion
from coalition.transactions.occasions import Happened, note_occasions, occasion_of
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Refusal


def exchange(
    session: Session, actor: Actor, *, member_id: UUID, units: str, quantity: int, request_id: str
) -> Occasion:
    """Give so many units, and get what promotions give for that. The same request again is the same exchange.

    Raises Refusal("not_enough_units", left=...), or Refusal("exchange_not_offered") where nothing, or not the whole of
    it, would be given: then nothing is taken either. Conflict("request_reused") for another quantity.
    """
    actor.must(Permission.CABINET_REDEMPTION_MAKE, member_id=member_id)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    spend_units(
        session, actor, member_id=member_id, benefit_code=units, quantity=quantity, request_id=request_id
    )
    now = clock.now()
    told = Happened(member_id, "exchange", request_id, now, {"quantity": quantity}, units)
    booked = note_occasions(session, programme, [told])
    if not booked:
        return occasion_of(session, told)
    gave = entries(booked[0].reason)
    if not any(points for _, _, points, *_ in gave) or any(cut for _, _, _, cut, *_ in gave):
        raise Refusal("exchange_not_offered", quantity=quantity)
    return booked[0]
