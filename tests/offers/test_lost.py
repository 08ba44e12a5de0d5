"""Questions about orders that a network does not know: asked apart from everything else, answered or refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.offers.actions import click, list_shop, open_lost_order
from coalition.offers.models import Click, LostOrder
from partner_portal.aggregator import jobs
from partner_portal.aggregator.adapters import admitad
from partner_portal.aggregator.walking import Step
from tenants.actor import SYSTEM, member
from tenants.runtime import clock, db
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.models import OutboxJob
from tests.offers.conftest import Loopback, Mall


@pytest.fixture
def clicks(mall: Mall) -> list[UUID]:
    """Twelve clicks of a member's."""
    mall.walk()
    with db.transaction(mall.house.tenant) as session:
        list_shop(session, SYSTEM, shop_id=1, share=5000, activation="approved")
        for _ in range(12):
            click(session, member(mall.member), member_id=mall.member, shop_id=1)
        return list(session.scalars(select(Click.id).order_by(Click.id)))


def lose(session: Session, mall: Mall, click_id: UUID, reference: str = "A-77") -> LostOrder:
    return open_lost_order(
        session, member(mall.member), member_id=mall.member, click_id=click_id, reference=reference,
        ordered_on=clock.business_day("Asia/Kamchatka"), sale=500_00,
    )  # fmt: skip


def lost_of(mall: Mall) -> list[tuple[str, str | None]]:
    with db.transaction(mall.house.tenant) as session:
        rows = session.scalars(select(LostOrder).order_by(LostOrder.id))
        return [(one.state, one.external_id) for one in rows]


def file(mall: Mall) -> None:
    with db.transaction(mall.house.tenant) as session:
        for one in session.scalars(select(LostOrder).where(LostOrder.state == "new")).all():
            jobs.file_lost(session, member_id=str(one.member_id), lost_id=str(one.id))


def away(*_: Any, **__: Any) -> Any:
    raise Outage("network_away", why="it answered 500")


def test_orders_are_known_though_nothing_is_said_of_lost_ones(
    mall: Mall, clicks: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admitad.Asked, "lost_answers", away)
    now = clock.now() + timedelta(days=2)
    with clock.stopped(now):
        with db.transaction(mall.house.tenant) as session:
            lose(session, mall, clicks[0])
        file(mall)
        assert mall.reconcile() is Step.DONE
        assert (mall.state().reconciled_until, mall.state().failing_since) == (now, None)
        with db.transaction(mall.house.tenant) as session:
            jobs.lost_answers(session, network_id=mall.network)
    assert lost_of(mall) == [("sent", "1")]


def test_an_answer_is_asked_for_while_a_question_waits_and_taken_in(
    loopback: Loopback, mall: Mall, clicks: list[UUID]
) -> None:
    def asked() -> list[str]:
        with db.transaction(mall.house.tenant) as session:
            jobs.ask_all(session)
            session.flush()
            name = OutboxJob.name == "aggregator.lost_answers"
            return [str(one.arguments) for one in session.scalars(select(OutboxJob).where(name))]

    begun = clock.now()
    assert asked() == []
    with clock.stopped(begun + timedelta(days=2)):
        loopback.at(clock.now())
        with db.transaction(mall.house.tenant) as session:
            lose(session, mall, clicks[0])
            lose(session, mall, clicks[1])
        file(mall)
        assert asked() == [str({"network_id": mall.network})]
    with clock.stopped(begun + timedelta(days=4)):
        loopback.at(clock.now())
        with db.transaction(mall.house.tenant) as session:
            jobs.lost_answers(session, network_id=mall.network)
    assert sorted(lost_of(mall)) == [("accepted", "2"), ("declined", "1")]


@pytest.mark.parametrize("status", [400, 404, 200])
def test_an_order_that_the_network_refuses_is_declined(
    mall: Mall, clicks: list[UUID], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def refuses(self: Any, method: str, path: str, **_: Any) -> dict[str, Any]:
        if status == 200:
            return {"status": "new"}
        raise Refusal("network_refused", status=status)

    monkeypatch.setattr(admitad.Asked, "_json", refuses)
    with clock.stopped(clock.now() + timedelta(days=2)):
        with db.transaction(mall.house.tenant) as session:
            lose(session, mall, clicks[0])
        file(mall)
        assert lost_of(mall) == [("declined", None)]
        with db.transaction(mall.house.tenant) as session:
            assert session.scalars(select(LostOrder.closed_at)).one() == clock.now()
            lose(session, mall, clicks[0], "A-78")  # and another one of that visit may be asked about


@pytest.mark.parametrize("status", [401, 403])
def test_an_order_waits_while_the_network_does_not_let_us_in(
    mall: Mall, clicks: list[UUID], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def refuses(*_: Any, **__: Any) -> str:
        raise Refusal("network_refused", status=status)

    monkeypatch.setattr(admitad.Asked, "file_lost", refuses)
    with clock.stopped(clock.now() + timedelta(days=2)):
        with db.transaction(mall.house.tenant) as session:
            lose(session, mall, clicks[0])
        with pytest.raises(Outage, match="network_away"):
            file(mall)
    assert lost_of(mall) == [("new", None)]


def test_a_click_has_one_question_that_waits(mall: Mall, clicks: list[UUID]) -> None:
    with clock.stopped(clock.now() + timedelta(days=2)), db.transaction(mall.house.tenant) as session:
        first = lose(session, mall, clicks[0])
        session.flush()
        assert lose(session, mall, clicks[0]) is first
        with pytest.raises(Refusal, match="lost_open"):
            lose(session, mall, clicks[0], "A-78")
        lose(session, mall, clicks[1], "A-78")
    assert lost_of(mall) == [("new", None)] * 2


def test_a_member_asks_about_ten_orders_a_month(mall: Mall, clicks: list[UUID]) -> None:
    begun = clock.now()
    with clock.stopped(begun + timedelta(days=2)), db.transaction(mall.house.tenant) as session:
        for one in clicks[:10]:
            lose(session, mall, one)
            session.flush()
        with pytest.raises(Refusal, match="lost_many"):
            lose(session, mall, clicks[10])
    with clock.stopped(begun + timedelta(days=33)), db.transaction(mall.house.tenant) as session:
        lose(session, mall, clicks[10])
    assert len(lost_of(mall)) == 11
