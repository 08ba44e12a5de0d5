"""What may be a slip in a document that is sound: told to who writes and who signs it, refused by nobody. Pure."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from coalition.promotions.case import Setting
from coalition.promotions.checking import Flaw, budget_flaws, rate_gives, taken_of_budget
from coalition.promotions.document import Document
from coalition.promotions.gives import Giving
from coalition.promotions.mechanics.both_sides import BothSides
from coalition.promotions.mechanics.fixed import Fixed
from coalition.promotions.wording_worth import SUMS

_WHOLE = 10_000  # hundredths of a percent
_PERCENT = re.compile(r"(\d{1,6}(?:[.,]\d{1,2})?)\s*(?:%|percent|процент)", re.IGNORECASE)


def doubts(document: Document, setting: Setting) -> list[Flaw]:
    """Rates that give back more than is paid, a budget that one purchase can use up, a title that says another rate."""
    return [*_rates(document, setting), *_budget(document, setting), *_titles(document, setting)]


def half_titled(titles: Mapping[str, str], usual: Mapping[str, str]) -> list[Flaw]:
    """A title that is still the template's, where that of the other language was changed; both by language."""
    kept = [lang for lang, title in titles.items() if title == usual[lang]]
    if len(kept) != 1:
        return []
    why = "this title is still the template's, the other one was changed"
    return [Flaw(f"title.{kept[0]}", f"title_{kept[0]}_of_template", why, {})]


def start_doubts(starts_at: datetime | None, now: datetime) -> list[Flaw]:
    """A start that is past. A version is for what is booked since its publication, whenever that happened."""
    if starts_at is None or starts_at >= now:
        return []
    why = "the start is past: what was bought since then and is booked already gets nothing"
    return [Flaw("starts_at", "start_in_past", why, {})]


def _titles(document: Document, setting: Setting) -> Iterator[Flaw]:
    """Percentages in a title that stand nowhere in the terms, or that are worth something else in money."""
    rates = sorted({rate for _, rate in document.mechanic.percents()})
    if not rates:
        return
    worth = {rate: Decimal(_worth(rate, document, setting)).scaleb(-2) for rate in rates}
    known = set(_numbers(document.model_dump(exclude={"title"}))) | set(worth.values())
    of_points = {rate for rate in rates if rate not in worth.values()}
    for lang, title in document.title.model_dump().items():
        said = {Decimal(found.replace(",", ".")) for found in _PERCENT.findall(title)}
        if others := sorted(said - known):
            why = f"the title says {others[0]} percent, the terms give {rates[-1]}"
            yield Flaw(f"title.{lang}", "title_of_other_rate", why, {"said": others[0], "rate": rates[-1]})
        elif found := sorted(rate for rate in said & of_points if worth[rate] not in said):
            back = worth[found[-1]]
            why = f"the title says {found[-1]} percent, which in points is worth {back} percent of the money"
            yield Flaw(f"title.{lang}", "title_of_points_rate", why, {"said": found[-1], "worth": back})


def _numbers(value: Any) -> Iterator[Decimal]:
    """Every number in a part of a document."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, int | Decimal):
        yield Decimal(value)


def _rates(document: Document, setting: Setting) -> Iterator[Flaw]:
    """By what the points are worth: five hundred percent in points of a hundredth of the coin are five percent."""
    if document.gives.giving is Giving.BENEFIT:
        return
    for field, rate in document.mechanic.percents():
        worth = _worth(rate, document, setting)
        if worth > _WHOLE:
            back = Decimal(worth).scaleb(-2)
            why = f"more is given back than is paid: {back} percent"
            yield Flaw(f"mechanic.{field}", "rate_above_whole", why, {"worth": back})


def _worth(rate: Decimal, document: Document, setting: Setting) -> int:
    """How many hundredths of a percent of the amount a rate's points are worth."""
    units, (points, minor) = document.gives.setting(setting).units, document.gives.setting(setting).exchange
    worth: int = int(rate * 100) * 10**units.scale * minor // (points * 10**units.exponent)
    return worth


def _budget(document: Document, setting: Setting) -> Iterator[Flaw]:
    """A budget that one award uses up; of one that no award fits in at all another reason is told."""
    if budget_flaws(document, setting) or (found := _award(document, setting)) is None:
        return
    kind, award, facts = found
    field, budget, taken = taken_of_budget(document, award, setting)
    if budget is not None and budget <= taken:
        yield Flaw(field, kind, f"one award may take {taken}, which is all of it", facts | {"most": taken})


def _award(document: Document, setting: Setting) -> tuple[str, Decimal, dict[str, Any]] | None:
    """How large one award is, with the kind of its sentence: a fixed one, or the most that a limit lets one purchase
    give, or what a rate gives for an ordinary purchase. That is the least one that earns; where each does, a round one.
    """
    mechanic, most = document.mechanic, document.limits.per_purchase
    if isinstance(mechanic, Fixed | BothSides) and (award := mechanic.least_award()) is not None:
        return "budget_of_one_award", award, {}
    if most is not None:
        return "budget_of_one_purchase", most, {}
    amount = document.conditions.amount_from or Decimal(SUMS[0])
    given = rate_gives(document, amount, setting)
    if given is None or (document.lane is not None and document.lane.percent is not None):
        return None
    return "budget_of_ordinary_purchase", given, {"sum": amount}
