"""The demonstration's coalition: made once by its own weeks, then looked at; what it says is what is in the ledger."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from admin.demo import plyos_terms
from admin.demo.network import LOOPBACK
from admin.demo.plyos import Calendar, plyos_base
from admin.demo.plyos_opening import open_plyos
from charity.queries import funds, gathering
from coalition.ledger.models import Account, Transfer
from coalition.ledger.queries import balance_of
from coalition.mailings.models import Mailing
from coalition.mailings.queries import bought_after
from coalition.members.models import Member
from coalition.members.queries import member_by_handle
from coalition.offers.models import Click, Coupon, Network, Order, Shop
from coalition.offers.queries import alerts, shown_shops
from coalition.partners.models import Outlet, Terminal
from coalition.partners.queries import participants_by_code
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.redemption.actions import redeem
from coalition.redemption.models import Redemption
from coalition.reports.audit import audit
from coalition.settlement.days import span_of
from coalition.settlement.flows import register
from coalition.settlement.joining import applications_waiting
from coalition.settlement.models import StatementLine
from coalition.settlement.queries import lines_of, objections_of, statement_of, statements_of, states_in
from coalition.transactions.models import Purchase
from tenants.actor import member as acting
from tenants.models import Staff
from tenants.roles import roles_of
from tenants.runtime import clock, db, settings
from tests.ledger.house import forget_promotions

NOW = datetime(2026, 11, 29, 13, tzinfo=UTC)
OCTOBER = date(2026, 10, 1)


@pytest.fixture(scope="module")
def lived(_begun: None) -> Iterator[tuple[Connection, int]]:
    """A connection in which the coalition has lived until NOW, and its tenant; undone after this file."""
    before = settings.current()
    settings.use(replace(before, demo=True))
    with db.configured().connect() as connection, connection.begin() as whole:
        with db.joined(connection), db.transaction(None) as session:
            open_plyos(session, NOW, lambda _: None, network=True)
            tenant = db.tenant_of(session)
        yield connection, tenant
        whole.rollback()
    settings.use(before)


@pytest.fixture
def plyos(lived: tuple[Connection, int]) -> Iterator[Session]:
    """The coalition's transaction, at the moment until which it has lived."""
    connection, tenant = lived
    forget_promotions()
    with clock.stopped(NOW), db.joined(connection), db.transaction(tenant) as session:
        yield session


@pytest.fixture
def programme(plyos: Session) -> Programme:
    return the_programme(plyos)


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def first_member(session: Session) -> UUID:
    phone = plyos_base()[0].person.phone
    assert phone is not None
    return member_by_handle(session, phone).id


def state(order: Order) -> str:
    """What the network has said last; whether it had said something else of the points before."""
    return (
        f"{order.state}, told anew" if order.settled > (1 if order.state in WAITING else 2) else order.state
    )


WAITING = ("pending", "on_hold")


def test_it_shows_612_shops_of_a_demonstration(plyos: Session, programme: Programme) -> None:
    assert count(plyos, Shop) == 612
    assert len(shown_shops(plyos, programme.id)) == 612
    assert count(plyos, Coupon) == 2 * 612
    assert [one.demonstration for one in plyos.scalars(select(Network))] == [True]
    assert alerts(plyos) == []


def test_orders_are_in_every_state_by_the_networks_own_word(plyos: Session) -> None:
    assert count(plyos, Click) == 60
    orders = plyos.scalars(select(Order)).all()
    assert {one.by for one in orders} == {"poll"}
    found = Counter(map(state, orders))
    paid = found.pop("approved") + found.pop("paid")  # which of them the network has paid goes by its clock
    assert found == {
        "pending": 6, "pending, told anew": 1, "on_hold": 2, "approved, told anew": 5,
        "declined": 8, "declined, told anew": 6,
    }  # fmt: skip
    assert paid == 23


def test_the_member_who_signs_in_has_an_order_in_every_state(plyos: Session) -> None:
    mine = plyos.scalars(select(Order).where(Order.member_id == first_member(plyos))).all()
    found = Counter(map(state, mine))
    assert found["approved"] >= 1
    assert found["paid"] >= 1
    assert found.pop("approved") + found.pop("paid") == 5
    assert found == {
        "pending": 3, "pending, told anew": 1, "on_hold": 1, "approved, told anew": 1, "declined": 3,
        "declined, told anew": 2,
    }  # fmt: skip


def test_two_banks_have_the_members_and_a_retailer_and_a_cafe_the_tills(plyos: Session) -> None:
    assert participants_by_code(plyos).keys() == {
        "plyos",
        "brody",
        "kedr",
        "pyat-vyorst",
        "tyoplaya-kruzhka",
        LOOPBACK,
    }
    assert Counter(plyos.scalars(select(Member.segments)).all()) == {1: 24, 2: 24}
    assert (count(plyos, Outlet), count(plyos, Terminal)) == (4, 7)
    assert Counter(plyos.scalars(select(Purchase.partner_id)).all()) == {1: 59 * 5, 2: 59 * 2}


def test_the_cafes_plan_has_what_went_out_and_what_waits(plyos: Session) -> None:
    gone, waits = plyos.scalars(select(Mailing).order_by(Mailing.id)).all()
    assert (gone.state, gone.looked_at, gone.no_consent, gone.sent) == ("done", 48, 8, 40)
    assert (waits.state, waits.channel, waits.audience) == ("offered", "notice", "met")
    assert bought_after(plyos, gone) > 0


