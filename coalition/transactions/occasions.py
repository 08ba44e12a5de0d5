"""Occasions: what earns points without a purchase, booked once each, by the engine that values purchases.

An occasion is never replayed: what it gave stands on its row, and its promotions' counters are theirs alone
(`Index.occasional`). `calendar` and `joining` note those of the house itself; `events` those of the tenant's own.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.granting import Due, keep_grants
from coalition.ledger.models import Purpose
from coalition.ledger.post import Book, Cause, open_books
from coalition.members.models import Member
from coalition.programmes.models import Programme
from coalition.promotions import case
from coalition.promotions.awards import Award, explained, parts_of
from coalition.promotions.budgets import under
from coalition.promotions.case import Facts, Line
from coalition.promotions.counters import load_counters, save_counters
from coalition.promotions.engine import evaluate
from coalition.promotions.explain import entries
from coalition.promotions.index import Index, microseconds
from coalition.promotions.kinds import OCCASION
from coalition.promotions.periods import month_of
from coalition.promotions.profiles import facts_of
from coalition.promotions.queries import index_of
from coalition.transactions import waiting
from coalition.transactions.giving import give_each
from coalition.transactions.models import Occasion
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import derived_id, digest


@dataclass(frozen=True)
class Happened:
    """An occasion as it is told: `key` is its identity among the member's of this kind.

    `about` is the day that it is for; it is not stored. A `fleeting` one that gives nothing leaves no trace.
    """

    member_id: UUID
    kind: str
    key: str
    occurred_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    about: date | None = None
    fleeting: bool = False

    @property
    def identity(self) -> UUID:
        """The same for the same occasion."""
        return UUID(bytes=digest("occasion", self.member_id, self.kind, self.name, self.key))


def note_occasions(session: Session, programme: Programme, told: Iterable[Happened]) -> list[Occasion]:
    """Book the occasions that are not known yet, in the order of their members and times; returns those.

    The members' balances are locked first, so whoever comes with the same key finds it. Unknown members are skipped.
    """
    ordered = sorted(told, key=lambda one: (one.member_id, one.occurred_at, one.kind, one.key))
    books = open_books(session, members={one.member_id for one in ordered}, zone=programme.zone)
    known = set(_known(session, ordered))
    posting = _Posting.of(session, programme, books, ordered)
    booked = []
    for one in ordered:
        if one.identity not in known and one.member_id in books:
            known.add(one.identity)
            occasion = posting.book(one)
            if occasion is not None:
                booked.append(occasion)
    posting.save()
    waiting.look(session, programme, posting.index, books)
    return booked


def promotions_given(session: Session, index: Index, member_id: UUID, kinds: Collection[str]) -> set[int]:
    """Numbers of promotions that have given a member something for occasions of these kinds."""
    reasons = session.scalars(
        select(Occasion.reason).where(
            Occasion.tenant_id == tenant_of(session),
            Occasion.member_id == member_id,
            Occasion.kind.in_(kinds),
        )
    )
    return {
        index.rules[version].promotion
        for reason in reasons
        for version, _base, points, *_ in entries(reason)
        if points and version in index.rules
    }


def occasion_of(session: Session, told: Happened) -> Occasion:
    """The occasion that was booked with this identity."""
    return _known(session, [told])[told.identity]


def _known(session: Session, told: Sequence[Happened]) -> dict[UUID, Occasion]:
    rows = session.scalars(
        select(Occasion).where(
            Occasion.tenant_id == tenant_of(session), Occasion.key.in_({one.identity for one in told})
        )
    )
    return {row.key: row for row in rows}


@dataclass
class _Posting:
    """What the engine needs of some locked members, and what has changed of it."""

    session: Session
    programme: Programme
    index: Index
    booked_at: datetime
    books: Mapping[UUID, Book]
    facts: dict[UUID, Facts]

    @classmethod
    def of(
        cls, session: Session, programme: Programme, books: Mapping[UUID, Book], told: Sequence[Happened]
    ) -> "_Posting":
        """Everything that is read, at once."""
        index = index_of(session, programme, hold=True)
        booked_at = max(
            clock.now(), index.published_at
        )  # as purchases: what a version gave, it was there for
        days = {clock.business_day(programme.zone, one.occurred_at) for one in told}
        counters = load_counters(session, books, index.periods(days))
        people = session.scalars(
            select(Member).where(Member.tenant_id == tenant_of(session), Member.id.in_(books))
        ).all()
        facts = facts_of(session, index, people, counters)
        return cls(session, programme, index, booked_at, books, facts)

    def book(self, told: Happened) -> Occasion | None:
        """One occasion with its awards; nothing for a fleeting one without any."""
        day = clock.business_day(self.programme.zone, told.occurred_at)
        awards = self._awards(told, day)
        if told.fleeting and not awards:
            return None
        occasion = Occasion(
            tenant_id=tenant_of(self.session),
            member_id=told.member_id,
            id=derived_id(told.occurred_at, told.identity),
            key=told.identity,
            kind=told.kind,
            occurred_at=told.occurred_at,
            booked_at=self.booked_at,
            data=dict(told.data) | ({"name": told.name} if told.name else {}),
            reason=explained(awards),
        )
        self.session.add(occasion)
        cause = Cause(Purpose.OCCASION, occasion.id, occasion.occurred_at)
        paid = chain.from_iterable(parts_of(award.rule, 0, award.points) for award in awards)
        give_each(self.programme, self.index, self.books[occasion.member_id], cause, paid)
        keep_grants(self.session, self.programme, _granted(occasion, awards))
        return occasion

    def save(self) -> None:
        """Write the counters that have moved."""
        save_counters(
            self.session,
            {member: facts.counters for member, facts in self.facts.items()},
            [(member, period) for member, facts in self.facts.items() for period in facts.touched],
        )

    def _awards(self, told: Happened, day: date) -> list[Award]:
        """What the rules give under hard budgets."""
        awards, after = under(self.session, self.index.purses, lambda rooms: self._asked(told, day, rooms))
        self.facts[told.member_id] = after
        return awards

    def _asked(self, told: Happened, day: date, rooms: dict[int, int]) -> tuple[list[Award], Facts]:
        """The awards, and the facts after them; those before stay as they are."""
        facts = self.facts[told.member_id]
        facts = replace(facts, counters=dict(facts.counters), touched=set(facts.touched), rooms=rooms)
        awards = evaluate(
            self.index,
            facts,
            Line(microseconds(told.occurred_at), month_of(day), OCCASION, 0, 0, -1),
            day,
            booked=microseconds(self.booked_at),
            occasion=case.Occasion(told.kind, told.data, told.name, told.about),
        )
        return awards, facts


def _granted(occasion: Occasion, awards: Iterable[Award]) -> Iterator[Due]:
    """What the awards grant beside points."""
    for rule, _, pieces, *_ in awards:
        if rule.benefit and pieces:
            yield Due(
                occasion.member_id, occasion.id, occasion.occurred_at, rule.version, rule.benefit, pieces
            )
