"""Spending in exact numbers: what is quoted, had, refused, cancelled and paid."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from charity.queries import campaigns, donation_of
from coalition.programmes.queries import the_programme
from coalition.redemption import payouts
from coalition.redemption.actions import cancel, load_certificates, quote, redeem
from coalition.redemption.models import Payout, Redemption
from coalition.redemption.queries import certificate_of, payout_of, reward_by_code, stock
from coalition.reports.audit import audit
from migrations import tables
from tenants.actor import SYSTEM, Actor, member
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.ledger.house import balance, new_member
from tests.redemption.shop import CODES, NOW, Shop, open_shop


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


@pytest.fixture
def shop(session: Session) -> Shop:
    return open_shop(session)


def buy(session: Session, shop: Shop, reward: str, request: str = "r", **choice: int) -> Redemption:
    return redeem(
        session, member(shop.member), member_id=shop.member, reward_code=reward, choice=choice,
        request_id=request,
    )  # fmt: skip


def now(session: Session, shop: Shop) -> tuple[int, int, int, int]:
    session.flush()
    assert [finding for finding in audit(session) if finding.broken] == []
    return balance(session, shop.member)


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table: what a refusal must leave alone."""
    session.flush()
    return {
        name: [tuple(row) for row in session.execute(text(f"select * from {name} order by 1, 2"))]
        for name in tables.tenant_tables()
    }


def test_a_quote_has_no_effect(session: Session, shop: Shop) -> None:
    before = everything(session)
    found = quote(
        session, member(shop.member), member_id=shop.member, reward_code="cashback", choice={"points": 250}
    )
    assert (found.points, found.minor, found.available, found.left) == (250, 25000, 1000, 750)
    assert found.lots == ((date(9999, 12, 31), 250),)
    assert everything(session) == before


def test_d1_cashback_owes_the_money_at_the_value_of_a_point(session: Session, shop: Shop) -> None:
    made = buy(session, shop, "cashback", points=250)
    owed = payout_of(session, made)
    assert owed is not None
    assert (made.state, made.points, made.minor) == ("done", 250, 25000)
    assert (owed.payee, owed.minor, owed.state) == ("cashback", 25000, "waiting")
    assert now(session, shop) == (750, 0, 0, 0)


def test_the_same_request_is_the_same_redemption(session: Session, shop: Shop) -> None:
    first = buy(session, shop, "cashback", points=250)
    assert buy(session, shop, "cashback", points=250) is first
    assert now(session, shop) == (750, 0, 0, 0)
    with pytest.raises(Conflict, match="request_reused"):
        buy(session, shop, "cashback", points=251)


REFUSED: list[tuple[str, dict[str, int], str]] = [
    ("cashback", {"points": 99}, "points_too_few"),
    ("cashback", {"points": -300}, "points_too_few"),
    ("cashback", {"points": 501}, "points_too_many"),
    ("fund-kind", {"points": 9, "campaign": 1}, "points_too_few"),
    ("fund-kind", {"points": 401, "campaign": 1}, "points_too_many"),
    ("fund-kind", {"points": 100, "campaign": 99}, "campaign_over"),
    ("nothing", {}, "reward_unknown"),
]


@pytest.mark.parametrize(("reward", "choice", "code"), REFUSED)
def test_a_refusal_changes_nothing(
    session: Session, shop: Shop, reward: str, choice: dict[str, int], code: str
) -> None:
    before = everything(session)
    with pytest.raises(Refusal) as refused:
        buy(session, shop, reward, **choice)
    assert refused.value.code == code
    assert everything(session) == before


def test_more_than_there_is_is_refused(session: Session, shop: Shop) -> None:
    buy(session, shop, "cashback", "a", points=500)
    buy(session, shop, "cashback", "b", points=450)
    before = everything(session)
    with pytest.raises(Refusal, match=r"not_enough_points \(available=50, asked=100\)"):
        buy(session, shop, "cashback", "c", points=100)
    assert everything(session) == before


