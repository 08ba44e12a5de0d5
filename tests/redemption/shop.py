"""A programme with rewards of each kind and a member with points to spend."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

import charity.kind  # noqa: F401  the kind "donation"
from charity.actions import admit_fund, begin_campaign
from charity.models import Campaign
from coalition.ledger.actions import load_opening_lot
from coalition.redemption.actions import add_reward, load_certificates
from tenants.actor import SYSTEM
from tests.ledger.house import ZONE, House, new_member, open_house

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CODES = ("QX7Z-KUBOK-0001", "QX7Z-KUBOK-0002")
NAMES: dict[str, Any] = {"name": {"ru": "Н", "en": "N"}, "about": {"ru": "О", "en": "A"}}


@dataclass(frozen=True)
class Shop:
    """What the tests speak of."""

    house: House
    member: UUID
    campaign: int


def open_shop(session: Session, points: int = 1000) -> Shop:
    """Cashback 100-500 points, a certificate of 300 with two codes, a fund with one campaign."""
    house = open_house(session)
    common = {"participant_id": house.funders[0], **NAMES}
    add_reward(
        session, SYSTEM, code="cashback", kind="cashback",
        terms={"points_min": 100, "points_max": 500, "days": 5}, **common,
    )  # fmt: skip
    add_reward(
        session, SYSTEM, code="gift", kind="certificate", terms={"points": 300, "minor": 30000}, **common
    )
    load_certificates(session, SYSTEM, reward_code="gift", codes=CODES, valid_to=date(2027, 1, 1))
    fund = admit_fund(session, SYSTEM, code="kind", points_min=10, points_max=400, **common)
    campaign: Campaign = begin_campaign(
        session, SYSTEM, fund_id=fund.id, name=NAMES["name"], goal=1000, ends_on=date(2026, 12, 31)
    )
    member = new_member(session, house)
    give(session, house, member, points)
    session.flush()
    return Shop(house, member, campaign.id)


def give(
    session: Session,
    house: House,
    member: UUID,
    points: int,
    source: str = "old/1",
    last_day: date = date(9999, 12, 31),
) -> None:
    """Points of an older programme; those whose last day is over burn with the next thing that happens."""
    load_opening_lot(
        session, SYSTEM, member_id=member, zone=ZONE, points=points, funder_id=house.funders[0],
        expires_on=last_day, as_of=date(2026, 11, 1), source=source,
    )  # fmt: skip
