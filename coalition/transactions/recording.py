"""Purchases and returns told one by one, with their receipts: the way of tills. Files go through `chunks`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from coalition.members.queries import members_of
from coalition.partners.queries import merchants_by_name, partners_by_code
from coalition.programmes.queries import programme_by_id
from coalition.promotions.case import Outlet, Receipt
from coalition.promotions.index import microseconds
from coalition.promotions.kinds import OperationKind
from coalition.promotions.queries import outlets_by_code
from coalition.transactions.lines import NOBODY, Lines, reference_key
from coalition.transactions.posting import Outcome, post_lines
from coalition.transactions.receipts import kept
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal


@dataclass(frozen=True)
class Told:
    """One sale, or with `refund` one return, as a till tells it: minor units, and the till's own reference.

    A return names the sale it undoes by `original`, or else finds it by its seller, goods and sum.
    """

    reference: str
    member_id: UUID
    occurred_at: datetime
    amount: int
    seller: str
    partner: str | None = None
    mcc: int | None = None
    receipt: Receipt | None = None
    refund: bool = False
    original: str | None = None


def record(
    session: Session, actor: Actor, *, programme_id: int, source: str, told: Sequence[Told]
) -> Outcome:
    """Post what a source tells, in the order of its time; what it told before is a duplicate.

    Lines of the outcome are places in `told`. Raises NotFound("member_unknown") for who is not in the programme,
    Refusal("amount_invalid"), "in_the_future", "partner_unknown", "outlet_unknown", "discounts_invalid" (they are not
    those of the lines) or "receipt_invalid" (a NUL in a text), and then posts nothing.
    """
    actor.must(Permission.DESK_PURCHASE_RECORD)
    partners = partners_by_code(session)
    told = checked(session, programme_id, told, partners)
    merchants = merchants_by_name(session, {one.seller for one in told})
    keys = [reference_key(source, one.refund, one.reference) for one in told]
    lines = Lines(
        member=_sixteens(one.member_id.bytes for one in told),
        card=_sixteens(NOBODY for _ in told),
        key=_sixteens(keys),
        original=_sixteens(
            reference_key(source, False, one.original) if one.refund and one.original else NOBODY
            for one in told
        ),
        at=_integers(microseconds(one.occurred_at) for one in told),
        amount=_integers(one.amount for one in told),
        line=np.arange(len(told)),
        merchant=_integers(merchants[one.seller] for one in told),
        partner=_integers(partners[one.partner] if one.partner else 0 for one in told),
        mcc=_integers(-1 if one.mcc is None else one.mcc for one in told),
        kind=_integers(OperationKind.REFUND if one.refund else OperationKind.PURCHASE for one in told),
    ).in_order()
    receipts: dict[bytes, Receipt] = {}
    for key, one in zip(keys, told, strict=True):
        if one.receipt is not None:
            receipts.setdefault(key, one.receipt)  # of a reference that comes twice the first is the purchase
    return post_lines(session, programme_by_id(session, programme_id), lines, file_id=None, receipts=receipts)


def checked(
    session: Session, programme_id: int, told: Sequence[Told], partners: Mapping[str, int]
) -> list[Told]:
    """Refuse what cannot be posted: see `record`. What can, with its outlets as they are known, number and all."""
    latest = clock.now()
    members = {one.member_id for one in told}
    if members - members_of(session, programme_id, members):
        raise NotFound("member_unknown")
    outlets = outlets_by_code(session) if any(one.receipt and one.receipt.outlet for one in told) else {}
    for one in told:
        if not (0 <= one.amount < 10**15 and (one.amount or _has_more(one.receipt))):
            raise Refusal("amount_invalid", reference=one.reference)
        if one.occurred_at > latest:
            raise Refusal("in_the_future", reference=one.reference)
        if one.partner is not None and one.partner not in partners:
            raise Refusal("partner_unknown", partner=one.partner)
        if one.receipt is not None:
            outlet = one.receipt.outlet
            if outlet is not None and _known(outlet, outlets) is None:
                raise Refusal("outlet_unknown", outlet=outlet.code)
            if not adds_up(one.receipt):
                raise Refusal("discounts_invalid", reference=one.reference)
            if keepable(one.receipt) is None:
                raise Refusal("receipt_invalid", reference=one.reference)
    return [
        replace(one, receipt=replace(one.receipt, outlet=_known(one.receipt.outlet, outlets)))
        if one.receipt and one.receipt.outlet
        else one
        for one in told
    ]


def _has_more(receipt: Receipt | None) -> bool:
    """Whether there is something beside money: goods, or points that paid."""
    return receipt is not None and bool(receipt.items or receipt.points_spent)


def _known(outlet: Outlet, outlets: Mapping[str, Outlet]) -> Outlet | None:
    """The tenant's outlet that is told of, if it is as it was told; a source need not know its number."""
    known = outlets.get(outlet.code)
    return known if known is not None and known._replace(number=outlet.number) == outlet else None


def keepable(receipt: Receipt) -> str | None:
    """The receipt as JSON; nothing if it holds a NUL, which PostgreSQL has none of."""
    written = json.dumps(kept(receipt))
    return None if "\\u0000" in written else written


def adds_up(receipt: Receipt) -> bool:
    """Whether what promotions took off is what its lines have less, where there are lines."""
    off = [minor for _, minor in receipt.discounts]
    by_line = [item.discount for item in receipt.items]
    return min([*off, *by_line], default=0) >= 0 and (not by_line or sum(off) == sum(by_line))


def _sixteens(values: Iterable[bytes]) -> NDArray[np.void]:
    return np.frombuffer(b"".join(values), "V16")


def _integers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)
