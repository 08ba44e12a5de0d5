"""What reading gives: canonical lines, and the lines that could not be read."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenants.runtime.tables import excerpt

SCHEMA = pa.schema(
    [
        pa.field("line_no", pa.int64(), nullable=False),
        pa.field("card", pa.string(), nullable=False),
        pa.field("kind", pa.int8(), nullable=False),
        pa.field("amount", pa.int64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("occurred_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("mcc", pa.int16()),
        pa.field("merchant", pa.string(), nullable=False),
        pa.field("mid", pa.string()),
        pa.field("tid", pa.string()),
        pa.field("partner", pa.string()),
        pa.field("reference", pa.string()),
        pa.field("original_reference", pa.string()),
    ]
)
"""`amount` is above zero, in minor units of `currency`; `kind` is an OperationKind; `line_no` counts from 1."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that could not be read: why, in which column, and a harmless piece of it."""

    line_no: int
    code: str
    column: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some tens of thousands of neighbouring lines."""

    lines: pa.Table
    rejects: list[Reject]
    skipped: int
    """Lines that the profile says are no operations; neither in `lines` nor in `rejects`."""


@dataclass(slots=True)
class Cells:
    """Lines parted into cells, not yet understood: `columns` by the cell's place from 0."""

    line_no: NDArray[np.int64]
    columns: dict[int, pa.StringArray]
    rejects: list[Reject]
    whole: bool
    """All columns are here because the block may hold a card number somewhere."""


@dataclass(slots=True)
class Verdicts:
    """Which lines of a batch are out; the first reason found for a line is the one that is told."""

    line_no: NDArray[np.int64]
    rejects: list[Reject] = field(default_factory=list)
    out: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.out = np.zeros(len(self.line_no), bool)

    def reject(self, bad: NDArray[np.bool_], code: str, column: str, texts: pa.StringArray) -> None:
        """Reject the lines marked in `bad`, quoting `texts`, unless something was already found in them."""
        fresh = np.flatnonzero(bad & ~self.out)
        self.out[fresh] = True
        for i in fresh.tolist():
            text = texts[i].as_py() or ""
            self.rejects.append(Reject(int(self.line_no[i]), code, column[:64], excerpt(text)))
