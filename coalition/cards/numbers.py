"""Numbers of loyalty cards (seed 001, golden G1): a Luhn digit at the end, no order to guess from, sparsely issued.

A keyed Feistel network permutes the ordinal within a space a hundred times larger than what may ever be issued, so
neighbouring cards have unrelated numbers and a guess hits an issued one at most once in a hundred.
"""

from hashlib import blake2b

PREFIX = "29"  # a private range: no payment card begins so
DIGITS = 13  # of the permuted body
SPACE = 10**DIGITS
ORDINALS_MAX = SPACE // 100
_HALF_LEFT, _HALF_RIGHT = 10**6, 10**7
_ROUNDS = 8


def card_number(ordinal: int, key: bytes) -> str:
    """The sixteen digits of the `ordinal`-th card: prefix, permuted body, Luhn digit."""
    assert 0 <= ordinal < ORDINALS_MAX, "the range is used up"
    body = f"{PREFIX}{_permuted(ordinal, key):0{DIGITS}d}"
    return body + luhn_digit(body)


def is_of_the_pool(number: str) -> bool:
    """Whether the house itself makes such numbers: none of them is taken from elsewhere."""
    return len(number) == len(PREFIX) + DIGITS + 1 and number.startswith(PREFIX)


def luhn_digit(digits: str) -> str:
    """The check digit (ISO/IEC 7812-1, annex B) that makes `digits` with it valid."""
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def _permuted(ordinal: int, key: bytes) -> int:
    left, right = divmod(ordinal, _HALF_RIGHT)
    for number in range(_ROUNDS):
        if number % 2:
            right = (right + _round(left, number, key)) % _HALF_RIGHT
        else:
            left = (left + _round(right, number, key)) % _HALF_LEFT
    return left * _HALF_RIGHT + right


def _round(value: int, number: int, key: bytes) -> int:
    found = blake2b(f"{number}|{value}".encode(), digest_size=8, key=key).digest()
    return int.from_bytes(found, "big")
