"""What changed between versions is told sentence by sentence, in both languages, and nothing goes untold."""

from datetime import date
from typing import Any

import pytest

from coalition.promotions.diff import differences, particulars
from coalition.promotions.document import Document
from tenants.branding.words import Words
from tests.promotions.offers import document

TODAY = date(2026, 11, 24)
ENGLISH = Words("en", ["spark", "sparks"], 0, "RUB", "Asia/Kamchatka", TODAY)
RUSSIAN = Words("ru", ["искра", "искры", "искр"], 0, "RUB", "Asia/Kamchatka", TODAY)
PERCENT = {"kind": "percent", "rate": "5"}
STEP = {"kind": "per_step", "points": "1", "step": "100"}
BY_PAYMENT = {"kind": "by_payment"}
AFTER_THREE = {"condition": {"kind": "purchases", "count": 3}, "within_days": 10}
AFTER_AN_EVENT = {"condition": {"kind": "event", "name": "survey"}, "within_days": 9}
TIER = {"kind": "tier", "any_of": ["gold"]}


def told(old: Document, new: Document, words: Words = ENGLISH) -> list[str]:
    """The differences with every kind of space made plain."""
    return [
        " ".join(one.replace("\u202f", " ").replace("\xa0", " ").split())
        for one in differences(old, new, words)
    ]


def terms(mechanic: dict[str, object] = PERCENT, **more: Any) -> Document:
    return document(mechanic, **more)


def funded(bank: int) -> dict[str, Any]:
    shop = [{"participant": "shop", "share": 100 - bank}] if bank < 100 else []
    return {"funding": [{"participant": "bank", "share": bank}, *shop]}


def test_the_same_terms_differ_in_nothing() -> None:
    assert told(terms(), terms({"kind": "percent", "rate": "5.00"})) == []


@pytest.mark.parametrize(
    ("old", "new", "english", "russian"),
    [
        (
            terms(),
            terms({"kind": "percent", "rate": "7"}),
            "The rate was 5%, it is 7%",
            "Ставка: было 5 %, стало 7 %",
        ),
        (
            terms(activation=AFTER_THREE),
            terms(),
            "When the points can be spent of yours after 3 more purchases within 10 days is gone",
            "Когда баллы можно тратить: было ваши после ещё 3 покупок за 10 дней, больше нет",
        ),
        (
            terms(),
            terms(activation=AFTER_AN_EVENT),
            "When the points can be spent is new: yours after the event “survey” within 9 days",
            "Когда баллы можно тратить: теперь ваши после события «survey» за 9 дней",
        ),
        (
            terms(limits={"per_month": "300"}),
            terms(),
            "The monthly limit of 300 sparks is gone",
            "Предел за месяц: было 300 искр, больше нет",
        ),
        (
            terms(),
            terms(limits={"budget": "65000"}),
            "The budget is new: 65,000 sparks",
            "Бюджет: теперь 65 000 искр",
        ),
        (
            terms(),
            terms(conditions={"amount_from": "500"}),
            "The least amount is new: ₽500",
            "Наименьшая сумма: теперь 500 ₽",
        ),
        (
            terms(limits={"gap_minutes": 1}),
            terms(limits={"gap_minutes": 60}),
            "The time between two awards was 1 min, it is 60 min",
            "Время между двумя начислениями: было 1 мин, стало 60 мин",
        ),
        (
            terms(),
            terms(conditions={"partners": ["nerpa"]}),
            "Partners: only nerpa now, no longer all",
            "Партнёры: теперь только nerpa, а не все",
        ),
        (
            terms(conditions={"partners": ["nerpa"]}),
            terms(conditions={"partners": ["sopka"]}),
            "Partners: sopka came, nerpa went",
            "Партнёры: добавлено sopka, убрано nerpa",
        ),
        (
            terms(),
            terms(once=True),
            "It is given only once now",
            "Теперь даётся только один раз",
        ),
    ],
)  # fmt: skip
def test_a_change_is_one_sentence(old: Document, new: Document, english: str, russian: str) -> None:
    assert told(old, new) == [english]
    assert told(old, new, RUSSIAN) == [russian]


def test_another_mechanic_is_told_by_its_own_sentence() -> None:
    assert told(terms(), terms(STEP)) == ["It was: 5% of the amount. It is: 1 spark for every full ₽100"]
    assert told(terms(STEP), terms(STEP | {"step": "200"})) == ["The step of the amount was ₽100, it is ₽200"]


def test_shares_are_told_payer_by_payer() -> None:
    assert told(terms(**funded(100)), terms(**funded(30))) == [
        "The share that bank pays was 100%, it is 30%",
        "The share that shop pays is new: 70%",
    ]


