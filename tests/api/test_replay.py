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


def expected(path: Path, way: int) -> dict[str, int]:
    """Points of each customer, from the file alone: 5 % of what is left of each invoice, rounded down.

    A line of a credit note undoes the latest invoice of the last half year that has so much of its article and money
    left, or better one that has just its money left. Of equals in the same minute it is the first in the file, or with
    the `way` -1 the last: there the file does not say, and in all of it one customer has one unit more or less by that.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    receipts: dict[str, dict[str, Any]] = {}
    with opened(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["CustomerID"]:
                one = receipts.setdefault(
                    f"{row['InvoiceNo']} {row['CustomerID']}",
                    {"who": row["CustomerID"], "at": datetime.fromisoformat(row["InvoiceDate"]), "lines": []},
                )
                quantity = abs(int(row["Quantity"]))
                price = round(float(row["UnitPrice"]) * 1000) // 10
                one["lines"].append((row["StockCode"], quantity, quantity * price))
    sales, backs = defaultdict(list), defaultdict(list)
    for name, one in receipts.items():
        if name.startswith("C"):
            backs[one["who"]] += [(one["at"], line) for line in one["lines"] if line[2]]
            continue
        goods: dict[str, int] = defaultdict(int)
        for article, quantity, _ in one["lines"]:
            goods[article] += quantity
        if left := sum(money for *_, money in one["lines"]):
            sales[one["who"]].append({"at": one["at"], "left": left, "goods": goods})
    for who, brought in backs.items():
        for at, (article, quantity, money) in sorted(brought, key=lambda one: one[0]):
            fits = [
                one
                for one in sales[who]
                if at - WINDOW <= one["at"] <= at
                and one["left"] >= money
                and one["goods"][article] >= quantity
            ]
            if fits:
                best = max(fits[::way], key=lambda one: (one["left"] == money, one["at"]))
                best["left"] -= money
                best["goods"][article] -= quantity
    return {who: sum(one["left"] * 5 // 100 for one in sold) for who, sold in sales.items()}


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
        sums = [expected(path, way) for way in (1, -1)]
        found = balances(shop, sorted(sums[0]))
        assert {who: has for who, has in found.items() if has not in (sums[0][who], sums[1][who])} == {}
        before = state(shop)
        again = replayed(path, url)
    assert [again[name] for name in ("sales", "returns", "points")] == [
        first[name] for name in ("sales", "returns", "points")
    ]
    assert state(shop) == before
    with db.transaction(shop.tenant) as session:
        assert [rule for rule in audit(session) if rule.broken] == []
    print(first, again)
