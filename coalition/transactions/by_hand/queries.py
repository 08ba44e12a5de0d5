"""Reads of what was entered by hand. A company's own reach ends at its own rows; its door passes its number."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from coalition.partners.models import ApiClient, Outlet, Partner
from coalition.transactions.by_hand.models import HandOperation, What, source_of
from coalition.transactions.models import Purchase, PurchaseReturn
from coalition.transactions.sales import key_of
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal

SHOWN_MOST = 50


class OwnSale(NamedTuple):
    """A sale of a company's own with the source that told it, and what of its sum was brought back, in minor units."""

    source: str
    purchase: Purchase
    back: int

    @property
    def left(self) -> int:
        """What of the sum can be brought back yet."""
        return max(0, self.purchase.amount - self.back)


def entered(session: Session, member_id: UUID, key: UUID) -> HandOperation | None:
    """What a form has done, if it was sent already."""
    return session.scalars(
        select(HandOperation).where(
            HandOperation.tenant_id == tenant_of(session),
            HandOperation.member_id == member_id,
            HandOperation.id == key,
        )
    ).one_or_none()


def entered_by_company(session: Session, participant_id: int, key: UUID) -> HandOperation:
    """An operation of the company's own; NotFound("operation_unknown")."""
    found = session.scalars(
        select(HandOperation).where(
            HandOperation.tenant_id == tenant_of(session),
            HandOperation.participant_id == participant_id,
            HandOperation.id == key,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("operation_unknown")
    return found


def latest_of_company(session: Session, participant_id: int) -> Sequence[HandOperation]:
    """What the company's people have entered, the newest first."""
    return session.scalars(
        select(HandOperation)
        .where(HandOperation.tenant_id == tenant_of(session), HandOperation.participant_id == participant_id)
        .order_by(HandOperation.at.desc(), HandOperation.id)
        .limit(SHOWN_MOST)
    ).all()


def entered_on(session: Session, staff_id: UUID, day: date) -> tuple[int, int]:
    """What a person has entered on a day of the programme's: the money, in minor units, and how many cards."""
    sums = session.execute(
        select(
            func.coalesce(func.sum(HandOperation.amount), 0),
            func.count().filter(HandOperation.what == What.CARD),
        ).where(
            HandOperation.tenant_id == tenant_of(session),
            HandOperation.staff_id == staff_id,
            HandOperation.day == day,
        )
    ).one()
    return int(sums[0]), int(sums[1])


def outlets_by_cause(
    session: Session, members: Collection[UUID], causes: Collection[UUID]
) -> Mapping[UUID, Outlet]:
    """Where those of members' purchases and returns that were entered by hand were entered."""
    found = session.execute(
        select(HandOperation.cause_id, Outlet)
        .join(Outlet, (Outlet.tenant_id == HandOperation.tenant_id) & (Outlet.id == HandOperation.outlet_id))
        .where(
            HandOperation.tenant_id == tenant_of(session),
            HandOperation.member_id.in_(members),
            HandOperation.cause_id.in_(causes),
        )
    )
    return dict(found.all())


def outlets_by_row(
    session: Session, members: Sequence[UUID], causes: Sequence[UUID], of: int | None
) -> Mapping[UUID, Outlet]:
    """Where what stands behind rows was entered by hand.

    `causes` are the rows: purchases, returns, and transfers that one of them has caused, or that have paid for one;
    `members` are whose each is.

    Of one participant's operations alone, where one is named: where others entered theirs it is not told.
    """
    asked = {"tenant": tenant_of(session), "members": list(members), "rows": list(causes), "participant": of}
    rows = session.execute(text(_ROWS), asked).all()
    outlets = {
        one.id: one
        for one in session.scalars(
            select(Outlet).where(
                Outlet.tenant_id == tenant_of(session), Outlet.id.in_({row.outlet_id for row in rows})
            )
        )
    }
    return {row.id: outlets[row.outlet_id] for row in rows}


# Each row is looked up by its key, so that what this costs is what the register has, and not what its members have.
_ROWS = """
with a as (select * from unnest(cast(:members as uuid[]), cast(:rows as uuid[])) a (member_id, id)),
t as (select a.member_id, a.id, t.cause_id from a
    join lateral (select t.cause_id from transfer t
        where t.tenant_id = :tenant and t.member_id = a.member_id and t.id = a.id offset 0) t on true),
c as (select member_id, id, id as cause_id from a
    union all select member_id, id, cause_id from t
    union all
    select t.member_id, t.id, p.id from t
    join lateral (select r.sale_key from redemption r
        where r.tenant_id = :tenant and r.member_id = t.member_id and r.id = t.cause_id offset 0) r on true
    join lateral (select p.id from purchase p where p.tenant_id = :tenant and p.member_id = t.member_id
        and p.key = r.sale_key offset 0) p on true)
select c.id, h.outlet_id from c
join lateral (select h.outlet_id, h.participant_id from hand_operation h where h.tenant_id = :tenant
    and h.member_id = c.member_id and h.cause_id = c.cause_id and h.what <> 'card' offset 0) h on true
where cast(:participant as int) is null or h.participant_id = :participant"""


def own_sale(session: Session, participant_id: int, number: str) -> OwnSale:
    """The sale that a company's tills, or its people by hand, have told by this number.

    NotFound("hand_sale_unknown") where there is none, or it is another's; Refusal("hand_sale_twice") where two tills
    have given one number to two sales.
    """
    found = sale_numbered(session, participant_id, number)
    if not found:
        raise NotFound("hand_sale_unknown")
    if len(found) > 1:
        raise Refusal("hand_sale_twice")
    source, sale = found[0]
    return OwnSale(source, sale, _brought_back(session, sale))


def sale_numbered(session: Session, participant_id: int, number: str) -> Sequence[tuple[str, Purchase]]:
    """Sales at a company's own partners that its tills or its people have told by this number, each with its source."""
    keys = {key_of(source, number): source for source in _sources(session, participant_id)}
    rows = session.scalars(
        select(Purchase)
        .join(Partner, (Partner.tenant_id == Purchase.tenant_id) & (Partner.id == Purchase.partner_id))
        .where(
            Purchase.tenant_id == tenant_of(session),
            Purchase.key.in_(keys),
            Partner.participant_id == participant_id,
        )
        .order_by(Purchase.id)
    )
    return [(keys[row.key], row) for row in rows]


def _sources(session: Session, participant_id: int) -> list[str]:
    clients = select(ApiClient.id).where(
        ApiClient.tenant_id == tenant_of(session), ApiClient.participant_id == participant_id
    )
    return [source_of(participant_id), *session.scalars(clients)]


def _brought_back(session: Session, sale: Purchase) -> int:
    found = session.scalar(
        select(func.coalesce(func.sum(PurchaseReturn.amount), 0)).where(
            PurchaseReturn.tenant_id == tenant_of(session),
            PurchaseReturn.member_id == sale.member_id,
            PurchaseReturn.purchase_id == sale.id,
            PurchaseReturn.state == "applied",
            ~PurchaseReturn.told_again,
        )
    )
    return int(found or 0)
