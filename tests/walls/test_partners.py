"""Two participants of one tenant: neither finds anything of the other's at any address or in any file of its place."""

import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from admin import rights
from admin.rights import Page
from coalition.backtests import jobs
from coalition.backtests.actions import start_backtest
from coalition.claims.actions import ask_partner, open_claim, take
from coalition.claims.kinds import Kind
from coalition.claims.of_partner import attach_as_partner, open_for_sale
from coalition.mailings.actions import Plan, offer_mailing, plan_mailing
from coalition.mailings.models import Mailing
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.papers import Brought
from coalition.partners.actions import add_partner, admit_participant, open_outlet
from coalition.partners.bounds import allow
from coalition.partners.by_hand import let_by_hand
from coalition.partners.own_clients import add_own_client
from coalition.partners.queries import outlet_by_code
from coalition.promotions import life
from coalition.promotions.actions import publish
from coalition.promotions.case import Receipt
from coalition.promotions.queries import outlets_by_code
from coalition.reports import partner
from coalition.settlement.answering import dispute, send
from coalition.settlement.closing import close
from coalition.settlement.terms import set_operator, set_terms
from coalition.tickets.actions import open_ticket
from coalition.transactions.by_hand.actions import Form, enter
from coalition.transactions.by_hand.models import What
from coalition.transactions.models import Purchase
from coalition.transactions.recording import Told, record
from tenants.actions import open_tenant
from tenants.actor import SYSTEM, Actor
from tenants.models import Role
from tenants.permissions import EVERYTHING, OF_PARTICIPANTS, Permission
from tenants.runtime import clock, db
from tenants.staff import invite_staff
from tests.admin.conftest import assembled
from tests.cabinet.world import dress
from tests.ledger.house import drain, forget_promotions, open_house
from tests.transactions.bank import LONG_AGO, promotion
from tests.walls.desk_pages import held, signed_in

JOBS = (jobs,)
HOST = "two.localhost"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 20 + b"\0\0\0\0IEND\xaeB`\x82"
OCTOBER, SALE = date(2026, 10, 1), datetime(2026, 10, 15, 9, tzinfo=UTC)
CLOSED, NOW = datetime(2026, 11, 2, 3, tzinfo=UTC), datetime(2026, 11, 5, 12, tzinfo=UTC)
SUMS = {"alder": 4_135_91, "birch": 8_642_97}
WORDS = {"alder": "Olkhovka", "birch": "Berezovka"}
SHOWN = {"alder": "4135", "birch": "8642"}
SECRETS = ("Zinaida", "Hidden", "9140007777", "token-of-hers", "hidden@member")
BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REPORTS = [one.code for one in partner.REPORTS]
CODES: Mapping[str, Mapping[str, Sequence[object]]] = {
    "portal_templates.template": {"code": ["coffee-every-sixth"]},
    "portal_reports.report": {"code": REPORTS},
    "portal_reports.file": {"code": REPORTS, "form": ["csv", "xlsx", "pdf"]},
}
"""What stands in addresses that name no row of a company's."""
OPEN = ("/desk/own", "/desk/settlement", "/desk/statements/")


@dataclass
class Company:
    """One of the two: every number and code that something of it has."""

    mark: str
    participant: int
    person: UUID
    colleague: UUID
    drafts: Sequence[int]
    backtest: int
    claims: Sequence[int]
    sales: Sequence[UUID]
    files: Sequence[UUID]
    programs: Sequence[str]
    tickets: Sequence[int]
    mailings: Sequence[int]
    entered: Sequence[UUID]

    def values(self) -> dict[str, Sequence[object]]:
        """What can stand in an address, by the name that the address has for it."""
        return {
            "month": ["2026-10"], "participant": [self.participant], "side": [1, 2], "place": [1, 2],
            "number": [1, 2], "kind": ["issued", "turnover", "fee"], "form": ["csv", "xlsx"],
            "step": [
                "send", "silence", "agree", "replay", "offer", "discard", "withdraw", "deactivate", "activate", "link",
            ],
            "claim": self.claims, "sale_id": self.sales, "paper_id": self.files, "client_id": self.programs,
            "ticket_id": self.tickets, "mailing_id": self.mailings, "key": self.entered,
            "draft_id": self.drafts, "backtest_id": [self.backtest], "staff_id": [self.person, self.colleague],
            "code": [f"{self.mark}-shop", f"{self.mark}-till", f"{self.mark}-next"],
        }  # fmt: skip


