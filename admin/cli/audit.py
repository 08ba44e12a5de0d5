"""`coalition audit`: everything that must hold, with counts; exit code 1 when something does not."""

import sys

import click

from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import acting, as_text, json_option, slugs
from coalition.reports.audit import audit as audited


@click.command()
@click.option("--tenant", "slug", help="one tenant; all without it")
@json_option
def audit(slug: str | None, as_json: bool) -> None:
    """Prove the ledger and everything that rests on it; nothing is changed."""
    found = {}
    with house():
        for name in [slug] if slug else slugs():
            with acting(name) as session:
                found[name] = audited(session)
    broken = sum(finding.broken > 0 for findings in found.values() for finding in findings)
    if as_json:
        click.echo(
            as_text({"clean": not broken, "tenants": {name: list(rows) for name, rows in found.items()}})
        )
    else:
        for name, findings in found.items():
            click.echo(name)
            for finding in findings:
                verdict = f"{finding.broken:,} BROKEN" if finding.broken else "ok"
                click.echo(f"  {finding.rule:48} {finding.checked:>12,} checked  {verdict}")
                if finding.first:
                    click.echo(f"    {finding.first}")
        click.echo("clean" if not broken else f"{counted(broken, 'rule is', 'rules are')} broken")
    if broken:
        sys.exit(1)
