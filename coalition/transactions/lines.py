"""Lines of one chunk as columns: what staging writes, and what posting reads. Pure, but for the file."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Self
from uuid import UUID

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coalition.promotions.index import Pool, microseconds
from coalition.promotions.kinds import OperationKind
from coalition.transactions.models import UnmatchedLine
from tenants.runtime.ids import digest, stamped_id

NOBODY = bytes(16)  # the member of a line whose card nobody has

SCHEMA = pa.schema(
    [
        pa.field("member", pa.binary(16), nullable=False),
        pa.field("card", pa.binary(16), nullable=False),
        pa.field("at", pa.int64(), nullable=False),
        pa.field("amount", pa.int64(), nullable=False),
        pa.field("terminal", pa.int64(), nullable=False),
        pa.field("seller", pa.int64(), nullable=False),
        pa.field("line", pa.int32(), nullable=False),
        pa.field("merchant", pa.int32(), nullable=False),
        pa.field("partner", pa.int32(), nullable=False),
        pa.field("mcc", pa.int16(), nullable=False),
        pa.field("kind", pa.int8(), nullable=False),
        pa.field("reference", pa.string()),
        pa.field("original", pa.string()),
    ]
)


@dataclass(frozen=True)
class Lines:
    """Parallel columns. Times in microseconds since 1970; no partner is 0, no MCC is -1, no original is all zeros."""

    member: NDArray[np.void]
    card: NDArray[np.void]
    key: NDArray[np.void]
    original: NDArray[np.void]
    at: NDArray[np.int64]
    amount: NDArray[np.int64]
    line: NDArray[np.int64]
    merchant: NDArray[np.int64]
    partner: NDArray[np.int64]
    mcc: NDArray[np.int64]
    kind: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def of_unmatched(cls, rows: Sequence[UnmatchedLine], member_id: UUID) -> Self:
        """Stored lines of a card as the lines of the member who has it now, in the order of posting."""
        rows = sorted(rows, key=lambda row: (row.occurred_at, row.key))
        whole = {name: [getattr(row, name) for row in rows] for name in ("amount", "line", "kind")}
        return cls(
            member=np.frombuffer(member_id.bytes * len(rows), "V16"),
            card=np.frombuffer(b"".join(row.card.bytes for row in rows), "V16"),
            key=np.frombuffer(b"".join(row.key.bytes for row in rows), "V16"),
            original=np.frombuffer(
                b"".join(row.original_key.bytes if row.original_key else NOBODY for row in rows), "V16"
            ),
            at=np.array([microseconds(row.occurred_at) for row in rows], np.int64),
            merchant=np.array([row.merchant_id for row in rows], np.int64),
            partner=np.array([row.partner_id or 0 for row in rows], np.int64),
            mcc=np.array([-1 if row.mcc is None else row.mcc for row in rows], np.int64),
            **{name: np.array(values, np.int64) for name, values in whole.items()},
        )

    def in_order(self) -> Self:
        """The lines in the order of posting: by member, time and identity."""
        return self.only(np.lexsort((*_halves(self.key), self.at, *_halves(self.member))))

    def only(self, rows: NDArray[np.generic]) -> Self:
        """The lines at these places, or where the mask is true."""
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))


def read_lines(path: Path, source: str) -> Lines:
    """A chunk's lines with their identities, in the order of member, time and identity.

    The order does not depend on how the file was ordered, and neither do the identities: see `_keys`.
    """
    with pa.memory_map(str(path)) as mapped:
        table = pa.ipc.open_stream(mapped).read_all()
    keys, originals = _keys(table, source)
    lines = Lines(
        member=_void(table, "member"),
        card=_void(table, "card"),
        key=keys,
        original=originals,
        **{name: table[name].to_numpy().astype(np.int64) for name in ("at", "amount", "line", "merchant")},
        **{name: table[name].to_numpy().astype(np.int64) for name in ("partner", "mcc", "kind")},
    )
    return lines.in_order()


def uuid_tail(key: bytes | NDArray[np.void], at_us: NDArray[np.int64], start: int) -> NDArray[np.void]:
    """Time-ordered ids (UUIDv8): the millisecond of the event, then ten bytes of the key from `start`."""
    raw = np.frombuffer(np.asarray(key).tobytes(), np.uint8).reshape(-1, 16)
    out = np.zeros((len(at_us), 16), np.uint8)
    stamps = (at_us // 1000).astype(">u8").view(np.uint8).reshape(-1, 8)
    out[:, :6] = stamps[:, 2:]
    out[:, 6:] = raw[:, start : start + 10]
    out[:, 6] = out[:, 6] & 0x0F | 0x80
    out[:, 8] = out[:, 8] & 0x3F | 0x80
    return np.frombuffer(out.tobytes(), "V16")


def award_ids(
    keys: NDArray[np.void], at_us: NDArray[np.int64], pools: Sequence[Pool], which: NDArray[np.int64]
) -> NDArray[np.void]:
    """Ids of the transfers and lots that purchases give from pools: the same purchase and pool, the same id."""
    salts = np.array([np.frombuffer(digest("award", *pool.identity), np.uint8) for pool in pools], np.uint8)
    mixed = np.frombuffer(keys.tobytes(), np.uint8).reshape(-1, 16) ^ salts.reshape(-1, 16)[which]
    return uuid_tail(np.frombuffer(mixed.tobytes(), "V16"), at_us, 6)


def purchase_id(key: UUID, at: datetime) -> UUID:
    """The id of one purchase, as posting gives it."""
    return stamped_id(microseconds(at) // 1000, key.bytes)


def award_id(key: UUID, at: datetime, pool: Pool) -> UUID:
    """The id of one award, as `award_ids` gives it."""
    mixed = (key.int ^ _salt(pool)).to_bytes(16, "big")
    return stamped_id(microseconds(at) // 1000, mixed[6:])


@lru_cache(maxsize=10_000)
def _salt(pool: Pool) -> int:
    return int.from_bytes(digest("award", *pool.identity), "big")


def reference_key(source: str, kind_is_refund: bool, reference: str) -> bytes:
    """The identity of a line whose source names it: a refund may carry the reference of its purchase."""
    person = b"refund" if kind_is_refund else b"purchase"
    return blake2b(reference.encode(), digest_size=16, key=source.encode()[:64], person=person).digest()


def file_source(programme_id: int, profile_code: str) -> str:
    """Whose identities the lines of a profile's files have: equal lines of one source are one purchase."""
    return f"{programme_id}|{profile_code}"


