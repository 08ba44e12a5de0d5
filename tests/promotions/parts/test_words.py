"""Triggers, conditions and limits of awards as members and clerks read them, in both languages."""

import ast
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from coalition.promotions import wording
from coalition.promotions.case import Facts, Failed, Receipt
from coalition.promotions.explain import Missed
from coalition.promotions.index import microseconds
from tenants.branding.words import Words
from tests.promotions.offers import document, member
from tests.promotions.parts.sales import (
    NOON,
    PROMOTION,
    TEN,
    bought,
    days,
    item,
    known,
    offer,
    sell,
    sold_at,
)

FORMS = {"ru": ("балл", "балла", "баллов"), "en": ("point", "points")}
RU, EN = (Words(lang, FORMS[lang], 0, "RUB", "UTC", date(2026, 11, 22)) for lang in ("ru", "en"))
HAPPY = {
    "kind": "hours",
    "days": [1, 2, 3, 4, 5],
    "spans": [{"start": "10:00", "end": "13:00"}, {"start": "15:00", "end": "17:00"}],
}
COFFEE = {"kind": "goods", "goods": {"categories": ["coffee"]}}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def clauses(condition: dict[str, Any] | None = None, **more: Any) -> tuple[str, str]:
    """What the rule says beyond its mechanic."""
    text = document(TEN, where=[condition] if condition else [], **more)
    ru, en = (plain(wording.rule(text, words)) for words in (RU, EN))
    if "trigger" in more:  # what it is for, and no other operation
        ru_start, en_start = "10 баллов ", "10 points "
    else:
        ru_start, en_start = "10 баллов за каждую операцию; ", "10 points for each operation; "
    assert ru.startswith(ru_start)
    assert en.startswith(en_start)
    return ru.removeprefix(ru_start), en.removeprefix(en_start)


def missed(failed: int | Failed, condition: dict[str, Any] | None = None, **more: Any) -> tuple[str, str]:
    """Why nothing was given."""
    assert isinstance(failed, Failed)
    text = document(TEN, where=[condition] if condition else [], **more)
    ru, en = (plain(wording.not_given(Missed(1, *failed), text, words)) for words in (RU, EN))
    return ru, en


def test_h1_happy_hours_in_words() -> None:
    ru, en = (
        "с 10:00 до 13:00 и с 15:00 до 17:00 по будням",
        "from 10:00 to 13:00 and from 15:00 to 17:00 on weekdays",
    )
    assert clauses(HAPPY) == (ru, en)
    index = offer(HAPPY)
    assert missed(sell(index, at=NOON.replace(hour=13, minute=5)), HAPPY) == (
        f"Действует для покупок {ru}, а эта была в 13:05",
        f"It is for purchases {en}; this one was at 13:05",
    )
    assert missed(sell(index, at=NOON + timedelta(days=1)), HAPPY) == (
        f"Действует для покупок {ru}, а эта была 21 ноября",
        f"It is for purchases {en}; this one was on 21 November",
    )


def test_h1_holidays_in_words() -> None:
    happy = HAPPY | {"except_holidays": True}
    assert clauses(happy)[1].endswith(" on weekdays, but not on holidays")
    assert missed(sell(offer(happy, holidays=[NOON.date()])), happy) == (
        "Не действует в праздники, а эта покупка была 20 ноября",
        "It is not for holidays, and this purchase was on 20 November",
    )


@pytest.mark.parametrize(
    ("spans", "ru", "en"),
    [
        ([("00:00", "00:00", None)], "в любой день", "on any day"),
        ([("20:00", "00:00", None)], "с 20:00 до 24:00", "from 20:00 to 24:00"),
        (
            [("00:00", "00:00", [3, 1]), ("00:00", "06:00", [6, 7])],
            "по понедельникам, по средам, с 00:00 до 06:00 по выходным",
            "on Mondays, on Wednesdays, from 00:00 to 06:00 at weekends",
        ),
    ],
)
def test_timetables_in_words(spans: list[tuple[str, str, list[int] | None]], ru: str, en: str) -> None:
    listed = [{"start": start, "end": end, "days": on} for start, end, on in spans]
    assert clauses({"kind": "hours", "spans": listed}) == (ru, en)


