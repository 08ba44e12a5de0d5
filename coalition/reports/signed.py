"""Rules of `coalition audit` about signatures: whatever two people must have done stands in the audit trail.

The trail's key is not in the database. Whoever writes there with SQL, as the application's role or above it, can
pretend to be two people in the tables of what is signed, and can write no entry that holds: so it is found out here.
What a tenant had before it had a trail is not asked for; a tenant whose trail tells of its opening had nothing before.
"""

_BEGAN = """exists (select from audit_entry b where b.tenant_id = :tenant and b.number = 1
            and (b.verb = 'tenant.open' or b.at <= {since}))"""

RULES: dict[str, str] = {
    "what was asked of four eyes is in the trail": """
        select count(*), count(*) filter (where e.id is null)
        from approval a left join audit_entry e on e.tenant_id = :tenant and e.verb = 'approval.ask'
            and e.actor_id = a.author_id and e.after->>'approval' = a.id::text
            and e.after->>'sha256' = encode(a.digest, 'hex')
        where a.tenant_id = :tenant""",
    "what four eyes decided is in the trail": """
        select count(*), count(*) filter (where e.id is null)
        from approval_decision d left join audit_entry e on e.tenant_id = :tenant and e.actor_id = d.decided_by
            and e.verb = case d.outcome when 'signed' then 'approval.sign' when 'refused' then 'approval.refuse'
                else 'approval.withdraw' end
            and e.after->>'approval' = d.approval_id::text and e.after->>'sha256' = encode(d.digest, 'hex')
        where d.tenant_id = :tenant""",
    "a signed draft is in the trail": f"""
        select count(*), count(*) filter (where not exists (select from audit_entry e
            where e.tenant_id = :tenant and e.verb = 'promotion.sign' and e.subject = 'promotion ' || d.code
                and e.actor_id = d.approved_by and coalesce(e.after->>'draft', d.id::text) = d.id::text))
        from promotion_draft d where d.tenant_id = :tenant and d.approved_by is not null
            and {_BEGAN.format(since="d.approved_at")}""",  # noqa: S608  our own texts
    "a promotion's version is in the trail": f"""
        select count(*), count(*) filter (where e.id is null)
        from promotion_version v left join audit_entry e on e.tenant_id = :tenant
            and e.verb = case when v.correcting then 'correction.sign' else 'promotion.publish' end
            and e.after->>'version' = v.id::text
        where v.tenant_id = :tenant and {_BEGAN.format(since="v.published_at")}""",  # noqa: S608
    "a signed correction is in the trail": f"""
        select count(*), count(*) filter (where not exists (select from audit_entry e
            where e.tenant_id = :tenant and e.verb = 'correction.sign' and e.subject = 'correction ' || c.id
                and e.actor_id is not distinct from c.approved_by))
        from correction c where c.tenant_id = :tenant and c.approved_at is not null
            and {_BEGAN.format(since="c.approved_at")}""",  # noqa: S608
    "a claim's decision is in the trail": f"""
        select count(*), count(*) filter (where not exists (select from audit_entry e
            where e.tenant_id = :tenant and e.verb = case when d.two then 'claim.sign' else 'claim.decide' end
                and e.subject = 'claim ' || c.number and e.after->>'digest' = encode(d.digest, 'hex')
                and e.actor_id = coalesce(d.approved_by, d.author_id)))
        from claim_decision d join claim c
            on c.tenant_id = :tenant and c.member_id = d.member_id and c.id = d.claim_id
        where d.tenant_id = :tenant and d.state = 'done' and {_BEGAN.format(since="c.decided_at")}""",  # noqa: S608
}
