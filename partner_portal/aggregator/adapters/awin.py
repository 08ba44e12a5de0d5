"""Awin: a token for its user, lists without pages, orders by three of their dates in windows of 31 days.

The shapes are those of its documentation for publishers (GET programmes, programmedetails and transactions; transaction
notifications, whose POST holds JSON in one form field). It answers 20 calls a minute, so shops are asked for a few at a
time. Coupons and questions about lost orders are not among what it documents for programs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

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

SHOPS = 15
"""Each is a call of its own, and the list another one: fewer than a minute's twenty."""
SECOND = "%Y-%m-%dT%H:%M:%S"
STATES = {"pending": "pending", "approved": "approved", "declined": "declined", "deleted": "declined"}


class Awin:
    """The kind of network."""

    code = "awin"
    secrets: Sequence[str] = ("token",)
    options: Sequence[str] = ("publisher",)
    fields: Sequence[str] = (
        "transactionId",
        "clickRef",
        "commission",
        "transactionAmount",
        "transactionCurrency",
    )
    takes_lost = False

    def check(self, options: Mapping[str, Any]) -> None:
        """Refusal("network_option") where it is not the number that stands in its addresses."""
        number_of(options, "publisher")

    def link(self, link: str, token: str, _options: Mapping[str, Any]) -> str:
        """Our word is the `clickref` of the link."""
        return with_query(link, clickref=token)

    def hint(self, said: Mapping[str, str], _options: Mapping[str, Any]) -> Hint:
        """The fields of a transaction notification."""
        unit = told.or_empty(told.currency, said.get("transactionCurrency"))
        return Hint(
            token=said.get("clickRef", ""),
            external_id=told.or_empty(told.key, said.get("transactionId")),
            sale=told.money_or_none(said.get("transactionAmount"), unit),
            commission=told.money_or_none(said.get("commission"), unit),
            currency=unit,
        )

    def ask(self, at: str, secrets: Mapping[str, str], options: Mapping[str, Any]) -> "Asked":
        """The network at an address."""
        return Asked(at.rstrip("/"), secrets["token"], number_of(options, "publisher"))


class Asked:
    """Awin at an address, asked for one publisher."""

    views: Sequence[str] = ("transaction", "validation", "amendment")
    window_days = 31
    pause_seconds = 60

    def __init__(self, at: str, token: str, publisher: str) -> None:
        self._at, self._token, self._publisher = at, token, publisher

    def shops(self, offset: int, limit: int) -> Page[ShopTold]:
        """Programmes that the publisher has joined, each with its details."""
        rows = rows_of(self._json("programmes", relationship="joined"))
        part = rows[offset : offset + min(limit, SHOPS)]
        details = [self._details(row) for row in part]
        after = offset + len(part)
        found = page_of(details, _shop, after if after < len(rows) and part else None)
        return Page(found.rows, found.after, found.unread)

    def _details(self, row: Any) -> Any:
        number = row.get("id") if isinstance(row, dict) else None
        body = self._json("programmedetails", advertiserId=str(number)) if isinstance(number, int) else None
        return {"id": number, "row": row, "details": body}

    def coupons(self, offset: int, limit: int) -> Page[CouponTold]:
        """None: they come by another way than this."""
        return Page((), None)

    def orders(self, view: str, since: datetime, until: datetime, offset: int) -> Page[OrderTold]:
        """The list of transactions, which has no pages."""
        dates = {"startDate": since.strftime(SECOND), "endDate": until.strftime(SECOND), "timezone": "UTC"}
        rows = rows_of(self._json("transactions/", **dates, dateType=view))
        return page_of(rows, _order, None)

    def paid(self, since: datetime, until: datetime, offset: int) -> Page[OrderTold]:
        """Those of the list by the date of the transaction that it has paid."""
        page = self.orders("transaction", since, until, offset)
        return Page([one for one in page.rows if one.state == "paid"], page.after, page.unread)

    def file_lost(self, lost: Lost) -> str:
        """It takes no questions from programs."""
        raise Refusal("lost_not_taken")

    def lost_answers(self, offset: int) -> Page[tuple[str, str, str]]:
        """So there are no answers."""
        return Page((), None)

    def _json(self, what: str, **query: str) -> Any:
        url = f"{self._at}/publishers/{self._publisher}/{what}"
        headers = {"Authorization": f"Bearer {self._token}"}
        return client.read_json(client.ask_whole(url, query=query, headers=headers))


def _shop(row: Any) -> ShopTold:
    info, details = row["row"], row["details"]
    if not isinstance(details, dict):
        raise Outage("network_away", why="its answer cannot be read")
    unit = told.currency(info["currencyCode"])
    rates, fixed = [], 0
    for one in details.get("commissionRange") or ():
        if one["type"] == "percentage":
            rates += [told.rate(one["min"]), told.rate(one["max"])]
        else:
            fixed = max(fixed, told.minor(one["max"], unit))
    days = (details.get("kpi") or {}).get("validationDays")
    sector = (details.get("programmeInfo") or {}).get("primarySector")
    return ShopTold(
        external_id=told.key(info["id"]),
        name=told.named(info["name"]),
        site=address(info["displayUrl"]),
        link=address(info["clickThroughUrl"]),
        currency=unit,
        about=told.about(info.get("description")),
        categories=(told.plain(sector),) if told.plain(sector) else (),
        rate_least=min(rates, default=0),
        rate_most=max(rates, default=0),
        fixed_most=fixed,
        hold_days=days if isinstance(days, int) and 0 <= days <= 1000 else None,
    )


def _order(row: Any) -> OrderTold:
    sale, commission = row["saleAmount"], row["commissionAmount"]
    unit, state = told.currency(sale["currency"]), STATES[row["commissionStatus"]]
    if told.currency(commission["currency"]) != unit:
        raise ValueError("two currencies")
    if state == "approved" and row.get("paidToPublisher") is True:
        state = "paid"
    at = ordered(moment(row["transactionDate"], SECOND))
    decided = moment(row["validationDate"], SECOND) if row.get("validationDate") else at
    return OrderTold(
        external_id=told.key(row["id"]),
        token=str((row.get("clickRefs") or {}).get("clickRef") or ""),
        shop=told.key(row["advertiserId"]),
        state=state,
        sale=told.minor(sale["amount"], unit),
        commission=told.minor(commission["amount"], unit),
        currency=unit,
        ordered_at=at,
        amended_at=max(at, decided),
        reason=told.plain(row.get("declineReason") or row.get("amendReason"), 300),
    )
