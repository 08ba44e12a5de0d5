"""What a replay adds up to: integers only, and slices of members add up to the whole. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Pair = list[int]  # points that were given, points that would have been
_GROUPS = ("days", "partners", "promotions", "tiers", "segments", "funders")


_COUNTS = (
    "purchases", "amount", "bought", "reached", "awards", "points", "cut", "cut_members", "gainers", "losers",
    "gained", "lost", "unknown", "unknown_amount", "bare", "bare_points",
)  # fmt: skip


@dataclass
class Tally:
    """What was given and what would have been: in all, and by day, partner, promotion, tier, segment, funder.

    All of it is in one unit: points, and in `own` that of a document that gives something else (minor units of money,
    pieces of a benefit). Discounts and benefits have no funders.

    `reached` are members whom the document would have given something, `bought` the members who bought at all;
    `awards` and `points` are what the document alone would have given, `cut` what its limits would have cut, of so many
    members; `daily` are its points and cuts by day, `sold` the money of purchases that it would have paid for. Members
    who would have got more or less are `gainers` and `losers`, by `gained` and `lost` points. Of `unknown` purchases
    (`unknown_amount` of money) something is not stored that an `own` document asks for; `bare` ones, of a discount,
    came without a receipt and count by their sum alone, with `bare_points` of it. Keys are texts, as JSON has them.
    """

    purchases: int = 0
    amount: int = 0
    bought: int = 0
    reached: int = 0
    awards: int = 0
    points: int = 0
    cut: int = 0
    cut_members: int = 0
    gainers: int = 0
    losers: int = 0
    gained: int = 0
    lost: int = 0
    unknown: int = 0
    unknown_amount: int = 0
    bare: int = 0
    bare_points: int = 0
    whole: Pair = field(default_factory=lambda: [0, 0])
    days: dict[str, Pair] = field(default_factory=dict)
    partners: dict[str, Pair] = field(default_factory=dict)
    promotions: dict[str, Pair] = field(default_factory=dict)
    tiers: dict[str, Pair] = field(default_factory=dict)
    segments: dict[str, Pair] = field(default_factory=dict)
    funders: dict[str, Pair] = field(default_factory=dict)
    daily: dict[str, Pair] = field(default_factory=dict)
    sold: dict[str, int] = field(default_factory=dict)
    own: "Tally | None" = None

    @classmethod
    def kept(cls, document: dict[str, Any]) -> "Tally":
        """A tally as it was stored."""
        own = document.get("own")
        return cls(**document | {"own": cls.kept(own) if own else None})

    def add(self, group: str, key: object, was: int, would: int) -> None:
        """Count points under one key of a group."""
        if was or would:
            pair = getattr(self, group).setdefault(str(key), [0, 0])
            pair[0] += was
            pair[1] += would

    def compared(self, difference: int) -> None:
        """Count a member who would have got so many points more, or less."""
        self.gainers, self.losers = self.gainers + (difference > 0), self.losers + (difference < 0)
        self.gained, self.lost = self.gained + max(difference, 0), self.lost + max(-difference, 0)

    def paid_for(self, day: str, amount: int) -> None:
        """Count the money of purchases on a day that the document gives something for."""
        self.sold[day] = self.sold.get(day, 0) + amount

    def tried(self, day: str, points: int, cut: int) -> None:
        """Count what the document alone gives on a day, and what its limits cut."""
        pair = self.daily.setdefault(day, [0, 0])
        pair[0] += points
        pair[1] += cut

    def merged(self, other: "Tally") -> "Tally":
        """Both together."""
        total = Tally(**{name: getattr(self, name) + getattr(other, name) for name in _COUNTS})
        total.whole = [self.whole[0] + other.whole[0], self.whole[1] + other.whole[1]]
        for part in (self, other):
            for group in _GROUPS:
                for key, (was, would) in getattr(part, group).items():
                    total.add(group, key, was, would)
            for day, (points, cut) in part.daily.items():
                total.tried(day, points, cut)
            for day, amount in part.sold.items():
                total.paid_for(day, amount)
        if self.own or other.own:
            total.own = (self.own or Tally()).merged(other.own or Tally())
        return total


def total_of(tallies: Iterable[dict[str, Any]]) -> Tally:
    """The sum of slices as they are kept."""
    total = Tally()
    for kept in tallies:
        total = total.merged(Tally.kept(kept))
    return total


def used_up(daily: dict[str, Pair], budget: int) -> date | None:
    """The day on which the document's points would have used its budget up; nothing if it lasts."""
    used = 0
    for day in sorted(daily):
        used += daily[day][0]
        if used >= budget:
            return date.fromisoformat(day)
    return None
