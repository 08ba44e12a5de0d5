"""What comes back, to the unit: at tills, after spending, of lots that had burnt, told twice, and known too late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from coalition.ledger.models import Account, Purpose
from coalition.ledger.post import Cause, open_book
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.partners.actions import add_partner
from coalition.programmes.actions import open_programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import publish
from coalition.promotions.case import Receipt
from coalition.promotions.deposits import deposits_of, top_up
from coalition.redemption.paying import set_pay_terms
from coalition.settlement.closing import close
from coalition.settlement.days import span_of
from coalition.settlement.flows import register
from coalition.settlement.models import StatementLine
from coalition.settlement.terms import set_operator, set_terms
from coalition.transactions.models import PurchaseReturn
from coalition.transactions.moved import note_moved
from coalition.transactions.recording import Told, record
from coalition.transactions.tills import Shown, hold, sell
from coalition.transactions.two_channels.terms import set_same_sale_terms
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import ZONE, drain, new_member, open_another
from tests.transactions.bank import LONG_AGO, promotion

pytestmark = pytest.mark.usefixtures("house")
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
FIRST = datetime(2026, 10, 2, 3, tzinfo=UTC)
NEXT = {OCTOBER: NOVEMBER, NOVEMBER: DECEMBER, DECEMBER: date(2027, 1, 1)}
BOTH: dict[str, Any] = {"turnover": "through", "fee": {"rate": "2", "of": "awarded"}}


def day(number: int, month: int = 10, hour: int = 3) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


@dataclass(frozen=True)
class Coalition:
    """A bank that operates a programme of one-rouble points, a shop that pays points back at its tills, a café."""

    tenant: int
    programme: int
    who: Mapping[str, int]
    member: UUID


def coalition(
    terms: Mapping[str, Any] | None = None, back: Mapping[str, Any] | None = None, **more: Any
) -> Coalition:
    """Every settler by the same terms; 10 % of the shop's sales at its expense, if `earns` are asked for."""
    earns = more.pop("earns", False)
    with clock.stopped(FIRST):
        house = open_another(**more)
        with db.transaction(house.tenant) as session:
            bank, shop = house.funders
            told = {"programme_id": house.programme}
            add_partner(
                session, SYSTEM, participant_id=shop, code="shop", name={"ru": "s", "en": "s"},
                about={"ru": "", "en": ""}, category="food",
            )  # fmt: skip
            if earns:
                document = promotion({"kind": "percent", "rate": "10"}) | {
                    "funding": [{"participant": "shop", "share": 100}]
                }
                publish(session, SYSTEM, code="ten", document=document, starts_at=LONG_AGO, **told)
            set_pay_terms(
                session,
                SYSTEM,
                terms={"percent": "100", "code": "never"} | ({"back": back} if back else {}),
                **told,
            )
            set_operator(session, SYSTEM, participant_id=bank, terms={}, **told)
            set_terms(session, SYSTEM, participant_id=shop, since=OCTOBER, terms=dict(terms or {}), **told)
            return Coalition(
                house.tenant, house.programme, {"bank": bank, "shop": shop}, new_member(session, house)
            )


def give(
    house: Coalition, points: int, last: date, at: datetime = FIRST, whose: str = "shop", number: int = 1
) -> None:
    with clock.stopped(at), db.transaction(house.tenant) as session:
        book = open_book(session, member_id=house.member, zone=ZONE)
        cause = Cause(Purpose.AWARD, UUID(int=number), clock.now())
        book.earn(cause, points, funder_id=house.who[whose], active_on=book.today, expires_on=last)


def bought(
    house: Coalition, amount: int, points: int, at: datetime, reference: str = "s1", **receipt: Any
) -> None:
    """A sale at the shop's till of so many roubles, of which points pay some."""
    known = Receipt(**receipt) if receipt else None
    told = Told(reference, house.member, at, amount * 100, "shop", "shop", receipt=known)
    where: Any = {"programme_id": house.programme, "source": "till"}
    with clock.stopped(at), db.transaction(house.tenant) as session:
        sell(session, SYSTEM, told=told, points=points, shown=Shown.CODE, **where)


def returned(
    house: Coalition,
    amount: int,
    at: datetime,
    reference: str,
    original: str | None = "s1",
    source: str = "till",
) -> None:
    told = Told(
        reference, house.member, at, amount * 100, "shop", "shop", refund=True, original=original,
    )  # fmt: skip
    with clock.stopped(at), db.transaction(house.tenant) as session:
        record(session, SYSTEM, programme_id=house.programme, source=source, told=[told])