@pytest.mark.parametrize(
    ("trigger", "ru", "en"),
    [
        ({"kind": "nth", "n": 3}, "за покупку № 3", "for purchase number 3"),
        (
            {"kind": "nth", "n": 5, "every": True, "per_partner": True},
            "один раз на каждые 5 покупок, у каждого партнёра отдельно",
            "once in every 5 purchases, counted for each partner apart",
        ),
        ({"kind": "first_n_purchases", "n": 1}, "за первую покупку", "for the first purchase"),
        ({"kind": "first_n_purchases", "n": 3}, "за 3 первые покупки", "for the first 3 purchases"),
        (
            {"kind": "promo_code", "code": "X", "kth": 5},
            "за 5-ю покупку после ввода промокода",
            "for purchase number 5 after you enter the promo code",
        ),
        (
            {"kind": "promo_code", "code": "X"},
            "за первую покупку после ввода промокода",
            "for the first purchase after you enter the promo code",
        ),
        (
            {"kind": "repeat", "days": 14},
            "за покупку в течение 14 дней после предыдущей",
            "for a purchase within 14 days of the one before",
        ),
        (
            {"kind": "win_back", "silent_days": 90},
            "за первую покупку после 90 дней без покупок",
            "for the first purchase after 90 days without any",
        ),
        (
            {"kind": "streak", "length": 3, "span": "week"},
            "за покупки 3 недели подряд",
            "for purchases 3 weeks on end",
        ),
        (
            {"kind": "mission", "measure": "turnover", "at_least": "3000", "span": "month"},
            "за то, что наберётся покупок на 3 000 ₽ за месяц",
            "for purchases worth ₽3,000 within the month",
        ),
        (
            {"kind": "mission", "measure": "purchases", "at_least": "5", "span": "week"},
            "за то, что наберётся 5 покупок за неделю",
            "for 5 purchases within the week",
        ),
    ],
)
def test_triggers_as_terms(trigger: dict[str, Any], ru: str, en: str) -> None:
    assert clauses(trigger=trigger) == (ru, en)


@pytest.mark.parametrize(
    ("trigger", "times", "ru", "en"),
    [
        (
            {"kind": "nth", "n": 5},
            [0],
            "Даётся за покупку № 5, а эта была № 1",
            "It is for purchase number 5; this was number 1",
        ),
        (
            {"kind": "first_n_purchases", "n": 1},
            [0, 1],
            "Даётся за первую покупку, а эта была № 2",
            "It is for the first purchase; this was number 2",
        ),
        (
            {"kind": "promo_code", "code": "X"},
            [0],
            "Нужен промокод, введённый до покупки",
            "It takes a promo code, entered before the purchase",
        ),
        (
            {"kind": "repeat", "days": 14},
            [0],
            "Даётся за покупку в течение 14 дней после предыдущей, а до этой покупок не было",
            "It is for a purchase within 14 days of the one before; before this one there was none",
        ),
        (
            {"kind": "repeat", "days": 14},
            [0, 15],
            "Даётся за покупку в течение 14 дней после предыдущей, а эта была на 15-й день",
            "It is for a purchase within 14 days of the one before; this one came on day 15",
        ),
        (
            {"kind": "win_back", "silent_days": 90},
            [0, 21],
            "Даётся за первую покупку после 90 дней без покупок, а прошёл 21 полный день",
            "It is for the first purchase after 90 days without any; it had been 21 full days",
        ),
        (
            {"kind": "streak", "length": 3, "span": "day"},
            [0, 1],
            "Нужны покупки 3 дня подряд, пока набралось: 2",
            "It takes purchases 3 days on end; so far: 2",
        ),
        (
            {"kind": "mission", "measure": "turnover", "at_least": "3000", "span": "month"},
            [0],
            "Нужно: покупок на 3 000 ₽ за месяц, пока набралось: 1 000 ₽",
            "It takes purchases worth ₽3,000 within the month; so far: ₽1,000",
        ),
        (
            {"kind": "mission", "measure": "purchases", "at_least": "1", "span": "month"},
            [0, 1],
            "Нужно: 1 покупка за месяц; вы уже набрали это раньше",
            "It takes 1 purchase within the month, and you had reached that before",
        ),
    ],
)
def test_why_a_trigger_did_not_pay(trigger: dict[str, Any], times: Sequence[int], ru: str, en: str) -> None:
    index, facts = offer(trigger=trigger), member()
    last = [sell(index, facts, at) for at in days(*times)][-1]
    assert missed(last, trigger=trigger) == (ru, en)


