"""Purchases and returns, the files, chunks and lines they come from, and occasions that earn without a purchase."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
    or_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from coalition.webhooks.kinds import ReturnState
from tenants.runtime.db import TenantBase, belongs_to


class FileProfile(TenantBase):
    """The declared form of a source's files; a new version does not change what older files were read by."""

    __tablename__ = "file_profile"

    code: Mapped[str] = mapped_column(String(32, collation="C"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]


class InboundFile(TenantBase):
    """A file that was received: once per content. lines = posted + duplicate + unmatched + rejected when done.

    One that is `reread_of` another holds lines of it that were rejected, read by a newer version of the profile.
    """

    __tablename__ = "inbound_file"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    programme_id: Mapped[int]
    profile_code: Mapped[str] = mapped_column(String(32, collation="C"))
    profile_version: Mapped[int]
    name: Mapped[str]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="received")
    lines: Mapped[int] = mapped_column(default=0)
    posted: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)
    unmatched: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    points: Mapped[int] = mapped_column(BigInteger, default=0)
    chunks_left: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    reread_of: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "digest"),
        belongs_to("inbound_file", "reread_of", to=("id",)),
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("file_profile", "profile_code", "profile_version", to=("code", "version")),
        CheckConstraint("state in ('received', 'posting', 'done')", name="state"),
        CheckConstraint(
            "state <> 'done' or lines = posted + duplicate + unmatched + rejected",
            name="reconciles",
        ),
    )


class FileChunk(TenantBase):
    """A part of a file that holds whole members: one transaction, and this row its checkpoint."""

    __tablename__ = "file_chunk"

    file_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lines: Mapped[int]
    posted: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)
    unmatched: Mapped[int] = mapped_column(default=0)
    points: Mapped[int] = mapped_column(BigInteger, default=0)
    promotions_number: Mapped[int | None] = mapped_column(BigInteger)
    done_at: Mapped[datetime | None]

    __table_args__ = (belongs_to("inbound_file", "file_id", to=("id",)),)


class RejectedLine(TenantBase):
    """A line that could not be read, and why; the excerpt never holds a card number."""

    __tablename__ = "rejected_line"

    file_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(32))
    column: Mapped[str] = mapped_column(String(64))
    excerpt: Mapped[str] = mapped_column(String(80))

    __table_args__ = (belongs_to("inbound_file", "file_id", to=("id",)),)


class UnmatchedLine(TenantBase):
    """A line of a card that nobody has (yet): posted when the card is linked within the programme's window."""

    __tablename__ = "unmatched_line"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    card: Mapped[UUID]  # keyed digest of the card token
    file_id: Mapped[int]
    line: Mapped[int]
    occurred_at: Mapped[datetime]
    amount: Mapped[int] = mapped_column(BigInteger)
    merchant_id: Mapped[int]
    partner_id: Mapped[int | None]
    mcc: Mapped[int | None] = mapped_column(SmallInteger)
    kind: Mapped[int] = mapped_column(SmallInteger)
    original_key: Mapped[UUID | None]
    matched_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("inbound_file", "file_id", to=("id",)),
        belongs_to("merchant", "merchant_id", to=("id",)),
        belongs_to("partner", "partner_id", to=("id",)),
        Index(
            "unmatched_line_card_idx",
            "tenant_id",
            "card",
            postgresql_where=text("matched_at is null"),
        ),
        Index("unmatched_line_file_idx", "tenant_id", "file_id", "line"),
    )


class Purchase(TenantBase):
    """One sale (or service, or transfer) as a source told it; never changed. Amount in the programme's minor units.

    `key` is its identity for the source: sixteen bytes of the source's own reference, or of the business fields and
    the ordinal among identical lines. A second line with the same key is the same purchase.

    `reason` is the explanation of what it gave: flat fives of promotion version, base (what the mechanic counted: minor
    units of money, or whole years), points given, points that a limit cut, and 8 * the mechanic's step + what cut
    (`engine.Award`). A version that gave nothing because of a limit or a better one is there too; a purchase that no
    promotion fits has an empty one. `segments` are the member's on the day it was booked.
    """

    __tablename__ = "purchase"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    occurred_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    amount: Mapped[int] = mapped_column(BigInteger)
    merchant_id: Mapped[int]
    partner_id: Mapped[int | None]
    file_id: Mapped[int | None]
    line: Mapped[int | None]
    kind: Mapped[int] = mapped_column(SmallInteger)
    mcc: Mapped[int | None] = mapped_column(SmallInteger)
    segments: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))

    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("merchant", "merchant_id", to=("id",)),
        belongs_to("partner", "partner_id", to=("id",)),
        belongs_to("inbound_file", "file_id", to=("id",)),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("cardinality(reason) % 5 = 0", name="reason"),
        CheckConstraint("mcc is null or mcc between 0 and 9999", name="mcc"),
        Index("purchase_id_idx", "tenant_id", "id"),
        Index(
            "purchase_partner_idx",
            "tenant_id",
            "partner_id",
            "id",
            postgresql_where=text("partner_id is not null"),
        ),
        Index(
            "purchase_booked_idx",
            "tenant_id",
            "booked_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
        ),
    )


