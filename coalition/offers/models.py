"""Networks with their secrets, their shops and coupons, the tenant's picks, clicks, orders, and what networks told."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to

NAME_MAX, ABOUT_MAX, LINK_MAX, REASON_MAX, KEY_MAX = 160, 2000, 1000, 300, 64
STATES = ("pending", "on_hold", "approved", "paid", "declined")


class Network(TenantBase):
    """An affiliate network that a programme's points are paid by: how it is asked, and how far that has come.

    `sealed` are its secrets as JSON. `key_digest` stands for the word that its postbacks are signed with. `sync` and
    `reconcile` are the place where a walk through its answers goes on; orders are known as of `reconciled_until`.
    `failing_since` is the first of the failures since the last answer.
    """

    __tablename__ = "affiliate_network"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    participant_id: Mapped[int]  # who pays for the points: the aggregator
    code: Mapped[str] = mapped_column(String(32, collation="C"))
    name: Mapped[str] = mapped_column(String(80))
    adapter: Mapped[str] = mapped_column(String(16, collation="C"))
    address: Mapped[str] = mapped_column(String(LINK_MAX, collation="C"))
    options: Mapped[dict[str, Any]]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_digest: Mapped[bytes] = mapped_column(LargeBinary)
    demonstration: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    sync: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    synced_at: Mapped[datetime | None]
    missing: Mapped[int] = mapped_column(
        default=0
    )  # shops that the last answer left out, too many to be believed
    unread: Mapped[int] = mapped_column(default=0)  # rows of the last answers that could not be read
    reconcile: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reconciled_until: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        UniqueConstraint("tenant_id", "code"),
    )


class Shop(TenantBase):
    """A shop as its network told it last. Rates are hundredths of a percent, the highest and the lowest of its own."""

    __tablename__ = "network_shop"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    network_id: Mapped[int]
    external_id: Mapped[str] = mapped_column(String(KEY_MAX, collation="C"))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    site: Mapped[str] = mapped_column(String(LINK_MAX, collation="C"))
    about: Mapped[str] = mapped_column(Text)
    categories: Mapped[list[Any]]
    rate_least: Mapped[int]
    rate_most: Mapped[int]
    fixed_most: Mapped[int] = mapped_column(BigInteger)  # minor units of `currency` for an action; 0: none
    currency: Mapped[str] = mapped_column(String(3, collation="C"))
    hold_days: Mapped[int | None]
    link: Mapped[str] = mapped_column(String(LINK_MAX, collation="C"))
    state: Mapped[str] = mapped_column(String(8))
    run: Mapped[UUID]  # the walk that saw it last
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("affiliate_network", "network_id", to=("id",)),
        UniqueConstraint("tenant_id", "network_id", "external_id"),
        CheckConstraint("state in ('active', 'closed')", name="state"),
        CheckConstraint("rate_least between 0 and rate_most and fixed_most >= 0", name="rates"),
    )


class Coupon(TenantBase):
    """A code or a promise of a shop, told by its network; `code` is empty where none is needed."""

    __tablename__ = "shop_coupon"

    network_id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(KEY_MAX, collation="C"), primary_key=True)
    shop_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    code: Mapped[str] = mapped_column(String(KEY_MAX))
    discount: Mapped[str] = mapped_column(String(40))
    link: Mapped[str] = mapped_column(String(LINK_MAX, collation="C"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    run: Mapped[UUID]

    __table_args__ = (
        belongs_to("network_shop", "shop_id", to=("id",)),
        Index("shop_coupon_shop_idx", "tenant_id", "shop_id"),
    )


class ShopChange(TenantBase):
    """What a walk through a network's shops found changed: a new shop, one that closed, a rate, an id."""

    __tablename__ = "shop_change"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    shop_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16, collation="C"))
    before: Mapped[str] = mapped_column(String(NAME_MAX))
    after: Mapped[str] = mapped_column(String(NAME_MAX))
    at: Mapped[datetime]

    __table_args__ = (belongs_to("network_shop", "shop_id", to=("id",)),)


class ListingRule(TenantBase):
    """Which shops of a network are shown without being picked one by one, and by what terms."""

    __tablename__ = "listing_rule"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    network_id: Mapped[int]
    category: Mapped[str] = mapped_column(String(NAME_MAX))  # empty: any
    rate_least: Mapped[int]
    hold_most: Mapped[int | None]
    share: Mapped[int]
    activation: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("affiliate_network", "network_id", to=("id",)),
        CheckConstraint("share between 1 and 10000", name="share"),
        CheckConstraint("activation in ('approved', 'paid')", name="activation"),
    )


class Listing(TenantBase):
    """A shop that the tenant shows: what share of the network's money members get, when, and its own words."""

    __tablename__ = "listing"

    shop_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    share: Mapped[int]  # hundredths of a percent of what the network pays
    activation: Mapped[str] = mapped_column(String(8))
    words: Mapped[dict[str, Any]]
    shown: Mapped[bool]
    rule_id: Mapped[int | None]
    changed_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("network_shop", "shop_id", to=("id",)),
        belongs_to("listing_rule", "rule_id", to=("id",)),
        CheckConstraint("share between 1 and 10000", name="share"),
        CheckConstraint("activation in ('approved', 'paid')", name="activation"),
    )


