"""`coalition audit`: everything that must hold of a tenant, room by room, with counts."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from coalition.ledger.audit import Finding, audit_ledger, check
from coalition.reports import signed
from tenants.audit import prove

RULES: dict[str, str] = {
    "award = its purchase's reason": """
        with other as (select id from promotion_version
            where tenant_id = :tenant and coalesce(document->'gives'->>'kind', 'points') <> 'points')
        select count(*), count(*) filter (where r.points <> coalesce(t.points, 0))
        from (select p.member_id, p.id, coalesce((select sum(p.reason[i]) from
                generate_series(3, cardinality(p.reason), 5) i where p.reason[i - 2] not in (select id from other)),
                0) as points
              from purchase p where p.tenant_id = :tenant) r
        left join (select member_id, cause_id, sum(points) as points from transfer
              where tenant_id = :tenant and purpose = 1 group by member_id, cause_id) t
        on t.member_id = r.member_id and t.cause_id = r.id""",
    "every award has its purchase": """
        select count(*), count(*) filter (where p.id is null)
        from transfer t left join purchase p
        on p.tenant_id = t.tenant_id and p.member_id = t.member_id and p.id = t.cause_id
        where t.tenant_id = :tenant and t.purpose = 1""",
    "occasion's points = its reason": """
        with other as (select id from promotion_version
            where tenant_id = :tenant and coalesce(document->'gives'->>'kind', 'points') <> 'points')
        select count(*), count(*) filter (where r.points <> coalesce(t.points, 0))
        from (select o.member_id, o.id, coalesce((select sum(o.reason[i]) from
                generate_series(3, cardinality(o.reason), 5) i where o.reason[i - 2] not in (select id from other)),
                0) as points
              from occasion o where o.tenant_id = :tenant) r
        left join (select member_id, cause_id, sum(points) as points from transfer
              where tenant_id = :tenant and purpose = 12 group by member_id, cause_id) t
        on t.member_id = r.member_id and t.cause_id = r.id""",
    "every occasion's award has its occasion": """
        select count(*), count(*) filter (where o.id is null)
        from transfer t left join occasion o
        on o.tenant_id = t.tenant_id and o.member_id = t.member_id and o.id = t.cause_id
        where t.tenant_id = :tenant and t.purpose = 12""",
    "gifts for friends = what both have": """
        select count(*), count(*) filter (where coalesce(g.points, 0) <> coalesce(t.points, 0))
        from (select member_id, sum(points) as points from (
                select g.member_id, g.friend_points as points from referral_gift g where g.tenant_id = :tenant
                union all
                select r.referrer_id, g.referrer_points from referral_gift g join referral r
                    on r.tenant_id = :tenant and r.member_id = g.member_id where g.tenant_id = :tenant
              ) each group by member_id) g
        full join (select o.member_id,
                sum(case when o.kind = 'referral' and t.purpose = 12 then t.points
                         when o.kind = 'referral_back' and t.purpose = 2 then -t.points else 0 end) as points
              from occasion o join transfer t
              on t.tenant_id = :tenant and t.member_id = o.member_id and t.cause_id = o.id
              where o.tenant_id = :tenant and o.kind in ('referral', 'referral_back') group by o.member_id) t
        on t.member_id = g.member_id""",
    "correction's transfers = what it says it did": """
        select count(*), count(*) filter (where coalesce(m.given, 0) <> coalesce(t.given, 0)
            or coalesce(m.taken, 0) <> coalesce(t.taken, 0))
        from (select c.cause, m.member_id, (m.posted->>'given')::bigint as given, (m.posted->>'taken')::bigint as taken
              from corrected_member m join correction c on c.tenant_id = :tenant and c.id = m.correction_id
              where m.tenant_id = :tenant) m
        full join (select member_id, cause_id, sum(points) filter (where from_account = 10) as given,
                sum(points) filter (where to_account = 10) as taken
              from transfer where tenant_id = :tenant and purpose = 14 group by member_id, cause_id) t
        on t.member_id = m.member_id and t.cause_id = m.cause""",
    "claim's grants = its postings": """
        select count(*), count(*) filter (where coalesce(d.points, 0) <> coalesce(t.points, 0)
            or coalesce(d.number, 0) <> coalesce(t.number, 0))
        from (select member_id, claim_id, sum(points) as points, count(*) as number from claim_decision
              where tenant_id = :tenant and state = 'done' and way = 'grant' group by member_id, claim_id) d
        full join (select member_id, cause_id, sum(points) as points, count(*) as number from transfer
              where tenant_id = :tenant and purpose = 15 group by member_id, cause_id) t
        on t.member_id = d.member_id and t.cause_id = d.claim_id""",
    "a decided claim has its decision": """
        select count(*), count(*) filter (where d.author_id is null or d.outcome <> c.state and c.state <> 'closed')
        from claim c left join claim_decision d on d.tenant_id = :tenant and d.member_id = c.member_id
            and d.claim_id = c.id and d.opening = c.opening and d.state = 'done'
        where c.tenant_id = :tenant and c.state in ('in_favour', 'partly', 'against', 'closed')""",
    "a purchase that a claim recorded is there once": """
        select count(*), count(*) filter (where p.id is null or d.given <> coalesce(t.points, 0)) + count(*)
            - count(distinct (d.member_id, d.purchase_id))
        from claim_decision d
        left join purchase p on p.tenant_id = :tenant and p.member_id = d.member_id and p.id = d.purchase_id
        left join (select member_id, cause_id, sum(points) as points from transfer
              where tenant_id = :tenant and purpose = 1 group by member_id, cause_id) t
        on t.member_id = d.member_id and t.cause_id = d.purchase_id
        where d.tenant_id = :tenant and d.state = 'done' and d.way = 'record'""",
    "points given for orders = what the orders' truths say": """
        select count(*), count(*) filter (where o.id is null or o.pending + o.active <> coalesce(t.points, 0)
            or o.pending <> case when o.waits then o.worth else 0 end
            or o.active <> case when o.waits then 0 else o.worth end)
        from (select o.member_id, o.id, o.pending, o.active,
                not (o.state = 'paid' or o.state = 'approved' and c.terms->>'activation' = 'approved') as waits,
                case when o.problem is not null or o.state = 'declined' or o.stands_back then 0
                    else div(o.commission::numeric * (c.terms->>'share')::numeric * (c.terms->>'value_points')::numeric,
                        10000 * (c.terms->>'value_minor')::numeric) end as worth
              from shop_order o join shop_click c on c.tenant_id = :tenant and c.member_id = o.member_id
                and c.id = o.click_id
              where o.tenant_id = :tenant) o
        full join (select member_id, cause_id, sum(case when purpose = 16 then points else -points end) as points
              from transfer where tenant_id = :tenant and purpose in (16, 17) group by member_id, cause_id) t
        on t.member_id = o.member_id and t.cause_id = o.id""",
    "one purchase per identity": """
        select count(*), count(*) - count(distinct key) from purchase where tenant_id = :tenant""",
    "returns within their purchase": """
        select count(*), count(*) filter (where r.amount > p.amount)
        from (select member_id, purchase_id, sum(amount) as amount from purchase_return
              where tenant_id = :tenant and state = 'applied' group by member_id, purchase_id) r
        join purchase p on p.tenant_id = :tenant and p.member_id = r.member_id and p.id = r.purchase_id""",
    "one sale told twice pays once": """
        select count(*), count(*) filter (where cardinality(coalesce(v.reason, p.reason)) > 0)
        from purchase_return r
        join purchase p on p.tenant_id = :tenant and p.member_id = r.member_id and p.id = r.purchase_id
        left join revaluation v on v.tenant_id = :tenant and v.member_id = p.member_id and v.purchase_id = p.id
        where r.tenant_id = :tenant and (r.same_as is not null or r.same_order is not null and r.state = 'applied')""",
    "an order and its sale pay once": """
        select count(*), count(*) filter (where s.pays = 'sale' and not o.stands_back
            or coalesce(s.pays = 'order', false) <> coalesce(r.state = 'applied', false))
        from order_sale s
        join shop_order o on o.tenant_id = :tenant and o.member_id = s.member_id and o.id = s.order_id
        left join purchase_return r on r.tenant_id = :tenant and r.member_id = s.member_id
            and r.purchase_id = s.sale_id and r.same_order = s.order_id
        where s.tenant_id = :tenant""",
    "file = posted + duplicate + unmatched + rejected": """
        select count(*), count(*) filter (where lines <> posted + duplicate + unmatched + rejected)
        from inbound_file where tenant_id = :tenant and state = 'done'""",
    "file posted = its purchases and returns": """
        select count(*), count(*) filter (where f.posted <> coalesce(p.count, 0) + coalesce(r.count, 0))
        from inbound_file f
        left join (select file_id, count(*) from purchase where tenant_id = :tenant group by file_id) p
            on p.file_id = f.id
        left join (select file_id, count(*) from purchase_return where tenant_id = :tenant group by file_id) r
            on r.file_id = f.id
        where f.tenant_id = :tenant and f.state = 'done'""",
    "file unmatched = its waiting lines": """
        select count(*), count(*) filter (where f.unmatched <> coalesce(u.count, 0))
        from inbound_file f
        left join (select file_id, count(*) from unmatched_line where tenant_id = :tenant and matched_at is null
            group by file_id) u on u.file_id = f.id
        where f.tenant_id = :tenant and f.state = 'done'""",
    "redeemed = redemptions done": """
        select count(*), count(*) filter (where coalesce(b.points, 0) <> coalesce(t.points, 0))
        from (select member_id, sum(points - points_back) filter (where state = 'done') as points from redemption
              where tenant_id = :tenant group by member_id) b
        left join (select member_id,
                sum(case when to_account = 12 then points when from_account = 12 then -points else 0 end) as points
              from transfer where tenant_id = :tenant and (to_account = 12 or from_account = 12) group by member_id) t
        on t.member_id = b.member_id""",
    "grant used = its uses": """
        select count(*), count(*) filter (where g.used <> coalesce(u.used, 0)
            and not (b.kind = 'privilege' and b.terms->>'uses' is null))
        from benefit_grant g join benefit b on b.tenant_id = :tenant and b.id = g.benefit_id
        left join (select member_id, grant_id, sum(quantity) as used from benefit_use where tenant_id = :tenant
            group by member_id, grant_id) u on u.member_id = g.member_id and u.grant_id = g.id
        where g.tenant_id = :tenant""",
    "certificate given once": """
        select count(*), count(*) - count(distinct (member_id, redemption_id))
        from certificate where tenant_id = :tenant and redemption_id is not null""",
    "counted days = their transfers": """
        select count(*), count(*) filter (where coalesce(d.points, 0) <> coalesce(t.points, 0))
        from (select p.booked_on, p.day, p.from_account, p.to_account, p.points from points_day p
              join figures_count c on c.tenant_id = p.tenant_id
              where p.tenant_id = :tenant and p.booked_on < c.open_from) d
        full join (select booked_on, day, from_account, to_account, sum(points) as points from (
                select (booked_at at time zone c.zone)::date as booked_on,
                    (occurred_at at time zone c.zone)::date as day, from_account, to_account, points, c.open_from
                from transfer join figures_count c using (tenant_id) where tenant_id = :tenant
            ) each where booked_on < open_from group by booked_on, day, from_account, to_account) t
        using (booked_on, day, from_account, to_account)""",
    "register = its payouts": """
        select count(*), count(*) filter (where r.count <> p.count or r.minor <> p.minor)
        from payout_register r left join (select register_id, count(*), sum(minor) as minor from payout
            where tenant_id = :tenant group by register_id) p on p.register_id = r.id
        where r.tenant_id = :tenant""",
}


def audit(session: Session) -> Sequence[Finding]:
    """Every rule of the tenant with its counts; nothing is changed."""
    chain = prove(session)
    return [
        *audit_ledger(session),
        *(check(session, rule, statement) for rule, statement in (RULES | signed.RULES).items()),
        Finding("the audit trail is whole", chain.checked, chain.broken, chain.first),
    ]
