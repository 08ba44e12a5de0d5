"""What stands for a friend, posted: points of both sides as an occasion of each, or taken back from their lots."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition import money
from coalition.ledger import conditional
from coalition.ledger.models import Purpose
from coalition.ledger.post import Book, Cause
from coalition.ledger.queries import transfers_for
from coalition.members.models import Referral
from coalition.programmes.models import Programme
from coalition.promotions.awards import Award, explained
from coalition.promotions.index import Index, Rule
from coalition.transactions.giving import give_each
from coalition.transactions.models import Occasion, ReferralGift
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import derived_id, digest

GIVEN, TAKEN = "referral", "referral_back"
"""Kinds of the occasions that each of the two has: points given, and given back."""


@dataclass(frozen=True)
class Gifts:
    """The locked books of one who brings friends and of these."""

    session: Session
    programme: Programme
    index: Index
    books: Mapping[UUID, Book]
    referrals: Mapping[UUID, Referral]

    def give(self, gift: ReferralGift, awards: Iterable[Award], since: datetime | None) -> None:
        """Both sides of the awards, as an occasion of each."""
        given = [award for award in awards if award.points]
        gift.friend_points = sum(sides(award.rule)[0] for award in given)
        gift.referrer_points = sum(sides(award.rule)[1] for award in given)
        if not given:
            return
        assert since is not None, "what is given has settled"
        gift.turns += 1
        for side, member in self._both(gift):
            parts = [award._replace(points=sides(award.rule)[side], cut=0) for award in given]
            occasion = self._occasion(GIVEN, gift, side, member, since, explained(parts))
            cause = Cause(Purpose.OCCASION, occasion.id, since)
            paid = chain.from_iterable(split(award.rule)[side] for award in given)
            give_each(self.programme, self.index, self.books[member], cause, paid)

    def take_back(self, gift: ReferralGift) -> None:
        """Whatever the last turn gave, from the very lots it gave first."""
        if not gift.friend_points:
            return
        for side, member in self._both(gift):
            book = self.books[member]
            before = self._of_turn(GIVEN, gift, side, member)
            lots = [
                transfer
                for transfer in transfers_for(self.session, member, before.id)
                if transfer.purpose == Purpose.OCCASION
            ]
            occasion = self._occasion(TAKEN, gift, side, member, clock.now(), [])
            cause = Cause(Purpose.RETURN, occasion.id, occasion.occurred_at)
            for given in lots:
                first = [given.id, *(one.id for one in lots if one.id != given.id)]
                if self.index.conditional:
                    first = conditional.recall(book, first, {given.id}, given.points)
                book.take_back(cause, given.points, funder_id=given.funder_id, first=first, part=given.id)

    def _both(self, gift: ReferralGift) -> Iterator[tuple[int, UUID]]:
        """The two sides: the friend's, and that of who brought her."""
        yield 0, gift.member_id
        yield 1, self.referrals[gift.member_id].referrer_id

    def _occasion(
        self, kind: str, gift: ReferralGift, side: int, member: UUID, at: datetime, reason: list[int]
    ) -> Occasion:
        key = _key(kind, gift, side)
        occasion = Occasion(
            tenant_id=tenant_of(self.session),
            member_id=member,
            id=derived_id(at, key),
            key=key,
            kind=kind,
            occurred_at=at,
            booked_at=clock.now(),
            data={"side": ("friend", "referrer")[side]},
            reason=reason,
        )
        self.session.add(occasion)
        return occasion

    def _of_turn(self, kind: str, gift: ReferralGift, side: int, member: UUID) -> Occasion:
        return self.session.scalars(
            select(Occasion).where(
                Occasion.tenant_id == tenant_of(self.session),
                Occasion.member_id == member,
                Occasion.key == _key(kind, gift, side),
            )
        ).one()


def sides(rule: Rule) -> tuple[int, int]:
    """What a version gives the friend, and who brought her."""
    assert rule.sides is not None, "only versions for two come here"
    return rule.sides


def split(rule: Rule) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What each of a rule's pools gives the friend and the referrer: together its share of the whole."""
    friend, referrer = sides(rule)
    whole = money.share(friend + referrer, [weight for _, weight in rule.pools])
    left, first = friend, []
    for wanted, most in zip(money.share(friend, [weight for _, weight in rule.pools]), whole, strict=True):
        first.append(min(wanted, most))
        left -= first[-1]
    for place, most in enumerate(whole):  # what rounding would give one payer too much of, another one pays
        more = min(left, most - first[place])
        first[place] += more
        left -= more
    pools = [pool for pool, _ in rule.pools]
    second = [most - mine for most, mine in zip(whole, first, strict=True)]
    return tuple([(p, n) for p, n in zip(pools, part, strict=True) if n] for part in (first, second))  # type: ignore[return-value]


def _key(kind: str, gift: ReferralGift, side: int) -> UUID:
    return UUID(bytes=digest("referral", kind, gift.member_id, gift.turns, side))


def gifts_of(session: Session, friends: Collection[UUID]) -> dict[UUID, ReferralGift]:
    """What stands for the friends, read under their locks; a row of nothing for who has none yet."""
    tenant_id = tenant_of(session)
    rows = [
        {
            "tenant_id": tenant_id,
            "member_id": friend,
            "reason": [],
            "friend_points": 0,
            "referrer_points": 0,
            "turns": 0,
            "drawn": {},
        }
        for friend in sorted(friends)
    ]
    if rows:
        session.execute(insert(ReferralGift).on_conflict_do_nothing(), rows)
    found = session.scalars(
        select(ReferralGift)
        .where(ReferralGift.tenant_id == tenant_id, ReferralGift.member_id.in_(friends))
        .execution_options(populate_existing=True)
    )
    return {gift.member_id: gift for gift in found}
