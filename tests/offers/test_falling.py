"""Shops that confirm far fewer orders than they did are told of at the desk."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from coalition.offers.actions import click, list_shop
from coalition.offers.approving import Decided, fallen
from coalition.offers.models import Click, Network, Shop
from coalition.offers.queries import alerts
from coalition.offers.taking import take_orders
from coalition.offers.told import OrderTold
from tenants.actor import SYSTEM, member
from tenants.runtime import clock, db
from tests.offers.conftest import NOW, Mall


@pytest.mark.parametrize(
    ("before", "lately", "falls"),
    [
        ((20, 20), (4, 10), True), ((20, 20), (5, 10), False), ((20, 20), (4, 9), False), ((9, 9), (0, 10), False),
        ((0, 20), (0, 20), False),
    ],
)  # fmt: skip
def test_a_share_falls_by_half_of_enough_orders(
    before: tuple[int, int], lately: tuple[int, int], falls: bool
) -> None:
    assert fallen(Decided(*before), Decided(*lately)) is falls


def test_a_shop_that_declines_of_late_is_told(mall: Mall) -> None:
    with clock.stopped(NOW):
        mall.walk()
        with db.transaction(mall.house.tenant) as session:
            shop = session.scalars(select(Shop).order_by(Shop.id)).first()
            assert shop is not None
            list_shop(session, SYSTEM, shop_id=shop.id, share=5000, activation="approved")
            click(session, member(mall.member), member_id=mall.member, shop_id=shop.id)
            session.flush()
            token, name, number = session.scalars(select(Click.token)).one(), shop.name, shop.external_id

    def decided(days: int, states: list[str]) -> list[tuple[str, int, str]]:
        at = NOW + timedelta(days=days)
        with clock.stopped(at), db.transaction(mall.house.tenant) as session:
            network = session.get_one(Network, (mall.house.tenant, mall.network))
            network.reconciled_until = at
            told = [
                OrderTold(f"{days}-{place}", token, number, state, 100_00, 10_00, "RUB", at, at)
                for place, state in enumerate(states)
            ]
            take_orders(session, network, told)
            session.flush()
            return [(one.kind, one.many, one.shop) for one in alerts(session)]

    assert decided(1, ["approved"] * 9 + ["declined"]) == []
    assert decided(40, ["declined"] * 8 + ["approved"] * 4) == [("approval", 33, name)]
    assert decided(41, ["approved"] * 12) == []
