"""Sums of money in words, as acts have them: whole units in words, the minor ones in digits. Pure."""

from tenants.branding.formats import precision

_RUSSIAN = (
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать"
    " пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
)
_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_UNITS = {"ru": _RUSSIAN.split(" "), "en": _ENGLISH.split(" ")}
_TENS = {
    "ru": [
        "двадцать",
        "тридцать",
        "сорок",
        "пятьдесят",
        "шестьдесят",
        "семьдесят",
        "восемьдесят",
        "девяносто",
    ],
    "en": ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
}
_HUNDREDS = [
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
]
_THOUSANDS = (
    ("тысяча", "тысячи", "тысяч"), ("миллион", "миллиона", "миллионов"),
    ("миллиард", "миллиарда", "миллиардов"), ("триллион", "триллиона", "триллионов"),
)  # fmt: skip
_POWERS = ("thousand", "million", "billion", "trillion")
_FEMININE = {"один": "одна", "два": "две"}
_CURRENCIES = {
    ("RUB", "ru"): (("рубль", "рубля", "рублей"), ("копейка", "копейки", "копеек")),
    ("RUB", "en"): (("rouble", "roubles"), ("kopeck", "kopecks")),
    ("GBP", "en"): (("pound", "pounds"), ("penny", "pence")),
    ("EUR", "en"): (("euro", "euros"), ("cent", "cents")),
    ("USD", "en"): (("dollar", "dollars"), ("cent", "cents")),
    ("GBP", "ru"): (("фунт", "фунта", "фунтов"), ("пенс", "пенса", "пенсов")),
    ("EUR", "ru"): (("евро",) * 3, ("цент", "цента", "центов")),
    ("USD", "ru"): (("доллар", "доллара", "долларов"), ("цент", "цента", "центов")),
}
MOST = 10**15
"""Whole units that have words."""


def sum_in_words(minor: int, currency: str, lang: str) -> str:
    """A sum that is not negative: "Сто один рубль 05 копеек". Currencies without words of their own have their code."""
    assert 0 <= minor < MOST * 10 ** precision(currency), minor
    digits = precision(currency)
    whole, part = divmod(minor, 10**digits)
    units, parts = _CURRENCIES.get((currency, lang), ((currency,) * 3, ("",) * 3))
    said = f"{number_in_words(whole, lang)} {_form(whole, units, lang)}"
    if digits:
        said = f"{said} {part:0{digits}d} {_form(part, parts, lang)}".rstrip()
    return said[0].upper() + said[1:]


def number_in_words(value: int, lang: str) -> str:
    """A whole number below a quadrillion, in the masculine."""
    if value == 0:
        return _UNITS[lang][0]
    groups = []
    while value:
        value, last = divmod(value, 1000)
        groups.append(last)
    words: list[str] = []
    for power in range(len(groups) - 1, -1, -1):
        if groups[power]:
            words += _russian(groups[power], power) if lang == "ru" else _english(groups[power], power)
    return " ".join(words)


def _russian(group: int, power: int) -> list[str]:
    hundreds, rest = divmod(group, 100)
    words = [_HUNDREDS[hundreds - 1]] if hundreds else []
    if rest >= 20:
        words.append(_TENS["ru"][rest // 10 - 2])
        rest %= 10
    if rest:
        word = _UNITS["ru"][rest]
        words.append(_FEMININE.get(word, word) if power == 1 else word)
    if power:
        words.append(_form(group, _THOUSANDS[power - 1], "ru"))
    return words


def _english(group: int, power: int) -> list[str]:
    hundreds, rest = divmod(group, 100)
    words = [f"{_UNITS['en'][hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(_TENS["en"][tens - 2] + (f"-{_UNITS['en'][ones]}" if ones else ""))
    elif rest:
        words.append(_UNITS["en"][rest])
    return [*words, _POWERS[power - 1]] if power else words


def _form(count: int, forms: tuple[str, ...], lang: str) -> str:
    """The form of a word after a number."""
    if lang != "ru":
        return forms[0] if count == 1 else forms[1]
    if count % 100 in range(11, 15):
        return forms[2]
    return forms[0] if count % 10 == 1 else forms[1] if count % 10 in (2, 3, 4) else forms[2]
