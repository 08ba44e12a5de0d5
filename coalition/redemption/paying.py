"""How much of a cheque may be paid with points (seeds 001 and 002, golden R2 and P3).

The programme's terms say a share for every line: of some goods less, of others nothing. The most is worked out of the
whole, before points, and floored to what whole points are worth; then it is spread over the lines that allow it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from coalition import money
from coalition.programmes import terms as days
from coalition.programmes.kept import kept_as
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.base import Goods
from coalition.promotions.case import Item
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission

Percent = Decimal
_WHOLE = 10_000  # hundredths of a percent


class GoodsShare(BaseModel):
    """Of these goods at most so many percent of the price may be paid with points; 0 for nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    goods: Goods
    percent: Percent = Field(ge=0, le=100, decimal_places=2)


class PointsBack(BaseModel):
    """What becomes of points whose last day has passed when a return gives them back.

    "original": they have their own last day still, and burn. "grace": they can be spent for so many days more, and
    "fresh": for as long as points that are earned today.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    last_day: Literal["original", "grace", "fresh"] = "original"
    days: int = Field(default=0, ge=0, le=366)

    @model_validator(mode="after")
    def _days_are_of_a_grace(self) -> Self:
        if (self.last_day == "grace") != (self.days > 0):
            raise ValueError("`days` belongs to `last_day: grace`, and a grace needs it")
        return self


class OfflineTerms(BaseModel):
    """How many points a voucher may be for, and for how many hours it is good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: int = Field(gt=0, lt=10**12)
    hours: int = Field(ge=1, le=168)


class PayTerms(BaseModel):
    """The first entry of `goods` that fits a line says its share; for all other lines it is `percent`.

    A cheque without lines is one line of goods that nobody knows. `code` says who shows by a one-time code that the
    phone is hers: "phone" who was not found by a card, "always" everybody, "never" nobody. `as_discount` tells tills to
    take the points off the price; else they are a payment beside others. What points give is counted of the money.
    Without `offline` no vouchers are given for tills whose line is down.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    percent: Percent = Field(ge=0, le=100, decimal_places=2)
    goods: tuple[GoodsShare, ...] = Field(default=(), max_length=50)
    code: Literal["phone", "always", "never"] = "phone"
    as_discount: bool = True
    back: PointsBack = PointsBack()
    offline: OfflineTerms | None = None


class Payable(NamedTuple):
    """The most that can be paid with points: the points, the money they are worth, and that money by line."""

    points: int
    minor: int
    by_line: tuple[int, ...]


def payable(
    terms: PayTerms, amount: int, items: Sequence[Item], exchange: tuple[int, int], available: int
) -> Payable:
    """What may be paid of a cheque by who has so many points; `exchange` is (points, minor units). Pure."""
    matches = [(entry.goods.match(), int(entry.percent * 100)) for entry in terms.goods]
    lines = items or (Item("", 0, amount),)
    most = [
        item.amount * next((share for fits, share in matches if fits(item)), int(terms.percent * 100))
        if item.amount > 0
        else 0
        for item in lines
    ]
    points, minor = exchange
    whole = min(sum(most), amount * _WHOLE) // _WHOLE
    worth = min(whole * points // minor, max(available, 0))
    spent = money.worth(worth, minor, points)
    by_line = money.share(spent, most) if spent else [0] * len(lines)
    return Payable(worth if spent else 0, spent, tuple(by_line) if items else ())


def over_until(programme: Programme, today: date) -> date | None:
    """Until which day points that have burnt meanwhile can be spent when they come back today; None: not at all."""
    terms = terms_of(programme)
    match terms.back if terms else PointsBack():
        case PointsBack(last_day="grace", days=count):
            return today + timedelta(days=count)
        case PointsBack(last_day="fresh"):
            return days.expires_on(programme, today)
    return None


def terms_of(programme: Programme) -> PayTerms | None:
    """The programme's terms; nothing where points do not pay at tills."""
    return None if programme.paying is None else PayTerms.model_validate(programme.paying)


def set_pay_terms(session: Session, actor: Actor, *, programme_id: int, terms: dict[str, Any] | None) -> None:
    """Let points pay at tills by these terms from now on, or no longer; Refusal("pay_terms", field=..., why=...)."""
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    programme = programme_by_id(session, programme_id)
    before, programme.paying = programme.paying, kept_as(PayTerms, terms, refusal="pay_terms")
    session.flush()  # a check of the table is met here
    record(
        session, actor, "paying.terms", f"programme {programme.code}", before=before, after=programme.paying
    )
