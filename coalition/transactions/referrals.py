"""Points for bringing a friend (golden F1): what stands of them is a function of all her purchases, net of returns.

Whenever these change, or one of them has settled, it is worked out anew under the locks of both members, and what was
given before is taken back as it was given. So both have it or none, however purchases and returns come.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition import money
from coalition.ledger import conditional
from coalition.ledger.bulk import lock_balances
from coalition.ledger.models import Purpose
from coalition.ledger.post import Book, Cause, day_start, open_books
from coalition.ledger.queries import transfers_for
from coalition.members.codes import entering
from coalition.members.models import Member, Referral
from coalition.members.queries import member_by_id
from coalition.members.referring import bring, brought
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.awards import Award, drawn, explained
from coalition.promotions.budgets import under
from coalition.promotions.case import Counters, Facts, Failed, Line
from coalition.promotions.case import Occasion as Case
from coalition.promotions.counters import load_counters, save_counters
from coalition.promotions.engine import evaluate
from coalition.promotions.explain import entries
from coalition.promotions.index import Index, Rule, microseconds
from coalition.promotions.kinds import OCCASION, OperationKind
from coalition.promotions.periods import month_of
from coalition.promotions.profiles import facts_of
from coalition.promotions.queries import index_of
from coalition.promotions.triggers.referral import Brought
from coalition.promotions.triggers.referral import Referral as Trigger
from coalition.transactions import waiting
from coalition.transactions.models import Occasion, ReferralGift
from coalition.transactions.revaluing import Booked, booked_purchases
from coalition.transactions.spans import span_of
from tenants.actor import Actor
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import derived_id, digest
from tenants.runtime.jobs import ask_each, every, job

GIVEN, TAKEN = "referral", "referral_back"
"""Kinds of the occasions that each of the two has: points given, and given back."""


def name_referrer(
    session: Session, actor: Actor, *, member_id: UUID, code: str, device: str = ""
) -> Referral:
    """The member says whose code she came by, in the cabinet or to somebody of the staff.

    Raises what `bring` raises, Refusal("referral_closed") while no promotion is for it, and Refusal("referral_late",
    days=...) after the days that it allows or after a purchase that would have counted.
    """
    actor.must(entering(actor), member_id=member_id)
    friend = member_by_id(session, member_id)
    live = open_terms(session, programme_by_id(session, friend.programme_id))
    if not live:
        raise Refusal("referral_closed")
    if _is_late(session, friend, live):
        raise Refusal("referral_late", days=max(one.within_days for one in live))
    return bring(session, friend, code, device)


def may_name(session: Session, member_id: UUID) -> bool:
    """Whether there is still time for the member to say who brought her."""
    friend = member_by_id(session, member_id)
    live = open_terms(session, programme_by_id(session, friend.programme_id))
    return bool(live) and not _is_late(session, friend, live)


def tally_of(session: Session, member_id: UUID) -> tuple[int, int]:
    """How many friends a member has brought, and for how many of them both have their points."""
    rows = session.execute(
        select(ReferralGift.referrer_points)
        .select_from(Referral)
        .outerjoin(
            ReferralGift,
            (ReferralGift.tenant_id == Referral.tenant_id) & (ReferralGift.member_id == Referral.member_id),
        )
        .where(Referral.tenant_id == tenant_of(session), Referral.referrer_id == member_id)
    ).all()
    return len(rows), sum(bool(points) for (points,) in rows)


def open_terms(session: Session, programme: Programme) -> list[Trigger]:
    """What the promotions ask that are for bringing friends now."""
    rules = index_of(session, programme).on("referral", microseconds(clock.now()))
    return [rule.trigger for rule in rules if isinstance(rule.trigger, Trigger)]


def _is_late(session: Session, friend: Member, live: Sequence[Trigger]) -> bool:
    """Whether the days are over, or a purchase has come that would have counted."""
    programme = programme_by_id(session, friend.programme_id)
    joined = clock.business_day(programme.zone, friend.enrolled_at)
    if (clock.business_day(programme.zone) - joined).days > max(one.within_days for one in live):
        return True
    exponent = money.exponent(programme.currency)
    least = min(money.in_units(one.amount_from, exponent) if one.amount_from else 0 for one in live)
    return any(sale.net >= least for sale in _bought(session, friend))


def ask_for(session: Session, index: Index, members: Collection[UUID]) -> None:
    """Have the gifts of those among the members worked out anew whom somebody brought."""
    if "referral" not in index.by_occasion:
        return
    for friend in session.scalars(
        select(Referral.member_id).where(
            Referral.tenant_id == tenant_of(session), Referral.member_id.in_(members)
        )
    ):
        ask_each(session, "referrals.settle", friend)


@job("referrals.look", bulk=True)
def look(session: Session) -> None:
    """Ask for those whose purchase has settled by the programme's business day."""
    tenant_id = tenant_of(session)
    for programme in session.scalars(select(Programme).where(Programme.tenant_id == tenant_id)):
        due = (
            select(ReferralGift.member_id)
            .join(
                Member,
                (Member.tenant_id == ReferralGift.tenant_id) & (Member.id == ReferralGift.member_id),
            )
            .where(
                ReferralGift.tenant_id == tenant_id,
                Member.tenant_id == tenant_id,
                Member.programme_id == programme.id,
                ReferralGift.due_on <= clock.business_day(programme.zone),
            )
        )
        for friend in session.scalars(due):
            ask_each(session, "referrals.settle", friend)