def lines(house: Coalition, month: date = OCTOBER) -> dict[str, tuple[int, int, int]]:
    """The shop's month, closed: count, points and money of each kind; every sum is that of its rows."""
    after = datetime.combine(NEXT[month], datetime.min.time(), UTC) + timedelta(days=1)
    with clock.stopped(after), db.transaction(house.tenant) as session:
        close(session, SYSTEM, programme_id=house.programme, month=month)
    with db.transaction(house.tenant) as session:
        programme = programme_by_id(session, house.programme)
        found = session.scalars(select(StatementLine).where(StatementLine.month == month)).all()
        for line in found:
            if line.kind in ("fee", "fee_back", "vat"):
                continue
            rows = register(session, programme, span_of(programme, month), line.participant_id, line.kind)
            assert (len(rows), sum(row["points"] for row in rows)) == (line.count, line.points), line.kind
            if line.side == 2:
                assert sum(row["minor"] for row in rows) == line.minor, line.kind
        return {one.kind: (one.count, one.points, one.minor) for one in found}


def test_a_partial_return_at_the_till_gives_back_its_part_of_points_and_of_money() -> None:
    """90 points pay 90 of 100; of 10 in money 4 come back: 36 points do, those of the last lot first."""
    house = coalition({"pays": "spent"})
    give(house, 60, date(2026, 12, 1))
    give(house, 60, date(2026, 12, 2), whose="bank", number=2)
    bought(house, 100, 90, day(5))
    returned(house, 4, day(6), "r1")
    assert lines(house) == {
        "spent": (1, 60, 6000),
        "accepted": (1, 90, 9000),
        "unspent": (1, -6, -600),  # the bank's 30 came back first, then 6 of the shop's
        "accepted_back": (1, -36, -3600),
    }


def test_parts_of_a_face_that_does_not_divide_add_up_to_it() -> None:
    """Seven points for one rouble; three of them are 42 kopecks, the next two 29, the last two 29."""
    house = coalition(value_minor=100, value_points=7)
    give(house, 7, date(2026, 12, 1), whose="bank")
    bought(house, 7, 7, day(5))
    for number in range(3):
        returned(house, 2, day(6 + number), f"r{number}")
    found = lines(house)
    assert found["accepted"] == (1, 7, 100)
    count, points, minor = found["accepted_back"]
    assert (count, points, minor) == (3, -7, -100)
    with db.transaction(house.tenant) as session:
        programme = programme_by_id(session, house.programme)
        rows = register(session, programme, span_of(programme, OCTOBER), house.who["shop"], "accepted_back")
    assert [(row["points"], row["minor"]) for row in rows] == [(-3, -42), (-2, -29), (-2, -29)]


def test_what_comes_back_in_the_next_month_is_the_next_months() -> None:
    house = coalition({"pays": "spent"})
    give(house, 60, date(2026, 12, 31))
    bought(house, 100, 60, day(5))
    assert lines(house) == {"spent": (1, 60, 6000), "accepted": (1, 60, 6000)}
    returned(house, 20, day(3, 11), "r1")
    assert lines(house, NOVEMBER) == {"unspent": (1, -30, -3000), "accepted_back": (1, -30, -3000)}
    assert lines(house) == {"spent": (1, 60, 6000), "accepted": (1, 60, 6000)}


def test_what_was_set_aside_and_let_go_in_part_is_spent_as_far_as_it_was_taken() -> None:
    """A hold of 80 of two funders from which the sale takes 50: only the shop's 50 of 60 were spent."""
    house = coalition({"pays": "spent"})
    give(house, 60, date(2026, 12, 1))
    give(house, 60, date(2026, 12, 2), whose="bank", number=2)
    at = day(5)
    told = Told("s1", house.member, at, 100_00, "shop", "shop")
    with clock.stopped(at), db.transaction(house.tenant) as session:
        where: Any = {"programme_id": house.programme, "source": "till"}
        hold(session, SYSTEM, told=told, points=80, shown=Shown.CODE, **where)
    bought(house, 100, 50, at + timedelta(minutes=1))
    found = lines(house)
    assert found["spent"][1:] == (50, 5000)
    assert found["accepted"] == (1, 50, 5000)


