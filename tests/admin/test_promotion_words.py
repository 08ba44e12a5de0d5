"""What is wrong with a promotion or a segment is said in sentences that say what to do, and in good grammar."""

from typing import Any

import pytest

from admin import promotion_words
from coalition.promotions.checking import Flaw, flaws
from coalition.segments.checking import flaws as segment_flaws
from tests.promotions.offers import document

PERCENT = {"kind": "percent", "rate": "5"}


def said(found: Flaw, lang: str) -> str:
    return promotion_words.flaw(found, lang).replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("kind", "facts", "english", "russian"),
    [
        ("too_short", {"min_length": 1}, "Name at least 1 value here", "Укажите здесь не меньше 1 значения"),
        ("too_short", {"min_length": 2}, "Name at least 2 values here", "Укажите здесь не меньше 2 значений"),
        (
            "too_long",
            {"max_length": 1000},
            "Leave at most 1,000 values here",
            "Оставьте здесь не больше 1 000 значений",
        ),
        ("string_too_long", {"max_length": 21}, "Shorten it to at most 21 characters", "Сократите до 21 знака"),
        (
            "decimal_max_places",
            {"decimal_places": 2},
            "Leave at most 2 digits after the point",
            "Оставьте после запятой не больше 2 цифр",
        ),
        (
            "seats_below_taken",
            {"taken": 1},
            "1 member has a place already. Choose that many or more",
            "1 участник уже занял место. Укажите столько мест или больше",
        ),
    ],
)  # fmt: skip
def test_a_number_of_things_takes_the_form_of_its_language(
    kind: str, facts: dict[str, Any], english: str, russian: str
) -> None:
    found = Flaw("x", kind, "", facts)
    assert (said(found, "en"), said(found, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("conditions", "field", "english", "russian"),
    [
        (
            {"mcc": ["5411", "54x"]},
            "conditions.mcc.1",
            "“54x” is no category code: an MCC is four digits, like 5411",
            "«54x» — не код категории: MCC — это четыре цифры, например 5411",
        ),
        (
            {"categories": [{"code": "a", "name": {"ru": "А", "en": "A"}, "mcc": ["5814-5811"]}]},
            "conditions.categories.0.mcc.0",
            "“5814-5811” is turned round: a range begins with the lower MCC, like 5811-5814",
            "«5814-5811» стоит наоборот: диапазон начинается с меньшего MCC, то есть 5811-5814",
        ),
    ],
)
def test_a_wrong_category_code_is_named(
    conditions: dict[str, Any], field: str, english: str, russian: str
) -> None:
    (found,) = flaws(document(PERCENT).model_dump(mode="json") | {"conditions": conditions})
    assert (found.field, said(found, "en"), said(found, "ru")) == (field, english, russian)


@pytest.mark.parametrize(
    ("criterion", "field", "english", "russian"),
    [
        (
            {"kind": "purchases", "at_least": "1000.5", "at_most": "10", "measure": "turnover"},
            "at_most",
            "The upper bound is below the lower one: choose 1,000.5 or more",
            "Верхняя граница меньше нижней: укажите 1 000,5 или больше",
        ),
        (
            {"kind": "last_purchase", "within_days": 5, "at_least_days_ago": 10},
            "within_days",
            "The upper bound is below the lower one: choose 10 or more",
            "Верхняя граница меньше нижней: укажите 10 или больше",
        ),
        (
            {"kind": "balance"},
            "at_least",
            "Fill in a lower bound, an upper bound, or both",
            "Укажите нижнюю границу, верхнюю или обе",
        ),
    ],
)
def test_a_bound_that_does_not_fit_is_told_at_its_field_with_the_other_one(
    criterion: dict[str, Any], field: str, english: str, russian: str
) -> None:
    (found,) = segment_flaws({"title": "Sleeping", "all_of": [criterion]})
    assert found.field == f"all_of.0.{field}"
    assert (said(found, "en"), said(found, "ru")) == (english, russian)


@pytest.mark.parametrize("share", [70, 110])
def test_shares_of_payers_are_told_with_what_they_make(share: int) -> None:
    half, more = share // 2, share - share // 2
    offer = document(PERCENT).model_dump(mode="json")
    payers = [{"participant": "bank", "share": half}, {"participant": "shop", "share": more}]
    (found,) = flaws(offer | {"funding": payers})
    assert found.field == "funding"
    assert said(found, "ru") == f"Доли плательщиков должны давать 100 %, сейчас {share} %"
    assert said(found, "en") == f"The payers' shares must make 100 %; they make {share} %"


def test_a_payer_who_is_named_twice_is_told_at_the_second_place_and_can_still_be_read() -> None:
    twice = [{"participant": "bank", "share": 50}, {"participant": "bank", "share": 50}]
    stored = document(PERCENT, funding=twice)
    assert [one.share for one in stored.funding] == [50, 50]
    (found,) = flaws(stored.model_dump(mode="json"))
    assert found.field == "funding.1.participant"
    assert said(found, "ru") == "Этот плательщик уже назван выше. Сложите обе доли в одной строке"
    assert said(found, "en") == "This payer is named above already. Add both shares up in one line"
