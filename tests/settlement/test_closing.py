"""A month is closed: the seed's hotel, what each term means, once and in order, and nobody else's."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from coalition.partners.actions import add_partner
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import publish
from coalition.settlement.closing import close
from coalition.settlement.days import span_of
from coalition.settlement.flows import register
from coalition.settlement.models import PartyTerms, Statement, StatementLine
from coalition.settlement.queries import statements_of
from coalition.settlement.terms import set_operator, set_terms
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tests.ledger.house import House, new_member, open_another
from tests.transactions.bank import LONG_AGO, promotion

pytestmark = pytest.mark.usefixtures("house")
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
SALE = datetime(2026, 10, 15, 3, tzinfo=UTC)
CLOSED = datetime(2026, 11, 2, 3, tzinfo=UTC)
HOTEL: dict[str, Any] = {"turnover": "through", "fee": {"rate": "2", "of": "awarded"}}
Lines = Mapping[str, tuple[int, int, int]]


def hotel(**terms: Any) -> House:
    """A programme in which a hotel pays 12 % from 7,000.00 on; points are kopecks."""
    with clock.stopped(SALE):
        house = open_another(scale=2, value_minor=1, value_points=1)
        with db.transaction(house.tenant) as session:
            add_partner(
                session, SYSTEM, participant_id=house.funders[1], code="hotel", name={"ru": "О", "en": "H"},
                about={"ru": "", "en": ""}, category="travel",
            )  # fmt: skip
            document = promotion({"kind": "percent", "rate": "12"}) | {
                "conditions": {"partners": ["hotel"], "amount_from": "7000"},
                "funding": [{"participant": "shop", "share": 100}],
            }
            publish(
                session, SYSTEM, programme_id=house.programme, code="n6", document=document,
                starts_at=LONG_AGO,
            )  # fmt: skip
            settled(session, house, **(HOTEL | terms))
    return house


def settled(session: Session, house: House, *, vat: Any = (), **terms: Any) -> None:
    set_operator(
        session, SYSTEM, programme_id=house.programme, participant_id=house.funders[0], terms={"vat": vat}
    )
    set_terms(
        session, SYSTEM, programme_id=house.programme, participant_id=house.funders[1], since=OCTOBER,
        terms=terms,
    )  # fmt: skip


def sell(house: House, *amounts: int, at: datetime = SALE, member: Any = None, **more: Any) -> Any:
    with clock.stopped(at), db.transaction(house.tenant) as session:
        member = member or new_member(session, house)
        told = [
            Told(f"{at:%m%d%H%M}-{number}", member, at, amount, "hotel", "hotel", **more)
            for number, amount in enumerate(amounts)
        ]
        record(session, SYSTEM, programme_id=house.programme, source="till", told=told)
    return member


def closed(house: House, month: date = OCTOBER, at: datetime = CLOSED) -> tuple[Statement | None, Lines]:
    """The hotel's statement, and its lines as count, points and money by kind."""
    with clock.stopped(at), db.transaction(house.tenant) as session:
        found = close(session, SYSTEM, programme_id=house.programme, month=month)
        lines = session.scalars(select(StatementLine).where(StatementLine.month == month)).all()
        return next(iter(found), None), {one.kind: (one.count, one.points, one.minor) for one in lines}


def test_n6_the_hotel_receives_8600_of_10000() -> None:
    """Seed 003: 12 % of 10,000.00 to the member, 2 % to the system, the rest to the hotel."""
    house = hotel()
    sell(house, 10_000_00)
    statement, lines = closed(house)
    assert lines == {
        "issued": (1, 1_200_00, 1_200_00),
        "fee": (1, 0, 200_00),
        "turnover": (1, 0, 10_000_00),
    }
    assert statement is not None
    assert (statement.owes, statement.owed) == (1_400_00, 10_000_00)
    assert statement.owed - statement.owes == 8_600_00


def test_n6_of_less_than_the_threshold_nothing_is_withheld() -> None:
    house = hotel()
    sell(house, 6_999_99)
    statement, lines = closed(house)
    assert lines == {"turnover": (1, 0, 6_999_99)}
    assert statement is not None
    assert (statement.owes, statement.owed) == (0, 6_999_99)


def test_what_was_brought_back_takes_points_and_fee_back() -> None:
    house = hotel()
    member = sell(house, 10_000_00)
    back = SALE + timedelta(days=1)
    sell(house, 10_000_00, at=back, member=member, refund=True, original=f"{SALE:%m%d%H%M}-0")
    statement, lines = closed(house)
    assert statement is not None
    assert lines == {
        "issued": (1, 1_200_00, 1_200_00),
        "returned": (1, -1_200_00, -1_200_00),
        "fee": (1, 0, 200_00),
        "fee_back": (1, 0, -200_00),
        "turnover": (1, 0, 10_000_00),
        "turnover_back": (1, 0, -10_000_00),
    }
    assert (statement.owes, statement.owed) == (0, 0)