@pytest.mark.parametrize("terms", [{"pays": "issued", "expired": "returned"}, {"pays": "spent"}])
def test_a_renewed_lot_comes_back_to_its_funder_and_burns_at_its_expense(terms: dict[str, Any]) -> None:
    """40 points pay, their day passes, they come back for five days more, and burn."""
    house = coalition(terms, {"last_day": "grace", "days": 5})
    give(house, 40, date(2026, 10, 7))
    bought(house, 100, 40, day(5))
    returned(house, 60, day(10), "r1")
    with clock.stopped(day(20)), db.transaction(house.tenant) as session:
        open_book(session, member_id=house.member, zone=ZONE)
    accepted = {"accepted": (1, 40, 4000), "accepted_back": (1, -40, -4000)}
    if terms["pays"] == "spent":
        assert lines(house) == {"spent": (1, 40, 4000), "unspent": (1, -40, -4000), **accepted}
    else:
        assert lines(house) == {"issued": (1, 40, 4000), "expired": (1, -40, -4000), **accepted}


def test_a_return_after_its_points_were_spent_is_given_back_to_who_paid_for_them() -> None:
    """The sale of 1,000 gave 100 of the shop's points, they paid, then it came back: the member owes 100."""
    house = coalition(earns=True)
    bought(house, 1000, 0, day(3))
    bought(house, 100, 100, day(4), "s2")
    returned(house, 1000, day(5), "r1")
    assert lines(house) == {
        "issued": (1, 100, 10000),
        "returned": (1, -100, -10000),
        "accepted": (1, 100, 10000),
    }


def test_points_that_had_burnt_and_are_taken_back_are_paid_back_where_their_money_was_kept() -> None:
    for expired, kept in (("kept", True), ("returned", False)):
        house = coalition({"expired": expired}, earns=True, expiry="days", expiry_count=3)
        bought(house, 1000, 0, day(3))
        returned(house, 1000, day(20), "r1")
        found = lines(house)
        assert found["issued"] == (1, 100, 10000)
        assert ("burnt_back" in found, "expired" in found) == (kept, not kept)
        assert found["burnt_back" if kept else "expired"] == (1, -100, -10000)
        assert "returned" not in found


def test_points_of_a_claim_and_of_goodwill_are_paid_for_and_their_undoing_is_given_back() -> None:
    house = coalition()
    with clock.stopped(day(5)), db.transaction(house.tenant) as session:
        book = open_book(session, member_id=house.member, zone=ZONE)
        cause = Cause(Purpose.ADJUST, UUID(int=5), clock.now())
        told = {"funder_id": house.who["shop"]}
        book.earn(
            cause, 30, active_on=book.today, expires_on=date(2027, 1, 1), source=Account.ADJUSTED, **told
        )
        book.take_back(cause, 10, target=Account.ADJUSTED, **told)
    assert lines(house) == {"issued": (1, 30, 3000), "returned": (1, -10, -1000)}


def test_points_that_wait_and_lapse_are_returned_as_what_burns_is() -> None:
    house = coalition({"pays": "issued", "expired": "returned"})
    with clock.stopped(day(5)), db.transaction(house.tenant) as session:
        book = open_book(session, member_id=house.member, zone=ZONE)
        cause = Cause(Purpose.OCCASION, UUID(int=5), clock.now())
        book.earn(
            cause,
            30,
            funder_id=house.who["shop"],
            active_on=date(9999, 12, 31),
            expires_on=date(2026, 10, 10),
        )
    with clock.stopped(day(15)), db.transaction(house.tenant) as session:
        open_book(session, member_id=house.member, zone=ZONE)
    assert lines(house) == {"issued": (1, 30, 3000), "expired": (1, -30, -3000)}


def test_a_return_that_finds_its_sale_after_the_closing_gives_the_fee_back_in_the_next_month() -> None:
    """The return names a sale that is told late: its money is October's, the fee of the awarded sale November's."""
    house = coalition(BOTH, earns=True)
    returned(house, 1000, day(20), "r1", original="late")
    october = {"turnover_back": (1, 0, -1000_00)}
    assert lines(house) == october
    told = Told("late", house.member, day(3), 1000_00, "shop", "shop")
    with clock.stopped(day(5, 11)), db.transaction(house.tenant) as session:
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
    drain(house.tenant)
    november = lines(house, NOVEMBER)
    assert november["turnover"] == (1, 0, 1000_00)
    assert (november["fee"], november["fee_back"]) == ((1, 0, 20_00), (1, 0, -20_00))
    assert "turnover_back" not in november  # October gave it back
    assert lines(house) == october
    with db.transaction(house.tenant) as session:
        programme = programme_by_id(session, house.programme)
        [row] = register(session, programme, span_of(programme, NOVEMBER), house.who["shop"], "awarded_back")
    assert (row["minor"], row["booked_at"]) == (-1000_00, day(20))
    assert lines(house, DECEMBER) == {}


