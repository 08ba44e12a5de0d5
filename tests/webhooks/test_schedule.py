"""The standard's delays, and the rests of an endpoint that does not answer."""

from datetime import UTC, datetime, timedelta

from coalition.webhooks.schedule import DELAYS, LIFE, again_at, rests_until

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_ten_attempts_by_the_standards_delays() -> None:
    waits = [again_at(NOW, attempts, 0.0) for attempts in range(1, 11)]
    assert [one and (one - NOW).total_seconds() for one in waits] == [
        5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, None,
    ]  # fmt: skip


def test_chance_makes_it_later_by_a_tenth_at_most() -> None:
    assert again_at(NOW, 2, 1.0) == NOW + timedelta(seconds=330)
    assert sum(DELAYS, timedelta()) * 1.1 < LIFE


def test_an_endpoint_rests_from_its_fifth_failure_longer_and_longer() -> None:
    rests = [rests_until(NOW, failures) for failures in (1, 4, 5, 6, 7, 12, 1000)]
    assert [one and (one - NOW).total_seconds() for one in rests] == [None, None, 30, 60, 120, 3600, 3600]
