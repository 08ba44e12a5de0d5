"""The place of a company that has left: it says so, reads and answers as before, and begins nothing new."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from coalition.backtests.actions import start_backtest
from coalition.partners import bounds, keeping, own_clients
from coalition.partners.actions import open_outlet
from coalition.partners.importing import bring_outlets
from coalition.promotions import life
from coalition.settlement.leaving import come_back, leave
from tenants import staff as people
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict
from tests.admin.world import HOST, Bank, get, plain, post
from tests.portal.company import admitted, manager, said
from tests.portal.test_own import OWN, Two
from tests.transactions.bank import LONG_AGO

pytestmark = pytest.mark.usefixtures("house")
LEFT = datetime(2026, 11, 20, 9, tzinfo=UTC)
PLACE = {"name": {"ru": "Т", "en": "O"}, "zone": "Europe/Moscow"}
TILL = ["members:read"]
ENGLISH = {"Accept-Language": "en"}
BEGUN = (
    "outlets/code/kofe/outlets", "outlets-import/", "templates/", "templates/percent-of-purchase", "programs/new",
    "plan/new",
)  # fmt: skip


class Gone:
    """The café with an outlet, a closed one and a draft, after it has left; the browser of its manager."""

    def __init__(self, desk: Flask, bank: Bank) -> None:
        self.two = Two(bank)
        two, company = self.two, self.two.cafe.participant_id
        self.draft = two.begun(two.anna, OWN)
        with db.transaction(bank.tenant) as session:
            bounds.allow(session, SYSTEM, participant_id=company, scopes=TILL)
            self.open = open_outlet(session, two.anna, partner_id=two.cafe.id, code="kofe-1", **PLACE)
            self.closed = open_outlet(session, two.anna, partner_id=two.cafe.id, code="kofe-2", **PLACE)
            keeping.close_outlet(session, two.anna, outlet_id=self.closed.id)
        with clock.stopped(LEFT), db.transaction(bank.tenant) as session:
            leave(session, SYSTEM, participant_id=company)
        self.browser: FlaskClient = manager(desk, bank, company)

    def page(self, place: str) -> str:
        return said(self.browser.get(f"{HOST}/desk/own/{place}", headers=ENGLISH))


@pytest.fixture
def gone(desk: Flask, bank: Bank) -> Gone:
    return Gone(desk, bank)


def test_the_first_page_says_since_when_and_what_goes_on_and_the_others_lead_there(gone: Gone) -> None:
    home = gone.page("")
    assert "Your company left the coalition on 20 November 2026" in home
    assert "Members have none of the points that it gave any more" in home
    assert "agree with statements or dispute them" in home
    assert "Choose a template" not in home
    for place in (
        "sales/",
        "outlets/code/kofe",
        "promotions/",
        "programs/",
        "people/",
        "questions/",
        "claims/",
        "plan/",
        "reports/",
    ):
        page = gone.page(place)
        assert "on 20 November 2026 Members" not in page
        assert "You cannot start anything new. What you can still do" in page, place


def test_nothing_that_would_be_refused_is_offered(gone: Gone) -> None:
    assert "Open an outlet" not in gone.page("outlets/code/kofe")
    assert "Open again" not in gone.page("outlets/outlet/kofe-2")
    assert "Close" in gone.page("outlets/outlet/kofe-1")
    assert "Begin" not in gone.page("promotions/")
    assert "New program" not in gone.page("programs/")
    assert "Plan a mailing" not in gone.page("plan/")
    draft = gone.page(f"promotions/{gone.draft.id}")
    assert "Give it up" in draft
    for word in ("Offer it to the programme", "Replay the last weeks"):
        assert word not in draft


@pytest.mark.parametrize("place", BEGUN)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_that_begins_something_refuses_with_a_sentence(gone: Gone, place: str, method: str) -> None:
    answer = gone.browser.open(f"{HOST}/desk/own/{place}", method=method, headers=ENGLISH)
    if method == "POST" and place == "templates/":
        assert answer.status_code == 405
    else:
        assert (answer.status_code, "Your company has left the coalition" in said(answer)) == (409, True)


def test_nothing_new_is_begun_by_any_way(gone: Gone) -> None:
    two, own = gone.two, {"draft_id": gone.draft.id, "revision": 1}
    told: dict[str, Any] = {"programme_id": two.programme, "document": OWN}
    days = {"first_day": LONG_AGO.date(), "last_day": LONG_AGO.date()}
    acts: list[Callable[[Session], object]] = [
        lambda s: open_outlet(s, two.anna, partner_id=two.cafe.id, code="kofe-3", **PLACE),
        lambda s: bring_outlets(s, two.anna, stream=BytesIO(b""), meant=""),
        lambda s: keeping.reopen_outlet(s, two.anna, outlet_id=gone.closed.id),
        lambda s: life.begin_draft(s, two.anna, code="dinner", **told),
        lambda s: life.save_draft(s, two.anna, document=OWN, **own),
        lambda s: life.check(s, two.anna, **own),
        lambda s: start_backtest(s, two.anna, code="lunch", **told, **days),
        lambda s: own_clients.add_own_client(
            s, two.anna, name="Till", programme_id=two.programme, scopes=TILL, outlet_id=None
        ),
    ]
    for act in acts:
        two.refuses(Conflict, "company_left", act)


def test_what_is_there_is_kept_and_people_are_invited(gone: Gone) -> None:
    two, told = gone.two, {"login": "new@kofe.example", "name": "N", "roles": ["partner-reader"]}
    with db.transaction(two.tenant) as session:
        assert keeping.close_outlet(session, two.anna, outlet_id=gone.open.id)
        assert life.discard(session, two.anna, draft_id=gone.draft.id, revision=1).state == "discarded"
        people.invite_staff(session, two.anna, participant_id=two.cafe.participant_id, **told)


def test_others_begin_as_before_and_so_does_who_comes_back(gone: Gone) -> None:
    two = gone.two
    with db.transaction(two.tenant) as session:
        open_outlet(session, two.ivan, partner_id=two.trader.id, code="stand-1", **PLACE)
        come_back(session, SYSTEM, participant_id=two.cafe.participant_id)
        assert keeping.reopen_outlet(session, two.anna, outlet_id=gone.closed.id)
    assert "left the coalition" not in gone.page("")


def test_the_desk_names_what_ends_and_offers_no_leaving_that_would_be_refused(
    client: FlaskClient, bank: Bank
) -> None:
    number = admitted(bank).partner.participant_id
    page = said(get(client, f"/desk/participants/{number}"))
    assert "Partners Кофейня" in page
    asked = said(post(client, f"/desk/participants/{number}/leave"))
    assert "Partners are shown no more: Кофейня" in asked
    holder = plain(get(client, "/desk/participants/1"))
    assert "It pays for points of goodwill" in holder
    assert "Let it leave" not in holder
