"""Promotions that share a lane look at each other. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from coalition.promotions.awards import CUT_BY_RIVAL, Award, counted, limited
from coalition.promotions.case import Facts, Line
from coalition.promotions.gives import Giving
from coalition.promotions.index import FAR, Lane


class _Rival(NamedTuple):
    """An award that stands in a lane: before its limits, and what they would leave of it alone."""

    lane: Lane
    raw: Award
    alone: Award

    @property
    def rank(self) -> tuple[bool, bool, int, int, int]:
        """Who comes first: who pays at all, the exclusive, the higher priority, more points, the older promotion."""
        lane, points = self.lane, self.alone.points
        return (not points, lane.combine != "exclusive", -lane.priority, -points, self.raw.rule.promotion)


def chosen(rivals: Sequence[tuple[Lane, Award]], facts: Facts, line: Line, day: date) -> list[Award]:
    """What the promotions of each lane give together.

    An exclusive one that pays is alone in its lane; else those that compete leave only the best of them, and the others
    add up, all under the lane's share of the amount. Those that get nothing stay, with no points, to be told.
    """
    lanes: dict[str, list[_Rival]] = {}
    for lane, raw in rivals:
        alone = limited(raw.rule, raw.base, raw.points, raw.step, facts, line.period, day)
        lanes.setdefault(lane.name, []).append(_Rival(lane, raw, alone))
    awards: list[Award] = []
    for name in sorted(lanes):
        left = min(rival.lane.ceiling(line.amount) for rival in lanes[name])
        over = competed = False
        for lane, raw, alone in sorted(lanes[name], key=lambda rival: rival.rank):
            if not alone.points:
                awards.append(alone)
            elif over or (competed and lane.combine == "best"):
                awards.append(Award(raw.rule, raw.base, 0, raw.points, raw.step, CUT_BY_RIVAL))
            else:
                of_amount = raw.rule.giving is not Giving.BENEFIT  # pieces are no part of the amount
                most = left if of_amount else FAR
                given = limited(raw.rule, raw.base, raw.points, raw.step, facts, line.period, day, most)
                awards.append(counted(given, facts, line, day))
                left -= given.points if of_amount else 0
                over, competed = lane.combine == "exclusive", competed or lane.combine == "best"
    return awards
