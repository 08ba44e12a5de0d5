"""`coalition expire`: activation and expiry, now instead of on schedule."""

import click
from sqlalchemy import select

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, slugs
from coalition.members.sweep import due, sweep
from coalition.programmes.models import Programme
from tenants.runtime.db import tenant_of


@click.command()
@click.option("--tenant", "slug", help="one tenant; all without it")
@click.option("--dry-run", is_flag=True, help="say what is due, and change nothing")
@json_option
def expire(slug: str | None, dry_run: bool, as_json: bool) -> None:
    """Activate what has waited and burn what is over, by each programme's own business day."""
    found = []
    with house():
        for name in [slug] if slug else slugs():
            with acting(name) as session:
                programmes = session.scalars(
                    select(Programme).where(Programme.tenant_id == tenant_of(session)).order_by(Programme.id)
                )
                found += [{"tenant": name, **vars(due(session, programme))} for programme in programmes]
                if not dry_run:
                    sweep(session)
    if as_json:
        click.echo(as_text(found))
        return
    verb = "would" if dry_run else "will"
    for row in found:
        click.echo(
            f"{row['tenant']} {row['programme']}: {verb} activate {row['activating_points']:,} points of"
            f" {row['activating_lots']:,} lots and burn {row['expiring_points']:,} points of"
            f" {row['expiring_lots']:,} lots, of {row['members']:,} members"
        )
