"""Gifts of every month and of every purchase: exact, whole, once, and until they are stopped."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from charity.actions import add_document, admit_fund, begin_campaign, belong, remove_document
from charity.giving import begin_giving, give_of, next_day, remainder, stop_giving
from charity.models import Donation, GivingRule
from charity.queries import (
    campaigns,
    document_by_id,
    documents,
    gathering,
    gifts_of,
    giving_rules,
    months,
    set_aside,
    transfers_to,
)
from coalition.redemption.actions import cancel
from coalition.redemption.payouts import make_register, mark_paid
from tenants.actor import SYSTEM, Actor, member
from tenants.parts import Part, switch
from tenants.runtime import clock, db, jobs
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tests.ledger.house import House, drain
from tests.redemption.shop import NAMES
from tests.redemption.shop import give as opening
from tests.transactions.bank import back as refund
from tests.transactions.bank import balances, join, line, load, open_bank, per_step

pytestmark = pytest.mark.usefixtures("house")
CARD = "token-00004444"
BEGIN = datetime(2026, 11, 22, 3, tzinfo=UTC)  # three in the afternoon in Kamchatka
PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"


class Giver:
    """A bank that gives a point a rouble, a fund that takes 20 to 400 points, and a member with a card."""

    def __init__(self, points: int = 0) -> None:
        self.bank: House = open_bank([per_step("1", "1")])
        self.member: UUID = join(self.bank, CARD)
        with db.transaction(self.bank.tenant) as session:
            fund = admit_fund(
                session, SYSTEM, code="kind", points_min=20, points_max=400,
                participant_id=self.bank.funders[0], **NAMES,
            )  # fmt: skip
            begin_campaign(
                session, SYSTEM, fund_id=fund.id, name=NAMES["name"], goal=1000, ends_on=date(2027, 3, 31)
            )
            self.fund = fund.id
            if points:
                opening(session, self.bank, self.member, points)

    def begins(self, kind: str, points: int, day: int = 0) -> UUID:
        with db.transaction(self.bank.tenant) as session:
            return begin_giving(
                session, member(self.member), member_id=self.member, fund_id=self.fund, kind=kind, points=points,
                day=day,
            ).id  # fmt: skip

    def buys(self, amount: int, at: str) -> None:
        load(self.bank, [line(CARD, at, amount)])

    def day_passes(self) -> None:
        """The schedule's job is done, and all that it asks for."""
        with db.transaction(self.bank.tenant) as session:
            jobs.ask(session, "charity.give")
        drain(self.bank.tenant)

    def gifts(self) -> list[int]:
        with db.transaction(self.bank.tenant) as session:
            return [one.points for one in session.scalars(select(Donation).order_by(Donation.number))]

    def available(self) -> int:
        return balances(self.bank)[self.member][0]

    def rule(self) -> GivingRule:
        with db.transaction(self.bank.tenant) as session:
            (one,) = giving_rules(session, self.member)
            session.expunge(one)
            return one


def at(days: int, hours: int = 0, minutes: int = 0) -> Any:
    return clock.stopped(BEGIN + timedelta(days=days, hours=hours, minutes=minutes))


def test_a_monthly_gift_is_given_on_its_day_and_once() -> None:
    with at(0):
        giver = Giver(1000)
        giver.begins("monthly", 100, day=24)
        giver.day_passes()
    assert giver.gifts() == []
    for hours in (0, 0, 1, 8):  # the schedule comes again and again
        with at(2, hours):
            giver.day_passes()
            giver.day_passes()
        assert giver.gifts() == [100]
    with at(31):
        giver.day_passes()
    assert giver.gifts() == [100]
    with at(32):
        giver.day_passes()
    assert giver.gifts() == [100, 100]
    assert giver.available() == 800


def test_of_months_that_nobody_worked_there_is_one_gift() -> None:
    with at(0):
        giver = Giver(1000)
        giver.begins("monthly", 100, day=24)
    with at(75):  # 5 February
        giver.day_passes()
        giver.day_passes()
    assert (giver.gifts(), giver.rule().next_on) == ([100], date(2027, 2, 24))


