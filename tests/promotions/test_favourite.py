"""The category of the month: one choice stands, whoever else chooses at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident
from typing import Any

import pytest
from sqlalchemy import event

from coalition.promotions.favourite import choose_category
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.errors import Conflict
from tenants.runtime.settings import Settings
from tests.ledger.house import new_member
from tests.transactions.bank import open_bank, promotion

WAIT_SECONDS_MAX = 20


def test_who_chooses_at_the_same_time_finds_the_first_choice(live_database: Settings) -> None:
    engine = db.configure(live_database.database_url)
    categories = {"fuel": ["5541"], "food": ["5411"]}
    bank = open_bank([promotion({"kind": "category_of_month", "rate": "10", "categories": categories})])
    with db.transaction(bank.tenant) as session:
        vera = new_member(session, bank)
    asked, first = Event(), get_ident()

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if get_ident() != first and "for no key update" in statement:
            asked.set()

    def choose_too() -> None:
        with db.transaction(bank.tenant) as session:
            choose_category(session, SYSTEM, member_id=vera, category="food")

    event.listen(engine, "before_cursor_execute", look)
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(bank.tenant) as session:
            choose_category(session, SYSTEM, member_id=vera, category="fuel")
            second = pool.submit(choose_too)
            assert asked.wait(WAIT_SECONDS_MAX)
        with pytest.raises(Conflict, match="category_chosen"):
            second.result(WAIT_SECONDS_MAX)
