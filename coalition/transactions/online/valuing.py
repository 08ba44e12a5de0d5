"""What a plain sale gives, by the one engine, from what was read of the member. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from coalition.ledger.models import Account
from coalition.promotions.awards import Award, by_pool
from coalition.promotions.case import Facts, Line, Receipt
from coalition.promotions.engine import evaluate
from coalition.promotions.index import microseconds
from coalition.promotions.kinds import OperationKind
from coalition.promotions.periods import month_of
from coalition.promotions.profiles import Fact, known_in
from coalition.transactions.dry_run import less_discounts
from coalition.transactions.lines import award_id
from coalition.transactions.online.booking import Given
from coalition.transactions.online.state import State
from coalition.transactions.online.terms import Terms
from coalition.transactions.spans import span_of
from tenants.runtime import clock


class Valued(NamedTuple):
    """The awards, as they are explained and as they are posted, and the member's counters after them.

    `amount` and `receipt` are the sale as it was valued: in a quote, after the discounts that it would be offered.
    """

    awards: Sequence[Award]
    given: Given
    facts: Facts
    amount: int
    receipt: Receipt | None


def value(
    terms: Terms,
    state: State,
    *,
    key: UUID,
    occurred_at: datetime,
    booked_at: datetime,
    amount: int,
    receipt: Receipt | None,
    asking: bool,
) -> Valued | None:
    """What the sale gives; nothing where it grants a benefit, or points that wait.

    With `asking` it is not made yet, and what promotions offer to take off is taken off first;
    nothing, too, where it would draw on a budget, which may have less.
    """
    programme, index = terms.programme, terms.index
    day = clock.business_day(programme.zone, occurred_at)
    facts = Facts(
        state.member_id,
        state.segments,
        state.opened_on,
        state.counters,
        known=known_in(index, [_fact(told) for told in state.facts]),
    )
    line = Line(
        microseconds(occurred_at), month_of(day), OperationKind.PURCHASE, amount, state.partner_id, -1
    )
    if asking and index.discounts:
        if index.purses:
            return None
        amount, receipt = less_discounts(index, facts, line, day, receipt)
        line = line._replace(amount=amount)
    booked = microseconds(booked_at)
    awards = evaluate(index, facts, line, day, receipt, booked=booked) if amount else []
    if (asking and facts.rooms) or any(award.rule.benefit and award.points for award in awards):
        return None
    given, today = Given(), clock.business_day(programme.zone, booked_at)
    for number, points in by_pool(awards).items():
        pool = index.pools[number]
        if pool.condition:
            return None
        first, last = span_of(programme, index, pool, day, today)
        given.ids.append(award_id(key, occurred_at, pool))
        given.points.append(points)
        given.funders.append(pool.funder_id)
        given.first.append(first)
        given.last.append(last)
        given.accounts.append(Account.PENDING if first > today else Account.AVAILABLE)
    return Valued(awards, given, facts, amount, receipt)


def _fact(told: Sequence[str]) -> Fact:
    kind, name, since, value_, until = told
    return Fact(
        kind, name, datetime.fromisoformat(since), value_, date.fromisoformat(until) if until else None
    )
