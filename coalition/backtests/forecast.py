"""What a promotion is worth to a partner: what history says apart from what is assumed, integers only. Pure.

**Mechanical** is what the document would have given on the purchases that were made anyway: a backtest's own figures.
**Assumed** is turnover that members would add because of it; its percentages and the partner's margin are inputs. The
two are never one figure. Added turnover is assumed to earn points as the other does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from coalition import money
from coalition.backtests.tally import Tally
from coalition.promotions.document import Document
from coalition.promotions.gives import GivesPoints
from tenants.runtime.errors import Refusal

WHOLE = 10_000  # hundredths of a percent


class Exchange(NamedTuple):
    """So many points are worth so many minor units."""

    points: int
    minor: int

    def cost(self, points: int) -> int:
        """What points cost, in minor units."""
        return money.worth(points, self.minor, self.points)


@dataclass(frozen=True)
class Month:
    """The mechanical effect of a calendar month: turnover that the document pays for, points and what they cost."""

    month: str  # 2026-11
    turnover: int
    points: int
    cost: int


@dataclass(frozen=True)
class Bound:
    """What an assumed uplift (hundredths of a percent of the turnover) would add, and what its points cost.

    `mechanical_per_unit` and `added_per_unit` are minor units of cost for a whole unit of added turnover: of the points
    that are given anyway, and of those on what is added. None where nothing is added.
    """

    uplift: int
    turnover: int
    margin: int
    points: int
    cost: int
    mechanical_per_unit: int | None
    added_per_unit: int | None


@dataclass(frozen=True)
class Forecast:
    """The mechanical effect by month and in all, the assumed one at each bound, and the uplift that pays for both.

    `break_even` is the least uplift (hundredths of a percent) at which the margin of what is added covers its points
    and those that are given anyway; None where points cost as much as the margin or more.
    """

    months: Sequence[Month]
    turnover: int
    points: int
    cost: int
    bounds: Sequence[Bound]
    margin: int
    break_even: int | None


def require_points(document: Mapping[str, Any] | None) -> None:
    """Only points have a forecast; Refusal("forecast_without_draft"), Refusal("forecast_points_only").

    A discount changes what is paid, and so the turnover that a forecast stands on; a piece has no price here.
    """
    if document is None:
        raise Refusal("forecast_without_draft")
    if not isinstance(Document.model_validate(document).gives, GivesPoints):
        raise Refusal("forecast_points_only")


def is_bounded(document: Mapping[str, Any] | None) -> bool:
    """Whether the terms have a budget, which a forecast does not regard."""
    return document is not None and Document.model_validate(document).limits.has_budget


def forecast(
    tally: Tally, exchange: Exchange, *, uplifts: Sequence[int], margin: int, exponent: int
) -> Forecast:
    """The forecast from a backtest's sums; uplifts and margin in hundredths of a percent."""
    days = sorted({*tally.sold, *tally.daily})
    months = [_month(tally, exchange, month) for month in dict.fromkeys(day[:7] for day in days)]
    turnover, points = sum(tally.sold.values()), tally.points
    cost, unit = exchange.cost(points), 10**exponent
    bounds = []
    for uplift in uplifts:
        added, more = turnover * uplift // WHOLE, points * uplift // WHOLE
        price = exchange.cost(more)
        bounds.append(
            Bound(
                uplift,
                added,
                added * margin // WHOLE,
                more,
                price,
                cost * unit // added if added else None,
                price * unit // added if added else None,
            )
        )
    return Forecast(
        months, turnover, points, cost, bounds, margin, _break_even(turnover, points, exchange, margin)
    )


def _month(tally: Tally, exchange: Exchange, month: str) -> Month:
    points = sum(given for day, (given, _) in tally.daily.items() if day.startswith(month))
    turnover = sum(amount for day, amount in tally.sold.items() if day.startswith(month))
    return Month(month, turnover, points, exchange.cost(points))


def _break_even(turnover: int, points: int, exchange: Exchange, margin: int) -> int | None:
    """u with u × turnover × margin = (1 + u) × cost, rounded up; in whole numbers, as costs that are not rounded."""
    cost = points * exchange.minor * WHOLE  # both sides times WHOLE and the exchange's points
    earned = turnover * margin * exchange.points
    if earned <= cost:
        return 0 if not cost else None
    return -(-cost * WHOLE // (earned - cost))
