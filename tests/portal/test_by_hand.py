"""A company's person enters purchases, returns and cards: as a till would, once, within what two people let it."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.cards.actions import issue_card
from coalition.cards.models import CardState
from coalition.cards.queries import cards_of, number_of
from coalition.ledger.models import Lot
from coalition.ledger.queries import balance_of, transfers_for
from coalition.members.models import Member
from coalition.partners.actions import open_outlet
from coalition.partners.by_hand import let_by_hand
from coalition.partners.clients import add_client
from coalition.partners.keeping import close_outlet
from coalition.partners.models import Participant
from coalition.partners.queries import outlet_by_code, participant_by_id
from coalition.promotions.actions import publish
from coalition.redemption.paying import set_pay_terms
from coalition.redemption.tills import paid_for
from coalition.reports.of_partner import seen_as
from coalition.settlement.leaving import leave
from coalition.transactions.by_hand.models import HandOperation, What
from coalition.transactions.by_hand.queries import outlets_by_row
from coalition.transactions.models import Purchase, PurchaseReturn
from partner_portal.api.callers import TILL_SCOPES, Caller
from partner_portal.api.operations import Call
from partner_portal.api.v1.cheques import ById
from partner_portal.api.v1.purchases import PurchaseBody, record_purchase
from partner_portal.cabinet import by_hand
from tenants.actor import SYSTEM
from tenants.models import AuditEntry, Role
from tenants.permissions import Permission
from tenants.runtime import clock, db, settings
from tests.admin.world import HOST, Bank, get, plain, post, signed_by_another
from tests.cabinet.world import PHONE
from tests.portal.company import TRADER, admitted, manager, said
from tests.transactions.bank import LONG_AGO, promotion
from tests.walls.desk_pages import held

pytestmark = pytest.mark.usefixtures("house")
ENGLISH = {"Accept-Language": "en"}
LIMITS = {"per_operation": 5_000_00, "per_person_day": 8_000_00}
OPERATE = frozenset({Permission.PORTAL_CARD_OPERATE, Permission.PORTAL_SALE_READ})


class Case:
    """A café that is let enter, and a trader; each with a person who may; a promotion at the café and a card."""

    def __init__(self, desk: Flask, bank: Bank) -> None:
        self.desk, self.bank, self.programme = desk, bank, bank.world.programme.id
        self.cafe, self.stand = (
            admitted(bank, *told, **more).partner
            for told, more in (((), {}), (("stand",), {**TRADER, "email": "ivan@stand.example"}))
        )
        with db.transaction(bank.tenant) as session:
            names = {"ru": "Операции", "en": "Operations"}
            session.add(Role(tenant_id=bank.tenant, code="by-hand", names=names, permissions=sorted(OPERATE)))
            for partner, code in ((self.cafe, "corner"), (self.stand, "market")):
                open_outlet(
                    session,
                    SYSTEM,
                    partner_id=partner.id,
                    code=code,
                    name={"ru": "Угол", "en": "Corner"},
                    zone="UTC",
                )
                owner = {"participant_id": partner.participant_id}
                let_by_hand(session, SYSTEM, limits=LIMITS, **owner)
            for code, document in (
                ("five", promotion({"kind": "percent", "rate": "5"}, conditions={"partners": ["kofe"]})),
                (
                    "third",
                    promotion(
                        {"kind": "fixed", "points": "40"}, trigger={"kind": "nth", "n": 1, "every": True}
                    ),
                ),
            ):
                publish(
                    session,
                    SYSTEM,
                    programme_id=self.programme,
                    code=code,
                    document=document,
                    starts_at=LONG_AGO,
                )
            self.outlet = outlet_by_code(session, "corner").id
            self.market = outlet_by_code(session, "market").id
            self.member = bank.world.member_id
            self.card = number_of(session, issue_card(session, SYSTEM, member_id=self.member))
        self.anna = manager(desk, bank, self.cafe.participant_id, ["by-hand"], login="anna-operates")
        self.ivan = manager(desk, bank, self.stand.participant_id, ["by-hand"], login="ivan-operates")

    def send(self, browser: FlaskClient, place: str, **form: object) -> Any:
        data = {name: str(value) for name, value in form.items()}
        return browser.post(f"{HOST}/desk/own/card/{place}", data=data, headers=ENGLISH)

    def found(self, browser: FlaskClient, handle: str = PHONE) -> str:
        """What the page of the member that was found has for its forms."""
        return sealed(self.send(browser, "find", handle=handle))

    def quoted(self, amount: object = "1000", **more: object) -> Any:
        form = {"outlet": self.outlet, "amount": amount} | more
        return self.send(self.anna, "quote", sealed=self.found(self.anna), **form)

    def sold(self, amount: object = "1000", **more: object) -> Any:
        return self.send(self.anna, "sell", sealed=sealed(self.quoted(amount, **more)))

    def at_till(self, session: Session, told: dict[str, Any]) -> Purchase:
        """The sale, as a till of the café's tells it to the API."""
        owner = self.cafe.participant_id
        client, _secret = add_client(
            session,
            SYSTEM,
            name="Till",
            programme_id=self.programme,
            participant_id=owner,
            scopes=TILL_SCOPES,
        )
        caller = Caller(client.id, self.programme, owner, None, frozenset(TILL_SCOPES))
        body = PurchaseBody.model_validate(told | {"member": ById(id=self.member)})
        sold = record_purchase(Call(session, caller, "en"), body)
        return session.get_one(Purchase, (self.bank.tenant, self.member, sold.id))

    def rows(self, session: Session) -> list[HandOperation]:
        return list(
            session.scalars(
                select(HandOperation)
                .where(HandOperation.tenant_id == self.bank.tenant)
                .order_by(HandOperation.at, HandOperation.id)
            )
        )