def test_a_campaign_gathers_until_the_end_of_its_last_day(session: Session, shop: Shop) -> None:
    choice = {"points": 100, "campaign": shop.campaign}
    late = clock.stopped(NOW + timedelta(days=39))  # 31 December, 12:00 UTC: the next day in Kamchatka
    with late, pytest.raises(Refusal, match="campaign_over"):
        buy(session, shop, "fund-kind", "late", **choice)
    with clock.stopped(NOW + timedelta(days=38)):
        assert buy(session, shop, "fund-kind", **choice).state == "done"


def test_nobody_spends_for_another(session: Session, shop: Shop) -> None:
    other = new_member(session, shop.house)
    session.flush()
    before = everything(session)
    for actor in (member(other), Actor("staff")):
        with pytest.raises(Forbidden):
            redeem(
                session, actor, member_id=shop.member, reward_code="cashback", choice={"points": 100},
                request_id="x",
            )  # fmt: skip
        with pytest.raises(Forbidden):
            quote(session, actor, member_id=shop.member, reward_code="cashback", choice={"points": 100})
    assert everything(session) == before


def test_a_certificate_gives_a_code_of_the_pool_and_each_once(session: Session, shop: Shop) -> None:
    programme = the_programme(session)
    made = [buy(session, shop, "gift", request) for request in ("a", "b")]
    session.flush()
    assert sorted(certificate_of(session, one)[1] for one in made) == sorted(CODES)
    assert (now(session, shop), stock(session, programme)) == ((400, 0, 0, 0), {})
    before = everything(session)
    with pytest.raises(Refusal, match="sold_out"):
        buy(session, shop, "gift", "c")
    assert everything(session) == before


def test_a_code_is_loaded_once(session: Session, shop: Shop) -> None:
    codes = [*CODES, "NEW-1", "NEW-1"]
    valid_to = date(2027, 6, 1)
    added = [
        load_certificates(session, SYSTEM, reward_code="gift", codes=codes, valid_to=valid_to)
        for _ in range(2)
    ]
    assert added == [1, 0]


def test_the_code_that_expires_first_is_given_first_and_none_that_has(session: Session, shop: Shop) -> None:
    for code, valid_to in (("OLD", date(2026, 11, 22)), ("SOON", date(2026, 11, 30))):
        load_certificates(session, SYSTEM, reward_code="gift", codes=[code], valid_to=valid_to)
    made = buy(session, shop, "gift")  # in Kamchatka it is 23 November
    session.flush()
    assert certificate_of(session, made)[1] == "SOON"


def test_a_certificate_that_was_given_is_not_taken_back(session: Session, shop: Shop) -> None:
    made = buy(session, shop, "gift")
    before = everything(session)
    with pytest.raises(Refusal, match="certificate_given"):
        cancel(session, member(shop.member), member_id=shop.member, redemption_id=made.id)
    session.expire_all()
    assert everything(session) == before


def test_no_code_stands_in_any_table_in_the_clear(session: Session, shop: Shop) -> None:
    buy(session, shop, "gift")
    session.flush()
    found = [
        name
        for name in tables.tenant_tables()
        for row in session.execute(text(f"select t::text from {name} t"))
        if "KUBOK" in row[0] or b"KUBOK".hex() in row[0]
    ]
    assert found == []


def test_a_donation_is_counted_owed_and_numbered(session: Session, shop: Shop) -> None:
    for number in (1, 2):
        made = buy(session, shop, "fund-kind", f"r{number}", points=100 * number, campaign=shop.campaign)
        session.flush()
        donation, campaign, fund = donation_of(session, shop.member, made.id)
        assert (donation.number, donation.points, donation.minor) == (number, 100 * number, 10000 * number)
        assert (campaign.id, fund.code) == (shop.campaign, "kind")
    (gathered,) = campaigns(session, shop.member)
    assert (gathered.points, gathered.givers, gathered.own) == (300, 1, 300)
    assert payouts.waiting_by_payee(session) == {"fund:kind": (2, 30000)}
    assert now(session, shop) == (700, 0, 0, 0)


def test_a_donation_can_be_taken_back_until_it_is_on_its_way(session: Session, shop: Shop) -> None:
    made = [buy(session, shop, "fund-kind", r, points=100, campaign=shop.campaign) for r in ("a", "b")]
    session.flush()
    cancel(session, member(shop.member), member_id=shop.member, redemption_id=made[0].id)
    session.flush()
    assert (now(session, shop), campaigns(session, shop.member)[0].points) == ((900, 0, 0, 0), 100)
    payouts.make_register(session, SYSTEM, payee="fund:kind")
    with pytest.raises(Refusal, match="payout_on_its_way"):
        cancel(session, member(shop.member), member_id=shop.member, redemption_id=made[1].id)


