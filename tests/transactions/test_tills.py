"""Sales that points pay in part agree with a plain model, whatever is bought, held, let go and brought back."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition.ledger.audit import audit_ledger
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
from tests.ledger.house import House, balance, lots, new_member, open_another
from tests.redemption.shop import give
from tests.transactions.bank import LONG_AGO, promotion

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@dataclass
class PlainSale:
    """Lines as [thousandths, money left of a whole line, points that paid for it, thousandths brought back]."""

    lines: list[list[int]]
    points: int

    @property
    def net(self) -> int:
        return sum(money * (quantity - back) // quantity for quantity, money, _, back in self.lines)

    @property
    def earns(self) -> int:
        return self.net * 5 // 100 // 100

    @property
    def spent(self) -> int:
        return sum(points * (quantity - back) // quantity for quantity, _, points, back in self.lines)


@dataclass
class Plain:
    """What a member has: a start, less what her sales still cost, and what they still give."""

    start: int
    sales: dict[int, PlainSale] = field(default_factory=dict)
    held: dict[int, int] = field(default_factory=dict)

    @property
    def balance(self) -> tuple[int, int, int, int]:
        held = sum(self.held.values())
        all_of_it = self.start + sum(one.earns - one.spent for one in self.sales.values()) - held
        return max(all_of_it, 0), 0, held, max(-all_of_it, 0)


STEP = st.one_of(
    st.tuples(st.just("sell"), st.integers(0, 3), st.integers(0, 100)),
    st.tuples(st.just("hold"), st.integers(0, 3), st.integers(1, 100)),
    st.tuples(st.just("void"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("return"), st.integers(0, 3), st.integers(1, 3)),
)
CHEQUES = [
    [(1000, 50_000), (3000, 33_333)],
    [(7000, 10_000)],
    [(333, 99_999), (1, 1)],
    [(2000, 700), (2000, 0), (1500, 20_050)],
]


def opened(start: int) -> tuple[House, Any]:
    """A programme where points pay up to all of a cheque and money earns 5 %."""
    house = open_another()
    with db.transaction(house.tenant) as session:
        add_partner(
            session, SYSTEM, participant_id=house.funders[1], code="shop", name={"ru": "s", "en": "s"},
            about={"ru": "", "en": ""}, category="food",
        )  # fmt: skip
        document = promotion({"kind": "percent", "rate": "5"})
        publish(
            session, SYSTEM, programme_id=house.programme, code="five", document=document, starts_at=LONG_AGO
        )
        set_pay_terms(
            session, SYSTEM, programme_id=house.programme, terms={"percent": "100", "code": "never"}
        )
        member = new_member(session, house)
        give(session, house, member, start)
    return house, member


def cheque(member: Any, number: int) -> Told:
    items = tuple(Item(f"s{i}", quantity, amount) for i, (quantity, amount) in enumerate(CHEQUES[number]))
    amount = sum(item.amount for item in items)
    return Told(f"{number}", member, NOW, amount, "shop", "shop", receipt=Receipt(items=items))


def refused(action: Any, *args: Any, **more: Any) -> str:
    try:
        action(*args, **more)
    except (Refusal, Conflict) as problem:
        return problem.code
    return ""


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(50, 900), steps=st.lists(STEP, min_size=1, max_size=14))
def test_sales_paid_with_points_agree_with_a_plain_model(house: None, start: int, steps: list[Any]) -> None:
    with clock.stopped(NOW):
        opened_house, member = opened(start)
        with db.transaction(opened_house.tenant) as session:
            before = lots(session, member)
        plain = Plain(start)
        for turn, (kind, number, size) in enumerate(steps):
            with clock.stopped(NOW + timedelta(minutes=1, seconds=turn)):
                step(opened_house, member, plain, turn, kind, number, size)
            with db.transaction(opened_house.tenant) as session:
                assert balance(session, member) == plain.balance, (turn, kind)
        with clock.stopped(NOW + timedelta(hours=1)):
            undo(opened_house, member, plain)
        with db.transaction(opened_house.tenant) as session:
            left = {number: found for number, found in lots(session, member).items() if number in before}
            assert (balance(session, member), left) == ((start, 0, 0, 0), before)
            assert [rule for rule in [*audit_ledger(session), *audit(session)] if rule.broken] == []


def step(house: House, member: Any, plain: Plain, turn: int, kind: str, number: int, size: int) -> None:
    told = cheque(member, number)
    most = told.amount // 100
    points = most * size // 100
    with db.transaction(house.tenant) as session:
        where: Any = {"programme_id": house.programme, "source": "till"}
        available = plain.balance[0]
        match kind:
            case "sell":
                held = plain.held.get(number, 0)
                with session.begin_nested():
                    said = refused(
                        sell, session, SYSTEM, told=told, points=points, shown=Shown.NOTHING, **where
                    )
                if number in plain.sales:
                    assert said == ""
                    return
                if points > available + held:
                    assert said == "not_enough_points"
                    session.rollback()
                    return
                assert said == ""
                plain.held.pop(number, None)
                plain.sales[number] = sold(told, points)
            case "hold":
                said = refused(hold, session, SYSTEM, told=told, points=points, **where)
                if number in plain.sales:
                    assert said == ("sale_is_booked" if points else "worth_nothing")
                elif points == 0:
                    assert said == "worth_nothing"
                elif points > available + plain.held.get(number, 0):
                    assert said == "not_enough_points"
                    session.rollback()
                else:
                    plain.held[number] = points
            case "void":
                said = refused(void, session, SYSTEM, member_id=member, reference=f"{number}", **where)
                assert said == ("sale_is_booked" if number in plain.sales else "")
                plain.held.pop(number, None)
            case "return" if number in plain.sales:
                bring_back(session, house, member, plain, number, f"r{turn}", size)


def sold(told: Told, points: int) -> PlainSale:
    """Money of points goes to the lines in proportion to their price, what is left to the largest remainders."""
    assert told.receipt is not None
    weights = [item.amount for item in told.receipt.items]
    money = shared(points * 100, weights)
    by_line = shared(points, money) if points else [0] * len(money)
    return PlainSale(
        [[item.quantity, item.amount - off, spent, 0]
         for item, off, spent in zip(told.receipt.items, money, by_line, strict=True)],
        points,
    )  # fmt: skip


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
    items, money = [], sale.net
    for i, line in enumerate(sale.lines):
        quantity = min(max(line[0] // parts, 1), line[0] - line[3])
        if quantity:
            line[3] += quantity
            items.append(Item(f"s{i}", quantity, 0))
    if not items:
        return
    told = Told(
        reference, member, NOW + timedelta(seconds=1), money - sale.net, "shop", "shop",
        receipt=Receipt(items=tuple(items)), refund=True, original=f"{number}",
    )  # fmt: skip
    record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])


def undo(house: House, member: Any, plain: Plain) -> None:
    """Let go what is held, and bring everything back."""
    with db.transaction(house.tenant) as session:
        for number in list(plain.held):
            void(session, SYSTEM, programme_id=house.programme, source="till", member_id=member,
                 reference=f"{number}")  # fmt: skip
        for number in plain.sales:
            bring_back(session, house, member, plain, number, f"end{number}", 1)