@dataclass
class Town:
    """The tenant, its desk, and the two."""

    connection: Connection
    app: Flask
    tenant: int
    member: UUID
    companies: Mapping[str, Company]

    def browser(self, mark: str) -> FlaskClient:
        return signed_in(self.app, self.tenant, self.companies[mark].person, HOST)


@pytest.fixture(scope="module")
def town(_begun: None) -> Iterator[Town]:
    """On one connection, because furnishing takes a while; rolled back at the end of all."""
    with db.configured().connect() as connection, connection.begin() as whole:
        with db.joined(connection), clock.stopped(SALE):
            forget_promotions()
            with db.transaction(None) as session:
                tenant = open_tenant(session, slug="two", hosts=[HOST]).id
                dress(session, "wexley")
                house = open_house(session)
                set_operator(
                    session, SYSTEM, programme_id=house.programme, participant_id=house.funders[0], terms={}
                )
                person = Person("Zinaida Hidden", "+79140007777", "hidden@member.example")
                member = enrol(
                    session, SYSTEM, programme_id=house.programme, person=person, cards=["token-of-hers"]
                ).id
            with db.transaction(tenant) as session:
                names = {"ru": "Операции", "en": "Operations"}
                operates = [Permission.PORTAL_CARD_OPERATE]
                session.add(Role(tenant_id=tenant, code="by-hand", names=names, permissions=operates))
            companies = {mark: furnished(tenant, house.programme, member, mark) for mark in SUMS}
            with clock.stopped(CLOSED), db.transaction(tenant) as session:
                close(session, SYSTEM, programme_id=house.programme, month=OCTOBER)
                for one in companies.values():
                    whose = {
                        "programme_id": house.programme, "month": OCTOBER, "participant_id": one.participant
                    }  # fmt: skip
                    send(session, SYSTEM, **whose)
                    said = f"{WORDS[one.mark]} objects"
                    dispute(session, SYSTEM, side=1, place=1, minor=1, words=said, **whose)
            yield Town(connection, assembled(guarded=False), tenant, member, companies)
        whole.rollback()


