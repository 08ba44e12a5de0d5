"""A bank's statement of an account, ISO 20022 `camt.053`: its entries, as far as payments are known by them. Pure.

Any version of the message is read: elements are found by their names, in whatever version's namespace.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tenants.runtime.errors import Refusal

BYTES_MOST = 32 << 20


@dataclass(frozen=True)
class Entry:
    """A payment on the account: `id` is the bank's own, `credit` says that money came; amount as it is written."""

    id: str
    end_to_end: str
    amount: Decimal
    currency: str
    credit: bool
    booked: bool
    reversal: bool
    day: date


def entries(content: bytes) -> list[Entry]:
    """All payments of all statements in the file; Refusal("camt_unclear", why=...) for what is no such file."""
    if len(content) > BYTES_MOST:
        raise Refusal("camt_unclear", why="it is too large")
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise Refusal("camt_unclear", why="it is no XML") from None
    top = _child(root, "BkToCstmrStmt")
    if _name(root) != "Document" or top is None:
        raise Refusal("camt_unclear", why="it is no camt.053")
    try:
        return [one for statement in _children(top, "Stmt") for one in _of(statement)]
    except (InvalidOperation, ValueError):
        raise Refusal("camt_unclear", why="an entry lacks its amount or its day") from None


def _of(statement: Element) -> Iterator[Entry]:
    number = _text(statement, "Id")
    for place, entry in enumerate(_children(statement, "Ntry"), 1):
        own = _text(entry, "AcctSvcrRef") or f"{number}/{_text(entry, 'NtryRef') or place}"
        details = [tx for one in _children(entry, "NtryDtls") for tx in _children(one, "TxDtls")]
        for part, tx in enumerate(details or [entry], 1):
            amount = _amount(tx, entry, alone=len(details) <= 1)
            yield Entry(
                id=f"{own}/{part}" if len(details) > 1 else own,
                end_to_end=_text(tx, "Refs", "EndToEndId"),
                amount=_sum(amount.text or ""),
                currency=amount.get("Ccy", ""),
                credit=(_text(tx, "CdtDbtInd") or _text(entry, "CdtDbtInd")) == "CRDT",
                booked=(_text(entry, "Sts", "Cd") or _text(entry, "Sts")) == "BOOK",
                reversal=_text(entry, "RvslInd") in ("true", "1"),
                day=date.fromisoformat(
                    (_text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm"))[:10]
                ),
            )


def _sum(text: str) -> Decimal:
    """A sum as the standard writes it: 18 digits at most, no exponent. ValueError."""
    if not re.fullmatch(r"\d{1,18}(\.\d{0,5})?", text.strip()):
        raise ValueError("no sum")
    return Decimal(text.strip())


def _amount(tx: Element, entry: Element, *, alone: bool) -> Element:
    """A payment's own amount; where it has none, and is alone, that of its entry. ValueError where none is known."""
    of_tx = _child(tx, "Amt")
    if of_tx is None:
        of_tx = _path(tx, "AmtDtls", "TxAmt", "Amt")
    found = of_tx if of_tx is not None or not alone else _child(entry, "Amt")
    if found is None:
        raise ValueError("a payment without an amount")
    return found


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element if _name(one) == name)


def _child(element: Element, name: str) -> Element | None:
    return next(_children(element, name), None)


def _path(element: Element, *names: str) -> Element | None:
    found: Element | None = element
    for name in names:
        found = _child(found, name) if found is not None else None
    return found


def _text(element: Element, *names: str) -> str:
    found = _path(element, *names)
    return (found.text or "").strip() if found is not None else ""
