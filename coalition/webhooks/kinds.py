"""What can be told of: a shape for each kind of event, of which messages are made and the API's document tells."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from tenants.translations import N_

ReturnState = Literal["waiting", "applied", "manual", "by_terms", "let_be", "same"]
"""What has become of a return: `transactions.models.PurchaseReturn` says what each means."""


class Told(BaseModel):
    """What a message tells of an event: ids and numbers, and never anything of a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    about: ClassVar[str]


class MemberEnrolled(Told):
    """Who joined."""

    kind = "member.enrolled"
    about = N_("A member joined the programme")
    member_id: UUID


class PointsSpent(Told):
    """Points that paid; `amount` is what they paid, in minor units."""

    kind = "points.spent"
    about = N_("Points paid for a sale, or for a part of it")
    purchase_id: UUID
    reference: str
    member_id: UUID
    balance_version: int
    points: int
    amount: int


class PurchaseBooked(Told):
    """A sale; `amount` is what money pays, in minor units, `points` what the sale gives."""

    kind = "purchase.booked"
    about = N_("A sale was booked")
    purchase_id: UUID
    reference: str
    member_id: UUID
    balance_version: int
    occurred_at: datetime
    amount: int
    points: int


class ReturnBooked(Told):
    """A return, with what it takes of the points that the sale gave, and what it gives back of those that paid."""

    kind = "return.booked"
    about = N_("Goods were taken back")
    return_id: UUID
    reference: str
    member_id: UUID
    balance_version: int
    occurred_at: datetime
    state: ReturnState
    purchase_id: UUID | None
    amount: int
    points: int
    points_back: int


KINDS: dict[str, type[Told]] = {
    one.kind: one for one in (MemberEnrolled, PointsSpent, PurchaseBooked, ReturnBooked)
}
