"""Walks through a network's shops: whole, resumed, cut in half, and what they find changed."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from coalition.offers import catalogue
from coalition.offers.actions import list_shop
from coalition.offers.catalogue import close_missing, host_of, note_new, take_coupons, take_shops
from coalition.offers.models import Coupon, Network, Shop, ShopChange
from coalition.offers.networks import kind_of
from coalition.offers.queries import alerts
from coalition.offers.told import CouponTold, ShopTold
from partner_portal.aggregator import client
from partner_portal.aggregator.adapters.admitad import Asked, _shop
from partner_portal.aggregator.client import TooLarge
from partner_portal.aggregator.loopback.world import Shop as Told
from partner_portal.aggregator.loopback.world import shop_row
from partner_portal.aggregator.walking import Step, sync_step
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Outage
from tenants.runtime.ids import new_id
from tests.offers.conftest import Loopback, Mall


def shops(mall: Mall) -> dict[str, Shop]:
    with db.transaction(mall.house.tenant) as session:
        return {
            one.external_id: one
            for one in session.scalars(select(Shop).where(Shop.tenant_id == mall.house.tenant))
        }


def changes(mall: Mall) -> list[tuple[str, str, str]]:
    with db.transaction(mall.house.tenant) as session:
        rows = session.scalars(
            select(ShopChange).where(ShopChange.tenant_id == mall.house.tenant).order_by(ShopChange.id)
        )
        return sorted((one.kind, one.before, one.after) for one in rows)


def test_six_hundred_and_twelve_shops_come_with_their_coupons(loopback: Loopback, mall: Mall) -> None:
    loopback.begin(shops=612)
    assert mall.walk() is Step.DONE
    with db.transaction(mall.house.tenant) as session:
        assert session.scalar(select(func.count()).select_from(Shop)) == 612
        assert session.scalar(select(func.count()).select_from(Coupon)) == 1224
    first = shops(mall)["30000"]
    assert (first.state, first.currency, bool(first.categories), first.rate_most > 0) == (
        "active",
        "RUB",
        True,
        True,
    )
    assert host_of(first.site).endswith("-0.example")
    assert changes(mall) == []  # the first walk reports nothing: everything is new


def test_a_walk_that_is_killed_goes_on_where_it_was(loopback: Loopback, mall: Mall) -> None:
    loopback.begin(shops=450)
    with db.transaction(mall.house.tenant) as session:
        assert sync_step(session, mall.network) is Step.MORE
    assert mall.state().sync is not None
    assert len(shops(mall)) == 200
    assert mall.walk() is Step.DONE
    assert (len(shops(mall)), mall.state().sync) == (450, None)


def test_a_second_walk_writes_only_what_has_changed(loopback: Loopback, mall: Mall) -> None:
    mall.walk()
    before = {key: one.changed_at for key, one in shops(mall).items()}
    was = shops(mall)["30003"].rate_most
    loopback.control("shop", id=30003, rate=100)
    loopback.control("shop", id=30004, active=False)
    loopback.control("shop", id=30005, hold=90)
    with clock.stopped(clock.now() + timedelta(days=1)):
        mall.walk()
    after = shops(mall)
    assert {key for key, one in after.items() if one.changed_at != before[key]} == {"30003", "30004", "30005"}
    found = changes(mall)
    assert ("closed", "", "") in found
    assert ("rate_down", str(was), "100") in found
    assert [kind for kind, *_ in found] == ["closed", "hold", "rate_down"]


def test_a_shop_that_changes_its_id_is_the_same_shop(loopback: Loopback, mall: Mall) -> None:
    mall.walk()
    number = shops(mall)["30002"].id
    loopback.control("shop", id=30002, new_id=77002)
    mall.walk()
    assert shops(mall)["77002"].id == number
    assert changes(mall) == [("renumbered", "30002", "77002")]


def test_an_answer_cut_in_half_changes_nothing_and_is_told(loopback: Loopback, mall: Mall) -> None:
    mall.walk()
    loopback.control("trouble", cut=1)
    assert mall.walk() is Step.AWAY
    assert Counter(one.state for one in shops(mall).values()) == {"active": 12}
    assert (mall.state().failure or "").startswith("network_away")
    loopback.control("trouble")
    assert mall.walk() is Step.DONE
    assert mall.state().failing_since is None


def test_a_network_that_forgets_half_of_its_shops_is_not_believed(loopback: Loopback, mall: Mall) -> None:
    loopback.begin(shops=40)
    mall.walk()
    loopback.begin(shops=20)
    mall.walk()
    assert Counter(one.state for one in shops(mall).values()) == {"active": 40}
    with db.transaction(mall.house.tenant) as session:
        assert [(one.kind, one.many) for one in alerts(session)] == [("missing", 20)]
    mall.walk(sync_step, believed=True)
    assert Counter(one.state for one in shops(mall).values()) == {"active": 20, "closed": 20}


def test_markup_and_ten_megabytes_of_description_become_plain_words(loopback: Loopback, mall: Mall) -> None:
    name = "<script>alert(1)</script>Ткани &amp; нитки\u0007<b"
    loopback.control("shop", id=30001, name=name, about="<p>Длинно</p> " * 700_000)
    assert mall.walk() is Step.DONE
    found = shops(mall)["30001"]
    assert found.name == "alert(1) Ткани & нитки b"
    assert (len(found.about), found.about[:13]) == (2000, "Длинно Длинно")
    assert len(shops(mall)) == 12


def test_a_network_that_is_away_is_told_after_six_hours(loopback: Loopback, mall: Mall) -> None:
    loopback.control("trouble", down=True)
    assert mall.walk() is Step.AWAY
    begun = mall.state().failing_since
    assert begun is not None
    told: list[Any] = []
    for hours in (5, 7):
        with clock.stopped(begun + timedelta(hours=hours)), db.transaction(mall.house.tenant) as session:
            told.append([(one.kind, one.many) for one in alerts(session)])
    assert told == [[], [("away", 7)]]


@pytest.mark.parametrize("written", ["8%", "5-8%", "700RUB", "", "200%"])
def test_rates_are_read_or_the_shop_is_left_as_it_was(written: str) -> None:
    row = shop_row(Told(1, "A", "B", "a.example", 100, 7), "https://network.example")
    row["actions"][0]["payment_size"] = written
    if written == "200%":
        with pytest.raises(ValueError, match="a rate"):
            _shop(row)
        return
    found = _shop(row)
    assert (found.rate_least, found.rate_most, found.fixed_most) == {
        "8%": (800, 800, 0), "5-8%": (500, 800, 0), "700RUB": (0, 0, 70_000), "": (0, 0, 0),
    }[written]  # fmt: skip


def too_large(*_: Any, **__: Any) -> Any:
    raise TooLarge("network_too_large", most=1)


def test_a_network_whose_every_row_is_too_large_is_away_and_goes_on_when_it_is_mended(
    loopback: Loopback, mall: Mall, monkeypatch: pytest.MonkeyPatch
) -> None:
    mall.walk()
    with monkeypatch.context() as patched:
        patched.setattr(client, "_whole", too_large)
        patched.setattr(Asked, "_token", lambda *_, **__: "t")
        for _ in range(2):
            assert mall.walk() is Step.AWAY
            found = mall.state()
            assert (found.sync or {})["offset"] == 20
            assert (found.failure or "").startswith("network_too_large")
    assert mall.walk() is Step.DONE
    assert (mall.state().failing_since, mall.state().unread) == (None, 20)
    assert Counter(one.state for one in shops(mall).values()) == {"active": 12}


@pytest.mark.parametrize(
    ("kind", "access", "options"),
    [
        ("awin", {"token": "t"}, {"publisher": 7}),
        ("declared", {}, {"vocabulary": "gdeslon", "click_field": "sub_id", "currency": "RUB"}),
    ],
)
def test_a_kind_without_pages_says_at_once_that_it_cannot_be_read(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch, kind: str, access: Any, options: Any
) -> None:
    monkeypatch.setattr(client, "_whole", too_large)
    with pytest.raises(Outage) as away:
        kind_of(kind).ask(loopback.address, access, options).shops(0, 200)
    assert type(away.value) is Outage


HERS: dict[str, Any] = {
    "name": "Twice",
    "site": "https://twice.example/",
    "link": "https://n.example/",
    "currency": "RUB",
}


def run_of(mall: Mall, *pages: list[ShopTold]) -> None:
    """A whole run through these pages."""
    run = new_id()
    with db.transaction(mall.house.tenant) as session:
        network = session.get_one(Network, (mall.house.tenant, mall.network))
        for page in pages:
            take_shops(session, network, run, page)
        for told in (one for page in pages for one in page):
            take_coupons(session, network, run, [CouponTold(told.external_id, told.external_id, "Coupon")])
        close_missing(session, network, run)
        note_new(session, network, run)
        network.synced_at = clock.now()


def listed(mall: Mall, shop_id: int) -> None:
    with db.transaction(mall.house.tenant) as session:
        list_shop(session, SYSTEM, shop_id=shop_id, share=5000, activation="approved")


def test_a_second_programme_of_a_shop_takes_nothing_of_the_first(mall: Mall) -> None:
    """The new one is told of on an earlier page than the one that is shown."""
    old, new = ShopTold("1", rate_most=500, **HERS), ShopTold("2", rate_most=900, **HERS)
    run_of(mall, [old])
    number = shops(mall)["1"].id
    listed(mall, number)
    run_of(mall, [new], [old])
    found = shops(mall)
    assert (found["1"].id, found["1"].rate_most, found["1"].state) == (number, 500, "active")
    assert (found["2"].rate_most, found["2"].state) == (900, "active")
    run_of(mall, [new])  # known for long: it is no new id of the first
    found = shops(mall)
    assert (found["1"].id, found["1"].state, found["2"].state) == (number, "closed", "active")
    assert [kind for kind, *_ in changes(mall)] == ["closed", "new"]


def test_a_shop_goes_on_under_its_new_id_with_its_coupons_and_its_new_rate(mall: Mall) -> None:
    run_of(mall, [ShopTold("1", rate_most=500, **HERS)])
    number = shops(mall)["1"].id
    listed(mall, number)
    run_of(mall, [ShopTold("2", rate_most=900, **HERS)])
    found = shops(mall)
    assert (found["2"].id, found["2"].rate_most, found["2"].state) == (number, 900, "active")
    assert {key for key, one in found.items() if one.state == "active"} == {"2"}
    assert changes(mall) == [("rate_up", "500", "900"), ("renumbered", "1", "2")]
    with db.transaction(mall.house.tenant) as session:
        assert [(one.external_id, one.shop_id) for one in session.scalars(select(Coupon))] == [("2", number)]


@pytest.mark.parametrize("why", ["shown", "two", "elsewhere"])
def test_a_shop_that_may_be_another_closes(mall: Mall, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_of(mall, [ShopTold("1", **HERS)])
    number = shops(mall)["1"].id
    new = ShopTold("2", **HERS | ({"site": "https://other.example/"} if why == "elsewhere" else {}))
    pages = [[new], [ShopTold("3", **HERS)]] if why == "two" else [[new]]
    if why == "shown":  # somebody picked it before the run came to its end
        before = catalogue._renumber

        def later(session: Any, network: Any, gone: Any, run: Any) -> Any:
            fresh = session.scalars(select(Shop).where(Shop.external_id == "2")).one()
            list_shop(session, SYSTEM, shop_id=fresh.id, share=5000, activation="approved")
            return before(session, network, gone, run)

        monkeypatch.setattr(catalogue, "_renumber", later)
    run_of(mall, *pages)
    found = shops(mall)
    assert (found["1"].id, found["1"].state, found["2"].state) == (number, "closed", "active")
