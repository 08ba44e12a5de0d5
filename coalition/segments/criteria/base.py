"""What every criterion is made of."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select

from coalition.ledger.post import day_start
from coalition.promotions.part import Unfit

Code = Annotated[str, Field(min_length=1, max_length=64)]
Codes = Annotated[tuple[Code, ...], Field(min_length=1, max_length=1000)]
Days = Annotated[int, Field(ge=0, le=3660)]
Amount = Annotated[Decimal, Field(ge=0, le=1_000_000_000_000, decimal_places=2)]


class Scope(NamedTuple):
    """For whom and when a definition is read: a programme's members on its business day `today`.

    `partners` and `segments` are what the tenant's codes stand for: numbers, and bits.
    """

    tenant_id: int
    programme_id: int
    zone: str
    today: date
    scale: int
    exponent: int
    partners: Mapping[str, int]
    segments: Mapping[str, int]

    def day(self, ago: int) -> date:
        """The business day so many days ago."""
        return self.today - timedelta(days=ago)

    def since(self, ago: int) -> datetime:
        """The first moment of the business day so many days ago."""
        return day_start(self.day(ago), self.zone)

    def points(self, written: Decimal) -> int:
        """A document's points in whole units."""
        return int(written.scaleb(self.scale))

    def minor(self, written: Decimal) -> int:
        """A document's money in minor units."""
        return int(written.scaleb(self.exponent))


class Found(NamedTuple):
    """The members, each once, for whom a criterion holds; with `others` those for whom it does not."""

    query: Select[Any]
    others: bool = False


class Criterion(BaseModel):
    """A piece of a definition: frozen, and refusing fields it does not know.

    `follows_purchases` says whether what a member buys can bring her in or out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    follows_purchases: ClassVar[bool] = False

    def compile(self, scope: Scope) -> Found:
        """The members for whom it holds; every table that is read names its tenant."""
        raise NotImplementedError

    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The codes that it names, by its own field: asked for are partners and lists."""
        return {}


def bounded(criterion: Criterion, low: str, high: str) -> None:
    """Unfit, with the field to be put right, unless one bound is given, and the lower one is not above the other."""
    least, most = getattr(criterion, low), getattr(criterion, high)
    if least is None and most is None:
        raise Unfit(low, "a lower or an upper bound is needed")
    if least is not None and most is not None and least > most:
        raise Unfit(
            high, f"the upper bound is {least} or more, as the lower one", "bounds_crossed", low=least
        )
