"""Numbers, points, money and dates as each language writes them. Pure; one formatter for pages, mail, paper.

Spaces: U+202F in Russian thousands, U+00A0 before a unit, a currency sign or a percent, U+2212 for minus. In
print `printed()` widens the narrow space, which looks too tight there. Amounts come as integers and stay so.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import get_currency_precision, get_currency_symbol

from tenants.runtime import clock
from tenants.runtime.language import translate

NARROW, NO_BREAK, MINUS = "\u202f", "\u00a0", "\u2212"
_THOUSANDS = {"ru": NARROW, "en": ","}
_DECIMAL = {"ru": ",", "en": "."}
_PARTED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.|$)")  # thousands, as English parts them
_BRITISH = {"en": "en_GB", "ru": "ru"}  # the day before the month, as the texts have it


def number(value: int, lang: str, *, signed: bool = False) -> str:
    """A whole number: 12 640 in Russian, 12,640 in English; a plus is written when `signed`."""
    return _sign(value, signed) + _grouped(abs(value), lang)


def plain_number(text: str, lang: str, *, of_percent: bool = False) -> str:
    """A number that a person writes, as programs write it: "1 000,5" in Russian, "1,000.5" in English is 1000.5.

    In English a comma parts thousands and nothing else. A percentage may be written with its sign. What is no number
    stays none, for its reader to refuse.
    """
    kept = "".join(character for character in text if not character.isspace())
    kept = kept.removesuffix("%") if of_percent else kept
    if lang != "en":
        return kept.replace(",", ".")
    return kept.replace(",", "") if _PARTED.match(kept) else kept


def amount(units: int, scale: int, lang: str, *, signed: bool = False) -> str:
    """Integer `units`, the last `scale` digits of them the fraction, shown in full unless it is zero."""
    whole, fraction = divmod(abs(units), 10**scale)
    tail = f"{_DECIMAL[lang]}{fraction:0{scale}d}" if fraction else ""
    return _sign(units, signed) + _grouped(whole, lang) + tail


def decimal(value: Decimal, lang: str) -> str:
    """A decimal without the digits that say nothing: "2", "1,5", "0.125"."""
    digits = digits_of(value)
    return amount(int(value.scaleb(digits)), digits, lang)


@lru_cache(maxsize=10_000)
def digits_of(value: Decimal) -> int:
    """How many digits after the point say something."""
    return max(-int(value.normalize().as_tuple().exponent), 0)


def point_word(units: int, *, scale: int, forms: Sequence[str], lang: str) -> str:
    """The programme's word for so many points: Russian one, few, many (11-14 take many); English one, many.

    A fraction takes what grammar asks: "1,50 искры", "1.50 points". `forms` are those of `lang`.
    """
    whole, fraction = divmod(abs(units), 10**scale)
    if fraction:
        return forms[1]
    return forms[min(_plural_place(whole, lang), len(forms) - 1)]


@lru_cache(maxsize=10_000)
def _plural_place(whole: int, lang: str) -> int:
    return {"one": 0, "few": 1, "many": 2}.get(_locale(lang).plural_form(whole), 1)


def points(units: int, *, scale: int, forms: Sequence[str], lang: str, signed: bool = False) -> str:
    """Points with the programme's word: "4 218 искр", "12,640 points", "+1 000 искр"."""
    return _points(units, scale, tuple(forms), lang, signed)


@lru_cache(maxsize=10_000)
def _points(units: int, scale: int, forms: Sequence[str], lang: str, signed: bool) -> str:
    word = point_word(units, scale=scale, forms=forms, lang=lang)
    return amount(units, scale, lang, signed=signed) + NO_BREAK + word


def money(
    minor: int,
    currency: str,
    lang: str,
    *,
    exponent: int | None = None,
    always_minor: bool = False,
    signed: bool = False,
) -> str:
    """Money from its minor units: "4 600 ₽", "£63.20"; kopecks when there are any, or always when asked.

    `exponent` is how many digits stand after the point, where they are not the currency's own.
    """
    exponent = precision(currency) if exponent is None else exponent
    whole, fraction = divmod(abs(minor), 10**exponent)
    text = _grouped(whole, lang)
    if exponent and (fraction or always_minor):
        text += f"{_DECIMAL[lang]}{fraction:0{exponent}d}"
    symbol = currency_symbol(currency, lang)
    sign = _sign(minor, signed)
    if lang == "ru":
        return f"{sign}{text}{NO_BREAK}{symbol}"
    return f"{sign}{symbol}{NO_BREAK if symbol[-1].isalpha() else ''}{text}"


