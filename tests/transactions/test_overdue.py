"""Returns that never found their purchase: the programme's policy, or a person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.programmes.actions import open_programme
from coalition.promotions.deposits import top_up
from coalition.transactions.models import PurchaseReturn
from coalition.transactions.overdue import decide_return, look_for_overdue, settle_overdue
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden
from tests.ledger.house import ZONE, House, drain
from tests.transactions.bank import back, balances, join, line, load, open_bank, per_step, promotion, query

pytestmark = pytest.mark.usefixtures("house")
CARD = "token-vera"
SHARED = [{"participant": "bank", "share": 30}, {"participant": "shop", "share": 70}]
OFFERS = [per_step("3", funding=SHARED), promotion({"kind": "fixed", "points": "50"}, once=True)]
LAST_DAY = datetime(2026, 12, 22, 11, 59, tzinfo=UTC)  # 22 December in Kamchatka: 30 days after the booking
THE_DAY_AFTER = datetime(2026, 12, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


def states(bank: House) -> list[str]:
    return [state for (state,) in query(bank, "select state from purchase_return order by occurred_at")]


def waited(bank: House, until: datetime) -> None:
    with clock.stopped(until), db.transaction(bank.tenant) as session:
        look_for_overdue(session)
    with clock.stopped(until):
        drain(bank.tenant)


def queued(session: Session) -> list[PurchaseReturn]:
    return list(session.scalars(select(PurchaseReturn).where(PurchaseReturn.state == "manual")))


def decide(bank: House, member: UUID, *, take: bool, actor: Actor = SYSTEM) -> None:
    with db.transaction(bank.tenant) as session:
        (waiting,) = queued(session)
        decide_return(session, actor, member_id=member, return_id=waiting.id, take=take)


def opened(policy: str) -> tuple[House, UUID]:
    """A member with 30 points, and a return of 500 that belongs to nothing."""
    bank = open_bank(OFFERS[:1], return_policy=policy)
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000, merchant="a"), back(CARD, "2026-11-05", 500, merchant="b")])
    assert balances(bank)[vera] == (30, 0, 0, 0)
    return bank, vera


@pytest.mark.parametrize(
    ("policy", "until", "state", "available"),
    [
        ("manual", LAST_DAY, "waiting", 30),
        ("manual", THE_DAY_AFTER, "manual", 30),
        ("by_terms", LAST_DAY, "waiting", 30),
        ("by_terms", THE_DAY_AFTER, "by_terms", 15),
    ],
)
def test_the_policy_follows_when_the_wait_is_over(
    policy: str, until: datetime, state: str, available: int
) -> None:
    bank, vera = opened(policy)
    for _ in range(2):
        waited(bank, until)
        assert (states(bank), balances(bank)[vera]) == ([state], (available, 0, 0, 0))


def test_each_programme_is_settled_by_a_job_of_its_own() -> None:
    bank, vera = opened("by_terms")
    with db.transaction(bank.tenant) as session:
        other = open_programme(
            session, SYSTEM, code="q", name={"ru": "К", "en": "Q"}, unit={"en": ["point", "points"]}, scale=0,
            currency="RUB", value_minor=100, value_points=1, zone=ZONE, return_policy="manual",
        )  # fmt: skip
    second = replace(bank, programme=other.id)
    olga = join(second, "token-olga")
    with db.transaction(bank.tenant) as session:
        told = Told("back", olga, datetime(2026, 11, 6, tzinfo=UTC), 500_00, "b", refund=True)
        record(session, SYSTEM, programme_id=other.id, source="till", told=[told])
    with clock.stopped(THE_DAY_AFTER), db.transaction(bank.tenant) as session:
        look_for_overdue(session)
    asked = query(bank, "select name, arguments from outbox where name like 'returns.%' order by arguments")
    assert asked == [("returns.settle", {"programme_id": one}) for one in (bank.programme, other.id)]
    assert states(bank) == ["waiting", "waiting"]
    with clock.stopped(THE_DAY_AFTER):
        with db.transaction(bank.tenant) as session:
            settle_overdue(session, other.id)
        assert states(bank) == ["waiting", "manual"]  # the other programme's members are not locked
        drain(bank.tenant)
        with db.transaction(bank.tenant) as session:
            look_for_overdue(session)
    assert states(bank) == ["by_terms", "manual"]
    assert balances(bank)[vera] == (15, 0, 0, 0)
    assert query(bank, "select count(*) from outbox where name = 'returns.settle'") == [(2,)]


def test_by_terms_takes_nothing_for_what_is_given_once() -> None:
    bank = open_bank(OFFERS, return_policy="by_terms")
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000, merchant="a"), back(CARD, "2026-11-05", 500, merchant="b")])
    waited(bank, THE_DAY_AFTER)
    assert balances(bank)[vera] == (65, 0, 0, 0)


@pytest.mark.parametrize(
    "bound",
    [{"budget": "100000"}, {"budget_money": "100000"}, {"first_members": 5}],
    ids=lambda one: next(iter(one)),
)
def test_by_terms_takes_nothing_for_what_a_hard_bound_may_have_cut(bound: dict[str, object]) -> None:
    bank = open_bank([per_step("3"), per_step("4", limits=bound)], return_policy="by_terms")
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000, merchant="a"), back(CARD, "2026-11-05", 500, merchant="b")])
    rooms = query(bank, "select sum(room)::bigint from promotion_budget")
    waited(bank, THE_DAY_AFTER)
    assert (states(bank), balances(bank)[vera]) == (["by_terms"], (70 - 15, 0, 0, 0))
    assert query(bank, "select sum(room)::bigint from promotion_budget") == rooms


def test_by_terms_takes_nothing_of_what_a_deposit_pays() -> None:
    shared = [{"participant": "bank", "share": 50}, {"participant": "shop", "share": 50}]
    bank = open_bank([per_step("3"), per_step("4", funding=shared)], return_policy="by_terms")
    with db.transaction(bank.tenant) as session:
        top_up(
            session, SYSTEM, programme_id=bank.programme, participant_id=bank.funders[1], unit="points",
            paid=1000, request_id="a",
        )  # fmt: skip
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 1000, merchant="a"), back(CARD, "2026-11-05", 500, merchant="b")])
    waited(bank, THE_DAY_AFTER)
    assert (states(bank), balances(bank)[vera]) == (["by_terms"], (70 - 15, 0, 0, 0))
    assert query(bank, "select sum(room)::bigint from deposit_room") == [(980,)]


def test_a_person_takes_by_terms_or_lets_be_and_once() -> None:
    for take, available, state in ((True, 15, "by_terms"), (False, 30, "let_be")):
        bank, vera = opened("manual")
        waited(bank, THE_DAY_AFTER)
        with db.transaction(bank.tenant) as session:
            (waiting,) = queued(session)
        decide(bank, vera, take=take)
        assert (states(bank), balances(bank)[vera]) == ([state], (available, 0, 0, 0))
        with pytest.raises(Conflict, match="return_decided"), db.transaction(bank.tenant) as session:
            decide_return(session, SYSTEM, member_id=vera, return_id=waiting.id, take=True)


def test_deciding_needs_a_permission() -> None:
    bank, vera = opened("manual")
    waited(bank, THE_DAY_AFTER)
    with pytest.raises(Forbidden):
        decide(bank, vera, take=True, actor=Actor("staff"))
    assert (states(bank), balances(bank)[vera]) == (["manual"], (30, 0, 0, 0))


def test_a_return_in_the_queue_still_finds_its_purchase() -> None:
    bank, vera = opened("manual")
    waited(bank, THE_DAY_AFTER)
    load(bank, [line(CARD, "2026-11-04", 500, merchant="b")])
    assert (states(bank), balances(bank)[vera]) == (["applied"], (30, 0, 0, 0))


def test_what_was_decided_stays_decided_when_the_purchase_turns_up() -> None:
    bank, vera = opened("by_terms")
    waited(bank, THE_DAY_AFTER)
    load(bank, [line(CARD, "2026-11-04", 500, merchant="b")])
    assert (states(bank), balances(bank)[vera]) == (["by_terms"], (30, 0, 0, 0))
