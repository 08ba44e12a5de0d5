"""A café applies, is admitted and offers "every sixth coffee"; members earn there, and its people see it all."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from coalition.backtests import jobs
from coalition.cards.actions import issue_card
from coalition.cards.queries import number_of
from coalition.claims.actions import ask_partner, open_claim, take
from coalition.claims.kinds import Kind
from coalition.claims.of_partner import open_for_sale
from coalition.mailings.actions import Plan, plan_mailing
from coalition.partners.actions import open_outlet
from coalition.partners.bounds import allow
from coalition.partners.by_hand import let_by_hand
from coalition.partners.own_clients import add_own_client
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.promotions.case import Item, Receipt
from coalition.settlement.answering import send
from coalition.settlement.closing import close
from coalition.settlement.terms import set_operator
from coalition.tickets.actions import open_ticket
from coalition.transactions.models import Purchase
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.auth.sign_ins import sign_in
from tenants.permissions import EVERYTHING, OF_PARTICIPANTS, Permission
from tenants.runtime import clock, db
from tenants.staff import invite_staff, save_role
from tests.admin.world import Bank
from tests.browser.conftest import DESK, WAYS
from tests.browser.test_desk import Office, entered, look
from tests.browser.test_desk import office as office
from tests.browser.test_journey import words
from tests.browser.test_promotions import sign_and_publish
from tests.ledger.house import drain
from tests.people import hire
from tests.portal.company import FORM, admitted

pytestmark = pytest.mark.browser
JOBS = (jobs,)
SECRET = "several words of Anna"
CUP = 180_00


def window(
    browser: Browser, slug: str, size: tuple[int, int] = DESK, **more: Any
) -> tuple[BrowserContext, Page]:
    """A window in which nobody has signed in."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale={"avacha": "ru-RU", "wexley": "en-GB"}[slug],
        **more,
    )
    context.set_default_timeout(15_000)
    return context, context.new_page()


def sold(bank: Bank, reference: str, at: datetime, cups: int = 6) -> None:
    """The café's till tells of so many cups that one member bought, an hour apart."""
    coffee = Receipt((Item("latte", 1000, CUP, category="coffee"),))
    with db.transaction(bank.tenant) as session:
        told = [
            Told(f"{reference}-{cup}", bank.world.member_id, at, CUP, "Coffee on the corner", "kofe", receipt=coffee)
            for cup in range(cups)
        ]  # fmt: skip
        record(session, SYSTEM, programme_id=bank.world.programme.id, source="till", told=told)


def operated(bank: Bank) -> None:
    """The bank settles its programme."""
    with db.transaction(bank.tenant) as session:
        set_operator(session, SYSTEM, programme_id=bank.world.programme.id, participant_id=1, terms={})


def closed(bank: Bank, participant: int) -> str:
    """This month is over and closed, and the participant's statement sent; returns the month of its address."""
    with db.transaction(bank.tenant) as session:
        month = clock.business_day(the_programme(session).zone).replace(day=1)
    after = clock.now() + timedelta(days=32)
    with clock.stopped(after), db.transaction(bank.tenant) as session:
        whose: dict[str, Any] = {"programme_id": bank.world.programme.id, "month": month}
        close(session, SYSTEM, **whose)
        send(session, SYSTEM, participant_id=participant, **whose)
    return f"{month:%Y-%m}"


def applied(page: Page, office: Office) -> None:
    """The form is sent: first with a wrong INN, which says so at its field."""
    page.goto(office.at("wexley", "/partner/join"))
    for field, text in (FORM | {"brand": "Corner Coffee", "inn": "7707083894"}).items():
        if field == "category":
            page.locator("#category").select_option("cafe")
        else:
            page.locator(f"#{field}").fill(text)
    page.get_by_role("button", name="Send the application").click()
    expect(page.locator("#inn-wrong")).to_contain_text("This is no INN")
    page.locator("#inn").fill(FORM["inn"])
    page.get_by_role("button", name="Send the application").click()
    expect(page.get_by_role("status")).to_contain_text("is with the programme")


def admit(page: Page, office: Office) -> str:
    """The back office reads it and admits it; returns the link for its first person."""
    page.goto(office.at("wexley", "/desk/applications/"))
    page.get_by_role("link", name="Corner Coffee").click()
    page.locator("#code").fill("kofe")
    page.locator("#contract").fill("12/2026")
    page.locator("#fee").fill("2")
    page.get_by_role("button", name="Admit").click()
    return page.locator("#link").input_value()