def test_limits_of_awards_in_words() -> None:
    limits = {"times_per_day": 1, "times_per_week": 2, "times_per_month": 5, "gap_minutes": 120}
    ru = (
        "не чаще раза в день; не больше 2 раз в неделю; не больше 5 раз в месяц;"
        " снова не раньше чем через 2 часа"
    )
    en = (
        "no more than once a day; no more than 2 times a week; no more than 5 times a month;"
        " again no sooner than after 2 hours"
    )
    assert clauses(limits=limits) == (ru, en)
    assert clauses(limits={"times_ever": 1, "gap_minutes": 1}) == (
        "только один раз; снова не раньше чем через 1 минуту",
        "only once; again no sooner than after 1 minute",
    )


@pytest.mark.parametrize(
    ("limits", "ru", "en"),
    [
        (
            {"times_per_day": 1},
            "Даётся не чаще раза в день, и у вас это уже было",
            "It is given no more than once a day, and you have had that",
        ),
        (
            {"gap_minutes": 2880},
            "Снова даётся не раньше чем через 2 дня",
            "It is given again no sooner than after 2 days",
        ),
    ],
)
def test_why_it_was_not_given_again(limits: dict[str, int], ru: str, en: str) -> None:
    index, facts = offer(limits=limits), member()
    assert sell(index, facts) == 10
    assert missed(sell(index, facts), limits=limits) == (ru, en)


CONDITIONS: list[tuple[dict[str, Any], Facts, Receipt | None, tuple[str, str], tuple[str, str]]] = [
    (
        {"kind": "amount_below", "amount": "1000"},
        member(),
        None,
        ("за покупки меньше 1 000 ₽", "for purchases below ₽1,000"),
        (
            "Действует для покупок меньше 1 000 ₽, а эта была на 1 000 ₽",
            "It is for purchases below ₽1,000; this one was for ₽1,000",
        ),
    ),
    (
        COFFEE,
        member(),
        None,
        ("если в чеке есть определённые товары", "when certain goods are on the receipt"),
        (
            "Нужны подробности чека, а с этой покупкой они не пришли",
            "It needs the receipt's details, and they did not come with this purchase",
        ),
    ),
    (
        COFFEE | {"quantity_from": "2.5"},
        member(),
        bought(item(5, 500, category="coffee")),
        ("от 2,5 шт. или кг определённых товаров", "for 2.5 pcs or kg of certain goods"),
        (
            "Нужно 2,5 шт. или кг определённых товаров, а было 0,5",
            "It takes 2.5 pcs or kg of certain goods, and there were 0.5",
        ),
    ),
    (
        COFFEE | {"amount_from": "300"},
        member(),
        bought(item(25_050, category="coffee")),
        ("за определённые товары от 300 ₽", "for certain goods from ₽300"),
        (
            "Нужны определённые товары от 300 ₽, не хватило 49,50 ₽",
            "It takes certain goods from ₽300; ₽49.50 were missing",
        ),
    ),
    (
        COFFEE | {"share_from": "50"},
        member(),
        bought(item(30_000, category="coffee")),
        (
            "если определённые товары составляют от 50 % чека",
            "when certain goods make 50% of the receipt",
        ),
        (
            "Определённые товары должны составлять 50 % чека, а было 30 %",
            "It takes certain goods for 50% of the receipt; they made 30%",
        ),
    ),
    (
        {"kind": "items", "count_from": 2},
        member(),
        bought(item(5)),
        ("за чеки от 2 строк", "for receipts of 2 lines and more"),
        ("Нужен чек от 2 строк, а в этом их 1", "It takes a receipt of 2 lines and more; this one had 1"),
    ),
    (
        {"kind": "payment", "types": ["sbp"], "share_from": "50"},
        member(),
        Receipt(payments=(("sbp", 1), ("card", 3))),
        (
            "если от 50 % чека оплачено определёнными способами",
            "when 50% and more is paid in certain ways",
        ),
        (
            "Определёнными способами надо оплатить 50 % чека, а было 25 %",
            "It takes 50% of the receipt paid in certain ways; it was 25%",
        ),
    ),
    (
        {"kind": "without_spending"},
        member(),
        Receipt(points_spent=7),
        ("если баллы не списывались", "when no points are spent"),
        (
            "Действует для покупок без списания, а вы списали: 7 баллов",
            "It is for purchases on which no points are spent; you spent 7 points",
        ),
    ),
    (
        {"kind": "region", "codes": ["north"]},
        member(),
        sold_at(),
        ("в отдельных регионах", "in certain regions"),
        ("Действует в других регионах", "It is for other regions"),
    ),
    (
        {"kind": "outlet", "codes": ["o2"]},
        member(),
        Receipt(),
        ("в отдельных точках", "at certain outlets"),
        (
            "Действует в отдельных магазинах, а где сделана эта покупка, неизвестно",
            "It is for certain shops, and it is not known where this purchase was made",
        ),
    ),
    (
        {"kind": "opt_in"},
        known(accepted={PROMOTION: microseconds(NOON + timedelta(hours=5))}),
        None,
        ("после того как вы примете предложение", "after you accept the offer"),
        (
            "Вы приняли это предложение позже: 20 ноября, 17:00",
            "You accepted this offer later, 20 November, 17:00",
        ),
    ),
    (
        {"kind": "entitlement", "code": "resident"},
        known(entitlements={"resident": date(2026, 11, 19)}),
        None,
        ("для тех, у кого есть особое право", "for those who have a special right"),
        (
            "Нужное для этого право было у вас по 19 ноября",
            "The right that it takes was yours until 19 November",
        ),
    ),
]


