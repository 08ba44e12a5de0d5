"""Integers that are money or points, and the only rounding in the house."""

from collections.abc import Sequence
from decimal import Decimal

# ISO 4217: digits after the point, where they are not two.
_EXPONENTS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0,
    "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0,
    "XOF": 0, "XPF": 0,
}  # fmt: skip


def exponent(currency: str) -> int:
    """Digits of the currency's minor unit (ISO 4217): 2 for RUB and GBP, 0 for JPY."""
    return _EXPONENTS.get(currency, 2)


def share(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to `weights`, to the last unit.

    Each gets the floor of its exact part; what is left goes one unit each to the largest remainders, the earlier first
    among equals. The parts always add up to `amount`. Weights are not negative and not all zero.
    """
    total = sum(weights)
    assert amount >= 0, amount
    assert total > 0, weights
    parts = [amount * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def worth(points: int, value_minor: int, value_points: int) -> int:
    """Money (minor units, floor) that points bring when `value_points` of them are worth `value_minor`."""
    return points * value_minor // value_points


def in_units(amount: Decimal | str, digits: int) -> int:
    """A written decimal as whole units of 10^-digits; ValueError when it has more digits than that."""
    scaled = Decimal(amount).scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more than {digits} digits after the point")
    return int(scaled)