def test_a_return_that_is_booked_later_belongs_to_the_next_month() -> None:
    house = hotel()
    member = sell(house, 10_000_00)
    first, before = closed(house)
    back = datetime(2026, 11, 10, 3, tzinfo=UTC)
    sell(house, 10_000_00, at=back, member=member, refund=True, original=f"{SALE:%m%d%H%M}-0")
    second, lines = closed(house, NOVEMBER, datetime(2026, 12, 1, 3, tzinfo=UTC))
    assert lines == {
        "returned": (1, -1_200_00, -1_200_00),
        "fee_back": (1, 0, -200_00),
        "turnover_back": (1, 0, -10_000_00),
    }
    assert second is not None
    assert (second.owes, second.owed) == (10_000_00, 1_400_00)  # it gives the money back, and gets the rest
    again, same = closed(house)
    assert first is not None
    assert again is not None
    assert (again.digest, same) == (first.digest, before)


def test_vat_is_of_the_fee_by_the_rate_of_the_months_day() -> None:
    """As an act shows it: 22 % of 52,025.00 are 11,445.50."""
    vat = [{"since": "2019-01-01", "rate": "20"}, {"since": "2026-01-01", "rate": "22"}]
    house = hotel(vat=vat, turnover="own", fee={"rate": "2", "of": "turnover"})
    sell(house, 2_601_250_00)
    _statement, lines = closed(house)
    assert lines["fee"] == (1, 0, 52_025_00)
    assert lines["vat"] == (0, 0, 11_445_50)


def test_fees_are_of_each_sale_to_the_kopeck() -> None:
    house = hotel(turnover="own", fee={"rate": "2.5", "of": "turnover"})
    sell(house, 1_01, 20, 19)  # 2.525, 0.5 and 0.475 kopecks
    _statement, lines = closed(house)
    assert lines == {"fee": (3, 0, 3 + 1 + 0)}


def test_closing_again_gives_the_same_statements() -> None:
    house = hotel()
    sell(house, 10_000_00)
    first, lines = closed(house)
    again, same = closed(house, at=CLOSED + timedelta(days=3))
    assert first is not None
    assert again is not None
    assert (again.digest, again.closed_at, same) == (first.digest, first.closed_at, lines)


def test_a_month_is_closed_an_hour_after_its_end_in_the_programmes_zone() -> None:
    """Kamchatka is twelve hours ahead: November begins there at noon of October's last day."""
    house = hotel()
    sell(house, 10_000_00)
    early = datetime(2026, 10, 31, 12, 59, 59, tzinfo=UTC)
    with pytest.raises(Refusal, match="settlement_early"):
        closed(house, at=early)
    statement, _lines = closed(house, at=early + timedelta(seconds=1))
    assert statement is not None


def test_a_sale_at_midnight_is_the_next_months() -> None:
    house = hotel(turnover="own")
    sell(house, 10_000_00, at=datetime(2026, 10, 31, 11, 59, 59, tzinfo=UTC))
    sell(house, 20_000_00, at=datetime(2026, 10, 31, 12, tzinfo=UTC))
    assert closed(house)[1]["issued"] == (1, 1_200_00, 1_200_00)
    assert closed(house, NOVEMBER, datetime(2026, 12, 1, tzinfo=UTC))[1]["issued"] == (1, 2_400_00, 2_400_00)


def test_months_are_closed_in_their_order() -> None:
    house = hotel()
    with pytest.raises(Refusal, match="settlement_order"):
        closed(house, NOVEMBER, datetime(2026, 12, 2, tzinfo=UTC))
    closed(house)
    closed(house, NOVEMBER, datetime(2026, 12, 2, tzinfo=UTC))


def test_a_month_in_which_nothing_happened_has_no_statement_and_is_closed() -> None:
    house = hotel()
    assert closed(house) == (None, {})
    with pytest.raises(Refusal, match="settlement_closed"), db.transaction(house.tenant) as session:
        set_terms(
            session, SYSTEM, programme_id=house.programme, participant_id=house.funders[1], since=OCTOBER,
            terms={},
        )  # fmt: skip


