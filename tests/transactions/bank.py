"""A small bank with a plain file format: what the tests of files, purchases and returns load."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from coalition.ledger.models import Balance
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.promotions.actions import publish
from coalition.reports.audit import audit
from coalition.transactions import chunks, overdue, results, staging, unmatched
from coalition.transactions.models import InboundFile
from coalition.transactions.profile_versions import add_profile
from coalition.transactions.receiving import receive
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.ledger.house import House, drain, open_another

JOBS = (chunks, overdue, results, staging, unmatched)  # imported for the jobs they declare
LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
COLUMNS = ("card", "at", "amount", "merchant", "mcc", "kind", "reference", "original")
PROFILE: dict[str, Any] = {
    "name": "cards",
    "layout": {"form": "delimited", "delimiter": ",", "header_row": True},
    "card": {"name": "card"},
    "dates": {"at": {"name": "at"}, "formats": ["%Y-%m-%d %H:%M:%S"], "zone": "Asia/Kamchatka"},
    "amounts": [{"at": {"name": "amount"}}],
    "currency": "RUB",
    "kinds": {
        "at": {"name": "kind"},
        "values": {"P": "PURCHASE", "S": "SERVICE", "T": "TRANSFER_OWN", "C": "CASH", "R": "REFUND"},
    },
    "merchant": {"name": "merchant"},
    "mcc": {"name": "mcc"},
    "reference": {"name": "reference"},
    "original_reference": {"name": "original"},
}


def promotion(mechanic: Mapping[str, object], **more: Any) -> dict[str, Any]:
    """A document that the bank pays for, unless told otherwise."""
    title = {"ru": "Акция", "en": "Offer"}
    funding = [{"participant": "bank", "share": 100}]
    return {"title": title, "mechanic": dict(mechanic), "funding": funding} | more


def per_step(points: str = "1", step: str = "100", **more: Any) -> dict[str, Any]:
    return promotion({"kind": "per_step", "points": points, "step": step}, **more)


def open_bank(promotions: Sequence[dict[str, Any]], **terms: Any) -> House:
    """A bank of its own with these promotions, called p0, p1 and so on."""
    bank = open_another(**terms)
    with db.transaction(bank.tenant) as session:
        add_profile(session, SYSTEM, document=PROFILE)
        for number, document in enumerate(promotions):
            publish(
                session, SYSTEM, programme_id=bank.programme, code=f"p{number}", document=document,
                starts_at=LONG_AGO,
            )  # fmt: skip
    return bank


def join(bank: House, *cards: str, **facts: Any) -> UUID:
    """A member with these cards; lines that waited for them are posted."""
    with db.transaction(bank.tenant) as session:
        person = Person(name="Vera Test")
        member = enrol(session, SYSTEM, programme_id=bank.programme, person=person, cards=cards, **facts)
    drain(bank.tenant)
    return member.id


def line(
    card: str,
    at: str,
    amount: object,
    merchant: str = "shop",
    mcc: str = "5411",
    kind: str = "P",
    reference: str = "",
    original: str = "",
) -> str:
    """One line of a file; `at` is a date, or a date and a time, in Kamchatka."""
    at = at if " " in at else f"{at} 12:00:00"
    return ",".join((card, at, str(amount), merchant, mcc, kind, reference, original))


def back(card: str, at: str, amount: object, **more: str) -> str:
    """A refund."""
    return line(card, at, amount, kind="R", **more)


def load(bank: House, lines: Sequence[str], *, profile: str = "cards") -> InboundFile:
    """Receive a file of these lines and post it to the end."""
    content = "\n".join([",".join(COLUMNS), *lines, ""]).encode()
    return load_bytes(bank, content, profile=profile)


def load_bytes(bank: House, content: bytes, *, name: str = "f.csv", profile: str = "cards") -> InboundFile:
    """Receive these bytes and post them to the end."""
    with db.transaction(bank.tenant) as session:
        received = receive(session, SYSTEM, profile_code=profile, name=name, stream=io.BytesIO(content))
    drain(bank.tenant)
    with db.transaction(bank.tenant) as session:
        return session.get_one(InboundFile, (bank.tenant, received.file.id))


def totals(file: InboundFile) -> tuple[int, int, int, int, int]:
    """Lines, posted, duplicate, unmatched and rejected."""
    return file.lines, file.posted, file.duplicate, file.unmatched, file.rejected


def balances(bank: House) -> dict[UUID, tuple[int, int, int, int]]:
    """Available, pending, held and debt of every member; an unsound ledger fails the test."""
    with db.transaction(bank.tenant) as session:
        broken = [finding for finding in audit(session) if finding.broken]
        assert broken == []
        rows = session.execute(
            select(Balance.member_id, Balance.available, Balance.pending, Balance.held, Balance.debt)
            .where(Balance.tenant_id == bank.tenant)
        )  # fmt: skip
        return {member: (available, *others) for member, available, *others in rows}


def points_of(bank: House, member: UUID) -> int:
    """Available and pending less debt: what all that is known has given."""
    available, pending, _, debt = balances(bank)[member]
    return available + pending - debt


def query(bank: House, statement: str) -> list[Any]:
    """Rows of a statement, as the tenant sees them."""
    with db.transaction(bank.tenant) as session:
        return list(session.execute(text(statement)).all())
