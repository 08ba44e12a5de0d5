"""`coalition expire`: activation and expiry, now instead of on schedule."""

from functools import partial
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import as_text, changed, json_option, slugs
from coalition.members.sweep import due, sweep
from coalition.programmes.models import Programme
from coalition.programmes.words import words_in
from tenants.branding.words import Words
from tenants.runtime.db import tenant_of


@click.command()
@click.option("--tenant", "slug", help="one tenant; all without it")
@click.option("--dry-run", is_flag=True, help="say what is due, and change nothing")
@json_option
def expire(slug: str | None, dry_run: bool, as_json: bool) -> None:
    """Activate what has waited and burn what is over, by each programme's own business day."""
    found: list[tuple[dict[str, Any], Words]] = []
    with house():
        for name in [slug] if slug else slugs():
            found += changed(name, partial(_swept, name, dry_run))
    if as_json:
        click.echo(as_text([row for row, _ in found]))
        return
    for row, words in found:
        activating, burning = (words.points(row[f"{name}_points"]) for name in ("activating", "expiring"))
        click.echo(
            f"{row['tenant']} {row['programme']}: {'would' if dry_run else 'will'}"
            f" activate {activating} of {counted(row['activating_lots'], 'lot')}"
            f" and burn {burning} of {counted(row['expiring_lots'], 'lot')},"
            f" of {counted(row['members'], 'member')}"
        )


def _swept(tenant: str, dry_run: bool, session: Session) -> list[tuple[dict[str, Any], Words]]:
    """What is due in each programme of the tenant; without a dry run it is asked for."""
    programmes = session.scalars(
        select(Programme).where(Programme.tenant_id == tenant_of(session)).order_by(Programme.id)
    )
    found = [
        (
            {"tenant": tenant, **vars(due(session, programme)), "exponent": programme.scale},
            words_in("en", programme),
        )
        for programme in programmes
    ]
    if not dry_run:
        sweep(session)
    return found