@pytest.mark.parametrize(
    ("condition", "facts", "receipt", "term", "why"),
    CONDITIONS,
    ids=lambda value: getattr(value, "kind", None),
)
def test_conditions_in_words(
    condition: dict[str, Any],
    facts: Facts,
    receipt: Receipt | None,
    term: tuple[str, str],
    why: tuple[str, str],
) -> None:
    assert clauses(condition) == term
    assert missed(sell(offer(condition), facts, receipt=receipt), condition) == why


FACTS: dict[str, tuple[Any, Any]] = {  # what is told of each condition that a part can fail
    "amount_below": (1, 1),
    "attribute": ("a", None),
    "brand": ("a", "b"),
    "category": (None, None),
    "channel": ("a", "b"),
    "entitlement": ("a", None),
    "first_n_purchases": (1, 2),
    "franchise": ("a", "b"),
    "gap": (90, 1),
    "given": (1, 0),
    "goods": (None, None),
    "goods_amount": (2, 1),
    "goods_share": (2, 1),
    "holiday": (None, "2026-11-20T12:00:00"),
    "hours": (None, "2026-11-20T18:00:00"),
    "items_from": (2, 1),
    "items_to": (1, 2),
    "ladder": (2, 3),
    "mission": (2, 1),
    "no_outlet": (None, None),
    "nth": (2, 1),
    "once": (1, 1),
    "opt_in": (None, None),
    "outlet": ("a", None),
    "paid_by": (["a"], []),
    "payment": (0, 0),
    "pieces": (2, 1),
    "promo_code": ("a", None),
    "quantity": (2000, 1),
    "receipt": (None, None),
    "region": ("a", "b"),
    "repeat": (2, None),
    "streak": (2, 1),
    "tier": ("a", "b"),
    "tier_reached": ("gold", "base"),
    "times_day": (2, 2),
    "times_ever": (1, 1),
    "times_month": (3, 3),
    "times_week": (1, 1),
    "too_little": (None, 99),
    "win_back": (2, None),
    "without_spending": (0, 5),
}
TRIGGERS: dict[str, Any] = {
    "streak": {"kind": "streak", "length": 2, "span": "month"},
    "mission": {"kind": "mission", "measure": "purchases", "at_least": "2", "span": "ever"},
}


@pytest.mark.parametrize("condition", FACTS)
def test_each_condition_has_words_of_its_own(condition: str) -> None:
    failed = Failed(condition, *FACTS[condition])
    trigger = TRIGGERS.get(condition, {"kind": "purchase"})
    ru, en = missed(failed, HAPPY, trigger=trigger)
    assert ru != en
    assert "%(" not in ru + en
    assert "month's limit" not in en


def test_no_condition_is_without_words() -> None:
    folder = Path(wording.__file__).parent
    told = {
        node.args[0].value
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Failed"
        if isinstance(node.args[0], ast.Constant)
    }
    assert told - set(FACTS) == {
        "amount", "segment", "occasion", "yearly", "unsettled", "referral_late",
    }  # fmt: skip  # see test_occasion_words


@pytest.mark.parametrize(
    ("base", "ru", "en"),
    [
        (
            {"goods": {"categories": ["dairy"]}},
            "считаются только некоторые товары",
            "only certain goods count",
        ),
        (
            {"goods": {"except_categories": ["tobacco"]}},
            "некоторые товары не считаются",
            "certain goods do not count",
        ),
        (
            {"payments": {"gift_card": "0"}},
            "сколько считается, зависит от способа оплаты",
            "how much counts depends on the way it is paid",
        ),
    ],
)
def test_what_counts_in_words(base: dict[str, Any], ru: str, en: str) -> None:
    assert clauses(base=base) == (ru, en)
