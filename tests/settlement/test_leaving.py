"""A participant leaves: by two people, for exactly what ends; its points stay the members' and are settled with it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.care.terms import goodwill_terms, payer_of
from coalition.ledger.queries import balance_of
from coalition.partners.actions import add_partner
from coalition.partners.clients import add_client
from coalition.partners.keeping import reopen_partner
from coalition.partners.models import ApiClient, Participant, Partner
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import publish
from coalition.promotions.overview import Stage, promotion_by_code
from coalition.redemption.actions import add_reward
from coalition.redemption.models import Reward
from coalition.settlement.leaving import Tail, ask_to_leave, come_back, leave, tail_of, what_ends
from tenants.actor import SYSTEM, Actor
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tests.ledger.house import House
from tests.people import hire
from tests.settlement.test_closing import SALE, closed, hotel, sell
from tests.transactions.bank import promotion

pytestmark = pytest.mark.usefixtures("house")
LEFT = datetime(2026, 10, 20, 3, tzinfo=UTC)
LATER = datetime(2026, 10, 25, 3, tzinfo=UTC)
GIFT: dict[str, Any] = {
    "code": "night", "kind": "certificate", "name": {"ru": "Ночь", "en": "A night"}, "about": {},
    "terms": {"points": 5_000_00, "minor": 5_000_00},
}  # fmt: skip


def person(session: Session, login: str) -> Actor:
    staff = hire(session, login=login, name=login, password="a long password", permissions=EVERYTHING)
    return Actor("staff", staff.id, EVERYTHING)


def leaves(house: House, at: datetime = LEFT) -> None:
    with clock.stopped(at), db.transaction(house.tenant) as session:
        leave(session, SYSTEM, participant_id=house.funders[1])


def test_its_promotions_rewards_partners_and_programs_end_and_no_new_ones_begin() -> None:
    house = hotel()
    bank, shop = house.funders
    with clock.stopped(LEFT), db.transaction(house.tenant) as session:
        add_reward(session, SYSTEM, participant_id=shop, **GIFT)
        client, _ = add_client(
            session, SYSTEM, name="till", programme_id=house.programme, participant_id=shop, scopes=["a"]
        )
        one = session.get_one(Participant, (house.tenant, shop))
        assert what_ends(session, one) == (("n6",), ("night",), ("hotel",), (client.id,))
        assert leave(session, SYSTEM, participant_id=shop).left_at == LEFT
        assert what_ends(session, one) == ((), (), (), ())
        assert promotion_by_code(session, "n6").stage(LEFT) is Stage.ENDED
        assert session.scalars(select(Reward.offered).where(Reward.code == "night")).one() is False
        assert session.scalars(select(Partner.closed_at)).one() == LEFT
        assert session.get_one(ApiClient, (house.tenant, client.id)).ended_at is not None
        document = promotion({"kind": "percent", "rate": "1"}) | {
            "funding": [{"participant": "shop", "share": 100}]
        }
        more = {"code": "more", "name": {}, "about": {}, "category": "travel", "participant_id": shop}
        for refused, code in (
            (lambda: publish(session, SYSTEM, programme_id=house.programme, code="x", document=document),
             "document_invalid"),
            (lambda: add_reward(session, SYSTEM, participant_id=shop, **GIFT | {"code": "b"}), "participant_left"),
            (lambda: add_partner(session, SYSTEM, **more), "participant_left"),
            (lambda: reopen_partner(session, SYSTEM, partner_id=1), "participant_left"),
            (lambda: add_client(session, SYSTEM, name="n", programme_id=house.programme, participant_id=shop,
                                scopes=["a"]), "participant_left"),
            (lambda: leave(session, SYSTEM, participant_id=shop), "participant_left"),
        ):  # fmt: skip
            with pytest.raises(Refusal, match=code), session.begin_nested():
                refused()  # type: ignore[no-untyped-call]
        terms = goodwill_terms(programme_by_id(session, house.programme))
        assert payer_of(session, terms).id == bank
        with pytest.raises(Refusal, match="goodwill_terms"):
            payer_of(session, terms.model_copy(update={"funder": "shop"}))


def test_its_points_stay_with_members_and_are_settled_month_by_month() -> None:
    house = hotel(pays="spent")
    member = sell(house, 10_000_00)
    leaves(house)
    sell(house, 10_000_00, at=LATER, member=member)
    with clock.stopped(LATER), db.transaction(house.tenant) as session:
        assert balance_of(session, member).available == 1_200_00
        programme = programme_by_id(session, house.programme)
        assert tail_of(session, programme, house.funders[1]) == Tail(1_200_00, date(9999, 12, 31))
        assert tail_of(session, programme, house.funders[0]) == Tail(0, None)
    statement, lines = closed(house)
    assert statement is not None
    assert lines["turnover"] == (2, 0, 20_000_00)


def test_one_person_asks_and_another_signs_exactly_what_ends() -> None:
    house = hotel()
    shop = house.funders[1]
    with clock.stopped(SALE), db.transaction(house.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        asked = ask_to_leave(session, dora, participant_id=shop)
        with pytest.raises(Refusal, match="second_pair_of_eyes"), session.begin_nested():
            leave(session, dora, participant_id=shop, approval_id=asked.id)
        with pytest.raises(Conflict, match="approval_differs"), session.begin_nested():
            add_reward(session, SYSTEM, participant_id=shop, **GIFT)
            leave(session, pavel, participant_id=shop, approval_id=asked.id)
        session.expire_all()
        assert session.get_one(Participant, (house.tenant, shop)).left_at is None
        leave(session, pavel, participant_id=shop, approval_id=asked.id)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "participant.leave")).one()
        assert (entry.actor_id, entry.after) == (
            pavel.id,
            {"participant": shop, "promotions": ["n6"], "rewards": [], "partners": ["hotel"], "clients": []},
        )


def test_who_operates_or_pays_together_with_others_does_not_leave() -> None:
    house = hotel()
    bank, shop = house.funders
    with clock.stopped(SALE), db.transaction(house.tenant) as session:
        with pytest.raises(Refusal, match="participant_operator"):
            leave(session, SYSTEM, participant_id=bank)
        with pytest.raises(NotFound, match="participant_unknown"):
            leave(session, SYSTEM, participant_id=99)
        document = promotion({"kind": "percent", "rate": "1"}) | {
            "funding": [{"participant": "shop", "share": 50}, {"participant": "bank", "share": 50}]
        }
        publish(session, SYSTEM, programme_id=house.programme, code="both", document=document)
        with pytest.raises(Refusal, match="participant_shares") as no:
            leave(session, SYSTEM, participant_id=shop)
        assert no.value.facts == {"promotions": "both"}
        assert session.get_one(Participant, (house.tenant, shop)).left_at is None
        assert promotion_by_code(session, "n6").stage(SALE) is Stage.LIVE


def test_who_comes_back_begins_anew() -> None:
    house = hotel()
    shop = house.funders[1]
    leaves(house)
    with clock.stopped(LATER), db.transaction(house.tenant) as session:
        assert come_back(session, SYSTEM, participant_id=shop) is True
        assert come_back(session, SYSTEM, participant_id=shop) is False
        assert promotion_by_code(session, "n6").stage(LATER) is Stage.ENDED
        assert reopen_partner(session, SYSTEM, partner_id=1) is True
