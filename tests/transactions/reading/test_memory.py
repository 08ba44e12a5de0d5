"""Reading needs the same memory for a file fifty times as long."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import io, re, sys
from coalition.transactions.profiles import Profile
from coalition.transactions.reading import read

class Endless(io.RawIOBase):
    '''A file of so many lines that is never anywhere whole.'''
    def __init__(self, lines, line):
        self.left, self.line, self.started = lines, line, False
    def seek(self, where, whence=0):
        self.started = False
        return 0
    def read(self, size=-1):
        if not self.started:
            self.started = True
            return b"date,card,amount,currency,merchant\\n"
        lines = min(self.left, max(size // len(self.line), 1))
        self.left -= lines
        return self.line * lines

profile = Profile.model_validate_json(sys.argv[1])
line = sys.argv[3].encode() + b"\\n"
count = 0
for batch in read(Endless(int(sys.argv[2]), line), profile, token_key=b"k" * 32):
    count += len(batch.lines) + len(batch.rejects)
# Not ru_maxrss: that one starts with what the parent had when it forked.
print(count, int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)) // 1024)
"""
PROFILE = """{"name": "p", "card": {"name": "card"}, "currency": "RUB", "merchant": {"name": "merchant"},
 "dates": {"at": {"name": "date"}, "formats": ["%Y-%m-%d"], "zone": "UTC"}, "amounts": [{"at": {"name": "amount"}}]}"""


def _megabytes(lines: int, line: str) -> int:
    root = Path(__file__).parents[3]
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, PROFILE, str(lines), line],
        capture_output=True, text=True, check=True, timeout=240, cwd=root, env={"PYTHONPATH": str(root)},
    )  # fmt: skip
    count, megabytes = map(int, run.stdout.split())
    assert count == lines
    return megabytes


@pytest.mark.parametrize(
    "line", ["2026-10-01,tok1,10.00,RUB,a shop of usual name", '2026-10-01,tok1,10.00,RUB,"a shop, quoted"']
)
def test_a_file_fifty_times_as_long_needs_no_more_memory(line):
    small, large = _megabytes(40_000, line), _megabytes(2_000_000, line)
    assert large < small + 120
    assert large < 400
