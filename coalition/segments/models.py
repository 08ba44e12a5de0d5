"""What a segment means, and how far its last refresh is."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class SegmentTerms(TenantBase):
    """The definition of a segment, for the members of one programme. Every change raises `revision`.

    `run` counts refreshes and imports: what an older one has still to write is not written any more. `slices_left` are
    the newest one's; `size`, `joined` and `gone` are what it found.
    """

    __tablename__ = "segment_terms"

    bit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    document: Mapped[dict[str, Any]]
    revision: Mapped[int]
    saved_at: Mapped[datetime]
    run: Mapped[int] = mapped_column(default=0)
    slices_left: Mapped[int] = mapped_column(default=0)
    refreshed_at: Mapped[datetime | None]
    size: Mapped[int] = mapped_column(default=0)
    joined: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        belongs_to("segment", "bit"),
        belongs_to("programme", "programme_id", to=("id",)),
        CheckConstraint("slices_left >= 0", name="slices"),
    )
