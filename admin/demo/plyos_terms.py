"""Плёс: an invented coalition with its operator, two banks, a regional retailer and a café; no company is real.

INN and OGRN have right check digits and the region 00, which there is not.
"""

from typing import Any, NamedTuple

from admin.demo.network import AGGREGATOR, LOOPBACK

BRAND: dict[str, Any] = {
    "name": {"ru": "Коалиция «Плёс»", "en": "Plyos Coalition"},
    "language": "ru",
    "brand": "#2d4a8a",
    "accent": "#c4701a",
    "corner": "round",
    "marks": ("reach.svg", "reach-dark.svg"),
}
PROGRAMME: dict[str, Any] = {
    "code": "kapli",
    "name": {"ru": "Капли", "en": "Drops"},
    "unit": {"ru": ["капля", "капли", "капель"], "en": ["drop", "drops"]},
    "scale": 0,
    "currency": "RUB",
    "value_minor": 100,
    "value_points": 1,
    "zone": "Europe/Moscow",
    "expiry": "month_end",
    "expiry_count": 12,
    "return_policy": "manual",
}
PAYING: dict[str, Any] = {"percent": "30"}
OPERATOR = "plyos"
BANKS = ("brody", "kedr")
"""Participants whose clients the members are; each is a segment of the same code."""
SEGMENTS = {"brody": "Клиенты банка «Верхние Броды»", "kedr": "Клиенты банка «Кедровый Мост»"}
RETAILER, CAFE = "pyat-vyorst", "tyoplaya-kruzhka"

PARTICIPANTS: dict[str, dict[str, str]] = {
    OPERATOR: {"ru": "ООО «Плёс»", "en": "Plyos LLC"},
    "brody": {"ru": "Банк «Верхние Броды»", "en": "Verkhnie Brody Bank"},
    "kedr": {"ru": "Банк «Кедровый Мост»", "en": "Kedrovy Most Bank"},
    RETAILER: {"ru": "ООО «Пять вёрст»", "en": "Pyat Vyorst LLC"},
    CAFE: {"ru": "ООО «Тёплая кружка»", "en": "Tyoplaya Kruzhka LLC"},
    LOOPBACK: AGGREGATOR,
}


class Outlet(NamedTuple):
    """A place of sale: its code, name in Russian and in English, and its tills by MID and TID."""

    code: str
    ru: str
    en: str
    mid: str
    tids: tuple[str, ...]


class Shop(NamedTuple):
    """A partner: what members see of it, its outlets, usual sums in roubles, and how many sales a day it has."""

    code: str
    name: dict[str, str]
    about: dict[str, str]
    category: str
    icon: str
    outlets: tuple[Outlet, ...]
    low: int
    high: int
    a_day: int


SHOPS = (
    Shop(
        RETAILER,
        {"ru": "Гастроном «Пять вёрст»", "en": "Pyat Vyorst groceries"},
        {"ru": "Три магазина у реки", "en": "Three shops by the river"},
        "groceries",
        "basket",
        (
            Outlet("pv-naberezhnaya", "«Пять вёрст», Набережная, 4", "Naberezhnaya, 4", "800000000001",
                   ("80010001", "80010002", "80010003")),
            Outlet("pv-zarechnaya", "«Пять вёрст», Заречная, 18", "Zarechnaya, 18", "800000000002",
                   ("80020001", "80020002")),
            Outlet("pv-vokzal", "«Пять вёрст», Вокзальная, 1", "Vokzalnaya, 1", "800000000003", ("80030001",)),
        ),
        350,
        6200,
        5,
    ),
    Shop(
        CAFE,
        {"ru": "Кафе «Тёплая кружка»", "en": "Tyoplaya Kruzhka café"},
        {"ru": "Завтраки весь день", "en": "Breakfast all day"},
        "cafe",
        "cup-hot",
        (Outlet("tk-sadovaya", "«Тёплая кружка», Садовая, 7", "Sadovaya, 7", "800000000011", ("80110001",)),),
        220,
        1400,
        2,
    ),
)  # fmt: skip


def promotions() -> list[tuple[str, dict[str, Any]]]:
    """Each bank gives its own clients points everywhere, the retailer and the café to everybody at their own tills."""
    return [
        _one("brody", "С картой «Верхних Бродов»", "With a Verkhnie Brody card", "credit-card", "",
             {"segments": ["brody"]}, "1.5"),
        _one("kedr", "С картой «Кедрового Моста»", "With a Kedrovy Most card", "credit-card", "",
             {"segments": ["kedr"]}, "1"),
        _one(RETAILER, "Гастроном «Пять вёрст»", "Pyat Vyorst groceries", "basket", "groceries",
             {"partners": [RETAILER]}, "4"),
        _one(CAFE, "Кафе «Тёплая кружка»", "Tyoplaya Kruzhka café", "cup-hot", "cafe", {"partners": [CAFE]}, "8"),
    ]  # fmt: skip


