"""Numbers of Russian legal entities and their check digits. Pure.

INN: order of the tax service ED-7-14/559 of 2020-06-26; OGRN: order of the ministry of finance 165n of 2017-10-30.
"""

import re

_TEN = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_ELEVEN = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_TWELVE = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def is_inn(text: str) -> bool:
    """Whether it is the INN of an organisation (10 digits) or of a person (12)."""
    if not re.fullmatch(r"[0-9]{10}|[0-9]{12}", text) or not int(text):  # nothing but zeros checks, too
        return False
    if len(text) == 10:
        return _checks(text, _TEN)
    return _checks(text, _ELEVEN) and _checks(text, _TWELVE)


def is_kpp(text: str) -> bool:
    """Whether it is a KPP: nine characters, of which the fifth and sixth may be letters."""
    return re.fullmatch(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", text) is not None


def is_ogrn(text: str) -> bool:
    """Whether it is an OGRN (13 digits) or an OGRNIP (15)."""
    if not re.fullmatch(r"[0-9]{13}|[0-9]{15}", text):
        return False
    return int(text[:-1]) % (len(text) - 2) % 10 == int(text[-1])


def _checks(text: str, weights: tuple[int, ...]) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False))
    return total % 11 % 10 == int(text[len(weights)])