@lru_cache(maxsize=512)
def precision(currency: str) -> int:
    """Digits of the currency's minor unit."""
    return int(get_currency_precision(currency))


@lru_cache(maxsize=512)
def currency_symbol(currency: str, lang: str) -> str:
    """What stands for the currency: "₽" in both languages, "£"."""
    return "₽" if currency == "RUB" else str(get_currency_symbol(currency, locale=_locale(lang)))


def percent(hundredths: int, lang: str) -> str:
    """A percentage given in hundredths of a percent (750 is seven and a half): "7,5 %", "7.5%"."""
    whole, fraction = divmod(abs(hundredths), 100)
    tail = f"{_DECIMAL[lang]}{fraction:02d}".rstrip("0") if fraction else ""
    gap = NO_BREAK if lang == "ru" else ""
    return f"{_sign(hundredths, False)}{_grouped(whole, lang)}{tail}{gap}%"


def percent_written(value: Decimal, lang: str) -> str:
    """A percentage of any number of digits: "0,025 %", "0.025%"."""
    return f"{decimal(value, lang)}{NO_BREAK if lang == 'ru' else ''}%"


def day(on: date, lang: str, today: date | None = None) -> str:
    """A day in words: "30 ноября"; with its year unless it is that of `today`."""
    if today is not None and on.year == today.year:
        return format_date(on, "d\u00a0MMMM", locale=_BRITISH[lang])
    if lang == "ru":
        return format_date(on, "d\u00a0MMMM y", locale="ru") + f"{NO_BREAK}года"
    return format_date(on, "d\u00a0MMMM y", locale="en_GB")


def short_day(on: date, lang: str, today: date | None = None) -> str:
    """A day where room is scarce: "30 нояб.", "30 Nov"; with its year unless it is that of `today`."""
    pattern = "d\u00a0MMM" if today is not None and on.year == today.year else "d\u00a0MMM\u00a0y"
    return format_date(on, pattern, locale=_BRITISH[lang])


def heading_day(on: date, lang: str, today: date) -> str:
    """A day over a group of lines: "Сегодня, 22 ноября", "Вчера, 21 ноября", "20 ноября"."""
    words = {
        today: translate(lang, "Today, %(day)s", day=day(on, lang, today)),
        today - timedelta(days=1): translate(lang, "Yesterday, %(day)s", day=day(on, lang, today)),
    }
    return words.get(on, day(on, lang, today))


def clock_time(at: datetime, zone: str) -> str:
    """The time on the wall clock of a zone: "10:14"."""
    return at.astimezone(clock.zone(zone)).strftime("%H:%M")


def moment(at: datetime, lang: str, zone: str, today: date | None = None) -> str:
    """A day with its time: "21 ноября, 14:32"; "сегодня, 10:14" when it is `today`."""
    local = at.astimezone(clock.zone(zone)).date()
    if local == today:
        return translate(lang, "today, %(time)s", time=clock_time(at, zone))
    return f"{day(local, lang, today)}, {clock_time(at, zone)}"


def month(on: date, lang: str) -> str:
    """The month that `on` falls in: "ноябрь 2026 г.", "November 2026"."""
    return format_skeleton("yMMMM", on, locale=_BRITISH[lang])


def masked_phone(phone: str) -> str:
    """A phone of which enough is shown to know it by: "+7 914 ••• 21 47"."""
    digits = "".join(character for character in phone if character.isdigit())
    if len(digits) < 8:
        return "•" * len(digits)
    head = digits[: len(digits) - 7]
    country, area = (head[:-3], head[-3:]) if len(head) > 3 else (head, "")
    return NO_BREAK.join(part for part in (f"+{country}", area, "•••", digits[-4:-2], digits[-2:]) if part)


def printed(text: str) -> str:
    """The same text for paper: DejaVu has no narrow no-break space of a readable width."""
    return text.replace(NARROW, NO_BREAK)


def _sign(value: int, signed: bool) -> str:
    return MINUS if value < 0 else "+" if signed and value > 0 else ""


def _grouped(value: int, lang: str) -> str:
    return f"{value:,}".replace(",", _THOUSANDS[lang])


@lru_cache(maxsize=8)
def _locale(lang: str) -> Locale:
    return Locale.parse(_BRITISH[lang])
