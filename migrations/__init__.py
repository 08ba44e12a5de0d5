"""The way from one form of the database to the next: one head, numbered, run by the owner, never by the app's role."""

from pathlib import Path

import psycopg

from tenants.runtime.settings import libpq

HERE = Path(__file__).parent


def head() -> str:
    """The newest migration: the files of `versions` are numbered, and their numbers are their names to alembic."""
    return max(path.name.partition("_")[0] for path in (HERE / "versions").glob("[0-9]*_*.py"))


def present(url: str) -> str | None:
    """The migration that the database at `url` stands at; None before the first."""
    with psycopg.connect(libpq(url), connect_timeout=10) as connection:
        if connection.execute("select to_regclass('alembic_version')").fetchone() == (None,):
            return None
        found = connection.execute("select version_num from alembic_version").fetchone()
        return str(found[0]) if found else None
