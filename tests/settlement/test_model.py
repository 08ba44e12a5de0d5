"""Whatever happens, statements are a plain model's: who pays for points, who is owed for them, to the unit.

Three months are closed, and together they are what the model owes, wherever the ends of months fall. The operator's
side is worked out of the rows alone, so that all sides together are nothing.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Purpose
from coalition.ledger.post import Cause, open_book
from coalition.partners.actions import admit_participant
from coalition.programmes.queries import programme_by_id
from coalition.redemption.actions import add_reward, cancel, load_certificates, redeem
from coalition.settlement.closing import close
from coalition.settlement.days import span_of
from coalition.settlement.flows import ROWS, register
from coalition.settlement.models import StatementLine
from coalition.settlement.queries import statements_of
from coalition.settlement.terms import set_operator, set_terms
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import ZONE, new_member, open_another

JUNE = date(2026, 6, 1)
MONTHS = (JUNE, date(2026, 7, 1), date(2026, 8, 1))
BEGUN = datetime(2026, 5, 31, 13, tzinfo=UTC)  # one in the morning of the first of June in Kamchatka
CERTIFICATE = (70, 99_99)
"""What a certificate costs in points, and what it is worth in kopecks. It is not given back; cashback is."""
STEP = st.tuples(
    st.sampled_from(("earn", "earn", "take", "spend", "spend", "undo", "undo")),
    st.integers(0, 2),
    st.integers(1, 300),
    st.sampled_from((0, 0, 0, 1, 5, 14)),
)


@dataclass(eq=False)
class Lot:
    """Points somebody gave, until a day."""

    funder: str
    last_day: int
    left: int


@dataclass
class Model:
    """Money in kopecks that each owes the operator (negative: is owed), and the member's lots."""

    terms: dict[str, dict[str, str]]
    today: int = 0
    lots: list[Lot] = field(default_factory=list)
    debt: int = 0
    points: dict[tuple[str, str], int] = field(default_factory=dict)
    face: int = 0
    spent: list[tuple[int, list[tuple[Lot, int]]]] = field(default_factory=list)

    def count(self, funder: str, kind: str, points: int) -> None:
        self.points[funder, kind] = self.points.get((funder, kind), 0) + points

    def on(self, day: int) -> None:
        self.today = day
        for lot in self.lots:
            if lot.left and lot.last_day < day:
                self.count(lot.funder, "expired", -lot.left)
                lot.left = 0

    def use(self, points: int) -> list[tuple[Lot, int]]:
        uses = []
        for lot in sorted(self.lots, key=lambda one: one.last_day):  # as they were earned within a day
            used = min(lot.left, points)
            if used:
                lot.left, points = lot.left - used, points - used
                uses.append((lot, used))
        return uses

    def earn(self, funder: str, points: int, days: int) -> None:
        self.count(funder, "issued", points)
        self.lots.append(Lot(funder, self.today + days, points))
        self.debt -= sum(used for _, used in self.use(min(self.debt, self.available)))

    def take(self, funder: str, points: int) -> None:
        self.count(funder, "returned", -points)
        self.debt += points - sum(used for _, used in self.use(points))

    def spend(self, points: int, face: int, *, can_come_back: bool) -> bool:
        if points > self.available:
            return False
        uses = self.use(points)
        for lot, used in uses:
            self.count(lot.funder, "spent", used)
        self.face += face
        if can_come_back:
            self.spent.append((face, uses))
        return True

    def undo(self) -> None:
        face, uses = self.spent.pop()
        self.face -= face
        for lot, used in uses:
            self.count(lot.funder, "spent", -used)
            lot.left += used
        self.on(self.today)
        self.debt -= sum(used for _, used in self.use(min(self.debt, self.available)))

    @property
    def available(self) -> int:
        return sum(lot.left for lot in self.lots)

    def owes(self, who: str) -> int:
        """What somebody owes the operator in all."""
        terms = self.terms[who]
        kinds = ["issued", "returned"] if terms["pays"] == "issued" else ["spent"]
        kinds += ["expired"] if terms.get("expired") == "returned" else []
        # Each line is the worth of its own points; spent and given back are two lines that have the same sum of points.
        return sum(10 * self.points.get((who, kind), 0) for kind in kinds) - (
            self.face if who == "cafe" else 0
        )


@dataclass(frozen=True)
class Place:
    """Numbers of what was opened."""

    tenant: int
    programme: int
    member: UUID
    who: dict[str, int]