def sealed(answer: Any) -> str:
    found = re.search(r'name="sealed" value="([^"]+)"', answer.get_data(as_text=True))
    assert found, said(answer)
    return found[1]


@pytest.fixture
def case(desk: Flask, bank: Bank) -> Case:
    return Case(desk, bank)


def transfers_of(session: Session, member: UUID, sale: UUID) -> list[UUID]:
    """What a sale gave, and what has paid for it: a transfer at least of each."""
    gave = [one.id for one in transfers_for(session, member, sale)]
    key = session.scalars(select(Purchase.key).where(Purchase.id == sale)).one()
    paid = transfers_for(session, member, paid_for(session, member, [key])[key].id)
    assert gave
    assert paid
    return [*gave, *(one.id for one in paid)]


class _Undo(Exception):
    pass


def effects(session: Session, member: UUID, key_owner: Purchase) -> tuple[Any, ...]:
    """The reasons of a sale, and everything that the member has by lots."""
    lots = session.scalars(
        select(Lot).where(Lot.member_id == member).order_by(Lot.expires_on, Lot.points, Lot.id)
    )
    told = [
        (one.points, one.remaining, one.pending, one.active_on, one.expires_on, one.funder_id) for one in lots
    ]
    has = balance_of(session, member)
    return list(key_owner.reason), key_owner.amount, told, (has.available, has.pending, has.held, has.debt)


