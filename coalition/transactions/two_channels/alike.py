"""Whether a till's sale and a bank's line are one sale, and which of several are: pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from coalition.promotions.case import DAY, MINUTE
from coalition.transactions.two_channels.terms import SameSaleTerms


class AtTill(NamedTuple):
    """A sale as a till told it; `amount` is what was paid by card, in `references` its payment as files would call it.

    `four` are the last digits of the card that it names. `split` are the payments by card where there were several.
    `forgone` says what would be lost if the line paid: why a person has to look even if all else is certain.
    `claimed` is what no till told, but a claim recorded.
    """

    id: UUID
    at: int
    amount: int
    merchant: int
    partner: int
    references: Collection[UUID] = ()
    four: str = ""
    split: Collection[int] = ()
    forgone: str = ""
    claimed: bool = False


class InFile(NamedTuple):
    """A line of a bank's file; `named` says whether its source tells references, and then `key` is made of one.

    `fours` are the last digits of the cards that it may be of, empty ones where they are not known.
    """

    id: UUID
    at: int
    amount: int
    merchant: int
    partner: int
    key: UUID
    named: bool = False
    fours: Collection[str] = ()


NAMED, CERTAIN = "named", "certain"
"""By its reference, or by all else; any other answer is why a person has to look."""


def alike(terms: SameSaleTerms, sale: AtTill, line: InFile) -> str | None:
    """Whether the two of one member are the same sale: `NAMED`, `CERTAIN`, why that is suspected, or nothing.

    One thing alone may be uncertain (place, sum, time or, when both are told, the reference), and the card beside it.
    What a claim recorded was told from memory: of it more may be, and a person always looks.
    """
    apart, differ = abs(sale.at - line.at), abs(sale.amount - line.amount)
    fits = differ * 100 <= terms.tolerance_percent * sale.amount
    elsewhere = bool(sale.partner and line.partner) and sale.partner != line.partner
    part = line.amount in sale.split and not fits
    if line.key in sale.references:
        return "part" if part else "amount" if not fits else "place" if elsewhere else sale.forgone or NAMED
    card = None if part else same_card(sale.four, line.fours)
    if card is False or apart > terms.days * DAY or not (fits or part) or elsewhere:
        return None
    here = sale.merchant == line.merchant or (sale.partner == line.partner and line.partner > 0)
    doubts = [
        why
        for why, holds in (
            ("reference", line.named and bool(sale.references)),
            ("place", not here),
            ("part", part),
            ("amount", differ > 0 and not part),
            ("time", apart > terms.minutes * MINUTE),
        )
        if holds
    ]
    if len(doubts) > 1 and not sale.claimed:
        return None
    return doubts[0] if doubts else sale.forgone or (CERTAIN if card else "card")


def same_card(four: str, fours: Collection[str]) -> bool | None:
    """Whether the card with these last digits is the one of which the others may be; nothing where it may be."""
    if not four or not fours:
        return None
    known = set(fours)
    return True if known == {four} else None if known & {four, ""} else False


class Found(NamedTuple):
    """Which are the same (sale, line), and which may be, with why."""

    same: list[tuple[UUID, UUID]]
    suspect: list[tuple[UUID, UUID, str]]


def chosen(edges: Iterable[tuple[UUID, UUID, str]]) -> Found:
    """Of all that are alike (sale, line, answer of `alike`), each in one pair at most.

    Named ones come first. One that is certainly the same as exactly one other, and that one as no other, is it; of
    several a person says which.
    """
    left = sorted(edges)
    named: dict[UUID, UUID] = {}
    lines: set[UUID] = set()
    for sale, line, how in left:
        if how == NAMED and sale not in named and line not in lines:
            named[sale] = line
            lines.add(line)
    left = _without(left, named.items())
    sure = [(sale, line) for sale, line, how in left if how == CERTAIN]
    times = Counter(one for pair in sure for one in pair)
    single = [pair for pair in sure if times[pair[0]] == times[pair[1]] == 1]
    left = _without(left, single)
    same = [*named.items(), *single]
    return Found(same, [(sale, line, "several" if how == CERTAIN else how) for sale, line, how in left])


def _without(
    edges: Sequence[tuple[UUID, UUID, str]], pairs: Iterable[tuple[UUID, UUID]]
) -> list[tuple[UUID, UUID, str]]:
    """Edges of which neither end is in a pair."""
    taken = {one for pair in pairs for one in pair}
    return [edge for edge in edges if edge[0] not in taken and edge[1] not in taken]


class Return(NamedTuple):
    """A return as it has found its purchase."""

    id: UUID
    amount: int


def counted(winner: tuple[int, Sequence[Return]], other: Sequence[Return]) -> tuple[set[UUID], set[UUID]]:
    """Which returns of a sale that was told twice count, and which are too much for what pays.

    `winner` is the sum that pays, with the returns its own channel told. Both channels tell the same returns: those of
    the one that has told more of the sum count, the winner's own where they tell as much. What the sum has no room for
    is too much, whoever told it.
    """
    amount, own = winner
    kept, rest = _within(amount, own)
    kept_other, rest_other = _within(amount, other)
    by_other = sum(one.amount for one in kept_other) > sum(one.amount for one in kept)
    count = kept_other if by_other else kept
    return {one.id for one in count}, {one.id for one in (*rest, *rest_other)}


def _within(amount: int, returns: Sequence[Return]) -> tuple[list[Return], list[Return]]:
    """As many of them, in their order, as the sum has room for, and the others."""
    kept: list[Return] = []
    rest: list[Return] = []
    for one in returns:
        if one.amount <= amount:
            kept.append(one)
            amount -= one.amount
        else:
            rest.append(one)
    return kept, rest
