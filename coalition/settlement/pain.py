"""Payment orders as ISO 20022 `pain.001.001.09`, customer credit transfer initiation. Pure.

The same orders give the same bytes: nothing of when or where the file is written is in it. Whatever names and purposes
hold, the file is valid by the standard's schema: what no such file can hold becomes a space, what is too long is cut.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NAME_MOST, REMITTANCE_MOST = 140, 140
SUM_BELOW = 10**18
"""Minor units: the schema has 18 digits for an amount and for the sum of a file."""
_NO_TEXT = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Order:
    """One transfer: to whom, how much in minor units, and what it is for; `legal` as `terms.Legal` keeps it."""

    end_to_end: str
    minor: int
    creditor: Mapping[str, str]
    purpose: str


@dataclass(frozen=True)
class Message:
    """Orders of one payer for one day."""

    number: str
    made_at: datetime
    pay_on: date
    debtor: Mapping[str, str]
    currency: str
    exponent: int
    orders: Sequence[Order]


def written(message: Message) -> bytes:
    """The file, in UTF-8."""
    assert sum(one.minor for one in message.orders) < SUM_BELOW
    root = Element("Document", xmlns=NAMESPACE)
    top = SubElement(root, "CstmrCdtTrfInitn")
    count, whole = (
        str(len(message.orders)),
        _amount(sum(one.minor for one in message.orders), message.exponent),
    )
    head = SubElement(top, "GrpHdr")
    _texts(head, MsgId=message.number, CreDtTm=f"{message.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    _texts(head, NbOfTxs=count, CtrlSum=whole)
    _texts(SubElement(head, "InitgPty"), Nm=line(message.debtor["name"])[:NAME_MOST])
    info = SubElement(top, "PmtInf")
    _texts(info, PmtInfId=message.number, PmtMtd="TRF", NbOfTxs=count, CtrlSum=whole)
    _texts(SubElement(info, "ReqdExctnDt"), Dt=message.pay_on.isoformat())
    _party(info, "Dbtr", message.debtor)
    _account(info, "DbtrAcct", message.debtor)
    _agent(info, "DbtrAgt", message.debtor)
    for one in message.orders:
        _transfer(info, one, message)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, "unicode")}\n'.encode()


def line(text: str) -> str:
    """One line that XML can hold: control characters and what is no character at all are spaces."""
    return _NO_TEXT.sub(" ", text)


def _transfer(info: Element, one: Order, message: Message) -> None:
    transfer = SubElement(info, "CdtTrfTxInf")
    _texts(SubElement(transfer, "PmtId"), InstrId=one.end_to_end, EndToEndId=one.end_to_end)
    amount = SubElement(SubElement(transfer, "Amt"), "InstdAmt", Ccy=message.currency)
    amount.text = _amount(one.minor, message.exponent)
    _agent(transfer, "CdtrAgt", one.creditor)
    _party(transfer, "Cdtr", one.creditor)
    _account(transfer, "CdtrAcct", one.creditor)
    _texts(SubElement(transfer, "RmtInf"), Ustrd=line(one.purpose)[:REMITTANCE_MOST])


def _party(above: Element, name: str, legal: Mapping[str, str]) -> None:
    party = SubElement(above, name)
    _texts(party, Nm=line(legal["name"])[:NAME_MOST])
    if legal["inn"]:
        other = SubElement(SubElement(SubElement(party, "Id"), "OrgId"), "Othr")
        _texts(other, Id=legal["inn"])
        _texts(SubElement(other, "SchmeNm"), Cd="TXID")


def _account(above: Element, name: str, legal: Mapping[str, str]) -> None:
    _texts(SubElement(SubElement(SubElement(above, name), "Id"), "Othr"), Id=legal["account"])


def _agent(above: Element, name: str, legal: Mapping[str, str]) -> None:
    """The bank: a BIC of SWIFT, or nine digits of the Russian clearing."""
    bank, bic = SubElement(SubElement(above, name), "FinInstnId"), legal["bic"]
    if bic.isdigit():
        member = SubElement(bank, "ClrSysMmbId")
        _texts(SubElement(member, "ClrSysId"), Cd="RUCBC")
        _texts(member, MmbId=bic)
    else:
        _texts(bank, BICFI=bic)


def _texts(above: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(above, name).text = text


def _amount(minor: int, exponent: int) -> str:
    return f"{Decimal(minor).scaleb(-exponent):f}"
