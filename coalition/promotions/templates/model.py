"""What a template is: its names, its fields, the document with places for them, an example with its points."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from pydantic import Field as Bound
from pydantic import model_validator

from coalition.programmes.titles import Titles
from coalition.promotions.document import Kind
from coalition.promotions.part import Mcc, Part
from coalition.promotions.tiers import TierTerms


class Shape(StrEnum):
    """What a field's value looks like."""

    POINTS = "points"
    MONEY = "money"
    PERCENT = "percent"
    FACTOR = "factor"  # how many times as much
    QUANTITY = "quantity"  # pieces or kilograms, three decimals
    COUNT = "count"
    DAYS = "days"
    MINUTES = "minutes"
    HOURS = "hours"  # 10:00-13:00, 15:00-17:00
    WEEKDAYS = "weekdays"  # 1 is Monday: 1-5, 7
    TEXT = "text"
    CODE = "code"
    CODES = "codes"
    CHOICE = "choice"


class Said(Part):
    """A text in both languages."""

    ru: str = Bound(min_length=1, max_length=300)
    en: str = Bound(min_length=1, max_length=300)


class Family(Said):
    """A family of templates; the texts are its name, `tags` further words by which its templates are found."""

    code: str
    tags: Said | None = None


class Option(Said):
    """One of the values to choose from."""

    value: str


class Field(Said):
    """One field of a template's form; the texts are its label. `of` says of what codes are: mcc, partner, segment...

    An optional one may stay empty, and then what it would bound is not bounded.
    """

    name: str = Bound(pattern=r"[a-z][a-z0-9_]*")
    kind: Shape
    of: str = ""
    default: str = ""
    optional: bool = False
    least: Decimal | None = None
    most: Decimal | None = None
    options: tuple[Option, ...] = ()


class Bought(Part):
    """A line of an example's receipt: what it cost as a whole, and how much of it there is."""

    sum: Decimal
    quantity: Decimal = Decimal(1)
    sku: str = ""
    brand: str = ""
    category: str = ""
    tags: frozenset[str] = frozenset()


class Where(Part):
    """The place of an example's sale."""

    code: str = ""
    region: str = ""
    brand: str = ""
    franchise: str = ""


class Happening(Part):
    """Something of an example that earns without a purchase, as its trigger is told of it."""

    kind: str
    name: str = ""
    about: date | None = None
    of: str | None = None
    years: int | None = None
    quantity: int | None = None
    prize: str | None = None

    def data(self) -> dict[str, Any]:
        """What is told beside the name and the day."""
        return self.model_dump(include={"of", "years", "quantity", "prize"}, exclude_none=True)


class Sale(Part):
    """Purchases of an example, `times` in a row, or an occasion, and what each of them gives.

    `points` are in what the template gives: points, money off the price, pieces. `total` is what they give together
    with the other promotions. Times are on the programme's clock.
    """

    amount: Decimal = Decimal(0)
    points: Decimal
    occasion: Happening | None = None
    times: int = Bound(default=1, ge=1)
    total: Decimal | None = None
    at: datetime | None = None
    kind: Kind = Kind.PURCHASE
    partner: str = ""
    mcc: Mcc | None = None
    items: tuple[Bought, ...] = ()
    payments: dict[str, Decimal] = Bound(default_factory=dict)
    channel: str = ""
    outlet: Where | None = None
    spent: int = 0  # points, in whole units


class Member(Part):
    """Whose purchases an example's are."""

    opened_on: date | None = None
    segments: tuple[str, ...] = ()
    attributes: dict[str, str] = Bound(default_factory=dict)
    entitlements: dict[str, date] = Bound(default_factory=dict)
    codes: dict[str, datetime] = Bound(default_factory=dict)
    accepted: datetime | None = None


class Example(Part):
    """Purchases with the points that the template gives for them, filled with its defaults and `values`.

    `beside` are other promotions that are live then, as parts of documents.
    """

    values: dict[str, str] = Bound(default_factory=dict)
    member: Member = Member()
    tiers: TierTerms | None = None
    holidays: tuple[date, ...] = ()
    beside: tuple[dict[str, Any], ...] = ()
    sales: tuple[Sale, ...] = Bound(min_length=1)


class Template(Part):
    """A named way to fill in a document.

    `seed` is where the offer comes from, `golden` its worked case, `says` the sentence it makes good. `offer` is what
    members read unless titles are written; without it, the title. `tags` are further words by which it is found.
    """

    code: str = Bound(pattern=r"[a-z0-9-]+")
    family: str
    seed: str = Bound(pattern=r"00[0-4]")
    golden: str = ""
    says: str = Bound(min_length=1)
    title: Titles
    about: Said
    tags: Said | None = None
    offer: Titles | None = None
    fields: tuple[Field, ...]
    document: dict[str, Any]
    example: Example

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("every field has a name of its own")
        return self

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(field for field in self.fields if field.name == name)
