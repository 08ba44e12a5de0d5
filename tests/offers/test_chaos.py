"""Whatever the network does on the way, in the end members have what its last word says, once."""

import os

import pytest

from tenants.runtime import clock
from tests.offers.chaos import tell
from tests.offers.conftest import NOW, Loopback, open_mall

SEEDS = range(1, int(os.environ.get("CHAOS_SEEDS", "2")) + 1)
"""The story of two seeds is told with every run of the suite; `CHAOS_SEEDS=20` tells those of twenty."""


@pytest.mark.parametrize("seed", SEEDS)
def test_thirty_days_of_chaos_end_in_the_networks_truth(loopback: Loopback, tenant: int, seed: int) -> None:
    with clock.stopped(NOW):
        mall = open_mall(loopback, tenant)
    story = tell(loopback, mall, seed)
    assert len(story.clicks) == 90
    assert story.away > 0
    assert sum(story.spent.values()) > 0
