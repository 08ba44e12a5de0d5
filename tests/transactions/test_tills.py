"""Sales that points pay in part agree with a plain model, whatever is bought, held, let go, brought back and burnt."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coalition.ledger.audit import audit_ledger
from coalition.ledger.post import open_book
from coalition.partners.actions import add_partner
from coalition.promotions.actions import publish
from coalition.promotions.case import Item, Receipt
from coalition.redemption.paying import set_pay_terms
from coalition.reports.audit import audit
from coalition.transactions.recording import Told, record
from coalition.transactions.tills import Shown, hold, sell, void
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Refusal
from tests.ledger.house import ZONE, House, balance, lots, new_member, open_another
from tests.redemption.shop import give
from tests.transactions.bank import LONG_AGO, promotion
from tests.transactions.plain_purse import PlainLot, PlainPurse, PlainSale, Uses

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAYS = 30
"""How long points live. No two lots that are not alike end on one day: days go by in fours, and all begin apart."""


@dataclass
class Plain:
    """A member's purse with her sales, and with what is set aside for others: the points and where they are from."""

    purse: PlainPurse
    sales: dict[int, PlainSale] = field(default_factory=dict)
    held: dict[int, tuple[int, Uses]] = field(default_factory=dict)

    @property
    def balance(self) -> tuple[int, int, int, int]:
        return self.purse.available, 0, sum(points for points, _ in self.held.values()), self.purse.debt

    def let_go(self, number: int) -> None:
        points, uses = self.held.pop(number, (0, []))
        self.purse.back(uses, points, 0, grace=None)

    def aside(self, number: int, points: int) -> bool:
        """Hold so many points, from what is held already if that is enough; false if there are not so many."""
        has, uses = self.held.get(number, (0, []))
        if has < points:
            if points > self.purse.available + has:
                return False
            self.let_go(number)
            if points > self.purse.available:  # what came back was too old
                return False
            self.held[number] = points, self.purse.spend(points)
        else:
            self.purse.back(uses, has, points, grace=None)
            self.held[number] = points, uses
        return True


STEP = st.tuples(
    st.sampled_from(("sell", "sell", "hold", "void", "return", "return", "wait")),
    st.integers(0, 3),
    st.integers(0, 100),
    st.sampled_from((0, 0, 4, 12, 28)),
)
CHEQUES = [
    [(1000, 50_000), (3000, 33_333)],
    [(7000, 10_000)],
    [(333, 99_999), (1, 1)],
    [(2000, 700), (2000, 0), (1500, 20_050)],
]
BACK: dict[str, tuple[dict[str, Any], int | None]] = {
    "original": ({"last_day": "original"}, None),
    "grace": ({"last_day": "grace", "days": 7}, 7),
    "fresh": ({"last_day": "fresh"}, DAYS),
}
"""The terms of points that come back too late, and the days that they live on."""


def opened(points: int, back: dict[str, Any]) -> tuple[House, Any]:
    """A programme where points pay up to all of a cheque, and live for 30 days, and money earns 5 %."""
    house = open_another(expiry="days", expiry_count=DAYS)
    with db.transaction(house.tenant) as session:
        add_partner(
            session, SYSTEM, participant_id=house.funders[1], code="shop", name={"ru": "s", "en": "s"},
            about={"ru": "", "en": ""}, category="food",
        )  # fmt: skip
        document = promotion({"kind": "percent", "rate": "5"})
        publish(
            session, SYSTEM, programme_id=house.programme, code="five", document=document, starts_at=LONG_AGO
        )
        terms = {"percent": "100", "code": "never", "back": back}
        set_pay_terms(session, SYSTEM, programme_id=house.programme, terms=terms)
        member = new_member(session, house)
        for number, last_day in enumerate((day_of(12), day_of(40))):
            give(session, house, member, points, source=f"old/{number}", last_day=last_day)
    return house, member


def day_of(number: int) -> date:
    return clock.business_day(ZONE, NOW) + timedelta(days=number)


def cheque(member: Any, number: int, day: int) -> Told:
    items = tuple(Item(f"s{i}", quantity, amount) for i, (quantity, amount) in enumerate(CHEQUES[number]))
    amount = sum(item.amount for item in items)
    at = NOW + timedelta(days=day)
    return Told(f"{number}", member, at, amount, "shop", "shop", receipt=Receipt(items=items))


def refused(action: Any, *args: Any, **more: Any) -> str:
    try:
        action(*args, **more)
    except (Refusal, Conflict) as problem:
        return problem.code
    return ""


