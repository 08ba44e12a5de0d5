"""Lines of a bank's file that could not be read, and those of cards that nobody has."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.models import Merchant
from coalition.promotions.kinds import OperationKind
from coalition.reports.lists.base import Column, Money, Pill, Register, State, Value, number
from coalition.reports.rejects import reject
from coalition.transactions.models import RejectedLine, UnmatchedLine
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.language import translate
from tenants.translations import N_

OPERATIONS = {
    OperationKind.PURCHASE: N_("Purchase"),
    OperationKind.SERVICE: N_("Service"),
    OperationKind.TRANSFER_OWN: N_("Transfer between own accounts"),
    OperationKind.CASH: N_("Cash"),
    OperationKind.FEE: N_("Fee"),
    OperationKind.REFUND: N_("Return"),
}


def _rejected(_session: Session, rows: Sequence[RejectedLine], w: Words) -> Sequence[Sequence[Value]]:
    return [(row.line, reject(row.code, w.lang), row.column or None, row.excerpt or None) for row in rows]


REJECTED = Register(
    "rejected",
    N_("Rejected lines"),
    Permission.DESK_FILE_READ,
    RejectedLine,
    (
        Column(N_("Line"), number=True),
        Column(N_("Reason")),
        Column(N_("Column"), wide=True),
        Column(N_("What stands there")),
    ),
    _rejected,
    key="line",
    read_key=number,
    newest_first=False,
    within="file_id",
    of_members=False,
)


def _unmatched(session: Session, rows: Sequence[UnmatchedLine], w: Words) -> Sequence[Sequence[Value]]:
    named = session.execute(
        select(Merchant.id, Merchant.name).where(
            Merchant.tenant_id == tenant_of(session), Merchant.id.in_({row.merchant_id for row in rows})
        )
    )
    names = dict(named.all())
    posted = State(translate(w.lang, "Posted later"), "good", "check-circle")
    waits = State(translate(w.lang, "Nobody has the card"), "wait", "hourglass-split")
    return [
        (
            row.line,
            row.occurred_at,
            names.get(row.merchant_id, ""),
            translate(w.lang, OPERATIONS[OperationKind(row.kind)]),
            posted if row.matched_at else waits,
            Money(row.amount),
        )
        for row in rows
    ]


UNMATCHED = Register(
    "unmatched",
    N_("Lines of nobody's cards"),
    Permission.DESK_FILE_READ,
    UnmatchedLine,
    (
        Column(N_("Line"), number=True),
        Column(N_("When")),
        Column(N_("Where")),
        Column(N_("Operation"), wide=True),
        Column(N_("State")),
        Column(N_("Sum"), number=True),
    ),
    _unmatched,
    key="line",
    read_key=number,
    newest_first=False,
    within="file_id",
    of_members=False,
    pills=(
        Pill("waiting", N_("Nobody has the card"), UnmatchedLine.matched_at.is_(None)),
        Pill("posted", N_("Posted later"), UnmatchedLine.matched_at.is_not(None)),
    ),
)
