"""What may be a slip in a document that is sound: told to who writes and who signs it, refused by nobody. Pure."""

from collections.abc import Iterator
from decimal import Decimal

from coalition.promotions.case import Setting
from coalition.promotions.checking import Flaw
from coalition.promotions.document import Document
from coalition.promotions.gives import Giving

_WHOLE = 10_000  # hundredths of a percent


def doubts(document: Document, setting: Setting) -> list[Flaw]:
    """Rates that give back more than is paid, and a budget that one purchase can use up."""
    return [*_rates(document, setting), *_budget(document)]


def _rates(document: Document, setting: Setting) -> Iterator[Flaw]:
    """By what the points are worth: five hundred percent in points of a hundredth of the coin are five percent."""
    if document.gives.giving is Giving.BENEFIT:
        return
    units, (points, minor) = document.gives.setting(setting).units, document.gives.setting(setting).exchange
    for field, rate in document.mechanic.percents():
        worth = int(rate * 100) * 10**units.scale * minor // (points * 10**units.exponent)
        if worth > _WHOLE:
            back = Decimal(worth).scaleb(-2)
            why = f"more is given back than is paid: {back} percent"
            yield Flaw(f"mechanic.{field}", "rate_above_whole", why, {"worth": back})


def _budget(document: Document) -> Iterator[Flaw]:
    """A budget that is not above what one purchase may give, where a limit names that."""
    most, budget = document.limits.per_purchase, document.limits.budget
    if most is not None and budget is not None and budget <= most:
        why = f"one purchase may give {most}, which is all of it"
        yield Flaw("limits.budget", "budget_of_one_purchase", why, {"most": most})
