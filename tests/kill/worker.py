"""The worker that is killed: the ordinary one, with chunks so small that a load has many."""

from admin.cli.main import cli
from coalition.transactions import staging

if __name__ == "__main__":
    staging.LINES_PER_CHUNK = 500
    cli()
