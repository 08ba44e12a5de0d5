"""The lines of a statement, out of the sums of what happened and the terms. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from coalition import money
from coalition.settlement.flows import OWED, OWES
from coalition.settlement.sums import NOTHING, Sum
from coalition.settlement.terms import Terms

_WHOLE = 10_000  # hundredths of a percent


@dataclass(frozen=True)
class Drawn:
    """One sum: on which side, what of, how many rows, their points, the money; of a fee or a tax its rate and base."""

    side: int
    kind: str
    count: int
    points: int
    minor: int
    rate: int | None = None
    base: int | None = None


def drawn_up(terms: Terms, sums: Mapping[str, Sum], exchange: tuple[int, int], vat: int) -> Sequence[Drawn]:
    """All lines that are not nothing; `exchange` is (minor units, points) and `vat` in hundredths of a percent."""
    lines = [
        *_of_points(terms, sums, exchange),
        *_of_fees(terms, sums, vat),
        *_of_sales(terms, sums),
        *_of_corrections(sums),
    ]
    return [line for line in lines if line.count or line.minor]


def totals(lines: Sequence[Drawn]) -> tuple[int, int]:
    """What the participant owes, and what it is owed: never negative, what is less than nothing is the other's."""
    sides = {side: sum(line.minor for line in lines if line.side == side) for side in (OWES, OWED)}
    owes, owed = sides[OWES], sides[OWED]
    return max(owes, 0) + max(-owed, 0), max(owed, 0) + max(-owes, 0)


def _of_points(terms: Terms, sums: Mapping[str, Sum], exchange: tuple[int, int]) -> Iterator[Drawn]:
    """Points at the participant's expense, when they are given or spent, less what its deposit has paid for."""
    kinds = ["spent", "unspent", "spent_prepaid"]
    if terms.pays == "issued":
        kinds = ["issued", "returned", "expired" if terms.expired == "returned" else "burnt_back", "prepaid"]
    for kind in kinds:
        found = sums.get(kind, NOTHING)
        yield Drawn(OWES, kind, found.count, found.points, _worth(found.points, exchange))
    for kind in ("accepted", "accepted_back", "certificates", "certificates_back"):
        found = sums.get(kind, NOTHING)
        yield Drawn(OWED, kind, found.count, found.points, found.minor)


def _of_fees(terms: Terms, sums: Mapping[str, Sum], vat: int) -> Iterator[Drawn]:
    """The operator's fee of each sale, to the minor unit; what is given back takes its own back. VAT is of both."""
    rate, whole = int(terms.fee.rate * 100), 0
    if not rate:
        return
    for kind, what in (("fee", terms.fee.of), ("fee_back", f"{terms.fee.of}_back")):
        found = sums.get(what, NOTHING)
        whole += found.fee
        yield Drawn(OWES, kind, found.count, 0, found.fee, rate, found.minor)
    if vat:
        yield Drawn(OWES, "vat", 0, 0, _rounded(whole * vat), vat, whole)


def _of_sales(terms: Terms, sums: Mapping[str, Sum]) -> Iterator[Drawn]:
    """The money of sales, where the operator passes it on."""
    if terms.turnover == "own":
        return
    for kind in ("turnover", "turnover_back"):
        found = sums.get(kind, NOTHING)
        yield Drawn(OWED, kind, found.count, 0, found.minor)


def _of_corrections(sums: Mapping[str, Sum]) -> Iterator[Drawn]:
    """What was accepted of objections to months before, on the sides of their lines."""
    for side, kind in ((OWES, "correction"), (OWED, "owed_correction")):
        found = sums.get(kind, NOTHING)
        yield Drawn(side, kind, found.count, 0, found.minor)


def _worth(points: int, exchange: tuple[int, int]) -> int:
    """What points are worth; of negative ones as much less."""
    worth = money.worth(abs(points), *exchange)
    return worth if points >= 0 else -worth


def _rounded(product: int) -> int:
    """The ten-thousandth part, to the nearest unit and half of one away from nothing."""
    part = (abs(product) + _WHOLE // 2) // _WHOLE
    return part if product >= 0 else -part
