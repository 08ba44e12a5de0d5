"""`coalition jobs`: work that was given up, and how it is asked for again."""

import click

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, slugs
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
    rows: list[dict[str, object]] = []
    with house():
        for name in [slug] if slug else slugs():
            with acting(name) as session:
                for job in failed(session):
                    when = job.finished_at.isoformat(timespec="seconds") if job.finished_at else None
                    row = {"tenant": name, "job": job.name, "arguments": job.arguments, "failed_at": when}
                    rows.append(row | {"error": job.error})
                if again:
                    asked_anew(session)
    if as_json:
        click.echo(as_text(rows))
        return
    for row in rows:
        click.echo(f"{row['failed_at']}  {row['tenant']}  {row['job']} {row['arguments']}: {row['error']}")
    if not rows:
        click.echo("No work has failed")
    elif again:
        click.echo(f"Asked for again: {len(rows):,}")
    else:
        click.echo(f"Failed: {len(rows):,}; `coalition jobs retry` asks for all of it again")
