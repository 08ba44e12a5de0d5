"""Why a purchase gave what it gave: the stored explanation, what was missed, when the points can be spent and burn."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Lot, Purpose, Transfer
from coalition.members.models import Member
from coalition.members.queries import member_by_id
from coalition.offers.queries import MyOrder
from coalition.partners.models import Merchant, Outlet, Participant, Partner
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.awards import points_of
from coalition.promotions.case import Failed
from coalition.promotions.document import Document
from coalition.promotions.engine import evaluate, replay
from coalition.promotions.explain import CONTROL, Applied, Missed, entries
from coalition.promotions.gives import Giving
from coalition.promotions.index import Rule
from coalition.promotions.models import PromotionVersion
from coalition.promotions.profiles import facts_of
from coalition.promotions.queries import index_of, versions_by_id
from coalition.transactions.by_hand.queries import outlets_by_cause
from coalition.transactions.corrections.models import Correction
from coalition.transactions.models import Purchase, PurchaseReturn
from coalition.transactions.of_orders.queries import orders_of_sales
from coalition.transactions.revaluing import Booked, booked_purchases, past_of
from coalition.transactions.two_channels.queries import other_tellings
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@dataclass(frozen=True)
class Corrected:
    """What a correction did to a purchase: points, and the terms that gave something before and after it."""

    correction: Correction
    before: Document | None
    after: Document | None
    points: int


@dataclass(frozen=True)
class Why:
    """A purchase explained. `points` is what it gave when it was booked; corrections and returns come along.

    `told_twice` is the same sale as the other channel told it, and `paid_there` says that it is that one that pays.
    `ordered` is the same sale as an order at a network's shop, with which of both pays: "order" or "sale".
    `by_hand` is the outlet at which a partner's person entered it, if one did.
    `would_give` is what the engine gives what is left of it by everything that is known now.
    """

    programme: Programme
    purchase: Purchase
    merchant: str
    partner: Partner | None
    applied: tuple[Applied, ...]
    missed: tuple[tuple[Missed, Document], ...]
    points: int
    paid_by: tuple[tuple[Participant, int], ...]
    lots: Sequence[Lot]
    corrections: Sequence[Corrected]
    returns: Sequence[PurchaseReturn]
    net_points: int
    told_twice: Purchase | None
    paid_there: bool
    ordered: tuple[MyOrder, str] | None
    by_hand: Outlet | None
    would_give: int

    @property
    def returned_points(self) -> int:
        """What returns have changed."""
        return self.net_points - self.points - sum(one.points for one in self.corrections)


def why(session: Session, *, member_id: UUID, purchase_id: UUID) -> Why:
    """Explain a member's purchase; NotFound("purchase_unknown")."""
    tenant_id = tenant_of(session)
    purchase = session.get(Purchase, (tenant_id, member_id, purchase_id))
    if purchase is None:
        raise NotFound("purchase_unknown")
    member = member_by_id(session, member_id)
    programme = programme_by_id(session, member.programme_id)
    applied = _applied(session, purchase)
    booked, not_met, would_give = _replayed(session, programme, member, purchase)
    noted = booked.noted
    documents = versions_by_id(session, {item.version for item in not_met})
    returns = session.scalars(
        select(PurchaseReturn)
        .where(
            PurchaseReturn.tenant_id == tenant_id,
            PurchaseReturn.member_id == member_id,
            PurchaseReturn.purchase_id == purchase_id,
            PurchaseReturn.state == "applied",
            ~PurchaseReturn.told_again,
        )
        .order_by(PurchaseReturn.id)
    ).all()
    other, paid_there = other_tellings(session, member_id, [purchase_id]).get(purchase_id, (None, False))
    awards = _transfers(session, member_id, [purchase_id], Purpose.AWARD)
    return Why(
        programme=programme,
        purchase=purchase,
        merchant=session.get_one(Merchant, (tenant_id, purchase.merchant_id)).name,
        partner=session.get(Partner, (tenant_id, purchase.partner_id)) if purchase.partner_id else None,
        applied=applied,
        missed=tuple((item, documents[item.version]) for item in not_met),
        points=sum(transfer.points for transfer in awards),
        paid_by=_paid_by(session, awards),
        lots=_lots(session, member_id, [*(award.id for award in awards), *(noted.lots if noted else ())]),
        corrections=_corrected(session, noted.corrected) if noted else (),
        returns=returns,
        net_points=_points_of(session, booked.standing),
        told_twice=other,
        paid_there=paid_there,
        ordered=orders_of_sales(session, member_id, [purchase_id]).get(purchase_id),
        by_hand=outlets_by_cause(session, [member_id], [purchase_id]).get(purchase_id),
        would_give=would_give,
    )


