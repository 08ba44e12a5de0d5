"""What was entered by hand."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class What(StrEnum):
    """What a person enters."""

    SALE = "sale"
    RETURN = "return"
    CARD = "card"  # an issued one is activated, or one more is given


class HandOperation(TenantBase):
    """One operation that a company's person entered by hand at an outlet; never changed.

    `id` is the key of the form that was sent, `cause_id` the purchase, the return or the card; `number` is what people
    call a sale or a return. `amount` is in minor units, `day` the programme's, for the limit of a person and day.
    """

    __tablename__ = "hand_operation"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    participant_id: Mapped[int]
    outlet_id: Mapped[int]
    staff_id: Mapped[UUID]
    what: Mapped[What] = mapped_column(String(8, collation="C"))
    number: Mapped[str] = mapped_column(String(64, collation="C"))
    amount: Mapped[int] = mapped_column(BigInteger)
    cause_id: Mapped[UUID]
    day: Mapped[date]
    at: Mapped[datetime]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        belongs_to("outlet", "outlet_id", to=("id",)),
        belongs_to("staff", "staff_id", to=("id",)),
        CheckConstraint("what in ('sale', 'return', 'card')", name="what"),
        CheckConstraint("amount >= 0", name="amount"),
        Index("hand_operation_day_idx", "tenant_id", "staff_id", "day"),
        Index("hand_operation_participant_idx", "tenant_id", "participant_id", "id"),
        Index("hand_operation_latest_idx", "tenant_id", "participant_id", "at"),
        Index("hand_operation_cause_idx", "tenant_id", "member_id", "cause_id"),
    )


def source_of(participant_id: int) -> str:
    """The source that what a company's people enter by hand is told by."""
    return f"hand {participant_id}"