def test_a_sale_for_which_somebody_else_gave_points_costs_no_fee_of_awarded_sales() -> None:
    house = coalition(BOTH)
    with clock.stopped(FIRST), db.transaction(house.tenant) as session:
        told = {"programme_id": house.programme, "code": "banks", "starts_at": LONG_AGO}
        publish(session, SYSTEM, document=promotion({"kind": "percent", "rate": "10"}), **told)
    bought(house, 1000, 0, day(3))
    returned(house, 400, day(4), "r1")
    assert lines(house) == {"turnover": (1, 0, 1000_00), "turnover_back": (1, 0, -400_00)}


def test_a_return_of_before_the_first_terms_is_nobodys() -> None:
    house = coalition(BOTH, earns=True)
    with db.transaction(house.tenant) as session:
        session.execute(text("delete from party_terms"))
        told = {"programme_id": house.programme, "participant_id": house.who["shop"]}
        set_terms(session, SYSTEM, since=NOVEMBER, terms=BOTH, **told)
    bought(house, 1000, 0, day(3))
    returned(house, 400, day(20), "r1")
    returned(house, 100, day(2, 11), "r2")
    assert lines(house, NOVEMBER) == {
        "returned": (1, -10, -1000), "turnover_back": (1, 0, -100_00), "fee_back": (1, 0, -2_00),
    }  # fmt: skip


@pytest.mark.parametrize("later", [False, True])
def test_a_sale_that_two_channels_told_is_one_turnover(later: bool) -> None:
    """The file's telling stands back as soon as it is known; where that is after the closing, in the next month."""
    house = coalition(BOTH, earns=True)
    with db.transaction(house.tenant) as session:
        set_same_sale_terms(session, SYSTEM, programme_id=house.programme, terms={"pays": "till"})
    # A line of a file, as far as settlement is concerned: a sale with a file.
    bought(house, 500, 0, day(3), "s1", card_last_four="4444")
    when = day(4, 11) if later else day(4)
    with clock.stopped(when), db.transaction(house.tenant) as session:
        session.execute(
            text("""insert into purchase select (r).* from (select jsonb_populate_record(p, jsonb_build_object(
                'id', gen_random_uuid(), 'key', gen_random_uuid(), 'booked_at', cast(:at as timestamptz))) r
                from purchase p where p.tenant_id = :tenant) s"""),
            {"at": when, "tenant": house.tenant},
        )
        session.execute(
            text("""insert into purchase_return (tenant_id, member_id, id, key, occurred_at, booked_at, amount,
                merchant_id, partner_id, state, wait_until, purchase_id, same_as)
                select a.tenant_id, a.member_id, gen_random_uuid(), gen_random_uuid(), a.occurred_at, a.booked_at,
                a.amount, a.merchant_id, a.partner_id, 'applied', current_date, a.id, b.id
                from purchase a join purchase b on b.tenant_id = a.tenant_id and b.id <> a.id
                where a.tenant_id = :tenant and a.booked_at = cast(:at as timestamptz)"""),
            {"at": when, "tenant": house.tenant},
        )
    once = {"issued": (1, 50, 5000), "fee": (1, 0, 10_00), "turnover": (1, 0, 500_00)}
    twice = {"turnover": (1, 0, 500_00), "turnover_back": (1, 0, -500_00)}
    if later:
        assert lines(house) == once
        assert lines(house, NOVEMBER) == twice
    else:
        assert lines(house) == once | {"turnover": (2, 0, 1000_00), "turnover_back": (1, 0, -500_00)}


def test_a_return_that_proves_to_be_told_twice_after_the_closing_is_counted_once_in_all() -> None:
    house = coalition(BOTH, earns=True)
    bought(house, 1000, 0, day(3))
    returned(house, 400, day(20), "r1")
    returned(house, 400, day(21), "r2")
    assert lines(house)["turnover_back"] == (2, 0, -800_00)
    with db.transaction(house.tenant) as session:
        back = session.scalars(select(PurchaseReturn).where(PurchaseReturn.booked_at == day(21))).one()
        back.state = "same"
        note_moved(session, [back])
    found = lines(house, NOVEMBER)
    assert found == {"turnover_back": (1, 0, 400_00), "fee_back": (1, 0, 8_00)}
    assert lines(house)["turnover_back"] == (2, 0, -800_00)


