"""The walls stand in the database: every tenant table is forced behind its policy, and the app's role is nobody."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from migrations import HERE, head, runner, tables
from tenants.runtime.db import APP_ROLE
from tenants.runtime.settings import Settings, libpq

OUTSIDE = {"alembic_version", "host", "tenant"}
OWN_ROWS = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer)"
OF_OURS = "relnamespace = 'public'::regnamespace"


def rows(session: Session, statement: str, **facts: object) -> Sequence[Any]:
    return session.execute(text(statement), facts).all()


def column(session: Session, statement: str, **facts: object) -> list[Any]:
    return [row[0] for row in rows(session, statement, **facts)]


def test_every_table_is_behind_the_wall_or_finds_a_tenant(session: Session) -> None:
    found = set(column(session, f"select relname from pg_class where relkind in ('r', 'p') and {OF_OURS}"))
    assert found == OUTSIDE | set(tables.tenant_tables())


def test_every_tenant_table_is_forced(session: Session) -> None:
    forced = column(
        session,
        f"select relname from pg_class where {OF_OURS} and relrowsecurity and relforcerowsecurity"
        " order by relname",
    )
    assert forced == sorted(tables.tenant_tables())


def test_every_tenant_table_has_the_one_policy(session: Session) -> None:
    found = rows(
        session,
        "select tablename, policyname, permissive, cmd, roles::text, qual, with_check from pg_policies"
        " order by tablename",
    )
    assert found == [
        (name, f"{name}_wall", "PERMISSIVE", "ALL", "{public}", OWN_ROWS, OWN_ROWS)
        for name in sorted(tables.tenant_tables())
    ]


def test_the_tenant_comes_first_in_every_key(session: Session) -> None:
    keys = rows(
        session,
        "select conrelid::regclass::text, conname, contype::text, a.attname, t.attname"
        " from pg_constraint c"
        " join pg_attribute a on a.attrelid = conrelid and a.attnum = conkey[1]"
        " left join pg_attribute t on t.attrelid = confrelid and t.attnum = confkey[1]"
        " where conrelid::regclass::text = any(:tables) and contype in ('p', 'u', 'f')",
        tables=tables.tenant_tables(),
    )
    assert {name for name, _, kind, *_ in keys if kind == "p"} == set(tables.tenant_tables())
    assert [key for key in keys if key[3] != "tenant_id"] == []
    assert [key for key in keys if key[2] == "f" and key[4] != "tenant_id"] == []


def test_the_tenant_comes_first_in_every_index(session: Session) -> None:
    others = column(
        session,
        "select indexrelid::regclass::text from pg_index"
        " join pg_attribute on attrelid = indrelid and attnum = indkey[0]"
        " where indrelid::regclass::text = any(:tables) and attname <> 'tenant_id'",
        tables=tables.tenant_tables(),
    )
    assert others == []


def test_there_are_no_triggers_sequences_or_functions(session: Session) -> None:
    assert column(session, "select tgname from pg_trigger where not tgisinternal") == []
    assert column(session, f"select relname from pg_class where relkind = 'S' and {OF_OURS}") == []
    assert column(session, "select proname from pg_proc where pronamespace = 'public'::regnamespace") == []


def test_no_extension_but_the_built_in_language(session: Session) -> None:
    assert column(session, "select extname from pg_extension") == ["plpgsql"]


def test_the_app_acts_as_a_role_that_is_nobody(session: Session) -> None:
    assert column(session, "select current_user") == [APP_ROLE]
    assert rows(
        session,
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication"
        " from pg_roles where rolname = current_user",
    ) == [(False,) * 6]
    assert column(session, "select relname from pg_class where relowner = current_user::regrole") == []
    assert (
        column(
            session, "select roleid::regrole::text from pg_auth_members where member = current_user::regrole"
        )
        == []
    )


def test_the_login_is_no_more_than_the_app(base: Settings) -> None:
    with psycopg.connect(libpq(base.database_url)) as connection:
        found = connection.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
        ).fetchone()
        owned = connection.execute(
            "select count(*) from pg_class where relowner = current_user::regrole"
        ).fetchone()
    assert (found, owned) == ((False,) * 4, (0,))


@pytest.mark.parametrize("right", ["truncate", "references", "trigger"])
def test_the_app_has_no_right_that_it_does_not_need(session: Session, right: str) -> None:
    having = column(
        session,
        f"select relname from pg_class where relkind = 'r' and {OF_OURS} and has_table_privilege(oid, :right)",
        right=right,
    )
    assert having == []


@pytest.mark.parametrize("right", ["update", "delete"])
def test_facts_cannot_be_changed(session: Session, right: str) -> None:
    changeable = column(
        session,
        f"select relname from pg_class where relkind = 'r' and {OF_OURS} and has_table_privilege(oid, :right)",
        right=right,
    )
    other = {
        "delete": {"application", "audit_head", "privacy_request"},
        "update": tables.REMOVED_ONLY | tables.COUNTED,
    }
    assert set(tables.tenant_tables()) - set(changeable) == tables.APPEND_ONLY | other[right]


@pytest.mark.parametrize("table", sorted(tables.APPEND_ONLY))
@pytest.mark.parametrize(
    "statement", ["update {} set tenant_id = tenant_id", "delete from {}", "truncate {}"]
)
def test_a_statement_that_changes_facts_is_refused(session: Session, table: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(text(statement.format(table)))


def test_without_a_tenant_every_table_is_empty(session: Session, tenant: int) -> None:
    assert column(session, "select count(*) from tenant_key") == [1]
    session.execute(text("SET LOCAL app.tenant_id = ''"))
    counts = {name: column(session, f"select count(*) from {name}")[0] for name in tables.tenant_tables()}
    assert set(counts.values()) == {0}


def test_models_and_migrations_say_the_same(base: Settings) -> None:
    runner.check(base.database_owner_url)


def test_the_migrations_have_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [head()]
