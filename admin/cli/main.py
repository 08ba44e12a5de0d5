"""`coalition`: every command by name, and where it lives. Only the one that is asked for is imported."""

from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "run": "admin.cli.run",
    "stop": "admin.cli.run",
    "reset": "admin.cli.run",
    "worker": "admin.cli.worker",
    "welcome": "admin.cli.welcome",
    "db": "admin.cli.db",
    "tenants": "admin.cli.tenants",
    "operators": "admin.cli.operators",
    "files": "admin.cli.files",
    "members": "admin.cli.members",
    "purchases": "admin.cli.purchases",
    "promotions": "admin.cli.promotions",
    "benefits": "admin.cli.benefits",
    "rewards": "admin.cli.rewards",
    "funds": "admin.cli.funds",
    "draws": "admin.cli.draws",
    "paying": "admin.cli.paying",
    "goodwill": "admin.cli.goodwill",
    "mailings": "admin.cli.mailings",
    "claims": "admin.cli.claims",
    "channels": "admin.cli.channels",
    "segments": "admin.cli.segments",
    "categories": "admin.cli.categories",
    "holidays": "admin.cli.holidays",
    "tiers": "admin.cli.tiers",
    "jobs": "admin.cli.jobs",
    "deposits": "admin.cli.deposits",
    "settlement": "admin.cli.settlement",
    "aggregator": "admin.cli.aggregator",
    "clients": "admin.cli.clients",
    "webhooks": "admin.cli.webhooks",
    "sandbox": "admin.cli.sandbox",
    "staff": "admin.cli.staff",
    "rights": "admin.cli.rights",
    "till": "admin.cli.till",
    "explain": "admin.cli.explain",
    "expire": "admin.cli.expire",
    "audit": "admin.cli.audit",
    "bench": "admin.cli.bench",
    "demo": "admin.cli.demo",
}
SENTENCES = "admin.cli.sentences"


class Trouble(click.ClickException):
    """What the reader can mend, in one sentence."""

    exit_code = 2


class Commands(click.Group):
    """All commands. They end in a sentence, not in a traceback, where the reader can do something."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, from its module, where it is a function of the same name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors with a sentence become exit code 2."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            said: str | None = import_module(SENTENCES).sentence(error)
            if said is None:
                raise
            raise Trouble(said) from error


@click.group(cls=Commands)
def cli() -> None:
    """Coalition: one ledger of loyalty points for many banks, retailers and their partners."""


if __name__ == "__main__":
    cli()
