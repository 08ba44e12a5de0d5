"""A mailing with what came of it, and to whom it went."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to

STATES = ("draft", "offered", "declined", "scheduled", "sending", "sent", "done", "missed", "withdrawn")
"""In the order of the way: `sending` while members are gone through, `sent` until every text has left or failed."""

CHANNELS, AUDIENCES = ("text", "notice"), ("all", "met", "segment")
"""A text to the phone with a notice in the member's place, or that alone; everybody, who has bought at the company's
places, or a segment."""

BOUGHT_DAYS = 14
"""Within how many days who got it may buy, so that it counts as bought afterwards."""


class Mailing(TenantBase):
    """Advertising of a participant's. Every change of its words raises `revision`, which an approval names.

    `segment_bit` says whom an audience "segment" means. It begins at `starts_at`, and nothing leaves after `until`.
    `advertiser` is the legal name that members read, as it was when it was approved. `reached` is the last member whom
    the sending has looked at. Of those `looked_at`, `no_consent`, `over_limit` and `without_phone` were left out; what
    became of the others is in `sent` and `failed` once it is done. `bought` is how many of those to whom it went bought
    at the company afterwards: counted once, when the days for it are over.
    """

    __tablename__ = "mailing"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    participant_id: Mapped[int]
    author_id: Mapped[UUID]
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(String(600))
    channel: Mapped[str] = mapped_column(String(6, collation="C"))
    audience: Mapped[str] = mapped_column(String(7, collation="C"))
    segment_bit: Mapped[int | None] = mapped_column(SmallInteger)
    promotion_id: Mapped[int | None]
    starts_at: Mapped[datetime]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(9, collation="C"))
    advertiser: Mapped[str] = mapped_column(String(300), default="")
    saved_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(300), default="")
    ended_at: Mapped[datetime | None]
    reached: Mapped[UUID | None]
    looked_at: Mapped[int] = mapped_column(default=0)
    no_consent: Mapped[int] = mapped_column(default=0)
    over_limit: Mapped[int] = mapped_column(default=0)
    without_phone: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    bought: Mapped[int | None]

    @property
    def bought_known_at(self) -> datetime:
        """When the days are over within which the last who got it may buy."""
        return self.until + timedelta(days=BOUGHT_DAYS)

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        belongs_to("staff", "author_id", to=("id",)),
        belongs_to("staff", "decided_by", to=("id",)),
        belongs_to("segment", "segment_bit", to=("bit",)),
        belongs_to("promotion", "promotion_id", to=("id",)),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint(f"channel in {CHANNELS}", name="channel"),
        CheckConstraint(f"audience in {AUDIENCES}", name="audience"),
        CheckConstraint("(audience = 'segment') = (segment_bit is not null)", name="segment"),
        CheckConstraint("starts_at < until", name="period"),
        CheckConstraint(
            "state not in ('scheduled', 'sending', 'sent', 'done') or advertiser <> ''", name="named"
        ),
        CheckConstraint("decided_by is null or decided_by <> author_id", name="another"),
        Index("mailing_participant_idx", "tenant_id", "participant_id", "starts_at"),
        Index("mailing_starts_idx", "tenant_id", "starts_at"),
    )


class MailingMember(TenantBase):
    """That a mailing went to a member; one row for each of both, whatever is done twice. Never changed.

    `message_id` is the text's; none where it is a notice in her place alone, or where no text could be made for her.
    """

    __tablename__ = "mailing_member"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    message_id: Mapped[UUID | None]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("mailing", "mailing_id", to=("id",)),
        Index("mailing_member_mailing_idx", "tenant_id", "mailing_id", "member_id"),
    )


class MailingSize(TenantBase):
    """How many an audience had when a day of the programme began, as a company was told it. Never changed.

    `whom` is an audience, with the segment's bit where it is one; `people` is none where counting took too long.
    """

    __tablename__ = "mailing_size"

    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    whom: Mapped[str] = mapped_column(String(16, collation="C"), primary_key=True)
    people: Mapped[int | None]

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        CheckConstraint("people >= 0", name="people"),
    )
