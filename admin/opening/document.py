"""What a tenant is opened with, as people write it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from coalition.programmes.titles import Titles
from coalition.promotions.tiers import TierTerms
from coalition.redemption.paying import PayTerms
from coalition.transactions.profiles import Profile
from tenants.hosts import HOST, LENGTH_MAX

SLUG = r"^[a-z][a-z0-9-]{1,31}$"
CODE = r"^[a-z0-9][a-z0-9-]{0,31}$"
COLOUR = r"^#[0-9a-f]{6}$"
LOGIN = r"^[a-z0-9][a-z0-9.@_-]{1,63}$"
Code = Annotated[str, Field(pattern=CODE)]
Word = Annotated[str, Field(min_length=1, max_length=40)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Brand(_Part):
    """How the tenant looks. `mark` is one of ours; `logo` and `logo_dark` are SVG of plain shapes instead of it."""

    name: Titles
    language: Literal["ru", "en"]
    brand: str = Field(pattern=COLOUR)
    accent: str = Field(pattern=COLOUR)
    corner: Literal["sharp", "soft", "round"] = "round"
    mark: Literal["bag", "bank", "cup", "dish", "star"] = "star"
    logo: str | None = Field(default=None, max_length=20_000)
    logo_dark: str | None = Field(default=None, max_length=20_000)


class Unit(_Part):
    """The point's name by number: 1, 2 and 5 in Russian; 1 and 2 in English."""

    ru: tuple[Word, Word, Word]
    en: tuple[Word, Word]


class Worth(_Part):
    """So many points are worth so much money, in units of the programme's currency."""

    points: int = Field(default=1, ge=1, le=1_000_000)
    money: Decimal = Field(gt=0, le=1_000_000, decimal_places=3)


class Expiry(_Part):
    """How long points can be spent: for ever, so many days, or until the end of the month that many months on."""

    kind: Literal["never", "days", "month_end"] = "never"
    count: int | None = Field(default=None, ge=1, le=3660)


class ProgrammeTerms(_Part):
    """The programme: its point, what that is worth, where its day begins, how long points live."""

    code: Code = "points"
    name: Titles
    unit: Unit
    scale: Literal[0, 2] = 0
    currency: str = Field(pattern="^[A-Z]{3}$")
    value: Worth
    zone: str = Field(max_length=64)
    expiry: Expiry = Expiry()
    activation_delay_days: int = Field(default=0, ge=0, le=366)
    return_policy: Literal["manual", "by_terms"] = "by_terms"


class ParticipantTerms(_Part):
    """A legal entity of the programme; without a name it is the tenant itself."""

    code: Code
    name: Titles | None = None


class Till(_Part):
    """A terminal of a bank's acquirer; without `tid`, every till of the `mid`."""

    mid: str = Field(min_length=1, max_length=32)
    tid: str = Field(default="", max_length=16)


class PartnerTerms(_Part):
    """Where members buy; without a name it is called as the tenant, without a participant it is the first one's."""

    code: Code
    participant: Code | None = None
    name: Titles | None = None
    about: Titles | None = None
    category: Code
    icon: Code = "shop"
    terminals: tuple[Till, ...] = Field(default=(), max_length=1000)


class PromotionTerms(_Part):
    """A promotion: a template of the catalogue with the fields that differ from its defaults, or a document.

    Who pays, where the fields do not say, is the first participant. Without `starts_at` it is live at once.
    """

    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    template: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    document: dict[str, Any] | None = None
    starts_at: datetime | None = None


class BenefitTerms(_Part):
    """A coupon, certificate, privilege or units that promotions grant."""

    code: Code
    kind: str = Field(max_length=20)
    name: Titles
    terms: dict[str, Any] = Field(default_factory=dict)


class RewardTerms(_Part):
    """What points are spent on; of certificates the codes are loaded later."""

    code: Code
    kind: Literal["cashback", "certificate"]
    participant: Code | None = None
    name: Titles
    about: Titles
    terms: dict[str, Any]


class FundTerms(_Part):
    """A fund that members give points to."""

    code: Code
    name: Titles
    about: Titles
    points_min: int = Field(default=10, ge=1)
    points_max: int = Field(default=100_000, ge=1)


class Administrator(_Part):
    """The first person of the staff, who sets a password by the link that is told once."""

    login: str = Field(default="administrator", pattern=LOGIN)
    name: str = Field(min_length=1, max_length=100)


class Opening(_Part):
    """A tenant as a whole."""

    slug: str = Field(pattern=SLUG)
    hosts: tuple[Annotated[str, Field(pattern=HOST, max_length=LENGTH_MAX)], ...] = Field(
        min_length=1, max_length=20
    )
    brand: Brand
    programme: ProgrammeTerms
    participants: tuple[ParticipantTerms, ...] = Field(min_length=1, max_length=1000)
    partners: tuple[PartnerTerms, ...] = Field(default=(), max_length=1000)
    segments: tuple[Code, ...] = Field(default=(), max_length=60)
    levels: TierTerms | None = None
    paying: PayTerms | None = None
    benefits: tuple[BenefitTerms, ...] = Field(default=(), max_length=100)
    promotions: tuple[PromotionTerms, ...] = Field(default=(), max_length=200)
    rewards: tuple[RewardTerms, ...] = Field(default=(), max_length=100)
    funds: tuple[FundTerms, ...] = Field(default=(), max_length=100)
    profiles: tuple[Profile, ...] = Field(default=(), max_length=20)
    administrator: Administrator
