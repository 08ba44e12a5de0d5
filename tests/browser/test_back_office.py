"""The back office's own pages in a browser: everybody can use them, light and dark, both languages, both sizes."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from coalition.partners.actions import open_outlet
from coalition.partners.bounds import set_limit
from coalition.partners.clients import add_client, set_keys
from coalition.partners.keeping import add_terminal
from coalition.partners.queries import partner_by_code
from coalition.redemption.queries import reward_of_any_state
from coalition.tickets.actions import open_ticket
from tenants.actor import SYSTEM, Actor
from tenants.permissions import OF_PARTICIPANTS
from tenants.runtime import db
from tenants.staff import invite_staff
from tests.browser.conftest import NARROW, WAYS
from tests.browser.test_desk import Office, entered, look, office  # noqa: F401

pytestmark = pytest.mark.browser
PLACES = [
    "/desk/",
    "/desk/funds/",
    "/desk/funds/1",
    "/desk/rewards/",
    "/desk/rewards/polus",
    "/desk/rewards/cashback",
    "/desk/certificates/polus",
    "/desk/partners/",
    "/desk/partners/new",
    "/desk/partners/code/calder",
    "/desk/partners/code/calder/outlets",
    "/desk/partners/outlet/one",
    "/desk/partners/import/",
    "/desk/programme/",
    "/desk/clients/",
    "/desk/clients/new",
    "/desk/clients/allowed/1",
    "/desk/mailings/",
    "/desk/mailings/calendar",
    "/desk/questions/",
    "/desk/questions/1",
    "/desk/new-members/",
]

KEY = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'

OUTLETS = """partner,outlet,name_ru,name_en,zone,region,brand,franchise,mid,tid
calder,one,Один на углу,,,east,,,,
calder,two,Два,Two,Asia/Tokyo,,,,700123,00000017
nobody,three,Три,Three,Asia/Tokyo,,,,,
""".encode()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_of_the_back_office_passes(browser: Browser, office: Office, slug: str) -> None:  # noqa: F811
    with db.transaction(office.banks[slug].tenant) as session:
        reward_of_any_state(session, "polus").alert_below = 9
        calder = partner_by_code(session, "calder").id
        open_outlet(
            session, SYSTEM, partner_id=calder, code="one", name={"ru": "Один", "en": "One"}, zone="UTC"
        )
        add_terminal(session, SYSTEM, partner_id=calder, mid="700123", tid="")
        program = add_client(
            session, SYSTEM, name="Till", programme_id=1, participant_id=1, scopes=["members:read"]
        )[0].id
        set_keys(session, SYSTEM, client_id=program, written=KEY)
        set_limit(session, SYSTEM, client_id=program, requests=1200)
        anna = invite_staff(
            session, SYSTEM, login="anna@shop", name="Anna", password="a long password", participant_id=1,
            roles=["partner-manager"],
        )  # fmt: skip
        asker = Actor("staff", anna.id, OF_PARTICIPANTS, participant_id=1)
        open_ticket(session, asker, subject="When is the act?", words="We wait for it")
    wrong: dict[str, Any] = {}
    for size, scheme in (*WAYS[slug], (NARROW, "light")):
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))
        for place in PLACES:
            page.goto(office.at(slug, place))
            look(page, f"office-{slug}-{scheme}-{size[0]}{place.replace('/', '-')}", wrong)
        page.goto(office.at(slug, "/desk/certificates/polus"))
        text = b"code\nQQQQ-0001\nno code here\n"
        page.locator("#file").set_input_files({"name": "c.csv", "mimeType": "text/csv", "buffer": text})
        page.locator("#valid_to").fill("2099-12-31")
        with page.expect_navigation():
            page.locator("main form button").click()
        look(page, f"office-{slug}-{scheme}-{size[0]}-brought", wrong)
        page.goto(office.at(slug, "/desk/partners/import/"))
        page.locator("#file").set_input_files({"name": "o.csv", "mimeType": "text/csv", "buffer": OUTLETS})
        with page.expect_navigation():
            page.locator("main form button").click()
        look(page, f"office-{slug}-{scheme}-{size[0]}-outlets", wrong)
        page.goto(office.at(slug, "/desk/programme/"))
        page.locator("#return_wait_days").fill("9")
        with page.expect_navigation():
            page.locator("main form button").click()
        look(page, f"office-{slug}-{scheme}-{size[0]}-terms", wrong)
        page.goto(office.at(slug, f"/desk/clients/{program}"))
        look(page, f"office-{slug}-{scheme}-{size[0]}-client", wrong)
        context.close()
    assert wrong == {}
