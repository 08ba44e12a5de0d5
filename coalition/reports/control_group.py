"""A promotion's test: what members bought whom it may pay, beside those in its control group. Honest and no more.

Each figure is a mean over the members of a group; the interval is that of the difference of two means (Welch, 1.96
standard errors), which needs groups that are not small.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.members.queries import segments_by_code
from coalition.partners.queries import partners_by_code
from coalition.programmes.models import Programme
from coalition.promotions.categories import sellers_of
from coalition.promotions.control import KEPT_OUT
from coalition.promotions.document import Document
from coalition.promotions.kinds import OperationKind
from coalition.segments.queries import all_segments
from tenants.runtime.db import tenant_of
from tenants.runtime.patience import within

SECONDS = 5
MEMBERS_LEAST = 30
"""In either group: fewer say nothing that an interval could hold."""
_DEVIATIONS = Decimal("1.96")
_ROWS = text(f"""
    select g.kept_out, count(*) as members, count(s.bought) as buyers, coalesce(sum(s.bought), 0) as purchases,
        coalesce(sum(s.spent), 0) as turnover, coalesce(sum(s.spent * s.spent), 0) as turnover_squares,
        coalesce(sum(s.cheque), 0) as cheques, coalesce(sum(s.cheque * s.cheque), 0) as cheque_squares
    from (
        select m.id, {KEPT_OUT} as kept_out from member m
        where m.tenant_id = :tenant and m.programme_id = :programme and (:segments = 0 or m.segments & :segments <> 0)
    ) g
    left join (
        select p.member_id, count(*) as bought, sum(p.amount - coalesce(b.amount, 0)) as spent,
            sum(p.amount - coalesce(b.amount, 0)) / count(*) as cheque
        from purchase p
        left join (
            select member_id, purchase_id, sum(amount) as amount from purchase_return
            where tenant_id = :tenant and state = 'applied' group by member_id, purchase_id
        ) b on b.member_id = p.member_id and b.purchase_id = p.id
        where p.tenant_id = :tenant and p.kind = :kind and p.occurred_at >= :since
            and p.amount > coalesce(b.amount, 0)
            and (cast(:partners as integer[]) is null or p.partner_id = any(:partners))
            and (cast(:mcc as integer[]) is null or p.mcc = any(:mcc))
            and (cast(:own_mcc as integer[]) is null or p.mcc = any(:own_mcc) or p.partner_id = any(:own_partners))
            and (cast(:excluded as integer[]) is null or p.mcc is null or p.mcc <> all(:excluded))
        group by p.member_id
    ) s on s.member_id = g.id
    group by g.kept_out
""")  # noqa: S608  the one part is ours


@dataclass(frozen=True)
class Group:
    """One side of a test: its members, how many of them bought, how often and for how much, net of returns."""

    members: int = 0
    buyers: int = 0
    purchases: int = 0
    turnover: int = 0


@dataclass(frozen=True)
class Difference:
    """By how much a mean is more among those whom the promotion may pay: from `low` to `high`, in its own units."""

    low: Decimal
    high: Decimal

    @property
    def tells(self) -> bool:
        """Whether the interval leaves nothing out on one side of 0: else chance alone can make the difference."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Comparison:
    """Both groups since the test began, and the differences: of the share of buyers, of turnover, of a buyer's cheque.

    There are none while a group is too small. `follows_purchases` warns that the promotion itself can change who is
    compared, since one of its segments goes by what is bought.
    """

    since: datetime
    may_have: Group
    control: Group
    buyers: Difference | None
    turnover: Difference | None
    cheque: Difference | None
    narrowed: bool
    follows_purchases: bool


def compare(session: Session, programme: Programme, document: Document, since: datetime) -> Comparison | None:
    """The groups of the document's test; nothing where counting took longer than `SECONDS`.

    Counted are purchases at its partners and in its categories, by members who are in its segments today.
    """
    test, conditions = document.test, document.conditions
    assert test is not None, "without a test there is nobody to compare"
    bits, partners = segments_by_code(session), partners_by_code(session)
    own = sellers_of(conditions.categories, partners.__getitem__)
    asked = {
        "tenant": tenant_of(session),
        "programme": programme.id,
        "test": test.name,
        "percent": test.control_percent,
        "since": since,
        "kind": int(OperationKind.PURCHASE),
        "segments": sum(1 << bits[code] for code in set(conditions.segments)),
        "partners": [partners[code] for code in conditions.partners] or None,
        "mcc": [int(code) for code in conditions.mcc] or None,
        "excluded": [int(code) for code in conditions.excluded_mcc] or None,
        "own_mcc": list(own.mcc) if own is not None else None,
        "own_partners": list(own.partners) if own is not None else None,
    }
    rows = within(session, SECONDS, lambda: session.execute(_ROWS, asked).all())
    if rows is None:
        return None
    sides = {row.kept_out: row for row in rows}
    may_have, control = (sides.get(kept_out) for kept_out in (False, True))
    return Comparison(
        since,
        _group(may_have),
        _group(control),
        _difference(may_have, control, "members", "buyers", "buyers"),
        _difference(may_have, control, "members", "turnover", "turnover_squares"),
        _difference(may_have, control, "buyers", "cheques", "cheque_squares"),
        narrowed=bool(
            conditions.partners or conditions.mcc or conditions.excluded_mcc or conditions.categories
        ),
        follows_purchases=any(
            found.definition is not None and found.definition.follows_purchases
            for found in all_segments(session)
            if found.code in conditions.segments
        ),
    )


def _group(row: Any) -> Group:
    return Group() if row is None else Group(row.members, row.buyers, int(row.purchases), int(row.turnover))


def _difference(one: Any, other: Any, count: str, total: str, squares: str) -> Difference | None:
    """The interval of the difference of two means, from how many there are, their sum and the sum of their squares."""
    if one is None or other is None or min(getattr(one, count), getattr(other, count)) < MEMBERS_LEAST:
        return None
    means, errors = [], Decimal(0)
    for row in (one, other):
        number, summed, squared = (Decimal(getattr(row, name)) for name in (count, total, squares))
        means.append(summed / number)
        errors += max(squared - summed * summed / number, Decimal(0)) / (number - 1) / number
    middle, width = means[0] - means[1], _DEVIATIONS * errors.sqrt()
    return Difference(middle - width, middle + width)
