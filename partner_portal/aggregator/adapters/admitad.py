"""Admitad: OAuth 2.0 client credentials, pages of at most 500 rows, orders by three of their dates.

The shapes are those of its documentation for publishers (developers.admitad.com: client authorization, programs for an
ad space, coupons for an ad space, reports by actions, lost orders) and of its own Python client.
"""

import base64
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from coalition.money import exponent
from coalition.offers import told
from coalition.offers.told import CouponTold, Hint, Lost, OrderTold, Page, ShopTold
from partner_portal.aggregator import client
from partner_portal.aggregator.adapters.reading import (
    address,
    moment,
    number_of,
    ordered,
    page_of,
    rows_of,
    with_query,
)
from tenants.runtime.errors import Outage, Refusal

PAGE = 500
DAY, SECOND, ANSWERED = "%d.%m.%Y", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"
COUPON_AT = "%Y-%m-%dT%H:%M:%S"
SCOPES = "advcampaigns_for_website coupons_for_website statistics lost_orders manage_lost_orders"
STATES = {
    "pending": "pending",
    "approved": "approved",
    "declined": "declined",
    "approved_but_stalled": "on_hold",
}
_tokens: dict[tuple[str, str], tuple[str, float]] = {}
_guard = threading.Lock()


class Admitad:
    """The kind of network."""

    code = "admitad"
    secrets: Sequence[str] = ("client_id", "client_secret")
    options: Sequence[str] = ("website",)
    takes_lost = True
    fields: Sequence[str] = (
        "subid",
        "action_id",
        "admitad_id",
        "order_sum",
        "payment_sum",
        "currency",
    )

    def check(self, options: Mapping[str, Any]) -> None:
        """Refusal("network_option") where it is not the number that stands in its addresses."""
        number_of(options, "website")

    def link(self, link: str, token: str, _options: Mapping[str, Any]) -> str:
        """Our word is the `subid` of the link."""
        return with_query(link, subid=token)

    def hint(self, said: Mapping[str, str], _options: Mapping[str, Any]) -> Hint:
        """The fields that a postback address of ours asks for: subid, order_id or admitad_id, and the sums."""
        unit = told.or_empty(told.currency, said.get("currency"))
        return Hint(
            token=said.get("subid", ""),
            external_id=told.or_empty(told.key, said.get("action_id") or said.get("admitad_id")),
            sale=told.money_or_none(said.get("order_sum"), unit),
            commission=told.money_or_none(said.get("payment_sum"), unit),
            currency=unit,
        )

    def ask(self, at: str, secrets: Mapping[str, str], options: Mapping[str, Any]) -> "Asked":
        """The network at an address."""
        return Asked(at.rstrip("/"), secrets, number_of(options, "website"))


class Asked:
    """Admitad at an address, asked for one ad space."""

    views: Sequence[str] = ("date", "status_updated", "closing_date")
    window_days = 90
    pause_seconds = 0

    def __init__(self, at: str, secrets: Mapping[str, str], website: str) -> None:
        self._at, self._secrets, self._website = at, secrets, website

    def shops(self, offset: int, limit: int) -> Page[ShopTold]:
        """Programmes that the ad space takes part in, and those that it no longer does."""
        return self._page(f"/advcampaigns/website/{self._website}/", {}, offset, limit, _shop)

    def coupons(self, offset: int, limit: int) -> Page[CouponTold]:
        """Coupons for the ad space."""
        return self._page(f"/coupons/website/{self._website}/", {}, offset, limit, _coupon)

    def orders(self, view: str, since: datetime, until: datetime, offset: int) -> Page[OrderTold]:
        """The report by actions; dates of days include the last one."""
        written = SECOND if view == "status_updated" else DAY
        query = {
            f"{view}_start": since.strftime(written),
            f"{view}_end": until.strftime(written),
            "website": self._website,
            "order_by": "datetime",
        }
        return self._page("/statistics/actions/", query, offset, PAGE, _order)

    def paid(self, since: datetime, until: datetime, offset: int) -> Page[OrderTold]:
        """The same report by the date of the action, of those that it has paid."""
        query = {
            "date_start": since.strftime(DAY),
            "date_end": until.strftime(DAY),
            "website": self._website,
            "order_by": "datetime",
            "paid": "1",
        }
        return self._page("/statistics/actions/", query, offset, PAGE, _order)

    def file_lost(self, lost: Lost) -> str:
        """Create a lost order."""
        form = {
            "campaign": lost.shop,
            "website": self._website,
            "order_id": lost.reference,
            "order_date": lost.ordered_on.strftime(DAY),
            "order_price": str(Decimal(lost.sale).scaleb(-exponent(lost.currency))),
            "comment": f"subid {lost.token}",
            "appeal_id": lost.number,
        }
        number = told.or_empty(told.key, self._json("POST", "/lost_orders/create/", form=form).get("id"))
        if not number:  # it has taken nothing that could be asked for
            raise Refusal("network_refused", status=200)
        return number

    def lost_answers(self, offset: int) -> Page[tuple[str, str, str]]:
        """All lost orders of the ad space with their states."""
        return self._page("/lost_orders/", {"website": self._website}, offset, PAGE, _answer)

    def _page(self, path: str, query: Mapping[str, str], offset: int, limit: int, read: Any) -> Page[Any]:
        size = min(limit, PAGE)
        most = client.BYTES_MAX if size > 1 else client.ROW_BYTES_MAX
        asked = {**query, "limit": str(size), "offset": str(offset)}
        body = self._json("GET", path, query=asked, most=most)
        rows, meta = rows_of(body.get("results")), body.get("_meta")
        count = meta.get("count") if isinstance(meta, dict) else None
        if not isinstance(count, int) or (len(rows) < size and offset + len(rows) < count):
            raise Outage("network_away", why="its answer is cut")
        after = offset + len(rows)
        return page_of(rows, read, after if after < count and rows else None)

    def _json(self, method: str, path: str, **asked: Any) -> dict[str, Any]:
        for anew in (False, True):
            headers = {"Authorization": f"Bearer {self._token(anew=anew)}"}
            try:
                body = client.read_json(client.ask(method, self._at + path, headers=headers, **asked))
            except Refusal as no:
                if anew or no.facts.get("status") != 401:
                    raise
                continue
            if not isinstance(body, dict):
                raise Outage("network_away", why="its answer cannot be read")
            return body
        raise AssertionError("the second time either answers or raises")

    def _token(self, *, anew: bool) -> str:
        """The bearer token, kept for as long as it holds."""
        name = (self._at, self._secrets["client_id"])
        with _guard:
            kept = _tokens.get(name)
            if kept is not None and not anew and kept[1] > time.monotonic():
                return kept[0]
        pair = f"{self._secrets['client_id']}:{self._secrets['client_secret']}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        form = {"grant_type": "client_credentials", "client_id": self._secrets["client_id"], "scope": SCOPES}
        body = client.read_json(client.ask("POST", f"{self._at}/token/", headers=headers, form=form))
        token, seconds = body.get("access_token"), body.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise Outage("network_away", why="it gave no token")
        with _guard:
            _tokens[name] = (token, time.monotonic() + max(seconds - 60, 0))
        return token


