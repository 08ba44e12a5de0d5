"""A shop's real receipts through tills and a running server: every one answered, and every balance as its file says."""

import csv
import gzip
import json
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from admin.cli import till as till_command
from coalition.members.queries import handle_of
from coalition.partners.actions import add_partner
from coalition.promotions.actions import publish
from coalition.reports.audit import audit
from coalition.transactions.sales import key_of
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.api.served import served
from tests.ledger.house import House, open_house
from tests.transactions.bank import LONG_AGO, promotion

FILE = Path(__file__).parents[1] / "backtests" / "data" / "online-retail.csv.gz"
WINDOW = timedelta(days=180)


@pytest.fixture
def shop(live_database: Settings) -> House:
    """A retailer whose customers get 5 % of every receipt."""
    with db.transaction(None) as session:
        open_tenant(session, slug="gifts", hosts=["gifts.localhost"])
        house = open_house(session, currency="GBP", zone="Europe/London", scale=2)
        add_partner(
            session, SYSTEM, participant_id=house.funders[1], code="gifts", name={"ru": "g", "en": "g"},
            about={"ru": "", "en": ""}, category="gifts",
        )  # fmt: skip
        document = promotion({"kind": "percent", "rate": "5"})
        publish(
            session, SYSTEM, programme_id=house.programme, code="five", document=document, starts_at=LONG_AGO
        )
    return house


def until(day: str, folder: Path) -> Path:
    """The lines of invoices before the day, as a file of their own."""
    path = folder / "receipts.csv"
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as whole, path.open("w", newline="") as part:
        rows = csv.DictReader(whole)
        written = csv.DictWriter(part, rows.fieldnames or ())
        written.writeheader()
        written.writerows(row for row in rows if row["InvoiceDate"] < day)
    return path


def expected(path: Path, source: str) -> dict[str, int]:
    """Points of each customer, from the file alone: 5 % of what is left of each invoice, rounded down.

    A line of a credit note undoes the latest invoice of the last half year that has so much of its article and money
    left, or better one that has just its money left. Of what is of one minute the file does not say which is first: by
    their keys it goes then.
    """
    sales, backs = defaultdict(list), defaultdict(list)
    for (invoice, who), lines in receipts(path).items():
        at = datetime.fromisoformat(lines[0]["InvoiceDate"])
        told = [_line(row) for row in lines]
        if invoice.startswith("C"):
            for number, line in enumerate(told):
                backs[who].append((at, key_of(source, f"{invoice}-{number}", refund=True), line))
            continue
        goods: dict[str, int] = defaultdict(int)
        for article, quantity, _ in told:
            goods[article] += quantity
        left = sum(money for *_, money in told)
        sales[who].append({"at": at, "key": key_of(source, invoice), "left": left, "goods": goods})
    for who, brought in backs.items():
        for at, _, (article, quantity, money) in sorted(brought):
            fits = [
                one
                for one in sales[who]
                if at - WINDOW <= one["at"] <= at
                and one["left"] >= money > 0
                and one["goods"][article] >= quantity
            ]
            if fits:
                best = max(fits, key=lambda one: (one["left"] == money, one["at"], one["key"]))
                best["left"] -= money
                best["goods"][article] -= quantity
    return {who: sum(one["left"] * 5 // 100 for one in sold) for who, sold in sales.items()}


def receipts(path: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The lines of each receipt with a customer, by its number and hers."""
    opened = gzip.open if path.suffix == ".gz" else open
    found: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with opened(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["CustomerID"]:
                found[row["InvoiceNo"], row["CustomerID"]].append(row)
    return found


def _line(row: dict[str, str]) -> tuple[str, int, int]:
    quantity = abs(int(row["Quantity"]))
    return row["StockCode"], quantity, quantity * (round(float(row["UnitPrice"]) * 1000) // 10)


def replayed(path: Path, url: str) -> dict[str, Any]:
    arguments = [
        "--tenant",
        "gifts",
        "--participant",
        "shop",
        "--partner",
        "gifts",
        "--tills",
        "8",
        "--url",
        f"{url}/v1",
        "--json",
        str(path),
    ]
    told = CliRunner().invoke(till_command.replay, arguments, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def state(house: House) -> dict[str, list[Any]]:
    tables = ("balance", "lot", "transfer", "purchase", "purchase_return", "counter_sheet", "kept_answer")
    with db.transaction(house.tenant) as session:
        return {
            table: [tuple(row) for row in session.execute(text(f"select * from {table} order by 1, 2, 3, 4"))]
            for table in tables
        }


def till_of(house: House) -> str:
    """The client as which the receipts are told."""
    with db.transaction(house.tenant) as session:
        return str(session.execute(text("select id from api_client")).scalar_one())


def balances(house: House, customers: list[str]) -> dict[str, int]:
    """What each customer has, by the number that is her card; nobody else has anything."""
    with db.transaction(house.tenant) as session:
        rows = session.execute(text("select member_id, available - debt from balance"))
        has = {member: int(points) for member, points in rows if points}
        found = {who: has.pop(handle_of(session, who).member_id, 0) for who in customers}
    assert has == {}
    return found


@pytest.mark.slow
def test_every_receipt_of_three_days_is_answered_and_its_balances_are_those_of_the_file(
    shop: House, live_database: Settings, tmp_path: Path
) -> None:
    check(shop, live_database, until("2010-12-04", tmp_path))


def check(shop: House, chosen: Settings, path: Path) -> None:
    with served(chosen, workers=2) as url:
        first = replayed(path, url)
        assert first["refused"] == {}
        wanted = expected(path, till_of(shop))
        found = balances(shop, sorted(wanted))
        assert {who: has for who, has in found.items() if has != wanted[who]} == {}
        before = state(shop)
        again = replayed(path, url)
    assert [again[name] for name in ("sales", "returns", "points")] == [
        first[name] for name in ("sales", "returns", "points")
    ]
    assert state(shop) == before
    with db.transaction(shop.tenant) as session:
        assert [rule for rule in audit(session) if rule.broken] == []
    print(first, again)
