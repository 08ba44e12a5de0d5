"""What stands for the friends of one member, worked out from their purchases by the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.post import Book, day_start, open_books
from coalition.members.models import Member, Referral
from coalition.programmes.models import Programme
from coalition.promotions.awards import Award, drawn, explained
from coalition.promotions.budgets import under
from coalition.promotions.case import Counters, Facts, Failed, Line
from coalition.promotions.case import Occasion as Case
from coalition.promotions.counters import load_counters, save_counters
from coalition.promotions.engine import evaluate
from coalition.promotions.explain import entries
from coalition.promotions.index import Index, Rule, microseconds
from coalition.promotions.kinds import OCCASION
from coalition.promotions.periods import month_of
from coalition.promotions.profiles import facts_of
from coalition.promotions.triggers.referral import Brought
from coalition.promotions.triggers.referral import Referral as Trigger
from coalition.transactions import waiting
from coalition.transactions.models import ReferralGift
from coalition.transactions.referrals.gifts import Gifts, gifts_of
from coalition.transactions.referrals.queries import bought
from tenants.runtime import clock
from tenants.runtime.db import tenant_of


def rules_of(index: Index) -> list[Rule]:
    return index.by_occasion.get("referral", [])


class _Sale(NamedTuple):
    """A friend's purchase as it is looked at."""

    at: datetime
    key: UUID
    booked_at: datetime
    net: int
    friend: UUID


@dataclass
class _Found:
    """What stands for one friend: the awards, from when, and when to look again."""

    awards: list[Award] = field(default_factory=list)
    drawn: dict[str, int] = field(default_factory=dict)
    since: datetime | None = None
    due_on: date | None = None


@dataclass
class Settling:
    """One who brings friends, some of them, and what the engine needs of them, all locked."""

    session: Session
    programme: Programme
    index: Index
    books: Mapping[UUID, Book]
    facts: Facts
    referrals: Mapping[UUID, Referral]
    friends: Mapping[UUID, Member]
    gifts: Mapping[UUID, ReferralGift]
    sales: Sequence[_Sale]

    @classmethod
    def of(
        cls,
        session: Session,
        programme: Programme,
        index: Index,
        referrer: UUID,
        referrals: Sequence[Referral],
    ) -> "Settling":
        """Lock the balances of all, in the order of their ids, and read what is known."""
        tenant_id, mine = tenant_of(session), {one.member_id: one for one in referrals}
        books = open_books(session, members={referrer, *mine}, zone=programme.zone, whole=index.conditional)
        people = {
            one.id: one
            for one in session.scalars(
                select(Member).where(Member.tenant_id == tenant_id, Member.id.in_(books))
            )
        }
        counters = load_counters(session, [referrer])
        facts = facts_of(session, index, [people[referrer]], counters)[referrer]
        sales = [
            _Sale(one.purchase.occurred_at, one.purchase.key, one.purchase.booked_at, one.net, friend)
            for friend in mine
            for one in bought(session, people[friend])
        ]
        return cls(
            session, programme, index, books, facts, mine, people, gifts_of(session, mine), sorted(sales)
        )

    def settle(self) -> None:
        """Bring what stands to what should; nothing is posted where they are the same."""
        found, after = under(self.session, self.index.purses, self._run, self._held())
        posting = Gifts(self.session, self.programme, self.index, self.books, self.referrals)
        for friend, gift in sorted(self.gifts.items()):
            one = found[friend]
            reason = explained(one.awards)
            if _standing(reason) != _standing(gift.reason):
                posting.take_back(gift)
                posting.give(gift, one.awards, one.since)
            gift.reason, gift.drawn, gift.due_on = reason, one.drawn, one.due_on
        save_counters(
            self.session,
            {after.member_id: after.counters},
            [(after.member_id, period) for period in after.touched],
        )
        self.session.flush()
        waiting.look(self.session, self.programme, self.index, self.books)

    def _run(self, rooms: dict[int, int]) -> tuple[dict[UUID, _Found], Facts]:
        """What stands for each friend by her purchases, and the counters of who brought them after it."""
        found = {friend: _Found() for friend in self.referrals}
        decided: dict[UUID, set[int]] = {friend: set() for friend in self.referrals}
        counters, emptied = self._without_these()
        facts = replace(self.facts, counters=counters, touched=emptied, rooms=rooms)
        for sale in self.sales:
            awards, due_on = self._asked(sale, facts, decided[sale.friend])
            one = found[sale.friend]
            one.awards += awards
            for award in awards:
                for purse, taken in drawn(award.rule, award.points, microseconds(sale.booked_at)):
                    one.drawn[str(purse)] = one.drawn.get(str(purse), 0) + taken
            if awards and one.since is None:
                one.since = self._settled_at(sale, awards)
            if due_on is not None:
                one.due_on = min(due_on, one.due_on or due_on)
        return found, facts

    def _asked(self, sale: _Sale, facts: Facts, decided: set[int]) -> tuple[list[Award], date | None]:
        """What one purchase gives both, and when to look again for what has not settled yet."""
        zone, referral = self.programme.zone, self.referrals[sale.friend]
        day = clock.business_day(zone, sale.at)
        joined, said = (
            clock.business_day(zone, at) for at in (self.friends[sale.friend].enrolled_at, referral.at)
        )
        brought_ = Brought(
            amount=sale.net,
            age=(clock.business_day(zone) - day).days,
            joined_days=(said - joined).days,
            early=sale.at < referral.at,
            decided=decided,
        )
        told: list[tuple[Rule, Failed]] = []
        awards = evaluate(
            self.index,
            facts,
            Line(microseconds(sale.at), month_of(day), OCCASION, 0, 0, -1),
            day,
            booked=microseconds(sale.booked_at),
            told=told,
            occasion=Case("referral", brought_.told()),
        )
        due = [day + timedelta(days=failed.wanted) for _, failed in told if failed.condition == "unsettled"]
        return awards, min(due, default=None)

    def _settled_at(self, sale: _Sale, awards: Sequence[Award]) -> datetime:
        day = clock.business_day(self.programme.zone, sale.at)
        settled = max(
            award.rule.trigger.settled_days for award in awards if isinstance(award.rule.trigger, Trigger)
        )
        return max(sale.at, day_start(day + timedelta(days=settled), self.programme.zone))

    def _without_these(self) -> tuple[Counters, set[int]]:
        """The counters with which this begins, and the sheets from which something was taken out."""
        own = {rule.slot >> 33 for rule in rules_of(self.index)}
        kept = {place: value for place, value in self.facts.counters.items() if place[1] >> 33 not in own}
        return kept, {period for period, slot in self.facts.counters if slot >> 33 in own}

    def _held(self) -> dict[int, int]:
        """What the standing gifts have of each hard bound."""
        held = dict.fromkeys(self.index.purses, 0)
        for gift in self.gifts.values():
            for purse, taken in gift.drawn.items():
                held[int(purse)] += taken
        return held


def _standing(reason: Sequence[int]) -> list[tuple[int, int]]:
    """The versions that give something, with their points."""
    return [(version, points) for version, _, points, *_ in entries(reason) if points]