def test_a_purchase_gives_what_the_same_one_gives_at_a_till(case: Case) -> None:
    with suppress(_Undo), db.transaction(case.bank.tenant) as session:
        told = {
            "reference": "till-1",
            "occurred_at": clock.now().isoformat(),
            "amount": 1000_00,
            "outlet": "corner",
        }
        at_till = effects(session, case.member, case.at_till(session, told))
        raise _Undo
    quoted = case.quoted("1,000.00", number="A-17")
    assert "+90 sparks" in plain(quoted)
    assert "Phone ending in" in plain(quoted)
    done = case.send(case.anna, "sell", sealed=sealed(quoted))
    assert done.status_code == 303, said(done)
    with db.transaction(case.bank.tenant) as session:
        (row,) = case.rows(session)
        assert (row.what, row.number, row.amount, row.outlet_id) == (What.SALE, "A-17", 1000_00, case.outlet)
        sale = session.get_one(Purchase, (case.bank.tenant, case.member, row.cause_id))
        assert effects(session, case.member, sale) == at_till
        assert len(at_till[0]) == 10  # both promotions
        told = select(AuditEntry.verb).where(
            AuditEntry.verb.startswith("hand."), AuditEntry.actor_name == "Anna-Operates"
        )
        assert sorted(session.scalars(told)) == ["hand.find", "hand.sale"]
    page = plain(case.anna.get(done.headers["Location"], base_url=HOST, headers=ENGLISH))
    assert "A-17" in page
    assert "+90 sparks" in page
    with db.transaction(case.bank.tenant) as session:
        has = balance_of(session, case.member).available
    assert f"{has:,} sparks" not in page  # what she has is for while she is at the counter


def test_no_page_joins_what_was_typed_to_the_name_that_sales_have(case: Case) -> None:
    with db.transaction(case.bank.tenant) as session:
        (name,) = seen_as(session, case.cafe.participant_id, [case.member]).values()
    done = case.sold("1000", number="A-16")
    card = {"sealed": case.found(case.anna), "outlet": case.outlet}
    pages = [
        case.send(case.anna, "find", handle=PHONE),
        case.quoted("1000"),
        case.send(case.anna, "give", **card),
        case.send(case.anna, "back", sale="A-16"),
        case.anna.get(done.headers["Location"], base_url=HOST, headers=ENGLISH),
        case.anna.get(f"{HOST}/desk/own/card/", base_url=HOST, headers=ENGLISH),
    ]
    for page in pages:
        assert "••" not in page.get_data(as_text=True)
        assert name[-8:] not in plain(page)
    assert name.replace("\xa0", " ") in plain(case.anna.get(f"{HOST}/desk/own/sales/", headers=ENGLISH))


def test_so_many_members_are_found_in_an_hour_and_no_more(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_hand, "FOUND_MOST", 2)
    monkeypatch.setattr(by_hand, "FOUND_MOST_OF_COMPANY", 3)
    colleague = manager(case.desk, case.bank, case.cafe.participant_id, ["by-hand"], login="vera-operates")
    found = [case.send(one, "find", handle=PHONE) for one in [case.anna] * 3 + [colleague] * 2]
    assert [one.status_code for one in found] == [200, 200, 422, 200, 422]
    assert "2 members an hour are found by hand at most" in plain(found[2])
    assert "3 members an hour" in plain(found[4])
    assert case.send(case.ivan, "find", handle=PHONE).status_code == 200


def test_half_an_hour_is_over_however_often_pages_are_drawn_anew(case: Case) -> None:
    now = clock.now()
    with clock.stopped(now):
        case.sold("100", number="A-20")
        found, back = case.found(case.anna), sealed(case.send(case.anna, "back", sale="A-20"))
    outlet = {"outlet": case.outlet}
    with clock.stopped(now + timedelta(minutes=29)):
        found = sealed(case.send(case.anna, "quote", sealed=found, amount="much", **outlet))
        draft = sealed(case.send(case.anna, "quote", sealed=found, amount="10", **outlet))
        draft = sealed(case.send(case.anna, "code", sealed=draft))
        back = sealed(case.send(case.anna, "return", sealed=back, amount="much", **outlet))
    with db.transaction(case.bank.tenant) as session:
        before = held(session)
    with clock.stopped(now + timedelta(minutes=31)):
        for place, form in (
            ("quote", {"sealed": found, "amount": "10"}),
            ("give", {"sealed": found}),
            ("give", {"sealed": found, "step": "code"}),
            ("activate", {"sealed": found}),
            ("code", {"sealed": draft}),
            ("sell", {"sealed": draft}),
            ("return", {"sealed": back, "amount": "10"}),
        ):
            assert case.send(case.anna, place, **form, **outlet).status_code == 422, (place, form)
    with db.transaction(case.bank.tenant) as session:
        assert held(session) == before


