"""Авача Банк's programme: welcome, purchases, services, transfers and local partners; all invented."""

from datetime import UTC, date, datetime
from typing import Any

BRAND: dict[str, Any] = {
    "name": {"ru": "Авача Банк", "en": "Avacha Bank"},
    "language": "ru",
    "brand": "#0b5f66",
    "accent": "#d9532c",
    "corner": "round",
    "marks": ("mountain.svg", "mountain-dark.svg"),
}
PROGRAMME: dict[str, Any] = {
    "code": "iskry",
    "name": {"ru": "Искры", "en": "Sparks"},
    "unit": {"ru": ["искра", "искры", "искр"], "en": ["spark", "sparks"]},
    "scale": 0,
    "currency": "RUB",
    "value_minor": 100,
    "value_points": 1,
    "zone": "Asia/Kamchatka",
    "expiry": "month_end",
    "expiry_count": 12,
    "return_policy": "manual",
}
SEGMENTS = {
    "payroll": "Зарплатные клиенты",
    "pension": "Пенсионеры",
    "premium": "Премиальные клиенты",
}
STARTS = datetime(2026, 1, 1, tzinfo=UTC)

# code, category, icon, percent of the amount, days until active, most a purchase (or None), about
PARTNERS: tuple[tuple[str, str, str, str, int, str | None, dict[str, str]], ...] = (
    (
        "nerpyonok",
        "children",
        "balloon",
        "8",
        14,
        None,
        {"ru": "Всё детям от нуля до школы", "en": "All for children"},
    ),
    ("bereg-i-buk", "books", "book", "7", 14, None, {"ru": "Книги и карты края", "en": "Books and maps"}),
    (
        "sopka-azs",
        "fuel",
        "fuel-pump",
        "3",
        0,
        "300",
        {"ru": "14 заправок по всему краю", "en": "14 stations"},
    ),
    (
        "teplyi-sklad",
        "electronics",
        "laptop",
        "12",
        14,
        "1000",
        {"ru": "Техника для дома", "en": "Home electronics"},
    ),
    (
        "motor-na-severe",
        "auto",
        "tools",
        "10",
        14,
        "800",
        {"ru": "Ремонт и запчасти", "en": "Repairs and parts"},
    ),
    ("chaika-kofe", "cafe", "cup-hot", "5", 0, None, {"ru": "Кофе у воды", "en": "Coffee by the water"}),
)

_BANK = [{"participant": "bank", "share": 100}]


def promotions() -> list[tuple[str, dict[str, Any]]]:
    """Every promotion's code and document."""
    return [*_for_operations(), *_gifts(), *(_of_a_partner(*row[:6]) for row in PARTNERS)]


def _for_operations() -> list[tuple[str, dict[str, Any]]]:
    """What every purchase, service and transfer earns."""
    return [
        (
            "purchases",
            {
                "title": {"ru": "За покупки", "en": "For purchases"},
                "icon": "basket",
                "category": "",
                "conditions": {"excluded_mcc": ["6010", "6011", "6012", "6051", "7995"]},
                "mechanic": {"kind": "per_step", "points": "1", "step": "100"},
                "funding": _BANK,
            },
        ),
        (
            "services",
            {
                "title": {"ru": "За оплату услуг", "en": "For services"},
                "icon": "receipt",
                "category": "",
                "conditions": {"kinds": ["service"]},
                "mechanic": {"kind": "per_step", "points": "2", "step": "100"},
                "limits": {"per_month": "500"},
                "funding": _BANK,
            },
        ),
        (
            "transfers",
            {
                "title": {
                    "ru": "За переводы между своими счетами",
                    "en": "For transfers between own accounts",
                },
                "icon": "arrow-left-right",
                "category": "",
                "conditions": {"kinds": ["transfer_own"]},
                "mechanic": {"kind": "fixed", "points": "5"},
                "limits": {"per_month": "20"},
                "funding": _BANK,
            },
        ),
    ]


