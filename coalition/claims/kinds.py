"""What can be disputed, what each kind needs to be told, and why a claim is refused."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from tenants.translations import N_


class Kind(StrEnum):
    """What a claim is about."""

    NOT_CREDITED = "not_credited"
    WRONG_AMOUNT = "wrong_amount"
    CERTIFICATE = "certificate"  # a certificate does not work
    UNKNOWN_REDEMPTION = "unknown_redemption"
    LOST_ORDER = "lost_order"  # an order in a shop of the aggregator that never arrived


class ClaimFacts(BaseModel):
    """What the member names herself: sums in minor units, `points` (as she expects them) in the programme's units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shop: str = Field(default="", max_length=120)
    day: date | None = None
    order: str = Field(default="", max_length=60)
    amount: int | None = Field(default=None, gt=0, lt=10**15)
    points: int | None = Field(default=None, gt=0, lt=10**15)


NO_FACTS = ClaimFacts()
OF_A_PURCHASE = (Kind.NOT_CREDITED, Kind.WRONG_AMOUNT)
OF_A_REDEMPTION = (Kind.CERTIFICATE, Kind.UNKNOWN_REDEMPTION)
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.NOT_CREDITED: ("shop", "day", "amount"),  # without a purchase
    Kind.WRONG_AMOUNT: ("purchase",),
    Kind.CERTIFICATE: ("redemption",),
    Kind.UNKNOWN_REDEMPTION: ("redemption",),
    Kind.LOST_ORDER: ("shop", "day", "order"),
}
"""The facts without which nothing can be looked for."""

TITLES: Mapping[Kind, str] = {
    Kind.NOT_CREDITED: N_("Points were not credited"),
    Kind.WRONG_AMOUNT: N_("Not as many points as promised"),
    Kind.CERTIFICATE: N_("The certificate does not work"),
    Kind.UNKNOWN_REDEMPTION: N_("A redemption that was not mine"),
    Kind.LOST_ORDER: N_("An order in an online shop was lost"),
}

REASONS: Mapping[str, str] = {
    "terms_not_met": N_("The purchase does not meet the promotion's terms"),
    "limit_reached": N_("The promotion's limit was reached"),
    "returned": N_("The purchase was returned, and its points with it"),
    "not_found": N_("Neither the shop nor the bank knows of this purchase"),
    "credited_already": N_("The points for it are in your history already"),
    "certificate_used": N_("The certificate was used at a till"),
    "confirmed": N_("The redemption was confirmed by who holds the card or the phone"),
    "shop_declined": N_("The shop has declined the order"),
    "too_late": N_("The time in which it can be disputed is over"),
}
"""Why a claim is refused, as the member reads it."""
