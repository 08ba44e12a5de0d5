"""A sale that a till and the bank's file both tell pays once, as the programme says; its returns undo it once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from coalition.claims import deciding
from coalition.claims.actions import open_claim, take
from coalition.claims.deciding import Proposal, Sale
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.ledger.models import Account, Purpose
from coalition.ledger.post import Cause, open_book
from coalition.members.actions import link_card
from coalition.partners.actions import add_partner
from coalition.programmes.models import Programme
from coalition.promotions.case import Item, Receipt
from coalition.redemption.paying import set_pay_terms
from coalition.reports.audit import audit
from coalition.reports.claim_evidence import evidence
from coalition.reports.history import history
from coalition.reports.why import why
from coalition.transactions.models import Purchase
from coalition.transactions.overdue import settle_overdue
from coalition.transactions.recording import Told, record
from coalition.transactions.tills import sell
from coalition.transactions.two_channels.actions import decide_suspect
from coalition.transactions.two_channels.queries import suspects
from coalition.transactions.two_channels.terms import SameSaleTerms, set_same_sale_terms
from tenants.actor import SYSTEM, Actor
from tenants.actor import member as acting
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.ledger.house import ZONE, House, drain
from tests.people import hire
from tests.redemption.shop import give
from tests.transactions.bank import back as refund
from tests.transactions.bank import (
    balances,
    join,
    line,
    load,
    open_bank,
    points_of,
    promotion,
    query,
)

pytestmark = pytest.mark.usefixtures("house")
CARD, OTHER = "token-00004444", "token-00005555"
NOON = datetime(2026, 11, 10, 0, tzinfo=UTC)  # in Kamchatka
FIFTH = promotion({"kind": "percent", "rate": "20"}, conditions={"kinds": ["purchase"]})


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


def bank_where(pays: str | None, *documents: object, **more: object) -> House:
    """A bank with these promotions, 20 % of every purchase if none, where that channel pays."""
    bank = open_bank(list(documents) or [FIFTH])  # type: ignore[arg-type]
    with db.transaction(bank.tenant) as session:
        add_partner(
            session, SYSTEM, participant_id=bank.funders[1], code="shop", name={"ru": "shop", "en": "shop"},
            about={"ru": "", "en": ""}, category="food",
        )  # fmt: skip
        if pays:
            set_same_sale_terms(session, SYSTEM, programme_id=bank.programme, terms={"pays": pays, **more})
    return bank


def rung_up(
    bank: House,
    member: UUID,
    amount: int,
    reference: str = "t1",
    at: datetime = NOON,
    four: str = "4444",
    rrn: str = "",
    **receipt: object,
) -> None:
    """A sale at the shop's till, in roubles, paid by the card with these digits."""
    known = Receipt(card_last_four=four, card_reference=rrn, **receipt)  # type: ignore[arg-type]
    with db.transaction(bank.tenant) as session:
        told = Told(reference, member, at, amount * 100, "shop", partner="shop", receipt=known)
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=[told])


def sold(bank: House, *told: Any, **more: Any) -> None:
    """The same, with all that is asked for afterwards."""
    rung_up(bank, *told, **more)
    drain(bank.tenant)


def brought_back(
    bank: House,
    member: UUID,
    amount: int,
    reference: str,
    original: str = "t1",
    receipt: Receipt | None = None,
) -> None:
    """A return at the till."""
    at = NOON + timedelta(days=1)
    with db.transaction(bank.tenant) as session:
        told = Told(
            reference,
            member,
            at,
            amount * 100,
            "shop",
            partner="shop",
            refund=True,
            original=original,
            receipt=receipt,
        )
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=[told])
    drain(bank.tenant)


def paid(amount: int, at: str = "2026-11-10 12:05:00", card: str = CARD, **more: str) -> str:
    """The line of the same payment in the bank's file."""
    return line(card, at, amount, **more)


def pairs(bank: House) -> list[tuple[bool, bool]]:
    """For each that stands back, whether a till told it, and the one that pays."""
    return [tuple(row) for row in query(bank, """select l.file_id is null, w.file_id is null from purchase_return r
        join purchase l on l.id = r.purchase_id join purchase w on w.id = r.same_as""")]  # fmt: skip


