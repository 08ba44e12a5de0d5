"""Which of the sales that are being posted another channel has told already, looked up for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import Handle, HandleKind
from coalition.programmes.models import Programme
from coalition.promotions.case import DAY, Receipt
from coalition.promotions.index import microseconds
from coalition.promotions.kinds import OperationKind
from coalition.transactions.lines import Lines, file_source, reference_key, uuid_tail
from coalition.transactions.models import FileProfile, InboundFile
from coalition.transactions.profiles import Profile
from coalition.transactions.receipts import Receipts, receipt_of
from coalition.transactions.two_channels.alike import AtTill, InFile, alike, chosen
from coalition.transactions.two_channels.terms import SameSaleTerms
from tenants.runtime.copying import Column, copy_rows, raw
from tenants.runtime.db import tenant_of

KINDS = (OperationKind.PURCHASE, OperationKind.SERVICE)
_STORED = """
    select n.place, p.id, p.key, p.occurred_at, p.amount, p.merchant_id, coalesce(p.partner_id, 0), f.profile_code,
        r.document, p.file_id is null and exists (select from claim_decision c where c.tenant_id = %(tenant)s
            and c.member_id = p.member_id and c.purchase_id = p.id) as claimed
    from new_told n
    cross join lateral (
        select * from purchase p where p.tenant_id = %(tenant)s and p.member_id = n.member_id
            and p.id between n.first and n.last and (p.file_id is null) = %(tills)s and p.kind = any(%(kinds)s)
        offset 0
    ) p
    left join inbound_file f on f.tenant_id = %(tenant)s and f.id = p.file_id
    left join receipt r on r.tenant_id = %(tenant)s and r.member_id = p.member_id and r.purchase_id = p.id
    where not exists (select from purchase_return d where d.tenant_id = %(tenant)s and d.member_id = p.member_id
        and d.same_as is not null and p.id in (d.purchase_id, d.same_as))
    and (not %(tills)s or abs(p.amount - n.amount) * 100 <= %(tolerance)s * p.amount or r.document ? 'payments'
        or r.document -> 'card' ->> 0 <> '')
"""
"""Of a till's sales only those are read whose sum fits, or might: by their payments, or by a reference."""


class Same(NamedTuple):
    """Two tellings of one sale of a member: the one that pays, and the one that does not."""

    member_id: UUID
    pays: UUID
    stands_back: UUID


class Suspect(NamedTuple):
    """Two that may be one sale."""

    member_id: UUID
    sale_id: UUID
    line_id: UUID
    why: str


@dataclass(frozen=True)
class Twice:
    """What was found of the sales that are posted: `lost` are the keys of those that do not pay."""

    same: Sequence[Same] = ()
    suspects: Sequence[Suspect] = ()
    lost: frozenset[bytes] = field(default=frozenset())

    @property
    def members(self) -> set[UUID]:
        """Whose sales were told twice."""
        return {one.member_id for one in self.same}


@dataclass
class _Known:
    """What is asked again and again: the profiles whose lines have references, and members' cards' last digits."""

    programme_id: int
    named: frozenset[str]
    cards: dict[UUID, dict[UUID, str]]

    @classmethod
    def of(cls, session: Session, programme: Programme, members: Sequence[UUID]) -> "_Known":
        profiles = session.execute(
            select(FileProfile.code, FileProfile.document)
            .where(FileProfile.tenant_id == tenant_of(session))
            .order_by(FileProfile.version)
        )
        latest = {code: Profile.model_validate(document) for code, document in profiles}
        cards: dict[UUID, dict[UUID, str]] = {}
        for member, card, hint in session.execute(
            select(Handle.member_id, Handle.digest, Handle.hint).where(
                Handle.tenant_id == tenant_of(session),
                Handle.kind == HandleKind.CARD_TOKEN,
                Handle.member_id.in_(members),
            )
        ):
            cards.setdefault(member, {})[card] = hint[-4:] if hint[-4:].isdecimal() else ""
        named = frozenset(code for code, profile in latest.items() if profile.reference)
        return cls(programme.id, named, cards)

    def at_till(self, row: "_Row", receipt: Receipt | None, *, pays: bool) -> AtTill | None:
        """The sale of a till, and whether it `pays`; nothing where it was not paid by card."""
        known = receipt or Receipt()
        by_card = [minor for kind, minor in known.payments if kind == "card" and minor]
        amount = sum(by_card) if known.payments else row.amount
        if not amount:
            return None
        four, told = known.card_last_four, known.card_reference
        references = [
            UUID(bytes=reference_key(file_source(self.programme_id, code), False, told))
            for code in sorted(self.named)
            if told
        ]
        split = by_card if len(by_card) > 1 else ()
        lost = "part" if amount < row.amount else "discount" if known.discounts else ""
        forgone = "" if pays else lost
        return AtTill(
            row.id, row.at, amount, row.merchant, row.partner, references, four, split, forgone, row.claimed
        )

    def in_file(self, row: "_Row") -> InFile:
        """The line of a bank's file; which card it was of is not kept, so a stored one may be of any of hers."""
        cards = self.cards.get(row.member_id, {})
        fours = {cards.get(row.card, "")} if row.card else {*cards.values()}
        named = row.profile in self.named
        return InFile(row.id, row.at, row.amount, row.merchant, row.partner, row.key, named, fours)