def _shop(row: Any) -> ShopTold:
    rates, fixed = [], 0
    unit = told.currency(row["currency"])
    for action in row["actions"]:
        size = str(action.get("payment_size") or "")
        if size.endswith("%"):
            rates += [told.rate(part) for part in size.rstrip("%").split("-")]
        elif size.endswith(unit):
            fixed = max(fixed, told.minor(size.removesuffix(unit), unit))
    hold = row.get("avg_hold_time")
    active = row.get("status") == "active" and row.get("connection_status") == "active"
    return ShopTold(
        external_id=told.key(row["id"]),
        name=told.named(row["name"]),
        site=address(row["site_url"]),
        link=address(row["gotolink"]),
        currency=unit,
        about=told.about(row.get("description")),
        categories=tuple(dict.fromkeys(told.plain(one["name"]) for one in row.get("categories") or ())),
        rate_least=min(rates, default=0),
        rate_most=max(rates, default=0),
        fixed_most=fixed,
        hold_days=hold if isinstance(hold, int) and 0 <= hold <= 1000 else None,
        active=active,
    )


def _coupon(row: Any) -> CouponTold:
    code = str(row.get("promocode") or "")
    return CouponTold(
        external_id=told.key(row["id"]),
        shop=told.key(row["campaign"]["id"]),
        name=told.named(row["name"]),
        # Where a coupon is no code, the network writes that none is needed, in the language of the shop.
        code=told.plain(code, 64) if row.get("species") == "promocode" else "",
        discount=told.plain(row.get("discount"), 40),
        link=address(row["goto_link"]) if row.get("goto_link") else "",
        starts_at=moment(row["date_start"], COUPON_AT) if row.get("date_start") else None,
        ends_at=moment(row["date_end"], COUPON_AT) if row.get("date_end") else None,
    )


def _order(row: Any) -> OrderTold:
    unit, state = told.currency(row["currency"]), STATES[row["status"]]
    if state == "approved" and row.get("paid") in (1, "1"):
        state = "paid"
    at = ordered(moment(row["action_date"], ANSWERED))
    changed = row.get("status_updated") or row["action_date"]
    return OrderTold(
        external_id=told.key(row["action_id"]),
        token=str(row.get("subid") or ""),
        shop=told.key(row["advcampaign_id"]),
        state=state,
        sale=told.minor(row.get("cart"), unit),
        commission=told.minor(row.get("payment"), unit),
        currency=unit,
        ordered_at=at,
        amended_at=max(at, moment(changed, ANSWERED)),
        reason=told.plain(row.get("comment"), 300),
    )


_LOST = {"approved": "accepted", "accepted": "accepted", "declined": "declined", "rejected": "declined"}


def _answer(row: Any) -> tuple[str, str, str]:
    return told.key(row["id"]), _LOST.get(str(row["status"]), "sent"), told.plain(row.get("comment"), 300)
