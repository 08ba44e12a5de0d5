"""The page about a member reads by keys alone: among many members' rows no statement scans a whole table."""

from typing import Any

import psycopg
import pytest
from flask import Flask

from tenants.actions import open_tenant
from tenants.runtime import db
from tenants.runtime.settings import Settings, libpq
from tests.admin.conftest import assembled
from tests.admin.world import Bank, furnished, get, post, signed_in

MEMBERS, PURCHASES = 400, 50
LARGE = (
    "purchase",
    "transfer",
    "lot",
    "handle",
    "member",
    "balance",
    "member_person",
    "member_name",
)
FILL = """
insert into member (tenant_id, id, programme_id, segments, enrolled_at)
    select 1, gen_random_uuid(), 1, 0, now() from generate_series(1, {members});
insert into balance (tenant_id, member_id, available, pending, held, debt, version)
    select 1, id, 0, 0, 0, 0, 0 from member m where not exists (select from balance b where b.member_id = m.id);
insert into member_person (tenant_id, member_id, sealed)
    select 1, id, 'x' from member m where not exists (select from member_person p where p.member_id = m.id);
insert into handle (tenant_id, kind, digest, member_id, hint, linked_at)
    select 1, kind, gen_random_uuid(), id, lpad((random() * 9999)::int::text, 4, '0'), now()
    from member, generate_series(1, 4) kind;
insert into member_name (tenant_id, digest, member_id)
    select 1, gen_random_uuid(), id from member, generate_series(1, 3);
insert into purchase (tenant_id, member_id, id, key, occurred_at, booked_at, amount, merchant_id, kind,
        segments, reason)
    select 1, id, gen_random_uuid(), gen_random_uuid(), now(), now(), 100, 1, 0, 0, '{{}}'
    from member, generate_series(1, {purchases});
insert into transfer (tenant_id, member_id, id, cause_id, occurred_at, booked_at, points, funder_id, from_account,
        to_account, purpose)
    select 1, member_id, gen_random_uuid(), id, now(), now(), 1, 1, 10, 1, 1 from purchase;
insert into lot (tenant_id, member_id, expires_on, id, points, remaining, funder_id, active_on, pending)
    select 1, member_id, '2030-01-01', id, 1, 0, 1, '2026-01-01', false from transfer;
"""


@pytest.fixture
def crowded(live_database: Settings) -> tuple[Bank, Flask]:
    """A bank with one member of its own and many others, and the statistics of such a one."""
    with db.transaction(None) as session:
        tenant = open_tenant(session, slug="test", hosts=["test.localhost"]).id
    bank = furnished(tenant)
    assert (tenant, bank.world.programme.id) == (1, 1)
    with psycopg.connect(libpq(live_database.database_owner_url), autocommit=True) as owner:
        owner.execute("set app.tenant_id = '1'")
        for statement in FILL.format(members=MEMBERS, purchases=PURCHASES).split(";\n"):
            if statement.strip():
                owner.execute(statement)
        owner.execute("analyze")
    return bank, assembled(guarded=False)


def test_no_statement_reads_a_whole_table(crowded: tuple[Bank, Flask]) -> None:
    bank, app = crowded
    client = signed_in(app, bank.tenant)
    page = f"/desk/members/{bank.world.member_id}"
    heard = listened(
        lambda: [
            get(client, page),
            get(client, f"{page}?kind=without&day=2026-11-20"),
            get(client, f"{page}/missing?day=2026-11-20&amount=100"),
            *(
                post(client, "/desk/members/", q=text)
                for text in ("+79140000147", "4821", "ковалева ирина", "77")
            ),
        ]
    )
    scans = {}
    with db.transaction(bank.tenant) as session:
        cursor = session.connection().connection.cursor()
        for said, facts in heard:
            if said.lower().startswith("select"):
                cursor.execute(f"explain (format json) {said}", facts)
                for table in scanned(cursor.fetchone()[0][0]["Plan"]):  # type: ignore[index]
                    scans.setdefault(table, said)
    assert len(heard) > 100
    assert {table: said for table, said in scans.items() if table in LARGE} == {}


def listened(act: Any) -> list[tuple[str, Any]]:
    """Statements and their facts."""
    heard: list[tuple[str, Any]] = []
    execute = psycopg.Cursor.execute

    def noting(self: Any, query: Any, facts: Any = None, **more: Any) -> Any:
        heard.append((query.as_string(self) if hasattr(query, "as_string") else str(query), facts))
        return execute(self, query, facts, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noting)
        assert {answer.status_code for answer in act()} <= {200, 303}
    return heard


def scanned(plan: dict[str, Any]) -> list[str]:
    """Tables that a plan reads from end to end."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [table for inner in plan.get("Plans", ()) for table in scanned(inner)]
