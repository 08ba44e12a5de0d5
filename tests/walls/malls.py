"""A network of shops with a row in each of its tables, for one of the two tenants."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from coalition.offers.actions import add_network, add_rule, click, list_shop, open_lost_order
from coalition.offers.catalogue import take_coupons, take_shops
from coalition.offers.listing import apply_rules
from coalition.offers.models import Click, Postback
from coalition.offers.queries import clicks_of, orders_of
from coalition.offers.taking import take_orders
from coalition.offers.told import CouponTold, OrderTold, ShopTold
from partner_portal.aggregator import jobs
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.ids import new_id
from tests.ledger.house import House

DECLARED = (jobs,)


def furnish_mall(house: House, mark: str, member: UUID, now: datetime) -> dict[str, Any]:
    """A shop that changed, its coupon, a rule, a listing, a click with two orders and a lost one, a postback."""
    with db.transaction(house.tenant) as session:
        network, _ = add_network(
            session, SYSTEM, programme_id=house.programme, participant_id=house.funders[0], code=f"{mark}-network",
            name=mark, kind="admitad", address="https://8.8.8.8",
            access={"client_id": "a", "client_secret": "b"},
            options={"website": 1},
        )  # fmt: skip
        network.synced_at = now
        for rate in (1000, 800):
            told = ShopTold(
                f"{mark}-s", f"{mark} shop", "https://shop.example/", "https://network.example/g/1/", "RUB",
                rate_most=rate, hold_days=30,
            )  # fmt: skip
            take_shops(session, network, new_id(), [told])
        take_coupons(session, network, new_id(), [CouponTold("1", f"{mark}-s", f"{mark} coupon", "SALE")])
        add_rule(
            session, SYSTEM, network_id=network.id, category="", rate_least=0, hold_most=None, share=5000,
            activation="approved",
        )  # fmt: skip
        session.flush()
        apply_rules(session, network)
        list_shop(session, SYSTEM, shop_id=1, share=6000, activation="approved", words={"en": mark})
        click(session, SYSTEM, member_id=member, shop_id=1)
        session.flush()
        found: Click = clicks_of(session, member)[0][0]
        orders = [
            OrderTold(f"{mark}-{unit}", found.token, f"{mark}-s", "pending", 100_00, 10_00, unit, now, now)
            for unit in ("RUB", "USD")
        ]
        take_orders(session, network, orders)
        session.add(
            Postback(
                tenant_id=house.tenant, id=new_id(), network_id=network.id, at=now, signed=True, told={"subid": mark}
            )
        )  # fmt: skip
    with clock.stopped(now + timedelta(days=2)), db.transaction(house.tenant) as session:
        open_lost_order(
            session, SYSTEM, member_id=member, click_id=found.id, reference=mark,
            ordered_on=now.date() + timedelta(days=1), sale=500,
        )  # fmt: skip
        numbers = [one.order.id for one in orders_of(session, member)]
    return {
        "network_code": f"{mark}-network", "network_id": network.id, "shop_id": 1, "click_id": found.id,
        "order_ids": numbers,
    }  # fmt: skip
