"""Who does at once what can be done once: the later one is told, and nothing breaks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.partners.actions import add_partner, admit_participant, open_outlet
from coalition.partners.keeping import add_terminal
from coalition.partners.models import Partner
from coalition.reports.filters import KEPT_MOST, save_filter
from tenants.actions import open_tenant
from tenants.actor import SYSTEM, Actor
from tenants.permissions import EVERYTHING
from tenants.runtime import db
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tests.people import hire

NAME = {"ru": "Имя", "en": "Name"}
Act = Callable[[Session], Any]


@pytest.fixture
def tenant(live_database: Settings) -> int:
    with db.transaction(None) as outside:
        opened = open_tenant(outside, slug="races", hosts=[]).id
    with db.transaction(opened) as session:
        owner = admit_participant(session, SYSTEM, code="bank", name=NAME).id
        for code in ("pole", "south"):
            partner(session, code, owner)
    return opened


def partner(session: Session, code: str, owner: int) -> Partner:
    return add_partner(
        session, SYSTEM, participant_id=owner, code=code, name=NAME, about=NAME, category="books"
    )


def outlet(code: str) -> Act:
    return lambda session: open_outlet(session, SYSTEM, partner_id=1, code=code, name=NAME, zone="UTC")


def till(owner: int) -> Act:
    return lambda session: add_terminal(session, SYSTEM, partner_id=owner, mid="M1", tid="")


def raced(tenant: int, first: Act, second: Act) -> object:
    """What becomes of the second, which begins before the first is committed and waits for it."""

    def later() -> object:
        try:
            with db.transaction(tenant) as session:
                return second(session)
        except Refusal as no:
            return no.code

    with ThreadPoolExecutor(1) as pool:
        with db.transaction(tenant) as session:
            first(session)
            session.flush()
            told = pool.submit(later)
            while not (told.done() or _waits()):
                pass
        return told.result()


def _waits() -> bool:
    asked = "select exists (select from pg_locks join pg_stat_activity using (pid)"
    with db.transaction(None) as session:
        return bool(session.scalar(text(f"{asked} where not granted and datname = current_database())")))


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda session: admit_participant(session, SYSTEM, code="new", name=NAME), "participant_code_taken"),
        (lambda session: partner(session, "new", 1), "partner_code_taken"),
        (outlet("new"), "outlet_code_taken"),
    ],
    ids=["participant", "partner", "outlet"],
)
def test_of_two_who_add_one_code_the_later_is_told(tenant: int, act: Act, told: str) -> None:
    assert raced(tenant, act, act) == told


def test_of_two_who_add_one_till_the_later_is_told(tenant: int) -> None:
    assert raced(tenant, till(1), till(1)) is False


def test_a_till_that_another_partner_gets_meanwhile_is_told(tenant: int) -> None:
    assert raced(tenant, till(1), till(2)) == "terminal_taken"


def test_of_two_filters_of_one_name_the_later_is_told(tenant: int) -> None:
    with db.transaction(tenant) as session:
        person = hire(session, login="dora", name="Dora", password="a" * 16, permissions=[])
        dora = Actor("staff", person.id, EVERYTHING)

    def saved(name: str, shown: str) -> Act:
        return lambda session: save_filter(
            session, dora, list_code="cards", name=name, conditions={"show": shown}, shared=False
        )

    assert raced(tenant, saved("N", "blocked"), saved("N", "issued")) == "filter_name_taken"
    with db.transaction(tenant) as session:
        for number in range(KEPT_MOST - 2):
            saved(str(number), "issued")(session)
    assert raced(tenant, saved("M", "blocked"), saved("L", "issued")) == "filters_too_many"
