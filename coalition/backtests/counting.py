"""Replays members, each from her first purchase on, and tallies the days that are asked for. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from coalition.backtests.models import Backtest
from coalition.backtests.replaying import DRAFT, POINTS, Kept, Trial, Unit, unit_of
from coalition.backtests.selling import lacking, sold
from coalition.backtests.tally import Tally
from coalition.promotions.awards import WRITTEN_OFF, Award, parts_of
from coalition.promotions.case import Facts, Failed
from coalition.promotions.document import Document
from coalition.promotions.engine import Past, replay
from coalition.promotions.explain import entries
from coalition.promotions.gives import Giving
from coalition.promotions.index import Rule


class Replayed(NamedTuple):
    """A purchase as it was, what it has given, what it would have given, and the level it was made at.

    `lacks` says that the document gave nothing for want of something that was not told of the sale; `cut` is what the
    limits of a discount would cut.
    """

    past: Past
    given: list[int]
    awards: list[Award]
    tier: int
    lacks: bool
    cut: int


def tally(trial: Trial, backtest: Backtest, members: Iterable[Kept]) -> Tally:
    """What the replay of these members adds up to: in points, and in the document's own unit if that is another."""
    found = Tally()
    columns = [_Column(trial, found, POINTS)]
    if trial.unit != POINTS:
        found.own = Tally()
        columns.append(_Column(trial, found.own, trial.unit))
    document = Document.model_validate(backtest.document) if trial.unit != POINTS else None
    for member in members:
        asked = [
            one
            for one in replayed(trial, document, member)
            if backtest.first_day <= one.past.day <= backtest.last_day
        ]
        for column in columns:
            column.member(asked)
    return found


def replayed(trial: Trial, document: Document | None, member: Kept) -> Iterator[Replayed]:
    """Every purchase of a member; the document is there where it gives something else than points."""
    facts = Facts(member.member_id, 0, member.opened_on, known=member.known, rooms=trial.rooms(member))
    missed: list[tuple[Rule, Failed]] | None = None if document is None else []
    cut = 0

    def told() -> Iterator[Past]:
        nonlocal cut
        discount = trial.unit[0] is Giving.DISCOUNT
        for past in member.purchases:
            if discount:
                past, cut = sold(trial, facts, past)
            yield past

    awarded = replay(trial.index, facts, told(), told=missed)
    for past, awards, given in zip(member.purchases, awarded, member.given, strict=True):
        lacks = document is not None and lacking(document, past.receipt, missed or ())
        if missed:
            missed.clear()
        yield Replayed(past, given, awards, facts.tier, lacks, cut)


@dataclass
class _Column:
    """The figures in one unit, while members are counted one after the other."""

    trial: Trial
    tally: Tally
    unit: Unit

    def member(self, purchases: Iterable[Replayed]) -> None:
        """Count a member's purchases of the days that are asked for."""
        found = self.tally
        bought = reached = cut = False
        was, would = found.whole
        for one in purchases:
            bought = True
            given, lost = self._purchase(one)
            reached, cut = reached or given > 0, cut or lost > 0
        found.bought += bought
        found.reached += reached
        found.cut_members += cut
        found.compared(found.whole[1] - would - found.whole[0] + was)

    def _purchase(self, one: Replayed) -> tuple[int, int]:
        """Add one purchase; what the document would have given, and what its limits would cut."""
        found, past = self.tally, one.past
        was = list(self._was(one.given))
        awards = [award for award in one.awards if unit_of(award.rule) == self.unit]
        before, would = sum(units for _, units, _ in was), sum(award.points for award in awards)
        found.purchases += 1
        found.amount += past.line.amount
        found.whole[0] += before
        found.whole[1] += would
        found.add("days", past.day.isoformat(), before, would)
        found.add("partners", past.line.partner, before, would)
        found.add("tiers", one.tier, before, would)
        for bit in range(past.segments.bit_length()):
            if past.segments >> bit & 1:
                found.add("segments", bit, before, would)
        self._then(was)
        self._would(awards)
        return self._tried(one, awards)

    def _was(self, given: list[int]) -> Iterator[tuple[Rule | None, int, int | None]]:
        """What the purchase has given in this unit, by rule; and who bears what a correction has written off."""
        for version, base, units, _cut, _step, cut_by in entries(given):
            rule = self.trial.live.rules.get(version)
            if (unit_of(rule) if rule else POINTS) == self.unit:
                yield rule, units, base if cut_by == WRITTEN_OFF else None

    def _then(self, was: Iterable[tuple[Rule | None, int, int | None]]) -> None:
        found, pools = self.tally, self.trial.live.pools
        for rule, units, loser in was:
            if rule is not None:
                found.add("promotions", rule.promotion, units, 0)
                if loser is not None:  # what a correction wrote off is that payer's alone
                    found.add("funders", loser, units, 0)
                    continue
                for pool, part in parts_of(rule, 0, units):
                    found.add("funders", pools[pool].funder_id, part, 0)

    def _would(self, awards: Iterable[Award]) -> None:
        found, pools = self.tally, self.trial.index.pools
        for award in awards:
            found.add("promotions", award.rule.promotion, 0, award.points)
            for pool, part in parts_of(award.rule, 0, award.points):
                found.add("funders", pools[pool].funder_id, 0, part)

    def _tried(self, one: Replayed, awards: Iterable[Award]) -> tuple[int, int]:
        found, past = self.tally, one.past
        tried = [award for award in awards if award.rule.version == DRAFT]
        given = sum(award.points for award in tried)
        cut = one.cut if self.unit[0] is Giving.DISCOUNT else sum(award.cut for award in tried)
        found.awards += sum(award.points > 0 for award in tried)
        if given or cut:
            found.points += given
            found.cut += cut
            found.tried(past.day.isoformat(), given, cut)
        if given:
            found.paid_for(past.day.isoformat(), past.line.amount)
        if self.unit != POINTS:
            if one.lacks:
                found.unknown += 1
                found.unknown_amount += past.line.amount
            if given and past.receipt is None and self.unit[0] is Giving.DISCOUNT:
                found.bare += 1
                found.bare_points += given
        return given, cut
