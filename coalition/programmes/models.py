"""The programme and its terms."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, SmallInteger, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase


class Programme(TenantBase):
    """One points currency. `value_points` points are worth `value_minor` minor units of `currency`.

    Expiry is counted from the day a lot activates: "never", "days" (that many), "month_end" (end of the month that
    many months on), "date" (that fixed day, and never for lots activated after it).
    """

    __tablename__ = "programme"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(32, collation="C"))
    name: Mapped[dict[str, Any]]
    unit: Mapped[dict[str, Any]]  # {"ru": ["искра", "искры", "искр"], "en": ["point", "points"]}
    scale: Mapped[int] = mapped_column(SmallInteger)
    currency: Mapped[str] = mapped_column(String(3))
    value_minor: Mapped[int]
    value_points: Mapped[int]
    zone: Mapped[str]
    activation_delay_days: Mapped[int] = mapped_column(default=0)
    expiry: Mapped[str] = mapped_column(String(10), default="never")
    expiry_count: Mapped[int | None]
    expiry_date: Mapped[date | None]
    match_window_days: Mapped[int] = mapped_column(default=30)
    return_window_days: Mapped[int] = mapped_column(default=180)
    return_wait_days: Mapped[int] = mapped_column(default=30)
    return_policy: Mapped[str] = mapped_column(String(8), default="manual")
    tiers: Mapped[dict[str, Any] | None]  # `promotions.tiers.TierTerms`
    webhooks: Mapped[bool] = mapped_column(
        default=False
    )  # whether an endpoint ever asked to hear of anything
    paying: Mapped[dict[str, Any] | None]  # `redemption.paying.PayTerms`; null: points do not pay at tills
    same_sale: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # `two_channels.terms.SameSaleTerms`; null: the till's telling and the bank's both pay
    same_order: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # `of_orders.terms.OrderTerms`; null: an order at a network's shop and its sale both pay
    goodwill: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # `care.terms.GoodwillTerms`; null: the usual ones
    claims: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # `claims.terms.ClaimTerms`; null: the usual ones
    mailings: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # `mailings.terms.MailingTerms`; null: the usual ones
    questionnaire: Mapped[dict[str, Any] | None]  # `members.questionnaire.Questionnaire`; null: the usual one

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("scale in (0, 2)", name="scale"),
        CheckConstraint("value_minor > 0 and value_points > 0", name="value"),
        CheckConstraint("activation_delay_days between 0 and 366", name="activation"),
        CheckConstraint(
            "(expiry = 'never' and expiry_count is null and expiry_date is null)"
            " or (expiry in ('days', 'month_end') and expiry_count > 0 and expiry_date is null)"
            " or (expiry = 'date' and expiry_count is null and expiry_date is not null)",
            name="expiry",
        ),
        CheckConstraint("return_policy in ('manual', 'by_terms')", name="return_policy"),
    )
