"""Whatever a till and the bank's file tell, in whatever order: the balance is a plain model's, and a sale pays once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.runtime import clock, jobs
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.transactions.bank import back as refund
from tests.transactions.bank import join, load, points_of, promotion, query
from tests.transactions.test_order import receive_lines
from tests.transactions.test_two_channels import (
    CARD,
    NOON,
    bank_where,
    brought_back,
    paid,
    pairs,
    rung_up,
    sold,
)

TWENTY = promotion(
    {"kind": "percent", "rate": "20"}, conditions={"kinds": ["purchase"]}, limits={"per_month": "230"}
)
TEN = promotion({"kind": "percent", "rate": "10"}, conditions={"kinds": ["service"]})
AMOUNTS = (400, 600, 600)
CASH = 100


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


class Event(NamedTuple):
    """A sale of the number, or (with a sum) money back for it, as the till or the file tells it.

    Of a `mixed` one a part was paid in cash, and the file tells the rest.
    """

    by: str
    sale: int
    back: int = 0
    mixed: bool = False

    @property
    def amount(self) -> int:
        """What the channel tells of the sale."""
        return AMOUNTS[self.sale] - (CASH if self.mixed and self.by == "file" else 0)


@st.composite
def told(draw: st.DrawFn) -> list[Event]:
    """Some sales by one channel or both, and returns that are no more than what it told, in any order."""
    events = []
    for sale in range(len(AMOUNTS)):
        mixed = draw(st.booleans())
        for by in ("till", "file"):
            if not draw(st.integers(0, 4)):
                continue
            events.append(Event(by, sale, mixed=mixed))
            left = events[-1].amount
            for _ in range(draw(st.integers(0, 2))):
                back = draw(st.integers(0, left // 100)) * 100
                if back:
                    events.append(Event(by, sale, back, mixed))
                    left -= back
    return draw(st.permutations(events))


def tell(bank: House, member: object, number: int, event: Event) -> None:
    """The till calls sale 0 `t0`, the file `r0`; a file's line is a service, so that what pays can be told apart."""
    by, sale, back, mixed = event
    at, name = NOON + timedelta(hours=sale), f"{by}{number}"
    if by == "till" and back:
        brought_back(bank, member, back, name, f"t{sale}")  # type: ignore[arg-type]
    elif by == "till":
        payments = (("card", (event.amount - CASH) * 100), ("cash", CASH * 100)) if mixed else ()
        sold(bank, member, event.amount, f"t{sale}", at, payments=payments)  # type: ignore[arg-type]
    elif back:
        load(bank, [refund(CARD, "2026-11-11 12:00:00", back, reference=name, original=f"r{sale}")])
    else:
        load(bank, [paid(event.amount, f"2026-11-10 {12 + sale}:10:00", kind="S", reference=f"r{sale}")])


def payer(pays: str | None, told: list[Event]) -> str | None:
    """Which telling of one sale pays; nothing where each does: told once, or left to a person."""
    if len(told) < 2 or not pays:
        return None
    found = {"first": told[0].by, "till": "till", "bank": "file"}[pays]
    return None if told[0].mixed and found == "file" else found


def model(pays: str | None, events: list[Event]) -> int:
    """What it all gives: 20 % of what a till told, 230 at most, and 10 % of the file's, each sale by who pays."""
    given = {"till": 0, "file": 0}
    for sale in range(len(AMOUNTS)):
        told = [event for event in events if event.sale == sale and not event.back]
        backs = {by: sum(e.back for e in events if (e.by, e.sale) == (by, sale)) for by in ("till", "file")}
        pays_alone = payer(pays, told)
        for one in told:
            if pays_alone is None:
                given[one.by] += one.amount - backs[one.by]
            elif one.by == pays_alone:
                given[one.by] += one.amount - max(backs.values())
    return min(given["till"] // 5, 230) + given["file"] // 10


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("pays", [None, "first", "till", "bank"])
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=told())
def test_any_order_gives_what_the_rule_says(pays: str | None, events: list[Event]) -> None:
    bank = bank_where(pays, TWENTY, TEN)
    vera = join(bank, CARD)
    for number, event in enumerate(events):
        tell(bank, vera, number, event)
        assert points_of(bank, vera) == model(pays, events[: number + 1])
    sales = [[e for e in events if e.sale == sale and not e.back] for sale in range(len(AMOUNTS))]
    assert len(pairs(bank)) == sum(payer(pays, told) is not None for told in sales)


@pytest.mark.parametrize("pays", ["first", "till", "bank"])
def test_of_a_till_and_a_file_at_the_same_moment_one_pays(live_database: Settings, pays: str) -> None:
    bank = bank_where(pays)
    cards = [f"token-{number:08}" for number in range(12)]
    members = [join(bank, card) for card in cards]
    receive_lines(bank, *(paid(500, card=card) for card in cards))
    jobs.perform(bank.tenant, str(_asked(bank)[0]))  # staged: its chunks wait
    chunks = [partial(jobs.perform, bank.tenant, str(asked)) for asked in _asked(bank)]
    tills = [
        partial(rung_up, bank, member, 500, f"t{number}", four=card[-4:])
        for number, (member, card) in enumerate(zip(members, cards, strict=True))
    ]
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(one) for one in (*tills[:6], *chunks, *tills[6:])]:
            done.result()
    assert {points_of(bank, member) for member in members} == {100}
    assert len(pairs(bank)) == 12
    if pays != "first":
        assert set(pairs(bank)) == {(pays == "bank", pays == "till")}


def _asked(bank: House) -> list[object]:
    return [row[0] for row in query(bank, "select id from outbox where state = 'asked' order by id")]
