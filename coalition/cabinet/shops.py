"""Online shops of networks: found by name and category, each with its rate, its coupons and the way there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.offers import actions
from coalition.offers.catalogue import host_of
from coalition.offers.models import Coupon, Listing, Shop
from coalition.offers.queries import (
    Shown,
    coupon_counts,
    coupons_of,
    demonstrates,
    listing_of,
    network_by_id,
    shop_by_id,
    shown_shops,
)
from coalition.offers.worth import WHOLE, member_rate
from tenants.branding.words import Words
from tenants.runtime.errors import NotFound
from tenants.runtime.web import number

ROWS = 60
_SAID_MOST = 100


@dataclass(frozen=True)
class Row:
    """A shop in the list."""

    href: str
    name: str
    about: str
    rate: str
    coupons: str


@dataclass(frozen=True)
class Page:
    """A shop's page."""

    shop_id: int
    name: str
    host: str
    about: str
    rate: str
    pairs: Sequence[tuple[str, str]]
    coupons: Sequence[tuple[str, str, str]]  # what, code, until
    demonstration: bool


@cabinet.get("/shops")
@members_only
def shops(visit: Visit) -> Answer:
    """Shops that fit what was written, by name, some at a time."""
    sought = request.args.get("q", "").strip()[:_SAID_MOST]
    category = request.args.get("category", "")[:_SAID_MOST]
    start = max(request.args.get("start", 0, type=number), 0)
    everything = shown_shops(visit.session, visit.programme.id)
    found = [one for one in everything if fits(one.shop, sought, category)]
    part = found[start : start + ROWS]
    counts = coupon_counts(visit.session)
    older = start + ROWS if start + ROWS < len(found) else None
    asked: dict[str, Any] = {name: value for name, value in (("q", sought), ("category", category)) if value}
    return visit.page(
        "shops.html",
        here="more",
        rows=[_row(visit, one, counts.get(one.shop.id, 0)) for one in part],
        categories=sorted({name for one in everything for name in one.shop.categories}),
        q=sought,
        category=category,
        found=ngettext("%(count)s shop", "%(count)s shops", len(found), count=visit.w.number(len(found))),
        any_at_all=bool(everything),
        demonstration=demonstrates(visit.session, visit.programme.id),
        newer=url_for("cabinet.shops", **asked) if start else None,
        older=url_for("cabinet.shops", **asked, start=older) if older else None,
    )


@cabinet.get("/shops/<int:shop_id>")
@members_only
def shop(visit: Visit, shop_id: int) -> Answer:
    """One shop."""
    return visit.page("shop.html", here="more", told=_page(visit, *_shown(visit, shop_id)))


@cabinet.post("/shops/<int:shop_id>/go")
@members_only
def go_to_shop(visit: Visit, shop_id: int) -> Answer:
    """The way to the shop, made for this one visit of hers.

    Not by a redirect: the answer to a form may lead to no other site (Content-Security-Policy, form-action).
    """
    link = actions.click(visit.session, visit.actor, member_id=visit.member_id, shop_id=shop_id)
    return visit.page("shop_go.html", here="more", told=_page(visit, *_shown(visit, shop_id)), link=link)


def fits(shop: Shop, sought: str, category: str) -> bool:
    """Whether a shop is among those that are looked for. Pure."""
    if category and category not in shop.categories:
        return False
    folded = sought.casefold()
    return not folded or folded in shop.name.casefold() or folded in host_of(shop.site)


def _shown(visit: Visit, shop_id: int) -> tuple[Shop, Listing]:
    """A shop that members of her programme see; NotFound("shop_unknown")."""
    found, listing = shop_by_id(visit.session, shop_id), listing_of(visit.session, shop_id)
    mine = network_by_id(visit.session, found.network_id).programme_id == visit.programme.id
    if listing is None or not listing.shown or found.state != "active" or not mine:
        raise NotFound("shop_unknown")
    return found, listing


def rate_said(shop: Shop, share: int, w: Words) -> str:
    """What of a purchase comes back, as a member is told it."""
    most, least = member_rate(shop.rate_most, share), member_rate(shop.rate_least, share)
    if most:
        said = w.percent(most)
        return _("up to %(rate)s", rate=said) if least != most or shop.fixed_most else said
    fixed = shop.fixed_most * share // WHOLE
    return (
        _("up to %(money)s", money=w.money(fixed))
        if fixed and shop.currency == w.currency
        else _("see the terms")
    )


def _row(visit: Visit, one: Shown, coupons: int) -> Row:
    assert one.listing is not None, "the query asks for it"
    said = (
        ngettext("%(count)s coupon", "%(count)s coupons", coupons, count=visit.w.number(coupons))
        if coupons
        else ""
    )
    return Row(
        url_for("cabinet.shop", shop_id=one.shop.id),
        one.shop.name,
        ", ".join(one.shop.categories[:2]),
        rate_said(one.shop, one.listing.share, visit.w),
        said,
    )


def _page(visit: Visit, found: Shop, listing: Listing) -> Page:
    w = visit.w
    return Page(
        shop_id=found.id,
        name=found.name,
        host=host_of(found.site),
        about=visit.said(listing.words) if listing.words else found.about,
        rate=rate_said(found, listing.share, w),
        pairs=[
            (_("Comes back to you"), _("%(rate)s of the order in points", rate=rate_said(found, listing.share, w))),
            (_("The shop decides"), hold_said(found.hold_days)),
            (_("Points are yours"), _("when the shop has confirmed the order") if listing.activation == "approved"
             else _("when the shop has confirmed and paid for the order")),
        ],
        coupons=[_coupon(one, w) for one in coupons_of(visit.session, found.id)],
        demonstration=network_by_id(visit.session, found.network_id).demonstration,
    )  # fmt: skip


def hold_said(days: int | None) -> str:
    """How long a shop takes, in words."""
    if days is None:
        return _("as a rule within two months")
    if days == 0:
        return _("at once")
    return ngettext("in %(num)s day on average", "in %(num)s days on average", days)


def _coupon(one: Coupon, w: Words) -> tuple[str, str, str]:
    until = _("until %(day)s", day=w.day(w.day_of(one.ends_at))) if one.ends_at else _("It has no last day")
    return one.name, one.code, until
