"""The row by which a sale stands back: for the other telling of it, or for the order that it was."""

from uuid import UUID

from coalition.programmes.models import Programme
from coalition.promotions.index import microseconds
from coalition.transactions.models import Purchase, PurchaseReturn
from tenants.runtime import clock
from tenants.runtime.ids import stamped_id


def row_of(
    programme: Programme, sale: Purchase, key: bytes, *, order_id: UUID | None = None
) -> PurchaseReturn:
    """It takes the whole sale back, stamped with the sale's moment; the same key is the same row."""
    now = clock.now()
    return PurchaseReturn(
        tenant_id=sale.tenant_id,
        member_id=sale.member_id,
        id=stamped_id(microseconds(sale.occurred_at) // 1000, key),
        key=UUID(bytes=key),
        occurred_at=sale.occurred_at,
        booked_at=now,
        amount=sale.amount,
        merchant_id=sale.merchant_id,
        partner_id=sale.partner_id,
        mcc=sale.mcc,
        state="applied",
        wait_until=clock.business_day(programme.zone, now),
        purchase_id=sale.id,
        same_order=order_id,
    )
