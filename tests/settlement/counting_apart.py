"""A process that counts days, says so, and waits to be told to commit; it is killed instead."""

import os
import sys

from coalition.settlement.days import count_settlement
from tenants import process
from tenants.runtime import clock, db, settings
from tests.settlement.test_closing import CLOSED

if __name__ == "__main__":
    process.begin(settings.read(os.environ))
    with clock.stopped(CLOSED), db.transaction(int(sys.argv[1])) as session:
        count_settlement(session)
        session.flush()
        print("counted", flush=True)
        sys.stdin.readline()
