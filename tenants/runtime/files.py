"""The files store: a folder per tenant under the data directory. A file is there whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_root: Path | None = None


def configure(root: Path) -> None:
    """Say where the store lives; every process that works on files shares it."""
    global _root
    _root = root


def folder(tenant_id: int, *parts: str) -> Path:
    """A folder of the tenant's, made when missing. Parts are ours, never a name that somebody sent."""
    assert _root is not None, "files.configure() comes first"
    path = _root.joinpath(str(int(tenant_id)), *parts)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Write a file that appears under its name only when it is complete and on the disk."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def drop(path: Path) -> None:
    """Remove a file or a whole folder of ours, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
