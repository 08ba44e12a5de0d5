"""Плёс: the members of an invented coalition and what they buy, made by a seeded generator; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from admin.demo.names import dice, people
from admin.demo.plyos_terms import BANKS, SHOPS, Outlet, Shop
from coalition.members.importing import BaseRow
from tenants.runtime import clock

ZONE = "Europe/Moscow"
MEMBERS = 48
SEED = 20260611
BEFORE = timedelta(days=14)
"""So long before the month that is closed the coalition opens."""
EVENING = time(21)


@dataclass(frozen=True)
class Calendar:
    """The days of the demonstration: it opens, a month is closed, and today is the last day."""

    opens: date
    month: date
    today: date

    @classmethod
    def of(cls, now: datetime) -> "Calendar":
        """The last month that can be closed by now: an hour after its end, and another to be sure."""
        today = clock.business_day(ZONE, now - timedelta(hours=2))
        month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
        return cls(month - BEFORE, month, today)

    def evenings(self) -> Iterator[datetime]:
        """An evening for every day before today."""
        day = self.opens
        while day < self.today:
            yield datetime.combine(day, EVENING, clock.zone(ZONE))
            day += timedelta(days=1)


@dataclass(frozen=True)
class Sale:
    """A sale at a till, or with `undoes` what is brought back of one; `pays` is whether points pay what they can."""

    reference: str
    at: datetime
    member: int
    shop: Shop
    outlet: Outlet
    kopecks: int
    pays: bool = False
    undoes: str = ""


def plyos_base() -> list[BaseRow]:
    """Clients of both banks in turn; the first of them buys and orders most."""
    rnd = dice(SEED)
    return [
        BaseRow(number, person, (f"plyos{rnd.getrandbits(40):010x}",), (BANKS[number % 2],), date(2021, 3, 1))
        for number, person in enumerate(people("ru", MEMBERS, SEED), 1)
    ]


def sales_of(day: date) -> list[Sale]:
    """What is sold on a day, in the order of its time: the same day is the same sales, whenever it is asked about."""
    rnd = dice(SEED + day.toordinal())
    found = []
    for shop in SHOPS:
        for number in range(shop.a_day):
            minute = rnd.randrange(9 * 60, 20 * 60)
            at = datetime.combine(day, time(minute // 60, minute % 60), clock.zone(ZONE))
            low, high = shop.low, shop.high
            found.append(
                Sale(
                    f"{shop.code[:2]}-{day:%y%m%d}-{number + 1:02}",
                    at,
                    int(rnd.triangular(0, MEMBERS, 0)),
                    shop,
                    rnd.choice(shop.outlets),
                    int(rnd.triangular(low, high, low + (high - low) / 5) * 100),
                    pays=rnd.random() < 0.25,
                )
            )
    return sorted(found, key=lambda one: one.at)


def brought_back(day: date) -> list[Sale]:
    """What is brought back on a day: every fourth day the first sale at the grocer's of two days before, as a whole."""
    if day.toordinal() % 4:
        return []
    sold = [one for one in sales_of(day - timedelta(days=2)) if one.shop is SHOPS[0] and not one.pays]
    return [
        Sale(
            f"{one.reference}-r",
            datetime.combine(day, time(20, 30), clock.zone(ZONE)),
            one.member,
            one.shop,
            one.outlet,
            one.kopecks,
            undoes=one.reference,
        )
        for one in sold[:1]
    ]