def test_octobers_statements_are_on_different_ways(plyos: Session, programme: Programme) -> None:
    codes = {number: code for code, number in participants_by_code(plyos).items()}
    drawn = [codes[one.participant_id] for one in statements_of(plyos, programme.id, OCTOBER)]
    assert drawn == ["brody", "kedr", "pyat-vyorst", "tyoplaya-kruzhka", LOOPBACK]
    found = {codes[number]: str(one) for number, one in states_in(plyos, programme.id, OCTOBER).items()}
    assert found == {"brody": "sent", "pyat-vyorst": "agreed", "tyoplaya-kruzhka": "disputed"}
    cafe = statement_of(plyos, programme.id, OCTOBER, participants_by_code(plyos)["tyoplaya-kruzhka"])
    assert [one.objection.words for one in objections_of(plyos, cafe)] == [plyos_terms.OBJECTION]


def test_what_they_come_to_is_nothing_more_and_nothing_less_than_the_ledger(
    plyos: Session, programme: Programme
) -> None:
    """What all pay less what all receive is the operator's: points that are not spent yet, fees and their VAT."""
    lines = plyos.scalars(select(StatementLine)).all()
    sums = Counter[str]()
    for one in lines:
        sums[one.kind] += one.minor
    statements = statements_of(plyos, programme.id, OCTOBER)
    net = sum(one.owes - one.owed for one in statements)
    operators = sums["fee"] + sums["fee_back"] + sums["vat"]
    given = 100 * (given_in_october(plyos, programme) - taken_back_in_october(plyos, programme))
    accepted = plyos.scalar(
        select(func.sum(Redemption.minor)).where(Redemption.made_at < span_of(programme, OCTOBER).over)
    )
    assert accepted == sums["accepted"] + sums["certificates"]
    assert given == sums["issued"] + sums["returned"]
    assert net - given - sums["spent"] + accepted - operators == 0


def payers(session: Session) -> list[int]:
    """Who pays for points when they are given: everybody but one bank."""
    return [number for code, number in participants_by_code(session).items() if code not in ("kedr", "plyos")]


def given_in_october(session: Session, programme: Programme) -> int:
    return booked(session, programme, Transfer.from_account == Account.ISSUED)


def taken_back_in_october(session: Session, programme: Programme) -> int:
    return booked(session, programme, Transfer.to_account == Account.ISSUED)


def booked(session: Session, programme: Programme, which: object) -> int:
    span = span_of(programme, OCTOBER)
    within = (Transfer.booked_at >= span.begun, Transfer.booked_at < span.over)
    query = select(func.sum(Transfer.points)).where(Transfer.funder_id.in_(payers(session)), *within, which)
    return int(session.scalar(query) or 0)


def test_every_sum_opens_into_its_rows(plyos: Session, programme: Programme) -> None:
    codes = {number: code for code, number in participants_by_code(plyos).items()}
    span, opened = span_of(programme, OCTOBER), 0
    for statement in statements_of(plyos, programme.id, OCTOBER):
        terms = plyos_terms.SETTLING[codes[statement.participant_id]]
        for line in lines_of(plyos, statement):
            if line.kind == "vat":
                continue
            kind = line.kind.replace("fee", terms["fee"]["of"]) if "fee" in line.kind else line.kind
            rows = register(plyos, programme, span, statement.participant_id, kind)
            assert len(rows) == line.count > 0, line.kind
            opened += 1
    assert opened == 15


def test_people_of_partners_sign_in_and_one_company_waits(plyos: Session) -> None:
    found = {
        one.login: (one.participant_id, [role.code for role in roles_of(plyos, one.id)])
        for one in plyos.scalars(select(Staff).where(Staff.participant_id.is_not(None)))
    }
    owners = participants_by_code(plyos)
    assert found == {
        "retailer-manager": (owners["pyat-vyorst"], ["partner-manager"]),
        "cafe-manager": (owners["tyoplaya-kruzhka"], ["partner-manager"]),
    }
    assert applications_waiting(plyos) == 1


def test_a_fund_gathers_and_takes_the_last_point_that_a_member_has(plyos: Session) -> None:
    (fund,), member = funds(plyos), first_member(plyos)
    campaign = gathering(plyos, fund.id, NOW.date())
    assert campaign is not None
    assert campaign.goal == 30_000
    with plyos.begin_nested() as undone:
        left = balance_of(plyos, member).available
        gives = {"points": left, "campaign": campaign.id}
        redeem(
            plyos,
            acting(member),
            member_id=member,
            reward_code=f"fund-{fund.code}",
            choice=gives,
            request_id="g",
        )
        assert (left > 0, balance_of(plyos, member).available) == (True, 0)
        undone.rollback()


def test_the_audit_is_clean(plyos: Session) -> None:
    assert [one.rule for one in audit(plyos) if one.broken] == []


@pytest.mark.parametrize(
    ("now", "month", "today"),
    [
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), OCTOBER, date(2026, 11, 30)),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), date(2026, 11, 1), date(2026, 12, 1)),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), date(2026, 2, 1), date(2026, 3, 1)),
    ],
)
def test_the_month_is_the_last_that_can_be_closed(now: datetime, month: date, today: date) -> None:
    found = Calendar.of(now)
    assert (found.month, found.today) == (month, today)
    assert (today - found.opens).days >= 41
