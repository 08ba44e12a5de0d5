"""What a participant may know of sales at its own partners: sums by day, and each sale with its member masked.

Points are those that members got for the sale from promotions that the participant pays for alone; what others paid is
not told, and what it shares with them is in its statements.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from coalition.ledger.post import day_start
from coalition.partners.models import Merchant
from coalition.partners.queries import participant_by_id
from coalition.promotions.models import PromotionVersion
from coalition.transactions.models import Purchase, PurchaseReturn
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import milliseconds
from tenants.vault import vault_of

ROWS = 25
_MASK = 8


class Day(NamedTuple):
    """One day on which sales were booked: how many, their sum in minor units, the points."""

    day: date
    sales: int
    minor: int
    points: int


class Figures(NamedTuple):
    """The days of a period, and how many different members bought in all of it."""

    days: Sequence[Day]
    members: int

    @property
    def total(self) -> Day:
        """All days together, by the first of them."""
        return Day(
            self.days[0].day,
            sum(one.sales for one in self.days),
            sum(one.minor for one in self.days),
            sum(one.points for one in self.days),
        )


class Sale(NamedTuple):
    """A sale; `member` is a name that only this participant sees for her, `back` what was brought back."""

    purchase: Purchase
    member: str
    seller: str
    points: int
    back: int


def own_versions(session: Session, participant_id: int) -> frozenset[int]:
    """Versions of promotions that the participant pays for alone."""
    code = participant_by_id(session, participant_id).code
    paid = PromotionVersion.document["funding"] == [{"participant": code, "share": 100}]
    found = select(PromotionVersion.id).where(PromotionVersion.tenant_id == tenant_of(session), paid)
    return frozenset(session.scalars(found))


def figures(
    session: Session, participant_id: int, partners: Collection[int], zone: str, first: date, last: date
) -> Figures:
    """Sales from one business day to another, both included, by the day on which they were booked."""
    asked = {
        "tenant": tenant_of(session),
        "partners": sorted(partners),
        "versions": sorted(own_versions(session, participant_id)),
        "zone": zone,
        "from": _floor(first, zone),
        "until": _floor(last + timedelta(days=1), zone),
    }
    rows = session.execute(text(_BY_DAY), asked).all()
    known = {row.day: Day(row.day, row.sales, int(row.minor), int(row.points)) for row in rows}
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    members = session.scalar(text(_MEMBERS), asked)
    return Figures([known.get(day, Day(day, 0, 0, 0)) for day in days], int(members or 0))


def sales(
    session: Session, participant_id: int, partners: Collection[int], *, older: UUID | None = None
) -> Sequence[Sale]:
    """The newest sales before one, a row more than a page holds where there are more."""
    query = select(Purchase).where(
        Purchase.tenant_id == tenant_of(session), Purchase.partner_id.in_(sorted(partners))
    )
    if older is not None:
        query = query.where(Purchase.id < older)
    rows = session.scalars(query.order_by(Purchase.id.desc()).limit(ROWS + 1)).all()
    versions, back, sellers = (
        own_versions(session, participant_id),
        _back(session, rows),
        _sellers(session, rows),
    )
    names = seen_as(session, participant_id, {row.member_id for row in rows})
    return [
        Sale(row, names[row.member_id], sellers[row.merchant_id], _points(row, versions), back.get(row.id, 0))
        for row in rows
    ]


def seen_as(session: Session, participant_id: int, members: Collection[UUID]) -> Mapping[UUID, str]:
    """What members are called to one participant: it tells the purchases of each together, and nothing else of her.

    Another participant has another name for her, so that two cannot find out whom they share.
    """
    digests = vault_of(session).digests(f"seen-{participant_id}", [member.hex for member in members])
    return {
        member: f"••\u00a0{digest.hex()[:_MASK]}" for member, digest in zip(members, digests, strict=True)
    }


def _points(row: Purchase, versions: frozenset[int]) -> int:
    return sum(row.reason[i + 2] for i in range(0, len(row.reason), 5) if row.reason[i] in versions)


def _back(session: Session, rows: Sequence[Purchase]) -> Mapping[UUID, int]:
    found = session.execute(
        select(PurchaseReturn.purchase_id, func.sum(PurchaseReturn.amount))
        .where(
            PurchaseReturn.tenant_id == tenant_of(session),
            PurchaseReturn.member_id.in_({row.member_id for row in rows}),
            PurchaseReturn.purchase_id.in_([row.id for row in rows]),
            PurchaseReturn.state == "applied",
            ~PurchaseReturn.told_again,
        )
        .group_by(PurchaseReturn.purchase_id)
    )
    return {purchase: int(amount) for purchase, amount in found if purchase is not None}


def _sellers(session: Session, rows: Sequence[Purchase]) -> Mapping[int, str]:
    found = session.execute(
        select(Merchant.id, Merchant.name).where(
            Merchant.tenant_id == tenant_of(session), Merchant.id.in_({row.merchant_id for row in rows})
        )
    )
    return dict(found.all())


def _floor(day: date, zone: str) -> UUID:
    """The least id of what is booked on a day: ids begin with their moment."""
    return UUID(int=milliseconds(day_start(day, zone)) << 80)


_OWN = "tenant_id = :tenant and partner_id = any(:partners) and id >= :from and id < :until"
_BY_DAY = f"""
select (booked_at at time zone :zone)::date as day, count(*) as sales, sum(amount) as minor,
    sum(coalesce((select sum(reason[i]) from generate_series(3, cardinality(reason), 5) i
        where reason[i - 2] = any(:versions)), 0)) as points
from purchase where {_OWN} group by 1"""  # noqa: S608 -- both parts stand here
_MEMBERS = f"select count(distinct member_id) from purchase where {_OWN}"  # noqa: S608