@pytest.mark.slow
@example(50, "grace", [("sell", 0, 0, 0), ("sell", 1, 51, 0)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    points=st.integers(50, 900),
    back=st.sampled_from(sorted(BACK)),
    steps=st.lists(STEP, min_size=1, max_size=14),
)
def test_sales_paid_with_points_agree_with_a_plain_model(
    house: None, points: int, back: str, steps: list[Any]
) -> None:
    terms, grace = BACK[back]
    with clock.stopped(NOW):
        opened_house, member = opened(points, terms)
        with db.transaction(opened_house.tenant) as session:
            before = lots(session, member)
    plain = Plain(PlainPurse([PlainLot(12, points), PlainLot(40, points)], 0, grace))
    day = 0
    for turn, (kind, number, size, later) in enumerate(steps):
        # What is renewed and what is earned on one day would have one last day.
        day += max(later, 4) if back == "fresh" else later
        plain.purse.on(day)
        with clock.stopped(NOW + timedelta(days=day, minutes=1, seconds=turn)):
            step(opened_house, member, plain, turn, kind, number, size)
            agrees(opened_house, member, plain, (turn, kind))
    with clock.stopped(NOW + timedelta(days=day, hours=1)):
        undo(opened_house, member, plain)
        agrees(opened_house, member, plain, "at the end")
        with db.transaction(opened_house.tenant) as session:
            left = {number: found for number, found in lots(session, member).items() if number in before}
            assert day or balance(session, member) == (2 * points, 0, 0, 0)
            # What a sale gave may be spent when it is brought back: then the points that burn first stand in for it.
            assert day or left == before or any(kind == "return" for kind, *_ in steps)
            assert [rule for rule in [*audit_ledger(session), *audit(session)] if rule.broken] == []


def agrees(house: House, member: Any, plain: Plain, when: object) -> None:
    """The balance is the model's, when what has burnt is booked; so are the lots, by their last days."""
    with db.transaction(house.tenant) as session:
        book = open_book(session, member_id=member, zone=ZONE)
        session.flush()
        assert balance(session, member) == plain.balance, when
        found: dict[date, int] = {}
        for lot in book.lots:
            found[lot.expires_on] = found.get(lot.expires_on, 0) + lot.remaining
        wanted: dict[date, int] = {}
        for one in plain.purse.lots:
            wanted[day_of(one.last_day)] = wanted.get(day_of(one.last_day), 0) + one.left
        assert {last: left for last, left in found.items() if left} == {
            last: left for last, left in wanted.items() if left
        }, when


def step(house: House, member: Any, plain: Plain, turn: int, kind: str, number: int, size: int) -> None:
    known = plain.sales.get(number)
    told = cheque(member, number, known.day if known else plain.purse.today)
    points = told.amount // 100 * size // 100
    where: Any = {"programme_id": house.programme, "source": "till"}
    with db.transaction(house.tenant) as session:
        match kind:
            case "sell":
                said = refused(sell, session, SYSTEM, told=told, points=points, shown=Shown.NOTHING, **where)
                if known:
                    assert said == ""
                    return
                if not points:
                    plain.let_go(number)
                elif not enough(session, plain, number, points, said):
                    return
                assert said == ""
                plain.sales[number] = sold(plain, told, number, points)
            case "hold":
                said = refused(hold, session, SYSTEM, told=told, points=points, **where)
                if known:
                    assert said == ("sale_is_booked" if points else "worth_nothing")
                elif points == 0:
                    assert said == "worth_nothing"
                elif enough(session, plain, number, points, said):
                    assert said == ""
            case "void":
                said = refused(void, session, SYSTEM, member_id=member, reference=f"{number}", **where)
                assert said == ("sale_is_booked" if known else "")
                plain.let_go(number)
            case "return" if known:
                bring_back(session, house, member, plain, number, f"r{turn}", 1 + size % 3)


def enough(session: Any, plain: Plain, number: int, points: int, said: str) -> bool:
    """Whether the points are set aside; where they are not, nothing has changed."""
    before = deepcopy(plain)
    if plain.aside(number, points):
        return True
    assert said == "not_enough_points"
    plain.purse, plain.sales, plain.held = before.purse, before.sales, before.held
    session.rollback()
    return False


def sold(plain: Plain, told: Told, number: int, points: int) -> PlainSale:
    """Money of points goes to the lines in proportion to their price, what is left to the largest remainders."""
    assert told.receipt is not None
    weights = [item.amount for item in told.receipt.items]
    money = shared(points * 100, weights)
    by_line = shared(points, money) if points else [0] * len(money)
    sale = PlainSale(
        [[item.quantity, item.amount - off, spent, 0]
         for item, off, spent in zip(told.receipt.items, money, by_line, strict=True)],
        points, plain.held.pop(number, (0, []))[1], day=plain.purse.today,
    )  # fmt: skip
    if sale.earns:
        sale.lot = plain.purse.earn(sale.earns, DAYS)
    return sale


def shared(amount: int, weights: list[int]) -> list[int]:
    parts = [amount * weight // sum(weights) for weight in weights]
    left = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % sum(weights)))
    for i in left[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def bring_back(
    session: Any, house: House, member: Any, plain: Plain, number: int, reference: str, parts: int
) -> None:
    """Bring back one `parts`-th of every line, or what is left of it."""
    sale = plain.sales[number]
    items, money, earned, spent = [], sale.net, sale.earns, sale.spent
    for i, line in enumerate(sale.lines):
        quantity = min(max(line[0] // parts, 1), line[0] - line[3])
        if quantity:
            line[3] += quantity
            items.append(Item(f"s{i}", quantity, 0))
    if not items:
        return
    told = Told(
        reference, member, NOW + timedelta(days=plain.purse.today, seconds=1), money - sale.net, "shop", "shop",
        receipt=Receipt(items=tuple(items)), refund=True, original=f"{number}",
    )  # fmt: skip
    record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
    if sale.spent < spent:
        plain.purse.back(sale.uses, spent, sale.spent, grace=plain.purse.grace)
    if sale.lot is not None and sale.earns < earned:
        plain.purse.take_back(earned - sale.earns, sale.lot)


def undo(house: House, member: Any, plain: Plain) -> None:
    """Let go what is held, and bring everything back, the latest first."""
    with db.transaction(house.tenant) as session:
        for number in list(plain.held):
            void(session, SYSTEM, programme_id=house.programme, source="till", member_id=member,
                 reference=f"{number}")  # fmt: skip
            plain.let_go(number)
        for number in reversed(plain.sales):
            bring_back(session, house, member, plain, number, f"end{number}", 1)