class ShopSeller(TenantBase):
    """How tills and the bank's files call a shop: as a partner's, or by a seller's name.

    `name` is in small letters; one that ends in an asterisk is a beginning.
    """

    __tablename__ = "shop_seller"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shop_id: Mapped[int]
    partner_id: Mapped[int | None]
    name: Mapped[str | None] = mapped_column(String(NAME_MAX, collation="C"))

    __table_args__ = (
        belongs_to("network_shop", "shop_id", to=("id",)),
        belongs_to("partner", "partner_id", to=("id",)),
        CheckConstraint("(partner_id is null) <> (name is null)", name="either"),
    )


class Click(TenantBase):
    """A member's way to a shop: the random word that the network gets, and the terms that held at that moment."""

    __tablename__ = "shop_click"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(26, collation="C"))
    shop_id: Mapped[int]
    at: Mapped[datetime]
    terms: Mapped[dict[str, Any]]  # `worth.Terms`

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("network_shop", "shop_id", to=("id",)),
        UniqueConstraint("tenant_id", "token"),
    )


class Order(TenantBase):
    """An order as its network told it last, and what of its points stands in the ledger.

    `amended_at` is the network's own moment of that word. `by` is who told it: a postback alone never more than
    "pending". `problem` says why it gives nothing, or what is odd. `settled` counts the times that points were moved.
    `sums` are all that it was ever told to cost, in whatever order; an order that `stands_back` gives nothing, because
    a till or the bank tells the same sale and that one pays (`transactions.of_orders`).
    """

    __tablename__ = "shop_order"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    network_id: Mapped[int]
    external_id: Mapped[str] = mapped_column(String(KEY_MAX, collation="C"))
    click_id: Mapped[UUID]
    shop_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    sale: Mapped[int] = mapped_column(BigInteger)
    commission: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3, collation="C"))
    reason: Mapped[str] = mapped_column(String(REASON_MAX))
    ordered_at: Mapped[datetime]
    amended_at: Mapped[datetime]
    told_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    expected_on: Mapped[date | None]
    by: Mapped[str] = mapped_column(String(8))
    problem: Mapped[str | None] = mapped_column(String(16))
    pending: Mapped[int] = mapped_column(BigInteger)
    active: Mapped[int] = mapped_column(BigInteger)
    settled: Mapped[int]
    sums: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    stands_back: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        belongs_to("shop_click", "member_id", "click_id", to=("member_id", "id")),
        belongs_to("affiliate_network", "network_id", to=("id",)),
        UniqueConstraint("tenant_id", "network_id", "external_id"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("by in ('poll', 'postback')", name="by"),
        CheckConstraint("by = 'poll' or state in ('pending', 'declined')", name="hint"),
        CheckConstraint("sale >= 0 and commission >= 0", name="sums"),
        CheckConstraint("pending >= 0 and active >= 0 and (pending = 0 or active = 0)", name="points"),
        Index(
            "shop_order_hint_idx",
            "tenant_id",
            "network_id",
            "told_at",
            postgresql_where=text("by = 'postback'"),
        ),
        Index("shop_order_problem_idx", "tenant_id", "id", postgresql_where=text("problem is not null")),
    )


class Postback(TenantBase):
    """What somebody told us of an order, as it came: only known fields, and whether it was signed.

    By the network's word, or by its signature; `missigned` is one with a signature that is wrong, whatever its word.
    """

    __tablename__ = "postback"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    network_id: Mapped[int]
    at: Mapped[datetime]
    signed: Mapped[bool]
    missigned: Mapped[bool] = mapped_column(default=False)
    told: Mapped[dict[str, Any]]
    outcome: Mapped[str | None] = mapped_column(String(16, collation="C"))

    __table_args__ = (
        belongs_to("affiliate_network", "network_id", to=("id",)),
        Index("postback_new_idx", "tenant_id", "id", postgresql_where=text("outcome is null")),
    )


class LostOrder(TenantBase):
    """An order that a member made after a click and the network does not know: what she says, and its answer."""

    __tablename__ = "lost_order"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    click_id: Mapped[UUID]
    network_id: Mapped[int]
    reference: Mapped[str] = mapped_column(String(60))
    ordered_on: Mapped[date]
    sale: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(8))
    external_id: Mapped[str | None] = mapped_column(String(KEY_MAX, collation="C"))
    answer: Mapped[str] = mapped_column(String(REASON_MAX))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("shop_click", "member_id", "click_id", to=("member_id", "id")),
        belongs_to("affiliate_network", "network_id", to=("id",)),
        CheckConstraint("state in ('new', 'sent', 'accepted', 'declined')", name="state"),
        CheckConstraint("sale > 0", name="sale"),
    )