@pytest.mark.parametrize("till_first", [True, False])
@pytest.mark.parametrize(("pays", "points"), [(None, 200), ("first", 100), ("till", 100), ("bank", 100)])
def test_a_sale_told_twice_pays_as_the_programme_says(
    pays: str | None, points: int, till_first: bool
) -> None:
    bank = bank_where(pays)
    vera = join(bank, CARD)
    if till_first:
        sold(bank, vera, 500)
    load(bank, [paid(500)])
    if not till_first:
        sold(bank, vera, 500)
    assert points_of(bank, vera) == points
    by_till = pays == "till" or (pays == "first" and till_first)
    assert pairs(bank) == ([(not by_till, by_till)] if pays else [])


def test_what_stands_back_is_kept_with_its_reason_and_counts_nowhere() -> None:
    """The month's limit is the till's alone: 150 of 100 and 100, not of 100, 100 and 100."""
    bank = bank_where("till", FIFTH | {"limits": {"per_month": "150"}})
    vera = join(bank, CARD)
    load(bank, [paid(500)])
    sold(bank, vera, 500)
    assert points_of(bank, vera) == 100
    sold(bank, vera, 500, "t2", NOON + timedelta(hours=5))
    assert points_of(bank, vera) == 150
    load(bank, [paid(500, "2026-11-10 17:01:00")])
    assert points_of(bank, vera) == 150
    assert pairs(bank) == [(False, True)] * 2
    assert query(bank, "select distinct counts::text from counter_sheet") == [("{150}",)]


def test_the_till_that_takes_the_files_place_is_valued_without_it() -> None:
    """The first purchase pays: the till's, though the file's had come before it."""
    bank = bank_where("till", promotion({"kind": "fixed", "points": "70"}, once=True))
    vera = join(bank, CARD)
    load(bank, [paid(500), paid(90, "2026-11-12 09:00:00")])
    sold(bank, vera, 500)
    # Without the file's 500 its 90 came first, and once is once.
    assert query(bank, """select p.amount, (coalesce(v.reason, p.reason))[3] from purchase p left join revaluation v
        on v.purchase_id = p.id order by p.amount, p.file_id nulls last""") == [
        (90_00, 70), (500_00, None), (500_00, None)
    ]  # fmt: skip
    assert points_of(bank, vera) == 70


def test_points_that_were_spent_meanwhile_are_owed_for_no_longer_than_it_takes() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD)
    load(bank, [paid(500)])
    with db.transaction(bank.tenant) as session:
        book = open_book(session, member_id=vera, zone=ZONE)
        book.spend(Cause(Purpose.ADJUST, UUID(int=1), clock.now()), 60, Account.ADJUSTED)
    sold(bank, vera, 500)
    assert balances(bank)[vera] == (40, 0, 0, 0)


@pytest.mark.parametrize("pays", ["first", "till", "bank"])
@pytest.mark.parametrize("order", list(permutations("TFtf")))
def test_a_return_that_both_tell_is_one(pays: str, order: tuple[str, ...]) -> None:
    """T and F tell the sale of 500, t and f that 200 of it came back."""
    bank = bank_where(pays)
    vera = join(bank, CARD)
    for one in order:
        tell(bank, vera, one, 200)
    assert points_of(bank, vera) == 60
    states = query(bank, "select state from purchase_return where same_as is null order by state")
    assert states == [("applied",), ("same",)]


def tell(bank: House, member: UUID, what: str, amount: int = 0, number: int = 1) -> None:
    """The sale of 500 or a return, by the till (T, t) or the file (F, f)."""
    match what:
        case "T":
            sold(bank, member, 500)
        case "F":
            load(bank, [paid(500, reference="r1")])
        case "t":
            brought_back(bank, member, amount, f"b{number}")
        case "f":
            load(bank, [refund(CARD, "2026-11-11 12:00:00", amount, reference=f"b{number}", original="r1")])


@pytest.mark.parametrize(
    ("told", "left"), [(("t",), 60), (("f",), 60), (("t", "t", "f"), 20), (("f", "f"), 20)]
)
@pytest.mark.parametrize("pays", ["till", "bank"])
def test_what_only_one_of_them_tells_came_back_too(pays: str, told: tuple[str, ...], left: int) -> None:
    bank = bank_where(pays)
    vera = join(bank, CARD)
    for number, one in enumerate((*"TF", *told)):
        tell(bank, vera, one, 200, number)
    assert points_of(bank, vera) == left