def test_a_cafe_goes_from_its_application_to_its_statement(browser: Browser, office: Office) -> None:
    bank = office.banks["wexley"]
    operated(bank)
    theirs, anna = window(browser, "wexley")
    applied(anna, office)
    ours, dora = entered(browser, office, "wexley")
    link = admit(dora, office)
    anna.goto(link)
    for field in ("#password", "#password_again"):
        anna.locator(field).fill(SECRET)
    anna.get_by_role("button", name="Set the password").click()
    anna.goto(office.at("wexley", "/desk/sign-in"))
    anna.locator("#login").fill(FORM["email"])
    anna.locator("#password").fill(SECRET)
    anna.locator("form[action$='/sign-in'] button").click()
    expect(anna.get_by_role("heading", level=1)).to_contain_text("Кофейня на Невском")
    assert "No sales yet" in words(anna)

    sold(bank, "before", clock.now() - timedelta(days=1))
    anna.goto(office.at("wexley", "/desk/own/promotions/"))
    anna.get_by_role("link", name="Begin a promotion").click()
    anna.get_by_role("link", name="Every sixth coffee").click()
    anna.get_by_role("button", name="Show what it will do").click()
    expect(anna.get_by_role("region", name="What it will do")).to_contain_text("150 points")
    anna.get_by_role("button", name="Begin the draft").click()
    anna.get_by_role("button", name="Replay the last weeks").click()
    drain(bank.tenant)
    anna.get_by_role("link", name="See the forecast").click()  # comes without a press
    assert "Turnover it pays for £180 Points 150 points" in words(anna)
    anna.get_by_role("link", name="Coffee number 6").click()
    anna.get_by_role("button", name="Offer it to the programme").click()
    expect(anna.get_by_role("status").first).to_contain_text("Offered")

    dora.goto(office.at("wexley", "/desk/promotions/coffee-every-sixth"))
    sign_and_publish(dora)
    ours.close()

    sold(bank, "after", clock.now())
    anna.goto(office.at("wexley", "/desk/own/sales/"))
    rows = anna.locator("main tbody tr")
    expect(rows).to_have_count(12)
    assert [rows.nth(row).locator("td").nth(-2).inner_text() for row in range(12)].count("150") == 1
    assert "Irene" not in words(anna)
    anna.goto(office.at("wexley", "/desk/own/"))
    assert "£2,160" in words(anna)

    month = closed(bank, participant := _participant(bank))
    anna.goto(office.at("wexley", f"/desk/settlement/{month}"))
    anna.goto(office.at("wexley", f"/desk/settlement/{month}/{participant}"))
    expect(anna.get_by_role("button", name="Agree with the statement")).to_be_visible()
    assert "£43.20" in words(anna)  # two percent of the turnover
    theirs.close()


def _participant(bank: Bank) -> int:
    with db.transaction(bank.tenant) as session:
        return participants_by_code(session)["kofe"]


