"""Where exports lie: a folder each, every file of it sealed for its place."""

import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from tenants.runtime import files
from tenants.vault import Vault

_BLOCK_BYTES = 1 << 20
_PLACE = "export"


def folder_of(tenant_id: int, export_id: UUID) -> Path:
    """The export's folder."""
    return files.folder(tenant_id, "exports", str(export_id))


def keep(vault: Vault, export_id: UUID, name: str, number: int, data: bytes) -> None:
    """Keep a file of the export; the same one again takes its place."""
    sealed = vault.seal_bytes(zlib.compress(data, 1), _PLACE, export_id, name, number)
    with files.written(_path(vault, export_id, name, number)) as stream:
        stream.write(sealed)


def kept(vault: Vault, export_id: UUID, name: str, number: int) -> bytes:
    """What was kept there."""
    sealed = _path(vault, export_id, name, number).read_bytes()
    return zlib.decompress(vault.open_bytes(sealed, _PLACE, export_id, name, number))


def is_whole(vault: Vault, export_id: UUID, blocks: int) -> bool:
    """Whether every block is there."""
    return all(_path(vault, export_id, "block", number).exists() for number in range(1, blocks + 1))


def keep_blocks(vault: Vault, export_id: UUID, pieces: Iterable[bytes]) -> tuple[int, int, bytes]:
    """Keep the pieces as blocks of one size; returns how many there are, all their bytes, and their digest."""
    count, size, digest, waiting = 0, 0, sha256(), bytearray()
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        waiting += piece
        while len(waiting) >= _BLOCK_BYTES:
            count += 1
            keep(vault, export_id, "block", count, bytes(waiting[:_BLOCK_BYTES]))
            del waiting[:_BLOCK_BYTES]
    if waiting:
        count += 1
        keep(vault, export_id, "block", count, bytes(waiting))
    return count, size, digest.digest()


def blocks_of(vault: Vault, export_id: UUID, blocks: int) -> Iterator[bytes]:
    """The file, block by block."""
    for number in range(1, blocks + 1):
        yield kept(vault, export_id, "block", number)


def drop_parts(tenant_id: int, export_id: UUID) -> None:
    """Remove what the file was made of."""
    for path in folder_of(tenant_id, export_id).glob("part.*"):
        files.drop(path)


def _path(vault: Vault, export_id: UUID, name: str, number: int) -> Path:
    return folder_of(vault.tenant_id, export_id) / f"{name}.{number:05}"
