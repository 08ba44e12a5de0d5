"""Towns of these tests are small: what fewer than twenty people mean has a file of its own."""

from collections.abc import Iterator

import pytest

from coalition.mailings import audience
from tenants.runtime import clock, db
from tests.mailings.town import EVENING, Town


@pytest.fixture(autouse=True)
def _small_towns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "LEAST", 0)


@pytest.fixture
def town(tenant: int) -> Iterator[Town]:
    with clock.stopped(EVENING):
        with db.transaction(tenant) as session:
            made = Town(session)
        yield made
