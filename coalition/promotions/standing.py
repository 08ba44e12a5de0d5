"""How a member stands among her programme's levels: what she holds, and what is missing to the next one."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.promotions.case import EVER
from coalition.promotions.counters import load_counters
from coalition.promotions.queries import index_of
from coalition.promotions.tiers import Level, TierTerms
from tenants.runtime import clock


@dataclass(frozen=True)
class Standing:
    """A level, and the one after it. `counted` is what counts in the window so far, `above` what is to be exceeded.

    Both are in whole units of the terms' measure; so is `missing`, with which the next level is reached.
    """

    terms: TierTerms
    level: Level
    counted: int
    next: Level | None
    above: int
    missing: int


def standing_of(session: Session, programme: Programme, member_id: UUID) -> Standing | None:
    """How a member stands today; nothing in a programme without levels."""
    if not programme.tiers:
        return None
    terms = TierTerms.model_validate(programme.tiers)
    tiers = terms.compile(index_of(session, programme).setting)
    today = clock.business_day(programme.zone)
    counters = load_counters(session, [member_id], [*tiers.periods(today), EVER]).get(member_id, {})
    place, counted = tiers.standing(counters, today)
    if place + 1 == len(terms.levels):
        return Standing(terms, terms.levels[place], counted, None, 0, 0)
    above = tiers.bounds[place + 1]
    return Standing(terms, terms.levels[place], counted, terms.levels[place + 1], above, above + 1 - counted)