class Receipt(TenantBase):
    """What a till knows of a purchase beyond its sum, as `receipts.kept` writes it."""

    __tablename__ = "receipt"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    purchase_id: Mapped[UUID] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]

    __table_args__ = (belongs_to("purchase", "member_id", "purchase_id", to=("member_id", "id")),)


class Revaluation(TenantBase):
    """What a purchase gives since a return or a correction changed it: the reason that stands now, and its later lots.

    `written_off` are flat fours (`standing.WrittenOff`) that corrections had to leave, and the reason has entries for
    them. `corrected` tells what each correction did, as flat fours: its number, the version of its promotion that had
    given something, the one that does since then (0 for none), and points, negative where they were taken.
    """

    __tablename__ = "revaluation"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    purchase_id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    lots: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    written_off: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    corrected: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))

    __table_args__ = (
        belongs_to("purchase", "member_id", "purchase_id", to=("member_id", "id")),
        CheckConstraint("cardinality(reason) % 5 = 0", name="reason"),
        CheckConstraint(
            "cardinality(written_off) % 4 = 0 and cardinality(corrected) % 4 = 0", name="corrections"
        ),
    )


class Occasion(TenantBase):
    """What earned a member points without a purchase: joining, a birthday, an event of the tenant's own.

    `kind` is that of the triggers it is for, `key` its identity: a second one with the same key is the same occasion.
    `data` is what was told of it, and never a birthday; `reason` explains what it gave, as that of a purchase does.
    """

    __tablename__ = "occasion"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(24, collation="C"))
    occurred_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    reason: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))

    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        belongs_to("member", "member_id", to=("id",)),
        CheckConstraint("cardinality(reason) % 5 = 0", name="reason"),
    )


class WaitingLot(TenantBase):
    """A lot whose points wait for the condition of their version, from `since` to the end of the day `expires_on`."""

    __tablename__ = "waiting_lot"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    expires_on: Mapped[date]
    version: Mapped[int]
    since: Mapped[datetime]
    met_at: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "member_id", "expires_on", "lot_id"],
            ["lot.tenant_id", "lot.member_id", "lot.expires_on", "lot.id"],
        ),
        belongs_to("promotion_version", "version", to=("id",)),
    )


class ReferralGift(TenantBase):
    """What stands of the points for bringing a friend: hers and those of who brought her, both or none.

    `reason` explains it in fives, as that of an occasion does; every change of it is an occasion of both members, the
    `turns`-th. It is looked at again on the day `due_on`, when a purchase of hers will have settled.
    """

    __tablename__ = "referral_gift"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    friend_points: Mapped[int] = mapped_column(BigInteger)
    referrer_points: Mapped[int] = mapped_column(BigInteger)
    turns: Mapped[int]
    drawn: Mapped[dict[str, Any]]  # what it has of each purse
    due_on: Mapped[date | None]

    __table_args__ = (
        belongs_to("referral", "member_id", to=("member_id",)),
        CheckConstraint("cardinality(reason) % 5 = 0", name="reason"),
        CheckConstraint("(friend_points = 0) = (referrer_points = 0)", name="both_or_none"),
        Index("referral_gift_due_idx", "tenant_id", "due_on", postgresql_where=text("due_on is not null")),
    )


class OccasionCalendar(TenantBase):
    """The last business day of a programme whose birthdays, anniversaries and holidays were asked for."""

    __tablename__ = "occasion_calendar"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_day: Mapped[date]

    __table_args__ = (belongs_to("programme", "programme_id", to=("id",)),)


