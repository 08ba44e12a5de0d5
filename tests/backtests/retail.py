"""A gift shop's real invoices and credit notes as what its till would have told."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from coalition.promotions.case import Item, Outlet, Receipt
from coalition.transactions.recording import Told

FILE = Path(__file__).parent / "data" / "online-retail.csv.gz"
OUTLET = Outlet("web", "gb", "gifts", "", "Europe/London")
SERVICES = {"POST", "D", "M", "C2", "DOT", "BANK CHARGES", "CRUK", "PADS"}


def rows(until: str = "2011-07") -> Iterator[dict[str, str]]:
    """Lines of members' invoices, in the file's order, before the month."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["CustomerID"] and row["InvoiceDate"] < until:
                yield row


def customers(until: str = "2011-07") -> list[str]:
    return sorted({row["CustomerID"] for row in rows(until)})


def told(members: dict[str, UUID], until: str = "2011-07") -> list[Told]:
    """Every invoice as a sale with its goods, every line of a credit note as a return; sums of nothing are left out."""
    invoices: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows(until):
        invoices.setdefault((row["InvoiceNo"], row["CustomerID"]), []).append(row)
    found: list[Told] = []
    for (invoice, customer), lines in invoices.items():
        at = datetime.fromisoformat(lines[0]["InvoiceDate"]).replace(tzinfo=UTC)
        items = [_item(row) for row in lines]
        common = Told(invoice, members[customer], at, 0, "Gift shop", partner="gifts")
        if invoice.startswith("C"):
            found += [
                replace(
                    common,
                    reference=f"{invoice}-{number}",
                    amount=item.amount,
                    receipt=Receipt((item,)),
                    refund=True,
                )
                for number, item in enumerate(items)
                if item.amount > 0
            ]
        elif (amount := sum(item.amount for item in items)) > 0:
            receipt = Receipt(tuple(items), (("card", amount),), "web", OUTLET)
            found.append(replace(common, amount=amount, receipt=receipt))
    return found


def _item(row: dict[str, str]) -> Item:
    quantity, price = abs(int(row["Quantity"])), int(Decimal(row["UnitPrice"]) * 100)
    description = row["Description"]
    category = (
        "service" if row["StockCode"] in SERVICES else "bags" if "BAG" in description.split() else "gifts"
    )
    return Item(row["StockCode"], quantity * 1000, quantity * price, category=category)