def test_a_refund_without_a_reference_never_adds_to_the_tills_return() -> None:
    """The file calls the seller as the till does, so by its name it could be either's."""
    bank = bank_where("till")
    vera = join(bank, CARD)
    sold(bank, vera, 500)
    brought_back(bank, vera, 200, "b1")
    load(bank, [refund(CARD, "2026-11-11 12:00:00", 200)])
    load(bank, [paid(500)])
    assert points_of(bank, vera) == 60


def suspected(bank: House) -> list[tuple[str, str | None]]:
    """Why each pair is in doubt, and what was decided."""
    return [
        tuple(row) for row in query(bank, "select why, decision from suspect_sale order by why, decision")
    ]


def decide(bank: House, *, same: bool, actor: Actor = SYSTEM, number: int = 0) -> None:
    """Say of a pair of the queue whether it is one sale."""
    with db.transaction(bank.tenant) as session:
        one = suspects(session)[number].suspect
        ids = {"member_id": one.member_id, "sale_id": one.sale_id, "line_id": one.line_id}
        decide_suspect(session, actor, same=same, **ids)
    drain(bank.tenant)


@pytest.mark.parametrize("till_first", [True, False])
@pytest.mark.parametrize(
    ("till", "bank_line", "why"),
    [
        ({}, {}, None),
        ({"four": ""}, {}, "card"),
        ({}, {"at": "2026-11-10 12:31:00"}, "time"),
        ({}, {"amount": 520}, "amount"),
        ({}, {"merchant": "SHOP MOSKVA RU"}, "place"),
        ({"rrn": "r1"}, {"reference": "r2"}, "reference"),
        ({"rrn": "r1", "four": ""}, {"reference": "r1", "at": "2026-11-12 12:00:00", "amount": 520}, None),
        ({"rrn": "r1"}, {"reference": "r1", "amount": 100}, "amount"),
    ],
)
def test_what_is_not_certain_waits_for_a_person(
    till: dict[str, str], bank_line: dict[str, object], why: str | None, till_first: bool
) -> None:
    bank = bank_where("till", tolerance_percent=5)
    vera = join(bank, CARD)
    told = {"amount": 500} | bank_line
    worth = 0 if why is None else 20 * int(str(told["amount"])) // 100
    steps = [lambda: sold(bank, vera, 500, **till), lambda: load(bank, [paid(**told)])]  # type: ignore[arg-type]
    for step in steps if till_first else steps[::-1]:
        step()
    assert suspected(bank) == ([(why, None)] if why else [])
    assert points_of(bank, vera) == 100 + worth
    if why:
        decide(bank, same=True)
        assert points_of(bank, vera) == 100
        assert pairs(bank) == [(False, True)]
        assert suspected(bank) == [(why, "same")]


@pytest.mark.parametrize(
    ("till", "bank_line"),
    [
        ({"four": "9999"}, {}),
        ({}, {"at": "2026-11-14 12:00:00"}),
        ({}, {"amount": 530}),
        ({}, {"at": "2026-11-10 12:31:00", "amount": 510}),
        ({}, {"kind": "C"}),
        ({"payments": (("cash", 500_00),)}, {}),
    ],
)
def test_what_is_another_sale_pays_by_itself(till: dict[str, object], bank_line: dict[str, object]) -> None:
    bank = bank_where("till", tolerance_percent=5)
    vera = join(bank, CARD)
    sold(bank, vera, 500, **till)  # type: ignore[arg-type]
    load(bank, [paid(**({"amount": 500} | bank_line))])  # type: ignore[arg-type]
    assert (suspected(bank), pairs(bank)) == ([], [])


@pytest.mark.parametrize("till_first", [True, False])
@pytest.mark.parametrize("token", ["tok-4444", "token-0000444x"])
def test_a_card_whose_last_digits_are_not_known_is_left_to_a_person(token: str, till_first: bool) -> None:
    bank = bank_where("till")
    vera = join(bank, token)
    steps = [lambda: sold(bank, vera, 500), lambda: load(bank, [paid(500, card=token)])]
    for step in steps if till_first else steps[::-1]:
        step()
    assert (points_of(bank, vera), suspected(bank)) == (200, [("card", None)])


@pytest.mark.parametrize("cards", [(CARD,), (CARD, "tok-7777"), (CARD, OTHER)])
def test_the_card_of_a_new_line_is_the_one_that_the_till_told(cards: tuple[str, ...]) -> None:
    bank = bank_where("till")
    vera = join(bank, *cards)
    sold(bank, vera, 500)
    load(bank, [paid(500)])
    assert (points_of(bank, vera), suspected(bank), pairs(bank)) == (100, [], [(False, True)])