def test_a_register_takes_what_waits_and_its_sum_is_that_of_its_lines(session: Session, shop: Shop) -> None:
    made = [buy(session, shop, "cashback", f"r{points}", points=points) for points in (100, 150, 200)]
    buy(session, shop, "fund-kind", points=100, campaign=shop.campaign)
    session.flush()
    register = payouts.make_register(session, SYSTEM, payee="cashback")
    assert register is not None
    assert (register.count, register.minor) == (3, 45000)
    session.flush()
    assert {line.id for line in payouts.register_lines(session, register.id)} == {one.id for one in made}
    assert payouts.make_register(session, SYSTEM, payee="cashback") is None
    assert payouts.waiting_by_payee(session) == {"fund:kind": (1, 10000)}


def test_what_the_bank_returns_goes_back_to_the_member_and_the_rest_is_paid(
    session: Session, shop: Shop
) -> None:
    first, second = (buy(session, shop, "cashback", f"r{n}", points=100 * n) for n in (1, 2))
    session.flush()
    register = payouts.make_register(session, SYSTEM, payee="cashback")
    assert register is not None
    with pytest.raises(Refusal, match="payout_on_its_way"):
        cancel(session, member(shop.member), member_id=shop.member, redemption_id=first.id)
    clerk = Actor("staff", permissions=frozenset({Permission.DESK_PAYOUT_SETTLE}))
    payouts.mark_returned(session, clerk, register_id=register.id, payout_id=first.id)
    assert (first.state, now(session, shop)) == ("cancelled", (800, 0, 0, 0))
    assert payouts.mark_paid(session, clerk, register_id=register.id) == 1
    assert payouts.mark_paid(session, clerk, register_id=register.id) == 0
    states = dict(session.execute(select(Payout.id, Payout.state)).all())  # type: ignore[arg-type]
    assert states == {first.id: "returned", second.id: "paid"}
    with pytest.raises(Conflict, match="payout_ended"):
        payouts.mark_returned(session, clerk, register_id=register.id, payout_id=second.id)


@pytest.mark.parametrize("action", ["make_register", "mark_paid", "mark_returned"])
def test_payouts_need_a_permission(session: Session, shop: Shop, action: str) -> None:
    made = buy(session, shop, "cashback", points=100)
    before = everything(session)
    facts: dict[str, Any] = {
        "make_register": {"payee": "cashback"},
        "mark_paid": {"register_id": 1},
        "mark_returned": {"register_id": 1, "payout_id": made.id},
    }[action]
    with pytest.raises(Forbidden):
        getattr(payouts, action)(session, member(shop.member), **facts)
    assert everything(session) == before


def test_a_redemption_is_cancelled_once_and_by_its_own_member(session: Session, shop: Shop) -> None:
    made = buy(session, shop, "cashback", points=100)
    other = new_member(session, shop.house)
    session.flush()
    with pytest.raises(NotFound, match="redemption_unknown"):
        cancel(session, member(other), member_id=other, redemption_id=made.id)
    cancel(session, member(shop.member), member_id=shop.member, redemption_id=made.id)
    assert now(session, shop) == (1000, 0, 0, 0)
    with pytest.raises(Conflict, match="redemption_ended"):
        cancel(session, member(shop.member), member_id=shop.member, redemption_id=made.id)
    assert session.scalars(select(Payout)).all() == []


def test_a_reward_that_is_offered_no_more_cannot_be_had(session: Session, shop: Shop) -> None:
    reward_by_code(session, "gift").offered = False
    session.flush()
    with pytest.raises(NotFound, match="reward_unknown"):
        buy(session, shop, "gift")


def test_points_that_are_worth_less_than_a_kopeck_are_not_paid_out(session: Session) -> None:
    shop = open_shop(session)
    the_programme(session).value_minor, the_programme(session).value_points = 1, 1000
    session.flush()
    with pytest.raises(Refusal, match="worth_nothing"):
        buy(session, shop, "cashback", points=500)
