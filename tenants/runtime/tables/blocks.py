"""Bytes in blocks of whole lines, and the question whether they are in the encoding that was promised."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from tenants.runtime.errors import Refusal

BLOCK_BYTES = 4 << 20
LINE_BYTES_MAX = 16 << 20
"""A longer line is no line of any table; it ends the reading, because memory has to end somewhere."""

_FOREIGN = bytes(range(128, 256))


class Bytes(Protocol):
    """All that is needed of a stream."""

    def read(self, size: int, /) -> bytes: ...


class Block(NamedTuple):
    """Whole lines. The file's last line is always in the last block, however many blank ones follow it."""

    data: bytes
    first_line: int
    last: bool


class Blocks:
    """Iterates over a stream's blocks; a reader may give back the lines of a record that goes on in the next."""

    def __init__(self, source: Bytes, size: int = BLOCK_BYTES) -> None:
        self._source = source
        self._size = size
        self._tail = b""
        self._line = 1

    def give_back(self, data: bytes) -> None:
        """Put the last lines of the block just read before the next one."""
        self._tail = data + self._tail
        self._line -= data.count(b"\n")

    def __iter__(self) -> Iterator[Block]:
        following = self._source.read(self._size)
        while following:
            data, following = self._tail + following, self._source.read(self._size)
            end = len(data) if not following else data.rfind(b"\n", 0, len(data.rstrip(b"\r\n"))) + 1
            if len(data) - end > LINE_BYTES_MAX:
                raise Refusal(
                    "line_too_long", line=self._line + data.count(b"\n", 0, end), most=LINE_BYTES_MAX
                )
            self._tail = data[end:]
            if end:
                first_line, self._line = self._line, self._line + data.count(b"\n", 0, end)
                yield Block(data[:end], first_line, not following)


def checked_start(block: Block, encoding: str) -> Block:
    """The file's first block without a byte order mark; refuses a file in another encoding.

    Single-byte encodings accept nearly any bytes, so theirs is a judgement: text that is sound UTF-8, or is more
    like Russian in the other encoding, was not written in them.
    """
    data = block.data
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refusal("wrong_encoding", line=1, encoding=encoding)
    if data.startswith(b"\xef\xbb\xbf"):
        if encoding != "utf-8":
            raise Refusal("wrong_encoding", line=1, encoding=encoding)
        data = data[3:]
    if not data.isascii():
        judge = _check_utf8 if encoding == "utf-8" else _check_single_byte
        judge(data, encoding)
    return block._replace(data=data)


def _check_utf8(data: bytes, encoding: str) -> None:
    try:
        data.decode()
        return
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    broken = other = 0
    for text in data.split(b"\n"):
        if not text.isascii():
            other += 1
            broken += not _is_utf8(text)
    if line == 1 or (broken > 2 and broken * 2 > other):
        raise Refusal("wrong_encoding", line=line, encoding=encoding)


def _check_single_byte(data: bytes, encoding: str) -> None:
    other = "cp866" if encoding == "cp1251" else "cp1251"
    foreign = len(data) - len(data.translate(None, _FOREIGN))
    if foreign >= 20 and (_is_utf8(data) or _frequent(data, other) > _frequent(data, encoding)):
        line = next(number for number, text in enumerate(data.split(b"\n"), 1) if not text.isascii())
        raise Refusal("wrong_encoding", line=line, encoding=encoding)


def _frequent(data: bytes, encoding: str) -> int:
    """How many of the five letters that make two fifths of any Russian text."""
    return len(data) - len(data.translate(None, "оеаинОЕАИН".encode(encoding)))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
