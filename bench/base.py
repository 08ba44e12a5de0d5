"""Databases of measurements: each has one of its own, beside whatever the server has."""

import os
import sys
import time
from dataclasses import replace

import psycopg
from sqlalchemy.engine import make_url

from tenants.runtime.settings import Settings, libpq

_VACUUM_SECONDS = 120


def within(chosen: Settings, database: str) -> Settings:
    """The settings, in another database of the same server."""

    def moved(url: str) -> str:
        return make_url(url).set(database=database).render_as_string(hide_password=False)

    return replace(
        chosen,
        database_url=moved(chosen.database_url),
        database_owner_url=moved(chosen.database_owner_url),
    )


def drop(chosen: Settings, database: str) -> None:
    """Drop the database; while the server's own vacuum is at work there, which only a superuser ends, wait for it."""
    for _ in range(_VACUUM_SECONDS):
        try:
            return as_owner(chosen, f"drop database if exists {database} with (force)")
        except psycopg.errors.InsufficientPrivilege:
            time.sleep(1)
    raise TimeoutError(f"{database} is vacuumed without end")


def as_owner(chosen: Settings, statement: str) -> None:
    with psycopg.connect(libpq(chosen.database_owner_url), autocommit=True) as connection:
        connection.execute(statement)


def machine() -> str:
    """The machine in a few words, for the README."""
    return (
        f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {os.uname().sysname} {os.uname().machine}"
    )