def test_a_gift_that_is_more_than_there_is_is_not_given_and_said_so() -> None:
    with at(0):
        giver = Giver(99)
        giver.begins("monthly", 100, day=24)
    with at(2):
        giver.day_passes()
        rule = giver.rule()
        assert (giver.gifts(), giver.available()) == ([], 99)
        assert (rule.outcome, rule.last_points, rule.next_on) == (
            "not_enough_points",
            100,
            date(2026, 12, 24),
        )


def test_what_is_over_a_round_number_is_given_when_it_is_enough() -> None:
    with at(0):
        giver = Giver()
        giver.buys(87, "2026-11-22 10:00:00")  # before she decided
    with at(0, 1):
        giver.begins("round", 10)
        giver.buys(123, "2026-11-22 11:00:00")  # leaves 3
        giver.buys(200, "2026-11-22 12:00:00")  # leaves nothing
        giver.buys(48, "2026-11-22 13:00:00")  # leaves 8
    with at(1):
        giver.day_passes()
        with db.transaction(giver.bank.tenant) as session:
            assert [row.points for row in set_aside(session, giver.member, giver.fund)] == [3, 8]
        giver.buys(9, "2026-11-23 10:00:00")  # leaves all of it
        giver.day_passes()
    assert giver.gifts() == []
    with at(2):
        giver.day_passes()
        giver.day_passes()
    assert (giver.gifts(), giver.available()) == ([20], 87 + 123 + 200 + 48 + 9 - 20)
    with at(3):
        giver.day_passes()
    assert giver.gifts() == [20]


def test_a_return_before_the_count_leaves_less_and_one_after_it_changes_nothing() -> None:
    with at(0):
        giver = Giver()
        giver.begins("round", 50)
        giver.buys(149, "2026-11-22 11:00:00")
        load(giver.bank, [refund(CARD, "2026-11-22 12:00:00", 120)])  # 29 are left
    with at(1):
        giver.day_passes()
        assert giver.gifts() == [29]
        load(giver.bank, [refund(CARD, "2026-11-23 12:00:00", 29)])
    with at(2):
        giver.day_passes()
    assert giver.gifts() == [29]


def test_who_stops_gives_no_more_and_keeps_what_was_set_aside() -> None:
    with at(0):
        giver = Giver()
        number = giver.begins("round", 100)
        giver.buys(117, "2026-11-22 11:00:00")
    with at(1):
        giver.day_passes()
        with db.transaction(giver.bank.tenant) as session:
            stop_giving(session, member(giver.member), member_id=giver.member, rule_id=number)
        with db.transaction(giver.bank.tenant) as session, pytest.raises(NotFound, match="giving_unknown"):
            stop_giving(session, member(giver.member), member_id=giver.member, rule_id=number)
        giver.begins("round", 10)
        giver.buys(99, "2026-11-23 11:00:00")
    with at(2):
        giver.day_passes()
        assert giver.gifts() == []
        with db.transaction(giver.bank.tenant) as session:
            assert [row.points for row in set_aside(session, giver.member, giver.fund)] == [9]


def test_a_gift_that_is_taken_back_is_not_given_again() -> None:
    with at(0):
        giver = Giver()
        giver.begins("round", 100)
        giver.buys(150, "2026-11-22 11:00:00")
    with at(1):
        giver.day_passes()
        with db.transaction(giver.bank.tenant) as session:
            one = session.scalars(select(Donation)).one()
            cancel(session, member(giver.member), member_id=giver.member, redemption_id=one.id)
    with at(2):
        giver.day_passes()
    assert (giver.gifts(), giver.available()) == ([50], 150)


