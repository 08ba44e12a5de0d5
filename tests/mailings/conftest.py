"""Towns of these tests are small: what fewer than twenty people mean has a file of its own."""

import pytest

from coalition.mailings import audience


@pytest.fixture(autouse=True)
def _small_towns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "LEAST", 0)
