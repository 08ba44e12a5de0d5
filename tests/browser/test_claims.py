"""A claim from the member's complaint to her answer, in browsers; every page of it can be used."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from coalition.claims.actions import ask_member, open_claim, take
from coalition.claims.attaching import attach
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim
from coalition.claims.queries import claims_of
from coalition.ledger.queries import balance_of
from coalition.papers import Brought
from coalition.reports.audit import audit
from tenants.actor import Actor
from tenants.actor import member as acting
from tenants.models import Staff
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db
from tests.admin.world import spend
from tests.browser.conftest import WAYS
from tests.browser.test_desk import Office, cabinet, entered, look, office
from tests.browser.test_journey import words

pytestmark = pytest.mark.browser
__all__ = ["office"]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.mark.parametrize("script", [True, False])
def test_a_claim_goes_from_complaint_to_answer(
    browser: Browser, office: Office, tmp_path: Path, script: bool
) -> None:
    bank = office.banks["avacha"]
    with db.transaction(bank.tenant) as session:
        before = balance_of(session, bank.world.member_id).available
    window, page = cabinet(browser, office, "avacha", java_script_enabled=script)
    page.goto(office.at("avacha", "/history"))
    page.get_by_text("Harrow Street Market").first.click()
    page.get_by_role("link", name="Оспорить").click()
    page.locator("#words").fill("За продукты пришло мало, а обещали больше")
    page.locator("#points").fill("48")
    bill = tmp_path / "чек.pdf"
    bill.write_bytes(PDF)
    page.locator("#files").set_input_files(bill)
    page.get_by_role("button", name="Отправить претензию").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Претензия П-1")
    assert "Ждёт очереди" in words(page)

    desk, at_desk = entered(browser, office, "avacha", script=script)
    at_desk.get_by_role("link", name="Претензии").click()
    at_desk.get_by_role("link", name="П-1").click()
    at_desk.get_by_role("button", name="Взять себе").click()
    assert "За продукты пришло мало, а обещали больше" in words(at_desk)
    with at_desk.expect_download() as kept:
        at_desk.get_by_role("link", name="чек.pdf").click()
    assert Path(kept.value.path()).read_bytes() == PDF
    at_desk.locator("#points").fill("48")
    at_desk.locator("details[open] button").first.click()
    assert f"{before} + 48 = {before + 48} искр" in words(at_desk)
    at_desk.locator("#reply").fill("Вы правы, начислили 48 искр")
    at_desk.get_by_role("button", name="Начислить и ответить: 48 искр").click()
    expect(at_desk.get_by_role("status")).to_contain_text("Решено")
    desk.close()

    page.reload()
    assert "Решено в вашу пользу" in words(page)
    assert "Вы правы, начислили 48 искр" in words(page)
    with page.expect_download() as kept:
        page.get_by_role("link", name="Ответ письмом").click()
    assert Path(kept.value.path()).read_bytes().startswith(b"%PDF-")
    page.goto(office.at("avacha", "/history"))
    assert "Начислено по претензии П-1" in words(page)
    window.close()
    with db.transaction(bank.tenant) as session:
        assert balance_of(session, bank.world.member_id).available == before + 48
        assert [finding for finding in audit(session) if finding.broken] == []


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_of_claims_passes(browser: Browser, office: Office, slug: str) -> None:
    bank, places = office.banks[slug], _furnish(office, slug)
    wrong: dict[str, Any] = {}
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))
        for name, place in places.items():
            page.goto(office.at(slug, place))
            look(page, f"claims-{slug}-{scheme}-{size[0]}-{name}", wrong)
        context.close()
        window, page = cabinet(browser, office, slug, size, color_scheme=scheme)
        with db.transaction(bank.tenant) as session:
            own = [f"/claims/{one.id}" for one in claims_of(session, bank.world.member_id)]
        for number, place in enumerate(["/claims", "/claims/new", *own]):
            page.goto(office.at(slug, place))
            look(page, f"claims-{slug}-{scheme}-{size[0]}-cabinet-{number}", wrong)
        window.close()
    assert wrong == {}


def test_keys_go_along_the_queue_and_take_a_claim(browser: Browser, office: Office) -> None:
    _furnish(office, "wexley")
    context, page = entered(browser, office, "wexley")
    page.goto(office.at("wexley", "/desk/claims/?show=all"))
    for key in "jjjk":  # the late one, the new one, the one that is asked about, and back
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Claim C-1")
    page.keyboard.press("t")
    expect(page.get_by_role("status")).to_contain_text("The claim is yours")
    context.close()


def _furnish(office: Office, slug: str) -> dict[str, str]:
    """Claims in some states; the pages that show them."""
    bank = office.banks[slug]
    member, today = bank.world.member_id, clock.now().date()
    spent = spend(bank, "polus")
    with db.transaction(bank.tenant) as session:
        staff = session.query(Staff).filter(Staff.login == "dora").one()
        dora, her = Actor("staff", id=staff.id, permissions=EVERYTHING), acting(member)

        def opened(kind: Kind, **more: Any) -> Claim:
            said = "The till showed a promise of points, and none have come / На кассе обещали, а не пришло"
            return open_claim(session, her, member_id=member, kind=kind, words=said, **more)

        facts = {"shop": "Calder Electricals", "day": today, "amount": 7_440_00, "points": 892}
        first = opened(Kind.NOT_CREDITED, facts=ClaimFacts.model_validate(facts))
        attach(session, her, member_id=member, claim_id=first.id, brought=[Brought("cheque.pdf", PDF)])
        second = opened(Kind.CERTIFICATE, redemption_id=spent)
        take(session, dora, number=second.number)
        ask_member(session, dora, number=second.number, words="Which till? / На какой кассе?")
        third = opened(
            Kind.LOST_ORDER,
            facts=ClaimFacts.model_validate({"shop": "Quayside Home", "day": today, "order": "77-20418"}),
        )
        take(session, dora, number=third.number)
        third.due_at = clock.now()  # late by now
    desk = "/desk/claims/"
    return {
        "queue": desk,
        "new": f"{desk}{first.number}",
        "asked": f"{desk}{second.number}",
        "late": f"{desk}{third.number}",
        "weigh": f"{desk}{third.number}/weigh?way=grant&points=540&funder=1",
        "refuse": f"{desk}{third.number}/weigh?way=refuse&reason=shop_declined",
        "wrong": f"{desk}{third.number}/weigh?way=grant&points=many&funder=1",
        "figures": f"{desk}figures/",
    }