def test_a_new_line_of_another_card_of_hers_is_another_sale() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD, OTHER)
    sold(bank, vera, 500)
    load(bank, [paid(500, card=OTHER)])
    assert (points_of(bank, vera), suspected(bank), pairs(bank)) == (200, [], [])


def test_of_which_of_several_cards_a_stored_line_was_a_person_says() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD, OTHER)
    load(bank, [paid(500, card=OTHER)])
    sold(bank, vera, 500)
    assert (points_of(bank, vera), suspected(bank), pairs(bank)) == (200, [("card", None)], [])


@pytest.mark.parametrize("pays", ["till", "bank"])
@pytest.mark.parametrize("till_first", [True, False])
def test_a_payment_that_was_split_over_two_cards_is_left_to_a_person(pays: str, till_first: bool) -> None:
    bank = bank_where(pays)
    vera = join(bank, CARD, OTHER)
    split = (("card", 300_00), ("card", 200_00))
    lines = [paid(300), paid(200, card=OTHER, at="2026-11-10 12:06:00")]
    steps = [lambda: sold(bank, vera, 500, payments=split), lambda: load(bank, lines)]
    for step in steps if till_first else steps[::-1]:
        step()
    assert (points_of(bank, vera), suspected(bank)) == (200, [("part", None)] * 2)


@pytest.mark.parametrize(("pays", "asked"), [("till", False), ("first", True), ("bank", True)])
@pytest.mark.parametrize(
    ("amount", "why", "receipt"),
    [
        (300, "part", {"payments": (("card", 300_00), ("cash", 200_00))}),
        (500, "discount", {"discounts": (("ten", 50_00),)}),
    ],
)
def test_a_person_says_where_the_line_would_pay_for_more_than_it_tells(
    pays: str, asked: bool, amount: int, why: str, receipt: dict[str, Any]
) -> None:
    bank = bank_where(pays)
    vera = join(bank, CARD)
    load(bank, [paid(amount)])
    with clock.stopped(datetime(2026, 11, 22, 1, tzinfo=UTC)):
        sold(bank, vera, 500, **receipt)
    assert suspected(bank) == ([(why, None)] if asked else [])
    assert points_of(bank, vera) == (100 + amount // 5 if asked else 100)
    if asked:
        decide(bank, same=True)
        assert points_of(bank, vera) == amount // 5


def test_where_the_first_pays_a_tills_sale_that_was_first_keeps_what_was_paid_in_cash() -> None:
    bank = bank_where("first")
    vera = join(bank, CARD)
    sold(bank, vera, 500, payments=(("card", 300_00), ("cash", 200_00)))
    load(bank, [paid(300)])
    assert (points_of(bank, vera), suspected(bank), pairs(bank)) == (100, [], [(False, True)])


@pytest.mark.parametrize("order", ["tf", "ft"])
def test_a_return_of_more_than_the_telling_that_pays_waits(order: str) -> None:
    """The card paid 300 of 500, and the line pays: 500 that the till takes back are more, whatever the bank tells."""
    bank = bank_where("bank")
    vera = join(bank, CARD)
    sold(bank, vera, 500, payments=(("card", 300_00), ("cash", 200_00)))
    load(bank, [paid(300, reference="r1")])
    decide(bank, same=True)
    for one in order:
        tell(bank, vera, one, {"t": 500, "f": 300}[one])
    assert points_of(bank, vera) == 0
    with clock.stopped(datetime(2027, 1, 22, tzinfo=UTC)), db.transaction(bank.tenant) as session:
        settle_overdue(session, bank.programme)
    told = "select state, amount from purchase_return where same_as is null order by state"
    assert query(bank, told) == [("applied", 300_00), ("manual", 500_00)]


def test_a_chunks_pairs_decide_what_else_was_suspected_of_each() -> None:
    """One file settles two pairs by their references, and of each line there was another doubt."""
    bank = bank_where("till")
    vera = join(bank, CARD)
    sold(bank, vera, 500, "t1", four="")
    sold(bank, vera, 700, "t2", NOON + timedelta(hours=5), four="")
    load(bank, [paid(500, reference="r1"), paid(700, "2026-11-10 17:05:00", reference="r2")])
    assert suspected(bank) == [("card", None)] * 2
    sold(bank, vera, 500, "t3", NOON + timedelta(days=1), rrn="r1")
    assert suspected(bank) == [("card", "two"), ("card", None)]
    sold(bank, vera, 700, "t4", NOON + timedelta(days=1), rrn="r2")
    assert suspected(bank) == [("card", "two")] * 2
    assert (points_of(bank, vera), pairs(bank)) == (480, [(False, True)] * 2)


def test_another_members_sale_is_another_sale() -> None:
    bank = bank_where("till")
    vera, boris = join(bank, CARD), join(bank, OTHER)
    sold(bank, vera, 500)
    load(bank, [paid(500, card=OTHER)])
    assert (suspected(bank), pairs(bank)) == ([], [])
    assert (points_of(bank, vera), points_of(bank, boris)) == (100, 100)


def test_of_a_sale_that_was_paid_in_part_by_card_that_part_is_the_banks() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD)
    load(bank, [paid(300)])
    sold(bank, vera, 500, payments=(("card", 300_00), ("cash", 200_00)))
    assert (points_of(bank, vera), pairs(bank)) == (100, [(False, True)])


