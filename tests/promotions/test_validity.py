"""How long a promotion's points can be spent: by its own terms, counted as in golden R6, else by the programme's."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from coalition.programmes.models import Programme
from coalition.promotions import wording
from coalition.promotions.checking import flaws, validity_flaws
from coalition.promotions.diff import differences
from coalition.promotions.index import Pool
from coalition.transactions.lines import award_id
from coalition.transactions.spans import span_of
from tenants.branding.words import Words
from tests.promotions.offers import CODES, document, index_of

TEN = {"kind": "fixed", "points": "10"}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = date(2026, 11, 24)
RU = Words("ru", ("балл", "балла", "баллов"), 0, "RUB", "UTC", TODAY)
EN = Words("en", ("point", "points"), 0, "RUB", "UTC", TODAY)


def plain(texts: list[str]) -> list[str]:
    return [text.replace("\u00a0", " ").replace("\u202f", " ") for text in texts]


def programme(**more: Any) -> Programme:
    terms = {"zone": "UTC", "activation_delay_days": 0, "expiry": "days", "expiry_count": 365}
    return Programme(**terms | more)


@pytest.mark.parametrize(
    ("valid", "delay", "span"),
    [
        (None, 0, (date(2026, 3, 1), date(2027, 3, 1))),
        ({"days": 30}, 0, (date(2026, 3, 1), date(2026, 3, 31))),  # R6
        ({"days": 30}, 14, (date(2026, 3, 15), date(2026, 4, 14))),
        ({"until": "2026-03-31"}, 0, (date(2026, 3, 1), date(2026, 3, 31))),
        ({"until": "2026-03-15"}, 14, (date(2026, 3, 15), date(2026, 3, 15))),
        ({"until": "2026-03-14"}, 14, (date(2026, 3, 15), date(2027, 3, 15))),  # the programme's
    ],
)
def test_r6_a_promotion_says_how_long_its_points_can_be_spent(
    valid: dict[str, Any] | None, delay: int, span: tuple[date, date]
) -> None:
    index = index_of(document(TEN, valid=valid, activation_delay_days=delay))
    day = date(2026, 3, 1)
    assert span_of(programme(), index, index.pools[0], day, day) == span


def test_points_that_live_for_another_time_are_of_another_pool() -> None:
    lives = [None, {"days": 30}, {"days": 31}, {"until": "2027-01-31"}, {"days": 30}, None]
    index = index_of(*[document(TEN, valid=valid) for valid in lives])
    assert [index.rules[version].pools[0][0] for version in range(1, 7)] == [0, 1, 2, 3, 1, 0]
    assert [pool.identity for pool in index.pools] == [
        (1, 0), (1, 0, 0, 30, 0), (1, 0, 0, 31, 0), (1, 0, 0, 0, date(2027, 1, 31).toordinal()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pool", "kept"),
    [
        (Pool(1, 0), "01a1f640-bc00-856f-8282-33bf691a55e0"),
        (Pool(3, 14), "01a1f640-bc00-8cda-a1cc-3474f44f8334"),
        (Pool(2, 0, 7), "01a1f640-bc00-8ccf-9022-fb3e04eac1f2"),
    ],
)
def test_stored_awards_are_found_by_the_ids_they_have(pool: Pool, kept: str) -> None:
    assert award_id(UUID(int=5), datetime(2026, 11, 20, tzinfo=UTC), pool) == UUID(kept)


@pytest.mark.parametrize(
    ("more", "field", "kind"),
    [
        ({"valid": {"days": 0}}, "valid.days", "greater_than_equal"),
        ({"valid": {"days": 3661}}, "valid.days", "less_than_equal"),
        ({"valid": {"days": "many"}}, "valid.days", "int_parsing"),
        ({"valid": {"until": "2027-02-30"}}, "valid.until", "date_from_datetime_parsing"),
        ({"valid": {}}, "valid", "value_error"),
        ({"valid": {"days": 30, "until": "2027-01-31"}}, "valid", "value_error"),
        ({"valid": {"days": 30}, "gives": {"kind": "discount"}}, "valid", "value_error"),
    ],
)
def test_a_bad_life_of_points_is_told_at_its_field(more: dict[str, Any], field: str, kind: str) -> None:
    written = document(TEN).model_dump(mode="json", exclude_unset=True) | more
    assert [(one.field, one.kind) for one in flaws(written, CODES)] == [(field, kind)]


@pytest.mark.parametrize(
    ("until", "starts", "ends", "more", "kind"),
    [
        ("2026-11-23", None, datetime(2026, 11, 23, tzinfo=UTC), {}, "valid_in_past"),
        ("2026-11-30", datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), {}, "valid_before_start"),
        ("2027-01-31", None, None, {}, "valid_too_short"),
        ("2027-01-31", None, datetime(2027, 2, 1, 0, 0, 1, tzinfo=UTC), {}, "valid_too_short"),
        ("2027-01-31", None, datetime(2027, 2, 1, tzinfo=UTC), {}, None),
        ("2027-01-31", None, datetime(2027, 2, 1, tzinfo=UTC), {"activation_delay_days": 1}, "valid_too_short"),
        ("2027-01-31", None, datetime(2027, 1, 18, tzinfo=UTC), {"activation_delay_days": 14}, None),
    ],
)  # fmt: skip
def test_a_last_day_that_points_could_not_reach_is_told(
    until: str, starts: datetime | None, ends: datetime | None, more: dict[str, Any], kind: str | None
) -> None:
    written = document(TEN, valid={"until": until}, **more)
    found = validity_flaws(written, programme(), starts, ends, NOW)
    assert [(one.field, one.kind) for one in found] == ([("valid.until", kind)] if kind else [])


def test_the_wait_of_the_programme_counts_where_the_promotion_names_none() -> None:
    ends = datetime(2027, 1, 18, tzinfo=UTC)
    written = document(TEN, valid={"until": "2027-01-31"})
    assert validity_flaws(written, programme(activation_delay_days=14), None, ends, NOW) == []
    late = validity_flaws(written, programme(activation_delay_days=15), None, ends, NOW)
    assert [one.kind for one in late] == ["valid_too_short"]


@pytest.mark.parametrize(
    ("valid", "russian", "english"),
    [
        ({"days": 1}, "потратить можно в течение 1 дня", "can be spent for 1 day"),
        ({"days": 30}, "потратить можно в течение 30 дней", "can be spent for 30 days"),
        (
            {"until": "2027-01-31"},
            "потратить можно по 31 января 2027 года включительно",
            "can be spent until 31 January 2027",
        ),
    ],
)
def test_the_terms_say_how_long_points_can_be_spent(
    valid: dict[str, Any], russian: str, english: str
) -> None:
    said = [wording.rule(document(TEN, valid=valid), words) for words in (RU, EN)]
    assert plain(said) == [
        f"10 баллов за каждую операцию; {russian}", f"10 points for each operation; {english}",
    ]  # fmt: skip


def test_another_life_of_points_is_told_between_versions() -> None:
    never, month, day = (
        document(TEN, valid=valid) for valid in (None, {"days": 30}, {"until": "2027-01-31"})
    )
    assert plain(differences(never, month, EN)) == ["The time to spend the points is new: 30 days"]
    assert plain(differences(month, day, RU)) == [
        "Срок, чтобы потратить баллы: было 30 дней, больше нет",
        "Последний день, чтобы потратить баллы: теперь 31 января 2027 года",
    ]