def _gifts() -> list[tuple[str, dict[str, Any]]]:
    """What comes once, or for much."""
    return [
        (
            "welcome",
            {
                "title": {"ru": "Приветственные искры", "en": "Welcome sparks"},
                "icon": "stars",
                "category": "welcome",
                "once": True,
                "conditions": {"segments": ["payroll", "pension"]},
                "mechanic": {
                    "kind": "tenure",
                    "bands": [
                        {"years": 0, "points": "50"},
                        {"years": 1, "points": "75"},
                        {"years": 3, "points": "100"},
                    ],
                },
                "funding": _BANK,
            },
        ),
        (
            "big-purchase",
            {
                "title": {"ru": "Крупная покупка", "en": "Big purchase"},
                "icon": "handbag",
                "category": "",
                "conditions": {
                    "amount_from": "20000",
                    "excluded_mcc": ["6010", "6011", "6012", "6051", "7995"],
                },
                "mechanic": {"kind": "fixed", "points": "500"},
                "activation_delay_days": 14,
                "funding": _BANK,
            },
        ),
    ]


def _of_a_partner(
    code: str, category: str, icon: str, rate: str, delay: int, limit: str | None
) -> tuple[str, dict[str, Any]]:
    from_name = TITLES[code]
    return code, {
        "title": from_name,
        "icon": icon,
        "category": category,
        "conditions": {"partners": [code]},
        "mechanic": {"kind": "percent", "rate": rate},
        "limits": {"per_purchase": limit} if limit else {},
        "activation_delay_days": delay,
        "funding": [{"participant": code, "share": 70}, {"participant": "bank", "share": 30}],
    }


TITLES: dict[str, dict[str, str]] = {
    "nerpyonok": {"ru": "Нерпёнок", "en": "Nerpyonok"},
    "bereg-i-buk": {"ru": "Берег и Бук", "en": "Bereg i Buk"},
    "sopka-azs": {"ru": "АЗС «Сопка»", "en": "Sopka fuel"},
    "teplyi-sklad": {"ru": "Тёплый склад", "en": "Tyoply Sklad"},
    "motor-na-severe": {"ru": "Мотор на Севере", "en": "Motor na Severe"},
    "chaika-kofe": {"ru": "Чайка Кофе", "en": "Chaika Coffee"},
}
CASHBACK: dict[str, Any] = {
    "name": {"ru": "Кешбэк на карту", "en": "Cashback to your card"},
    "about": {"ru": "Деньги придут на карту банка", "en": "Money to your card of the bank"},
    "terms": {"points_min": 100, "points_max": 50_000, "days": 4},
}
# code, partner who gives it, points, roubles, codes in the pool, name, about
CERTIFICATES: tuple[tuple[str, str, int, int, int, dict[str, str], dict[str, str]], ...] = (
    ("sklad-1000", "teplyi-sklad", 950, 1000, 60,
     {"ru": "«Тёплый склад» на 1\u202f000\u00a0₽", "en": "Tyoply Sklad, ₽1,000"},
     {"ru": "Код придёт сразу, действует год", "en": "The code comes at once and is valid for a year"}),
    ("sopka-500", "sopka-azs", 480, 500, 40, {"ru": "Топливо на 500\u00a0₽", "en": "Fuel for ₽500"},
     {"ru": "На всех 14 заправках «Сопки»", "en": "At all 14 Sopka stations"}),
    ("kofe-300", "chaika-kofe", 280, 300, 30, {"ru": "«Чайка Кофе» на 300\u00a0₽", "en": "Chaika Coffee, ₽300"},
     {"ru": "Любой напиток и десерт", "en": "Any drink and a dessert"}),
    ("knigi-700", "bereg-i-buk", 700, 700, 0, {"ru": "«Берег и Бук» на 700\u00a0₽", "en": "Bereg i Buk, ₽700"},
     {"ru": "Книги и карты", "en": "Books and maps"}),
)  # fmt: skip
# code, name, about, campaign, goal in points, last day
FUNDS: tuple[tuple[str, dict[str, str], dict[str, str], dict[str, str], int, date], ...] = (
    ("bolshaya-semya", {"ru": "Фонд «Большая семья»", "en": "The Big Family fund"},
     {"ru": "Помогает многодетным семьям края", "en": "Helps large families of the region"},
     {"ru": "Зимняя одежда для 40 семей", "en": "Winter clothes for 40 families"}, 40_000, date(2026, 12, 31)),
    ("luchik", {"ru": "Фонд «Лучик»", "en": "The Luchik fund"},
     {"ru": "Помогает детям, которые тяжело болеют", "en": "Helps children who are gravely ill"},
     {"ru": "Реабилитация для семи детей", "en": "Rehabilitation for seven children"}, 25_000, date(2027, 2, 28)),
)  # fmt: skip