def test_of_several_that_fit_a_person_says_which_and_the_others_are_decided_with_it() -> None:
    bank = bank_where("bank")
    vera = join(bank, CARD)
    sold(bank, vera, 500)
    sold(bank, vera, 500, "t2", NOON + timedelta(minutes=3))
    load(bank, [paid(500)])
    assert suspected(bank) == [("several", None)] * 2
    assert points_of(bank, vera) == 300
    decide(bank, same=True)
    assert points_of(bank, vera) == 200
    assert sorted(suspected(bank)) == [("several", "same"), ("several", "two")]
    with pytest.raises(IndexError):
        decide(bank, same=True)


def test_two_sales_stay_two_and_are_decided_once() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD)
    sold(bank, vera, 500, four="")
    load(bank, [paid(500)])
    with db.transaction(bank.tenant) as session:
        one = suspects(session)[0].suspect
        ids = {"member_id": one.member_id, "sale_id": one.sale_id, "line_id": one.line_id}
    decide(bank, same=False)
    assert (points_of(bank, vera), suspected(bank), pairs(bank)) == (200, [("card", "two")], [])
    with pytest.raises(Conflict, match="suspect_decided"), db.transaction(bank.tenant) as session:
        decide_suspect(session, SYSTEM, same=True, **ids)
    assert points_of(bank, vera) == 200


def test_nobody_decides_without_the_permission_or_when_both_pay_and_nothing_changes() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD)
    sold(bank, vera, 500, four="")
    load(bank, [paid(500)])
    with pytest.raises(Forbidden):
        decide(bank, same=True, actor=Actor("staff"))
    with db.transaction(bank.tenant) as session:
        set_same_sale_terms(session, SYSTEM, programme_id=bank.programme, terms=None)
    with pytest.raises(Refusal, match="both_pay"):
        decide(bank, same=True)
    assert (points_of(bank, vera), suspected(bank)) == (200, [("card", None)])


def test_a_pair_of_another_bank_is_not_there() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD)
    sold(bank, vera, 500, four="")
    load(bank, [paid(500)])
    with db.transaction(bank.tenant) as session:
        one = suspects(session)[0].suspect
        ids = {"member_id": one.member_id, "sale_id": one.sale_id, "line_id": one.line_id}
    other = bank_where("till")
    with db.transaction(other.tenant) as session:
        assert suspects(session) == []
        with pytest.raises(NotFound, match="suspect_unknown"):
            decide_suspect(session, SYSTEM, same=True, **ids)
    assert points_of(bank, vera) == 200


def test_without_the_term_nothing_is_looked_for_and_what_was_settled_stays() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD)
    sold(bank, vera, 500)
    load(bank, [paid(500)])
    with db.transaction(bank.tenant) as session:
        set_same_sale_terms(session, SYSTEM, programme_id=bank.programme, terms=None)
    sold(bank, vera, 500, "t2", NOON + timedelta(hours=5))
    load(bank, [paid(500, "2026-11-10 17:00:00")])
    assert points_of(bank, vera) == 300
    brought_back(bank, vera, 500, "b1")
    load(bank, [refund(CARD, "2026-11-11 12:00:00", 500)])
    assert points_of(bank, vera) == 100


