"""An order at a network's shop in words: its state, why, when it is decided, and its line in the history."""

from flask import url_for
from flask_babel import gettext as _

from coalition.cabinet.views import Line
from coalition.cabinet.visit import Visit
from coalition.offers.models import Order
from coalition.offers.queries import MyOrder
from coalition.offers.taking import UNCONFIRMED
from coalition.reports.history import Entry
from tenants.branding.words import Words
from tenants.translations import N_

STATES = {
    "pending": ("wait", "hourglass-split", N_("the shop has it")),
    "on_hold": ("wait", "hourglass-split", N_("the shop looks at it once more")),
    "approved": ("good", "check2", N_("confirmed by the shop")),
    "paid": ("good", "check2", N_("confirmed and paid")),
    "declined": ("bad", "x-lg", N_("declined by the shop")),
}
"""By state: tone, icon and words."""


def chip_of(order: Order) -> tuple[str, str, str]:
    """How an order stands: tone, icon, words."""
    if order.problem is not None:
        return (
            "note",
            "question-lg",
            _("being checked") if order.problem != UNCONFIRMED else _("not confirmed"),
        )
    tone, icon, words = STATES[order.state]
    if order.stands_back and order.state != "declined":
        return "note", "layers", _("counted as a purchase")
    if order.state == "declined" and order.approved_at is not None:
        words = N_("cancelled after it was confirmed")
    return tone, icon, _(words)


def why_of(order: Order, w: Words) -> str:
    """What is said of it: the network's reason, or when it is decided."""
    if order.problem == UNCONFIRMED:
        return _("The shop's network has not confirmed this order")
    if order.problem is not None:
        return _("The network's figures do not fit together. We look into it")
    if order.stands_back and order.state != "declined":
        return _("Your purchase at this shop has the points for it, so the order gives none of its own")
    if order.state == "declined":
        return order.reason or _("The network gave no reason")
    if order.pending and order.state == "approved":
        return _("Points are yours when the network has paid for the order")
    if order.state in ("pending", "on_hold") and order.expected_on is not None:
        if order.expected_on < w.today:
            return _("The shop should have decided by %(day)s", day=w.day(order.expected_on))
        return _("Decided by about %(day)s", day=w.day(order.expected_on))
    return order.reason


def order_instead(visit: Visit, entry: Entry, found: MyOrder) -> Line:
    """What a purchase lost because an order pays for it, or has again because the order does no longer."""
    shop, gone = found.shop.name, entry.points < 0
    seller = visit.said(entry.partner.name) if entry.partner else entry.merchant
    return Line(
        icon="layers",
        tone="",
        who=_("%(seller)s: one sale, told twice", seller=seller),
        why=_("It is your order at %(shop)s, and the order pays", shop=shop)
        if gone
        else _(
            "Your order at %(shop)s gives nothing any more, so the purchase has its points again", shop=shop
        ),
        sum=visit.w.amount(entry.points, signed=True),
        shade="minus" if gone else "plus",
        state="",
        href=url_for("cabinet.why", purchase_id=entry.purchase.id) if entry.purchase else "",
    )


def order_line(visit: Visit, entry: Entry, found: MyOrder) -> Line:
    """Points of an order as a line of the history."""
    w, order = visit.w, found.order
    tone, _icon, said = chip_of(order)
    gained, back = entry.points > 0, entry.kind == "order_back"
    why = why_of(order, w)
    waits = gained and order.pending > 0
    called = _fewer(found.shop.name, order) if back else _("%(seller)s: online order", seller=found.shop.name)
    return Line(
        icon="arrow-return-left" if back else "bag",
        tone="" if back else tone,
        who=called,
        why=f"{said[:1].upper()}{said[1:]}. {why}" if why else f"{said[:1].upper()}{said[1:]}",
        sum=w.amount(entry.points, signed=True),
        shade="pend" if waits else "plus" if gained else "minus",
        state=_("not yours yet") if waits else "",
        href=url_for("cabinet.orders"),
        whole_page=True,
    )


def _fewer(seller: str, order: Order) -> str:
    """Why points of an order became fewer: it was taken back, is looked at anew, or its sum has changed."""
    if order.state == "declined" or order.problem is not None:
        return _("%(seller)s: points went back", seller=seller)
    if order.state in ("pending", "on_hold") and order.approved_at is not None:
        return _("%(seller)s: points of the order wait again", seller=seller)
    return _("%(seller)s: the order's sum has changed", seller=seller)
