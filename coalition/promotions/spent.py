"""What members have got from a promotion already, below which no next version may set its budget or its places."""

from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.programmes.words import words_in
from coalition.promotions import measures
from coalition.promotions.budgets import left
from coalition.promotions.case import Units
from coalition.promotions.checking import Flaw
from coalition.promotions.document import Document, Limits
from coalition.promotions.index import SEATS
from coalition.promotions.models import Promotion
from coalition.promotions.queries import setting_of


def budget_of(limits: Limits, programme: Programme, units: Units) -> int | None:
    """A budget in what the promotion gives: one in money at what the programme's points are worth, floor.

    Nothing without one.
    """
    if limits.budget is not None:
        return int(limits.budget.scaleb(units.scale))
    if limits.budget_money is None:
        return None
    minor = int(limits.budget_money.scaleb(units.exponent))
    return minor * programme.value_points // programme.value_minor


def spent_of(session: Session, promotion: Promotion) -> int | None:
    """What members have got of a promotion's budget, in what it gives; nothing where it has none."""
    return None if promotion.budget is None else promotion.budget - left(session, promotion.id)


def spent_flaws(
    session: Session, programme: Programme, promotion: Promotion, document: Document
) -> list[Flaw]:
    """A budget or places below what is taken, as far as purchases have come: `set_budget` asks again, under its lock.

    What was given while the promotion had no budget is not counted, and neither are places.
    """
    found, limits = [], document.limits
    budget = budget_of(limits, programme, document.gives.setting(setting_of(session, programme)).units)
    spent = spent_of(session, promotion)
    if budget is not None and spent is not None and budget < spent:
        found.append(_below_spent(programme, document, spent))
    if limits.first_members is not None and promotion.seats is not None:
        taken = promotion.seats - left(session, SEATS + promotion.id)
        if limits.first_members < taken:
            why = f"{taken} members have a place already"
            found.append(Flaw("limits.first_members", "seats_below_taken", why, {"taken": taken}))
    return found


def _below_spent(programme: Programme, document: Document, spent: int) -> Flaw:
    """The flaw with what was given in the reader's words: of a budget in money, the least money that covers it."""
    in_money = document.limits.budget_money is not None
    least = -(-spent * programme.value_minor // programme.value_points)
    said = {
        lang: (measures.money(least, w) if in_money else measures.given(spent, document, w)).text
        for lang in programme.unit
        for w in (words_in(lang, programme),)
    }
    field = "limits.budget_money" if in_money else "limits.budget"
    return Flaw(field, "budget_below_spent", f"members have got {said['en']} already", {"spent": said})