def test_lines_that_waited_for_their_card_find_the_tills_sale() -> None:
    bank = bank_where("till")
    vera = join(bank)
    sold(bank, vera, 500, four="", rrn="r1")
    load(bank, [paid(500, reference="r1")])
    assert points_of(bank, vera) == 100
    with db.transaction(bank.tenant) as session:
        link_card(session, SYSTEM, member_id=vera, token=CARD)
    drain(bank.tenant)
    assert (points_of(bank, vera), pairs(bank)) == (100, [(False, True)])


def test_why_tells_of_both_whose_sale_it_is() -> None:
    bank = bank_where("till")
    vera = join(bank, CARD)
    load(bank, [paid(500)])
    sold(bank, vera, 500)
    with db.transaction(bank.tenant) as session:
        told = {}
        for sale in session.scalars(select(Purchase).where(Purchase.tenant_id == bank.tenant)):
            found = why(session, member_id=vera, purchase_id=sale.id)
            assert found.told_twice is not None
            other = found.told_twice.file_id is not None
            told[sale.file_id is None] = (other, found.paid_there, found.points, found.net_points)
        lines = [(one.kind, one.points, one.told_twice is not None) for one in history(session, vera)[0]]
    assert told == {True: (True, False, 100, 100), False: (False, True, 100, 0)}
    assert sorted(lines) == [("purchase", 100, True), ("purchase", 100, True), ("return", -100, True)]


@pytest.mark.parametrize("pays", ["till", "bank"])
@pytest.mark.parametrize("order", list(permutations("FTf")))
def test_points_that_paid_at_the_till_come_back_once(pays: str, order: tuple[str, ...]) -> None:
    """Of 500 points pay 100, the card 400; the till and the bank both tell that 200 of the 400 came back."""
    bank = bank_where(pays)
    vera = join(bank, CARD)
    with db.transaction(bank.tenant) as session:
        set_pay_terms(session, SYSTEM, programme_id=bank.programme, terms={"percent": "50", "code": "never"})
        give(session, bank, vera, 100)
    for one in (*order, "t"):
        match one:
            case "T":
                with db.transaction(bank.tenant) as session:
                    receipt = Receipt(card_last_four="4444")
                    told = Told("t1", vera, NOON, 500_00, "shop", partner="shop", receipt=receipt)
                    sell(session, SYSTEM, programme_id=bank.programme, source="till", told=told, points=100)
                drain(bank.tenant)
            case "F":
                load(bank, [paid(400, reference="r1")])
            case "t":
                brought_back(bank, vera, 200, "b1")
            case "f":
                load(bank, [refund(CARD, "2026-11-11 12:00:00", 200, reference="b1", original="r1")])
    # 20 % of the 200 that are left, and half of the points that had paid.
    assert points_of(bank, vera) == 40 + 50
    brought_back(bank, vera, 200, "b2")
    assert points_of(bank, vera) == 0 + 100


@pytest.mark.parametrize("pays", ["till", "bank"])
@pytest.mark.parametrize(("goods", "points_back"), [("a", 100), ("b", 0)])
@pytest.mark.parametrize("order", ["TFft", "TFtf", "FTft", "tFfT", "ftTF", "fFTt"])
def test_points_that_paid_for_a_line_come_back_by_what_the_till_says_of_it(
    pays: str, goods: str, points_back: int, order: str
) -> None:
    """Points paid 100 of line a's 200 and nothing of line b's 300; one comes back, and the bank tells only its sum."""
    bank = bank_where(pays)
    vera = join(bank, CARD)
    with db.transaction(bank.tenant) as session:
        free = [{"goods": {"brands": ["free"]}, "percent": "0"}]
        terms = {"percent": "50", "code": "never", "goods": free}
        set_pay_terms(session, SYSTEM, programme_id=bank.programme, terms=terms)
        give(session, bank, vera, 100)
    lines = {"a": Item("a", 1000, 200_00), "b": Item("b", 1000, 300_00, brand="free")}
    money = {"a": 100, "b": 300}[goods]
    back = Receipt((lines[goods],))
    for place, one in enumerate(order):
        match one:
            case "T":
                receipt = Receipt((lines["a"], lines["b"]), card_last_four="4444")
                told = Told("t1", vera, NOON, 500_00, "shop", partner="shop", receipt=receipt)
                with db.transaction(bank.tenant) as session:
                    sell(session, SYSTEM, programme_id=bank.programme, source="till", told=told, points=100)
                drain(bank.tenant)
            case "F":
                load(bank, [paid(400, reference="r1")])
            case "t":
                brought_back(bank, vera, money, "b1", receipt=back)
            case "f":
                load(bank, [refund(CARD, "2026-11-11 12:00:00", money, reference="b1", original="r1")])
        if "T" in order[: place + 1] and "t" not in order[: place + 1]:
            assert query(bank, "select points_back from redemption") == [(0,)]
    assert query(bank, "select points_back from redemption") == [(points_back,)]
    assert points_of(bank, vera) == (400 - money) // 5 + points_back