def _one(
    payer: str, ru: str, en: str, icon: str, category: str, conditions: dict[str, Any], rate: str
) -> tuple[str, dict[str, Any]]:
    return payer, {
        "title": {"ru": ru, "en": en},
        "icon": icon,
        "category": category,
        "conditions": conditions,
        "mechanic": {"kind": "percent", "rate": rate},
        "funding": [{"participant": payer, "share": 100}],
    }


# code, whose, points, roubles, codes in the pool, name, about
CERTIFICATES: tuple[tuple[str, str, int, int, int, dict[str, str], dict[str, str]], ...] = (
    ("vyorsty-300", RETAILER, 300, 300, 40, {"ru": "«Пять вёрст» на 300\u00a0₽", "en": "Pyat Vyorst, ₽300"},
     {"ru": "Код придёт сразу, действует год", "en": "The code comes at once and is valid for a year"}),
    ("kruzhka-150", CAFE, 150, 150, 40, {"ru": "«Тёплая кружка» на 150\u00a0₽", "en": "Tyoplaya Kruzhka, ₽150"},
     {"ru": "Завтрак или десерт", "en": "A breakfast or a dessert"}),
)  # fmt: skip
# points at least: one, so that a member can give what is left
FUND: dict[str, Any] = {
    "code": "plyosskie-berega",
    "name": {"ru": "Фонд «Плёсские берега»", "en": "The Plyos Shores fund"},
    "about": {"ru": "Помогает пожилым людям, которые живут одни", "en": "Helps old people who live alone"},
    "points_min": 1,
    "points_max": 100_000,
}
CAMPAIGN: dict[str, Any] = {
    "name": {
        "ru": "Дрова и лекарства на зиму для 60 домов",
        "en": "Firewood and medicine for 60 homes this winter",
    },
    "goal": 30_000,
}
CAMPAIGN_DAYS = 120


def _legal(name: str, inn: str, account: int) -> dict[str, str]:
    return {
        "name": name,
        "inn": inn,
        "kpp": "000101001",
        "account": f"4070281000000000{account:04}",
        "bic": "000000001",
        "address": "Город Плёсов (вымышленный), Набережная, 1",
    }


OPERATOR_TERMS: dict[str, Any] = {
    "legal": _legal("ООО «Плёс»", "0001010019", 1) | {"signer": "Олег Дальний"},
    "vat": [{"since": "2026-01-01", "rate": "22"}],
    "answer_days": 30,
    "pay_days": 45,
}
SETTLING: dict[str, dict[str, Any]] = {
    "brody": {"legal": _legal("АО «Банк „Верхние Броды“»", "0001010026", 2), "contract": "П-1/26", "pays": "issued"},
    "kedr": {"legal": _legal("АО «Банк „Кедровый Мост“»", "0001010033", 3), "contract": "П-2/26", "pays": "spent"},
    RETAILER: {"legal": _legal("ООО «Пять вёрст»", "0001010040", 4), "contract": "П-3/26", "pays": "issued",
               "fee": {"rate": "0.5", "of": "turnover"}},
    CAFE: {"legal": _legal("ООО «Тёплая кружка»", "0001010058", 5), "contract": "П-4/26", "pays": "issued",
           "fee": {"rate": "1", "of": "awarded"}},
    LOOPBACK: {"legal": _legal("ООО «Агрегатор (демонстрация)»", "0001010065", 6), "contract": "П-5/26"},
}  # fmt: skip
"""By what terms each participant settles, from the month on that the demonstration closes."""
OBJECTION = "Две продажи проведены дважды: кассу перезапускали. По нашему счёту комиссия меньше"

MANAGERS = (
    ("retailer-manager", "demo-retailer-manager", "Раиса Полозова", RETAILER),
    ("cafe-manager", "demo-cafe-manager", "Вера Рябинина", CAFE),
)
"""Who signs in to the partner's place: login, password, name, participant."""
MAILING_SENT = (
    "Завтраки в «Тёплой кружке»",
    "Завтракайте в «Тёплой кружке» с 8 до 11: вафли и кофе за 290 руб., и баллы, как всегда",
)
MAILING_OFFERED = (
    "Облепиховый чай",
    "В «Тёплой кружке» снова облепиховый чай. До конца месяца вторая кружка в подарок",
)
"""The café's mailings: what each is called, and what members read."""
APPLICATION = {
    "legal_name": "ООО «Сосновая аптека»",
    "inn": "0001010072",
    "kpp": "000101001",
    "ogrn": "1000000000021",
    "address": "Город Плёсов (вымышленный), Садовая, 12",
    "brand": "Сосновая аптека",
    "about": "Две аптеки у вокзала, хотим давать баллы за каждую покупку",
    "category": "pharmacy",
    "contact_name": "Инна Пихтина",
    "email": "inna.pikhtina@example.com",
    "phone": "+7 945 000-99-01",
}
