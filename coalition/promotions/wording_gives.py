"""Words for a promotion's numbers, in whatever they are: points, money off the price, pieces of a benefit."""

from dataclasses import dataclass, field

from coalition.promotions.document import Document
from coalition.promotions.gives import GivesBenefit, GivesDiscount
from tenants.branding import formats
from tenants.branding.words import Words
from tenants.runtime.language import translate


class MoneyWords(Words):
    """Where a point is the smallest coin."""

    def points(self, units: int, *, signed: bool = False) -> str:
        """Money."""
        return self.amount(units, signed=signed)

    def amount(self, units: int, *, signed: bool = False) -> str:
        """Money."""
        return formats.money(units, self.currency, self.lang, exponent=self.scale, signed=signed)


@dataclass(frozen=True)
class PieceWords(Words):
    """Where a point is a piece of something that has a name."""

    name: str = field(kw_only=True)

    def points(self, units: int, *, signed: bool = False) -> str:
        """So many of them; one is just named."""
        many = formats.amount(units, self.scale, self.lang)
        return self.name if many == "1" else f"{many} × {self.name}"

    def amount(self, units: int, *, signed: bool = False) -> str:
        """The same: a number alone would say nothing."""
        return self.points(units)


def words_for(document: Document, words: Words) -> Words:
    """How the promotion's own numbers are told."""
    lang, forms, zone, today = words.lang, words.forms, words.zone, words.today
    match document.gives:
        case GivesDiscount():
            return MoneyWords(lang, forms, words.exponent, words.currency, zone, today, (1, 1))
        case GivesBenefit():
            name = document.gives.name.ru if lang == "ru" else document.gives.name.en
            return PieceWords(lang, forms, 0, words.currency, zone, today, name=name)
    return words


def told(document: Document, term: str, words: Words) -> str:
    """How much it gives, where that is not points."""
    if isinstance(document.gives, GivesDiscount):
        return translate(words.lang, "%(term)s, off the price", term=term)
    return term