def furnished(bank: Bank) -> tuple[str, str, str]:
    """A café with sales, a promotion that was replayed, people and a statement.

    A secret of Mira's, the month, and the number of a member's card.
    """
    operated(bank)
    cafe = admitted(bank).partner
    owner = cafe.participant_id
    sold(bank, "before", clock.now() - timedelta(days=1))
    with db.transaction(bank.tenant) as session:
        save_role(session, SYSTEM, code="by-hand", names={"ru": "Касса", "en": "Till"}, new=True, second_factor=False,
                  permissions=[Permission.PORTAL_CARD_OPERATE])  # fmt: skip
        let_by_hand(
            session,
            SYSTEM,
            participant_id=owner,
            limits={"per_operation": 10_000_00, "per_person_day": 50_000_00},
        )
        open_outlet(
            session,
            SYSTEM,
            partner_id=cafe.id,
            code="corner",
            name={"ru": "Угол", "en": "Corner"},
            zone="UTC",
        )
        mira = invite_staff(
            session, SYSTEM, login="mira@kofe.example", name="Мира Кофе", password=SECRET,
            roles=["partner-manager", "by-hand"], participant_id=owner,
        )  # fmt: skip
        secret = sign_in(session, kind="staff", subject_id=mira.id)
        actor = Actor("staff", mira.id, OF_PARTICIPANTS, participant_id=owner)
        day = clock.now().date() + timedelta(days=3)
        news = Plan("Осень", "Каждый шестой кофе — в подарок. Ждём вас!", "notice", "met", day, 12)
        plan_mailing(session, actor, programme_id=bank.world.programme.id, plan=news)
        open_ticket(session, actor, subject="Когда придёт акт?", words="Ждём его с понедельника")
        allow(session, SYSTEM, participant_id=owner, scopes=["members:read", "purchases:write"])
        scopes, programme = ["purchases:write"], bank.world.programme.id
        add_own_client(session, actor, name="Касса 1", programme_id=programme, scopes=scopes, outlet_id=None)
        whose = (Purchase.tenant_id == bank.tenant) & (Purchase.partner_id == cafe.id)
        sales = session.scalars(select(Purchase.id).where(whose).order_by(Purchase.id.desc()).limit(2)).all()
        open_for_sale(session, actor, purchase_id=sales[0], kind=Kind.NOT_CREDITED, words="Карту не прочли")
        number = open_claim(
            session,
            SYSTEM,
            member_id=bank.world.member_id,
            kind=Kind.WRONG_AMOUNT,
            words="Мало",
            purchase_id=sales[1],
        ).number
        officer = hire(session, login="oleg", name="Олег", password=SECRET, permissions=EVERYTHING)
        oleg = Actor("staff", officer.id, EVERYTHING)
        take(session, oleg, number=number)
        ask_partner(session, oleg, number=number, words="Показывали ли карту на кассе?")
        card = number_of(session, issue_card(session, SYSTEM, member_id=bank.world.member_id))
    return secret, f"{closed(bank, owner)}/{owner}", card


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_of_the_partners_place_passes(browser: Browser, office: Office, slug: str) -> None:
    bank, wrong = office.banks[slug], {}
    secret, statement, card = furnished(bank)
    for size, scheme in WAYS[slug]:
        context, page = window(browser, slug, size, color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))

        def seen(name: str, place: str = "", page: Page = page, size: Any = size) -> None:
            if place:
                answer = page.goto(office.at(slug, place))
                assert answer is not None
                assert answer.status == 200, place
            look(page, f"portal-{name}-{slug}-{size[0]}", wrong)

        seen("join", "/partner/join")
        page.locator("main form button").click()
        seen("join-wrong")
        context.add_cookies([{"name": "staff", "value": secret, "url": office.at(slug, "/desk")}])
        if size == DESK:
            drafted(page, office, slug)
            seen("draft-waits")
            drain(bank.tenant)
        seen("home", "/desk/own/")
        seen("sales", "/desk/own/sales/")
        page.locator("main tbody a:visible").first.click()
        seen("claim-new")
        page.locator("main form button").first.click()
        seen("claim-new-wrong")
        seen("claims", "/desk/own/claims/")
        seen("claim-own", "/desk/own/claims/1")
        seen("claim-asked", "/desk/own/claims/2")
        seen("programs", "/desk/own/programs/")
        page.locator("main tbody a").first.click()
        seen("program")
        seen("program-new", "/desk/own/programs/new")
        seen("questions", "/desk/own/questions/")
        seen("question", "/desk/own/questions/1")
        seen("question-new", "/desk/own/questions/new")
        seen("promotions", "/desk/own/promotions/")
        page.locator("main tbody a").first.click()
        seen("draft")
        page.locator("#forecast a").click()
        seen("forecast")
        seen("templates", "/desk/own/templates/")
        seen("template", "/desk/own/templates/coffee-every-sixth")
        seen("outlets", "/desk/own/outlets/code/kofe")
        seen("outlet", "/desk/own/outlets/code/kofe/outlets")
        seen("outlets-import", "/desk/own/outlets-import/")
        seen("people", "/desk/own/people/")
        seen("plan", "/desk/own/plan/")
        seen("mailing", "/desk/own/plan/1/edit")
        seen("mailing-new", "/desk/own/plan/new")
        seen("reports", "/desk/own/reports/")
        seen("report-sales", "/desk/own/reports/operations")
        seen("by-hand", "/desk/own/card/")
        page.locator("#handle").fill(card)
        page.locator("main form button").first.click()
        seen("by-hand-member")
        page.locator("#amount").fill("1000")
        page.locator("main form button").first.click()
        seen("by-hand-quote")
        seen("settlement", "/desk/settlement/")
        seen("statement", f"/desk/settlement/{statement}")
        context.close()
    assert wrong == {}


def drafted(page: Page, office: Office, slug: str) -> None:
    """A draft of a template, whose replay has begun."""
    page.goto(office.at(slug, "/desk/own/templates/coffee-every-sixth"))
    page.locator("main form button").last.click()
    page.wait_for_load_state()
    if not page.locator("#forecast").count():
        page.locator("main form button").last.click()
    page.locator("#forecast form button").click()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_the_pages_of_applications_pass(browser: Browser, office: Office, slug: str) -> None:
    wrong: dict[str, Any] = {}
    stranger, form = window(browser, slug)
    form.goto(office.at(slug, "/partner/join"))
    for field, text in FORM.items():
        if field == "category":
            form.locator("#category").select_option("cafe")
        else:
            form.locator(f"#{field}").fill(text)
    form.locator("main form button").click()
    look(form, f"portal-joined-{slug}", wrong)
    stranger.close()
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        page.goto(office.at(slug, "/desk/applications/"))
        look(page, f"applications-{slug}-{size[0]}", wrong)
        page.locator("main tbody a").first.click()
        look(page, f"application-{slug}-{size[0]}", wrong)
        page.locator("main form a").click()
        look(page, f"application-decline-{slug}-{size[0]}", wrong)
        context.close()
    context, page = entered(browser, office, slug)
    page.goto(office.at(slug, "/desk/applications/1"))
    page.locator("main form button").click()
    look(page, f"application-wrong-{slug}", wrong)
    page.locator("#code").fill("kofe")
    page.locator("main form button").click()
    look(page, f"application-admitted-{slug}", wrong)
    context.close()
    assert wrong == {}