def test_nothing_is_given_where_charity_is_off_or_no_campaign_gathers() -> None:
    with at(0):
        giver = Giver(1000)
        giver.begins("monthly", 100, day=24)
        with db.transaction(giver.bank.tenant) as session:
            switch(session, SYSTEM, part=Part.CHARITY, on=False)
    with at(2):
        giver.day_passes()
        with db.transaction(giver.bank.tenant) as session:
            give_of(session, member_id=str(giver.member))
        assert giver.gifts() == []
        with db.transaction(giver.bank.tenant) as session, pytest.raises(NotFound, match="part_off"):
            begin_giving(
                session, SYSTEM, member_id=giver.member, fund_id=giver.fund, kind="monthly", points=50, day=1
            )
        with db.transaction(giver.bank.tenant) as session:
            switch(session, SYSTEM, part=Part.CHARITY, on=True)
    with at(150):
        giver.day_passes()
        assert (giver.gifts(), giver.rule().outcome) == ([], "campaign_over")


def test_what_makes_no_sense_is_refused_and_nobody_decides_for_another() -> None:
    with at(0):
        giver = Giver(1000)
        for said, code in (
            ({"kind": "monthly", "points": 19, "day": 1}, "points_too_few"),
            ({"kind": "monthly", "points": 401, "day": 1}, "points_too_many"),
            ({"kind": "monthly", "points": 100, "day": 29}, "giving_day"),
            ({"kind": "round", "points": 20}, "giving_points"),
            ({"kind": "weekly", "points": 10}, "giving_points"),
            ({"kind": "round", "points": 10, "fund_id": 77}, "fund_unknown"),
        ):
            with db.transaction(giver.bank.tenant) as session, pytest.raises(Refusal, match=code):
                begin_giving(
                    session, member(giver.member), **{"member_id": giver.member, "fund_id": giver.fund} | said
                )
        other = join(giver.bank, "token-00005555")
        with db.transaction(giver.bank.tenant) as session, pytest.raises(Forbidden):
            begin_giving(
                session, member(other), member_id=giver.member, fund_id=giver.fund, kind="round", points=10
            )
        number = giver.begins("round", 10)
        with db.transaction(giver.bank.tenant) as session, pytest.raises(Forbidden):
            stop_giving(session, member(other), member_id=giver.member, rule_id=number)


EVENT = st.one_of(
    st.tuples(st.just("buy"), st.integers(1, 400)),
    st.tuples(st.just("day"), st.integers(1, 3)),
    st.tuples(st.just("rule"), st.sampled_from([10, 50, 100])),
    st.tuples(st.just("stop"), st.just(0)),
    st.tuples(st.just("spend"), st.integers(1, 400)),
)


class _Killed(Exception):
    """The process ends while its work is done."""


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(events=st.lists(EVENT, min_size=3, max_size=14), kills=st.booleans())
def test_whatever_happens_each_purchase_leaves_its_remainder_once(
    events: list[tuple[str, int]], kills: bool
) -> None:
    """Against a plain model: what is set aside, and gifts of at least 20, in the purchases' order, 400 at most."""
    with at(0):
        giver = Giver()
    aside: list[int] = []
    fresh: list[int] = []
    gifts: list[int] = []
    rule, number, balance, day = 0, None, 0, 0
    for place, (event, value) in enumerate(events):
        with at(day, 1, place):
            if event == "buy":
                moment = clock.now() + timedelta(hours=12, minutes=place)
                giver.buys(value, f"{moment:%Y-%m-%d %H:%M:%S}")
                balance += value
                fresh += [value] if rule else []
            elif event == "rule":
                number, rule, aside, fresh = giver.begins("round", value), value, [], []
            elif event == "stop" and rule:
                with db.transaction(giver.bank.tenant) as session:
                    stop_giving(session, SYSTEM, member_id=giver.member, rule_id=number)  # type: ignore[arg-type]
                rule, aside, fresh = 0, [], []
        if event != "day":
            continue
        day += value
        with at(day):
            if kills:
                with pytest.raises(_Killed), db.transaction(giver.bank.tenant) as session:
                    give_of(session, member_id=str(giver.member))
                    raise _Killed
            giver.day_passes()
            giver.day_passes()
        if rule:
            aside += [left for one in fresh if (left := one % rule)]
            fresh = []
            taken: list[int] = []
            for left in aside:
                if sum(taken) + left > 400:
                    break
                taken.append(left)
            if 20 <= sum(taken) <= balance:
                gifts.append(sum(taken))
                balance -= sum(taken)
                aside = aside[len(taken) :]
        assert (giver.gifts(), giver.available()) == (gifts, balance), events[: place + 1]


