"""Orders and sales that are one, or may be."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class OrderSale(TenantBase):
    """An order and a sale of one member that are the same, or may be, and then `why` that is not certain.

    `rule` is who pays of the two by the terms of the day they were found to be one; `pays` is which of them does now:
    nobody does "instead" where the order gives nothing. A person's decision is final.
    """

    __tablename__ = "order_sale"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(primary_key=True)
    why: Mapped[str | None] = mapped_column(String(8, collation="C"))
    rule: Mapped[str | None] = mapped_column(String(8, collation="C"))
    pays: Mapped[str | None] = mapped_column(String(8, collation="C"))
    found_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(4, collation="C"))
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("shop_order", "member_id", "order_id", to=("member_id", "id")),
        belongs_to("purchase", "member_id", "sale_id", to=("member_id", "id")),
        belongs_to("staff", "decided_by", to=("id",)),
        CheckConstraint("why in ('several', 'amount')", name="why"),
        CheckConstraint("rule in ('order', 'sale', 'greater')", name="rule"),
        CheckConstraint("pays is null or pays in ('order', 'sale') and rule is not null", name="pays"),
        CheckConstraint("decision in ('same', 'two')", name="decision"),
        CheckConstraint("(decision is null) = (decided_at is null)", name="decided"),
        Index(
            "order_sale_open_idx",
            "tenant_id",
            "found_at",
            postgresql_where=text("why is not null and decision is null"),
        ),
    )
