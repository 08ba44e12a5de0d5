"""What must hold of every tenant's ledger, asked of the database itself, one statement each.

Each statement counts rows that break its rule and rows looked at; a sound ledger breaks none. `coalition audit` prints
them all; every kill and load test ends with them.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.runtime.db import tenant_of


@dataclass(frozen=True)
class Finding:
    """One rule: how many rows were looked at, how many break it, and which is the first of them, where that is told."""

    rule: str
    checked: int
    broken: int
    first: str = ""


# Accounts and purposes by number, as coalition.ledger.models names them: 1 available, 2 pending, 3 held, 4 debt.
RULES: dict[str, str] = {
    "balance = its transfers": """
        select count(*), count(*) filter (where b.available <> coalesce(t.available, 0)
            or b.pending <> coalesce(t.pending, 0) or b.held <> coalesce(t.held, 0) or b.debt <> coalesce(t.debt, 0))
        from balance b left join (
            select member_id,
                sum(case when to_account = 1 then points when from_account = 1 then -points else 0 end) as available,
                sum(case when to_account = 2 then points when from_account = 2 then -points else 0 end) as pending,
                sum(case when to_account = 3 then points when from_account = 3 then -points else 0 end) as held,
                sum(case when from_account = 4 then points when to_account = 4 then -points else 0 end) as debt
            from transfer where tenant_id = :tenant group by member_id
        ) t on t.member_id = b.member_id where b.tenant_id = :tenant""",
    "every transfer has a balance": """
        select count(*), count(*) filter (where b.member_id is null)
        from transfer t left join balance b on b.tenant_id = t.tenant_id and b.member_id = t.member_id
        where t.tenant_id = :tenant""",
    "lots left = balance": """
        select count(*), count(*) filter (where b.available <> coalesce(l.available, 0)
            or b.pending <> coalesce(l.pending, 0))
        from balance b left join (
            select member_id, sum(remaining) filter (where not pending) as available,
                sum(remaining) filter (where pending) as pending
            from lot where tenant_id = :tenant group by member_id
        ) l on l.member_id = b.member_id where b.tenant_id = :tenant""",
    "lot left = earned - used": """
        select count(*), count(*) filter (where l.remaining <> l.points - coalesce(u.used, 0))
        from lot l left join (
            select member_id, lot_id, sum(points) as used from lot_use where tenant_id = :tenant
            group by member_id, lot_id
        ) u on u.member_id = l.member_id and u.lot_id = l.id where l.tenant_id = :tenant""",
    "every lot has its transfer": """
        select count(*), count(*) filter (where t.id is null or t.points <> l.points
            or t.funder_id is distinct from l.funder_id)
        from lot l left join transfer t on t.tenant_id = l.tenant_id and t.member_id = l.member_id and t.id = l.id
        where l.tenant_id = :tenant""",
    "uses of a transfer = its points": """
        select count(*), count(*) filter (where t.id is null or abs(u.used) <> t.points)
        from (select member_id, transfer_id, sum(points) as used from lot_use where tenant_id = :tenant
              group by member_id, transfer_id) u
        left join transfer t on t.tenant_id = :tenant and t.member_id = u.member_id and t.id = u.transfer_id""",
    "what waits for a condition is pending, or used up": """
        select count(*), count(*) filter (where not pending) from lot
        where tenant_id = :tenant and active_on = date '9999-12-31'""",
    "what was met goes on as a lot": """
        select count(*), count(*) filter (where l.id is null or l.points <> t.points
            or w.active_on <> date '9999-12-31')
        from transfer t join lot w on w.tenant_id = :tenant and w.member_id = t.member_id and w.id = t.cause_id
        join lot_use u on u.tenant_id = :tenant and u.member_id = t.member_id and u.transfer_id = t.id
        left join lot l on l.tenant_id = :tenant and l.member_id = t.member_id and l.id = t.id
        where t.tenant_id = :tenant and t.purpose = 3""",
    "what lapsed had waited": """
        select count(*), count(*) filter (where w.id is null or w.active_on <> date '9999-12-31')
        from transfer t left join lot w on w.tenant_id = :tenant and w.member_id = t.member_id and w.id = t.cause_id
        where t.tenant_id = :tenant and t.purpose = 13""",
    "taken back of what burnt <= what burnt": """
        select count(*), count(*) filter (where t.id is null or t.to_account <> 11 or b.points > t.points)
        from (select member_id, reverses, sum(points) as points from transfer
              where tenant_id = :tenant and from_account = 11 and reverses is not null
              group by member_id, reverses) b
        left join transfer t on t.tenant_id = :tenant and t.member_id = b.member_id and t.id = b.reverses""",
    "held = open holds": """
        select count(*), count(*) filter (where b.held <> coalesce(h.points, 0))
        from balance b left join (
            select member_id, sum(points) as points from hold where tenant_id = :tenant and state = 'open'
            group by member_id
        ) h on h.member_id = b.member_id where b.tenant_id = :tenant""",
    "no debt beside points": """
        select count(*), count(*) filter (where debt > 0 and available > 0) from balance where tenant_id = :tenant""",
}


def audit_ledger(session: Session) -> list[Finding]:
    """Check the tenant's ledger; the answer has every rule with its counts."""
    return [check(session, rule, statement) for rule, statement in RULES.items()]


def check(session: Session, rule: str, statement: str) -> Finding:
    """Run one rule's statement: it selects rows looked at and rows that break it."""
    checked, broken = session.execute(text(statement), {"tenant": tenant_of(session)}).one()
    return Finding(rule, int(checked or 0), int(broken or 0))
