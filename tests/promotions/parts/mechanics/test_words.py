"""Mechanics as members and clerks read them, in both languages."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from coalition.promotions import wording
from coalition.promotions.explain import Applied, Missed
from tenants.branding.words import Words
from tests.promotions.offers import document

FORMS = {"ru": ("балл", "балла", "баллов"), "en": ("point", "points")}
RU, EN = (Words(lang, FORMS[lang], 0, "RUB", "Europe/Moscow", date(2026, 11, 22)) for lang in ("ru", "en"))
P1 = [{"at_least": "0", "rate": "5"}, {"at_least": "10000", "rate": "10"}]
FROM_10 = [{"at_least": "0", "rate": "0"}, {"at_least": "10000", "rate": "10"}]
BANDS: dict[str, Any] = {"kind": "bands", "mode": "marginal", "bands": P1}
TURNOVER: dict[str, Any] = {"by": "turnover", "span": "month"}
LADDER: dict[str, Any] = {"kind": "ladder", "steps": ["10", "5"]}
UNIT: dict[str, Any] = {"kind": "per_unit", "points": "5"}
MCC = {"cafes": ["5812"]}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("mechanic", "ru", "en"),
    [
        (
            BANDS,
            "На каждую часть суммы своя ставка: до 10 000 ₽ — 5 %, от 10 000 ₽ — 10 %",
            "Each part of the amount at its own rate: 5% below ₽10,000, 10% from ₽10,000",
        ),
        (
            BANDS | {"mode": "whole", "bands": FROM_10},
            "На всю сумму одна ставка: от 10 000 ₽ — 10 %",
            "The whole amount at one rate: 10% from ₽10,000",
        ),
        (
            BANDS | TURNOVER,
            "На каждую часть ваших покупок за месяц своя ставка: до 10 000 ₽ — 5 %, от 10 000 ₽ — 10 %",
            "Each part of what you buy within the month at its own rate: 5% below ₽10,000, 10% from ₽10,000",
        ),
        (
            BANDS | TURNOVER | {"mode": "whole", "span": "ever"},
            "Ставка зависит от суммы прежних покупок за всё время: до 10 000 ₽ — 5 %, от 10 000 ₽ — 10 %",
            "By what you have bought before in all: 5% below ₽10,000, 10% from ₽10,000",
        ),
        (
            LADDER,
            "По очереди, с первой покупки: 10 %, 5 %, дальше не начисляется",
            "In turn, from your first purchase on: 10%, 5%, then no more",
        ),
        (
            LADDER | {"then": "last", "per_partner": True},
            "По очереди, с первой покупки: 10 %, 5 %, дальше всегда последняя ставка; у каждого магазина свой счёт",
            "In turn, from your first purchase on: 10%, 5%, and the last rate from then on; every shop counts apart",
        ),
        (
            LADDER | {"then": "again"},
            "По очереди, с первой покупки: 10 %, 5 %, дальше всё сначала",
            "In turn, from your first purchase on: 10%, 5%, then from the start",
        ),
        (
            {"kind": "multiplier", "times": "1.5"},
            "Начисление по всем другим акциям × 1,5",
            "What all other offers give, × 1.5",
        ),
        (
            {"kind": "multiplier", "times": "2.00", "of": ["base"]},
            "Начисление по некоторым другим акциям × 2",
            "What some other offers give, × 2",
        ),
        (
            UNIT | {"per": "0.5"},
            "5 баллов за каждые 0,5 шт. или кг определённых товаров",
            "5 points for every 0.5 pcs or kg of certain goods",
        ),
        (
            {"kind": "buy_get", "buy": 2},
            "2 + 1 из определённых товаров: 100 % цены тех, что дешевле",
            "2 + 1 of certain goods: 100% of the price of the cheaper ones",
        ),
        (
            {"kind": "cheapest", "of": 3, "rate": "50"},
            "50 % цены самой дешёвой из каждых 3 штук определённых товаров",
            "50% of the price of the cheapest of every 3 pieces of certain goods",
        ),
        (
            {"kind": "by_payment", "rates": {"instant": "10", "card": "1"}},
            "1 %, 10 % от того, что оплачено определённым способом",
            "1%, 10% of what is paid in certain ways",
        ),
        (
            {"kind": "category_of_month", "rate": "7.5", "categories": MCC},
            "7,5 % в категории, которую вы выбираете на месяц",
            "7.5% in the category you choose for the month",
        ),
    ],
)
def test_terms(mechanic: dict[str, Any], ru: str, en: str) -> None:
    offer = document(mechanic)
    assert [plain(wording.rule(offer, words)) for words in (RU, EN)] == [ru, en]


@pytest.mark.parametrize(
    ("mechanic", "base", "step", "ru", "en"),
    [
        (BANDS, 1_500_000, 0, "5 % от 10 000 ₽ + 10 % от 5 000 ₽", "5% of ₽10,000 + 10% of ₽5,000"),
        (BANDS, 99_900, 0, "5 % от 999 ₽", "5% of ₽999"),
        (BANDS | {"mode": "whole"}, 1_500_000, 0, "10 % от 15 000 ₽", "10% of ₽15,000"),
        (BANDS | TURNOVER, 100_000, 950_000, "5 % от 500 ₽ + 10 % от 500 ₽", "5% of ₽500 + 10% of ₽500"),
        (
            BANDS | TURNOVER | {"mode": "whole"},
            100_000,
            950_000,
            "5 % от 1 000 ₽: до этой покупки вы купили на 9 500 ₽ за месяц",
            "5% of ₽1,000: you had bought for ₽9,500 before within the month",
        ),
        (LADDER, 100_000, 2, "5 % от 1 000 ₽: ступень 2 из 2", "5% of ₽1,000: step 2 of 2"),
        (
            {"kind": "multiplier", "times": "2"},
            99,
            0,
            "99 баллов по другим акциям × 2",
            "99 points of other offers × 2",
        ),
        (
            UNIT,
            2500,
            0,
            "5 баллов за каждую штуку или кг определённых товаров, а было 2,5",
            "5 points for each piece or kg of certain goods, and there were 2.5",
        ),
        (
            {"kind": "buy_get"},
            24_000,
            2,
            "100 % от 240 ₽, цены 2 подарков",
            "100% of ₽240, the price of 2 gifts",
        ),
        (
            {"kind": "cheapest", "of": 2},
            9_000,
            1,
            "100 % от 90 ₽, цены 1 подарка",
            "100% of ₽90, the price of 1 gift",
        ),
        (
            {"kind": "by_payment", "rates": {"instant": "10"}},
            40_000,
            0,
            "10 % от 400 ₽, оплаченных определённым способом",
            "10% of ₽400 paid in certain ways",
        ),
        (
            {"kind": "category_of_month", "rate": "7.5", "categories": MCC},
            125_000,
            0,
            "7,5 % от 1 250 ₽ в категории, которую вы выбрали на месяц",
            "7.5% of ₽1,250 in the category you chose for the month",
        ),
    ],
)
def test_what_was_given_and_why(mechanic: dict[str, Any], base: int, step: int, ru: str, en: str) -> None:
    applied = Applied(1, document(mechanic), datetime(2026, 1, 1, tzinfo=UTC), base, 10, 0, step)
    assert [plain(wording.gave(applied, words)) for words in (RU, EN)] == [ru, en]


@pytest.mark.parametrize(
    ("missed", "ru", "en"),
    [
        (
            Missed(1, "ladder", 2, 3),
            "Это для первых 2 покупок; эта была по счёту 3",
            "It is for your first 2 purchases; this was number 3",
        ),
        (
            Missed(1, "given", 1, 0),
            "Это прибавка к начислению по другим акциям, а по ним ничего не начислено",
            "It adds to what other offers give, and they gave nothing",
        ),
        (
            Missed(1, "paid_by", ["instant"], []),
            "Это для других способов оплаты",
            "It is for other ways to pay",
        ),
        (
            Missed(1, "category", None, 5812),
            "На этот месяц вы не выбрали категорию",
            "You had chosen no category for the month",
        ),
        (
            Missed(1, "category", "cafes", 5541),
            "Это для категории, которую вы выбрали на месяц, а эта покупка из другой",
            "It is for the category you chose for the month, and this was another",
        ),
        (
            Missed(1, "quantity", 1501, 1500),
            "Нужно 1,501 шт. или кг определённых товаров, а было 1,5",
            "It takes 1.501 pcs or kg of certain goods, and there were 1.5",
        ),
        (
            Missed(1, "pieces", 5, 4),
            "Нужно 5 штук определённых товаров, а было 4",
            "It takes 5 pieces of certain goods, and there were 4",
        ),
    ],
)
def test_what_was_not_given_and_why(missed: Missed, ru: str, en: str) -> None:
    offer = document({"kind": "fixed", "points": "1"})
    assert [plain(wording.not_given(missed, offer, words)) for words in (RU, EN)] == [ru, en]
