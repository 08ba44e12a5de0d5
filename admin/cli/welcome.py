"""`coalition welcome`: where the tenants are served, and in the demo, whom to sign in as."""

import click

from admin.cli import demo
from admin.cli.house import house
from tenants.runtime import relay


@click.command()
@click.pass_context
def welcome(context: click.Context) -> None:
    """Say where to go."""
    with house() as chosen:
        slugs = relay.slugs()
        for slug in slugs:
            click.echo(f"  http://{slug}.localhost:{chosen.port}")
        if chosen.demo and {"avacha", "wexley"} <= set(slugs):
            context.invoke(demo.welcome)
