"""Wexley Municipal Bank's programme: offers by kind of shop, because no real shop is said to take part."""

from datetime import UTC, date, datetime
from typing import Any

BRAND: dict[str, Any] = {
    "name": {"ru": "Муниципальный банк Уэксли", "en": "Wexley Municipal Bank"},
    "language": "en",
    "brand": "#1c2f5c",
    "accent": "#b5432f",
    "corner": "soft",
    "marks": ("castle.svg", "castle-dark.svg"),
}
PROGRAMME: dict[str, Any] = {
    "code": "points",
    "name": {"ru": "Баллы Уэксли", "en": "Wexley Points"},
    "unit": {"ru": ["балл", "балла", "баллов"], "en": ["point", "points"]},
    "scale": 0,
    "currency": "GBP",
    "value_minor": 1,
    "value_points": 2,
    "zone": "Europe/London",
    "expiry": "month_end",
    "expiry_count": 24,
    "return_policy": "manual",
}
SEGMENTS = {
    "payroll": "Paid through the bank",
    "pension": "Pensioners",
    "premium": "Premium clients",
}
STARTS = datetime(2013, 1, 1, tzinfo=UTC)

# code, category, icon, points for every full pound, most a purchase, name
PARTNERS: tuple[tuple[str, str, str, str, str | None, dict[str, str]], ...] = (
    ("books", "books", "book", "3", None, {"ru": "Книжные магазины", "en": "Bookshops"}),
    ("cafes", "cafe", "cup-hot", "4", "200", {"ru": "Кафе и кофейни", "en": "Cafés and coffee"}),
    ("chemists", "pharmacy", "capsule", "2", None, {"ru": "Аптеки", "en": "Chemists"}),
    ("diy", "home", "tools", "2", "640", {"ru": "Стройка и ремонт", "en": "Building and DIY"}),
    ("fuel", "fuel", "fuel-pump", "1", "150", {"ru": "Заправки", "en": "Fuel stations"}),
    ("grocers", "groceries", "basket", "2", "400", {"ru": "Продукты", "en": "Grocers"}),
    ("hotels", "travel", "building", "1", "1000", {"ru": "Гостиницы", "en": "Hotels and inns"}),
    ("parking", "auto", "car-front", "5", "50", {"ru": "Парковки", "en": "Parking"}),
    ("rail", "transport", "train-front", "3", "500", {"ru": "Железные дороги", "en": "Railways"}),
    ("taxis", "transport", "car-front", "3", "100", {"ru": "Такси", "en": "Taxis"}),
)


def promotions() -> list[tuple[str, dict[str, Any]]]:
    """Every promotion's code and document."""
    bank = [{"participant": "bank", "share": 100}]
    everywhere = {
        "title": {"ru": "За все покупки", "en": "For every purchase"},
        "icon": "bag-check",
        "category": "",
        "conditions": {"excluded_mcc": ["6010", "6011", "6012", "6051", "9311"]},
        "mechanic": {"kind": "per_step", "points": "2", "step": "1"},
        "funding": bank,
    }
    big = {
        "title": {"ru": "Крупная покупка", "en": "Big purchase"},
        "icon": "stars",
        "category": "",
        "conditions": {"amount_from": "250", "excluded_mcc": ["6010", "6011", "6012", "6051", "9311"]},
        "mechanic": {"kind": "fixed", "points": "200"},
        "limits": {"per_month": "1000"},
        "funding": bank,
    }
    welcome = {
        "title": {"ru": "Приветственные баллы", "en": "Welcome points"},
        "icon": "stars",
        "category": "welcome",
        "once": True,
        "conditions": {"segments": ["payroll", "pension"]},
        "mechanic": {
            "kind": "tenure",
            "bands": [
                {"years": 0, "points": "500"},
                {"years": 1, "points": "750"},
                {"years": 3, "points": "1000"},
            ],
        },
        "funding": bank,
    }
    return [("everywhere", everywhere), ("big", big), ("welcome", welcome), *map(_of_shops, PARTNERS)]


def _of_shops(row: tuple[str, str, str, str, str | None, dict[str, str]]) -> tuple[str, dict[str, Any]]:
    code, category, icon, points, limit, name = row
    return code, {
        "title": name,
        "icon": icon,
        "category": category,
        "conditions": {"partners": [code]},
        "mechanic": {"kind": "per_step", "points": points, "step": "1"},
        "limits": {"per_purchase": limit} if limit else {},
        "funding": [{"participant": "traders", "share": 60}, {"participant": "bank", "share": 40}],
    }


CASHBACK: dict[str, Any] = {
    "name": {"ru": "Кешбэк на карту", "en": "Cashback to your card"},
    "about": {"ru": "Деньги придут на карту банка", "en": "Money to your card of the bank"},
    "terms": {"points_min": 200, "points_max": 100_000, "days": 5},
}
# code, points, pounds, codes in the pool, name, about
CERTIFICATES: tuple[tuple[str, int, int, int, dict[str, str], dict[str, str]], ...] = (
    ("harrow-10", 1900, 10, 60, {"ru": "Рынок «Харроу-стрит», 10\u00a0£", "en": "Harrow Street Market, £10"},
     {"ru": "Код придёт сразу, действует год", "en": "The code comes at once and is valid for a year"}),
    ("calder-25", 4700, 25, 30, {"ru": "«Колдер Электроникс», 25\u00a0£", "en": "Calder Electricals, £25"},
     {"ru": "На всё, кроме рассрочки", "en": "For everything but finance"}),
    ("quayside-50", 9200, 50, 10, {"ru": "«Квейсайд Хоум», 50\u00a0£", "en": "Quayside Home, £50"},
     {"ru": "Мебель и свет", "en": "Furniture and light"}),
    ("lido-5", 950, 5, 0, {"ru": "Бассейн «Лидо», 5\u00a0£", "en": "Wexley Lido, £5"},
     {"ru": "Один вход", "en": "One entry"}),
)  # fmt: skip
# code, name, about, campaign, goal in points, last day
FUNDS: tuple[tuple[str, dict[str, str], dict[str, str], dict[str, str], int, date], ...] = (
    ("hospice", {"ru": "Детский хоспис Уэксли", "en": "Wexley Children’s Hospice"},
     {"ru": "Заботится о детях и их семьях", "en": "Cares for children and their families"},
     {"ru": "Ночные сиделки на зиму", "en": "Night nurses for the winter"}, 400_000, date(2026, 12, 31)),
    ("riverbank", {"ru": "Фонд «Берег реки»", "en": "Riverbank Trust"},
     {"ru": "Чистит берега и сажает деревья", "en": "Cleans the banks and plants trees"},
     {"ru": "Тысяча ив", "en": "A thousand willows"}, 250_000, date(2027, 3, 31)),
)  # fmt: skip
