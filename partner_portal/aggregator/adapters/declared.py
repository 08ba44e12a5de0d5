"""Networks told by a declaration: whose words their postbacks and reports have, and files in place of an API.

A vocabulary says what a network calls our word, the order and the sums; 27 are known (`data/vocabularies.json`). Where
a network has no API that we know, its shops and orders are read from two CSV files at its address: `shops.csv` with the
columns of `SHOP_COLUMNS`, and `orders.csv` with the network's own words as columns, `ordered_at`, `amended_at`, and
`state` where the network has no word for that.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from coalition.offers import told
from coalition.offers.told import CouponTold, Hint, Lost, OrderTold, Page, ShopTold
from partner_portal.aggregator import client
from partner_portal.aggregator.adapters.reading import address, ordered, page_of, with_query
from tenants.runtime.errors import Outage, Refusal

SHOP_COLUMNS = ("id", "name", "site", "link", "currency", "rate", "hold_days", "category", "about")
WORDS: Mapping[str, tuple[str, ...]] = {
    "pending": ("pending", "new", "open", "hold", "0", "waiting"),
    "on_hold": ("on_hold", "stalled"),
    "approved": ("approved", "confirmed", "accept", "accepted", "1", "success"),
    "paid": ("paid",),
    "declined": ("declined", "rejected", "cancel", "cancelled", "canceled", "2", "trash"),
}
"""What networks call states, where a declaration says nothing else (`states` of its options)."""
_FIELD = re.compile("[A-Za-z0-9_.-]{1,40}")


@cache
def vocabularies() -> Mapping[str, Mapping[str, str]]:
    """Every vocabulary by its network."""
    found: Mapping[str, Mapping[str, str]] = json.loads(
        (Path(__file__).parent / "data/vocabularies.json").read_text()
    )
    return found


class Declared:
    """The kind of network."""

    code = "declared"
    secrets: Sequence[str] = ()
    options: Sequence[str] = ("vocabulary", "click_field", "currency")
    takes_lost = False

    @property
    def fields(self) -> Sequence[str]:
        """All words of all vocabularies."""
        return sorted({word for one in vocabularies().values() for word in one.values()})

    def check(self, options: Mapping[str, Any]) -> None:
        """Refusal("network_option") for words, a field, a currency or states that there cannot be."""
        _words(options)
        if not _FIELD.fullmatch(str(options["click_field"])):
            raise Refusal("network_option", option="click_field", why="it has to be a field of an address")
        if not told.or_empty(told.currency, options["currency"]):
            raise Refusal("network_option", option="currency", why="it has to be a code as RUB")
        states = options.get("states", {})
        if not isinstance(states, dict) or not set(map(str, states.values())) <= WORDS.keys():
            why = f"it has to lead the network's words to these: {', '.join(WORDS)}"
            raise Refusal("network_option", option="states", why=why)

    def link(self, link: str, token: str, options: Mapping[str, Any]) -> str:
        """Our word is in the field that the declaration names: by it the network takes it from links."""
        return with_query(link, **{str(options["click_field"]): token})

    def hint(self, said: Mapping[str, str], options: Mapping[str, Any]) -> Hint:
        """What the vocabulary's words say; an order without a number of its own is that of its click."""
        words = _words(options)
        unit = told.or_empty(told.currency, said.get(words.get("currency", "")) or options["currency"])
        token = said.get(words["token"], "")
        return Hint(
            token=token,
            external_id=told.or_empty(told.key, said.get(words.get("order", "")) or token),
            sale=told.money_or_none(said.get(words.get("sale", "")), unit),
            commission=told.money_or_none(said.get(words["commission"]), unit),
            currency=unit,
        )

    def ask(self, at: str, secrets: Mapping[str, str], options: Mapping[str, Any]) -> "Asked":
        """Its files at an address."""
        return Asked(at.rstrip("/"), options)


