"""Online shops of networks at the desk: which there are, which members see, and by what terms."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.desk import Answer, Cell, Column, DeskView, Listing
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.cabinet.shops import fits, hold_said, rate_said
from coalition.offers.actions import LANGUAGES, WORDS_MAX, list_shop, require_terms
from coalition.offers.catalogue import host_of
from coalition.offers.models import Network
from coalition.offers.queries import (
    Alert,
    Shown,
    alerts,
    all_shops,
    coupons_of,
    listing_of,
    network_by_id,
    networks,
    shop_by_id,
)
from coalition.offers.worth import WHOLE, points_of
from coalition.partners.models import Partner
from coalition.partners.queries import all_partners
from coalition.transactions.of_orders.actions import forget_seller, name_seller, sellers_of
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import number, roll_back
from tenants.translations import N_

ROWS = 50
SHOWN = {"shown": N_("members see it"), "hidden": N_("not shown"), "closed": N_("closed by the network")}
ACTIVATIONS = {"approved": N_("when the shop has confirmed"), "paid": N_("when the money has come")}
SELLERS = {
    "name": N_("a seller's name, as the bank's file has it"),
    "partner": N_("a partner's code"),
    "mid": N_("a MID of a partner's tills"),
}
FIELDS = ("share", "activation", "shown", *(f"words_{lang}" for lang in LANGUAGES))
ALERTS = {
    "away": N_(
        "%(network)s has not answered for %(many)s hours. It is asked again and again; nothing is lost"
    ),
    "silent": N_("What became of orders of %(network)s was last known %(many)s hours ago"),
    "missing": N_(
        "%(network)s left shops out at once: %(many)s. They stay until somebody confirms it at the command line"
    ),
    "problem": N_(
        "%(network)s: orders whose figures do not fit together: %(many)s. They give nothing meanwhile"
    ),
    "approval": N_(
        "%(network)s: “%(shop)s” confirms %(many)s of 100 orders lately, less than half of what it did before"
    ),
    "forged": N_("%(network)s: postbacks of the last day without its word, or of no click of ours: %(many)s"),
    "missigned": N_(
        "%(network)s: postbacks of the last day with a wrong signature: %(many)s. None of them was believed"
    ),
}


class Shops(DeskView):
    """The section of online shops."""

    reads = Permission.DESK_SHOP_READ
    permission = Permission.DESK_SHOP_EDIT
    icon = "shop"

    def waits(self) -> tuple[int, str]:
        """What a person should look at."""
        number = len(alerts(self.session))
        return number, ngettext("matter to look at", "matters to look at", number)

    @expose("/")
    def index(self) -> Answer:
        """Every shop that fits the conditions, by name."""
        asked = {name: request.args.get(name, "").strip()[:100] for name in ("q", "category", "show")}
        start, everything = max(request.args.get("start", 0, type=number), 0), all_shops(self.session)
        found = [
            one
            for one in everything
            if fits(one.shop, asked["q"], asked["category"]) and asked["show"] in ("", state_of(one))
        ]
        kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
        newer = url_for("desk_shops.index", **kept) if start else None
        older = url_for("desk_shops.index", **kept, start=start + ROWS) if start + ROWS < len(found) else None
        ways = (N_("From the beginning"), N_("More shops"))
        page = found[start : start + ROWS]
        listing = Listing(self._columns(), page, (), asked["q"], newer, older, ways, tells_all=True)
        return self.page(
            "shops.html",
            listing=listing,
            asked=asked,
            categories=sorted({name for one in everything for name in one.shop.categories}),
            states={code: _(words) for code, words in SHOWN.items()},
            counts=(len(found), len(everything)),
            told=[alert_said(one) for one in alerts(self.session)],
            any_network=bool(networks(self.session)),
        )

    def _columns(self) -> tuple[Column[Shown], ...]:
        w, named = self.visitor.w, {one.id: one for one in networks(self.session)}

        def shop(one: Shown) -> Cell:
            href = url_for("desk_shops.shop", shop_id=one.shop.id)
            return Cell(one.shop.name, ", ".join(one.shop.categories[:2]), href=href)

        def share(one: Shown) -> Cell:
            return Cell(w.percent(one.listing.share) if one.listing else "—")

        def rate(one: Shown) -> Cell:
            return Cell(rate_said(one.shop, one.listing.share, w) if one.listing else "—")

        def hold(one: Shown) -> Cell:
            return Cell("—" if one.shop.hold_days is None else hold_said(one.shop.hold_days))

        return (
            Column(N_("Shop"), shop),
            Column(N_("State"), state_cell),
            Column(N_("Network"), lambda one: Cell(_named(named[one.shop.network_id])), wide=True),
            Column(
                N_("Network pays"), lambda one: Cell(w.percent(one.shop.rate_most)), number=True, wide=True
            ),
            Column(N_("Members' share"), share, number=True, wide=True),
            Column(N_("Members see"), rate, number=True),
            Column(N_("Decides"), hold, wide=True),
        )

    @expose("/<int:shop_id>")
    def shop(self, shop_id: int) -> Answer:
        """One shop: what the network tells, and by what terms it is shown."""
        found = listing_of(self.session, shop_by_id(self.session, shop_id).id)
        form = {"share": "50", "activation": "approved", "shown": "", **dict.fromkeys(FIELDS[3:], "")}
        if found is not None:
            share = f"{found.share / 100:.2f}".rstrip("0").rstrip(".")
            form |= {"share": share.replace(".", "," if self.visitor.w.lang == "ru" else ".")}
            form |= {"activation": found.activation, "shown": "1" if found.shown else ""}
            form |= {f"words_{lang}": str(found.words.get(lang, "")) for lang in LANGUAGES}
        return self._page(shop_id, form, {})

    @expose("/<int:shop_id>", methods=["POST"])
    def change(self, shop_id: int) -> Answer:
        """Show what members would see, or have it so."""
        form = {name: request.form.get(name, "").strip()[: 2 * WORDS_MAX] for name in FIELDS}
        errors: dict[str, str] = {}
        share = read_share(form["share"], form["activation"], self.visitor.w, errors)
        if errors or request.form.get("do") == "preview":
            shop_by_id(self.session, shop_id)
            return self._page(shop_id, form, errors), 422 if errors else 200
        try:
            list_shop(
                self.session,
                self.actor,
                shop_id=shop_id,
                share=share,
                activation=form["activation"],
                words={lang: form[f"words_{lang}"] for lang in LANGUAGES},
                shown=bool(form["shown"]),
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._page(shop_id, form, {"share": refusal(no)}), no.status
        flash(_("Saved. Clicks that were made keep their terms"), "good")
        return redirect(url_for("desk_shops.shop", shop_id=shop_id), 303)

    @expose("/<int:shop_id>/sellers", methods=["POST"])
    def sellers(self, shop_id: int) -> Answer:
        """Say how tills and files call the shop, or that they do not."""
        how, name = request.form.get("how", ""), request.form.get("name", "").strip()[:200]
        ended = request.form.get("end", "")
        shop_by_id(self.session, shop_id)  # one that is not there is said before all else
        try:
            if ended:
                seller_id = int(ended) if ended.isdecimal() and len(ended) < 10 else 0
                forget_seller(self.session, self.actor, shop_id=shop_id, seller_id=seller_id)
            elif how in SELLERS:
                name_seller(self.session, self.actor, shop_id=shop_id, **{how: name or " "})
            else:
                raise NotFound("decision_unknown")
        except Forbidden:
            raise
        except Refusal as no:
            roll_back()
            flash(refusal(no), "note")
        else:
            flash(_("Saved. It holds for what is looked at from now on"), "good")
        return redirect(url_for("desk_shops.shop", shop_id=shop_id), 303)

    def _sellers(self, shop_id: int) -> list[tuple[int, str]]:
        named = {one.id: one for one in all_partners(self.session)}
        return [
            (
                one.id,
                one.name or _("Partner: %(name)s", name=self._called(named[one.partner_id or 0])),
            )
            for one in sellers_of(self.session, shop_id)
        ]

    def _called(self, partner: Partner) -> str:
        return str(partner.name.get(self.visitor.w.lang) or partner.code)

    def _page(self, shop_id: int, form: Mapping[str, str], errors: dict[str, str]) -> str:
        w, found = self.visitor.w, shop_by_id(self.session, shop_id)
        network = network_by_id(self.session, found.network_id)
        share = read_share(form["share"], form["activation"], w, {})
        return self.page(
            "shop.html",
            shop=found,
            site=host_of(found.site),
            form=form,
            errors=errors,
            pairs=[
                (_("Network"), _named(network)),
                (_("State"), state_cell(Shown(found, listing_of(self.session, found.id))).text),
                (_("Network pays"), w.percent(found.rate_most)),
                (_("Decides"), hold_said(found.hold_days)),
                (_("Coupons"), w.number(len(coupons_of(self.session, found.id)))),
            ],
            preview=_(
                "%(rate)s of the network × %(share)s = members see %(said)s",
                rate=w.percent(found.rate_most),
                share=w.percent(share),
                said=rate_said(found, share, w),
            )
            if share
            else "",
            example=_(
                "An order of %(sale)s gives %(points)s",
                sale=w.money(1000_00),
                points=w.points(points_of(1000_00 * found.rate_most // WHOLE, share, *w.exchange)),
            )
            if share and found.rate_most
            else "",
            activations={code: _(words) for code, words in ACTIVATIONS.items()},
            words_max=WORDS_MAX,
            sellers=self._sellers(shop_id),
            hows={code: _(words) for code, words in SELLERS.items()},
        )


def read_share(written: str, activation: str, w: Words, errors: dict[str, str]) -> int:
    """A share as a person writes it, in hundredths of a percent; 0 with an error when it is none."""
    try:
        share = read_units(written.removesuffix("%").strip(), 2, w)
        require_terms(share, activation)
    except Refusal as no:
        field = "activation" if no.code == "listing_activation" else "share"
        errors[field] = (
            _("Choose when points are given")
            if field == "activation"
            else _("Write a share above zero, 100 % at most")
        )
        return 0
    return share


def state_of(one: Shown) -> str:
    """Whether members see a shop."""
    if one.shop.state == "closed":
        return "closed"
    return "shown" if one.listing is not None and one.listing.shown else "hidden"


def state_cell(one: Shown) -> Cell:
    """The same as a chip."""
    state = state_of(one)
    tone, icon = {"shown": ("good", "check2"), "hidden": ("wait", "slash-circle"), "closed": ("bad", "x-lg")}[
        state
    ]
    return Cell(_(SHOWN[state]), tone=tone, icon=icon)


def alert_said(one: Alert) -> str:
    """What is to be looked at, in words."""
    return _(ALERTS[one.kind]) % {"network": one.network.name, "many": one.many, "shop": one.shop}


def _named(network: Network) -> str:
    return f"{network.name} ({_('demonstration')})" if network.demonstration else network.name
