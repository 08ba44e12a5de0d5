"""Receipts of a shop's own records as the API wants them: invoices are sales, credit notes are returns.

A file is CSV, gzipped or not, one line for each line of a receipt, with the columns InvoiceNo, StockCode, Description,
Quantity, InvoiceDate, UnitPrice and CustomerID. An invoice whose number begins with C is a credit note.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

COLUMNS = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
NOTE = "C"


class Asked(NamedTuple):
    """A request of a till: where it goes, and with what."""

    path: str
    body: dict[str, Any]


@dataclass
class Read:
    """What a file holds: the requests of each customer in the order of their time, and what is none."""

    lines: int = 0
    anonymous: int = 0  # lines of receipts without a customer
    free: int = 0  # receipts that nothing was paid for
    customers: dict[str, list[Asked]] = field(default_factory=dict)


def read(path: Path, zone: str, partner: str | None = None) -> Read:
    """A file's receipts, of this partner's shop; ValueError says what it lacks. Times are those of the zone."""
    found, place = Read(), {"partner": partner} if partner else {}
    receipts: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in _rows(path):
        found.lines += 1
        if row["CustomerID"]:
            receipts.setdefault((row["InvoiceNo"], row["CustomerID"]), []).append(row)
        else:
            found.anonymous += 1
    for (invoice, customer), rows in sorted(receipts.items(), key=lambda one: one[1][0]["InvoiceDate"]):
        asked = list(
            _returns(invoice, customer, rows, zone)
            if invoice.startswith(NOTE)
            else _sale(invoice, customer, rows, zone)
        )
        found.free += not asked
        if asked:
            told = [one._replace(body=one.body | place) for one in asked]
            found.customers.setdefault(customer, []).extend(told)
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"there is no column {', '.join(missing)}")
        yield from reader


def _sale(invoice: str, customer: str, rows: Iterable[dict[str, str]], zone: str) -> Iterator[Asked]:
    lines = [_line(row) for row in rows]
    amount = sum(line["amount"] for line in lines)
    if amount:
        body = _body(customer, invoice, _moment(rows, zone), lines)
        yield Asked("/purchases", body | {"payments": [{"type": "card", "amount": amount}]})


def _returns(invoice: str, customer: str, rows: Iterable[dict[str, str]], zone: str) -> Iterator[Asked]:
    """Each line by itself: a credit note can be about several invoices, and says of none."""
    at = _moment(rows, zone)
    for number, row in enumerate(rows):
        line = _line(row)
        if line["amount"]:
            yield Asked("/returns", _body(customer, f"{invoice}-{number}", at, [line]))


def _body(customer: str, reference: str, at: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "member": {"handle": customer},
        "reference": reference,
        "occurred_at": at,
        "amount": sum(line["amount"] for line in lines),
        "lines": lines,
    }


def _line(row: dict[str, str]) -> dict[str, Any]:
    quantity = abs(int(row["Quantity"]))
    amount = quantity * int(Decimal(row["UnitPrice"]) * 100)
    return {"sku": row["StockCode"], "quantity": quantity, "amount": amount}


def _moment(rows: Iterable[dict[str, str]], zone: str) -> str:
    at = datetime.fromisoformat(next(iter(rows))["InvoiceDate"])
    return at.replace(tzinfo=ZoneInfo(zone)).isoformat()
