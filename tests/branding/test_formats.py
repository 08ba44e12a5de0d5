"""How numbers, points, money and dates are written."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.branding import formats

SPARKS = ("искра", "искры", "искр")
POINTS = ("point", "points")
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (0, "0\u00a0искр"),
        (1, "1\u00a0искра"),
        (2, "2\u00a0искры"),
        (4, "4\u00a0искры"),
        (5, "5\u00a0искр"),
        (11, "11\u00a0искр"),
        (12, "12\u00a0искр"),
        (14, "14\u00a0искр"),
        (21, "21\u00a0искра"),
        (22, "22\u00a0искры"),
        (111, "111\u00a0искр"),
        (121, "121\u00a0искра"),
        (4218, "4\u202f218\u00a0искр"),
        (1234567, "1\u202f234\u202f567\u00a0искр"),
        (-1500, "\u22121\u202f500\u00a0искр"),
    ],
)
def test_russian_points_take_one_of_three_forms(units: int, text: str) -> None:
    assert formats.points(units, scale=0, forms=SPARKS, lang="ru") == text


@pytest.mark.parametrize(
    ("units", "text"),
    [(0, "0\u00a0points"), (1, "1\u00a0point"), (-1, "\u22121\u00a0point"), (12640, "12,640\u00a0points")],
)
def test_english_points_take_one_of_two_forms(units: int, text: str) -> None:
    assert formats.points(units, scale=0, forms=POINTS, lang="en") == text


def test_fractions_of_points_are_written_whole_and_take_the_genitive() -> None:
    assert formats.points(9995, scale=2, forms=SPARKS, lang="ru") == "99,95\u00a0искры"
    assert formats.points(9990, scale=2, forms=POINTS, lang="en") == "99.90\u00a0points"
    assert formats.points(10000, scale=2, forms=SPARKS, lang="ru") == "100\u00a0искр"


def test_an_award_shows_its_plus_and_nothing_shows_none() -> None:
    assert formats.amount(1000, 0, "ru", signed=True) == "+1\u202f000"
    assert formats.amount(0, 0, "ru", signed=True) == "0"
    assert formats.number(-36, "en", signed=True) == "\u221236"


@pytest.mark.parametrize(
    ("minor", "currency", "lang", "text"),
    [
        (460000, "RUB", "ru", "4\u202f600\u00a0₽"),
        (123450, "RUB", "ru", "1\u202f234,50\u00a0₽"),
        (6320, "GBP", "en", "£63.20"),
        (1800, "GBP", "en", "£18"),
        (-1800, "GBP", "en", "\u2212£18"),
        (460000, "RUB", "en", "₽4,600"),
        (1500, "JPY", "en", "JP¥1,500"),
        (1234567, "KWD", "ru", "1\u202f234,567\u00a0KWD"),
        (5, "RUB", "ru", "0,05\u00a0₽"),
    ],
)
def test_money_shows_its_fraction_only_when_there_is_any(
    minor: int, currency: str, lang: str, text: str
) -> None:
    assert formats.money(minor, currency, lang) == text


def test_documents_show_kopecks_always() -> None:
    assert formats.money(460000, "RUB", "ru", always_minor=True) == "4\u202f600,00\u00a0₽"
    assert formats.money(1800, "GBP", "en", always_minor=True) == "£18.00"
    assert formats.money(1500, "JPY", "en", always_minor=True) == "JP¥1,500"


@given(
    st.integers(-(10**15), 10**15),
    st.sampled_from(["RUB", "GBP", "JPY", "KWD"]),
    st.sampled_from(["ru", "en"]),
)
def test_no_amount_is_lost_between_the_digits(minor: int, currency: str, lang: str) -> None:
    text = formats.money(minor, currency, lang, always_minor=True)
    assert int("".join(character for character in text if character.isdigit())) == abs(minor)
    assert text.startswith(formats.MINUS) == (minor < 0)


def test_a_percentage_drops_only_empty_digits() -> None:
    assert formats.percent(1200, "ru") == "12\u00a0%"
    assert formats.percent(750, "ru") == "7,5\u00a0%"
    assert formats.percent(725, "en") == "7.25%"


def test_days_are_written_in_words_and_another_year_is_named() -> None:
    assert formats.day(date(2026, 11, 30), "ru", TODAY) == "30\u00a0ноября"
    assert formats.day(date(2027, 12, 5), "ru", TODAY) == "5\u00a0декабря 2027\u00a0года"
    assert formats.day(date(2026, 11, 30), "en", TODAY) == "30\u00a0November"
    assert formats.day(date(2026, 11, 30), "en") == "30\u00a0November 2026"
    assert formats.short_day(date(2026, 12, 31), "ru", TODAY) == "31\u00a0дек."


def test_a_moment_is_told_on_the_programmes_wall_clock() -> None:
    at = datetime(2026, 11, 21, 22, 14, tzinfo=UTC)
    assert formats.moment(at, "en", "Europe/London", TODAY) == "21\u00a0November, 22:14"
    assert formats.moment(at, "en", "Asia/Kamchatka", date(2026, 11, 23)) == "22\u00a0November, 10:14"


def test_a_phone_shows_enough_to_know_it_by() -> None:
    assert formats.masked_phone("+79141232147") == "+7\u00a0914\u00a0•••\u00a021\u00a047"


def test_print_widens_the_narrow_space() -> None:
    assert formats.printed("4\u202f218\u00a0₽") == "4\u00a0218\u00a0₽"


@pytest.mark.parametrize(
    ("text", "lang", "plain"),
    [
        ("1 000,5", "ru", "1000.5"),
        ("1\u202f000", "ru", "1000"),
        ("1,000", "ru", "1.000"),
        ("1,000", "en", "1000"),
        ("12,345,678.90", "en", "12345678.90"),
        ("1,5", "en", "1,5"),
        ("1,0000", "en", "1,0000"),
        ("much", "en", "much"),
        ("-1,000", "en", "-1000"),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(text: str, lang: str, plain: str) -> None:
    assert formats.plain_number(text, lang) == plain
