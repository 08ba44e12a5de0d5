"""What is given beside points, in a browser: a promo code, a coupon, a draw with its proof, a friend, a deposit."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.members.referring import code_of as friends_code
from coalition.promotions.actions import publish
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.admin.test_benefits import code_of, grant
from tests.admin.world import Bank
from tests.browser.conftest import DESK, NARROW, WAYS
from tests.browser.test_desk import Office, cabinet, entered, look
from tests.browser.test_desk import office as office
from tests.browser.test_journey import shot, words
from tests.browser.test_promotions import colleague, sign_and_publish
from tests.cabinet.test_codes import FLYER, FRIENDS, offer
from tests.cabinet.world import LONG_AGO
from tests.transactions.bank import promotion

pytestmark = pytest.mark.browser
PLACES = [
    "/desk/benefits/",
    "/desk/benefits/new",
    "/desk/benefits/1",
    "/desk/benefits/1/retire",
    "/desk/benefits/use",
    "/desk/benefits/use?code=0000-0000-0000",
    "/desk/draws/",
    "/desk/draws/new",
    "/desk/draws/code/winter",
    "/desk/codes/",
    "/desk/deposits/",
    "/desk/deposits/new",
    "/desk/deposits/1",
]
CABINET = ["/benefits", "/friends", "/promo-code", "/offers"]


def test_a_promo_code_goes_from_its_promotion_to_the_member(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "wexley")
    page.goto(office.at("wexley", "/desk/templates/coffee-flyer"))
    page.get_by_label("Promo code").fill("COFFEE")
    page.get_by_label("Title for members in English").fill("From the cup")
    page.get_by_label("Title for members in Russian").fill("Со стакана")
    page.get_by_role("button", name="Begin the draft").click()
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("button", name="Check and send to be signed").click()
    other, theirs = colleague(browser, office)
    theirs.goto(office.at("wexley", "/desk/promotions/coffee-flyer"))
    sign_and_publish(theirs)
    other.close()
    context.close()

    phone, member = cabinet(browser, office, "wexley")
    member.goto(office.at("wexley", "/promo-code"))
    member.get_by_label("The code from the flyer").fill("tea")
    member.get_by_role("button", name="Use the code").click()
    expect(member.get_by_role("alert")).to_be_focused()
    assert "There is no such code now" in words(member)
    member.get_by_label("The code from the flyer").fill("cof fee")
    member.get_by_role("button", name="Use the code").click()
    expect(member.get_by_role("status")).to_contain_text("It counts from now on")
    phone.close()


def test_a_clerk_uses_a_coupon_once(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "avacha")
    added(page, office, "drink", "coupon", "Напиток", "A drink")
    grant(office.banks["avacha"], "drink")
    phone, member = cabinet(browser, office, "avacha")
    member.goto(office.at("avacha", "/benefits"))
    code = member.locator(".code-box").inner_text()
    page.get_by_role("link", name="Принять код").click()
    page.get_by_label("Код, который показывает участник").fill(code.lower())
    page.get_by_role("button", name="Посмотреть, что это").click()
    expect(page.get_by_role("heading", name="Напиток")).to_be_visible()
    page.get_by_role("button", name="Использовать один раз").click()
    expect(page.get_by_role("status")).to_contain_text("Напиток, использовано: 1")
    member.reload()
    assert "Использованные и истёкшие Напиток Использовано" in words(member)
    phone.close()
    context.close()


def test_a_draw_is_run_and_its_proof_is_read_by_the_member(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "avacha")
    closes = promised(page, office, "avacha")
    phone, member = cabinet(browser, office, "avacha")
    member.goto(office.at("avacha", "/benefits"))
    member.get_by_text("Почему розыгрыш честный").click()
    digest = member.locator(".digest").inner_text()
    with clock.stopped(closes + timedelta(minutes=1)):
        page.goto(office.at("avacha", "/desk/draws/code/winter"))
        page.get_by_role("button", name="Разыграть призы").click()
        expect(page.get_by_text("победители те же")).to_be_visible()
        seed = page.locator(".digest").nth(1).inner_text()
        member.reload()
        assert "Ваш выигрыш: Поездка" in words(member)
        member.get_by_text("Почему розыгрыш честный").click()
        assert "Зерно опубликовано" in words(member)
        assert member.locator(".digest").nth(0).inner_text() == digest
        assert member.locator(".digest").nth(1).inner_text() == seed
        shot(member, "benefits-drawn")
    phone.close()
    context.close()


def test_a_friend_is_named_and_told_at_the_desk(browser: Browser, office: Office) -> None:
    bank = office.banks["avacha"]
    code = friend_of(bank)
    phone, member = cabinet(browser, office, "avacha", member_id=newcomer(bank))
    member.goto(office.at("avacha", f"/i/{code}"))
    member.get_by_role("button", name="Назвать код").click()
    expect(member.get_by_role("status")).to_be_visible()
    phone.close()
    context, page = entered(browser, office, "avacha")
    page.goto(office.at("avacha", "/desk/codes/"))
    expect(page.get_by_role("region", name="Приведённые друзья")).to_contain_text("Новичок Ольга")
    context.close()


def test_a_deposit_is_opened_and_paid_into(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "avacha")
    page.get_by_role("link", name="Депозиты").click()
    page.get_by_role("link", name="Открыть депозит").click()
    page.get_by_label("Сумма").fill("0")
    page.get_by_role("button", name="Открыть депозит с этой суммой").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Сумма").fill("1 000")
    page.get_by_role("button", name="Открыть депозит с этой суммой").click()
    expect(page.get_by_role("status")).to_contain_text("Внесено: 1 000 ₽")
    page.get_by_label("Сумма").fill("500,50")
    page.get_by_role("button", name="Пополнить депозит").click()
    expect(page.get_by_role("status")).to_contain_text("Внесено: 500,50 ₽")
    assert "Внесено 1 500,50 ₽" in words(page)
    context.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_passes(browser: Browser, office: Office, slug: str) -> None:
    bank, wrong = office.banks[slug], dict[str, Any]()
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))
        if size == DESK:
            furnish(page, office, slug)
        for place in [*PLACES, f"/desk/benefits/use?code={code_of(bank)}"]:
            page.goto(office.at(slug, place))
            look(page, named(slug, scheme, size, place), wrong)
        for place in ("/desk/benefits/new", "/desk/draws/new"):  # refused
            page.goto(office.at(slug, place))
            page.locator("main form button").first.click()
            look(page, named(slug, scheme, size, place + "-wrong"), wrong)
        context.close()
    for size, scheme in ((DESK, "dark"), (NARROW, "light")):
        context, page = cabinet(browser, office, slug, size, color_scheme=scheme)
        for place in CABINET:
            page.goto(office.at(slug, place))
            for details in page.locator("main summary").all():
                details.click()
            look(page, named(slug, scheme, size, place), wrong)
        context.close()
    assert wrong == {}


def named(slug: str, scheme: str, size: tuple[int, int], place: str) -> str:
    """What the picture of a page is called."""
    told = place.split("?code=0")[0].split("=")[0].removeprefix("/desk").replace("/", "-").replace("?", "-")
    return f"benefits-{slug}-{scheme}-{size[0]}{told}"


def furnish(page: Page, office: Office, slug: str) -> None:
    """A coupon, units with an exchange, a draw and tickets for another, a code, friends, a category, a deposit."""
    bank = office.banks[slug]
    added(page, office, "drink", "coupon", "Напиток", "A drink")
    added(page, office, "hello", "units", "Приветы", "Greetings")
    promised(page, office, slug)
    added(page, office, "spring", "ticket", "Билет весны", "A spring ticket")
    for code in ("drink", "hello"):
        grant(bank, code)
    favourite = {
        "kind": "category_of_month",
        "categories": {"groceries": ["5411"], "fuel": ["5541"]},
        "rate": "5",
    }
    with db.transaction(bank.tenant) as session:
        for code, document in {
            "swap": promotion(
                {"kind": "fixed", "points": "50"},
                trigger={"kind": "exchange", "units": "hello", "quantity": 1},
            ),
            "favourite": promotion(favourite, title={"ru": "Любимое", "en": "Favourite"}),
        }.items():
            publish(
                session, SYSTEM, programme_id=bank.world.programme.id, code=code, document=document,
                starts_at=LONG_AGO,
            )  # fmt: skip
        offer(session, bank.world, FLYER)
    friend_of(bank)
    page.goto(office.at(slug, "/desk/deposits/new"))
    page.locator("#amount").fill("1000")
    page.locator("main form button").first.click()


def added(page: Page, office: Office, code: str, kind: str, ru: str, en: str) -> None:
    """A benefit by the form of the desk."""
    page.goto(page.url.split("/desk")[0] + "/desk/benefits/new")
    page.locator("#kind").select_option(kind)
    for field, text in (("name_ru", ru), ("name_en", en), ("code", code)):
        page.locator(f"#{field}").fill(text)
    page.locator("main form button").first.click()
    expect(page.get_by_role("status")).to_be_visible()


def promised(page: Page, office: Office, slug: str) -> datetime:
    """A draw by the form of the desk, with a ticket of the member's; returns when it closes."""
    bank = office.banks[slug]
    added(page, office, "ticket", "ticket", "Билет", "A ticket")
    grant(bank, "ticket")
    closes = (clock.now() + timedelta(minutes=10)).astimezone(clock.zone(bank.world.programme.zone))
    page.goto(office.at(slug, "/desk/draws/new"))
    for field, text in {
        "name_ru": "Зимний розыгрыш", "name_en": "The winter draw", "closes_at": f"{closes:%Y-%m-%dT%H:%M}",
        "ru_1": "Поездка", "en_1": "A trip", "prize_1": "trip", "count_1": "1", "code": "winter",
    }.items():  # fmt: skip
        page.locator(f"#{field}").fill(text)
    page.locator("main form button").first.click()
    expect(page.get_by_role("status")).to_be_visible()
    return closes


def friend_of(bank: Bank) -> str:
    """A promotion for friends, and the code of the bank's member."""
    with db.transaction(bank.tenant) as session:
        offer(session, bank.world, FRIENDS)
        return friends_code(session, bank.world.member_id)


def newcomer(bank: Bank) -> UUID:
    """Somebody who has just joined."""
    person = Person("Новичок Ольга", phone="+79140000222")
    with db.transaction(bank.tenant) as session:
        return enrol(session, SYSTEM, programme_id=bank.world.programme.id, person=person).id