def furnished(tenant: int, programme: int, member: UUID, mark: str) -> Company:
    """A company in whose every row its mark stands: people, places, sales, drafts and their replays, terms."""
    word = WORDS[mark]
    name = {"ru": f"{word} ru", "en": f"{word} en"}
    with db.transaction(tenant) as session:
        owner = admit_participant(session, SYSTEM, code=f"{mark}-owner", name=name).id
        shop = add_partner(
            session, SYSTEM, participant_id=owner, code=f"{mark}-shop", name=name, about=name, category="cafe",
            terminals=[(f"{mark}-mid", f"{mark}-tid")],
        )  # fmt: skip
        open_outlet(
            session, SYSTEM, partner_id=shop.id, code=f"{mark}-till", name=name, zone="UTC", region=word
        )
        person, colleague = (
            invite_staff(
                session, SYSTEM, login=f"{mark}-{which}", name=f"{word} {which}", password="a long password",
                roles=["partner-manager", "by-hand"], participant_id=owner,
            ).id
            for which in ("one", "two")
        )  # fmt: skip
        terms = {"legal": {"name": f"{word} ltd"}, "contract": f"{word}/1", "fee": {"rate": "2"}}
        told = {"programme_id": programme}
        set_terms(session, SYSTEM, participant_id=owner, since=OCTOBER, terms=terms, **told)
        document = promotion({"kind": "percent", "rate": "5"}, conditions={"partners": [f"{mark}-shop"]}) | {
            "title": {"ru": f"{word} пять", "en": f"{word} five"},
            "funding": [{"participant": f"{mark}-owner", "share": 100}],
        }
        publish(session, SYSTEM, code=f"{mark}-five", document=document, starts_at=LONG_AGO, **told)
        session.flush()
        receipt = Receipt((), outlet=outlets_by_code(session)[f"{mark}-till"])
        sold = [
            Told(f"{mark}-1", member, SALE, SUMS[mark], f"{word} counter", f"{mark}-shop", receipt=receipt),
            Told(f"{mark}-2", member, SALE, 5, f"{word} counter", f"{mark}-shop"),
        ]
        record(session, SYSTEM, source="till", told=sold, **told)
        actor = Actor("staff", person, OF_PARTICIPANTS, participant_id=owner)
        drafts = [
            life.begin_draft(session, actor, code=f"{mark}-{code}", document=document, **told).id
            for code in ("next", "given-up", "offered")
        ]
        life.discard(session, actor, draft_id=drafts[1], revision=1)
        life.check(session, actor, draft_id=drafts[2], revision=1)
        replay = start_backtest(
            session, actor, code=f"{mark}-next", document=document, first_day=OCTOBER,
            last_day=date(2026, 10, 20), **told,
        ).id  # fmt: skip
        sales = session.scalars(select(Purchase.id).where(Purchase.partner_id == shop.id)).all()
        claims, files = claimed(session, actor, member, sales, word)
        paper = Brought(f"{word}.png", PNG)
        entered = by_hand(session, actor, member, sales[0], mark)
        ticket = open_ticket(session, actor, subject=f"{word} asks", words=f"{word} writes", brought=paper).id
        plan = Plan(f"{word} news", f"{word} writes", "notice", "met", date(2026, 11, 20), 12)
        mailings = [plan_mailing(session, actor, programme_id=programme, plan=plan).id for _ in range(2)]
        offer_mailing(session, actor, mailing_id=mailings[1], revision=1)
        let_out = session.get_one(Mailing, (tenant, mailings[1]))
        let_out.advertiser, let_out.state = word, "scheduled"
        allow(session, SYSTEM, participant_id=owner, scopes=["members:read"])
        program, _secret = add_own_client(
            session, actor, name=f"{word} till", scopes=["members:read"], outlet_id=None, **told
        )
    drain(tenant)
    return Company(
        mark,
        owner,
        person,
        colleague,
        drafts,
        replay,
        claims,
        sales,
        files,
        [program.id],
        [ticket],
        mailings,
        [entered],
    )


def by_hand(session: Session, actor: Actor, member: UUID, sale: UUID, mark: str) -> UUID:
    """The key of a sale that the company's person entered."""
    limits = {"per_operation": 10**9, "per_person_day": 10**9}
    let_by_hand(session, SYSTEM, participant_id=actor.participant_id or 0, limits=limits)
    outlet = outlet_by_code(session, f"{mark}-till").id
    form = Form(UUID(int=sale.int ^ 1), What.SALE, member, outlet, f"{mark}-1", SUMS[mark])
    return enter(session, actor, form, lambda: sale).id


def claimed(
    session: Session, actor: Actor, member: UUID, sales: Sequence[UUID], word: str
) -> tuple[list[int], list[UUID]]:
    """A claim that the company opened with a paper, and one of the member's about which it is asked."""
    own = open_for_sale(
        session, actor, purchase_id=sales[0], kind=Kind.NOT_CREDITED, words=f"{word} says"
    ).number
    brought = [Brought(f"{word}.png", PNG)]
    (file,) = attach_as_partner(session, actor, number=own, brought=brought)
    hers = open_claim(
        session, SYSTEM, member_id=member, kind=Kind.WRONG_AMOUNT, words="Zinaida says", purchase_id=sales[1]
    ).number
    officer = Actor("staff", actor.id, EVERYTHING)
    take(session, officer, number=hers)
    ask_partner(session, officer, number=hers, words=f"{word}, was it so?")
    return [own, hers], [file.id]


