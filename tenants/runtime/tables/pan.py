"""Full card numbers: found, masked, tokenised. They are never stored, logged or told.

A full card number is 13 to 19 digits that pass Luhn's check, written together or in groups parted by single
spaces or hyphens, alone or inside a longer text. Digits that touch a Latin letter are part of a token or a
reference: hexadecimal tokens hold thirteen digits in a row often enough, and pass Luhn's check by chance.
"""

import hashlib
import hmac
import re

EXCERPT_CHARS = 80
CARD_NUMBER_SHAPE = r"(?:^|[^0-9A-Za-z])[0-9](?:[ -]?[0-9]){12}"
"""RE2 and Python both read it; necessary for a card number, not sufficient."""

_RUN = re.compile(r"[0-9](?:[ -]?[0-9])+")
_ALONE = re.compile(rf"(?<![0-9A-Za-z]){_RUN.pattern}(?![0-9A-Za-z])")
_GROUP = re.compile(r"[0-9]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_JOINED = bytes(0x30 if 0x30 <= byte <= 0x39 else byte for byte in range(256))
_THIRTEEN = b"0" * 13


def may_have_card_number(text: bytes) -> bool:
    """A test of a whole block at memory speed: False is certain, True asks for a closer look."""
    return _THIRTEEN in text.translate(_JOINED, b" -")


def has_card_number(text: str) -> bool:
    """Does the text hold a full card number?"""
    return any(_numbers(run.group()) for run in _ALONE.finditer(text))


def excerpt(text: str) -> str:
    """At most 80 characters to show with a reason: long runs of digits masked, control characters replaced."""
    masked = _RUN.sub(lambda run: _masked(run.group()), text)
    clean = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", masked)
    return clean if len(clean) <= EXCERPT_CHARS else clean[: EXCERPT_CHARS - 1] + "…"


def card_token(text: str, key: bytes) -> str | None:
    """The keyed hash of a card number that fills the cell (32 hex digits); None when it is not one."""
    digits = text.strip().replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 13 <= len(digits) <= 19 and _luhn(digits)):
        return None
    return hmac.new(key, digits.encode(), hashlib.sha256).hexdigest()[:32]


def _numbers(run: str) -> bool:
    """Any stretch of whole groups that is long enough and passes Luhn: an expiry date may stand beside."""
    groups = _GROUP.findall(run)
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) > 19:
                break
            if len(digits) >= 13 and _luhn(digits):
                return True
    return False


def _masked(run: str) -> str:
    digits = "".join(_GROUP.findall(run))
    return run if len(digits) < 13 else f"…{digits[-4:]}"


def _luhn(digits: str) -> bool:
    odd = sum(int(digit) for digit in digits[-1::-2])
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0
