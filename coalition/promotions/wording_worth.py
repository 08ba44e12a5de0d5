"""What the points of a promotion are worth in the programme's money, in words. Pure.

A rate is a percentage of the amount given in points; what a point is worth decides what that costs.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from coalition import money
from coalition.promotions.case import Setting, Units
from coalition.promotions.document import Document
from coalition.promotions.gives import Giving
from coalition.promotions.mechanics.base import fraction
from coalition.promotions.mechanics.both_sides import BothSides
from coalition.promotions.mechanics.fixed import Fixed
from coalition.promotions.mechanics.per_step import PerStep
from coalition.promotions.mechanics.per_unit import PerUnit
from coalition.promotions.mechanics.tenure import Tenure
from tenants.branding.words import Words
from tenants.runtime.language import translate

SUMS = (1_000, 10_000, 100_000, 1_000_000, 1_000_000_000, 100, 10, 1)
"""Round sums in main units of money; the first that fits is told."""
_Earned = Callable[[int], tuple[int, bool]]
"""Points for so many minor units, before any limit, and whether nothing was lost by rounding."""


def in_money(document: Document, words: Words) -> str | None:
    """What a round sum brings and what that is worth; nothing where it gives no points, or adds to what others give."""
    if document.gives.giving is not Giving.POINTS:
        return None
    match document.mechanic:
        case Fixed() | PerUnit() | BothSides():
            written = dict.fromkeys(points for _, points in document.mechanic.awards())
            return "; ".join(_equal(words.points_written(one), one, words) for one in written)
        case Tenure():
            most = max(band.points for band in document.mechanic.bands)
            up_to = translate(words.lang, "up to %(points)s", points=words.points_written(most))
            return _equal(up_to, most, words)
        case PerStep():
            return _by_sum(document, _stepped(document.mechanic, words), words, up_to=False)
    rates = {rate for _, rate in document.mechanic.percents()}
    if not rates:
        return None
    earned = _rated(max(rates), words)
    return _by_sum(document, earned, words, up_to=len(rates) > 1 or document.mechanic.kind == "ladder")


def _equal(said: str, written: Decimal, words: Words) -> str:
    return f"{said} = {words.worth(int(written.scaleb(words.scale)))}"


def _rated(rate: Decimal, words: Words) -> _Earned:
    numerator, denominator = fraction(rate, Setting(Units(words.scale, words.exponent)))

    def earned(minor: int) -> tuple[int, bool]:
        points, rest = divmod(minor * numerator, denominator)
        return points, not rest

    return earned


def _stepped(mechanic: PerStep, words: Words) -> _Earned:
    step, points = (
        max(int(written.scaleb(digits)), 1)
        for written, digits in ((mechanic.step, words.exponent), (mechanic.points, words.scale))
    )

    def earned(minor: int) -> tuple[int, bool]:
        steps, rest = divmod(minor, step)
        return steps * points, not rest

    return earned


def _by_sum(document: Document, earned: _Earned, words: Words, *, up_to: bool) -> str | None:
    """The first round sum that loses nothing by rounding or limits, else one that loses as little as can be."""
    minor, points = min(_tried(document, earned, words), default=(0, 0, 0, 0))[2:]
    if not points:
        return None
    worth = money.worth(points, words.exchange[1], words.exchange[0])
    said = words.points(points)
    return translate(
        words.lang,
        "For %(sum)s: %(points)s, worth %(worth)s, which is %(share)s of the sum",
        sum=words.money(minor),
        points=translate(words.lang, "up to %(points)s", points=said) if up_to else said,
        worth=words.money(worth),
        share=words.percent_written(Decimal(worth * 100).scaleb(1 - len(str(minor)))),  # of a power of ten
    )


def _tried(document: Document, earned: _Earned, words: Words) -> Iterator[tuple[int, int, int, int]]:
    """Of each sum that is large enough: how much it loses, its place, the sum, its points."""
    limits, least = document.limits, document.conditions.amount_from or 0
    bounds = [*filter(None, [limits.per_purchase]), *(most for _, most in limits.by_span())]
    most = min((int(bound.scaleb(words.scale)) for bound in bounds), default=None)
    for place, main in enumerate(SUMS):
        minor = main * 10**words.exponent
        points, whole = earned(minor)
        if main < least or not points:
            continue
        is_cut = most is not None and points > most
        kept = most if is_cut and most is not None else points
        is_exact = whole and not kept * words.exchange[1] % words.exchange[0]
        yield 2 * is_cut + (not is_exact), place, minor, kept
