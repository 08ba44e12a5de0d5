"""A shop's receipts played through a running server by several tills at once, as fast as it answers."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles

from partner_portal.till.client import Refused, Till
from partner_portal.till.receipts import Asked


@dataclass
class Played:
    """What came of it: how many were answered, how, and how long each took (seconds)."""

    sales: int = 0
    returns: int = 0
    waiting: int = 0  # returns of a sale that is not known
    refused: Counter[str] = field(default_factory=Counter)
    points: int = 0  # what sales gave when they were booked, less what returns took
    seconds: float = 0
    took: list[float] = field(default_factory=list)

    def add(self, other: "Played") -> None:
        """Take another till's results along."""
        self.sales += other.sales
        self.returns += other.returns
        self.waiting += other.waiting
        self.refused += other.refused
        self.points += other.points
        self.took += other.took

    def share(self, percent: int) -> float:
        """The time within which so many percent were answered, in milliseconds."""
        if len(self.took) < 2:
            return 1000 * sum(self.took)
        return 1000 * quantiles(self.took, n=100)[percent - 1]


def play(
    customers: Sequence[Sequence[Asked]],
    open_till: Callable[[], Till],
    tills: int,
    tell: Callable[[int], None],
) -> Played:
    """Play every customer's receipts in their order; the tills share the customers, and `tell` hears the progress."""
    begun = time.monotonic()
    whole = Played()
    with ThreadPoolExecutor(tills) as pool:
        work = [pool.submit(_play, customers[i::tills], open_till, tell) for i in range(tills)]
        for one in work:
            whole.add(one.result())
    whole.seconds = time.monotonic() - begun
    return whole


def _play(
    customers: Sequence[Sequence[Asked]], open_till: Callable[[], Till], tell: Callable[[int], None]
) -> Played:
    till, found = open_till(), Played()
    try:
        for receipts in customers:
            for asked in receipts:
                _ask(till, asked, found)
            tell(len(receipts))
    finally:
        till.close()
    return found


def _ask(till: Till, asked: Asked, found: Played) -> None:
    begun = time.monotonic()
    try:
        answer = till.write(asked.path, asked.body)
    except Refused as refused:
        found.refused[refused.code] += 1
        return
    found.took.append(time.monotonic() - begun)
    found.points += answer["points"]
    if asked.path == "/purchases":
        found.sales += 1
    else:
        found.returns += 1
        found.waiting += answer["state"] == "waiting"
