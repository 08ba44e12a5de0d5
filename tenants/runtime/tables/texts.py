"""What people save from a spreadsheet: in which of two encodings a text is, and days as they are written there."""

from datetime import date, datetime
from typing import BinaryIO

from tenants.runtime.errors import Refusal
from tenants.runtime.tables.blocks import Blocks
from tenants.runtime.tables.containers import Container, open_plain

DAY_FORMATS = ("%Y-%m-%d", "%d.%m.%Y")
_MARK = b"\xef\xbb\xbf"
_NO_TEXT = bytes({*range(32), 0x98} - {9, 10, 11, 12, 13, 26})
"""What no text in CP1251 has."""


def encoding_of(stream: BinaryIO, container: Container) -> str:
    """UTF-8, or else CP1251, as Russian Excel saves; rewinds, and refuses what is no text in either.

    A Russian line of the one is hardly ever sound in the other, so most of the lines that are not ASCII decide;
    a single damaged line of a file in UTF-8 is told as such.
    """
    sound = broken = 0
    clean = True
    stream.seek(0)
    for block in Blocks(open_plain(stream, container)):
        if block.first_line == 1 and block.data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Refusal("file_no_text")
        if block.first_line == 1 and block.data.startswith(_MARK):
            sound, broken, clean = 1, 0, True
            break
        clean = clean and len(block.data.translate(None, _NO_TEXT)) == len(block.data)
        for line in block.data.split(b"\n"):
            if not line.isascii():
                sound, broken = (sound + 1, broken) if _is_sound(line) else (sound, broken + 1)
    stream.seek(0)
    if sound >= broken:
        return "utf-8"
    if not clean:
        raise Refusal("file_no_text")
    return "cp1251"


def day_of(text: str) -> date | None:
    """A day written as 2027-06-30 or as 30.06.2027; None for anything else."""
    for form in DAY_FORMATS:
        try:
            return datetime.strptime(text, form).date() if len(text) == 10 else None  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _is_sound(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