class _Row(NamedTuple):
    """A sale as the table has it, or will have it; the card is known of new lines only."""

    member_id: UUID
    id: UUID
    key: UUID
    at: int
    amount: int
    merchant: int
    partner: int
    profile: str | None = None
    document: dict[str, Any] | None = None
    claimed: bool = False
    card: UUID | None = None


def find_twice(
    session: Session,
    programme: Programme,
    terms: SameSaleTerms | None,
    sales: Lines,
    *,
    file_id: int | None,
    receipts: Receipts,
) -> Twice:
    """What the other channel has told of these new sales. The caller holds the members' balance locks.

    So of two channels that tell a sale at one moment the second one finds the first.
    """
    if terms is None or not len(sales):
        return Twice()
    stored = _stored(session, terms, sales, tills=file_id is not None)
    if not stored:
        return Twice()
    places = sorted(stored)
    new = dict(zip(places, _rows(sales.only(np.array(places))), strict=True))
    known = _Known.of(session, programme, [row.member_id for row in new.values()])
    profile = session.get_one(InboundFile, (tenant_of(session), file_id)).profile_code if file_id else None
    till_pays = terms.till_pays(till_first=file_id is not None)
    edges: list[tuple[UUID, UUID, str]] = []
    for place, row in new.items():
        for other in stored[place]:
            sale, line = (other, row._replace(profile=profile)) if file_id else (row, other)
            receipt = receipts.get(row.key.bytes) if sale is row else _receipt(sale)
            at_till = known.at_till(sale, receipt, pays=till_pays)
            how = alike(terms, at_till, known.in_file(line)) if at_till else None
            if how is not None:
                edges.append((sale.id, line.id, how))
    return _decided(terms, edges, new.values(), by_till=file_id is None)


def _decided(
    terms: SameSaleTerms, edges: Sequence[tuple[UUID, UUID, str]], new: Any, *, by_till: bool
) -> Twice:
    """Who pays of those that are the same; the new ones are a till's, or else of a file."""
    found, rows = chosen(edges), {row.id: row for row in new}
    same: list[Same] = []
    for sale, line in found.same:
        member = rows[sale if by_till else line].member_id
        pays, other = (sale, line) if terms.till_pays(till_first=not by_till) else (line, sale)
        same.append(Same(member, pays, other))
    return Twice(
        same,
        [
            Suspect(rows[sale if by_till else line].member_id, sale, line, why)
            for sale, line, why in found.suspect
        ],
        frozenset(rows[one.stands_back].key.bytes for one in same if one.stands_back in rows),
    )


def _rows(sales: Lines) -> list[_Row]:
    ids = uuid_tail(sales.key, sales.at, 0)
    numbers = (sales.at, sales.amount, sales.merchant, sales.partner)
    return [
        _Row(
            UUID(bytes=bytes(member)),
            UUID(bytes=bytes(number)),
            UUID(bytes=bytes(key)),
            *told,
        )._replace(card=UUID(bytes=bytes(card)))
        for member, number, key, card, *told in zip(
            sales.member, ids, sales.key, sales.card, *(column.tolist() for column in numbers), strict=True
        )
    ]


def _receipt(row: _Row) -> Receipt | None:
    return receipt_of(row.document, {}) if row.document else None


def _stored(session: Session, terms: SameSaleTerms, sales: Lines, *, tills: bool) -> dict[int, list[_Row]]:
    """By the places of the new sales, what the other channel has told of their members around their time.

    The key of a purchase begins with its member and its moment, so each is a short range of it.
    """
    places = np.flatnonzero(np.isin(sales.kind, KINDS))
    asked, span = sales.only(places), terms.days * DAY
    session.flush()  # the statement goes past the session
    cursor = raw(session).cursor()
    copy_rows(
        cursor,
        "new_told",
        [
            Column("place", "int4", places),
            Column("member_id", "uuid", asked.member),
            Column("amount", "int8", asked.amount),
            Column("first", "uuid", _bound(asked.at - span, 0)),
            Column("last", "uuid", _bound(asked.at + span, 255)),
        ],
    )
    rows = cursor.execute(
        _STORED,
        {
            "tenant": tenant_of(session),
            "tills": tills,
            "kinds": [int(kind) for kind in KINDS],
            "tolerance": terms.tolerance_percent,
        },
    ).fetchall()
    cursor.execute("truncate new_told")
    found: dict[int, list[_Row]] = {}
    for place, number, key, at, *told in rows:
        member = UUID(bytes=bytes(sales.member[place]))
        found.setdefault(place, []).append(_Row(member, number, key, microseconds(at), *told))
    return found


def _bound(at_us: NDArray[np.int64], rest: int) -> NDArray[np.void]:
    """The first or the last number of a millisecond."""
    out = np.full((len(at_us), 16), rest, np.uint8)
    out[:, :6] = (at_us // 1000).astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    return np.frombuffer(out.tobytes(), "V16")
