"""Авача Банк: an invented bank of Kamchatka with invented clients, shops and a generated month of operations.

Everything here is made by a seeded generator and says so in the file's own header record.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from admin.demo.avacha_terms import STARTS
from admin.demo.names import dice, people
from admin.demo.wexley import joined_between, segments_of
from coalition.members.importing import BaseRow

PROFILE = Path(__file__).parent / "profiles" / "avacha-cards.json"
LAST_DAY = date(2026, 11, 21)
DAYS = 31
CLIENTS = 420
LINES_A_DAY = 400
SEED = 20261122

HEADINGS = "ДАТА;КАРТА;ТИП;СУММА;ВАЛЮТА;MCC;ТСП;MID;TID;RRN;RRN_ИСХ"


@dataclass(frozen=True)
class Shop:
    """A place that takes cards: its text in the file, its category, its usual sums in roubles, how often."""

    name: str
    mcc: str
    low: int
    high: int
    weight: int
    kind: str = "ПОКУПКА"
    partner: str = ""
    mid: str = ""


PARTNERS = {
    "nerpyonok": "Нерпёнок",
    "bereg-i-buk": "Берег и Бук",
    "sopka-azs": "АЗС «Сопка»",
    "teplyi-sklad": "Тёплый склад",
    "motor-na-severe": "Мотор на Севере",
    "chaika-kofe": "Чайка Кофе",
}
"""Invented local partners of the programme, by code; their terminals are those of SHOPS."""

SHOPS = (
    Shop("NERPYONOK MAGAZIN DETYAM", "5641", 600, 6500, 4, partner="nerpyonok", mid="700000000001"),
    Shop("БЕРЕГ И БУК КНИГИ", "5942", 300, 3200, 4, partner="bereg-i-buk", mid="700000000002"),
    Shop("АЗС СОПКА", "5541", 900, 5200, 12, partner="sopka-azs", mid="700000000003"),
    Shop("ТЁПЛЫЙ СКЛАД ТЕХНИКА", "5722", 1500, 68000, 3, partner="teplyi-sklad", mid="700000000004"),
    Shop("МОТОР НА СЕВЕРЕ АВТОСЕРВИС", "7538", 1200, 34000, 3, partner="motor-na-severe", mid="700000000005"),
    Shop("ЧАЙКА КОФЕ", "5814", 180, 950, 14, partner="chaika-kofe", mid="700000000006"),
    Shop("ПРОДУКТЫ У ПРИЧАЛА", "5411", 250, 4800, 26, mid="700000000021"),
    Shop("ГАСТРОНОМ ШЕСТОЙ КИЛОМЕТР", "5411", 200, 5600, 24, mid="700000000022"),
    Shop("ИКОРНАЯ ЛАВКА", "5422", 900, 7400, 4, mid="700000000023"),
    Shop("ПЕКАРНЯ НА ГОРКЕ", "5462", 90, 780, 12, mid="700000000024"),
    Shop("АПТЕКА ДОБРЫЙ ДЕНЬ", "5912", 150, 3900, 10, mid="700000000025"),
    Shop("СТОЛОВАЯ ТРИ ВУЛКАНА", "5812", 320, 1900, 10, mid="700000000026"),
    Shop("ТАКСИ ПУРГА", "4121", 180, 900, 11, mid="700000000027"),
    Shop("ДОМ И ГВОЗДЬ", "5211", 250, 14500, 5, mid="700000000028"),
    Shop("ОБУВЬ ДЛЯ СОПОК", "5661", 1900, 12500, 2, mid="700000000029"),
    Shop("КИНО В ГАВАНИ", "7832", 350, 1600, 3, mid="700000000030"),
    Shop("РЫБОЛОВ И КО", "5941", 400, 16000, 3, mid="700000000031"),
    Shop("ЗУБНАЯ КЛИНИКА ЛЁД", "8021", 1500, 28000, 2, mid="700000000032"),
    Shop("ГОРЯЧИЕ ИСТОЧНИКИ ПАР", "7991", 700, 4200, 3, mid="700000000033"),
    Shop("АВИАКАССА ДАЛЁКИЙ РЕЙС", "4511", 9800, 62000, 2, mid="700000000034"),
    Shop("СВЯЗЬ МАЯК ОПЛАТА", "4814", 200, 1200, 8, kind="УСЛУГА", mid="700000000041"),
    Shop("КОММУНАЛЬНЫЕ ПЛАТЕЖИ", "4900", 1800, 11500, 7, kind="УСЛУГА", mid="700000000042"),
    Shop("ДЕТСКИЙ САД ОПЛАТА", "8351", 2300, 3900, 2, kind="УСЛУГА", mid="700000000043"),
    Shop("ПЕРЕВОД МЕЖДУ СВОИМИ СЧЕТАМИ", "", 500, 40000, 9, kind="ПЕРЕВОД"),
    Shop("БАНКОМАТ АВАЧА БАНК", "6011", 1, 40, 6, kind="НАЛИЧНЫЕ", mid="700000000051"),
    Shop("КОМИССИЯ ЗА ОБСЛУЖИВАНИЕ", "6012", 59, 199, 2, kind="КОМИССИЯ", mid="700000000052"),
)


def avacha_base() -> list[BaseRow]:
    """The bank's clients, those whose cards do most first.

    The last two buy on the last day only, one on the third anniversary of the account, one on the day before it.
    """
    rnd = dice(SEED)
    clients = people("ru", CLIENTS, SEED)
    joining, first = dice(SEED + 3), LAST_DAY - timedelta(days=DAYS - 1)
    rows = []
    for number, (person, hand) in enumerate(zip(clients, _hands(), strict=True), 1):
        opened = LAST_DAY - timedelta(days=int(rnd.triangular(20, 3200, 600)))
        segments = segments_of(rnd, person.born_on)
        if number > CLIENTS - 2:
            opened, segments = date(2023, 11, 22 - (CLIENTS - number)), ("payroll",)
        joined = joined_between(joining, max(opened, STARTS.date()), first)
        rows.append(BaseRow(number, person, hand, segments, opened, joined_on=joined))
    return rows


def avacha_month() -> bytes:
    """The month's file in the form of the profile `avacha-cards`, the same bytes at every call."""
    rnd = dice(SEED + 1)
    *hands, reached, ahead = _hands()
    cards = [card for hand in hands for card in hand]
    # A few cards of people who are no clients of the programme (yet).
    cards += [_card(rnd) for _ in range(6)]
    habits = sorted((rnd.paretovariate(3) for _ in cards), reverse=True)
    moments = sorted(_moment(rnd) for _ in range(DAYS * LINES_A_DAY))
    shops = rnd.choices(SHOPS, [shop.weight for shop in SHOPS], k=len(moments))
    lines = []
    for number, (at, shop) in enumerate(zip(moments, shops, strict=True)):
        card = rnd.choices(cards, habits)[0]
        lines.append(_operation(rnd, at, card, shop, number))
    lines += _refunds(rnd, lines)
    noon = datetime.combine(LAST_DAY, time(12))
    lines += [
        _operation(rnd, noon, hand[0], SHOPS[1], 900_000 + number)
        for number, hand in enumerate((reached, ahead))
    ]
    lines.sort(key=lambda line: (line.at, line.rrn))
    first = LAST_DAY - timedelta(days=DAYS - 1)
    total = sum(line.kopecks for line in lines)
    text = [
        f"H;Авача Банк;{first:%d.%m.%Y};{LAST_DAY:%d.%m.%Y};ДАННЫЕ СГЕНЕРИРОВАНЫ ДЛЯ ДЕМОНСТРАЦИИ",
        HEADINGS,
        *(line.text() for line in lines),
        f"T;{len(lines)};{_roubles(total)}",
    ]
    return "".join(f"{line}\r\n" for line in text).encode("cp1251")


