"""How many parts a text has, how numbers of people are rounded, and when advertising may leave."""

from datetime import UTC, date, datetime

import pytest

from coalition.mailings.hours import span
from coalition.mailings.rounding import rounded
from coalition.mailings.wording import as_read, parts_of
from tenants.runtime.errors import Refusal


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("к" * 70, 1), ("к" * 71, 2), ("к" * 134, 2), ("к" * 135, 3), ("a" * 160, 1), ("a" * 161, 2),
        ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2), ("к" * 68 + "🎁", 1), ("к" * 69 + "🎁", 2),
        ("a" * 70 + "к", 2),
    ],
)  # fmt: skip
def test_parts_of_a_text(text: str, parts: int) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    ("words", "advertiser", "read"),
    [
        ("Come in", "Kofe LLC", "Advertising. Kofe LLC. Come in. To refuse: https://a/notices"),
        ("Come in!", "Petrov A.", "Advertising. Petrov A. Come in! To refuse: https://a/notices"),
    ],
)
def test_all_that_is_read(words: str, advertiser: str, read: str) -> None:
    assert as_read("en", words, advertiser, "https://a/notices") == read


@pytest.mark.parametrize(
    ("count", "told"), [(0, 0), (1, 0), (19, 0), (20, 20), (29, 20), (30, 30), (1_239, 1_230)]
)
def test_numbers_of_people_are_told_in_tens_from_twenty_on(count: int, told: int) -> None:
    assert rounded(count) == told


def test_a_day_is_the_programmes() -> None:
    assert span(date(2026, 11, 20), 9, "Asia/Kamchatka") == (
        datetime(2026, 11, 19, 21, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC),
    )  # fmt: skip
    for hour in (-1, 0, 8, 21, 23, 24):
        with pytest.raises(Refusal, match="mailing_hour"):
            span(date(2026, 11, 20), hour, "Asia/Kamchatka")
