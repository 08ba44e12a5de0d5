"""What a member gets for an order: rates as they are shown, points, and when they are hers. Pure; all rounded down."""

from pydantic import BaseModel, ConfigDict, Field

from coalition.programmes.models import Programme

WHOLE = 10_000
"""All of it, in hundredths of a percent."""
Standing = tuple[int, int]
"""Points that wait, and points that can be spent."""


class Terms(BaseModel):
    """The terms of a click, kept with it: what the tenant changes later does not change this order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: int = Field(gt=0, le=WHOLE)
    activation: str
    rate: int = Field(ge=0)
    currency: str
    value_minor: int = Field(gt=0)
    value_points: int = Field(gt=0)
    funder_id: int
    hold_days: int | None = None


def terms_now(programme: Programme, *, share: int, activation: str, rate: int, funder_id: int,
              hold_days: int | None) -> Terms:  # fmt: skip
    """The terms of a click at this moment; `rate` is the network's."""
    return Terms(
        share=share,
        activation=activation,
        rate=member_rate(rate, share),
        currency=programme.currency,
        value_minor=programme.value_minor,
        value_points=programme.value_points,
        funder_id=funder_id,
        hold_days=hold_days,
    )


def member_rate(rate: int, share: int) -> int:
    """What a member is told: the network's rate times the tenant's share, in hundredths of a percent."""
    return rate * share // WHOLE


def points_for(commission: int, terms: Terms) -> int:
    """Points (of the programme's units) for what a network pays, in minor units of the programme's currency."""
    return points_of(commission, terms.share, terms.value_points, terms.value_minor)


def points_of(commission: int, share: int, value_points: int, value_minor: int) -> int:
    """A share of money in points, of which so many are worth so much."""
    return commission * share * value_points // (WHOLE * value_minor)


def standing(state: str, points: int, activation: str) -> Standing:
    """What an order in this state is to give: waiting, to be spent, or nothing."""
    if state == "declined":
        return 0, 0
    if state == "paid" or (state == "approved" and activation == "approved"):
        return 0, points
    return points, 0
