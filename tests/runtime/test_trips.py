"""A statement as a transaction in one round trip."""

import pytest

from tenants.runtime import trips
from tenants.runtime.settings import Settings
from tenants.runtime.trips import Refused, trip

PARTED = "select 12 / $1::int"


@pytest.fixture(autouse=True)
def _hung_up(live_database: Settings) -> None:
    trips.hang_up()


def test_what_is_refused_at_its_first_use_is_done_at_the_next() -> None:
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            trip(1, PARTED, [0])
        assert refused.value.state == "22012"
    assert trip(1, PARTED, [4]) == [[b"3"]]


def test_what_cannot_be_prepared_leaves_the_line_as_it_was() -> None:
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            trip(1, "select no_such_thing", [])
        assert refused.value.state == "42703"
    assert trip(1, PARTED, [3]) == [[b"4"]]


def test_each_trip_is_its_own_tenants() -> None:
    told = "select current_setting('app.tenant_id')"
    assert [trip(tenant, told, []) for tenant in (1, 2, 1)] == [[[b"1"]], [[b"2"]], [[b"1"]]]
