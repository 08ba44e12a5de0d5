"""A copy and an erasure of one member wait for each other, and an erasure for whoever posts."""

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from coalition.ledger.models import Balance
from coalition.members.models import Member
from coalition.privacy import erasing
from coalition.privacy.actions import register
from coalition.privacy.copying import make_copy
from coalition.privacy.erasing import erase
from coalition.privacy.queries import InTheWay
from tenants.actor import SYSTEM, member
from tenants.runtime import clock, db
from tests.walls.two_tenants import NOW, furnish

pytestmark = pytest.mark.usefixtures("live_database")
NOTHING = InTheWay(0, 0, 0, 0)


def test_each_waits_for_the_row_that_the_other_or_a_posting_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "in_the_way", lambda _session, _member: NOTHING)
    with clock.stopped(NOW):
        made = furnish("a")
        her = UUID(made.marks[1])
        with db.transaction(made.tenant) as session:
            copy = register(session, member(her), member_id=her, kind="copy")
            asked = register(session, SYSTEM, member_id=her, kind="erasure")
        with db.transaction(made.tenant) as other:
            other.execute(select(Member.id).where(Member.id == her).with_for_update())
            with (
                pytest.raises(OperationalError, match="lock timeout"),
                db.transaction(made.tenant) as session,
            ):
                session.execute(text("set local lock_timeout = '50ms'"))
                make_copy(session, str(copy.id))
            with (
                pytest.raises(OperationalError, match="lock timeout"),
                db.transaction(made.tenant) as session,
            ):
                session.execute(text("set local lock_timeout = '50ms'"))
                erase(session, SYSTEM, request_id=asked.id)
        with db.transaction(made.tenant) as other:
            other.execute(
                select(Balance.member_id).where(Balance.member_id == her).with_for_update(key_share=True)
            )
            with (
                pytest.raises(OperationalError, match="lock timeout"),
                db.transaction(made.tenant) as session,
            ):
                session.execute(text("set local lock_timeout = '50ms'"))
                erase(session, SYSTEM, request_id=asked.id)
