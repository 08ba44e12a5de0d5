"""Leaving beside whatever is done at the same moment: one of two wins, no sale is lost, nobody waits in a circle."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.ledger.queries import balance_of
from coalition.partners import bounds, own_clients
from coalition.partners.actions import open_outlet
from coalition.partners.clients import add_client
from coalition.partners.models import Outlet, Participant
from coalition.promotions.actions import publish
from coalition.promotions.overview import Stage, promotion_by_code
from coalition.redemption.actions import add_reward, load_certificates, redeem
from coalition.redemption.models import Redemption, Reward
from coalition.settlement.leaving import ask_to_leave, leave, what_ends
from coalition.transactions.models import Purchase
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.actor import member as acting
from tenants.models import AuditEntry
from tenants.permissions import OF_PARTICIPANTS
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tests.admin.test_races import raced
from tests.ledger.house import House, new_member
from tests.settlement.test_closing import hotel, sell
from tests.settlement.test_leaving import GIFT, person
from tests.transactions.bank import promotion

Act = Callable[[Session], Any]


def sale(house: House, member: Any, reference: str) -> Act:
    """A sale at the hotel at this moment, of 10,000.00; while it stays it gives 1,200.00."""

    def told(session: Session) -> None:
        one = Told(reference, member, clock.now(), 10_000_00, "hotel", "hotel")
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[one])

    return told


def leaves(house: House) -> Act:
    return lambda session: leave(session, SYSTEM, participant_id=house.funders[1])


def here(session: Session, house: House) -> bool:
    return session.get_one(Participant, (house.tenant, house.funders[1])).left_at is None


def at_once(house: House, acts: list[Act]) -> list[object]:
    """What becomes of acts that begin together, each in a transaction of its own."""
    together = Barrier(len(acts))

    def one(act: Act) -> object:
        together.wait(timeout=30)
        try:
            with db.transaction(house.tenant) as session:
                act(session)
                return "done"
        except Refusal as no:
            return no.code

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def test_of_two_who_sign_that_it_leaves_one_has_it_leave(live_database: Settings) -> None:
    house = hotel()
    shop = house.funders[1]
    with db.transaction(house.tenant) as session:
        add_reward(session, SYSTEM, participant_id=shop, **GIFT)
        dora, pavel, rita = (person(session, login) for login in ("dora", "pavel", "rita"))
        asked = ask_to_leave(session, dora, participant_id=shop).id

    def signs(who: Actor) -> Act:
        return lambda session: leave(session, who, participant_id=shop, approval_id=asked)

    told = at_once(house, [signs(pavel), signs(rita)])
    assert sorted(map(str, told)) == ["done", "participant_left"]
    with db.transaction(house.tenant) as session:
        one = session.get_one(Participant, (house.tenant, shop))
        assert what_ends(session, one) == ((), (), (), ())
        entries = session.scalars(select(AuditEntry).where(AuditEntry.verb == "participant.leave")).all()
        assert [entry.actor_id for entry in entries] == [(pavel, rita)[told.index("done")].id]


def test_a_sale_that_is_being_booked_keeps_its_points_and_leaving_waits_for_it(
    live_database: Settings,
) -> None:
    house = hotel()
    with db.transaction(house.tenant) as session:
        member = new_member(session, house)
    assert isinstance(raced(house.tenant, sale(house, member, "a"), leaves(house)), Participant)
    with db.transaction(house.tenant) as session:
        assert balance_of(session, member).available == 1_200_00
        assert not here(session, house)
        sold, left = (
            session.scalars(select(Purchase.booked_at)).one(),
            session.scalars(select(Participant.left_at).where(Participant.left_at.is_not(None))).one(),
        )
        assert left is not None
        assert sold <= left


def test_a_sale_that_comes_while_it_leaves_is_kept_and_gives_nothing_at_its_expense(
    live_database: Settings,
) -> None:
    house = hotel()
    with db.transaction(house.tenant) as session:
        member = new_member(session, house)
    raced(house.tenant, leaves(house), sale(house, member, "b"))
    with db.transaction(house.tenant) as session:
        assert balance_of(session, member).available == 0
        assert session.scalar(select(func.count()).select_from(Purchase)) == 1
        assert promotion_by_code(session, "n6").stage(clock.now()) is Stage.ENDED


@pytest.mark.parametrize("first", ["spends", "leaves"])
def test_points_spent_on_its_reward_meanwhile_are_spent_as_a_whole_or_not_at_all(
    live_database: Settings, first: str
) -> None:
    house = hotel()
    member = sell(house, 100_000_00)
    with db.transaction(house.tenant) as session:
        add_reward(session, SYSTEM, participant_id=house.funders[1], **GIFT)
        load_certificates(
            session,
            SYSTEM,
            reward_code="night",
            codes=["AAAA-0001"],
            valid_to=clock.now().date() + timedelta(days=9),
        )

    def spends(session: Session) -> None:
        redeem(session, acting(member), member_id=member, reward_code="night", choice={}, request_id="r")

    told = at_once(house, [spends, leaves(house)] if first == "spends" else [leaves(house), spends])
    assert set(told) <= {"done", "reward_unknown"}
    with db.transaction(house.tenant) as session:
        spent = session.scalar(select(func.count()).select_from(Redemption))
        assert spent == (told[("spends", "leaves").index(first)] == "done")
        assert balance_of(session, member).available == 12_000_00 - 5_000_00 * (spent or 0)
        assert not here(session, house)
        assert session.scalars(select(Reward.offered)).one() is False


def test_nobody_waits_in_a_circle_with_who_lets_it_leave(live_database: Settings) -> None:
    house = hotel()
    shop = house.funders[1]
    till = ["purchases:write"]
    with db.transaction(house.tenant) as session:
        bounds.allow(session, SYSTEM, participant_id=shop, scopes=till)
        client, _ = add_client(
            session, SYSTEM, name="till", programme_id=house.programme, participant_id=shop, scopes=till
        )
        member, mira = new_member(session, house), person(session, "mira").id
    theirs = Actor("staff", mira, OF_PARTICIPANTS, participant_id=shop)
    own = promotion({"kind": "percent", "rate": "1"})
    acts: list[Act] = [
        leaves(house),
        sale(house, member, "c"),
        lambda s: publish(s, SYSTEM, programme_id=house.programme, code="more", document=own),
        lambda s: add_reward(s, SYSTEM, participant_id=shop, **GIFT),
        lambda s: open_outlet(s, theirs, partner_id=1, code="h-1", name={"ru": "О", "en": "O"}, zone="UTC"),
        lambda s: bounds.set_limit(s, SYSTEM, client_id=client.id, requests=60),
        lambda s: bounds.allow(s, SYSTEM, participant_id=shop, scopes=[]),
        lambda s: own_clients.renew_own_secret(s, theirs, client_id=client.id),
        lambda s: own_clients.add_own_client(
            s, theirs, name="n", programme_id=house.programme, scopes=till, outlet_id=None
        ),
    ]
    told = at_once(house, acts)
    assert told[:3] == ["done", "done", "done"]
    refused = {"participant_left", "company_left", "client_unknown", "client_not_allowed"}
    assert set(told[3:]) <= {"done", *refused}
    with db.transaction(house.tenant) as session:
        one = session.get_one(Participant, (house.tenant, shop))
        assert what_ends(session, one) == ((), (), (), ())
        assert session.scalar(select(func.count()).select_from(Outlet)) == (told[4] == "done")