def test_no_code_goes_out_and_nothing_is_read_without_the_leave(case: Case) -> None:
    done = case.sold("1000", number="A-21").headers["Location"]
    draft, found = sealed(case.quoted("1000")), case.found(case.anna)
    with db.transaction(case.bank.tenant) as session:
        let_by_hand(session, SYSTEM, participant_id=case.cafe.participant_id, limits=None)
        before = held(session)
    before_settings = settings.current()
    settings.use(replace(before_settings, demo=True))
    try:
        for place, form in (("code", {"sealed": draft}), ("give", {"sealed": found, "step": "code"})):
            no = case.send(case.anna, place, outlet=case.outlet, **form)
            assert (no.status_code, "does not let your company" in plain(no)) == (422, True), place
    finally:
        settings.use(before_settings)
    assert case.anna.get(done, base_url=HOST, headers=ENGLISH).status_code == 422
    with db.transaction(case.bank.tenant) as session:
        assert held(session) == before


def test_one_form_is_done_once_and_a_number_too(case: Case) -> None:
    form, other = sealed(case.quoted(number="A-18")), sealed(case.quoted(number="A-18"))
    first, again = (case.send(case.anna, "sell", sealed=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]
    for taken in (case.send(case.anna, "sell", sealed=other), case.quoted(number="A-18")):
        assert (taken.status_code, "was told already" in plain(taken)) == (422, True)
    with db.transaction(case.bank.tenant) as session:
        assert len(case.rows(session)) == 1


def test_points_are_spent_by_the_members_code_and_never_without(case: Case) -> None:
    with db.transaction(case.bank.tenant) as session:
        terms = {"percent": "50", "code": "never"}
        set_pay_terms(session, SYSTEM, programme_id=case.programme, terms=terms)
        has = balance_of(session, case.member).available
    before = settings.current()
    settings.use(replace(before, demo=True))
    try:
        quoted = case.quoted("1000", points="100")
        assert "Enter the purchase" not in plain(quoted).replace("Enter the purchase of", "")
        form = sealed(quoted)
        without = case.send(case.anna, "sell", sealed=form)
        assert (without.status_code, "points are spent by nothing else" in plain(without)) == (422, True)
        sent = case.send(case.anna, "code", sealed=form).get_data(as_text=True)
        number, code = (
            re.search(r'name="code_id" value="([^"]+)"', sent),
            re.search(r"demo it is (\d{6})", sent),
        )
        assert number
        assert code
        wrong = f"{(int(code[1]) + 1) % 10**6:06}"
        no = case.send(case.anna, "sell", sealed=form, code_id=number[1], code=wrong)
        assert (no.status_code, "The code is not right" in plain(no)) == (422, True)
        other = sealed(case.quoted("1000", points="120"))
        assert case.send(case.anna, "sell", sealed=other, code_id=number[1], code=code[1]).status_code == 422
        with db.transaction(case.bank.tenant) as session:
            assert (case.rows(session), balance_of(session, case.member).available) == ([], has)
        done = case.send(case.anna, "sell", sealed=form, code_id=number[1], code=code[1])
        assert done.status_code == 303, said(done)
    finally:
        settings.use(before)
    with db.transaction(case.bank.tenant) as session:
        (row,) = case.rows(session)
        paid = row.number
        sale = session.get_one(Purchase, (case.bank.tenant, case.member, row.cause_id))
        assert sale.amount == 900_00
        assert balance_of(session, case.member).available == has - 100 + 45 + 40
    page = plain(case.anna.get(done.headers["Location"], base_url=HOST, headers=ENGLISH))
    assert "Points pay</dt><dd>\N{MINUS SIGN}100 sparks" in page
    with db.transaction(case.bank.tenant) as session:
        rows = [*transfers_of(session, case.member, row.cause_id), row.cause_id]
        for whose, told in (
            (None, set(rows)),
            (case.cafe.participant_id, set(rows)),
            (case.stand.participant_id, set()),
        ):
            found = outlets_by_row(session, [case.member] * len(rows), rows, whose)
            assert set(found) == told
            assert {one.code for one in found.values()} == ({"corner"} if told else set())
        assert not outlets_by_row(session, [case.member], [UUID(int=1)], None)  # of what was not asked for
    back = {"sealed": sealed(case.send(case.anna, "back", sale=paid)), "outlet": case.outlet}
    done = case.send(case.anna, "return", amount="900", **back)
    page = plain(case.anna.get(done.headers["Location"], base_url=HOST, headers=ENGLISH))
    assert "hers again</dt><dd>+100 sparks" in page
    with db.transaction(case.bank.tenant) as session:
        assert balance_of(session, case.member).available == has


def test_a_sale_comes_back_in_parts_and_no_more_than_it_was(case: Case) -> None:
    case.sold("1000", number="A-19")
    with db.transaction(case.bank.tenant) as session:
        had = balance_of(session, case.member).available
    shown = case.send(case.anna, "back", sale="A-19")
    form = {"sealed": sealed(shown), "outlet": case.outlet}
    assert 'value="1,000"' in plain(shown)
    more = case.send(case.anna, "return", amount="1000.01", **form)
    assert (more.status_code, "can be brought back yet" in plain(more)) == (422, True)
    assert [case.send(case.anna, "return", amount="400", **form).status_code for _ in range(2)] == [303, 303]
    rest = {"sealed": sealed(case.send(case.anna, "back", sale="A-19")), "outlet": case.outlet}
    assert case.send(case.anna, "return", amount="600.01", **rest).status_code == 422
    assert case.send(case.anna, "return", amount="600", **rest).status_code == 303
    assert "All of it was brought back" in plain(case.send(case.anna, "back", sale="A-19"))
    with db.transaction(case.bank.tenant) as session:
        backs = session.scalars(select(PurchaseReturn.amount).where(PurchaseReturn.state == "applied")).all()
        assert {400_00, 600_00} <= set(backs)
        assert balance_of(session, case.member).available == had - 90
        assert [one.what for one in case.rows(session)] == [What.SALE, What.RETURN, What.RETURN]


def test_a_tills_own_sale_comes_back_by_its_number(case: Case) -> None:
    with db.transaction(case.bank.tenant) as session:
        told = {"reference": "till-2", "occurred_at": clock.now().isoformat(), "amount": 300_00}
        case.at_till(session, told)
    twice = case.quoted("300", number="till-2")
    assert "was told already" in plain(twice)
    form = {"sealed": sealed(case.send(case.anna, "back", sale="till-2")), "outlet": case.outlet}
    assert case.send(case.anna, "return", amount="300", **form).status_code == 303
    with db.transaction(case.bank.tenant) as session:
        (row,) = case.rows(session)
        back = session.get_one(PurchaseReturn, (case.bank.tenant, case.member, row.cause_id))
        assert (back.state, back.amount) == ("applied", 300_00)


def test_a_card_is_activated_and_one_more_is_given_with_her_code(case: Case) -> None:
    page = case.send(case.anna, "find", handle=" ".join(re.findall("....", case.card)))
    assert "does not work yet" in plain(page)
    form = {"sealed": sealed(page), "outlet": case.outlet}
    assert [case.send(case.anna, "activate", **form).status_code for _ in range(2)] == [303, 303]
    before = settings.current()
    settings.use(replace(before, demo=True))
    try:
        with db.transaction(case.bank.tenant) as session:
            set_pay_terms(session, SYSTEM, programme_id=case.programme, terms={"percent": "50"})
        form = {"sealed": case.found(case.anna), "outlet": case.outlet}
        assert case.send(case.anna, "give", **form).status_code == 422
        sent = case.send(case.anna, "give", step="code", **form).get_data(as_text=True)
        number, code = (
            re.search(r'name="code_id" value="([^"]+)"', sent),
            re.search(r"demo it is (\d{6})", sent),
        )
        assert number
        assert code
        given = {"code_id": number[1], "code": code[1]}
        foreign = case.send(case.anna, "give", card="12345678", **form, **given)
        assert (foreign.status_code, "takes no card" in plain(foreign)) == (422, True)
        form["sealed"] = case.found(case.anna)
        done = case.send(case.anna, "give", **form, **given)
        assert done.status_code == 303, said(done)
    finally:
        settings.use(before)
    with db.transaction(case.bank.tenant) as session:
        states = sorted(one.state for one in cards_of(session, case.member))
        assert states == sorted([CardState.ACTIVE, CardState.ISSUED])
        assert [one.what for one in case.rows(session)] == [What.CARD, What.CARD]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"amount": "5000.01"}, "At most ₽5,000 can be entered at once"),
        ({"amount": "0"}, "more than nothing"),
        ({"amount": "much"}, "Write a number"),
        ({"amount": "1.001"}, "digits"),
        ({"outlet": ""}, "Choose one of your outlets"),
        ({"outlet": "99"}, "Choose one of your outlets"),
        ({"outlet": "market"}, "Choose one of your outlets"),
        ({"number": "x" * 41}, "40 characters"),
        ({"points": "10"}, "Points do not pay"),
    ],
)
def test_what_cannot_be_entered_is_told_and_changes_nothing(
    case: Case, form: dict[str, str], why: str
) -> None:
    told: dict[str, object] = {"outlet": case.outlet, "amount": "1000"} | form
    if told["outlet"] == "market":
        told["outlet"] = case.market
    found = case.found(case.anna)
    with db.transaction(case.bank.tenant) as session:
        before = held(session)
    answer = case.send(case.anna, "quote", sealed=found, **told)
    assert answer.status_code in (404, 422)
    assert why in plain(answer).replace("RUB", "₽").replace("₽ ", "₽"), said(answer)
    with db.transaction(case.bank.tenant) as session:
        assert held(session) == before


