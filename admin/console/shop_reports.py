"""What walks found changed of shops, orders at them, and rules by which shops are shown."""

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.console.shops import ACTIVATIONS, read_share
from admin.desk import Answer, Cell, Column, DeskView, Listing, Pill
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.cabinet.order_words import STATES, chip_of, why_of
from coalition.offers.actions import add_rule, end_rule
from coalition.offers.listing import apply_rules, fits
from coalition.offers.models import ListingRule, Order, Shop, ShopChange
from coalition.offers.queries import (
    MyOrder,
    all_shops,
    latest_orders,
    network_by_id,
    networks,
    rules,
    shop_changes,
)
from tenants.branding import formats
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

CHANGES = {
    "new": N_("New shop"),
    "closed": N_("Closed"),
    "reopened": N_("Open again"),
    "rate_down": N_("Rate went down"),
    "rate_up": N_("Rate went up"),
    "fixed_down": N_("Sum went down"),
    "fixed_up": N_("Sum went up"),
    "hold": N_("Time to decide"),
    "renamed": N_("New name"),
    "renumbered": N_("New number in the network"),
}
BAD = ("closed", "rate_down", "fixed_down")
_FIELDS = ("network", "category", "rate", "hold", "share", "activation")


class ShopChanges(DeskView):
    """The report of changes."""

    reads = Permission.DESK_SHOP_READ
    within = "desk_shops"

    @expose("/")
    def index(self) -> Answer:
        """The latest changes, newest first."""
        w = self.visitor.w

        def said(row: tuple[ShopChange, Shop]) -> Cell:
            change = row[0]
            values = [_value(change.kind, text, w) for text in (change.before, change.after)]
            return Cell(" → ".join(one or "—" for one in values) if any(values) else "")

        def what(row: tuple[ShopChange, Shop]) -> Cell:
            bad = row[0].kind in BAD
            return Cell(_(CHANGES[row[0].kind]), tone="bad" if bad else "wait", icon="arrow-left-right")

        columns = (
            Column[tuple[ShopChange, Shop]](N_("When"), lambda row: Cell(w.moment(row[0].at))),
            Column[tuple[ShopChange, Shop]](
                N_("Shop"), lambda row: Cell(row[1].name, href=url_for("desk_shops.shop", shop_id=row[1].id))
            ),
            Column[tuple[ShopChange, Shop]](N_("What"), what),
            Column[tuple[ShopChange, Shop]](N_("Before and now"), said, wide=True),
        )
        listing = Listing(columns, shop_changes(self.session), (), "", None, None)
        return self.page("shop_changes.html", listing=listing)


def _value(kind: str, text: str, w: Words) -> str:
    if not text:
        return ""
    if kind.startswith("rate_"):
        return w.percent(int(text))
    if kind.startswith("fixed_"):
        return w.money(int(text))
    return text


class ShopOrders(DeskView):
    """Orders of all members."""

    reads = Permission.DESK_SHOP_READ
    within = "desk_shops"

    @expose("/")
    def index(self) -> Answer:
        """The latest orders, newest first, of one state or all."""
        w = self.visitor.w
        shown = request.args.get("show", "")
        chosen = shown if shown in (*STATES, "problem") else ""
        pills = [Pill(code, words, Order.state == code) for code, (_tone, _icon, words) in STATES.items()]
        pills.append(Pill("problem", N_("do not fit together"), Order.problem.is_not(None)))

        def state(one: MyOrder) -> Cell:
            tone, icon, said = chip_of(one.order)
            return Cell(said, tone=tone or "wait", icon=icon)

        columns = (
            Column[MyOrder](N_("Ordered"), lambda one: Cell(w.moment(one.order.ordered_at))),
            Column[MyOrder](
                N_("Shop"), lambda one: Cell(one.shop.name, href=url_for("desk_shops.shop", shop_id=one.shop.id))
            ),
            Column[MyOrder](N_("State"), state),
            Column[MyOrder](N_("Reason"), lambda one: Cell(why_of(one.order, w)), wide=True),
            Column[MyOrder](N_("Order"), lambda one: Cell(_money(one.order, one.order.sale, w)), number=True),
            Column[MyOrder](
                N_("Network pays"), lambda one: Cell(_money(one.order, one.order.commission, w)), number=True, wide=True
            ),
            Column[MyOrder](
                N_("Points"), lambda one: Cell(w.points(one.order.pending + one.order.active)), number=True
            ),
            Column[MyOrder](
                N_("Member"),
                lambda one: Cell(_("open"), href=url_for("desk_members.member", member_id=one.order.member_id))
                if self.visitor.may(Permission.DESK_MEMBER_READ)
                else Cell("—"),
                wide=True,
            ),
        )  # fmt: skip
        rows = latest_orders(self.session, state=chosen)
        return self.page("shop_orders.html", listing=Listing(columns, rows, pills, chosen, None, None))