def test_terms_hold_from_their_month_on() -> None:
    house = hotel()
    with db.transaction(house.tenant) as session:
        set_terms(
            session, SYSTEM, programme_id=house.programme, participant_id=house.funders[1], since=NOVEMBER,
            terms={"fee": {"rate": "3", "of": "awarded"}},
        )  # fmt: skip
    sell(house, 10_000_00)
    sell(house, 10_000_00, at=datetime(2026, 11, 10, tzinfo=UTC))
    assert closed(house)[1]["fee"] == (1, 0, 200_00)
    assert closed(house, NOVEMBER, datetime(2026, 12, 2, tzinfo=UTC))[1]["fee"] == (1, 0, 300_00)


def test_every_sum_opens_into_its_rows() -> None:
    house = hotel()
    sell(house, 10_000_00, 7_000_00, 6_999_99)
    _statement, lines = closed(house)
    with db.transaction(house.tenant) as session:
        programme = programme_by_id(session, house.programme)
        span = span_of(programme, OCTOBER)
        rows = register(session, programme, span, house.funders[1], "issued")
        assert (len(rows), sum(row["points"] for row in rows)) == lines["issued"][:2]
        sales = register(session, programme, span, house.funders[1], "turnover")
        assert (len(sales), sum(row["minor"] for row in sales)) == (
            lines["turnover"][0],
            lines["turnover"][2],
        )


WRONG: dict[str, dict[str, Any]] = {
    "a rate above all": {"fee": {"rate": "100.01"}},
    "a rate finer than a hundredth": {"fee": {"rate": "2.005"}},
    "an unknown word": {"pays": "later"},
    "an unknown field": {"discount": 1},
    "money back for what was not paid": {"pays": "spent", "expired": "returned"},
    "an INN whose digit is wrong": {"legal": {"inn": "7707083894"}},
    "a KPP of eight": {"legal": {"kpp": "77360100"}},
}


@pytest.mark.parametrize("name", list(WRONG))
def test_wrong_terms_are_refused_and_change_nothing(name: str) -> None:
    house = hotel()
    with pytest.raises(Refusal, match="settlement_terms"), db.transaction(house.tenant) as session:
        set_terms(
            session, SYSTEM, programme_id=house.programme, participant_id=house.funders[1], since=NOVEMBER,
            terms=WRONG[name],
        )  # fmt: skip
    with db.transaction(house.tenant) as session:
        assert [row.since for row in session.scalars(select(PartyTerms))] == [OCTOBER]


def test_the_operator_stays_once_a_month_is_closed_and_settles_with_nobody() -> None:
    house = hotel()
    closed(house)
    bank, shop = house.funders
    with db.transaction(house.tenant) as session:
        told = {"programme_id": house.programme, "terms": {}}
        with pytest.raises(Conflict, match="operator_settled"):
            set_operator(session, SYSTEM, participant_id=shop, **told)
        with pytest.raises(Refusal, match="settlement_operator"):
            set_terms(session, SYSTEM, participant_id=bank, since=date(2026, 12, 1), **told)
        with pytest.raises(Refusal, match="settlement_month"):
            set_terms(session, SYSTEM, participant_id=shop, since=date(2026, 12, 2), **told)
        with pytest.raises(NotFound, match="participant_unknown"):
            set_terms(session, SYSTEM, participant_id=99, since=date(2026, 12, 1), **told)


def test_who_may_not_close_closes_nothing() -> None:
    house = hotel()
    sell(house, 10_000_00)
    reader = Actor("staff", new_id(), frozenset({Permission.DESK_SETTLEMENT_READ}))
    with clock.stopped(CLOSED), pytest.raises(Forbidden), db.transaction(house.tenant) as session:
        close(session, reader, programme_id=house.programme, month=OCTOBER)
    with db.transaction(house.tenant) as session:
        assert statements_of(session, house.programme, OCTOBER) == []


@pytest.mark.parametrize(
    "statement",
    [
        "update statement set owes = owes + 1",
        "delete from statement_line",
        "update statement_line set minor = 0",
        "delete from statement",
    ],
)
def test_a_closed_statement_cannot_be_changed_with_the_applications_role(statement: str) -> None:
    house = hotel()
    sell(house, 10_000_00)
    closed(house)
    with pytest.raises(ProgrammingError, match="permission denied"), db.transaction(house.tenant) as session:
        session.execute(text(f"{statement} where tenant_id = {house.tenant}"))


def test_another_tenant_settles_nothing_of_it() -> None:
    house, other = hotel(), hotel()
    sell(house, 10_000_00)
    assert closed(other) == (None, {})
    with db.transaction(other.tenant) as session:
        assert statements_of(session, house.programme, OCTOBER) == []