class PurchaseReturn(TenantBase):
    """Money given back for a purchase, or waiting for one to be found.

    Which purchase it undoes is worked out anew whenever something new is known of the member at that merchant, so it
    does not depend on the order in which files arrive. States: waiting, applied (to `purchase_id`), manual (the wait
    is over, a person decides), by_terms (points were taken by the terms of its day), let_be (a person let it be), same
    (the other channel has told the return of `purchase_id` already).

    A row with `same_as` gives no money back: `purchase_id` is the same sale as that one, which pays for both. Nor does
    one with `same_order`: the sale is that order at a network's shop, which pays while the state is applied; its amount
    is what returns have left of the sale.
    """

    __tablename__ = "purchase_return"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    original_key: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    amount: Mapped[int] = mapped_column(BigInteger)
    merchant_id: Mapped[int]
    partner_id: Mapped[int | None]
    mcc: Mapped[int | None] = mapped_column(SmallInteger)
    file_id: Mapped[int | None]
    line: Mapped[int | None]
    state: Mapped[ReturnState] = mapped_column(String(8), default="waiting")
    wait_until: Mapped[date]
    purchase_id: Mapped[UUID | None]
    receipt: Mapped[dict[str, Any] | None]  # what was brought back, as `Receipt.document`
    same_as: Mapped[UUID | None]
    same_order: Mapped[UUID | None]

    @hybrid_property
    def told_again(self) -> bool:
        """Whether no money came back: the sale is only told twice."""
        return self.same_as is not None or self.same_order is not None

    @told_again.inplace.expression
    @classmethod
    def _told_again(cls) -> ColumnElement[bool]:
        return or_(cls.same_as.is_not(None), cls.same_order.is_not(None))

    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("merchant", "merchant_id", to=("id",)),
        belongs_to("partner", "partner_id", to=("id",)),
        belongs_to("inbound_file", "file_id", to=("id",)),
        belongs_to("purchase", "member_id", "purchase_id", to=("member_id", "id")),
        belongs_to("purchase", "member_id", "same_as", to=("member_id", "id")),
        belongs_to("shop_order", "member_id", "same_order", to=("member_id", "id")),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint(
            "state in ('waiting', 'applied', 'manual', 'by_terms', 'let_be', 'same')", name="state"
        ),
        CheckConstraint("(state in ('applied', 'same')) = (purchase_id is not null)", name="applied"),
        CheckConstraint("same_as is null or state = 'applied' and same_as <> purchase_id", name="same_as"),
        CheckConstraint(
            "same_order is null or same_as is null and state in ('applied', 'same')", name="same_order"
        ),
        Index(
            "purchase_return_waiting_idx",
            "tenant_id",
            "wait_until",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("purchase_return_manual_idx", "tenant_id", "id", postgresql_where=text("state = 'manual'")),
        Index(
            "purchase_return_booked_idx",
            "tenant_id",
            "booked_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
        ),
    )


class MovedReturn(TenantBase):
    """That a return moved (`moved.note_moved`) after it was booked; removed by who has counted it since."""

    __tablename__ = "moved_return"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    return_id: Mapped[UUID]

    __table_args__ = (belongs_to("purchase_return", "member_id", "return_id", to=("member_id", "id")),)


class SuspectSale(TenantBase):
    """A till's sale and a line of a bank's file that may be one sale: a person says whether they are.

    `why` it is not certain is one of `two_channels.alike`. Both pay until they are said to be the `same`; of `two`
    without a person one turned out to be the same as another.
    """

    __tablename__ = "suspect_sale"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    why: Mapped[str] = mapped_column(String(9))
    found_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(4))
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("purchase", "member_id", "sale_id", to=("member_id", "id")),
        belongs_to("purchase", "member_id", "line_id", to=("member_id", "id")),
        belongs_to("staff", "decided_by", to=("id",)),
        CheckConstraint(
            "why in ('several', 'amount', 'time', 'place', 'card', 'reference', 'part', 'discount')",
            name="why",
        ),
        CheckConstraint("decision in ('same', 'two')", name="decision"),
        CheckConstraint("(decision is null) = (decided_at is null)", name="decided"),
        Index(
            "suspect_sale_open_idx",
            "tenant_id",
            "found_at",
            postgresql_where=text("decision is null"),
        ),
    )
