"""The engine by itself, in memory: one purchase among few and many promotions, the index, and a replay of the past."""

import random
import time
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from bench import seed
from coalition.promotions.case import Facts, Line, Setting, Units
from coalition.promotions.compiling import compile_index
from coalition.promotions.document import Document
from coalition.promotions.engine import Past, evaluate, replay
from coalition.promotions.index import Codes, Index, Published, microseconds
from coalition.promotions.periods import month_of

FEW, MANY = 10, 10_000
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_CODES = Codes(
    {f"p{i}": i for i in range(1, seed.PARTNERS + 1)},
    {f"s{i}": i for i in range(seed.SEGMENTS)},
    {f"funder{i}": i + 1 for i in range(seed.FUNDERS)},
)
_NOWHERE = 10**6  # a partner that no purchase is at


class Figures(NamedTuple):
    """Seconds and megabytes: a purchase among few and many, compiling many and one more, replaying a year."""

    few: float
    many: float
    compiled: float
    compiled_again: float
    index_mb: float
    replayed_200: float
    replayed_10_000: float


def measure() -> Figures:
    """Measure all of it, each the best of several rounds in this one run."""
    documents = list(seed.documents(MANY))
    apart = Codes({**_CODES.partners, "nowhere": _NOWHERE}, _CODES.segments, _CODES.participants)
    matching = documents[:FEW]
    for_all = [_everywhere(document) for document in matching]
    others = [_elsewhere(document) for document in documents[FEW:]]
    few, many = _index(for_all, apart), _index([*for_all, *others], apart)
    ratio_few, ratio_many = _purchase(few), _purchase(many)
    compiled, compiled_again = _compiled(documents)
    tracemalloc.start()
    index = _index(documents, _CODES)
    size = tracemalloc.get_traced_memory()[0] / 1_000_000
    tracemalloc.stop()
    usual = _index(list(seed.documents(200)), _CODES)
    return Figures(ratio_few, ratio_many, compiled, compiled_again, size, _replayed(usual), _replayed(index))


def _index(documents: Sequence[Document], codes: Codes) -> Index:
    return _compile(_published(documents), codes)


def _published(documents: Sequence[Document]) -> list[Published]:
    return [Published(i, i, _BEGIN, None, _BEGIN, document) for i, document in enumerate(documents, 1)]


def _compile(published: Sequence[Published], codes: Codes, like: Index | None = None) -> Index:
    setting = Setting(Units(0, 2))
    return compile_index(published, number=1, setting=setting, codes=codes, delay_days=0, like=like)


def _compiled(documents: Sequence[Document]) -> tuple[float, float]:
    """Seconds that an index of them takes to build, and then another when one more is published; the best of 5 rounds.

    Each is let go outside of the time.
    """
    best, again, published = float("inf"), float("inf"), _published([*documents, documents[0]])
    for _ in range(5):
        started = time.perf_counter()
        index = _compile(published[:-1], _CODES)
        best = min(best, time.perf_counter() - started)
        started = time.perf_counter()
        newer = _compile(published, _CODES, index)
        again = min(again, time.perf_counter() - started)
        del index, newer
    return best, again


def _everywhere(document: Document) -> Document:
    """The document without a place: every purchase looks at it."""
    conditions = document.conditions.model_copy(update={"partners": (), "mcc": (), "segments": ()})
    return document.model_copy(update={"conditions": conditions})


def _elsewhere(document: Document) -> Document:
    """The document at a partner where nobody buys."""
    conditions = document.conditions.model_copy(update={"partners": ("nowhere",), "mcc": (), "segments": ()})
    return document.model_copy(update={"conditions": conditions})


def _purchase(index: Index) -> float:
    """Seconds that one purchase takes, the best of 7 rounds of 5,000."""
    day = date(2026, 6, 1)
    line = Line(microseconds(datetime(2026, 6, 1, 12, tzinfo=UTC)), month_of(day), 1, 123_456, 1, 5411)
    best = float("inf")
    for _ in range(7):
        facts = Facts(UUID(int=1), 1, None)
        started = time.perf_counter()
        for _ in range(5_000):
            evaluate(index, facts, line, day)
        best = min(best, (time.perf_counter() - started) / 5_000)
    return best


def _replayed(index: Index, members: int = 4_000, purchases: int = 50) -> float:
    """Purchases replayed in a second, of members with a year of them each."""
    draw = random.Random(7)  # noqa: S311
    days = [date(2026, 1, 1) + timedelta(days=i * 7) for i in range(purchases)]
    moments = [microseconds(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)) for day in days]
    past = [
        [
            Past(
                Line(
                    at,
                    month_of(day),
                    1,
                    draw.randint(10_000, 900_000),
                    partner := draw.randint(1, seed.PARTNERS),
                    5000 + partner % 300,  # a shop has one category
                ),
                day,
                at,
                1 << draw.randrange(seed.SEGMENTS),
            )
            for at, day in zip(moments, days, strict=True)
        ]
        for _ in range(members)
    ]
    started = time.perf_counter()
    for number, mine in enumerate(past):
        for _ in replay(index, Facts(UUID(int=number), 0, None), mine):
            pass
    return members * purchases / (time.perf_counter() - started)
