"""Jobs for the tests of jobs: they leave numbers in `numbering`, which shows how often each was done."""

import errno
import time
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.actions import open_tenant
from tenants.runtime import db, jobs
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.ids import next_numbers
from tenants.runtime.models import Numbering


@jobs.job("test.number")
def number(session: Session, *, series: str = "scheduled") -> None:
    next_numbers(session, series)


@jobs.job("test.slow")
def slow(session: Session, *, series: str, seconds: float) -> None:
    next_numbers(session, series)
    time.sleep(seconds)


@jobs.job("test.call", calls=True)
def call(session: Session, *, series: str, seconds: float) -> None:
    slow(session, series=series, seconds=seconds)


@jobs.job("test.refuses")
def refuses(session: Session, *, series: str) -> None:
    next_numbers(session, series)
    raise Refusal("not_today", day="Sunday")


@jobs.job("test.outage")
def outage(_session: Session) -> None:
    raise Outage("bank_away")


@jobs.job("test.disk")
def disk(_session: Session) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@jobs.job("test.mistake")
def mistake(_session: Session) -> float:
    return 1 / 0


def numbers(tenant: int) -> dict[str, int]:
    """How often each series was counted."""
    with db.transaction(tenant) as session:
        found = session.execute(select(Numbering.series, Numbering.last).where(Numbering.tenant_id == tenant))
        return {row.series: row.last for row in found}


def open_one() -> int:
    """A tenant, for real."""
    with db.transaction(None) as session:
        return open_tenant(session, slug=f"t{uuid4().hex[:8]}", hosts=[]).id


if __name__ == "__main__":
    from admin.cli.main import cli

    cli()
