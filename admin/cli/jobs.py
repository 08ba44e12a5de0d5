"""`coalition jobs`: work that was given up, and how it is asked for again."""

from datetime import datetime
from functools import partial
from typing import Any

import click
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.tenancy import as_text, changed, json_option, slugs
from tenants.runtime.jobs import failed
from tenants.runtime.jobs import retry as asked_anew

one_tenant = click.option("--tenant", "slug", help="one tenant; all without it")


@click.group()
def jobs() -> None:
    """Look at work that has failed for good, and have it tried again."""


@jobs.command("failed")
@one_tenant
@json_option
def show_failed(slug: str | None, as_json: bool) -> None:
    """List what failed, when, and why."""
    _tell(slug, as_json, again=False)


@jobs.command()
@one_tenant
@json_option
def retry(slug: str | None, as_json: bool) -> None:
    """Ask for everything that failed anew; workers then do it."""
    _tell(slug, as_json, again=True)


def _tell(slug: str | None, as_json: bool, *, again: bool) -> None:
    rows: list[dict[str, Any]] = []
    with house():
        for name in [slug] if slug else slugs():
            rows += changed(name, partial(_failed, name, again))
    if as_json:
        click.echo(as_text(rows))
        return
    for row in rows:
        click.echo(f"{_line(row)}: {row['error']}")
    if not rows:
        click.echo("No work has failed")
    elif again:
        click.echo(f"Asked for again: {len(rows):,}")
    else:
        click.echo(f"Failed: {len(rows):,}; `coalition jobs retry` asks for all of it again")


def _failed(tenant: str, again: bool, session: Session) -> list[dict[str, Any]]:
    """What has failed; with `again` it is asked for anew."""
    rows = [
        {
            "tenant": tenant,
            "job": job.name,
            "arguments": job.arguments,
            "failed_at": job.finished_at.isoformat(timespec="seconds") if job.finished_at else None,
            "error": job.error,
        }
        for job in failed(session)
    ]
    if again:
        asked_anew(session)
    return rows


def _line(row: dict[str, Any]) -> str:
    when = (
        datetime.fromisoformat(row["failed_at"]).strftime("%Y-%m-%d %H:%M:%S UTC") if row["failed_at"] else ""
    )
    given = " ".join(f"{name}={value}" for name, value in row["arguments"].items())
    return f"{when}  {row['tenant']}  {row['job']} {given}".rstrip()