def opened(terms: dict[str, dict[str, str]]) -> Place:
    house = open_another(value_minor=10, value_points=1)
    with db.transaction(house.tenant) as session:
        cafe = admit_participant(session, SYSTEM, code="cafe", name={"ru": "К", "en": "C"})
        who = {"bank": house.funders[0], "shop": house.funders[1], "cafe": cafe.id}
        common = {"participant_id": cafe.id, "name": {"ru": "Р", "en": "R"}, "about": {"ru": "", "en": ""}}
        points, minor = CERTIFICATE
        terms_of_it = {"points": points, "minor": minor}
        add_reward(session, SYSTEM, code="certificate", kind="certificate", terms=terms_of_it, **common)
        codes = [f"code-{number:04}-{uuid4().hex}" for number in range(40)]
        load_certificates(session, SYSTEM, reward_code="certificate", codes=codes, valid_to=date(2099, 1, 1))
        back = {"points_min": 1, "points_max": 10_000, "days": 5}
        add_reward(session, SYSTEM, code="cashback", kind="cashback", terms=back, **common)
        told = {"programme_id": house.programme}
        set_operator(session, SYSTEM, participant_id=who["bank"], terms={}, **told)
        for code, document in terms.items():
            set_terms(session, SYSTEM, participant_id=who[code], since=JUNE, terms=document, **told)
        return Place(house.tenant, house.programme, new_member(session, house), who)


def act(
    session: Session,
    place: Place,
    model: Model,
    made: list[tuple[UUID, str]],
    step: tuple[str, int, int],
    turn: int,
) -> None:
    kind, whom, size = step
    funder = ("bank", "shop", "cafe")[whom]
    if kind in ("earn", "take"):
        book = open_book(session, member_id=place.member, zone=ZONE)
        purpose = Purpose.AWARD if kind == "earn" else Purpose.RETURN
        cause = Cause(purpose, uuid4(), clock.now())
        if kind == "earn":
            days = 3 + 40 * whom + turn % 3
            last = clock.business_day(ZONE) + timedelta(days=days)
            today = clock.business_day(ZONE)
            book.earn(cause, size, funder_id=place.who[funder], active_on=today, expires_on=last)
            model.earn(funder, size, days)
        else:
            book.take_back(cause, size, funder_id=place.who[funder])
            model.take(funder, size)
    elif kind == "spend":
        reward, choice = ("certificate", {}) if size % 2 else ("cashback", {"points": size})
        points, face = CERTIFICATE if size % 2 else (size, 10 * size)
        if model.spend(points, face, can_come_back=reward == "cashback"):
            told = {"reward_code": reward, "choice": choice, "request_id": f"r{turn}"}
            made.append((redeem(session, SYSTEM, member_id=place.member, **told).id, reward))
    elif model.spent:
        last = max(number for number, (_id, reward) in enumerate(made) if reward == "cashback")
        cancel(session, SYSTEM, member_id=place.member, redemption_id=made.pop(last)[0])
        model.undo()


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shop=st.sampled_from(({"pays": "issued"}, {"pays": "issued", "expired": "returned"}, {"pays": "spent"})),
    steps=st.lists(STEP, min_size=6, max_size=24),
)
def test_statements_are_the_plain_models(house: None, shop: dict[str, str], steps: list[Any]) -> None:
    terms = {"shop": shop, "cafe": {"pays": "issued"}}
    with clock.stopped(BEGUN):
        place = opened(terms)
    model, day, made = Model(terms), 0, list[tuple[UUID, str]]()
    for turn, (kind, whom, size, later) in enumerate(steps):
        day = min(day + later, 91)
        model.on(day)
        with (
            clock.stopped(BEGUN + timedelta(days=day, seconds=turn)),
            db.transaction(place.tenant) as session,
        ):
            book = open_book(session, member_id=place.member, zone=ZONE)
            assert (book.balance.available, book.balance.debt) == (model.available, model.debt), (turn, kind)
            act(session, place, model, made, (kind, whom, size), turn)
    nets, operator = dict.fromkeys(("shop", "cafe"), 0), 0
    with clock.stopped(BEGUN + timedelta(days=93)), db.transaction(place.tenant) as session:
        for month in MONTHS:
            found = close(session, SYSTEM, programme_id=place.programme, month=month)
            again = close(session, SYSTEM, programme_id=place.programme, month=month)
            assert [one.digest for one in again] == [one.digest for one in found]
            for who in nets:
                nets[who] += sum(one.owes - one.owed for one in found if one.participant_id == place.who[who])
            operator += opens(session, place, month)
    for who, net in nets.items():
        assert net == model.owes(who), who
    assert operator + sum(nets.values()) == 0


def opens(session: Session, place: Place, month: date) -> int:
    """Behind every sum are as many rows with as many points as it says; what the operator owes by them all."""
    programme, owes = programme_by_id(session, place.programme), 0
    for line in session.scalars(
        select(StatementLine).where(StatementLine.tenant_id == place.tenant, StatementLine.month == month)
    ):
        assert line.kind in ROWS
        rows = register(session, programme, span_of(programme, month), line.participant_id, line.kind)
        assert (len(rows), sum(row["points"] for row in rows)) == (line.count, line.points), line.kind
        owes += sum(10 * -row["points"] if line.side == 1 else row["minor"] for row in rows)
    assert len({one.number for one in statements_of(session, place.programme, month)}) <= 2
    return owes
