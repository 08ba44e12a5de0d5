"""What a backtest's figures are in, and how they are told: points, money off the price, pieces of a benefit."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from coalition.promotions.gives import Giving
from tenants.branding import formats
from tenants.branding.words import Words


@dataclass(frozen=True)
class Unit:
    """Points, told by `w` as they are."""

    w: Words

    giving = Giving.POINTS

    @property
    def code(self) -> str:
        """As files name it."""
        return "points"

    @property
    def name(self) -> str:
        """For the heading of a table."""
        return self.w.forms[-1]

    @property
    def scale(self) -> int:
        """Digits after the point."""
        return self.w.scale

    def said(self, units: int, *, signed: bool = False) -> str:
        """A figure that stands alone."""
        return self.w.points(units, signed=signed)

    def amount(self, units: int, *, signed: bool = False) -> str:
        """A figure in a table."""
        return self.w.amount(units, signed=signed)

    def line(self, units: int) -> str:
        """What a line of a chart stands for."""
        return self.w.amount(units)


@dataclass(frozen=True)
class Money(Unit):
    """Money off the price; tables have every kopeck."""

    giving = Giving.DISCOUNT

    @property
    def code(self) -> str:
        """The currency's."""
        return self.w.currency

    @property
    def name(self) -> str:
        """Money needs no other."""
        return _("money off the price")

    @property
    def scale(self) -> int:
        """The currency's."""
        return self.w.exponent

    def said(self, units: int, *, signed: bool = False) -> str:
        """Money."""
        return formats.money(units, self.w.currency, self.w.lang, signed=signed)

    def amount(self, units: int, *, signed: bool = False) -> str:
        """Money with its kopecks."""
        return formats.money(units, self.w.currency, self.w.lang, always_minor=True, signed=signed)

    def line(self, units: int) -> str:
        """Money."""
        return self.w.money(units)


@dataclass(frozen=True)
class Pieces(Unit):
    """Pieces of one benefit."""

    benefit: str
    title: str

    giving = Giving.BENEFIT

    @property
    def code(self) -> str:
        """The benefit's."""
        return self.benefit

    @property
    def name(self) -> str:
        """Pieces of what."""
        return _("pieces of “%(benefit)s”", benefit=self.title)

    @property
    def scale(self) -> int:
        """Pieces are whole."""
        return 0

    def said(self, units: int, *, signed: bool = False) -> str:
        """So many of them."""
        number = formats.number(units, self.w.lang, signed=signed)
        return ngettext("%(number)s piece", "%(number)s pieces", abs(units), number=number)

    def amount(self, units: int, *, signed: bool = False) -> str:
        """A number: the heading says what of."""
        return formats.number(units, self.w.lang, signed=signed)

    def line(self, units: int) -> str:
        """A number."""
        return self.w.number(units)


def unit_of(document: Mapping[str, object] | None, w: Words) -> Unit:
    """What a document that is stored gives; a live set gives points."""
    gives = (document or {}).get("gives")
    if isinstance(gives, dict):
        match gives["kind"]:
            case "discount":
                return Money(w)
            case "benefit":
                return Pieces(w, gives["code"], gives["name"][w.lang])
    return Unit(w)
