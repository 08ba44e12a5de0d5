"""Settlement's pages in a browser: they can be used by everybody, at both sizes, in either language, light and dark."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from coalition.partners.actions import add_partner, admit_participant
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.promotions.actions import publish
from coalition.settlement.answering import answer, dispute, send
from coalition.settlement.closing import close
from coalition.settlement.terms import set_operator, set_terms
from coalition.transactions.recording import Told, record
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.settings import Settings
from tests.admin.conftest import assembled
from tests.admin.test_act import HOTEL_LEGAL, OPERATOR
from tests.admin.world import Bank, furnished, signed_in
from tests.browser.conftest import WAYS
from tests.browser.test_desk import Office, entered, look
from tests.settlement.test_closing import CLOSED, HOTEL, OCTOBER, SALE
from tests.transactions.bank import LONG_AGO, promotion

pytestmark = pytest.mark.browser


@pytest.fixture
def office(live_database: Settings) -> Iterator[Office]:
    """Both banks, each with October closed for a hotel that disputes two lines, of which one is answered."""
    app, banks = assembled(guarded=True), {}
    for slug in ("avacha", "wexley"):
        with db.transaction(None) as session:
            tenant = open_tenant(session, slug=slug, hosts=[f"{slug}.localhost"]).id
        with clock.stopped(SALE):
            banks[slug] = furnished(tenant, slug)
            _settling(banks[slug])
        with clock.stopped(CLOSED):
            _disputed(banks[slug])
        signed_in(app, tenant)  # makes dora
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Office(server.server_port, banks)
    server.shutdown()
    thread.join()
    server.server_close()


def _settling(bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        programme = the_programme(session)
        told = {"programme_id": programme.id}
        hotel = admit_participant(
            session, SYSTEM, code="hotel", name={"ru": "Отель «Сопка»", "en": "The Sopka Hotel"}
        )
        add_partner(
            session, SYSTEM, participant_id=hotel.id, code="hotel", name={"ru": "О", "en": "H"},
            about={"ru": "", "en": ""}, category="travel",
        )  # fmt: skip
        document = promotion({"kind": "percent", "rate": "12"}) | {
            "conditions": {"partners": ["hotel"]}, "funding": [{"participant": "hotel", "share": 100}],
        }  # fmt: skip
        publish(session, SYSTEM, code="n6", document=document, starts_at=LONG_AGO, **told)
        vat = [{"since": "2026-01-01", "rate": "22"}]
        set_operator(session, SYSTEM, participant_id=1, terms={"vat": vat, "legal": OPERATOR}, **told)
        terms = HOTEL | {"legal": HOTEL_LEGAL, "contract": "К-118 от 14.02.2024"}
        set_terms(session, SYSTEM, participant_id=hotel.id, since=OCTOBER, terms=terms, **told)
        sales = [
            Told(
                f"sale-{number}", bank.world.member_id, SALE, 10_000_00 + number * 1_234_50, "hotel", "hotel"
            )
            for number in range(6)
        ]
        record(session, SYSTEM, source="till", told=sales, **told)


def _disputed(bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        programme = the_programme(session)
        [one] = close(session, SYSTEM, programme_id=programme.id, month=OCTOBER)
        whose = {"programme_id": programme.id, "month": OCTOBER, "participant_id": one.participant_id}
        send(session, SYSTEM, **whose)
        dispute(session, SYSTEM, side=1, place=2, minor=1500_00, words="1.5 % by our contract", **whose)
        dispute(session, SYSTEM, side=2, place=4, minor=80_000_00, words="We count another sale", **whose)
        answer(session, SYSTEM, number=1, accept=False, words="The rate is 2 % since October", **whose)


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_of_settlement_can_be_used(office: Office, browser: Browser, slug: str) -> None:
    wrong: dict[str, Any] = {}
    with db.transaction(office.banks[slug].tenant) as session:
        hotel = participants_by_code(session)["hotel"]
    statement, way = f"/desk/settlement/2026-10/{hotel}", f"/desk/statements/2026-10/{hotel}"
    places = {
        "index": "/desk/settlement/", "month": "/desk/settlement/2026-10", "statement": statement,
        "rows": f"{statement}/turnover", "object": f"{way}/lines/1/1", "answer": f"{way}/objections/2",
        "paid": "/desk/settlement-payments/", "liability": "/desk/liability/?day=2026-10-31",
    }  # fmt: skip
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        for name, place in places.items():
            answered = page.goto(office.at(slug, place))
            assert answered is not None
            assert answered.status == 200, place
            look(page, f"settlement-{name}-{slug}-{size[0]}", wrong)
        context.close()
    assert wrong == {}
