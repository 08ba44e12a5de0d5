"""Work in the background: pages follow each other, a network that is away is asked again, walks do not multiply."""

from datetime import timedelta

from sqlalchemy import func, select

from coalition.offers.actions import add_network, click, list_shop
from coalition.offers.models import Click, Network, Order, Shop
from coalition.offers.taking import take_orders
from coalition.offers.told import OrderTold
from partner_portal.aggregator.jobs import ask_all, ask_paid, reconcile, sync
from tenants.actor import SYSTEM, member
from tenants.runtime import clock, db, jobs
from tenants.runtime.models import OutboxJob
from tests.ledger.house import drain
from tests.offers.conftest import Loopback, Mall


def asked(mall: Mall) -> list[str]:
    with db.transaction(mall.house.tenant) as session:
        rows = select(OutboxJob.name).where(OutboxJob.state == "asked", OutboxJob.name.like("aggregator.%"))
        return sorted(session.scalars(rows))


def count(mall: Mall) -> int:
    with db.transaction(mall.house.tenant) as session:
        return session.scalar(select(func.count()).select_from(Shop)) or 0


def test_an_hour_asks_for_everything_that_is_due_and_pages_follow(loopback: Loopback, mall: Mall) -> None:
    loopback.begin(shops=450, now=clock.now())
    drain(mall.house.tenant)
    with db.transaction(mall.house.tenant) as session:
        ask_all(session)
    assert asked(mall) == ["aggregator.reconcile", "aggregator.sync"]
    drain(mall.house.tenant)
    assert (count(mall), mall.state().sync, asked(mall)) == (450, None, [])
    with db.transaction(mall.house.tenant) as session:
        ask_all(session)
    assert asked(mall) == ["aggregator.reconcile"]


def test_who_goes_on_with_a_walk_that_is_over_does_nothing(loopback: Loopback, mall: Mall) -> None:
    mall.walk()
    before = mall.state().synced_at
    with clock.stopped(clock.now() + timedelta(hours=1)), db.transaction(mall.house.tenant) as session:
        sync(session, network_id=mall.network, begin=False)
        reconcile(session, network_id=mall.network, begin=False)
    assert (mall.state().synced_at, asked(mall)) == (before, [])


def test_a_day_without_the_network_loses_nothing(loopback: Loopback, mall: Mall) -> None:
    now = clock.now()
    loopback.begin(now=now, chaos=0)
    mall.walk()
    with db.transaction(mall.house.tenant) as session:
        list_shop(session, SYSTEM, shop_id=1, share=5000, activation="approved")
        click(session, member(mall.member), member_id=mall.member, shop_id=1)
        token = session.scalars(select(Click.token)).one()
    loopback.control("clicks", clicks=[(30000, token)] * 5)
    loopback.control("trouble", down=True)
    for hours in range(1, 25):
        with clock.stopped(now + timedelta(hours=hours)):
            loopback.at(clock.now())
            with db.transaction(mall.house.tenant) as session:
                ask_all(session)
            drain(mall.house.tenant)
            assert asked(mall) == []
    loopback.control("trouble")
    with clock.stopped(now + timedelta(hours=30)), db.transaction(mall.house.tenant) as session:
        ask_all(session)
    with clock.stopped(now + timedelta(hours=30)):
        drain(mall.house.tenant)
    with db.transaction(mall.house.tenant) as session:
        told = {str(one["id"]) for one in loopback.control("truth")}
        assert set(session.scalars(select(Order.external_id))) == told
        assert len(told) > 1
    assert mall.state().failing_since is None


def test_one_network_cannot_tell_of_anothers_clicks(loopback: Loopback, mall: Mall) -> None:
    mall.walk()
    with db.transaction(mall.house.tenant) as session:
        list_shop(session, SYSTEM, shop_id=1, share=5000, activation="approved")
        click(session, member(mall.member), member_id=mall.member, shop_id=1)
        session.flush()
        token, at = session.scalars(select(Click.token)).one(), clock.now()
        other, _ = add_network(
            session, SYSTEM, programme_id=mall.house.programme, participant_id=mall.house.funders[0], code="other",
            name="Other", kind="awin", address="https://8.8.8.8", access={"token": "t"}, options={"publisher": 1},
        )  # fmt: skip
        told = [OrderTold("1", token, "30000", "approved", 100_00, 10_00, "RUB", at, at)]
        assert take_orders(session, other, told) == 0
        assert take_orders(session, session.get_one(Network, (mall.house.tenant, mall.network)), told) == 1


def test_what_is_paid_is_asked_for_each_day_and_again_in_an_hour_while_the_network_is_away(
    loopback: Loopback, mall: Mall
) -> None:
    mall.walk()
    now = clock.now()
    with db.transaction(mall.house.tenant) as session:
        list_shop(session, SYSTEM, shop_id=1, share=5000, activation="paid")
        click(session, member(mall.member), member_id=mall.member, shop_id=1)
        session.flush()
        told = OrderTold("1", session.scalars(select(Click.token)).one(), "30000", "approved", 100_00, 10_00, "RUB",
                         now, now)  # fmt: skip
        take_orders(session, session.get_one(Network, (mall.house.tenant, mall.network)), [told])
        ask_paid(session)
    loopback.control("trouble", down=True)
    for hours in range(24):
        with clock.stopped(now + timedelta(hours=hours, minutes=1)):
            assert asked(mall) == ([] if hours == 23 else ["aggregator.paid"])
            do_what_is_due(mall)


def do_what_is_due(mall: Mall) -> None:
    with db.transaction(mall.house.tenant) as session:
        due = jobs.waiting_ids(session)
    for one in due:
        jobs.perform(mall.house.tenant, str(one))