def asked(town: Town, browser: FlaskClient, page: Page, values: Mapping[str, object]) -> TestResponse:
    with town.app.test_request_context(base_url=f"http://{HOST}"):
        address = town.app.url_for(page.endpoint, **values)
    send_ = browser.post if page.method == "POST" else browser.get
    form = (
        {"data": {"sure": "1", "words": "w", "amount": "1", "decision": "accept"}}
        if page.method == "POST"
        else {}
    )
    answer = send_(address, base_url=f"http://{HOST}", headers={"Accept-Language": "en"}, **form)
    answer.get_data()
    answer.close()
    return answer


def addresses(town: Town, page: Page, *known: Mapping[str, Sequence[object]]) -> Iterator[dict[str, object]]:
    """Every way to fill a page's address in; where there are several to take values from, each part takes of each."""
    rule = next(one for one in town.app.url_map.iter_rules() if one.endpoint == page.endpoint)
    fixed = dict(page.values)
    names = sorted(rule.arguments - set(fixed))
    for chosen in itertools.product(*([value for one in known for value in one[name]] for name in names)):
        yield fixed | dict(zip(names, chosen, strict=True))


def text_of(answer: TestResponse) -> str:
    """All that an answer says, whatever its form: pages, addresses in them, CSV, PDF, XLSX."""
    kind, data = answer.mimetype, answer.get_data()
    if kind == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    if kind.endswith("spreadsheetml.sheet"):
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            return "\n".join(book.read(name).decode() for name in book.namelist())
    return data.decode(errors="replace") + " ".join(answer.headers.get_all("Location"))


def told(text: str) -> str:
    """Text as it is searched: without spaces and signs that numbers are written with."""
    return re.sub(r"[\s,()-]", "", text)


def found_in(text: str, town: Town, *marks: str) -> list[str]:
    """Which of these stand in it."""
    wanted = [*marks, *SECRETS, str(town.member), town.member.hex, town.member.hex[-8:]]
    plain = told(text)
    return [mark for mark in wanted if told(mark) in plain]


@pytest.fixture
def now(town: Town) -> Iterator[None]:
    """What a test does is undone."""
    with town.connection.begin_nested() as point, db.joined(town.connection), clock.stopped(NOW):
        yield
        point.rollback()


def pages_open(town: Town) -> list[Page]:
    return [page for page in rights.pages(town.app) if page.rule.startswith(OPEN)]


@pytest.mark.parametrize(("mark", "other"), [("alder", "birch"), ("birch", "alder")])
def test_nothing_of_the_others_is_found_or_changed(town: Town, now: None, mark: str, other: str) -> None:
    browser, theirs = town.browser(mark), town.companies[other]
    with db.transaction(town.tenant) as session:
        before = held(session)
    wrong, tried = [], 0
    for page in pages_open(town):
        for values in addresses(town, page, theirs.values()):
            if set(values) <= {"month", *dict(page.values)}:
                continue  # it names nothing of the other's
            tried += 1
            answer = asked(town, browser, page, values)
            seen = found_in(text_of(answer), town, SHOWN[other], WORDS[other])
            if answer.status_code not in (403, 404) or seen:
                wrong.append((page.method, page.rule, values, answer.status_code, seen))
    assert wrong == []
    assert tried > 90
    with db.transaction(town.tenant) as session:
        assert held(session) == before


def test_what_is_half_ones_own_and_half_the_others_is_not_found(town: Town, now: None) -> None:
    browser = town.browser("alder")
    alder, birch = town.companies["alder"], town.companies["birch"]
    assumed = "low=1&expected=2&high=3&margin=20"
    for draft in alder.drafts:
        for way in ("", f"/forecast.pdf?{assumed}"):
            mixed = f"/desk/own/forecasts/{draft}/{birch.backtest}{way}"
            assert browser.get(mixed, base_url=f"http://{HOST}").status_code == 404, mixed


