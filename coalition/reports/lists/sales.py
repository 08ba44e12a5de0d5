"""Purchases, redemptions, and returns that wait for a person's decision."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from coalition.partners.models import Merchant, Partner
from coalition.redemption.models import Redemption, Reward
from coalition.reports.lists import base
from coalition.reports.lists.base import (
    OPTIONS_MOST,
    Choice,
    Column,
    Member,
    Money,
    Pill,
    Points,
    Register,
    State,
    Value,
)
from coalition.transactions.by_hand.queries import outlets_by_cause
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
    "cashback": N_("Cashback to the card"),
    "certificate": N_("Certificate"),
    "cheque": N_("Points at the till"),
    "donation": N_("Donation"),
}
"""Kinds of rewards as the desk says them."""
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


def _codes(model: type[Partner | Reward]) -> Callable[[Session, str], Mapping[str, str]]:
    """What partners or rewards are called, by their codes."""

    def options(session: Session, lang: str) -> Mapping[str, str]:
        known = select(model.code, model.name).where(model.tenant_id == tenant_of(session))
        found = session.execute(known.order_by(model.code).limit(OPTIONS_MOST + 1))
        return {code: str(name.get(lang) or code) for code, name in found}

    return options


def _of(
    model: type[Partner | Reward], column: InstrumentedAttribute[Any]
) -> Callable[[Session, str], ColumnElement[bool]]:
    """Rows of the partner or reward of a code."""

    def where(session: Session, code: str) -> ColumnElement[bool]:
        named = select(model.id).where(model.tenant_id == tenant_of(session), model.code == code)
        return column == named.scalar_subquery()

    return where


def _partners(session: Session, rows: Sequence[Purchase], lang: str) -> Mapping[int | None, str]:
    found = session.execute(
        select(Partner.id, Partner.code, Partner.name).where(
            Partner.tenant_id == tenant_of(session), Partner.id.in_({row.partner_id for row in rows} - {None})
        )
    )
    return {partner_id: str(name.get(lang) or code) for partner_id, code, name in found}


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
    names, known, back = _merchants(session, rows), _partners(session, rows, w.lang), _returned(session, rows)
    from_file, till = translate(w.lang, "Bank file %(number)s"), translate(w.lang, "Till or shop")
    found = list[Sequence[Value]]()
    entered = outlets_by_cause(session, {row.member_id for row in rows}, [row.id for row in rows])
    by_hand = translate(w.lang, "By hand: %(outlet)s")
    for row in rows:
        source = from_file % {"number": row.file_id} if row.file_id is not None else till
        if (outlet := entered.get(row.id)) is not None:
            source = by_hand % {"outlet": outlet.name.get(w.lang) or outlet.code}
        found.append(
            (
                row.occurred_at,
                Member(row.member_id, row=f"purchase.{row.id}"),
                names.get(row.merchant_id, ""),
                known.get(row.partner_id),
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
        Column(N_("Member"), wide=True),
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
    choices=(Choice("partner", N_("Partner"), _codes(Partner), _of(Partner, Purchase.partner_id)),),
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
        Column(N_("Member"), wide=True),
        Column(N_("Reward")),
        Column(N_("Kind"), wide=True),
        Column(N_("State"), wide=True),
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
    choices=(Choice("reward", N_("Reward"), _codes(Reward), _of(Reward, Redemption.reward_id)),),
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
