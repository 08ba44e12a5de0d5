"""Purchases, redemptions, and returns that wait for a person's decision."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from coalition.partners.models import Merchant, Partner
from coalition.redemption.models import Redemption, Reward
from coalition.reports.lists import base
from coalition.reports.lists.base import (
    Choice,
    Column,
    Member,
    Money,
    Pill,
    Points,
    Register,
    State,
    Value,
    number,
)
from coalition.transactions.models import Purchase, PurchaseReturn
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.language import translate
from tenants.translations import N_

STATES = {
    "held": (N_("set aside"), "wait", "hourglass-split"),
    "done": (N_("done"), "good", "check-circle"),
    "cancelled": (N_("cancelled"), "", "arrow-return-left"),
    "refused": (N_("did not work"), "bad", "exclamation-triangle-fill"),
}
KINDS = {
    "cashback": N_("Cashback"),
    "certificate": N_("Certificate"),
    "cheque": N_("Part of a cheque"),
    "donation": N_("Donation"),
}
_BACK = and_(
    PurchaseReturn.tenant_id == Purchase.tenant_id,
    PurchaseReturn.member_id == Purchase.member_id,
    PurchaseReturn.purchase_id == Purchase.id,
    PurchaseReturn.state == "applied",
)


def _merchants(session: Session, rows: Sequence[Purchase | PurchaseReturn]) -> Mapping[int, str]:
    found = session.execute(
        select(Merchant.id, Merchant.name).where(
            Merchant.tenant_id == tenant_of(session), Merchant.id.in_({row.merchant_id for row in rows})
        )
    )
    return dict(found.all())


def partners(session: Session, lang: str) -> Mapping[str, str]:
    """What partners are called, by their numbers."""
    found = session.scalars(
        select(Partner).where(Partner.tenant_id == tenant_of(session)).order_by(Partner.id)
    )
    return {str(one.id): str(one.name.get(lang) or one.code) for one in found}


def rewards(session: Session, lang: str) -> Mapping[str, str]:
    """What rewards are called, by their numbers."""
    found = session.scalars(select(Reward).where(Reward.tenant_id == tenant_of(session)).order_by(Reward.id))
    return {str(one.id): str(one.name.get(lang) or one.code) for one in found}


def _returned(session: Session, rows: Sequence[Purchase]) -> Mapping[UUID | None, int]:
    """What was given back, by purchase: read member by member along the primary key."""
    found: dict[UUID | None, int] = defaultdict(int)
    for purchase_id, amount in session.execute(
        select(PurchaseReturn.purchase_id, PurchaseReturn.amount).where(
            PurchaseReturn.tenant_id == tenant_of(session),
            PurchaseReturn.member_id.in_({row.member_id for row in rows}),
            PurchaseReturn.purchase_id.in_([row.id for row in rows]),
            PurchaseReturn.state == "applied",
        )
    ):
        found[purchase_id] += amount
    return found


def _purchases(session: Session, rows: Sequence[Purchase], w: Words) -> Sequence[Sequence[Value]]:
    names, known, back = _merchants(session, rows), partners(session, w.lang), _returned(session, rows)
    from_file, till = translate(w.lang, "Bank file %(number)s"), translate(w.lang, "Till or shop")
    found = list[Sequence[Value]]()
    for row in rows:
        source = from_file % {"number": row.file_id} if row.file_id is not None else till
        found.append(
            (
                row.occurred_at,
                Member(row.member_id, row=f"purchase.{row.id}"),
                names.get(row.merchant_id, ""),
                known.get(str(row.partner_id), None),
                source,
                Money(row.amount),
                Points(sum(row.reason[2::5])),
                Money(back[row.id]) if row.id in back else None,
            )
        )
    return found


PURCHASES = Register(
    "purchases",
    N_("Purchases"),
    Permission.DESK_PURCHASE_READ,
    Purchase,
    (
        Column(N_("When")),
        Column(N_("Member")),
        Column(N_("Where")),
        Column(N_("Partner"), wide=True),
        Column(N_("Told by"), wide=True),
        Column(N_("Sum"), number=True),
        Column(N_("Points when booked"), number=True, wide=True),
        Column(N_("Given back"), number=True, wide=True),
    ),
    _purchases,
    pills=(
        Pill("file", N_("From bank files"), Purchase.file_id.is_not(None)),
        Pill("till", N_("From tills and shops"), Purchase.file_id.is_(None)),
        Pill("without", N_("Without promotions"), func.cardinality(Purchase.reason) == 0),
        Pill("returned", N_("With returns"), exists().where(_BACK)),
    ),
    choices=(Choice("partner", N_("Partner"), Purchase.partner_id, partners, number),),
    by_day=True,
)


def _redemptions(session: Session, rows: Sequence[Redemption], w: Words) -> Sequence[Sequence[Value]]:
    offered = {
        one.id: one
        for one in session.scalars(
            select(Reward).where(
                Reward.tenant_id == tenant_of(session), Reward.id.in_({row.reward_id for row in rows})
            )
        )
    }
    found = list[Sequence[Value]]()
    for row in rows:
        reward = offered[row.reward_id]
        text, tone, icon = STATES[row.state]
        found.append(
            (
                row.made_at,
                Member(row.member_id, row=f"redemption.{row.id}"),
                str(reward.name.get(w.lang) or reward.code),
                translate(w.lang, KINDS[reward.kind]) if reward.kind in KINDS else reward.kind,
                State(translate(w.lang, text), tone, icon),
                Points(row.points),
                Money(row.minor) if row.minor else None,
                row.ended_at,
            )
        )
    return found


REDEMPTIONS = Register(
    "redemptions",
    N_("Redemptions"),
    Permission.DESK_REDEMPTION_READ,
    Redemption,
    (
        Column(N_("When")),
        Column(N_("Member")),
        Column(N_("Reward")),
        Column(N_("Kind"), wide=True),
        Column(N_("State")),
        Column(N_("Points"), number=True),
        Column(N_("Money"), number=True, wide=True),
        Column(N_("Ended on"), wide=True),
    ),
    _redemptions,
    pills=tuple(
        Pill(code, title, Redemption.state == code)
        for code, title in (
            ("held", N_("Set aside")),
            ("done", N_("Completed")),
            ("cancelled", N_("Cancelled")),
            ("refused", N_("Did not work")),
        )
    ),
    choices=(Choice("reward", N_("Reward"), Redemption.reward_id, rewards, number),),
    by_day=True,
)


def _returns(session: Session, rows: Sequence[PurchaseReturn], _w: Words) -> Sequence[Sequence[Value]]:
    names = _merchants(session, rows)
    return [
        (
            base.Return(row.member_id, row.id, row.occurred_at),
            names.get(row.merchant_id, ""),
            Member(row.member_id, row=f"return.{row.id}"),
            Money(row.amount),
        )
        for row in rows
    ]


RETURNS = Register(
    "returns",
    N_("Returns to decide"),
    Permission.DESK_RETURN_READ,
    PurchaseReturn,
    (
        Column(N_("Returned")),
        Column(N_("Where")),
        Column(N_("Member"), wide=True),
        Column(N_("Sum"), number=True),
    ),
    _returns,
    newest_first=False,
    always=(PurchaseReturn.state == "manual",),
)