def test_its_own_pages_and_files_say_nothing_of_the_other_or_of_members(town: Town, now: None) -> None:
    """Each page is asked for by both: what is found of oneself is what the other would see."""
    kinds, shown = set(), {}
    for mark, other in (("alder", "birch"), ("birch", "alder")):
        browser, own, wrong = town.browser(mark), town.companies[mark], []
        for page in pages_open(town):
            if page.method != "GET":
                continue
            known = own.values() | CODES.get(page.endpoint, {})
            for values in addresses(town, page, known):
                if page.endpoint.startswith("portal_reports."):
                    values |= {"first": "2026-10-01", "last": "2026-10-31"}
                if page.endpoint.startswith("portal_forecasts."):
                    values |= {"low": "1", "expected": "2", "high": "3", "margin": "20"}
                answer = asked(town, browser, page, values)
                if answer.status_code in (303, 404, 302):
                    continue
                if seen := found_in(text_of(answer), town, other, WORDS[other], SHOWN[other]):
                    wrong.append((page.rule, values, seen))
                if answer.status_code == 200:
                    kinds.add(answer.mimetype)
                    text = told(text_of(answer))
                    shown.setdefault(page.endpoint, set()).update(
                        what for what in (WORDS[mark], SHOWN[mark]) if what in text
                    )
        assert wrong == []
    assert kinds == {"text/html", "text/csv", "application/pdf", "image/png", BOOK}
    for endpoint in ("portal.index", "portal_sales.index", "portal_forecasts.forecast", "portal_forecasts.paper",
                     "portal_reports.report", "portal_reports.file", "portal_card.index", "portal_card.done",
                     "desk_settlement.rows", "desk_settlement.registers", "desk_settlement.paper"):  # fmt: skip
        assert set(SHOWN.values()) & shown[endpoint], endpoint
    for endpoint in ("portal_claims.claim", "portal_programs.program", "portal_tickets.ticket",
                     "portal_tickets.index", "portal_promotions.index", "portal_plan.index",
                     "portal_plan.mailing", "portal_plan.edit",
                     "portal_promotions.draft", "portal_outlets.partner", "portal_outlets.outlet",
                     "portal_people.index", "desk_settlement.statement"):  # fmt: skip
        assert set(WORDS.values()) <= shown[endpoint], endpoint


def test_two_companies_have_different_names_for_one_member(town: Town, now: None) -> None:
    """Neither can tell the other whom they share."""
    names = {}
    for mark in SUMS:
        text = town.browser(mark).get("/desk/own/sales/", base_url=f"http://{HOST}").get_data(as_text=True)
        names[mark] = set(re.findall(r"••\xa0([0-9a-f]{8})", text))
        assert len(names[mark]) == 1  # both of its sales are hers
        rows = f"/desk/settlement/2026-10/{town.companies[mark].participant}/turnover"
        register = town.browser(mark).get(rows, base_url=f"http://{HOST}").get_data(as_text=True)
        assert set(re.findall(r"••\s([0-9a-f]{8})", register)) == names[mark]
    assert names["alder"] & names["birch"] == set()


def test_what_is_not_the_partners_place_is_closed_to_it(town: Town, now: None) -> None:
    browser = town.browser("alder")
    with db.transaction(town.tenant) as session:
        before = held(session)
    wrong = []
    for page in rights.pages(town.app):
        if page.rule.startswith(OPEN) or page.rule.startswith("/desk/profile") or page.rule == "/desk/":
            continue
        rule = next(one for one in town.app.url_map.iter_rules() if one.endpoint == page.endpoint)
        values = dict(page.values) | {
            name: UUID(int=1) if "UUID" in type(rule._converters[name]).__name__ else 1
            for name in rule.arguments - set(dict(page.values))
        }
        if asked(town, browser, page, values).status_code != 403:
            wrong.append((page.method, page.rule))
    assert wrong == []
    with db.transaction(town.tenant) as session:
        assert held(session) == before
