"""`coalition rights`: the matrix of rights, made from the desk's pages and the roles."""

from importlib import import_module
from pathlib import Path

import click

from admin.cli.house import EVERYONE
from admin.rights import bare_desk, matrix


@click.command()
@click.option(
    "--write", "path", type=click.Path(dir_okay=False, path_type=Path), help="write it there: docs/rights.md"
)
def rights(path: Path | None) -> None:
    """What each role may open and do at the desk, page by page, as Markdown; no server is needed."""
    import_module(EVERYONE)
    made = matrix(bare_desk())
    if path is None:
        click.echo(made, nl=False)
    else:
        path.write_text(made, "utf-8")
        click.echo(f"written: {path}")
