"""How much of a tenant there is, counted once an hour, so that a list of tenants counts nothing."""

from datetime import date, datetime

from sqlalchemy import BigInteger, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.ledger.models import Balance
from coalition.members.models import Member
from coalition.programmes.models import Programme
from coalition.transactions.models import Purchase
from tenants.runtime import clock
from tenants.runtime.db import TenantBase, tenant_of
from tenants.runtime.jobs import every, job


class Usage(TenantBase):
    """Members, purchases booked in the month that begins with `month`, and points that members have."""

    __tablename__ = "usage"

    at: Mapped[datetime]
    month: Mapped[date]
    members: Mapped[int] = mapped_column(BigInteger)
    purchases: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[int] = mapped_column(BigInteger)


def usage_of(session: Session) -> Usage | None:
    """As it was counted last; nothing before the first count."""
    return session.get(Usage, (tenant_of(session),), populate_existing=True)


@job("usage.count", bulk=True)
def count_usage(session: Session) -> None:
    """Count the tenant anew. The month is that of its first programme's clock; a tenant without one is left out."""
    tenant_id = tenant_of(session)
    zone = session.scalars(
        select(Programme.zone).where(Programme.tenant_id == tenant_id).order_by(Programme.id).limit(1)
    ).first()
    if zone is None:
        return
    month = clock.business_day(zone).replace(day=1)
    begins = datetime(month.year, month.month, 1, tzinfo=clock.zone(zone))
    points = func.coalesce(func.sum(Balance.available + Balance.pending + Balance.held - Balance.debt), 0)
    found = {
        "at": clock.now(),
        "month": month,
        "members": session.scalar(select(func.count()).where(Member.tenant_id == tenant_id)),
        "purchases": session.scalar(
            select(func.count()).where(Purchase.tenant_id == tenant_id, Purchase.booked_at >= begins)
        ),
        "points": session.scalar(select(points).where(Balance.tenant_id == tenant_id)),
    }
    row = insert(Usage).values(tenant_id=tenant_id, **found)
    session.execute(row.on_conflict_do_update(index_elements=[Usage.tenant_id], set_=found))


every(3600, "usage.count")
