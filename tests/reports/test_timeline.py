"""The staff's timeline of a member."""

from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from coalition.ledger.models import Purpose
from coalition.ledger.post import Cause, open_book
from coalition.programmes.terms import NEVER
from coalition.reports.timeline import timeline
from tenants.runtime import clock
from tests.ledger.house import ZONE, new_member, open_house


@pytest.mark.parametrize(("kind", "rows"), [("all", [("claim", 40)]), ("claims", [("claim", 40)]),
                                            ("changes", [("claim", 40)]), ("returns", [])])  # fmt: skip
def test_points_that_a_claim_granted_stand_there(
    session: Session, kind: str, rows: list[tuple[str, int]]
) -> None:
    house = open_house(session)
    member = new_member(session, house)
    book = open_book(session, member_id=member, zone=ZONE)
    book.earn(
        Cause(Purpose.CLAIM, uuid4(), clock.now()),
        40,
        funder_id=house.funders[0],
        active_on=book.today,
        expires_on=NEVER,
    )
    session.flush()
    found = timeline(session, member, zone=ZONE, kind=kind).rows
    assert [(row.kind, row.entry.points if row.entry else 0) for row in found] == rows
