"""A redemption whose kind answers "later": held until done, and given back when its time is over."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from coalition.ledger import holds
from coalition.ledger.post import open_book
from coalition.programmes.models import Programme
from coalition.redemption.actions import HELD_FOR, add_reward, redeem, release_overdue
from coalition.redemption.kinds import base
from coalition.redemption.models import Redemption, Reward
from tenants.actor import SYSTEM
from tenants.runtime import clock
from tests.ledger.house import ZONE, balance, new_member, open_house
from tests.ledger.test_points import earn


class Later:
    """A kind that needs the outside world."""

    code = "later"

    def check_terms(self, terms: dict[str, Any]) -> dict[str, Any]:
        return terms

    def price(
        self, session: Session, programme: Programme, reward: Reward, choice: dict[str, Any]
    ) -> base.Price:
        return base.Price(int(choice["points"]), 0)

    def fulfil(self, session: Session, programme: Programme, reward: Reward, redemption: Redemption) -> bool:
        return False

    def undo(self, session: Session, reward: Reward, redemption: Redemption) -> None:
        raise AssertionError("nothing was done")


@pytest.fixture
def held(session: Session, monkeypatch: pytest.MonkeyPatch) -> Redemption:
    """Six of ten points held for a redemption that nobody has fulfilled yet."""
    monkeypatch.setitem(base._kinds, "later", Later())
    house = open_house(session)
    member_id = new_member(session, house)
    add_reward(
        session, SYSTEM, code="r", kind="later", name={}, about={}, terms={}, participant_id=house.funders[0]
    )
    earn(open_book(session, member_id=member_id, zone=ZONE), 10)
    choice, request = {"points": 6}, str(uuid4())
    made = redeem(session, SYSTEM, member_id=member_id, reward_code="r", choice=choice, request_id=request)
    assert (made.state, balance(session, member_id)) == ("held", (4, 0, 6, 0))
    return made


def test_held_points_come_back_once_when_the_time_is_over(session: Session, held: Redemption) -> None:
    for _ in range(2):
        with clock.stopped(held.made_at + HELD_FOR):
            release_overdue(session)
        assert (held.state, balance(session, held.member_id)) == ("refused", (10, 0, 0, 0))


def test_held_points_stay_until_the_time_is_over(session: Session, held: Redemption) -> None:
    with clock.stopped(held.made_at + HELD_FOR - timedelta(seconds=1)):
        release_overdue(session)
    assert (held.state, balance(session, held.member_id)) == ("held", (4, 0, 6, 0))


def test_captured_points_do_not_come_back(session: Session, held: Redemption) -> None:
    holds.capture(open_book(session, member_id=held.member_id, zone=ZONE), hold_id=held.id)
    with clock.stopped(held.made_at + HELD_FOR):
        release_overdue(session)
    assert balance(session, held.member_id) == (4, 0, 0, 0)
