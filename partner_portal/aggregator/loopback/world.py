"""What the network on loopback knows: shops, clicks, orders with all that becomes of them, and the trouble it makes."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

BRANDS = Path(__file__).parent / "data" / "brands.csv"
REASONS = ("Заказ отменён покупателем", "Товар возвращён", "Заказ не оплачен", "Использован чужой промокод")
TRANSLIT = str.maketrans(
    dict(zip("абвгдеёзийклмнопрстуфхыэ", "abvgdeezijklmnoprstufhye", strict=True))
    | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}
)


@dataclass
class Shop:
    """A shop: its rate in hundredths of a percent, days until it decides."""

    id: int
    name: str
    category: str
    host: str
    rate: int
    hold: int
    active: bool = True
    about: str = ""


@dataclass(frozen=True)
class Event:
    """What happens to an order at a moment; `shown_at` is when the reports have it, `dated` what they date it.

    Paying changes no date of an order, at no network that we know.
    """

    at: datetime
    shown_at: datetime
    state: str
    sale: int
    commission: int
    reason: str = ""
    paid: bool = False
    dated: datetime | None = None

    @property
    def amended_at(self) -> datetime:
        """The date that reports have."""
        return self.dated or self.at


@dataclass
class Order:
    """An order with its whole story; what has not happened yet is not told."""

    id: int
    subid: str
    shop: Shop
    clicked_at: datetime
    events: list[Event]

    def last(self, now: datetime, *, shown: bool = True) -> Event | None:
        """What is known of it at a moment, to its reports or in truth."""
        known = [one for one in self.events if (one.shown_at if shown else one.at) <= now]
        return known[-1] if known else None


@dataclass
class Lost:
    """A question about an order that the network does not know."""

    id: int
    campaign: int
    order_id: str
    comment: str
    filed_at: datetime


@dataclass
class World:
    """The network. `pace` shortens its days: 1 for real ones. Orders are numbered from `first` on."""

    seed: int
    count: int
    now: datetime
    pace: float = 1.0
    buys: float = 0.7
    chaos: float = 1.0
    trouble: dict[str, Any] = field(default_factory=dict)
    first: int = 5_000_000

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311  a story that can be told again, no secret
        self.shops = list(_shops(self.random, self.count))
        self.orders: list[Order] = []
        self.clicks: list[tuple[datetime, str, Shop]] = []
        self.lost: list[Lost] = []
        self._told = 0  # clicks that have been decided about
        self._events: list[tuple[datetime, Order, Event]] = []
        self.outbox: list[tuple[datetime, dict[str, str]]] = []

    def shop(self, number: int) -> Shop | None:
        """A shop by its id."""
        return next((one for one in self.shops if one.id == number), None)

    def click(self, shop: Shop, subid: str) -> None:
        """Somebody came by a link."""
        self.clicks.append((self.now, subid, shop))

    def move(self, now: datetime) -> None:
        """Let time pass: clicks become orders, orders get on, postbacks are written."""
        self.now = max(self.now, now)
        for at, subid, shop in self.clicks[self._told :]:
            for _ in range(self.random.choice((1, 1, 1, 2)) if self.random.random() < self.buys else 0):
                self._order(at, subid, shop)
        self._told = len(self.clicks)

    def _order(self, at: datetime, subid: str, shop: Shop) -> None:
        order = Order(self.first + len(self.orders), subid, shop, at, [])
        order.events = list(self._story(at, shop))
        self.orders.append(order)
        for event in order.events:
            self._tell(order, event)

    def tell(self, sale: int, story: list[tuple[float, str, str]]) -> None:
        """Let the last click be an order of this sum with a story that is said: (days after it, state, reason)."""
        at, subid, shop = self.clicks[-1]
        self._told = len(self.clicks)
        order = Order(self.first + len(self.orders), subid, shop, at, [])
        for days, state, reason in story:
            when = at + self._days(days)
            order.events.append(Event(when, when, state, sale, sale * shop.rate // 10_000, reason))
        self.orders.append(order)

    def _days(self, days: float) -> timedelta:
        return timedelta(days=days * self.pace)

    def _story(self, at: datetime, shop: Shop) -> Iterator[Event]:
        """A random life of an order: it is tracked, amended, decided, paid, taken back."""
        random, sale = self.random, self.random.randrange(50_00, 30_000_00)
        when = at + self._days(random.uniform(0.01, 0.5))

        def event(state: str, reason: str = "", *, dated: datetime | None = None) -> Event:
            late = self._days(random.uniform(0, 1.5) * self.chaos)
            commission = sale * shop.rate // 10_000
            return Event(when, when + late, state, sale, commission, reason, dated is not None, dated)

        yield event("pending")
        if random.random() < 0.35:
            when += self._days(random.uniform(0.2, 3))
            sale = sale * random.choice((30, 60, 90, 120)) // 100
            yield event("pending")
        if random.random() < 0.15:
            when += self._days(random.uniform(0.1, 1))
            yield event("approved_but_stalled")
        when += self._days(random.uniform(1, 9))
        if random.random() < 0.25:
            yield event("declined", random.choice(REASONS))
            if random.random() < 0.3:
                when += self._days(random.uniform(0.5, 4))
                yield event("approved")
            return
        yield event("approved")
        fate, approved = random.random(), when
        when += self._days(random.uniform(0.5, 7))
        if fate < 0.2:
            yield event("declined", random.choice(REASONS))
        elif fate < 0.35:
            sale = sale * random.choice((40, 80, 110)) // 100
            yield event("approved")
        elif fate < 0.7:
            yield event("approved", dated=approved)

    def _tell(self, order: Order, event: Event) -> None:
        """A postback of what happened: lost, late, twice, in any order, and now and then a forged one."""
        random = self.random
        said = {
            "subid": order.subid, "action_id": str(order.id), "order_sum": _money(event.sale), "currency": "RUB",
            "payment_sum": _money(event.commission), "payment_status": event.state, "offer_id": str(order.shop.id),
        }  # fmt: skip
        if random.random() < 0.2 * self.chaos:
            return
        for _ in range(random.choice((1, 1, 1, 3)) if self.chaos else 1):
            self.outbox.append((event.at + self._days(random.uniform(0, 2) * self.chaos), said))
        if random.random() < 0.15 * self.chaos:
            forged = random.choice(
                (
                    {"subid": "a" * 26}, {"currency": "USD"}, {"order_sum": _money(event.sale * 10)},
                    {"payment_sum": _money(event.sale * 10)}, {"unsigned": "1", "action_id": str(9_000_000 + order.id)},
                    {"action_id": str(8_000_000 + order.id)},
                )
            )  # fmt: skip
            self.outbox.append((event.at, said | forged))

    def postbacks(self) -> list[dict[str, str]]:
        """What has to be sent by now, in no order at all; each time what is new."""
        due = [said for at, said in self.outbox if at <= self.now]
        self.outbox = [one for one in self.outbox if one[0] > self.now]
        if self.chaos:
            self.random.shuffle(due)
        return due

    def truth(self) -> list[dict[str, Any]]:
        """Every order as it stands in truth at this moment, shown in reports or not."""
        found = [(order, order.last(self.now, shown=False)) for order in self.orders]
        return [
            {
                "id": order.id, "subid": order.subid, "shop": order.shop.id, "state": event.state, "paid": event.paid,
                "sale": event.sale, "commission": event.commission,
            }
            for order, event in found if event is not None
        ]  # fmt: skip


def _shops(random: Random, count: int) -> Iterator[Shop]:
    with BRANDS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number in range(count):
        row, lap = rows[number % len(rows)], number // len(rows)
        name = row["name"] + (f" {lap + 1}" if lap else "")
        letters = "".join(one for one in name.lower().translate(TRANSLIT) if one.isascii() and one.isalnum())
        host = f"{letters or 'shop'}-{number}.example"
        rate = random.choice((150, 225, 300, 480, 575, 750, 1000, 1250, 2000))
        yield Shop(30_000 + number, name, row["category"], host, rate, random.choice((7, 14, 30, 45, 60)))


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def shop_row(shop: Shop, base: str) -> dict[str, Any]:
    """A programme of the list for an ad space."""
    percent = f"{shop.rate // 100}.{shop.rate % 100:02d}".rstrip("0").rstrip(".")
    return {
        "id": shop.id,
        "name": shop.name,
        "status": "active" if shop.active else "disabled",
        "connection_status": "active" if shop.active else "declined",
        "rating": "5.00",
        "image": "",
        "description": shop.about or f"<p>{shop.name}: <b>{shop.category}</b></p>",
        "site_url": f"https://{shop.host}/",
        "gotolink": f"{base}/g/{shop.id}/",
        "currency": "RUB",
        "avg_hold_time": shop.hold,
        "regions": [{"region": "RU"}],
        "categories": [{"id": 1, "name": shop.category}],
        "actions": [{"id": 1, "name": "Оплаченный заказ", "type": "sale", "payment_size": f"{percent}%"}],
    }


def coupon_row(shop: Shop, number: int, base: str) -> dict[str, Any]:
    """A coupon of the list for an ad space."""
    is_code = number % 3 != 0
    return {
        "id": shop.id * 100 + number,
        "status": "active",
        "campaign": {"id": shop.id, "name": shop.name, "site_url": f"https://{shop.host}/"},
        "name": f"Скидка {5 + number * 5}% на заказ" if is_code else "Бесплатная доставка",
        "short_name": "",
        "description": "",
        "species": "promocode" if is_code else "action",
        "promocode": f"SALE{number}{shop.id % 1000}" if is_code else "НЕ НУЖЕН",
        "discount": f"{5 + number * 5}%" if is_code else None,
        "date_start": "2026-01-01T00:00:00",
        "date_end": None if number % 2 else "2036-12-31T23:59:00",
        "regions": ["RU"],
        "language": "ru",
        "goto_link": f"{base}/g/{shop.id}/?i=3",
    }


def order_row(order: Order, event: Event) -> dict[str, Any]:
    """A row of the report by actions."""
    first = order.events[0]
    return {
        "action_id": order.id,
        "status": event.state,
        "paid": 1 if event.paid else 0,
        "comment": event.reason or None,
        "advcampaign_id": order.shop.id,
        "advcampaign_name": order.shop.name,
        "cart": event.sale / 100,
        "payment": event.commission / 100,
        "currency": "RUB",
        "subid": order.subid,
        "order_id": f"SO-{order.id}",
        "action_date": _at(first.at),
        "click_date": _at(order.clicked_at),
        "status_updated": _at(event.amended_at),
        "closing_date": _at(event.amended_at) if event.state != "pending" else None,
        "action": "Оплаченный заказ",
        "action_type": "sale",
    }


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def dumped(value: Any) -> bytes:
    """JSON as the network writes it."""
    return json.dumps(value, ensure_ascii=False).encode()