class Asked:
    """Two files at an address."""

    views: Sequence[str] = ("amended_at",)
    window_days = 366
    pause_seconds = 0

    def __init__(self, at: str, options: Mapping[str, Any]) -> None:
        self._at, self._options = at, options

    def shops(self, offset: int, limit: int) -> Page[ShopTold]:
        """Every shop of the file."""
        rows = self._rows("shops.csv", SHOP_COLUMNS[:5])
        return page_of(rows, _shop, None)

    def coupons(self, offset: int, limit: int) -> Page[CouponTold]:
        """None."""
        return Page((), None)

    def orders(self, view: str, since: datetime, until: datetime, offset: int) -> Page[OrderTold]:
        """Orders of the file that were amended in the window."""
        page = self._orders()
        return Page([one for one in page.rows if since <= one.amended_at < until], None, page.unread)

    def paid(self, since: datetime, until: datetime, offset: int) -> Page[OrderTold]:
        """Orders of the file from the window that are paid."""
        page = self._orders()
        found = [one for one in page.rows if one.state == "paid" and since <= one.ordered_at < until]
        return Page(found, None, page.unread)

    def _orders(self) -> Page[OrderTold]:
        words = _words(self._options)
        needed = [words["token"], words["commission"], "ordered_at", "amended_at"]
        states = {said: state for state, spoken in WORDS.items() for said in spoken} | dict(
            self._options.get("states", {})
        )
        rows = self._rows("orders.csv", needed)
        return page_of(
            rows, lambda row: _order(row, words, states, self._options), None, words.get("order", "")
        )

    def file_lost(self, lost: Lost) -> str:
        """There is nobody to ask."""
        raise Refusal("lost_not_taken")

    def lost_answers(self, offset: int) -> Page[tuple[str, str, str]]:
        """So there are no answers."""
        return Page((), None)

    def _rows(self, name: str, columns: Sequence[str]) -> list[dict[str, str]]:
        body = client.ask_whole(f"{self._at}/{name}").body
        try:
            text = body.decode("utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
        except (UnicodeDecodeError, csv.Error) as broken:
            raise Outage("network_away", why=f"{name} cannot be read") from broken
        # A file that is cut ends in the middle of a line; whoever writes one ends each line.
        if not text.endswith("\n") or (rows and not set(columns) <= rows[0].keys()):
            raise Outage("network_away", why=f"{name} is cut, or has other columns")
        return rows


def _words(options: Mapping[str, Any]) -> Mapping[str, str]:
    found = vocabularies().get(str(options["vocabulary"]))
    if found is None:
        why = f"it has to be one of these: {', '.join(sorted(vocabularies()))}"
        raise Refusal("network_option", option="vocabulary", why=why)
    return found


def _shop(row: Mapping[str, str]) -> ShopTold:
    rate = told.rate(row.get("rate") or "0")
    hold = row.get("hold_days") or ""
    category = told.plain(row.get("category"))
    return ShopTold(
        external_id=told.key(row["id"]),
        name=told.named(row["name"]),
        site=address(row["site"]),
        link=address(row["link"]),
        currency=told.currency(row["currency"]),
        about=told.about(row.get("about")),
        categories=(category,) if category else (),
        rate_least=rate,
        rate_most=rate,
        hold_days=int(hold) if hold.isascii() and hold.isdigit() and len(hold) < 4 else None,
    )


def _order(
    row: Mapping[str, str], words: Mapping[str, str], states: Mapping[str, str], options: Mapping[str, Any]
) -> OrderTold:
    unit = told.currency(row.get(words.get("currency", "")) or options["currency"])
    said = (row.get(words.get("status") or "state") or "").strip().lower()
    return OrderTold(
        external_id=told.key(row.get(words.get("order", "")) or row[words["token"]]),
        token=row[words["token"]],
        shop="",
        state=states[said],
        sale=told.minor(row.get(words.get("sale", "")), unit),
        commission=told.minor(row[words["commission"]], unit),
        currency=unit,
        ordered_at=ordered(_moment(row["ordered_at"])),
        amended_at=_moment(row["amended_at"]),
    )


def _moment(said: str) -> datetime:
    found = datetime.fromisoformat(said)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