@job("referrals.settle", bulk=True)
def settle(session: Session, items: Sequence[str]) -> None:
    """Work out what stands for these friends; done twice, it finds nothing left to do."""
    tenant_id = tenant_of(session)
    named = session.scalars(
        select(Referral).where(
            Referral.tenant_id == tenant_id, Referral.member_id.in_([UUID(item) for item in items])
        )
    ).all()
    asked = {referral.member_id for referral in named}
    everybody: dict[UUID, list[Referral]] = {}
    for referral in brought(session, {one.referrer_id for one in named}):
        everybody.setdefault(referral.referrer_id, []).append(referral)
    lock_balances(session, {*everybody, *(one.member_id for mine in everybody.values() for one in mine)})
    for referrer, mine in sorted(everybody.items()):
        programme = programme_by_id(session, member_by_id(session, referrer).programme_id)
        index = index_of(session, programme, hold=True)
        if not any(rule.limits or rule.times or rule.spaced for rule in _rules(index)):
            mine = [one for one in mine if one.member_id in asked]  # no friend's points depend on another's
        _Settling.of(session, programme, index, referrer, mine).settle()


def _rules(index: Index) -> list[Rule]:
    return index.by_occasion.get("referral", [])


def _bought(session: Session, friend: Member) -> list[Booked]:
    """What stands of a friend's purchases since she joined, in the order of their time."""
    found = [
        sale
        for sale in booked_purchases(session, friend.id)
        if sale.purchase.kind == OperationKind.PURCHASE
        and sale.net > 0
        and sale.purchase.occurred_at >= friend.enrolled_at
    ]
    return sorted(found, key=lambda sale: (sale.purchase.occurred_at, sale.purchase.key))


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
class _Settling:
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
    ) -> "_Settling":
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
            for one in _bought(session, people[friend])
        ]
        return cls(
            session, programme, index, books, facts, mine, people, _gifts(session, mine), sorted(sales)
        )

    def settle(self) -> None:
        """Bring what stands to what should; nothing is posted where they are the same."""
        found, after = under(self.session, self.index.purses, self._run, self._held())
        for friend, gift in sorted(self.gifts.items()):
            one = found[friend]
            reason = explained(one.awards)
            if _standing(reason) != _standing(gift.reason):
                self._take_back(gift)
                self._give(gift, one)
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
        own = {rule.slot >> 33 for rule in _rules(self.index)}
        kept = {place: value for place, value in self.facts.counters.items() if place[1] >> 33 not in own}
        return kept, {period for period, slot in self.facts.counters if slot >> 33 in own}

    def _held(self) -> dict[int, int]:
        """What the standing gifts have of each hard bound."""
        held = dict.fromkeys(self.index.purses, 0)
        for gift in self.gifts.values():
            for purse, taken in gift.drawn.items():
                held[int(purse)] += taken
        return held

    def _give(self, gift: ReferralGift, found: _Found) -> None:
        """Both sides of the awards, as an occasion of each."""
        given = [award for award in found.awards if award.points]
        gift.friend_points = sum(sides(award.rule)[0] for award in given)
        gift.referrer_points = sum(sides(award.rule)[1] for award in given)
        if not given:
            return
        assert found.since is not None, "what is given has settled"
        gift.turns += 1
        for side, member in self._both(gift):
            parts = [award._replace(points=sides(award.rule)[side], cut=0) for award in given]
            occasion = self._occasion(GIVEN, gift, side, member, found.since, explained(parts))
            self._post(occasion, [(award.rule, award.points, side) for award in parts])

    def _post(self, occasion: Occasion, given: Sequence[tuple[Rule, int, int]]) -> None:
        book, day = (
            self.books[occasion.member_id],
            clock.business_day(self.programme.zone, occasion.occurred_at),
        )
        pools: dict[int, int] = {}
        for rule, _points, side in given:
            for pool, points in split(rule)[side]:
                pools[pool] = pools.get(pool, 0) + points
        cause = Cause(Purpose.OCCASION, occasion.id, occasion.occurred_at)
        for number, points in sorted(pools.items()):
            paid = self.index.pools[number]
            active, last = span_of(self.programme, self.index, paid, day, book.today)
            earned = book.earn(
                cause,
                points,
                funder_id=paid.funder_id,
                active_on=active,
                expires_on=last,
                part=paid.identity,
            )
            if paid.condition:
                waiting.note(book, earned, paid, last, occasion.occurred_at)

    def _take_back(self, gift: ReferralGift) -> None:
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


def _standing(reason: Sequence[int]) -> list[tuple[int, int]]:
    """The versions that give something, with their points."""
    return [(version, points) for version, _, points, *_ in entries(reason) if points]


def _key(kind: str, gift: ReferralGift, side: int) -> UUID:
    return UUID(bytes=digest("referral", kind, gift.member_id, gift.turns, side))


def _gifts(session: Session, friends: Collection[UUID]) -> dict[UUID, ReferralGift]:
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


every(3600, "referrals.look")