def test_conditions_come_change_and_go() -> None:
    plain, gold = terms(), terms(where=[TIER])
    silver = terms(where=[{"kind": "tier", "any_of": ["gold", "silver"]}])
    assert [one.partition(":")[0] for one in told(plain, gold)] == ["Asked from now on"]
    assert [one.partition(":")[0] for one in told(gold, plain)] == ["No longer asked"]
    assert "The field “where.tier.any_of” was gold, it is gold, silver" in told(gold, silver)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"base": {"payments": {"points": "0"}}}),
        ({"base": {"goods": {"skus": ["a"]}}}, {"base": {"goods": {"skus": ["b"]}}}),
        ({"mechanic": BY_PAYMENT | {"rates": {"sbp": "1"}}}, {"mechanic": BY_PAYMENT | {"rates": {"card": "1"}}}),
        ({"lane": {"name": "a"}}, {"lane": {"name": "a", "combine": "best"}}),
        ({"trigger": {"kind": "nth", "n": 2}}, {"trigger": {"kind": "nth", "n": 2, "every": True}}),
        ({"where": [{"kind": "outlet", "codes": ["a"]}]}, {"where": [{"kind": "outlet", "codes": ["b"]}]}),
        ({"conditions": {"mcc": ["5411", "5412"]}}, {"conditions": {"mcc": ["5412", "5411"]}}),
    ],
)  # fmt: skip
def test_nothing_that_differs_goes_untold(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = (terms(**{"mechanic": PERCENT} | more) for more in (old, new))
    for words in (ENGLISH, RUSSIAN):
        assert told(before, after, words) != []
        assert told(after, before, words) != []


def test_the_particulars_name_partners_limits_and_payers() -> None:
    signed = terms(conditions={"partners": ["nerpa"]}, limits={"budget": "100"}, **funded(30))
    assert [(name, value.replace("\xa0", " ")) for name, value in particulars(signed, RUSSIAN)[1:]] == [
        ("Партнёры", "nerpa"), ("Бюджет", "100 искр"), ("Кто платит", "bank 30 %, shop 70 %"),
    ]  # fmt: skip
    assert particulars(terms(), ENGLISH)[1:] == [("Who pays", "bank 100%")]


def test_a_promo_code_is_told_to_whoever_signs() -> None:
    old = terms(trigger={"kind": "promo_code", "code": "SPRING"})
    new = terms(trigger={"kind": "promo_code", "code": "SUMMER"})
    assert particulars(new, ENGLISH)[1] == ("The promo code", "SUMMER")
    assert differences(old, new, ENGLISH) == ["The promo code was SPRING, it is SUMMER"]
    assert "The promo code is new: SUMMER" in differences(terms(), new, ENGLISH)


def test_what_has_a_name_is_told_by_it() -> None:
    names = {"conditions.partners": {"nerpa": "The Seal"}, "funding": {"shop": "The Shop Ltd"}}
    old, new = terms(), terms(conditions={"partners": ["nerpa", "sopka"]}, **funded(30))
    assert particulars(new, ENGLISH, names)[1:] == [
        ("Partners", "The Seal, sopka"), ("Who pays", "bank 30%, The Shop Ltd 70%"),
    ]  # fmt: skip
    assert differences(old, new, ENGLISH, names) == [
        "The share that bank pays was 100%, it is 30%",
        "The share that The Shop Ltd pays is new: 70%",
        "Partners: only The Seal, sopka now, no longer all",
    ]


def test_what_has_the_same_name_is_told_apart_by_its_code() -> None:
    kfc = {"kfc-1": "KFC", "kfc-2": "KFC", "nerpa": "The Seal"}
    names = {"conditions.partners": kfc, "conditions.segments": kfc, "funding": kfc}

    def of(*codes: str) -> Document:
        return terms(
            conditions={"partners": [*codes], "segments": [*codes]},
            funding=[{"participant": codes[0], "share": 100}],
        )

    assert differences(of("kfc-1", "nerpa"), of("kfc-2", "nerpa"), ENGLISH, names) == [
        "The share that KFC (kfc-1) pays of 100% is gone",
        "The share that KFC (kfc-2) pays is new: 100%",
        "Partners: KFC (kfc-2) came, KFC (kfc-1) went",
        "Segments: KFC (kfc-2) came, KFC (kfc-1) went",
    ]
    assert particulars(of("kfc-2", "nerpa"), ENGLISH, names)[1:] == [
        ("Partners", "KFC (kfc-2), The Seal"), ("Segments", "KFC (kfc-2), The Seal"), ("Who pays", "KFC (kfc-2) 100%"),
    ]  # fmt: skip
