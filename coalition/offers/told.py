"""What a network tells, in our words: the one shape that every adapter's answers come in. Pure.

Money is minor units of its ISO 4217 currency, rates are hundredths of a percent, moments are aware.
"""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from coalition.money import exponent
from coalition.offers.models import ABOUT_MAX, KEY_MAX, NAME_MAX

Told = TypeVar("Told")
MONEY_MOST = 10**13
RATE_MOST = 10_000
"""More than the whole sale no shop gives away; a rate above it is a mistake of its writer's."""


@dataclass(frozen=True)
class ShopTold:
    """A shop of a network. `link` is the network's own address of it, which a click makes ours."""

    external_id: str
    name: str
    site: str
    link: str
    currency: str
    about: str = ""
    categories: tuple[str, ...] = ()
    rate_least: int = 0
    rate_most: int = 0
    fixed_most: int = 0
    hold_days: int | None = None
    active: bool = True


@dataclass(frozen=True)
class CouponTold:
    """A coupon of a shop."""

    external_id: str
    shop: str
    name: str
    code: str = ""
    discount: str = ""
    link: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class OrderTold:
    """An order with its truth of the moment `amended_at`; `token` is what stands where the word of our click would."""

    external_id: str
    token: str
    shop: str
    state: str
    sale: int
    commission: int
    currency: str
    ordered_at: datetime
    amended_at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Hint:
    """What a postback says; only what is needed to look at the order sooner."""

    token: str = ""
    external_id: str = ""
    sale: int = 0
    commission: int = 0
    currency: str = ""


@dataclass(frozen=True)
class Lost:
    """What is asked of a network about an order that it does not know. `number` is ours, for its answer."""

    number: str
    shop: str
    token: str
    reference: str
    ordered_on: date
    sale: int
    currency: str


@dataclass(frozen=True)
class Page(Generic[Told]):
    """Rows of an answer, and where the next one begins; None at the end. `unread` are ids of what cannot be read."""

    rows: Sequence[Told]
    after: int | None
    unread: Sequence[str] = ()


class Adapter(Protocol):
    """How one network is asked. Every call answers, or raises Outage (ask later) or Refusal (it will not)."""

    views: Sequence[str]
    """By which of its dates orders are asked for: each of them for each window."""
    window_days: int
    """The longest window that it answers."""
    pause_seconds: int
    """How long it wants to be left alone between two pages."""

    def shops(self, offset: int, limit: int) -> Page[ShopTold]:
        """A page of its shops."""
        ...

    def coupons(self, offset: int, limit: int) -> Page[CouponTold]:
        """A page of coupons."""
        ...

    def orders(self, view: str, since: datetime, until: datetime, offset: int) -> Page[OrderTold]:
        """A page of orders whose date of that kind is from `since` until before `until`."""
        ...

    def paid(self, since: datetime, until: datetime, offset: int) -> Page[OrderTold]:
        """A page of orders that it has paid, made from `since` until before `until`: no date of theirs says when."""
        ...

    def file_lost(self, lost: Lost) -> str:
        """Ask about a lost order; returns the network's number of that."""
        ...

    def lost_answers(self, offset: int) -> Page[tuple[str, str, str]]:
        """What became of lost orders: the network's number, "sent", "accepted" or "declined", and its words."""
        ...


_TAG, _GAP = re.compile(r"<[^>]{0,500}>"), re.compile(r"\s+")
_UNKEPT, _TOKEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]"), re.compile("[a-z2-7]{26}")


def plain(said: object, most: int = NAME_MAX) -> str:
    """Text of a network as plain words on one line: no markup, no control characters, `most` characters."""
    if not isinstance(said, str):
        return ""
    cut = said[: most * 8]
    text = _TAG.sub(" ", html.unescape(_TAG.sub(" ", cut)))
    text = _GAP.sub(" ", kept(text).replace("<", "").replace(">", "")).strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def kept(text: str) -> str:
    """Text of a network as a column holds it: a space for each control character and for half of a pair."""
    return _UNKEPT.sub(" ", text)


def is_token(said: object) -> bool:
    """Whether it can be the word of a click of ours: anything else in its place is somebody else's."""
    return isinstance(said, str) and _TOKEN.fullmatch(said) is not None


def about(said: object) -> str:
    """A description, as `plain` and as long as it is kept."""
    return plain(said, ABOUT_MAX)


def key(said: object) -> str:
    """An id as it is kept; ValueError for none, or one that is none."""
    text = str(said) if isinstance(said, (str, int)) and not isinstance(said, bool) else ""
    if not 0 < len(text) <= KEY_MAX or not text.isprintable():
        raise ValueError("an id")
    return text


def minor(said: object, currency: str) -> int:
    """Money as minor units, fractions of them dropped; ValueError for what is no money or below nothing."""
    if said is None or said == "":
        return 0
    return _bounded(said, 10 ** exponent(currency), MONEY_MOST, "money")


def rate(said: object) -> int:
    """A percentage as hundredths of it; ValueError for what is none, below nothing or above everything."""
    return _bounded(said, 100, RATE_MOST, "a rate")


def _bounded(said: object, parts: int, most: int, what: str) -> int:
    """A number in so many parts of one, between nothing and `most`; ValueError(what) for anything else.

    It is compared before it is made whole: a thousand million digits are never written out.
    """
    try:
        found = Decimal(str(said)) * parts
        if 0 <= found < most + 1:
            return int(found)
    except (ArithmeticError, ValueError):
        pass
    raise ValueError(what)


def currency(said: object) -> str:
    """A currency's code; ValueError for what is none."""
    if not (isinstance(said, str) and len(said) == 3 and said.isascii() and said.isalpha()):
        raise ValueError("a currency")
    return said.upper()


def named(said: object) -> str:
    """A name that is none but markup is no name: ValueError."""
    name = plain(said)
    if not name:
        raise ValueError("a name")
    return name


def money_or_none(said: object, unit: str) -> int:
    """Money of a postback; nothing for what is none."""
    try:
        return minor(said, unit) if unit else 0
    except ValueError:
        return 0


def or_empty(read: Callable[[object], str], said: object) -> str:
    """What is read, or nothing where it cannot be."""
    try:
        return read(said)
    except ValueError:
        return ""
