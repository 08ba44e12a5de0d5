"""Sums in words, as acts have them."""

import pytest

from tenants.branding.in_words import number_in_words, sum_in_words


@pytest.mark.parametrize(
    ("minor", "currency", "lang", "words"),
    [
        (85_380_50, "RUB", "ru", "Восемьдесят пять тысяч триста восемьдесят рублей 50 копеек"),
        (0, "RUB", "ru", "Ноль рублей 00 копеек"),
        (101_01, "RUB", "ru", "Сто один рубль 01 копейка"),
        (1_002_022_02, "RUB", "ru", "Один миллион две тысячи двадцать два рубля 02 копейки"),
        (11_011_11, "RUB", "ru", "Одиннадцать тысяч одиннадцать рублей 11 копеек"),
        (21_000_00, "RUB", "ru", "Двадцать одна тысяча рублей 00 копеек"),
        (112_114_12, "RUB", "ru", "Сто двенадцать тысяч сто четырнадцать рублей 12 копеек"),
        (3_000_000_000_00, "RUB", "ru", "Три миллиарда рублей 00 копеек"),
        (85_380_50, "RUB", "en", "Eighty-five thousand three hundred eighty roubles 50 kopecks"),
        (1_01, "GBP", "en", "One pound 01 penny"),
        (19_00, "EUR", "en", "Nineteen euros 00 cents"),
        (5_00, "KZT", "ru", "Пять KZT 00"),
        (7, "JPY", "en", "Seven JPY"),
    ],
)
def test_a_sum_is_said_as_it_is_read(minor: int, currency: str, lang: str, words: str) -> None:
    assert sum_in_words(minor, currency, lang) == words


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_no_two_numbers_are_said_alike(lang: str) -> None:
    said = {number_in_words(value, lang) for value in range(22_000)}
    assert len(said) == 22_000