def test_a_day_has_an_end_and_what_changed_meanwhile_counts(case: Case) -> None:
    forms = [sealed(case.quoted("4500", number=f"B-{n}")) for n in range(2)]
    assert case.send(case.anna, "sell", sealed=forms[0]).status_code == 303
    over = case.send(case.anna, "sell", sealed=forms[1])
    assert (over.status_code, "3,500" in plain(over)) == (422, True)
    left = sealed(case.quoted("100", number="B-3"))
    steps = {
        "closed": lambda session: close_outlet(session, SYSTEM, outlet_id=case.outlet),
        "does not let": lambda session: let_by_hand(
            session, SYSTEM, participant_id=case.cafe.participant_id, limits=None
        ),
        "has left": lambda session: leave(session, SYSTEM, participant_id=case.cafe.participant_id),
    }
    for why, step in steps.items():
        with db.transaction(case.bank.tenant) as session:
            step(session)
            before = held(session)
        no = case.send(case.anna, "sell", sealed=left)
        assert (no.status_code in (409, 422), why in plain(no)) == (True, True), said(no)
        with db.transaction(case.bank.tenant) as session:
            assert held(session) == before


def test_nothing_of_another_company_is_entered_or_seen(case: Case) -> None:
    done = case.sold("1000", number="C-1")
    mine, theirs = case.found(case.anna), case.found(case.ivan)
    with db.transaction(case.bank.tenant) as session:
        before = held(session)
    assert case.ivan.get(done.headers["Location"], base_url=HOST).status_code == 404
    unknown = case.send(case.ivan, "back", sale="C-1")
    assert (unknown.status_code, "has no sale of this number" in plain(unknown)) == (404, True)
    back = sealed(case.send(case.anna, "back", sale="C-1"))
    for place, form in (
        ("quote", {"sealed": mine, "outlet": case.market, "amount": "5"}),
        ("quote", {"sealed": theirs, "outlet": case.outlet, "amount": "5"}),
        ("return", {"sealed": back, "outlet": case.market, "amount": "5"}),
        ("activate", {"sealed": mine, "outlet": case.market}),
        ("give", {"sealed": mine, "outlet": case.market}),
        ("sell", {"sealed": "AAAA"}),
        ("sell", {"sealed": ""}),
        ("sell", {"sealed": mine}),
    ):
        assert case.send(case.ivan, place, **form).status_code in (404, 422), place
    reader = manager(case.desk, case.bank, case.cafe.participant_id, ["partner-manager"], login="mira")
    for place in ("find", "quote", "code", "sell", "back", "return", "activate", "give"):
        assert case.send(reader, place, sealed=mine).status_code == 403, place
    assert reader.get(f"{HOST}/desk/own/card/").status_code == 403
    with db.transaction(case.bank.tenant) as session:
        after = held(session)
        for table in ("hand_operation", "purchase", "purchase_return", "transfer", "lot", "card"):
            assert after[table] == before[table], table


