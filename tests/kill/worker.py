"""The worker that is killed: the ordinary one, with chunks and parts so small that a load or an export has many."""

from admin.cli.main import cli
from coalition.reports.exports import jobs as exports
from coalition.transactions import staging

if __name__ == "__main__":
    staging.LINES_PER_CHUNK = 500
    exports.ROWS_PER_PART, exports.PARTS_PER_JOB = 200, 2
    cli()
