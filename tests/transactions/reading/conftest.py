"""A plain profile and what the tests ask of a file read by it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from coalition.transactions.profiles import Profile
from coalition.transactions.reading import Reject, read
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

KEY = b"k" * 32

PLAIN: dict[str, Any] = {
    "name": "plain",
    "containers": ["plain", "gzip", "xlsx"],
    "card": {"name": "card"},
    "dates": {"at": {"name": "date"}, "formats": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"], "zone": "UTC"},
    "amounts": [{"at": {"name": "amount"}, "currency": {"name": "currency"}}],
    "currency": "RUB",
    "merchant": {"name": "merchant"},
}
HEADER = "date,card,amount,currency,merchant\n"
GOOD = "2026-10-01,tok1,10.00,RUB,shop\n"


@dataclass
class Outcome:
    """Everything that one file gave."""

    lines: list[dict[str, Any]]
    rejects: list[Reject]
    skipped: int

    def column(self, name: str) -> list[Any]:
        return [line[name] for line in self.lines]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(reject.line_no, reject.code) for reject in self.rejects]


def read_all(data: bytes | str, **changes: Any) -> Outcome:
    profile = Profile.model_validate(PLAIN | changes)
    found = Outcome([], [], 0)
    for batch in read(BytesIO(data.encode() if isinstance(data, str) else data), profile, token_key=KEY):
        found.lines += batch.lines.to_pylist()
        found.rejects += batch.rejects
        found.skipped += batch.skipped
    return found


def refused(data: bytes | str, **changes: Any) -> Refusal:
    profile = Profile.model_validate(PLAIN | changes)
    with pytest.raises(Refusal) as caught:
        for _ in read(BytesIO(data.encode() if isinstance(data, str) else data), profile, token_key=KEY):
            pass
    return caught.value


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, 12, tzinfo=UTC)):
        yield


@pytest.fixture(name="read_all")
def _read_all() -> Callable[..., Outcome]:
    return read_all


@pytest.fixture(name="refused")
def _refused() -> Callable[..., Refusal]:
    return refused


@pytest.fixture
def header() -> str:
    return HEADER


@pytest.fixture
def good() -> str:
    return GOOD
