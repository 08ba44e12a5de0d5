"""What members' points stand for at the end of any day, by the month in which they were earned; and what has burnt.

Everything is read from transfers that were booked by then. A lot burns at the end of its last day, also where nobody
has touched its member since, so that a day in the past says the same for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import money
from coalition.ledger.models import Account, Purpose
from coalition.ledger.post import day_start
from coalition.programmes.models import Programme
from tenants.runtime.db import by_hashes, tenant_of

_A = {name.lower(): int(account) for name, account in Account.__members__.items()}
_P = {name.lower(): int(purpose) for name, purpose in Purpose.__members__.items()}
_OF_HOLDS = f"({_P['hold']}, {_P['release']})"


@dataclass(frozen=True)
class Cohort:
    """Points that were earned in a month, by what has become of them; `other` were taken back, or paid a debt.

    given = left + held + spent + burnt + other, where points that came back after their last day as new ones are in the
    month in which they came, as less spent.
    """

    month: date
    given: int
    left: int
    held: int
    spent: int
    burnt: int

    @property
    def owed(self) -> int:
        """What members can still spend."""
        return self.left + self.held

    @property
    def other(self) -> int:
        """Taken back by returns and corrections, or taken by a debt."""
        return self.given - self.left - self.held - self.spent - self.burnt

    @property
    def breakage(self) -> int:
        """What has burnt of what was given, in hundredths of a percent, to the nearest."""
        return (self.burnt * 10_000 + self.given // 2) // self.given if self.given > 0 else 0


@dataclass(frozen=True)
class Liability:
    """A programme's points at the end of a day: by the month of earning, the newest first; and debts of members."""

    day: date
    cohorts: Sequence[Cohort]
    debt: int

    @property
    def whole(self) -> Cohort:
        """All months together, under the first one."""
        sums = {
            name: sum(getattr(one, name) for one in self.cohorts)
            for name in ("given", "left", "held", "spent", "burnt")
        }
        return Cohort(self.cohorts[-1].month if self.cohorts else self.day.replace(day=1), **sums)


# A lot with the transfer that gave it; one that a condition freed is its first lot's. Every use of it, and what took
# back what had burnt; a hold's use is spent where it was captured by then.
_COHORTS = f"""
    with lots as (
        select l.member_id, l.id, l.points, l.expires_on,
            case when t.from_account in ({_A["issued"]}, {_A["adjusted"]}) then l.points else 0 end as given,
            case when t.from_account = {_A["redeemed"]} then -l.points else 0 end as unspent,
            date_trunc('month', coalesce(f.occurred_at, t.occurred_at) at time zone :zone)::date as month
        from lot l
        join transfer t on t.tenant_id = l.tenant_id and t.member_id = l.member_id and t.id = l.id
        join member m on m.tenant_id = l.tenant_id and m.id = l.member_id and m.programme_id = :programme
        left join transfer f on f.tenant_id = t.tenant_id and f.member_id = t.member_id and f.id = t.cause_id
            and t.purpose = {_P["activate"]}
        where l.tenant_id = :tenant and t.booked_at < :over
    ), uses as (
        select u.member_id, u.lot_id, u.points as used,
            case when t.purpose in {_OF_HOLDS} and c.id is null then u.points else 0 end as held,
            case when t.purpose in {_OF_HOLDS} and c.id is not null or t.from_account = {_A["redeemed"]}
                then u.points else 0 end as spent,
            case when {_A["expired"]} in (t.from_account, t.to_account) then u.points else 0 end as burnt
        from lot_use u
        join transfer t on t.tenant_id = u.tenant_id and t.member_id = u.member_id and t.id = u.transfer_id
        left join transfer c on c.tenant_id = t.tenant_id and c.member_id = t.member_id and c.cause_id = t.cause_id
            and c.purpose = {_P["capture"]} and t.purpose in {_OF_HOLDS} and c.booked_at < :over
        where u.tenant_id = :tenant and t.booked_at < :over
        union all
        select u.member_id, u.lot_id, 0, 0, 0, -t.points
        from transfer t
        join lot_use u on u.tenant_id = t.tenant_id and u.member_id = t.member_id and u.transfer_id = t.reverses
        where t.tenant_id = :tenant and t.booked_at < :over and t.from_account = {_A["expired"]}
            and t.to_account in ({_A["issued"]}, {_A["adjusted"]})
    ), by_lot as (
        select l.month, l.given, l.unspent, l.expires_on,
            l.points - coalesce(sum(u.used), 0) as remaining, coalesce(sum(u.held), 0) as held,
            coalesce(sum(u.spent), 0) as spent, coalesce(sum(u.burnt), 0) as burnt
        from lots l left join uses u on u.member_id = l.member_id and u.lot_id = l.id
        group by l.member_id, l.id, l.month, l.given, l.unspent, l.expires_on, l.points
    )
    select month, sum(given)::bigint as given,
        sum(case when expires_on >= :day then remaining else 0 end)::bigint as left, sum(held)::bigint as held,
        sum(spent + unspent)::bigint as spent,
        sum(burnt + case when expires_on >= :day then 0 else remaining end)::bigint as burnt
    from by_lot group by month order by month desc"""  # noqa: S608  our own texts
_DEBT = f"""
    select coalesce(sum(case when t.from_account = {_A["debt"]} then t.points else -t.points end), 0)::bigint
    from transfer t
    join member m on m.tenant_id = t.tenant_id and m.id = t.member_id and m.programme_id = :programme
    where t.tenant_id = :tenant and t.booked_at < :over and {_A["debt"]} in (t.from_account, t.to_account)"""  # noqa: S608


def liability_on(session: Session, programme: Programme, day: date) -> Liability:
    """At the end of a business day of the programme's."""
    asked = {
        "tenant": tenant_of(session),
        "programme": programme.id,
        "day": day,
        "over": day_start(day + timedelta(days=1), programme.zone),
        "zone": programme.zone,
    }
    with by_hashes(session):
        rows = session.execute(text(_COHORTS), asked).all()
        debt = session.execute(text(_DEBT), asked).scalar_one()
    cohorts = [Cohort(row.month, row.given, row.left, row.held, row.spent, row.burnt) for row in rows]
    return Liability(day, cohorts, debt)


def worth(programme: Programme, points: int) -> int:
    """What points stand for, in minor units; negative where they are less than nothing."""
    found = money.worth(abs(points), programme.value_minor, programme.value_points)
    return found if points >= 0 else -found