def _replayed(
    session: Session, programme: Programme, member: Member, purchase: Purchase
) -> tuple[Booked, list[Missed], int]:
    """The purchase as it stands, the versions that gave nothing, and what the others give.

    Her purchases are replayed up to this one.
    """
    index = index_of(session, programme)
    facts = facts_of(session, index, [member], {})[member.id]
    before = []
    for booked in booked_purchases(session, member.id):
        if booked.purchase.id == purchase.id:
            break
        before.append(past_of(programme, booked))
    deque(replay(index, facts, before), maxlen=0)
    line, day, at, facts.segments, receipt = past_of(programme, booked._replace(net=purchase.amount))
    told: list[tuple[Rule, Failed]] = []
    aside = replace(facts, counters=dict(facts.counters), touched=set(), rooms=dict(facts.rooms))
    evaluate(index, aside, line, day, receipt, booked=at, told=told)
    (left,) = replay(index, facts, [past_of(programme, booked)])
    return booked, [_missed(rule, failed, member) for rule, failed in told], points_of(left)


def _missed(rule: Rule, failed: Failed, member: Member) -> Missed:
    """Why a version gave nothing. Whom its test keeps out, it would never have paid, whatever else failed first."""
    if rule.test is not None and rule.keeps_out(member.id):
        return Missed(rule.version, CONTROL, rule.test.name)
    return Missed(rule.version, failed.condition, failed.wanted, failed.actual)


def _points_of(session: Session, reason: Sequence[int]) -> int:
    """Points of a kept explanation; discounts and benefits are none."""
    found = entries(reason)
    documents = versions_by_id(session, {version for version, *_ in found})
    return sum(points for version, _, points, *_ in found if documents[version].gives.giving is Giving.POINTS)


def _applied(session: Session, purchase: Purchase) -> tuple[Applied, ...]:
    met = entries(purchase.reason)
    documents = versions_by_id(session, {version for version, *_ in met})
    rows = session.execute(
        select(PromotionVersion.id, PromotionVersion.starts_at).where(
            PromotionVersion.tenant_id == purchase.tenant_id, PromotionVersion.id.in_(documents)
        )
    )
    starts = {row.id: row.starts_at for row in rows}
    return tuple(Applied(version, documents[version], starts[version], *rest) for version, *rest in met)


def _transfers(
    session: Session, member_id: UUID, causes: Sequence[UUID], purpose: Purpose
) -> Sequence[Transfer]:
    return session.scalars(
        select(Transfer).where(
            Transfer.tenant_id == tenant_of(session),
            Transfer.member_id == member_id,
            Transfer.cause_id.in_(causes),
            Transfer.purpose == purpose,
        )
    ).all()


def _paid_by(session: Session, awards: Sequence[Transfer]) -> tuple[tuple[Participant, int], ...]:
    paid: dict[int, int] = {}
    for award in awards:
        assert award.funder_id is not None, "an award has a funder"
        paid[award.funder_id] = paid.get(award.funder_id, 0) + award.points
    tenant_id = tenant_of(session)
    return tuple(
        (session.get_one(Participant, (tenant_id, number)), points) for number, points in sorted(paid.items())
    )


def _lots(session: Session, member_id: UUID, ids: Collection[UUID]) -> Sequence[Lot]:
    return session.scalars(
        select(Lot)
        .where(Lot.tenant_id == tenant_of(session), Lot.member_id == member_id, Lot.id.in_(ids))
        .order_by(Lot.active_on, Lot.id)
    ).all()


def _corrected(session: Session, flat: Sequence[int]) -> Sequence[Corrected]:
    """What corrections did, in their order, from the flat fours that a purchase keeps."""
    fours = [flat[i : i + 4] for i in range(0, len(flat), 4)]
    documents = versions_by_id(session, {version for _, *versions, _ in fours for version in versions})
    return [
        Corrected(
            session.get_one(Correction, (tenant_of(session), number)),
            documents.get(before),
            documents.get(after),
            points,
        )
        for number, before, after, points in fours
    ]
