"""`coalition welcome`: where the tenants are served, and in the demo, whom to sign in as."""

import click

from admin.cli.demo import TENANTS, whom_to_sign_in_as
from admin.cli.house import house
from admin.opening.addresses import port_here
from tenants.runtime import relay


@click.command()
def welcome() -> None:
    """Say where to go."""
    with house() as chosen:
        slugs = relay.slugs()
        for slug in slugs:
            click.echo(f"  http://{slug}.localhost:{port_here()}")
        if chosen.demo and TENANTS.keys() <= set(slugs):
            whom_to_sign_in_as()
