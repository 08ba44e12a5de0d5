"""The numbers of reasons carry what they are in: points, money, a benefit's pieces, or what was counted."""

from datetime import date
from typing import Any

import pytest

from coalition.promotions import measures, wording
from coalition.promotions.explain import Applied, Missed
from coalition.promotions.measures import Measure
from tenants.branding.words import Words
from tests.promotions.offers import LONG_AGO, document

FORMS = {"ru": ("искра", "искры", "искр"), "en": ("spark", "sparks")}
RU, EN = (Words(lang, FORMS[lang], 2, "RUB", "UTC", date(2026, 11, 22)) for lang in ("ru", "en"))
FIXED = {"kind": "fixed", "points": "10"}
POINTS = document(FIXED)
OFF = document(FIXED, gives={"kind": "discount"})
COFFEE = document(FIXED, gives={"kind": "benefit", "code": "cup", "name": {"ru": "чашка", "en": "a cup"}})


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("given", "units", "ru", "en"),
    [
        (POINTS, 150, (2, "points", "points", "искры", "1,50 искры"), (2, "points", "points", "sparks", "1.50 sparks")),
        (OFF, 8_000, (2, "money", "RUB", "RUB", "80 ₽"), (2, "money", "RUB", "RUB", "₽80")),
        (COFFEE, 1, (0, "benefit", "cup", "чашка", "1 × чашка"), (0, "benefit", "cup", "a cup", "1 × a cup")),
        (COFFEE, 3, (0, "benefit", "cup", "чашка", "3 × чашка"), (0, "benefit", "cup", "a cup", "3 × a cup")),
    ],
)  # fmt: skip
def test_what_is_given_has_its_own_unit_and_name(given: Any, units: int, ru: Any, en: Any) -> None:
    for words, wanted in ((RU, ru), (EN, en)):
        found = measures.given(units, given, words)
        assert (found.value, found.exponent, found.kind, found.unit, found.name, plain(found.text)) == (
            units,
            *wanted,
        )


@pytest.mark.parametrize(
    ("mechanic", "base", "kind", "unit", "exponent", "text"),
    [
        (FIXED, 12_345, "money", "RUB", 2, "₽123.45"),
        ({"kind": "tenure", "bands": [{"years": 0, "points": "5"}]}, 3, "count", "years", 0, "3"),
        ({"kind": "multiplier", "times": "2"}, 500, "points", "points", 2, "5 sparks"),
        ({"kind": "per_unit", "points": "5"}, 1_500, "count", "pieces", 3, "1.5"),
    ],
)
def test_what_was_counted_is_what_the_mechanic_looks_at(
    mechanic: dict[str, Any], base: int, kind: str, unit: str, exponent: int, text: str
) -> None:
    found = measures.counted(Applied(1, document(mechanic), LONG_AGO, base, 0, 0), EN)
    assert (found.value, found.kind, found.unit, found.exponent, plain(found.text)) == (
        base, kind, unit, exponent, text,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "wanted", "actual", "kind", "unit", "texts"),
    [
        ("amount", 50_000, 1_000, "money", "RUB", ("₽500", "₽10")),
        ("goods_share", 3_000, 0, "percent", "percent", ("30%", "0%")),
        ("quantity", 2_000, 500, "count", "pieces", ("2", "0.5")),
        ("without_spending", 0, 500, "points", "points", ("0 sparks", "5 sparks")),
        ("nth", 5, 2, "count", "purchases", ("5", "2")),
        ("gap", 60, 5, "count", "minutes", ("60", "5")),
        ("repeat", 14, None, "count", "days", ("14", None)),
        ("times_week", 2, 2, "count", "times", ("2", "2")),
        ("not_taken", 8_000, 90_000, "points", "points", ("80 sparks", "0 sparks")),
        ("too_little", None, 100, "money", "RUB", (None, "₽1")),
    ],
)
def test_what_was_missed_says_what_its_numbers_are_in(
    condition: str, wanted: Any, actual: Any, kind: str, unit: str, texts: tuple[str | None, str | None]
) -> None:
    found = measures.missed(Missed(1, condition, wanted, actual), POINTS, EN)
    assert tuple(one and plain(one.text) for one in found) == texts
    assert {(one.kind, one.unit) for one in found if isinstance(one, Measure)} == {(kind, unit)}


def test_a_mission_and_a_streak_count_what_they_say() -> None:
    trigger = {"kind": "mission", "measure": "turnover", "at_least": "100", "span": "month"}
    for more, kind, unit in (
        (trigger, "money", "RUB"),
        (trigger | {"measure": "purchases"}, "count", "purchases"),
        ({"kind": "streak", "length": 4, "span": "week"}, "count", "weeks"),
    ):
        of = str(more["kind"])
        for one in measures.missed(Missed(1, of, 4, 2), document(FIXED, trigger=more), EN):
            assert (one.kind, one.unit) == (kind, unit)


def test_what_is_no_number_stays_as_it_is() -> None:
    assert measures.missed(Missed(1, "tier", "gold", "base"), POINTS, EN) == ("gold", "base")
    assert measures.missed(Missed(1, "receipt"), POINTS, EN) == (None, None)


def test_points_that_were_spent_are_points_whatever_the_promotion_gives() -> None:
    for one in (POINTS, OFF, COFFEE):
        said = wording.not_given(Missed(1, "without_spending", 0, 500), one, EN)
        assert plain(said) == "It is for purchases on which no points are spent; you spent 5 sparks"


def test_a_discount_that_was_not_taken_is_told_in_money_and_so_is_what_was_taken() -> None:
    missed = Missed(1, "not_taken", 8_000, 90_000)
    assert [plain(one.text) for one in measures.missed(missed, OFF, EN)] == ["₽80", "₽0"]
    assert plain(wording.not_given(missed, OFF, EN)) == "The shop did not take ₽80 off"


def test_a_limit_of_points_is_not_taken_for_money() -> None:
    seven = {"kind": "percent", "rate": "7"}
    limited = document(seven, limits={"per_purchase": "300", "per_month": "1500"})
    assert plain(wording.rule(limited, EN)) == (
        "7% of the amount, but no more than 300 sparks a purchase and 1,500 sparks a month"
    )
    off = document(seven, limits={"per_purchase": "300"}, gives={"kind": "discount"})
    assert plain(wording.rule(off, RU)) == "7 % от суммы, скидкой с цены, но не больше 300 ₽ за покупку"