def _money(order: Order, minor: int, w: Words) -> str:
    return formats.money(minor, order.currency, w.lang)


class ShopRules(DeskView):
    """Rules by which shops are shown."""

    reads = Permission.DESK_SHOP_READ
    permission = Permission.DESK_SHOP_EDIT
    within = "desk_shops"

    @expose("/")
    def index(self) -> Answer:
        """Rules in force, and the form of another one."""
        return self._page(dict.fromkeys(_FIELDS, "") | {"share": "50"}, {})

    @expose("/", methods=["POST"])
    def add(self) -> Answer:
        """Count what a rule would show, or add it and show that."""
        w, form = self.visitor.w, {name: request.form.get(name, "").strip()[:160] for name in _FIELDS}
        errors: dict[str, str] = {}
        share = read_share(form["share"], form["activation"], w, errors)
        rate, hold, known = (
            self._rate(form, errors),
            _hold(form, errors),
            {str(one.id) for one in networks(self.session)},
        )
        if form["network"] not in known:
            errors["network"] = _("Choose the network")
        if errors:
            return self._page(form, errors), 422
        rule = ListingRule(
            network_id=int(form["network"]), category=form["category"], rate_least=rate, hold_most=hold
        )
        free = [one for one in all_shops(self.session) if one.listing is None and fits(rule, one.shop)]
        if request.form.get("do") == "preview":
            said = ngettext("It would show %(num)s shop", "It would show %(num)s shops", len(free))
            return self._page(form, {}, said)
        try:
            made = add_rule(
                self.session,
                self.actor,
                network_id=rule.network_id,
                category=form["category"],
                rate_least=rate,
                hold_most=hold,
                share=share,
                activation=form["activation"],
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._page(form, {"share": refusal(no)}), no.status
        count = apply_rules(self.session, network_by_id(self.session, made.network_id))
        flash(ngettext("%(num)s shop is shown now", "%(num)s shops are shown now", count), "good")
        return redirect(url_for("desk_shop_rules.index"), 303)

    @expose("/<int:rule_id>/end", methods=["POST"])
    def end(self, rule_id: int) -> Answer:
        """No more shops come by it."""
        end_rule(self.session, self.actor, rule_id=rule_id)
        flash(_("The rule has ended. Shops that it showed stay"), "good")
        return redirect(url_for("desk_shop_rules.index"), 303)

    def _rate(self, form: dict[str, str], errors: dict[str, str]) -> int:
        try:
            return read_units(form["rate"], 2, self.visitor.w) if form["rate"] else 0
        except Refusal:
            errors["rate"] = _("Write a rate in percent, as 5, or nothing")
            return 0

    def _page(self, form: dict[str, str], errors: dict[str, str], preview: str = "") -> str:
        w, own = self.visitor.w, networks(self.session)
        named = {one.id: one.name for one in own}
        told = [
            (
                rule.id,
                named[rule.network_id],
                rule.category or _("any category"),
                w.percent(rule.rate_least),
                _("any") if rule.hold_most is None else w.number(rule.hold_most),
                w.percent(rule.share),
                _(ACTIVATIONS[rule.activation]),
            )
            for rule in rules(self.session)
        ]
        shops = all_shops(self.session)
        return self.page(
            "shop_rules.html",
            told=told,
            form=form,
            errors=errors,
            preview=preview,
            networks=[(str(number), name) for number, name in named.items()],
            categories=sorted({name for one in shops for name in one.shop.categories}),
            activations={code: _(words) for code, words in ACTIVATIONS.items()},
        )


def _hold(form: dict[str, str], errors: dict[str, str]) -> int | None:
    if not form["hold"]:
        return None
    if not (form["hold"].isascii() and form["hold"].isdigit() and len(form["hold"]) < 4):
        errors["hold"] = _("Write a number of days, or nothing")
        return None
    return int(form["hold"])
