"""A correction, its slices of members, and what it is and was to each of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Correction(TenantBase):
    """The document that should have been a promotion's terms on these business days, both included.

    `debt` says whether members may owe what they have spent of points that are taken back: "allowed", or "never", and
    then that is written off to who paid. `cause` is what its transfers name, `replaces` the version that held on the
    first day, `version_id` the correcting one once it is signed. States: asked, sent (to be signed), approved, done;
    discarded, and idle, where its preview changed nothing for anybody.
    """

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cause: Mapped[UUID]
    programme_id: Mapped[int]
    promotion_id: Mapped[int]
    replaces: Mapped[int | None]
    version_id: Mapped[int | None]
    document: Mapped[dict[str, Any]]
    first_day: Mapped[date]
    last_day: Mapped[date]
    debt: Mapped[str] = mapped_column(String(7))
    note: Mapped[str]
    state: Mapped[str] = mapped_column(String(9))
    author_id: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    slices: Mapped[int]

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("promotion", "promotion_id", to=("id",)),
        belongs_to("promotion_version", "replaces", to=("id",)),
        belongs_to("promotion_version", "version_id", to=("id",)),
        belongs_to("staff", "author_id", to=("id",)),
        belongs_to("staff", "approved_by", to=("id",)),
        CheckConstraint("last_day >= first_day", name="days"),
        CheckConstraint("debt in ('never', 'allowed')", name="debt"),
        CheckConstraint("state in ('asked', 'sent', 'approved', 'done', 'discarded', 'idle')", name="state"),
        CheckConstraint("(state in ('approved', 'done')) = (version_id is not null)", name="version"),
        Index("correction_promotion_idx", "tenant_id", "promotion_id"),
    )


class CorrectionSlice(TenantBase):
    """The members from `first_member` up to the next slice's: its sums as they would be, and as they were posted.

    `rounds` is how often it was posted: once, or twice where a budget was too small at first.
    """

    __tablename__ = "correction_slice"

    correction_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_member: Mapped[UUID]
    end_member: Mapped[UUID | None]
    preview: Mapped[dict[str, Any] | None]
    posted: Mapped[dict[str, Any] | None]
    rounds: Mapped[int] = mapped_column(default=0)

    __table_args__ = (belongs_to("correction", "correction_id", to=("id",)),)


class CorrectedMember(TenantBase):
    """What a correction changes for one member, as it would be and as it was posted (`tally.Tally`, of one member)."""

    __tablename__ = "corrected_member"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    correction_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    preview: Mapped[dict[str, Any] | None]
    posted: Mapped[dict[str, Any] | None]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("correction", "correction_id", to=("id",)),
        Index("corrected_member_correction_idx", "tenant_id", "correction_id", "member_id"),
    )
