"""What a correction adds up to, for one member or for many: integers only, and parts add up to the whole. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

Sums = dict[str, list[int]]


@dataclass
class Tally:
    """Points given and taken, what of it members owe, and what is written off to who paid.

    Of given less taken `waiting` waits for a condition, and `lapsed` has lapsed already without it: nobody has it.

    `gainers` and `losers` are members who get more or less on balance, `owing` those who go into debt. `short` is what
    budgets would not allow. By business day: given, taken. By payer: given, taken, written off. `needs` are points of
    hard budgets by promotion, negative where more comes back than is given. Keys are texts, as JSON has them.
    """

    members: int = 0
    gainers: int = 0
    losers: int = 0
    owing: int = 0
    given: int = 0
    taken: int = 0
    debt: int = 0
    written_off: int = 0
    short: int = 0
    waiting: int = 0
    lapsed: int = 0
    days: Sums = field(default_factory=dict)
    funders: Sums = field(default_factory=dict)
    needs: dict[str, int] = field(default_factory=dict)

    @property
    def net(self) -> int:
        """What members are given more, or less."""
        return self.given - self.taken

    @property
    def lasting(self) -> int:
        """The same without what has lapsed already."""
        return self.net - self.lapsed

    @property
    def points(self) -> tuple[int, int, int, int]:
        """Given, taken, owed and written off: what a posting is compared by with its preview."""
        return self.given, self.taken, self.debt, self.written_off

    def merged(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            **{one.name: _both(getattr(self, one.name), getattr(other, one.name)) for one in fields(Tally)}
        )

    def again(self, other: "Tally") -> "Tally":
        """The same members' twice: they are counted once."""
        both = self.merged(other)
        both.members = max(self.members, other.members)
        both.gainers, both.losers, both.owing = (
            int(both.lasting > 0),
            int(both.lasting < 0),
            int(both.debt > 0),
        )
        both.short = other.short
        return both


def total_of(kept: Iterable[Mapping[str, Any] | None]) -> Tally:
    """The sum of tallies as they are kept; those that are not there yet count for nothing."""
    total = Tally()
    for one in kept:
        if one is not None:
            total = total.merged(Tally(**one))
    return total


def _both(one: Any, other: Any) -> Any:
    if isinstance(one, int):
        return one + other
    if isinstance(one, list):
        return [a + b for a, b in zip(one, other, strict=True)]
    return {key: _sum(one.get(key), other.get(key)) for key in {**one, **other}}


def _sum(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return _both(one, other)
