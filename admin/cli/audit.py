"""`coalition audit`: everything that must hold, with counts; exit code 1 when something does not."""

import sys

import click

from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import acting, as_text, json_option, slugs
from coalition.reports.audit import audit as audited
from tenants.audit import head_of


@click.command()
@click.option("--tenant", "slug", help="one tenant; all without it")
@json_option
def audit(slug: str | None, as_json: bool) -> None:
    """Prove the ledger and everything that rests on it; nothing is changed."""
    found, heads = {}, {}
    with house():
        for name in [slug] if slug else slugs():
            with acting(name) as session:
                found[name] = audited(session)
                heads[name] = head_of(session)
    broken = sum(finding.broken > 0 for findings in found.values() for finding in findings)
    if as_json:
        told = {name: {"number": number, "digest": digest.hex()} for name, (number, digest) in heads.items()}
        rules = {name: list(rows) for name, rows in found.items()}
        click.echo(as_text({"clean": not broken, "tenants": rules, "trail_ends": told}))
    else:
        for name, findings in found.items():
            click.echo(name)
            for finding in findings:
                verdict = f"{finding.broken:,} BROKEN" if finding.broken else "ok"
                click.echo(f"  {finding.rule:48} {finding.checked:>12,} checked  {verdict}")
                if finding.first:
                    click.echo(f"    {finding.first}")
            number, digest = heads[name]
            click.echo(f"  the audit trail ends with entry {number}, to be kept elsewhere: {digest.hex()}")
        click.echo("clean" if not broken else f"{counted(broken, 'rule is', 'rules are')} broken")
    if broken:
        sys.exit(1)