def test_days_and_remainders() -> None:
    assert next_day(24, date(2026, 11, 22)) == date(2026, 11, 24)
    assert next_day(22, date(2026, 11, 22)) == date(2026, 12, 22)
    assert next_day(1, date(2026, 12, 31)) == date(2027, 1, 1)
    assert next_day(28, date(2027, 1, 30)) == date(2027, 2, 28)
    assert [remainder(points, 50) for points in (0, 49, 50, 51, -7)] == [0, 49, 0, 1, 0]


def test_funds_documents_campaigns_and_sums() -> None:
    with at(0):
        giver = Giver(1000)
        with db.transaction(giver.bank.tenant) as session:
            later = begin_campaign(
                session, SYSTEM, fund_id=giver.fund, name=NAMES["name"], goal=50, starts_on=date(2026, 12, 1),
                ends_on=date(2026, 12, 31),
            )  # fmt: skip
            session.flush()
            for said, code in (
                ({"goal": 0}, "campaign_goal"), ({"starts_on": date(2027, 1, 1)}, "campaign_days"),
                ({"name": {"ru": " "}}, "campaign_name"), ({"fund_id": 77}, "fund_unknown"),
            ):  # fmt: skip
                usual: dict[str, Any] = {"fund_id": giver.fund, "name": NAMES["name"], "goal": 5}
                with pytest.raises(Refusal, match=code):
                    begin_campaign(session, SYSTEM, ends_on=date(2026, 12, 31), **usual | said)
            assert gathering(session, giver.fund, date(2026, 11, 30)) != later
            assert gathering(session, giver.fund, date(2026, 12, 1)) == later
            for content, code in (
                (b"text", "attachment_type"),
                (b"x" * (5 << 20) + b"x", "attachment_large"),
            ):
                with pytest.raises(Refusal, match=code):
                    add_document(session, SYSTEM, fund_id=giver.fund, name="a.pdf", content=content)
            kept = add_document(
                session, SYSTEM, fund_id=giver.fund, name="C:\\papers\\charter.pdf", content=PDF
            )
            session.flush()
            assert [(one.name, one.kind, one.size) for one in documents(session)] == [
                ("charter.pdf", "pdf", 23)
            ]
            assert document_by_id(session, giver.fund, kept.id).content == PDF
            with pytest.raises(Forbidden):
                remove_document(
                    session, Actor("staff", None, frozenset()), fund_id=giver.fund, document_id=kept.id
                )
            remove_document(session, SYSTEM, fund_id=giver.fund, document_id=kept.id)
            session.flush()
            with pytest.raises(NotFound, match="document_unknown"):
                document_by_id(session, giver.fund, kept.id)
            belong(session, SYSTEM, fund_id=giver.fund, participant_id=giver.bank.funders[1])
        giver.begins("monthly", 100, day=24)
    with at(2):
        giver.day_passes()
    with at(12):
        with db.transaction(giver.bank.tenant) as session:
            register = make_register(session, SYSTEM, payee="fund:kind")
            assert register is not None
            mark_paid(session, SYSTEM, register_id=register.id)
        giver.begins("monthly", 50, day=5)
    with at(14):
        giver.day_passes()
        with db.transaction(giver.bank.tenant) as session:
            assert months(session, "Asia/Kamchatka") == [
                (giver.fund, date(2026, 12, 1), 50_00, 100_00), (giver.fund, date(2026, 11, 1), 100_00, 0),
            ]  # fmt: skip
            assert [(one.points, one.minor, one.state) for one in gifts_of(session, giver.fund)] == [
                (50, 50_00, "waiting"), (100, 100_00, "paid"),
            ]  # fmt: skip
            (sent,) = transfers_to(session, giver.fund)
            assert (sent.number, sent.sent, sent.paid) == (1, 100_00, 100_00)
            first, second = campaigns(session, None)
            assert (first.points, first.minor, second.points, second.minor) == (100, 100_00, 50, 50_00)