def test_everybody_reads_that_it_was_entered_by_hand(case: Case, client: FlaskClient) -> None:
    case.sold("1000", number="D-1")
    page = plain(get(client, f"/desk/members/{case.member}"))
    assert "entered by hand, outlet: Corner" in page
    trail = plain(get(client, "/desk/audit/"))
    assert "Entered a purchase by hand" in trail
    listed = plain(get(client, "/desk/lists/purchases/"))
    assert "By hand: Corner" in listed


def test_two_people_let_a_company_enter(case: Case, client: FlaskClient, bank: Bank) -> None:
    number = case.stand.participant_id
    with db.transaction(bank.tenant) as session:
        let_by_hand(session, SYSTEM, participant_id=number, limits=None)
    assert "has not let your company" in plain(case.ivan.get(f"{HOST}/desk/own/card/", headers=ENGLISH))
    assert case.send(case.ivan, "find", handle=PHONE).status_code == 422
    page = f"/desk/participants/{number}/by-hand"
    for wrong in (
        {"per_operation": "10"},
        {"per_operation": "20", "per_person_day": "10"},
        {"per_operation": "x"},
    ):
        assert post(client, page, **wrong).status_code == 422, wrong
    assert post(client, page, per_operation="10", per_person_day="20").status_code == 303
    with db.transaction(bank.tenant) as session:
        assert participant_by_id(session, number).by_hand is None
    assert "Operations by hand" in plain(get(client, "/desk/approvals/"))
    assert signed_by_another(client, bank) == [303]
    with db.transaction(bank.tenant) as session:
        owner = session.get_one(Participant, (bank.tenant, number))
        assert owner.by_hand == {"per_operation": 1000, "per_person_day": 2000}
    assert case.send(case.ivan, "find", handle=PHONE).status_code == 200
    for mixed in (("9", "21"), ("11", "20")):  # a part of it is more
        asked = post(client, page, per_operation=mixed[0], per_person_day=mixed[1])
        assert asked.status_code == 303
        with db.transaction(bank.tenant) as session:
            assert participant_by_id(session, number).by_hand == {
                "per_operation": 1000,
                "per_person_day": 2000,
            }
    for less, now in (
        (("10", "15"), {"per_operation": 1000, "per_person_day": 1500}),
        (("", ""), None),
    ):  # at once, by one person
        assert post(client, page, per_operation=less[0], per_person_day=less[1]).status_code == 303
        with db.transaction(bank.tenant) as session:
            assert participant_by_id(session, number).by_hand == now
            told = select(AuditEntry).where(AuditEntry.verb == "participant.by_hand")
            last = session.scalars(told.order_by(AuditEntry.id.desc()).limit(1)).one()
            assert (last.actor_name, last.after) == ("Dora Marsh", {"limits": now})
    with db.transaction(bank.tenant) as session:
        assert participant_by_id(session, number).by_hand is None
        assert session.get_one(Member, (bank.tenant, case.member))
