"""Purchases as criteria look at them: net of their returns; of one that came back whole nothing is left to see."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Subquery, and_, func, select

from coalition.members.models import Member
from coalition.promotions.kinds import OperationKind
from coalition.promotions.part import Mcc
from coalition.segments.criteria.base import Code, Criterion, Scope
from coalition.transactions.models import Purchase, PurchaseReturn


class OfPurchases(Criterion):
    """A criterion of what was bought: at certain partners, in certain categories, or anywhere."""

    partners: Annotated[tuple[Code, ...], Field(max_length=1000)] = ()
    mcc: Annotated[tuple[Mcc, ...], Field(max_length=1000)] = ()

    def names(self) -> dict[str, tuple[str, ...]]:
        """Partners."""
        return {"partners": self.partners}


def sold(
    scope: Scope,
    window_days: int | None = None,
    partners: tuple[str, ...] = (),
    mcc: tuple[str, ...] = (),
    *,
    among: bool = False,
) -> Subquery:
    """The tenant's purchases as (member_id, amount, occurred_at), from `window_days` ago on.

    With `among` those of the programme's members only, for what holds one member against the others.
    """
    backs = (
        select(
            PurchaseReturn.member_id,
            PurchaseReturn.purchase_id,
            func.sum(PurchaseReturn.amount).label("amount"),
        )
        .where(PurchaseReturn.tenant_id == scope.tenant_id, PurchaseReturn.state == "applied")
        .group_by(PurchaseReturn.member_id, PurchaseReturn.purchase_id)
        .subquery()
    )
    net: Any = Purchase.amount - func.coalesce(backs.c.amount, 0)
    query = (
        select(Purchase.member_id, net.label("amount"), Purchase.occurred_at)
        .outerjoin(backs, and_(backs.c.member_id == Purchase.member_id, backs.c.purchase_id == Purchase.id))
        .where(
            Purchase.tenant_id == scope.tenant_id,
            Purchase.kind == OperationKind.PURCHASE,
            net > 0,
        )
    )
    if among:
        query = query.join(
            Member, and_(Member.tenant_id == Purchase.tenant_id, Member.id == Purchase.member_id)
        ).where(Member.tenant_id == scope.tenant_id, Member.programme_id == scope.programme_id)
    if window_days is not None:
        query = query.where(Purchase.occurred_at >= scope.since(window_days))
    if partners:
        query = query.where(Purchase.partner_id.in_(scope.partners[code] for code in partners))
    if mcc:
        query = query.where(Purchase.mcc.in_(map(int, mcc)))
    return query.subquery()