def test_a_return_without_a_sale_is_left_to_a_person_where_one_of_two_pays() -> None:
    bank = bank_where("till", FIFTH, days=3)
    with db.transaction(bank.tenant) as session:
        session.get_one(Programme, (bank.tenant, bank.programme)).return_policy = "by_terms"
    vera = join(bank, CARD)
    sold(bank, vera, 500)
    brought_back(bank, vera, 200, "b1")
    load(bank, [refund(CARD, "2026-11-11 12:00:00", 200, original="r9")])
    with clock.stopped(datetime(2027, 1, 22, tzinfo=UTC)), db.transaction(bank.tenant) as session:
        settle_overdue(session, bank.programme)
    assert points_of(bank, vera) == 60
    assert query(bank, "select state from purchase_return order by state") == [("applied",), ("manual",)]


def test_the_term_looks_a_month_back_and_is_certain_for_no_longer_than_it_looks() -> None:
    assert SameSaleTerms(pays="till", days=1, minutes=1440).minutes == 1440
    bank = bank_where("till", days=31)
    vera = join(bank, CARD)
    sold(bank, vera, 500, rrn="r1", at=NOON - timedelta(days=11))
    load(bank, [paid(500, reference="r1", at="2026-11-20 12:00:00")])
    assert (points_of(bank, vera), pairs(bank)) == (100, [(False, True)])
    for more, field in (({"days": 1, "minutes": 1441}, "minutes"), ({"days": 32}, "days")):
        with (
            pytest.raises(Refusal, match="same_sale_terms") as refused,
            db.transaction(bank.tenant) as session,
        ):
            terms = {"pays": "till", **more}
            set_same_sale_terms(session, SYSTEM, programme_id=bank.programme, terms=terms)
        assert refused.value.facts["field"] == field


def test_a_line_that_comes_after_a_claim_recorded_its_purchase_is_asked_about() -> None:
    bank = bank_where("first", days=3)
    member = join(bank, CARD)
    with db.transaction(bank.tenant) as session:
        staff = {"login": "oleg", "name": "Oleg", "password": "a long password of his"}
        officer = Actor(
            "staff", id=hire(session, **staff, permissions=EVERYTHING).id, permissions=frozenset(EVERYTHING)
        )
        told = ClaimFacts.model_validate({"shop": "Nowhere", "day": "2026-11-10", "amount": 1000_00})
        claim = open_claim(
            session, acting(member), member_id=member, kind=Kind.NOT_CREDITED, words="None", facts=told
        )
        take(session, officer, number=claim.number)
        sale = Sale(occurred_at=NOON, amount=1000_00, seller="Nowhere")
        proposal = Proposal("record", "Recorded", "en", sale=sale)
        decision = deciding.decide(session, officer, number=claim.number, proposal=proposal)
        assert decision.given == 200
    with clock.stopped(clock.now() + timedelta(minutes=1)):  # or their keys would say which came first
        load(bank, [line(CARD, "2026-11-11 15:00:00", 1000, "SHOP 17")])
    assert points_of(bank, member) == 400
    with db.transaction(bank.tenant) as session:
        (found,) = suspects(session)
        assert found.suspect.why == "place"
        ids = {name: getattr(found.suspect, name) for name in ("member_id", "sale_id", "line_id")}
        decide_suspect(session, SYSTEM, **ids, same=True)
    drain(bank.tenant)
    assert points_of(bank, member) == 200
    with db.transaction(bank.tenant) as session:
        purchase = ids["line_id"]
        again = open_claim(
            session,
            acting(member),
            member_id=member,
            kind=Kind.WRONG_AMOUNT,
            words="None",
            purchase_id=purchase,
        )
        found = evidence(session, again)
        assert found.why is not None
        assert (found.why.paid_there, found.suggested) == (True, 0)
        assert [one for one in audit(session) if one.broken] == []
