"""The member, the sealed person, the handles that find her, and her consents."""

from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class HandleKind(IntEnum):
    """What a handle is; the digest's key separates the kinds too."""

    CARD_TOKEN = 1  # the bank's token of a payment card
    CARD_NUMBER = 2  # the programme's own loyalty card
    PHONE = 3  # E.164
    EMAIL = 4  # lower case


class Segment(TenantBase):
    """A named group of members; its number is the bit that marks them, and stays its own when it is retired.

    Of one that has no terms, `size` is how many members it marked at `counted_at`.
    """

    __tablename__ = "segment"

    bit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(32, collation="C"))
    retired_at: Mapped[datetime | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    counted_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("bit between 0 and 62", name="bit"),
    )


class Member(TenantBase):
    """A person in a programme, without a single personal datum: what the engine needs and when she joined."""

    __tablename__ = "member"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[int]
    segments: Mapped[int] = mapped_column(BigInteger, default=0)
    account_opened_on: Mapped[date | None]
    enrolled_at: Mapped[datetime]

    __table_args__ = (belongs_to("programme", "programme_id", to=("id",)),)


class FactKind(StrEnum):
    """What a dated fact of a member is about."""

    ATTRIBUTE = "attribute"  # `value`, until another is stated
    ENTITLEMENT = "entitlement"  # a right (a resident's card) up to the day `until`
    OPT_IN = "opt_in"  # acceptance of the promotion `name`
    PROMO_CODE = "promo_code"  # the code `name` was entered


class MemberFact(TenantBase):
    """Something that promotions ask of a member, since when it is known; never changed, only followed by another.

    What is stated of one name at one moment is told apart by `ordinal`, in the order in which it was stated.
    """

    __tablename__ = "member_fact"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12, collation="C"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64, collation="C"), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(
        SmallInteger, primary_key=True, autoincrement=False, default=0, server_default="0"
    )
    value: Mapped[str] = mapped_column(String(200), default="")
    until: Mapped[date | None]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        CheckConstraint("kind in ('attribute', 'entitlement', 'opt_in', 'promo_code')", name="kind"),
    )


class MemberPerson(TenantBase):
    """The person, sealed: JSON with name, phone, email and birthday, bound to this row."""

    __tablename__ = "member_person"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (belongs_to("member", "member_id", to=("id",)),)


class Handle(TenantBase):
    """What finds a member: the keyed digest of a card, phone or e-mail; `hint` is its last four, for people."""

    __tablename__ = "handle"

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    digest: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    hint: Mapped[str] = mapped_column(String(8))
    linked_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        Index("handle_member_idx", "tenant_id", "member_id"),
        Index("handle_hint_idx", "tenant_id", "hint", "member_id", postgresql_where=text("kind in (1, 2)")),
    )


class MemberName(TenantBase):
    """A word of a member's name as its keyed digest, by which the staff finds her; `names` says what that tells."""

    __tablename__ = "member_name"

    digest: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        Index("member_name_member_idx", "tenant_id", "member_id"),
    )


class ReferralCode(TenantBase):
    """A member's own code, by which friends say who brought them; it holds nothing of her."""

    __tablename__ = "referral_code"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16, collation="C"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("member", "member_id", to=("id",)),
    )


class MemberDevice(TenantBase):
    """A browser that a member came with: the keyed digest of its cookie, which says nothing else."""

    __tablename__ = "member_device"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]

    __table_args__ = (belongs_to("member", "member_id", to=("id",)),)


class Referral(TenantBase):
    """Who brought a member, said once and never changed."""

    __tablename__ = "referral"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    referrer_id: Mapped[UUID]
    at: Mapped[datetime]
    device: Mapped[UUID | None]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("member", "referrer_id", to=("id",)),
        CheckConstraint("referrer_id <> member_id", name="another"),
        Index("referral_referrer_idx", "tenant_id", "referrer_id"),
    )


class Consent(TenantBase):
    """What a member agreed to or withdrew, when, and under which text; the newest row of a topic holds.

    `source` is where it was said, by herself in the cabinet, at a till, or by the programme; none before it was kept.
    `per_week` is to how much advertising in seven days she agreed.
    """

    __tablename__ = "consent"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(32))
    given: Mapped[bool]
    text_version: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    source: Mapped[str | None] = mapped_column(String(9, collation="C"))
    per_week: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        CheckConstraint("topic in ('terms', 'email', 'sms', 'ads')", name="topic"),
        CheckConstraint("source in ('cabinet', 'till', 'programme')", name="source"),
        CheckConstraint("per_week > 0", name="per_week"),
        CheckConstraint("topic <> 'ads' or source <> 'till'", name="by_herself"),
    )
