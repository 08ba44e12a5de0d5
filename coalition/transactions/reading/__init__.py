"""Reads a source's file by its profile: bytes of any size in, batches of typed columns and rejects out.

The whole file is never in memory. Lines are judged one by one and columns converted whole, so the cost of a
line is that of the few numpy and Arrow calls it shares with thousands. A file that is not what the profile
says is refused (`Refusal` with a code, mostly a line); a line that cannot be read is rejected with a reason.
Trailers are only known at the end: nothing may be posted before the iterator is exhausted.
"""

from coalition.transactions.reading.batch import SCHEMA, Batch, Reject
from coalition.transactions.reading.reader import read

__all__ = ["SCHEMA", "Batch", "Reject", "read"]
