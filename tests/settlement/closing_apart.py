"""A process that draws up a month, says so, and waits to be told to commit; it is killed instead."""

import os
import sys
from datetime import date

from coalition.settlement.closing import close
from tenants import process
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, settings
from tests.settlement.test_closing import CLOSED

if __name__ == "__main__":
    tenant, programme = int(sys.argv[1]), int(sys.argv[2])
    process.begin(settings.read(os.environ))
    with clock.stopped(CLOSED), db.transaction(tenant) as session:
        close(session, SYSTEM, programme_id=programme, month=date(2026, 10, 1))
        session.flush()
        print("drawn up", flush=True)
        sys.stdin.readline()
