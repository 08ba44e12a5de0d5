"""A backtest and its slices."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Backtest(TenantBase):
    """Stored purchases of some days, replayed with a document in the live set or alone; without one, the live set.

    `code` names the promotion that the document is for: one that is live is replaced by it. Days are business days,
    both included. The result is the sum of the slices' tallies (`tally.Tally`). `last_place` is the last of the
    document's places for members (`places.Place`), where all of them would have been taken.
    """

    __tablename__ = "backtest"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    code: Mapped[str] = mapped_column(String(64, collation="C"))
    document: Mapped[dict[str, Any] | None]
    alone: Mapped[bool]
    first_day: Mapped[date]
    last_day: Mapped[date]
    asked_at: Mapped[datetime]
    slices: Mapped[int]
    last_place: Mapped[list[Any] | None]

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        CheckConstraint("last_day >= first_day", name="days"),
    )


class BacktestSlice(TenantBase):
    """The members from `first_member` up to the next slice's: done when it has a tally.

    Where the document has places for members, the `places` that they would take are found before it is replayed.
    """

    __tablename__ = "backtest_slice"

    backtest_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_member: Mapped[UUID]
    end_member: Mapped[UUID | None]
    places: Mapped[list[Any] | None]
    tally: Mapped[dict[str, Any] | None]

    __table_args__ = (belongs_to("backtest", "backtest_id", to=("id",)),)
