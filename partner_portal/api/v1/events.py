"""Events of the tenant's own: what happened to a member that is no purchase, told by the program that saw it."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from coalition.programmes.queries import programme_by_id
from coalition.promotions.checking import Flaw
from coalition.transactions.events import note_event
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.problems import Wrong, unfit
from partner_portal.api.v1.cheques import ById, Code, Moment, named
from partner_portal.api.v1.explanations import Given, given
from partner_portal.api.v1.members import Balance, Handle, balance
from tenants.runtime.errors import Refusal
from tenants.translations import N_


class EventBody(Body):
    """An event: `data` holds the fields that promotions declare for its `name`, all of them and no others."""

    member: Handle | ById
    name: Annotated[str, Field(min_length=1, max_length=40)]
    reference: Code
    occurred_at: Moment
    data: Annotated[dict[str, Any], Field(max_length=30)] = {}


class Noted(Answer):
    """An event as it was booked."""

    id: UUID
    name: str
    reference: str
    occurred_at: datetime
    points: int
    gives: list[Given]
    balance: Balance


@operation(
    "POST",
    "/events",
    scope="events:write",
    about=N_(
        "Tell an event. The same `name` and `reference` of the same client is the member's same event, for ever"
    ),
    takes=EventBody,
    gives=Noted,
    status=201,
    problems=("member_unknown", "too_many_tries", "in_the_future"),
    writes=True,
)
def record_event(call: Call, body: EventBody) -> Noted:
    """Book an event, or find the one that has its reference already."""
    session, member = call.session, named(call, body.member)
    try:
        booked = note_event(
            session,
            call.caller.actor,
            member_id=member.id,
            name=body.name,
            key=f"{call.caller.client_id} {body.reference}",
            occurred_at=body.occurred_at,
            fields=body.data,
        )
    except Refusal as refused:
        if refused.code != "event_invalid":
            raise
        raise unfit(_placed(one) for one in refused.facts["flaws"]) from None
    gives = given(session, programme_by_id(session, member.programme_id), booked.reason, call.lang)
    return Noted(
        id=booked.id,
        name=body.name,
        reference=body.reference,
        occurred_at=booked.occurred_at.astimezone(UTC),
        points=sum(one.given.value for one in gives if one.given.kind == "points"),
        gives=gives,
        balance=balance(session, member),
    )


def _placed(flaw: Flaw) -> Wrong:
    """A flaw of the event where the body has it."""
    part, _, field = flaw.field.partition(".")
    place = {"key": ("reference",), "name": ("name",), "fields": ("data", field)}[part]
    return Wrong(place, flaw.kind, flaw.why)
