"""A past for the invented bank's members, made by statements: purchases with their points, lots and counters."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import seed
from coalition.ledger.models import Account, Purpose
from coalition.promotions.case import slot_of
from coalition.promotions.kinds import OperationKind
from coalition.promotions.periods import month_of
from tenants.runtime import db
from tenants.runtime.db import tenant_of

MONTHS = [date(2026, month, 1) for month in range(1, 11)]
"""In each of them every member bought once; sales that are measured come later."""
# A temporary table cannot be analysed by halves: what it holds is said of each member once, in the order of her number.
_SOLD = """
create temporary table sold on commit drop as
select b.member_id, gen_random_uuid() as id, gen_random_uuid() as key, gen_random_uuid() as transfer_id, b.at,
    b.amount, b.amount / 10000 as points, m.id as merchant_id, b.partner_id
from (select member_id, cast(:month as date) + interval '12 hours' + random() * interval '27 days' as at,
        10000 + floor(random() * 390000)::bigint as amount, 1 + floor(random() * :partners)::int as partner_id
    from balance where tenant_id = :tenant) b
join merchant m on m.tenant_id = :tenant and m.id = b.partner_id
"""
_STATEMENTS = (
    f"""insert into purchase (tenant_id, member_id, id, key, occurred_at, booked_at, amount, merchant_id, partner_id,
        line, kind, segments, reason)
    select :tenant, member_id, id, key, at, at, amount, merchant_id, partner_id, 0, {OperationKind.PURCHASE:d}, 0,
        array[:version, amount, points, 0, 0]
    from sold""",  # noqa: S608  our own numbers
    f"""insert into transfer (tenant_id, member_id, id, cause_id, occurred_at, booked_at, points, funder_id,
        from_account, to_account, purpose)
    select :tenant, member_id, transfer_id, id, at, at, points, 1, {Account.ISSUED:d}, {Account.AVAILABLE:d},
        {Purpose.AWARD:d}
    from sold""",  # noqa: S608
    """insert into lot (tenant_id, member_id, expires_on, id, points, remaining, funder_id, active_on, pending)
    select :tenant, member_id, at::date + 365, transfer_id, points, points, 1, at::date, false from sold""",
    """insert into counter_sheet (tenant_id, member_id, period, slots, counts)
    select :tenant, member_id, :period, array[cast(:slot as bigint)], array[points] from sold""",
    """update balance b set available = available + points, version = version + 1 from sold
    where b.tenant_id = :tenant and b.member_id = sold.member_id""",
)


def buy(promotion: int, months: int) -> None:
    """Every member's purchase of every month; the points are one percent, given by that promotion's only version."""
    for month in MONTHS[:months]:
        with db.transaction(1) as session:
            _month(session, promotion, month)


def _month(session: Session, promotion: int, month: date) -> None:
    told = {
        "tenant": tenant_of(session),
        "month": month,
        "partners": seed.PARTNERS,
        "version": promotion,
        "period": month_of(month),
        "slot": slot_of(promotion),
    }
    for statement in (_SOLD, *_STATEMENTS):
        session.execute(text(statement), told)