@dataclass(frozen=True)
class _Line:
    at: datetime
    card: str
    shop: Shop
    kopecks: int
    rrn: str
    tid: str
    refund_of: str = ""

    def text(self) -> str:
        kind = "ВОЗВРАТ" if self.refund_of else self.shop.kind
        original = "" if self.refund_of == "?" else self.refund_of
        when = self.at.strftime("%d.%m.%Y %H:%M:%S")
        seller = f"{self.shop.mcc};{self.shop.name};{self.shop.mid};{self.tid}"
        return f"{when};{self.card};{kind};{_roubles(self.kopecks)};RUB;{seller};{self.rrn};{original}"


def _hands() -> list[tuple[str, ...]]:
    """Every client's cards: one, or two for a third of them."""
    rnd = dice(SEED + 2)
    return [tuple(_card(rnd) for _ in range(2 if rnd.random() < 0.33 else 1)) for _ in range(CLIENTS)]


def _card(rnd: Random) -> str:
    return f"avc{rnd.getrandbits(48):012x}"


def _moment(rnd: Random) -> datetime:
    """A second of the month on Kamchatka's clock: by day, most in the evening, more at the week's end."""
    day = LAST_DAY - timedelta(days=rnd.randrange(DAYS))
    if day.weekday() < 5 and rnd.random() < 0.15:
        day = min(day + timedelta(days=5 - day.weekday()), LAST_DAY)
    second = int(rnd.triangular(8 * 3600, 23 * 3600, 18 * 3600))
    return datetime.combine(day, time()) + timedelta(seconds=second)


def _operation(rnd: Random, at: datetime, card: str, shop: Shop, number: int) -> _Line:
    if shop.kind == "НАЛИЧНЫЕ":
        kopecks = rnd.randint(shop.low, shop.high) * 100_000 // 2
    else:
        kopecks = int(rnd.triangular(shop.low, shop.high, shop.low + (shop.high - shop.low) // 6) * 100)
        if shop.kind != "ПОКУПКА" or rnd.random() < 0.4:
            kopecks -= kopecks % 100
    tid = f"{int(shop.mid[-4:])}{rnd.randint(1, 4):04}" if shop.mid else ""
    return _Line(at, card, shop, max(kopecks, 100), _rrn(at, number), tid)


def _refunds(rnd: Random, lines: list[_Line]) -> list[_Line]:
    """Two purchases in a hundred come back within days, whole or in part; one refund in eight names none."""
    found = []
    end = datetime.combine(LAST_DAY, time(23, 0))
    bought = [
        line
        for line in lines
        if line.shop.kind == "ПОКУПКА" and line.shop.mcc not in {"5541", "5814", "4121"}
    ]
    for number, line in enumerate(rnd.sample(bought, len(bought) // 50)):
        at = line.at + timedelta(hours=rnd.randint(2, 200))
        kopecks = line.kopecks if rnd.random() < 0.7 else max(line.kopecks * rnd.randint(1, 9) // 10, 1)
        named = "?" if rnd.random() < 0.125 else line.rrn
        if at <= end:
            found.append(
                _Line(at, line.card, line.shop, kopecks, _rrn(at, 500_000 + number), line.tid, named)
            )
    return found


def _rrn(at: datetime, number: int) -> str:
    """Twelve digits, as ISO 8583 has them: last digit of the year, day of the year, hour, six of a counter."""
    return f"{at.year % 10}{at.timetuple().tm_yday:03}{at.hour:02}{number:06}"


def _roubles(kopecks: int) -> str:
    return f"{kopecks // 100},{kopecks % 100:02}"