def _keys(table: pa.Table, source: str) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Identities of lines, and of the purchases that refunds name.

    The source's own reference where there is one; else the business fields (card, time, amount, kind, seller's name,
    terminal) and, for the second and later of identical lines, their ordinal. Which of the identical lines is called
    the second does not matter: they are identical. Nothing that we number ourselves is in it, because such numbers
    depend on what came first.
    """
    count, refund = table.num_rows, table["kind"].to_numpy() == OperationKind.REFUND
    record = np.zeros(
        count,
        [
            ("card", "V16"),
            ("at", "<i8"),
            ("amount", "<i8"),
            ("terminal", "<i8"),
            ("seller", "<i8"),
            ("kind", "i1"),
        ],
    )
    record["card"] = _void(table, "card")
    for name in ("at", "amount", "terminal", "seller", "kind"):
        record[name] = table[name].to_numpy()
    packed, size, key = record.tobytes(), record.dtype.itemsize, source.encode()[:64]
    keys = [
        blake2b(packed[i : i + size], digest_size=16, key=key).digest() for i in range(0, count * size, size)
    ]
    seen: dict[bytes, int] = {}
    references = table["reference"].to_pylist() if table["reference"].null_count < count else [None] * count
    for i, own in enumerate(references):
        if own is not None:
            keys[i] = reference_key(source, bool(refund[i]), own)
            continue
        ordinal = seen[keys[i]] = seen.get(keys[i], 0) + 1
        if ordinal > 1:
            keys[i] = blake2b(keys[i], digest_size=16, salt=ordinal.to_bytes(8, "big")).digest()
    originals = np.zeros(count, "V16")
    if table["original"].null_count < count:
        for i, named in enumerate(table["original"].to_pylist()):
            if named is not None and refund[i]:
                originals[i] = reference_key(source, False, named)
    return np.frombuffer(b"".join(keys), "V16") if keys else originals, originals


def _void(table: pa.Table, name: str) -> NDArray[np.void]:
    chunks = [
        np.frombuffer(c.buffers()[1], "V16", len(c), c.offset * 16) for c in table[name].chunks if len(c)
    ]
    return np.concatenate(chunks) if chunks else np.zeros(0, "V16")


def _halves(values: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Low and high half of sixteen-byte values, for sorting them as numbers."""
    both = np.frombuffer(values.tobytes(), ">u8").reshape(-1, 2)
    return both[:, 1].astype(np.uint64), both[:, 0].astype(np.uint64)
