"""A sandbox begins with a tenant's terms, and with nobody and nothing of its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from admin.sandbox import COPIED, open_sandbox, terms_of
from migrations import tables
from tenants.runtime import clock, db
from tenants.runtime.errors import Problem
from tests.walls.two_tenants import NOW, Furnished, furnish

OWN = {"sandbox": 1, "tenant_key": 1, "numbering": 12, "promotion_budget": 16, "draw": 1} | {
    "audit_entry": 1, "audit_head": 1,
}  # fmt: skip
"""What it has beside what is copied: a key, numbers, a budget in sixteen shards, a draw promised anew and its entry."""


@pytest.fixture(scope="module")
def both(_begun: None) -> Iterator[tuple[Furnished, int]]:
    """A tenant in which everything has happened, and a sandbox of it."""
    with db.configured().connect() as connection, connection.begin() as whole:
        with db.joined(connection), clock.stopped(NOW):
            real = furnish("a")
            with db.transaction(real.tenant) as session:
                terms = terms_of(session)
            with db.transaction(None) as session:
                opened = open_sandbox(session, terms, terms_of="mark-a", slug="try", host="Try.localhost").id
            yield real, opened
        whole.rollback()


def counts(tenant: int, *, where: str = "") -> dict[str, int]:
    with db.transaction(tenant) as session:
        return {
            name: session.execute(text(f"select count(*) from {name} where tenant_id = :t {where}"), {"t": tenant})
            .scalar_one()
            for name in tables.tenant_tables()
        }  # fmt: skip


def test_every_table_is_copied_or_empty(both: tuple[Furnished, int]) -> None:
    real, sandbox = (counts(tenant) for tenant in (both[0].tenant, both[1]))
    copied = {model.__tablename__ for model in COPIED}
    assert {name for name in copied if not real[name]} == set()
    assert sandbox == {
        name: real[name] if name in copied else OWN.get(name, 0) for name in tables.tenant_tables()
    }


@pytest.mark.parametrize(
    "table", ["programme", "promotion_version", "outlet", "terminal", "branding", "reward", "campaign"]
)
def test_terms_are_the_same_to_the_letter(both: tuple[Furnished, int], table: str) -> None:
    told = []
    for tenant in (both[0].tenant, both[1]):
        row = f"(to_jsonb(t) - 'tenant_id' - 'webhooks')::text from {table} t"
        with db.transaction(tenant) as session:
            query = text(f"select {row} where tenant_id = :t order by 1")
            told.append(session.scalars(query, {"t": tenant}).all())
    assert told[0] == told[1] != []


def test_budgets_are_whole_and_segments_have_nobody(both: tuple[Furnished, int]) -> None:
    with db.transaction(both[1]) as session:
        rooms = session.execute(text("select promotion_id, sum(room) from promotion_budget group by 1")).all()
        assert [tuple(row) for row in rooms] == [(3, 9)]
        sizes = session.scalars(
            text("select distinct (size, run, refreshed_at is null)::text from segment_terms")
        )
        assert sizes.all() == ["(0,0,t)"]
        assert session.scalars(text("select terms_of from sandbox")).all() == ["mark-a"]


def test_nothing_of_the_real_tenant_can_be_reached_from_the_sandbox(both: tuple[Furnished, int]) -> None:
    with db.transaction(both[1]) as session:
        assert session.scalars(text("select distinct tenant_id from programme")).all() == [both[1]]
        assert session.scalars(text("select name from host where tenant_id = :t"), {"t": both[1]}).all() == [
            "try.localhost"
        ]


@pytest.mark.parametrize(
    ("slug", "host", "code"),
    [
        ("mark-a", "new.localhost", "tenant_exists"),
        ("New", "new.localhost", "slug_invalid"),
        ("n", "new.localhost", "slug_invalid"),
        ("new", "MARK-A.localhost", "host_taken"),
        ("new", "https://new.localhost", "host_invalid"),
        ("new", "new.localhost:8000", "host_invalid"),
    ],
)
def test_what_cannot_be_opened_is_refused_and_leaves_nothing(
    both: tuple[Furnished, int], slug: str, host: str, code: str
) -> None:
    with db.transaction(both[0].tenant) as session:
        terms = terms_of(session)
    with pytest.raises(Problem) as refused, db.transaction(None) as session:
        open_sandbox(session, terms, terms_of="mark-a", slug=slug, host=host)
    assert refused.value.code == code
    with db.transaction(None) as session:
        assert session.scalars(text("select slug from tenant order by 1")).all() == ["mark-a", "try"]


def test_a_sandbox_is_of_a_real_tenant(both: tuple[Furnished, int]) -> None:
    with pytest.raises(Problem, match="sandbox_of_sandbox"), db.transaction(both[1]) as session:
        terms_of(session)
