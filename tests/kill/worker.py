"""The worker that is killed: the ordinary one, with chunks so small that a load, an export or a mailing has many."""

from admin.cli.main import cli
from coalition.mailings import sending as mailings
from coalition.reports.exports import jobs as exports
from coalition.transactions import staging

if __name__ == "__main__":
    staging.LINES_PER_CHUNK = 500
    mailings.MEMBERS_PER_SLICE = 3
    exports.ROWS_PER_PART, exports.PARTS_PER_JOB = 200, 2
    cli()
