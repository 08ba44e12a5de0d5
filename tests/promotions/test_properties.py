"""What holds of any promotions and any events: told one by one or together, tried or done, and undone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from coalition.partners.actions import add_partner
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.promotions.case import Item, Receipt
from coalition.promotions.checking import budget_flaws
from coalition.promotions.document import Document
from coalition.transactions.dry_run import dry_run
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import House, new_member, open_another
from tests.transactions.bank import LONG_AGO, balances, promotion, query

pytestmark = pytest.mark.usefixtures("house")
BEGIN = datetime(2026, 11, 2, 6, tzinfo=UTC)
SHARED = [{"participant": "bank", "share": 30}, {"participant": "shop", "share": 70}]
TIERS = {
    "window": "month", "downgrade": "next",
    "levels": [
        {"code": "base", "ru": "Базовый", "en": "Base", "above": "0"},
        {"code": "gold", "ru": "Золотой", "en": "Gold", "above": "60"},
    ],
}  # fmt: skip

MECHANICS = st.one_of(
    st.builds(lambda rate: {"kind": "percent", "rate": str(rate)}, st.integers(1, 60)),
    st.builds(lambda points: {"kind": "fixed", "points": str(points)}, st.integers(1, 30)),
    st.builds(lambda step: {"kind": "per_step", "points": "2", "step": str(step)}, st.integers(1, 20)),
    st.just({"kind": "ladder", "steps": ["10", "5"], "then": "again"}),
    st.builds(
        lambda mode: {
            "kind": "bands", "by": "turnover", "span": "month", "mode": mode,
            "bands": [{"at_least": "0", "rate": "5"}, {"at_least": "50", "rate": "20"}],
        },
        st.sampled_from(["marginal", "whole"]),
    ),
)  # fmt: skip
TRIGGERS = st.one_of(
    st.just({"kind": "purchase"}),
    st.builds(lambda n, every: {"kind": "nth", "n": n, "every": every}, st.integers(1, 3), st.booleans()),
    st.just({"kind": "repeat", "days": 3}),
)
WHERE = st.lists(
    st.sampled_from([
        {"kind": "tier", "any_of": ["gold"]},
        {"kind": "goods", "goods": {"categories": ["tea"]}, "quantity_from": "2"},
        {"kind": "hours", "days": [1, 2, 3, 4, 5], "spans": [{"start": "10:00", "end": "21:00"}]},
    ]),
    max_size=1,
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    more: dict[str, Any] = {"trigger": draw(TRIGGERS), "where": draw(WHERE)}
    limits = {}
    for name in ("per_purchase", "per_day", "per_month", "budget"):
        if draw(st.integers(0, 3)) == 0:
            limits[name] = str(draw(st.integers(5, 40)))
    if draw(st.booleans()):
        more["lane"] = {
            "name": "main", "combine": draw(st.sampled_from(["stack", "best", "exclusive"])),
            "priority": draw(st.integers(0, 1)),
        }  # fmt: skip
    if draw(st.booleans()):
        more["funding"] = SHARED
    return fitting(promotion(draw(MECHANICS), limits=limits, **more))


def fitting(document: dict[str, Any]) -> dict[str, Any]:
    """The document, if its budget can be published: one that not even one award fits in cannot."""
    assume(not budget_flaws(Document.model_validate(document)))
    return document


@st.composite
def sales(draw: st.DrawFn) -> list[Told]:
    """Sales of one member in the order of their time, all of different moments."""
    hours = sorted(draw(st.sets(st.integers(0, 300), min_size=1, max_size=7)))
    found = []
    for number, hour in enumerate(hours):
        tea, cups = draw(st.integers(0, 3)), draw(st.integers(1, 3))
        items = (Item("tea", tea * 1000, tea * 500, category="tea"), Item("cup", cups * 1000, cups * 1100))
        found.append(
            Told(
                f"s{number}", UUID(int=0), BEGIN + timedelta(hours=hour), tea * 500 + cups * 1100, "Tea shop",
                partner="tea", receipt=Receipt(tuple(item for item in items if item.quantity), (), "till"),
            )
        )  # fmt: skip
    return found


def open_shop(offers: Sequence[dict[str, Any]]) -> tuple[House, UUID]:
    house = open_another()
    with db.transaction(house.tenant) as session:
        add_partner(
            session,
            SYSTEM,
            participant_id=house.funders[1],
            code="tea",
            name={"en": "Tea"},
            about={},
            category="x",
        )
        session.get_one(Programme, (house.tenant, house.programme)).tiers = TIERS
        for number, document in enumerate(offers):
            publish(
                session, SYSTEM, programme_id=house.programme, code=f"p{number}", document=document,
                starts_at=LONG_AGO,
            )  # fmt: skip
        return house, new_member(session, house)


def tell(house: House, member: UUID, *told: Told) -> int:
    with db.transaction(house.tenant) as session:
        found = record(
            session, SYSTEM, programme_id=house.programme, source="till",
            told=[replace(one, member_id=member) for one in told],
        )  # fmt: skip
    return int(found.points.sum())


def back(sale: Told, reference: str, receipt: Receipt | None = None, hours: int = 0) -> Told:
    """The return of a sale, or of some of its goods, after so many hours more."""
    receipt = receipt or sale.receipt
    assert receipt is not None
    amount = sum(item.amount for item in receipt.items)
    at = sale.occurred_at + timedelta(hours=hours, minutes=30)
    return replace(sale, reference=reference, amount=amount, receipt=receipt, occurred_at=at, refund=True,
                   original=sale.reference)  # fmt: skip


def state(house: House, member: UUID) -> tuple[Any, ...]:
    """Points, counters that count something, budgets, and what each funder has given."""
    counters = {
        (period, slot): count
        for period, slots, counts in query(house, "select period, slots, counts from counter_sheet")
        for slot, count in zip(slots, counts, strict=True)
        if count
    }
    rooms = query(house, "select promotion_id, sum(room)::bigint from promotion_budget group by 1 order by 1")
    funders = query(
        house,
        "select funder_id, sum(case when from_account = 10 then points else -points end)::bigint from transfer"
        " where 10 in (from_account, to_account) group by funder_id order by 1",
    )
    return balances(house)[member], counters, rooms, [row for row in funders if row[1]]


EXAMPLES = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
OFFERS = st.lists(documents(), min_size=1, max_size=5)


@pytest.fixture(autouse=True)
def later() -> Any:
    with clock.stopped(datetime(2026, 12, 1, tzinfo=UTC)):
        yield


@EXAMPLES
@given(offers=OFFERS, told=sales(), undone=st.sets(st.integers(0, 6)))
def test_together_and_one_by_one_end_the_same(offers: list[Any], told: list[Told], undone: set[int]) -> None:
    """Files tell much at once and its returns at the end, tills one after the other as it happens."""
    returns = [back(told[i], f"r{i}") for i in sorted(undone) if i < len(told)]
    ends = []
    for together in (True, False):
        house, member = open_shop(offers)
        events = sorted([*told, *returns], key=lambda one: one.occurred_at)
        for part in [events] if together else [[one] for one in events]:
            tell(house, member, *part)
        points, counters, rooms, funders = state(house, member)
        ends.append((points, sorted(counters.values()), [room for _, room in rooms], funders))
    assert ends[0] == ends[1]


@EXAMPLES
@given(offers=OFFERS, told=sales())
def test_a_dry_run_says_what_then_happens(offers: list[Any], told: list[Told]) -> None:
    house, member = open_shop(offers)
    for one in told:
        one = replace(one, member_id=member)
        with db.transaction(house.tenant) as session:
            before = session.execute(text("select count(*) from transfer")).scalar_one()
            answer = dry_run(session, SYSTEM, programme_id=house.programme, told=one)
            assert session.execute(text("select count(*) from transfer")).scalar_one() == before
        assert tell(house, member, one) == answer.points
        seen = {award.rule.version for award in answer.awards} | {rule.version for rule, _ in answer.missed}
        versions = {row[0] for row in query(house, "select id from promotion_version")}
        assert seen == versions  # every promotion at the seller is told, given or not


@EXAMPLES
@given(offers=OFFERS, told=sales(), which=st.integers(0, 6))
def test_a_full_return_leaves_nothing_of_its_purchase(
    offers: list[Any], told: list[Told], which: int
) -> None:
    """As if it had never been: points, counters, tiers, budgets and funding."""
    last = told[-1]
    house, member = open_shop(offers)
    if told[:-1]:
        tell(house, member, *told[:-1])
    before = state(house, member)
    tell(house, member, last)
    tell(house, member, back(last, "r"))
    assert state(house, member) == before


@EXAMPLES
@given(offers=OFFERS, told=sales())
def test_returns_piece_by_piece_add_up_to_a_full_one(offers: list[Any], told: list[Told]) -> None:
    ends = []
    for pieces in (False, True):
        house, member = open_shop(offers)
        tell(house, member, *told)
        receipt = told[0].receipt
        assert receipt is not None
        singles = [
            Receipt((item._replace(quantity=1000, amount=item.amount * 1000 // item.quantity),))
            for item in receipt.items
            for _ in range(item.quantity // 1000)
        ]
        for number, piece in enumerate(singles if pieces else [receipt]):
            tell(house, member, back(told[0], f"r{number}", piece))
        points, counters, rooms, funders = state(house, member)
        ends.append((points, sorted(counters.values()), [room for _, room in rooms], funders))
    assert ends[0] == ends[1]
