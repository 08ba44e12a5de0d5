"""What a till's sale loses when ten times as many members and purchases are stored."""

import random
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.load import Load
from bench.online import WARM_SECONDS, audited, loaded, opened, purchases, served
from tenants import process
from tenants.runtime.settings import Settings

MONTHS = 10
"""Purchases that each member has made."""


class Figures(NamedTuple):
    """Rounds of sales over HTTP, with few and with many members."""

    few: list[Load]
    many: list[Load]

    @property
    def failed(self) -> int:
        """Answers that were no success; where there are any, the ratio says nothing."""
        return sum(one.failed for one in (*self.few, *self.many))

    @property
    def ratio(self) -> float:
        """What is left of the rate: the median of the rounds, each of which asks both."""
        return median(many.rate / few.rate for few, many in zip(self.few, self.many, strict=True))


def measure(chosen: Settings, *, few: int, many: int, seconds: float, rounds: int = 5) -> Figures:
    """Both banks stand beside each other and are asked by turns; the audit of both is clean after it."""
    with ExitStack() as stack:
        banks = []
        for members in (few, many):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coalition-bench-")))
            bank = stack.enter_context(opened(chosen, folder, members, f"coalition_bench_{members}", MONTHS))
            banks.append((members, bank))
        # Only now: a till's token lives shorter than it takes to store ten million purchases.
        tills = []
        for members, bank in banks:
            process.begin(bank)
            tills.append((stack.enter_context(served(bank)), members, bank))
        draw = random.Random(few)  # noqa: S311
        for till, members, _ in tills:
            loaded(till, purchases(till, draw, members), WARM_SECONDS)
        found = [
            [loaded(till, purchases(till, draw, members), seconds) for till, members, _ in tills]
            for _ in range(rounds)
        ]
        for _, _, bank in tills:
            process.begin(bank)
            audited()
        return Figures([one for one, _ in found], [other for _, other in found])
