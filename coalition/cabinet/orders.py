"""The member's orders at online shops: how each stands, and what she can do about one that is missing."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.kinds.base import read_units
from coalition.cabinet.order_words import chip_of, why_of
from coalition.cabinet.sentences import sentence
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.offers.actions import LOST_AFTER, open_lost_order
from coalition.offers.models import LostOrder, Shop
from coalition.offers.queries import MyOrder, clicks_of, demonstrates, lost_orders_of, orders_of
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.translations import N_

_FIELDS = ("click", "reference", "day", "sale")
_SAID_MOST = 60
LOST = {
    "new": ("wait", "hourglass-split", N_("being sent to the shop's network")),
    "sent": ("wait", "hourglass-split", N_("the network looks for it")),
    "accepted": ("good", "check2", N_("found: it will be among your orders")),
    "declined": ("bad", "x-lg", N_("not found")),
}
"""By state of a lost order: tone, icon and words."""


@dataclass(frozen=True)
class Row:
    """An order, or a question about one."""

    name: str
    when: str
    chip: tuple[str, str, str]
    why: str
    sum: str
    shade: str
    money: str


@cabinet.get("/orders")
@members_only
def orders(visit: Visit) -> Answer:
    """Her orders, newest first, and what she asked about those that are missing."""
    return visit.page(
        "orders.html",
        here="more",
        demonstration=demonstrates(visit.session, visit.programme.id),
        rows=[_order(visit, one) for one in orders_of(visit.session, visit.member_id)],
        lost=[_lost(visit, *one) for one in lost_orders_of(visit.session, visit.member_id)],
        saved=_("Sent. What the network answers stands below") if request.args.get("sent") else "",
    )


@cabinet.get("/orders/lost")
@members_only
def lost_order(visit: Visit) -> Answer:
    """The form."""
    return _form(visit, {}, {})


@cabinet.post("/orders/lost")
@members_only
def send_lost_order(visit: Visit) -> Answer:
    """Ask the network, or show the form again with everything that is wrong."""
    form = {name: request.form.get(name, "").strip()[:_SAID_MOST] for name in _FIELDS}
    errors: dict[str, str] = {}
    click, day, sale = _id(form["click"], errors), _day(form["day"], errors), 0
    try:
        sale = read_units(form["sale"], visit.w.exponent, visit.w)
    except Refusal:
        errors["sale"] = _("Write the sum of the order, as 1500")
    if not form["reference"]:
        errors["reference"] = _("Write the number of the order, as the shop sent it")
    if errors or click is None or day is None:
        return _form(visit, form, errors), 422
    try:
        open_lost_order(
            visit.session,
            visit.actor,
            member_id=visit.member_id,
            click_id=click,
            reference=form["reference"],
            ordered_on=day,
            sale=sale,
        )
    except NotFound:
        raise
    except Refusal as no:
        return _form(visit, form, {str(no.facts.get("field", "click")): sentence(no, visit.w)}), 422
    return redirect(url_for("cabinet.orders", sent=1), 303)


def _form(visit: Visit, form: dict[str, str], errors: dict[str, str]) -> str:
    now, w = clock.now(), visit.w
    clicks = [
        (str(click.id), f"{shop.name}, {w.moment(click.at)}")
        for click, shop in clicks_of(visit.session, visit.member_id)
        if now - click.at >= LOST_AFTER
    ]
    return visit.page(
        "lost_order.html",
        here="more",
        clicks=clicks,
        form=dict.fromkeys(_FIELDS, "") | form,
        errors=errors,
        latest=w.today.isoformat(),
    )


def _id(text: str, errors: dict[str, str]) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        errors["click"] = _("Choose the shop")
        return None


def _day(text: str, errors: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors["day"] = _("Choose the day of the order")
        return None


def _order(visit: Visit, found: MyOrder) -> Row:
    w, order = visit.w, found.order
    points = order.pending + order.active
    return Row(
        name=found.shop.name,
        when=w.short_day(w.day_of(order.ordered_at)),
        chip=chip_of(order),
        why=why_of(order, w),
        sum=w.amount(points, signed=True) if points else "",
        shade="pend" if order.pending else "plus",
        money=w.money(order.sale) if order.currency == w.currency else "",
    )


def _lost(visit: Visit, lost: LostOrder, shop: Shop) -> Row:
    tone, icon, said = LOST[lost.state]
    refused = lost.state == "declined" and lost.external_id is None
    return Row(
        name=shop.name,
        when=visit.w.short_day(lost.ordered_on),
        chip=(tone, icon, _(said)),
        why=lost.answer or (_("The network would not look for it") if refused else ""),
        sum="",
        shade="",
        money=visit.w.money(lost.sale),
    )
