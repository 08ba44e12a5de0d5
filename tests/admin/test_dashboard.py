"""The first page's figures: told to whom they are for, equal to what the ledger has, and never another bank's."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from coalition.promotions.budgets import release, set_budget
from coalition.promotions.models import Promotion
from coalition.reports.counting import count_figures
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.world import Bank, get, one_line, plain, signed_in
from tests.ledger.house import House
from tests.transactions.bank import load_bytes


def counted(bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        count_figures(session)


def figures_of(client: FlaskClient) -> str:
    """The section of the page that tells of points."""
    return plain(get(client, "/desk/")).split('id="figures-title"')[1].split("</section>")[0]


def test_figures_are_told_when_they_were_counted(client: FlaskClient, bank: Bank) -> None:
    assert "Not counted yet. The first figures come within five minutes" in plain(get(client, "/desk/"))
    counted(bank)
    before = figures_of(client)
    load_bytes(House(bank.tenant, bank.world.programme.id, (1, 1)), one_line())
    assert figures_of(client) == before
    with clock.stopped(clock.now() + timedelta(minutes=5)):
        counted(bank)
    assert figures_of(client) != before
    assert "The chart as a table" in plain(get(client, "/desk/?days=91"))
    assert "Баллы программы" in plain(get(client, "/desk/", "ru"))


def test_the_page_reads_no_transfer(client: FlaskClient, bank: Bank) -> None:
    counted(bank)
    said: list[str] = []
    engine = db.configured()

    def hear(_c: object, _u: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        assert get(client, "/desk/").status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    assert [one for one in said if "points_day" in one]
    assert [
        one for one in said if "FROM transfer" in one or "FROM purchase " in one or "FROM balance" in one
    ] == []


@pytest.mark.parametrize(
    ("permission", "told"),
    [
        (Permission.DESK_FIGURE_READ, ["Points of the programme"]),
        (Permission.DESK_PROMOTION_READ, ["Budgets of promotions"]),
        (Permission.DESK_FILE_READ, []),
    ],
)
def test_each_sees_what_she_may(desk: Flask, bank: Bank, permission: Permission, told: list[str]) -> None:
    with db.transaction(bank.tenant) as session:
        set_budget(session, session.scalars(select(Promotion).order_by(Promotion.id)).first(), 1000)
    counted(bank)
    page = plain(get(signed_in(desk, bank.tenant, [permission]), "/desk/"))
    every = ["Points of the programme", "Budgets of promotions"]
    assert [one for one in every if one in page] == told


def test_a_budget_says_when_it_is_used_up(client: FlaskClient, bank: Bank, desk: Flask) -> None:
    with db.transaction(bank.tenant) as session:
        promotion = session.scalars(select(Promotion).order_by(Promotion.id)).first()
        assert promotion is not None
        set_budget(session, promotion, 1000)
        number = promotion.id
    counted(bank)
    assert "known from tomorrow on" in plain(get(client, "/desk/"))
    with db.transaction(bank.tenant) as session:
        release(session, number, -60)  # what a purchase takes
    with clock.stopped(clock.now() + timedelta(days=3)):
        counted(bank)
        page = plain(get(signed_in(desk, bank.tenant, login="eva"), "/desk/"))
    assert ">6%<" in page
    assert "known from tomorrow on" not in page
