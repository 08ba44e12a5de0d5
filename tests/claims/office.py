"""A shop with a member, two officers who decide and one who signs."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.claims import jobs
from coalition.claims.actions import open_claim, take
from coalition.claims.deciding import Proposal
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim
from coalition.ledger.models import Purpose, Transfer
from tenants.actor import Actor
from tenants.actor import member as acting
from tenants.permissions import Permission
from tests.people import hire
from tests.redemption.shop import Shop, open_shop

PASSWORD = "a long password of theirs"
JOBS = (jobs,)
DECIDES = (
    Permission.DESK_CLAIM_DECIDE,
    Permission.DESK_CLAIM_OPEN,
    Permission.DESK_CLAIM_READ,
    Permission.DESK_PURCHASE_RECORD,
)
SIGNS = (Permission.DESK_CLAIM_READ, Permission.DESK_CLAIM_APPROVE)
LOST = ClaimFacts.model_validate({"shop": "Nowhere", "day": "2026-11-15", "amount": 744000})


@dataclass(frozen=True)
class Office:
    """What the tests speak of."""

    shop: Shop
    oleg: Actor
    dora: Actor
    paul: Actor

    @property
    def tenant(self) -> int:
        """The tenant's number."""
        return self.shop.house.tenant

    @property
    def member(self) -> Actor:
        """The member for herself."""
        return acting(self.shop.member)


def open_office(session: Session, points: int = 1000) -> Office:
    """The session's tenant with a shop and its claims department."""
    shop = open_shop(session, points)
    return Office(
        shop,
        person(session, "Oleg", DECIDES),
        person(session, "Dora", DECIDES),
        person(session, "Paul", SIGNS),
    )


def person(session: Session, name: str, permissions: Collection[Permission]) -> Actor:
    """Somebody of the staff who may do just this."""
    staff = hire(session, login=name.lower(), name=name, password=PASSWORD, permissions=permissions)
    return Actor("staff", id=staff.id, permissions=frozenset(permissions))


def disputed(
    session: Session, office: Office, kind: Kind = Kind.NOT_CREDITED, facts: ClaimFacts = LOST, **more: Any
) -> Claim:
    """A claim that the member opens."""
    return open_claim(
        session,
        office.member,
        member_id=office.shop.member,
        kind=kind,
        words="No points came",
        facts=facts,
        **more,
    )


def taken(session: Session, office: Office, **more: Any) -> Claim:
    """A claim that Oleg has in hand."""
    return take(session, office.oleg, number=disputed(session, office, **more).number)


def grant(office: Office, points: int, reply: str = "You are right") -> Proposal:
    """Points from the first funder."""
    return Proposal("grant", reply, "en", points=points, funder_id=office.shop.house.funders[0])


def granted(session: Session, member_id: UUID) -> list[tuple[UUID, int, int | None]]:
    """What claims gave the member: cause, points, payer."""
    rows = session.execute(
        select(Transfer.cause_id, Transfer.points, Transfer.funder_id)
        .where(Transfer.member_id == member_id, Transfer.purpose == Purpose.CLAIM)
        .order_by(Transfer.id)
    )
    return [(row.cause_id, row.points, row.funder_id) for row in rows]
