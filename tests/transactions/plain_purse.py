"""A member's points as lots, in plain Python: what is spent, comes back, burns and is owed."""

from dataclasses import dataclass, field

Uses = list[tuple["PlainLot", int]]


@dataclass(eq=False)
class PlainLot:
    """Points with a last day, what is left of them, and what has burnt and was not taken back since."""

    last_day: int
    left: int
    burnt: int = 0


@dataclass
class PlainPurse:
    """The lots of a member on a day; `grace` is how long what came back too late lives on, None for not at all."""

    lots: list[PlainLot]
    today: int
    grace: int | None = None
    debt: int = 0

    @property
    def available(self) -> int:
        return sum(lot.left for lot in self.lots)

    def on(self, day: int) -> None:
        """A day begins: lots whose last day is over burn."""
        self.today = day
        for lot in self.lots:
            if lot.last_day < day:
                lot.burnt, lot.left = lot.burnt + lot.left, 0

    def spend(self, points: int, first: PlainLot | None = None) -> Uses:
        """As many of the points as there are, from one lot and then from those that burn first."""
        uses: Uses = []
        order = sorted(self.lots, key=lambda lot: (lot is not first, lot.last_day))
        for lot in order:
            used = min(lot.left, points)
            if used:
                lot.left, points = lot.left - used, points - used
                uses.append((lot, used))
        return uses

    def earn(self, points: int, days: int) -> PlainLot:
        """Points that live for so many days; debt is paid first."""
        lot = PlainLot(self.today + days, points)
        self.lots.append(lot)
        self.repay()
        return lot

    def repay(self) -> None:
        self.debt -= sum(used for _, used in self.spend(min(self.debt, self.available)))

    def take_back(self, points: int, own: PlainLot) -> None:
        """Take what a lot gave: what is left of it, then what has burnt of it, then other points, the rest as debt."""
        lost = min(max(points - own.left, 0), own.burnt)
        own.burnt -= lost
        taken = sum(used for _, used in self.spend(points - lost, own))
        self.debt += points - lost - taken

    def back(self, uses: Uses, stands: int, left: int, *, grace: int | None) -> None:
        """Of so many points of the uses that are still spent, all but `left` come back, those used last first."""
        own: Uses = []
        before = 0
        for lot, used in sorted(uses, key=lambda use: use[0].last_day):
            points = min(before + used, stands) - max(before, left)
            before += used
            if points > 0 and grace is not None and lot.last_day < self.today:
                self.earn(points, grace)
            elif points > 0:
                own.append((lot, points))
        for lot, points in own:
            lot.left += points
        self.on(self.today)
        self.repay()


@dataclass
class PlainSale:
    """Lines as [thousandths, money left of a whole line, points that paid for it, thousandths brought back]."""

    lines: list[list[int]]
    points: int
    uses: Uses = field(default_factory=list)
    lot: PlainLot | None = None
    day: int = 0

    @property
    def net(self) -> int:
        return sum(money * (quantity - back) // quantity for quantity, money, _, back in self.lines)

    @property
    def earns(self) -> int:
        return self.net * 5 // 100 // 100

    @property
    def spent(self) -> int:
        return sum(points * (quantity - back) // quantity for quantity, _, points, back in self.lines)