def test_programmes_of_one_tenant_settle_apart() -> None:
    """Two programmes, one shop: each settles its own members' points and sales."""
    house = coalition(BOTH, earns=True)
    bought(house, 1000, 0, day(3))
    with clock.stopped(FIRST), db.transaction(house.tenant) as session:
        other = open_programme(
            session, SYSTEM, code="q", name={"ru": "Q", "en": "Q"}, unit={"en": ["point", "points"]}, scale=0,
            currency="RUB", value_minor=200, value_points=1, zone=ZONE,
        )  # fmt: skip
        told = {"programme_id": other.id}
        set_operator(session, SYSTEM, participant_id=house.who["bank"], terms={}, **told)
        set_terms(
            session,
            SYSTEM,
            participant_id=house.who["shop"],
            since=OCTOBER,
            terms={"turnover": "through"},
            **told,
        )
        person = Person(name="Oleg Test")
        second = Coalition(
            house.tenant, other.id, house.who, enrol(session, SYSTEM, person=person, **told).id
        )
    bought(second, 300, 0, day(4), "q1")
    give(second, 7, date(2027, 1, 1), day(4))
    returned(second, 100, day(5), "qr", original="q1")
    assert lines(house) == {"issued": (1, 100, 10000), "turnover": (1, 0, 1000_00), "fee": (1, 0, 20_00)}
    with clock.stopped(day(2, 11)), db.transaction(house.tenant) as session:
        close(session, SYSTEM, programme_id=other.id, month=OCTOBER)
        found = session.scalars(select(StatementLine).where(StatementLine.programme_id == other.id))
        assert {one.kind: (one.count, one.points, one.minor) for one in found} == {
            "issued": (1, 7, 1400), "turnover": (1, 0, 300_00), "turnover_back": (1, 0, -100_00),
        }  # fmt: skip


def deposited(house: Coalition, points: int, at: datetime) -> None:
    with clock.stopped(at), db.transaction(house.tenant) as session:
        top_up(
            session, SYSTEM, programme_id=house.programme, participant_id=house.who["shop"], unit="points",
            paid=points, request_id=str(at),
        )  # fmt: skip


def left_of_deposit(house: Coalition) -> int:
    with db.transaction(house.tenant) as session:
        [one] = deposits_of(session, house.programme)
        return one.left


def test_what_a_deposit_paid_for_is_not_owed_again_and_what_comes_back_is_in_the_deposit() -> None:
    """100 before the deposit; 50 and 70 after it, 20 of which come back; what was before comes back as money."""
    house = coalition(earns=True)
    bought(house, 1000, 0, day(3))
    deposited(house, 200, day(4))
    bought(house, 500, 0, day(5), "s2")
    bought(house, 700, 0, day(6), "s3")
    returned(house, 200, day(7), "r3", original="s3")
    returned(house, 400, day(8), "r1", original="s1")
    assert left_of_deposit(house) == 200 - 50 - 70 + 20
    found = lines(house)
    assert found == {
        "issued": (3, 220, 22000), "returned": (2, -60, -6000), "prepaid": (3, -100, -10000),
    }  # fmt: skip
    # Owed: 100 of before the deposit, less 40 that came back of it.
    assert sum(minor for _count, _points, minor in found.values()) == 60_00


def test_a_deposit_that_is_used_up_gives_no_more_so_nothing_is_owed_beyond_it() -> None:
    house = coalition(earns=True)
    deposited(house, 60, day(2, hour=4))
    bought(house, 500, 0, day(5), "s2")
    bought(house, 700, 0, day(6), "s3")
    assert left_of_deposit(house) == 0
    assert lines(house) == {"issued": (2, 60, 6000), "prepaid": (2, -60, -6000)}


def test_prepaid_points_cost_nothing_when_they_are_spent_and_nothing_comes_back_with_them() -> None:
    house = coalition({"pays": "spent"}, earns=True)
    give(house, 30, date(2026, 12, 1))  # given by hand before the deposit: owed when it is spent
    deposited(house, 100, day(2, hour=4))
    bought(house, 500, 0, day(5))
    bought(house, 100, 80, day(6), "s2")
    found = lines(house)
    assert found["spent"][1:] == (80, 8000)
    assert found["spent_prepaid"] == (1, -50, -5000)
    returned(house, 20, day(2, 11), "r2", original="s2")
    november = lines(house, NOVEMBER)
    assert november["unspent"][1:] == (-80, -8000)
    assert november["spent_prepaid"][1:] == (50, 5000)


def test_burnt_prepaid_points_that_come_back_are_in_the_deposit_and_not_paid_twice() -> None:
    for expired in ("kept", "returned"):
        house = coalition({"expired": expired}, earns=True, expiry="days", expiry_count=3)
        deposited(house, 100, day(2, hour=4))
        bought(house, 1000, 0, day(3))
        returned(house, 1000, day(20), "r1")
        assert left_of_deposit(house) == 100
        found = lines(house)
        # Its deposit is whole again: what it was given as money for what burnt it owes.
        assert sum(minor for _count, _points, minor in found.values()) == 0
